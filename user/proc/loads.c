// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* No BPF: sysinfo(2) gives the kernel's avenrun[] to any user, with all of its bits. */
#include <errno.h>
#include <poll.h>
#include <sys/sysinfo.h>
#include <unistd.h>
#include "lib/lib.h"

struct load {
	struct origin origin;
	__u64 one, five, fifteen;	/* << SI_LOAD_SHIFT */
	__u32 tasks;
	__u32 pad;
};

static void show_load(struct out *out, const struct column *c, const void *row)
{
	__u64 load = *(const unsigned long *)((const char *)row + c->offset);

	out_fixed(out, ((load * 1000) + (1 << (SI_LOAD_SHIFT - 1))) >> SI_LOAD_SHIFT, 1000, 3);
}

#define COL_LOAD(k, m, h) COL_OWN(k, show_load, 10, h, .offset = offsetof(struct load, m), .bare_json = true)

static const struct column columns[] = {
	COL_AS(L_TIME, "time", struct load, origin.time, -12, "when it was read", HIDDEN),
	COL_LOAD("load1", one, "average of the last minute"),
	COL_LOAD("load5", five, "of five minutes"),
	COL_LOAD("load15", fifteen, "of fifteen minutes"),
	COL("tasks", struct load, tasks, 10, "processes and threads", HIDDEN),
	{}
};

static int follow(struct run *run)
{
	__u64 deadline = run->duration ? look_now() + run->duration : 0, interval = run->interval ?: SEC_;
	struct pollfd reader = { .fd = STDOUT_FILENO };	/* only when it goes */
	__u64 next = look_now();
	struct sysinfo info;
	int ret;

	if (run->explain) {
		out_str(out_open(run), run->format == OUT_JSON ? "{\"hook\":\"sysinfo\",\"used\":true,\"why\":\"\"}\n" :
								"used    sysinfo\n");
		return 0;
	}
	out_header(run);
	out_flush();
	ret = ring_ready(run);
	while (!ret && (!run->shown || !ring_over(run, deadline))) {
		struct load load = {};
		__u64 now = look_now(), until;

		if (now >= next) {
			if (sysinfo(&info))
				return -errno;
			load = (struct load){ .origin.time = now, .one = info.loads[0], .five = info.loads[1],
					      .fifteen = info.loads[2], .tasks = info.procs };
			out_row(run, &load);
			out_flush();
			run->shown++;
			next += interval;
			continue;
		}
		until = deadline && deadline < next ? deadline : next;
		poll(&reader, 1, (until - now) / MSEC + 1);
		out_look();
	}
	return ret;
}

static const struct example examples[] = {
	{ "", "the load averages, second by second" },
	{ "-T 5 12", "every five seconds for a minute, with the time" },
	{ "-j -N 1", "once, as JSON" },
	{}
};

COMMAND(loads,
	.summary  = "load averages, with three decimals, second by second",
	.about    = "The kernel's averages over one, five and fifteen minutes of how many tasks run, want to run or are in "
		    "uninterruptible sleep, as in /proc/loadavg but less coarse: one line at once and one for each second, "
		    "or --interval, from then on.",
	.cost     = "One sysinfo(2) a line. No BPF, no rights needed.",
	.caveats  = "The kernel works them out every five seconds, so that values in between repeat.",
	.examples = examples, .columns = columns, .command = follow, .intervals = true);
