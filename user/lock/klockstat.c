// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lib/ksym.h"
#include "lib/stack_user.h"
#include "lock/klockstat.h"
#include "lock/klockstat.skel.h"

#define ROW struct klockstat_row

ROW {
	struct klockstat_key key;
	struct klockstat_value value;
};

static const char *caller;

/* An address, or the name of a lock that is a variable of the kernel's. */
static int parse_lock(struct run *run, const char *arg, void *to)
{
	char *end;
	__u64 address = strtoull(arg, &end, 0);

	if (*end || !address)
		address = ksym_data(arg);
	if (!address) {
		err("--lock: '%s' is neither an address nor a variable of the kernel's", arg);
		return -EINVAL;
	}
	*(__u64 *)to = address;
	return 0;
}

static const struct opt opts[] = {
	OPT(0, "waits", NULL, klockstat, only_waits, "only the waits for locks, which costs less"),
	OPT(0, "holds", NULL, klockstat, only_holds, "only how long locks were held"),
	OPT('l', "locks", NULL, klockstat, by_lock, "for each lock apart", .shows = "lock"),
	OPT('P', "per-thread", NULL, klockstat, by_thread, "for each thread apart", .shows = "tid comm"),
	OPT('L', "lock", "LOCK", klockstat, only_lock, "only this lock: an address, or a variable's name", .parse = parse_lock),
	{ .letter = 'C', .name = "caller", .arg = "NAME", .value = V_CHARS, .here = &caller,
	  .help = "only where a function that begins so is in the stack" },
	OPT_STACK_FORMAT(klockstat),
	{}
};

static void show_what(struct out *out, const struct column *c, const void *row)
{
	out_str(out, ((const ROW *)row)->key.what == KLOCKSTAT_WAIT ? "wait" : "hold");
}

static const struct column columns[] = {
	COL_OWN("what", show_what, -4, "wait: for the lock; hold: how long it was held then"),
	COL_NSEC("total", "us", ROW, value.total, 12, "time"),
	COL("count", ROW, value.count, 9, "how often"),
	COL_AVERAGE(ROW, value.total, 10, "the average"),
	COL_NSEC("max", "us", ROW, value.max.most, 10, "the longest"),
	COL_AS(L_HEX, "lock", ROW, key.lock, 18, "the lock's address", HIDDEN),
	COL("tid", ROW, key.tid, 7, "thread id", HIDDEN),
	COL("comm", ROW, key.comm, -16, "command name", HIDDEN),
	COL_STACK,
	{}
};

static const struct stack_view view = {
	.parts = { { PART_COMM, "comm", offsetof(ROW, key.comm) }, { PART_KERNEL, "kernel", offsetof(ROW, key.kernel) } },
	.value = offsetof(ROW, value.total), .divide = USEC, .unit = "microseconds", .type = "locks",
};

static bool row(struct run *run, void *row)
{
	__u32 frames[STACK_MOST];
	int n = caller ? stack_frames(((ROW *)row)->key.kernel, false, frames) : 0;

	for (int i = 0; i < n; i++)
		if (!strncmp(stack_text(frames[i]), caller, strlen(caller)))
			return true;
	return !caller;
}

static int setup(struct run *run)
{
	struct klockstat_bpf__rodata *rodata = run->rodata;

	if (rodata->only_waits && rodata->only_holds) {
		err("--waits and --holds: one of them");
		return -EINVAL;
	}
	return stack_setup(run, &view, &rodata->stack_depth);
}

static const struct example examples[] = {
	{ "-d 10 -r 10", "the ten stacks that waited for kernel locks longest, or held them" },
	{ "--waits -P 1 5", "who waits for locks, every second" },
	{ "-L rtnl_mutex -d 10", "one lock" },
	{}
};

TOOL(klockstat,
	.summary  = "how long the kernel's locks are waited for and held, by stack",
	.about    = "Mutexes and read-write semaphores. A wait is from the call of the locking function to its return, a hold from "
		    "there to the unlocking by the same task. The stack is that of who takes the lock; filters look at that task.",
	.cost     = "Probes at the begin and the end of each locking function and at each unlocking one, with a stack taken for each "
		    "lock: these are among the kernel's busiest functions.",
	.caveats  = "Spinlocks are not seen. A lock that is let go by another task than the one that took it has no hold. What the "
		    "compiler has inlined is not seen.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .early = stack_early, .end = stack_end,
	.keep_caps = SYMBOL_CAPS,
	.optional = "begin_mutex_lock_interruptible end_mutex_lock_interruptible begin_mutex_lock_killable end_mutex_lock_killable "
		    "begin_mutex_trylock end_mutex_trylock begin_down_read_interruptible end_down_read_interruptible "
		    "begin_down_read_killable end_down_read_killable begin_down_read_trylock end_down_read_trylock begin_down_write_killable "
		    "end_down_write_killable begin_down_write_trylock end_down_write_trylock",
	.table    = ROWS("locks", ROW, "total", STACK_TABLE, .row = row, .adds = offsetof(struct klockstat_value, max),
			 .peak = offsetof(struct klockstat_value, max) + 1));
