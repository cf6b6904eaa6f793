// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include "lib/language_user.h"
#include "lib/names.h"
#include "app/ucalls.h"
#include "app/ucalls.skel.h"

#define ROW struct ucalls_row

ROW {
	struct language_key key;
	struct ucalls_value value;
};

static const struct opt opts[] = {
	OPT_LANGUAGE('l'),
	OPT('L', "latency", NULL, ucalls, latency, "the time that they took as well", .shows = "total avg"),
	OPT('S', "syscalls", NULL, ucalls, syscalls, "their system calls as well"),
	{}
};

static bool is_syscall(const void *row)
{
	return ((const ROW *)row)->key.way == UCALLS_SYSCALL;
}

static void show_language(struct out *out, const struct column *c, const void *row)
{
	if (is_syscall(row))
		out_str(out, "syscall");
	else
		language_show(out, c, row);
}

static void show_class(struct out *out, const struct column *c, const void *row)
{
	if (is_syscall(row))
		out_nothing(out);
	else
		language_show_class(out, c, row);
}

static void show_name(struct out *out, const struct column *c, const void *row)
{
	__u64 number = ((const ROW *)row)->key.number;
	const char *name = is_syscall(row) ? names_syscall(number & (UCALLS_32 - 1), number & UCALLS_32) : NULL;

	if (name)
		out_str(out, name);
	else if (is_syscall(row))
		out_u64(out, number & (UCALLS_32 - 1));
	else
		language_show_name(out, c, row);
}

static void show_method(struct out *out, const struct column *c, const void *row)
{
	if (is_syscall(row))
		show_name(out, c, row);
	else
		language_show_method(out, c, row);
}

static const struct column columns[] = {
	COL("pid", ROW, key.pid, 7, "process id"),
	COL_OWN("language", show_language, -8, "what the program is written in, or that it is a system call", HIDDEN),
	COL("count", ROW, value.count, 10, "calls"),
	COL_NSEC("total", "ms", ROW, value.ns, 14, "time from entry to return, added up", HIDDEN),
	COL_AVERAGE(ROW, value.ns, 12, "average time of a call", HIDDEN),
	COL_OWN("class", show_class, -40, "class, package, or the file that the function is in", HIDDEN),
	COL_OWN("name", show_name, -24, "method, function, or system call", HIDDEN),
	COL_OWN("method", show_method, 0, "both, as the language writes them"),
	{}
};

static int setup(struct run *run)
{
	struct ucalls_bpf__rodata *rodata = run->rodata;
	struct ucalls_bpf *skel = (struct ucalls_bpf *)run->skel;

	if (rodata->syscalls && !(run->common->filters & ONLY_PIDS)) {
		err("--syscalls: of which process? Name it");
		return -EINVAL;
	}
	bpf_program__set_autoload(skel->progs.syscall_enter, rodata->syscalls);
	bpf_program__set_autoload(skel->progs.syscall_exit, rodata->syscalls && rodata->latency);
	bpf_program__set_autoload(skel->progs.syscall_forget, rodata->syscalls && rodata->latency);
	return language_setup(run, LANGUAGE_MASK(LANGUAGE_ENTRY) | (rodata->latency ? LANGUAGE_MASK(LANGUAGE_RETURN) : 0));
}

static const struct alias aliases[] = {
	{ "javacalls", "--language=java" }, { "perlcalls", "--language=perl" }, { "phpcalls", "--language=php" },
	{ "pythoncalls", "--language=python" }, { "rubycalls", "--language=ruby" }, { "tclcalls", "--language=tcl" }, {}
};

static const struct example examples[] = {
	{ "-d 10 181", "which methods of a process are called how often, during ten seconds" },
	{ "-L -S --sort total 181", "the time that they take, and that its system calls take" },
	{ "-l python -r 10 -i 1", "the ten functions that all Python programs call most, second by second" },
	{}
};

TOOL(ucalls,
	.summary  = "count calls of methods of Java, Perl, PHP, Python, Ruby and Tcl",
	.about    = "Calls of methods and functions, by the markers (USDT) that the languages' runtimes have. What a process runs is "
		    "seen by the files that it has mapped. A function of Python is told by the file that it is in.",
	.cost     = "A probe at each call, with -L two, which is much for programs that do little else: a microsecond or so each.",
	.caveats  = LANGUAGE_CAVEATS " With --latency a call is counted as it returns. Of names the first 63 bytes are told, of classes "
		    "and files 127.",
	.aliases  = aliases, .examples = examples, .opts = opts, .columns = columns, .first = language_first, .setup = setup,
	.attach   = language_attach, .caps = POINTS_CAPS, .args = LANGUAGE_ARGS, .state = "language_threads",
	.table    = ROWS("calls", ROW, "count"));
