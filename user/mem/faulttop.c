// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>
#include "lib/fault_user.h"
#include "lib/tool.h"
#include "mem/faulttop.h"
#include "mem/faulttop.skel.h"

#define ROW struct faulttop_row

static void show_file(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	if (r->key.inode)
		out_bytes(out, r->value.name, strlen(r->value.name));
	else
		out_nothing(out);
}

static bool row(struct run *run, void *row)
{
	ROW *r = row;

	r->average_ns = r->value.majors ? r->value.major_ns / r->value.majors : 0;
	return true;
}

static int setup(struct run *run)
{
	return fault_setup(run, ((struct faulttop_bpf *)run->skel)->rodata->all_faults);
}

static int attach(struct run *run)
{
	return fault_attach(run, ((struct faulttop_bpf *)run->skel)->rodata->all_faults);
}

static const struct opt opts[] = {
	OPT('a', "all", NULL, faulttop, all_faults, "minor faults as well: there are many", .shows = "minor minor_time"),
	OPT('L', "tids", NULL, faulttop, by_thread, "by thread instead of by process", .shows = "tid", .hides = "pid"),
	{}
};

static const struct column columns[] = {
	COL("pid", ROW, key.id, 7, "process id"),
	COL("tid", ROW, key.id, 7, "thread id", HIDDEN),
	COL("comm", ROW, value.comm, -16, "command name"),
	COL("major", ROW, value.majors, 8, "faults that had to wait for a disk"),
	COL_NSEC("major_time", "ms", ROW, value.major_ns, 11, "how long they took together"),
	COL_NSEC("average", "us", ROW, average_ns, 10, "how long one of them took"),
	COL("minor", ROW, value.minors, 9, "faults for which everything was in memory", HIDDEN),
	COL_NSEC("minor_time", "ms", ROW, value.minor_ns, 11, "how long those took together", HIDDEN),
	COL_AS(L_DEV, "device", ROW, key.dev, -8, "device of the file's file system", HIDDEN),
	COL("inode", ROW, key.inode, 10, "its inode", HIDDEN),
	COL_OWN("file", show_file, 0, "last name of the file that is mapped there; none: memory of its own"),
	{}
};

static const struct example examples[] = {
	{ "", "who waits for pages of which file, on the screen, every second" },
	{ "-a --sort minor_time -r 10 5", "who spends most time in page faults of any kind" },
	{ "-p 181 -d 60", "what a process waited for in a minute" },
	{}
};

TOOL(faulttop,
	.summary  = "page faults by process and file: how many, how long they took",
	.about    = "For each process and file that it has mapped: how many page faults the kernel served by reading from the "
		    "file or from swap (major), and how long they took; with -a also those for which everything was in memory "
		    "(minor). pagefaults shows each one. On a terminal it works as top does: q quits, p pauses, s sorts by the "
		    "next column, r turns the order, the space bar shows the next interval at once.",
	.cost     = "A tracepoint at the beginning of each page fault, which keeps the time, and a perf event for each that is "
		    "counted, in which the mapping is looked for.",
	.caveats  = "Faults that end with a signal are not counted, nor what the kernel does for get_user_pages(). At more than "
		    "kernel.perf_event_max_sample_rate faults a second on one CPU the kernel leaves out some: what was left out is "
		    "counted as lost. Where the processor's code has no tracepoints for page faults, there are no times. The file is "
		    "missing where the list of mappings was being changed in that moment, and on kernels from 6.1 on without "
		    "bpf_find_vma(). A file that is renamed keeps the name it was first seen by.",
	.optional = "user kernel",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach,
	.table    = ROWS("files", ROW, "major_time", .screen = true, .adds = 4 * sizeof(__u64), .row = row));
