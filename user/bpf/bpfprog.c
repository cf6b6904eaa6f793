// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* BPF programs that are loaded: listed, looked at, timed, read; and whether those of a file would load here. */
#include <linux/capability.h>
#include <errno.h>
#include "lib/bpfprog.h"


static int parse_look(struct run *run, const char *arg, void *to)
{
	const struct opt o = { .value = V_U64, .unit = UNIT_NSEC, .bare = SEC_, .max = 60 * SEC_ };

	return opt_number("--look", arg, &o, &bpfprog.look);
}

static const struct opt opts[] = {
	{ .name = "look", .arg = "TIME", .value = V_U64, .parse = parse_look,
	  .help = "show: how long to count runs and their time (1 s; 0: not at all)" },
	{ .name = "baseline", .arg = "FILE", .value = V_CHARS, .here = &bpfprog.baseline, .complete = "file",
	  .help = "verify: what `bpfprog verify -j` wrote earlier, to compare with" },
	{ .name = "jited", .value = V_BOOL, .here = &bpfprog.jited, .help = "dump: the machine code, not the BPF instructions" },
	{}
};

static const struct command commands[] = {
	{ "ls", "", "all programs that are loaded", "", bpfprog_list_columns, 0, 0, false, false, bpfprog_ls },
	{ "show", "PROGRAM", "all about one: sizes, runs and their time, owners, pins, links, maps", "look", bpfprog_show_columns, 1, 1,
	  false, false, bpfprog_show },
	{ "top", "", "which programs cost what, at an interval", "", bpfprog_top_columns, 0, 0, false, true, bpfprog_top },
	{ "verify", "FILE...", "whether each program of these objects loads on this kernel, and what the verifier did for it; status 1 "
	  "if one does not", "baseline", bpfprog_verify_columns, 1, -1, false, false, bpfprog_verify },
	{ "dump", "PROGRAM", "its instructions as the kernel has them, with the source where its BTF tells", "jited",
	  bpfprog_dump_columns, 1, 1, false, false, bpfprog_dump },
	{}
};

static const struct example examples[] = {
	{ "ls", "what is loaded, and by whom" },
	{ "top", "what costs how much of the CPU, every second" },
	{ "show 41", "one program, with its run time measured for a second" },
	{ "verify build/*/*.bpf.o", "which programs load on this kernel, and how large they are to the verifier" },
	{ "verify -j mine.bpf.o >before", "keep that" },
	{ "verify mine.bpf.o --baseline before -o +change", "what a change did to it" },
	{ "dump 41", "its instructions, with source lines" },
	{}
};

COMMAND(bpfprog,
	.summary  = "BPF programs: who holds them, what they cost, and would they load",
	.about    = "A PROGRAM is an id, a name, tag:T, or the path of a pin. Runs and their time are counted by the kernel only while "
		    "somebody asks (BPF_ENABLE_STATS): show and top do for as long as they look. A FILE of verify may also be "
		    "tool:NAME, the object of a tool of corekit's.",
	.cost     = "While run statistics are on, each run of each BPF program takes some 20 to 40 ns longer.",
	.caveats  = "Times are of the whole machine's runs, also of those that began before the look. The machine code of a program is "
		    "only shown to those who may read kernel addresses, and is not disassembled.",
	.caps     = 1ULL << CAP_SYS_ADMIN | 1ULL << CAP_BPF | 1ULL << CAP_PERFMON | 1ULL << CAP_SYS_PTRACE | 1ULL << CAP_DAC_READ_SEARCH,
	.examples = examples, .opts = opts, .commands = commands);
