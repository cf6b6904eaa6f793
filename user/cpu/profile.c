// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include "lib/irq_user.h"
#include "lib/perf.h"
#include "lib/stack_user.h"
#include "cpu/profile.h"
#include "cpu/profile.skel.h"

#define ROW struct profile_row

ROW {
	struct profile_key key;
	__u64 value;
};

static const struct opt opts[] = {
	OPT('F', "frequency", "HZ", profile, frequency, "samples a second on each CPU; 49 unless told", .min = 1, .max = 100000),
	OPT(0, "period", "CYCLES", profile, period, "a sample each so many cycles, by the hardware's counter", .min = 1000,
	    .max = 1ULL << 40),
	OPT('L', "tids", NULL, profile, by_thread, "for each thread; for each process otherwise", .shows = "tid"),
	OPT('C', "per-cpu", NULL, profile, by_cpu, "for each CPU apart", .shows = "cpu"),
	OPT('I', "include-idle", NULL, profile, with_idle, "samples of idle CPUs as well"),
	OPT_CPUS,
	OPT_STACKS(profile),
	{}
};

static const struct column columns[] = {
	COL("samples", ROW, value, 8, "samples that found it there"),
	COL("pid", ROW, key.pid, 7, "process id"),
	COL("tid", ROW, key.tid, 7, "thread id", HIDDEN),
	COL("cpu", ROW, key.cpu, 3, "CPU", HIDDEN),
	COL("comm", ROW, key.comm, -16, "command name"),
	COL_STACK,
	{}
};

static const struct stack_view view = {
	.parts = {
		{ PART_COMM, "comm", offsetof(ROW, key.comm) },
		{ PART_USER, "user", offsetof(ROW, key.user) },
		{ PART_KERNEL, "kernel", offsetof(ROW, key.kernel) },
	},
	.value = offsetof(ROW, value), .unit = "samples", .type = "cpu",
};

static int setup(struct run *run)
{
	return stack_setup(run, &view, &((struct profile_bpf__rodata *)run->rodata)->stack_depth);
}

static int attach(struct run *run)
{
	struct profile_bpf *skel = (struct profile_bpf *)run->skel;
	const struct perf_event_attr cycles = {
		.type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_CPU_CYCLES, .sample_period = skel->rodata->period,
	};
	int ret;

	if (!skel->rodata->period)
		return perf_sample(skel->progs.sample, skel->rodata->frequency);
	ret = perf_attach(skel->progs.sample, &cycles);
	if (ret == -EOPNOTSUPP)
		err("--period: no counter of cycles in this machine: use --frequency");
	return ret;
}

static const struct example examples[] = {
	{ "-d 10", "where all programs and the kernel spend their CPU time, during ten seconds" },
	{ "-p 1234 --flamegraph cpu.svg -d 30", "one process, as a flame graph" },
	{ "-F 199 -U --folded -- make", "a command and its children, by functions of programs, for other tools" },
	{}
};

TOOL(profile,
	.summary  = "where CPU time goes, by sampled stacks",
	.about    = "At each sample, the stack of the task that runs on that CPU. Rows are the same stack by the names of its "
		    "functions. No hardware counter is needed.",
	.cost     = "A timer interrupt for each sample on each CPU, with the stack taken and looked up in a map.",
	.caveats  = "Stacks of programs are followed by frame pointers: code built without them is missing from the "
		    "stack, and one that ends before the program's or thread's beginning ends with [ended early]. A CPU that "
		    "comes online is sampled from a second later at most. Functions that were inlined are shown apart only with --inlines, "
		    "by debug information of the program or installed for it.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach, .early = stack_early,
	.end      = stack_end, .keep_caps = SYMBOL_CAPS,
	.table    = ROWS("counts", ROW, "samples", STACK_TABLE));
