// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <time.h>
#include "lib/lib.h"
#include "proc/naptime.h"
#include "proc/naptime.skel.h"

#define EVENT struct naptime_event

static __u64 longest, shortest;	/* ns */

static int parse_min(struct run *run, const char *arg, void *to)
{
	return opt_number("--min", arg, &(const struct opt){ .value = V_U64, .unit = UNIT_NSEC, .bare = SEC_ }, &shortest);
}

static int parse_max(struct run *run, const char *arg, void *to)
{
	return opt_number("--max", arg, &(const struct opt){ .value = V_U64, .unit = UNIT_NSEC, .bare = SEC_ }, &longest);
}

/* What that clock showed when the call began. */
static __s64 clock_then(const EVENT *e)
{
	struct timespec t;

	if (clock_gettime(e->clock, &t))
		return 0;
	return t.tv_sec * (__s64)SEC_ + t.tv_nsec - (__s64)(look_now() - e->origin.time);
}

static bool event(struct run *run, void *event, size_t size)
{
	EVENT *e = event;
	__s64 ns;

	if (e->sec < 0 || e->nsec < 0 || e->nsec >= (__s64)SEC_)	/* the call fails */
		return false;
	ns = e->sec > (1LL << 62) / (__s64)SEC_ ? 1LL << 62 : e->sec * (__s64)SEC_ + e->nsec;
	if (e->absolute)
		ns -= clock_then(e);
	e->ns = ns > 0 ? ns : 0;
	return e->ns >= shortest && (!longest || e->ns <= longest);
}

static void show_clock(struct out *out, const struct column *c, const void *row)
{
	static const char *const names[] = { [CLOCK_REALTIME] = "realtime", [CLOCK_MONOTONIC] = "monotonic",
					     [CLOCK_PROCESS_CPUTIME_ID] = "process", [CLOCK_BOOTTIME] = "boottime",
					     [CLOCK_TAI] = "tai" };
	const EVENT *e = row;

	if (e->clock < sizeof(names) / sizeof(*names) && names[e->clock])
		out_str(out, names[e->clock]);
	else
		out_s64(out, (__s32)e->clock);
}

static const struct opt opts[] = {
	{ .letter = 'm', .name = "min", .arg = "TIME", .value = V_CHARS, .parse = parse_min,
	  .help = "only sleeps of at least this long: 1, 20ms" },
	{ .letter = 'M', .name = "max", .arg = "TIME", .value = V_CHARS, .parse = parse_max,
	  .help = "only sleeps of at most this long" },
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL("ppid", EVENT, ppid, 7, "the parent's process id"),
	COL("pcomm", EVENT, pcomm, -16, "the parent's name"),
	COL_OWN("clock", show_clock, -9, "clock that it sleeps by", HIDDEN),
	COL_AS(L_BOOL, "absolute", EVENT, absolute, -8, "until a time, not for one", HIDDEN),
	COL_NSEC("sleep", "s", EVENT, ns, 14, "how long it asked to sleep"),
	{}
};

static const struct example examples[] = {
	{ "", "who goes to sleep, for how long, and on whose behalf" },
	{ "-M 1ms", "who wakes up more often than need be" },
	{ "-n sleep -T", "the scripts that wait" },
	{}
};

TOOL(naptime,
	.summary  = "trace voluntary sleeps: who asks for how long",
	.about    = "One line for each nanosleep(2) or clock_nanosleep(2) as it begins, with the time that was asked for; "
		    "where the caller gave a time to wake up at, what was left until then.",
	.cost     = "One raw tracepoint at the entry of each system call; a record of 112 bytes for each sleep.",
	.caveats  = "The actual sleep can be longer, or shorter when a signal ends it. Sleeping in select(2), poll(2), "
		    "timerfd or futex(2) with a timeout is not shown. Calls with a time that is invalid are left out.",
	.examples = examples, .opts = opts, .columns = columns, .event = event);
