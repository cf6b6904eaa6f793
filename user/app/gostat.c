// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "lib/points.h"
#include "lib/uprobe.h"
#include "app/gostat.h"
#include "app/gostat.skel.h"

#define ROW struct gostat_row

ROW {
	__u32 pid, pad;
	struct gostat_value value;
};

static const char *exe;		/* -x */

enum { STATUS, STOP, START, GC_BEGIN, GC_END, PROBES };

static struct uprobe probes[PROBES] = {
	[STATUS] = { .functions = { "runtime.casgstatus" } },
	[STOP] = { .functions = { "runtime.stopTheWorldWithSema" } },
	[START] = { .functions = { "runtime.startTheWorldWithSema" } },
	[GC_BEGIN] = { .functions = { "runtime.gcBgMarkStartWorkers" } },
	[GC_END] = { .functions = { "runtime.gcSweep" } },
};

/* A program has all of Go's runtime in it. */
static bool is_library(const char *path)
{
	return false;
}

static int attach(struct run *run)
{
	struct gostat_bpf *skel = (struct gostat_bpf *)run->skel;
	static const char *const installed[] = { NULL };

	probes[STATUS].program = skel->progs.go_status;
	probes[STOP].program = skel->progs.go_stop;
	probes[START].program = skel->progs.go_start;
	probes[GC_BEGIN].program = skel->progs.go_gc_begin;
	probes[GC_END].program = skel->progs.go_gc_end;
	for (int i = 0; i < PROBES; i++)
		probes[i].is_library = is_library;
	return uprobe_attach(run, probes, PROBES,
			     &(struct uprobe_where){ .installed = installed, .library = exe, .option = "--exe",
						     .what = "function runtime.casgstatus, as programs of Go have that are not stripped" });
}

static const struct opt opts[] = {
	OPT('H', "hist", NULL, gostat, hist, "a histogram of how long runnable goroutines wait for a thread"),
	OPT('P', "pids", NULL, gostat, by_process, "... for each process", KEYED("pid")),
	{ .letter = 'x', .name = "exe", .arg = "FILE", .value = V_CHARS, .here = &exe, .complete = "file",
	  .help = "the program's file, also if it starts later; without it, those that run" },
	{}
};

static const struct column columns[] = {
	COL("pid", ROW, pid, 7, "process id"),
	COL("comm", ROW, value.comm, -16, "command name"),
	COL("created", ROW, value.created, 9, "goroutines created"),
	COL("ended", ROW, value.ended, 9, "goroutines that ended"),
	COL("runs", ROW, value.runs, 10, "how often one was given a thread"),
	COL_NSEC("wait", "ms", ROW, value.wait, 12, "how long they had waited for it, added up"),
	COL_AVERAGE(ROW, value.wait, 10, "average wait"),
	COL("gcs", ROW, value.collections, 6, "collections of garbage"),
	COL_NSEC("gc", "ms", ROW, value.collecting, 10, "how long they took until all was marked"),
	COL("stops", ROW, value.stops, 6, "how often the world was stopped"),
	COL_NSEC("stopped", "ms", ROW, value.stopped, 11, "how long it was, from when it is told to stop"),
	{}
};

static const struct table hists = HISTS("hists", struct gostat_hist, "usecs", DIVIDE(gostat, unit), .average = true);

static int setup(struct run *run)
{
	const struct gostat_bpf__rodata *rodata = run->rodata;

	if (rodata->by_process && !rodata->hist) {
		err("--pids: rows are by process; with --hist it means each histogram");
		return -EINVAL;
	}
	if (rodata->hist)
		run->table = &hists;
	return 0;
}

/* Goroutines of processes that have ended. */
static int forget(void *ctx, const void *key, void *value)
{
	const struct gostat_goroutine *goroutine = key;

	if (kill(goroutine->pid, 0) && errno == ESRCH)
		bpf_map_delete_elem(*(int *)ctx, key);
	return 0;
}

static int tick(struct run *run)
{
	int map = bpf_map__fd(((struct gostat_bpf *)run->skel)->maps.runnable);
	static __u64 ticks;

	/* every ten seconds or so; ids are of the first namespace, in another one they can't be asked for */
	if (!(++ticks % 100) && !run->common->pidns_ino)
		map_each(map, forget, &map);
	return 0;
}

static const struct example examples[] = {
	{ "", "what all programs of Go do, on the screen, every second" },
	{ "-p 181 -i 10", "one of them, every ten seconds" },
	{ "-H -P -d 10", "how long goroutines wait for a thread, for each process, during ten seconds" },
	{ "-x /usr/bin/server -- /usr/bin/server", "a program from its beginning" },
	{}
};

TOOL(gostat,
	.summary  = "goroutines, collections of garbage and scheduling of programs of Go",
	.about    = "By functions of Go's runtime, as they begin: casgstatus() tells each change of a goroutine's state, so how many are "
		    "created and end, how often one runs and how long it has waited for that; stopTheWorldWithSema() and "
		    "startTheWorldWithSema() when nothing else runs; gcBgMarkStartWorkers() and gcSweep() where a collection is. "
		    "Programs need no change.",
	.cost     = "A probe at each change of a goroutine's state: several for each time that one sleeps.",
	.caveats  = "Go 1.17 or newer, which passes arguments in registers. Programs without symbols (go build -ldflags=-s) can't be seen. "
		    "The runtime creates some goroutines of its own. Sweeping, which goes on beside the program, is not part of a "
		    "collection's time.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach, .tick = tick, .hists = &hists,
	.state    = "runnable", .caps = POINTS_CAPS,	/* to look into the files of other processes */
	.table    = ROWS("processes", ROW, "created", .screen = true, .adds = 9 * sizeof(__u64)));
