// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdio.h>
#include <string.h>
#include "lib/tool.h"
#include "cpu/schedtop.h"
#include "cpu/schedtop.skel.h"

#define ROW struct schedtop_row

ROW {
	__u32 tid;
	__u32 pad;
	struct shown {
		__u64 sum[SCHED_COUNTERS];
		__u64 born;
		__u64 wall;
		__u32 pid, state;
		char comm[COMM_LEN];
	} value;
};

/* A task as it was at the time of the reading, whatever it has done since. */
static int as_read(void *value, __u64 now)
{
	struct schedtop_task *t = value;
	struct shown shown = { .born = t->born, .pid = t->pid, .state = t->state };

	if (t->ended != t->begun)
		return -EAGAIN;
	memcpy(shown.sum, t->reading == now ? t->at_reading : t->sum, sizeof(shown.sum));
	if (t->reading != now && t->since < now)
		shown.sum[t->state] += now - t->since;
	memcpy(shown.comm, t->comm, COMM_LEN);
	memcpy(value, &shown, sizeof(shown));
	return 0;
}

static bool row(struct run *run, void *row)
{
	struct shown *value = &((ROW *)row)->value;

	value->wall = 0;
	for (int i = 0; i < SCHED_STATES; i++)
		value->wall += value->sum[i];
	return true;
}

static const struct column columns[] = {
	COL("tid", ROW, tid, 7, "thread id"),
	COL("pid", ROW, value.pid, 7, "process id", HIDDEN),
	COL_NSEC("on", "ms", ROW, value.sum[SCHED_ON], 9, "time on a CPU"),
	COL_NSEC("wait", "ms", ROW, value.sum[SCHED_WAIT], 9, "time that it could have run, but waited for a CPU"),
	COL_NSEC("sleep", "ms", ROW, value.sum[SCHED_SLEEP], 9, "time asleep, stopped, or idle as kernel threads are"),
	COL_NSEC("block", "ms", ROW, value.sum[SCHED_BLOCK], 9, "time blocked: asleep where no signal wakes it"),
	COL_NSEC("wall", "ms", ROW, value.wall, 9, "the four together: the interval, if it lived through it", HIDDEN),
	COL("moves", ROW, value.sum[SCHED_MOVES], 5, "moves to another CPU"),
	COL("vol", ROW, value.sum[SCHED_VOLUNTARY], 5, "times that it left its CPU by itself, to sleep"),
	COL("invol", ROW, value.sum[SCHED_INVOLUNTARY], 5, "times that it lost its CPU while it had work"),
	COL("comm", ROW, value.comm, -15, "its name"),
	{}
};

/* Room for all that there are, and as many more. */
static int setup(struct run *run)
{
	struct schedtop_bpf *skel = (struct schedtop_bpf *)run->skel;
	unsigned int tasks = 0;
	FILE *f = fopen("/proc/loadavg", "re");

	if (f && fscanf(f, "%*s %*s %*s %*u/%u", &tasks) != 1)
		tasks = 0;
	if (f)
		fclose(f);
	return tasks > 8192 ? bpf_map__set_max_entries(skel->maps.tasks, tasks * 2) : 0;
}

/* The tasks that are there already: after the other programs, so that none is missed in between. */
static int attach(struct run *run)
{
	return attach_walk(((struct schedtop_bpf *)run->skel)->progs.meet_all);
}

static const struct example examples[] = {
	{ "", "what tasks do, on the screen, every second" },
	{ "--sort wait -r 10 5", "the ten that wait most for a CPU, every five seconds" },
	{ "-p 1234 -i 10 -j", "the threads of a process, as JSON" },
	{}
};

TOOL(schedtop,
	.summary  = "what tasks do with their time: run, wait, sleep or block",
	.about    = "Each interval, for every task: its time on a CPU, waiting for one, asleep, and blocked. They "
		    "are exact, and add up to the interval for a task that lived through it: what it is doing when "
		    "the interval begins and ends is counted to the nanosecond. On a terminal it works as top does: "
		    "q quits, p pauses, s sorts by the next column, r turns the order, the space bar shows the next "
		    "interval at once.",
	.cost     = "Four scheduler tracepoints; two look-ups by task at each switch, one at each wake-up. Memory in "
		    "the kernel for twice the tasks that there are, 250 bytes each.",
	.caveats  = "A task that ends isn't in the interval that it ends in.",
	.examples = examples, .columns = columns, .setup = setup, .attach = attach,
	.table    = ROWS("tasks", ROW, "on", .screen = true, .adds = sizeof(__u64) * SCHED_COUNTERS, .read = as_read,
			 .identity = offsetof(struct shown, born) + 1, .row = row));
