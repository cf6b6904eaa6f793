// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/names.h"
#include "lib/tool.h"
#include "proc/syscount.h"
#include "proc/syscount.skel.h"

#define ROW struct syscount_row

static int parse_errno(struct run *run, const char *arg, void *to)
{
	int error = names_errno_find(arg);

	if (error < 0) {
		err("--errno: '%s' is no error: use a name as ENOENT, or a number", arg);
		return -EINVAL;
	}
	*(__u32 *)to = error;
	return 0;
}

static int parse_list(struct run *run, const char *arg, void *to)
{
	for (unsigned int nr = 0; nr < SYSCOUNT_TABLE; nr++)
		if (names_syscall(nr, false))
			printf("%3u %s\n", nr, names_syscall(nr, false));
	exit(EXIT_FINE);
}

static int syscall_id(const char *name, __u64 *id)
{
	int nr = names_syscall_find(name);

	*id = nr;
	return nr < 0 ? -ENOENT : 0;
}

static const struct opt opts[] = {
	OPT('P', "process", NULL, syscount, by_process, "count by process instead of by call", .shows = "pid comm",
	    .hides = "syscall"),
	OPT('L', "latency", NULL, syscount, latency, "the time spent in the calls as well", .shows = "total avg"),
	OPT('x', "failed", NULL, syscount, failed_only, "only calls that failed"),
	OPT('e', "errno", "ERROR", syscount, error, "only calls that failed with this error, a name or number",
	    .parse = parse_errno),
	OPT_SET('S', "syscall", "NAMES", ONLY_SYSCALLS, "only these calls: openat,read", .find = syscall_id,
		.complete = "syscall"),
	{ 'l', "list", .help = "list the names of all calls, and end", .value = V_BOOL, .parse = parse_list },
	{}
};

static void show_avg(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	out_fixed(out, r->value.count ? r->value.ns / r->value.count : 0, USEC, 3);
}

static const struct column columns[] = {
	COL_AS(L_SYSCALL, "syscall", ROW, id, -22, "system call; /32 where it is one of a 32-bit program"),
	COL("pid", ROW, id, 7, "process id", HIDDEN),
	COL("comm", ROW, value.comm, -16, "command name", HIDDEN),
	COL("count", ROW, value.count, 12, "calls"),
	COL("failed", ROW, value.failed, 10, "calls that failed; only with -x, -e or -L", HIDDEN),
	COL_NSEC("total", "ms", ROW, value.ns, 14, "time from entry to return, added up", HIDDEN),
	COL_OWN("avg", show_avg, 12, "average time of a call, in microseconds", HIDDEN, .bare_json = true),
	{}
};

/* A slot of the counters to a number that its column can name. */
static bool row(struct run *run, void *row)
{
	ROW *r = row;

	r->id = r->id < SYSCOUNT_TABLE ? r->id : (r->id - SYSCOUNT_TABLE) | NAMES_32;
	return true;
}

static const struct table processes = ROWS("processes", ROW, "count", .adds = offsetof(struct syscount_value, comm));

static int setup(struct run *run)
{
	struct syscount_bpf__rodata *rodata = run->rodata;
	struct syscount_bpf *skel = (struct syscount_bpf *)run->skel;
	bool at_exit = rodata->latency || rodata->failed_only || rodata->error;

	if (rodata->by_process)
		run->table = &processes;
	bpf_program__set_autoload(skel->progs.count_entry, !at_exit);
	bpf_program__set_autoload(skel->progs.count_exit, at_exit);
	bpf_program__set_autoload(skel->progs.start, rodata->latency);
	return 0;
}

static const struct example examples[] = {
	{ "", "count system calls until Ctrl-C, by call" },
	{ "-P -r 10 5", "every five seconds, the ten processes that make the most" },
	{ "-L --sort total -d 10", "where ten seconds of time in system calls went" },
	{ "-e EAGAIN -P", "who is told to try again" },
	{}
};

TOOL(syscount,
	.summary  = "count system calls, by call or process",
	.about    = "Counts calls as they begin; with --latency, --failed or --errno as they return. 32-bit programs "
		    "have a table of their own and are counted apart.",
	.cost     = "One raw tracepoint at each system call, which adds to a counter of its CPU; with -L two, and a "
		    "clock reading at each. See docs/performance.md for figures.",
	.caveats  = "With --latency a call is counted when it returns, so that calls which still wait, and exit_group, "
		    "are not in the counts.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup,
	.table    = ROWS("calls", ROW, "count", .per_cpu = SYSCOUNT_SLOTS, .adds = sizeof(struct syscount_counters), .row = row));
