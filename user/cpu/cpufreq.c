// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include "lib/cpu.h"
#include "lib/perf.h"
#include "lib/share.h"
#include "cpu/cpufreq.h"
#include "cpu/cpufreq.skel.h"

#define ROW struct cpufreq_row

ROW {
	struct cpufreq_key key;
	struct cpufreq_value value;
	struct share share;
};

static const struct opt opts[] = {
	OPT('P', "pids", NULL, cpufreq, by_process, "for each process", .shows = "pid comm"),
	OPT('I', "include-idle", NULL, cpufreq, with_idle, "samples of idle CPUs as well"),
	OPT_FREQUENCY(cpufreq, frequency),
	{}
};

static const struct column columns[] = {
	COL("pid", ROW, key.id, 7, "process id", HIDDEN),
	COL("comm", ROW, key.comm, -16, "command name", HIDDEN),
	COL("mhz", ROW, key.mhz, 5, "from this speed to 200 MHz more; 0 where it isn't known"),
	COL("count", ROW, value.count, 10, "samples in which a task ran at it"),
	COLS_SHARE(ROW),
	{}
};

static void shares(struct run *run, void *rows, size_t n)
{
	struct share_of of = { sizeof(ROW), offsetof(ROW, value.count), offsetof(ROW, share), 0 };

	if (((const struct cpufreq_bpf__rodata *)run->rodata)->by_process)
		of.group = offsetof(ROW, key.id) + 1;
	share_out(rows, n, &of);
}

/* The speed that a CPU has now, in kHz; 0: there is no driver for it. */
static __u32 speed_of(int cpu)
{
	unsigned int khz = 0;
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_cur_freq", cpu);
	f = fopen(path, "re");
	if (f && fscanf(f, "%u", &khz) != 1)
		khz = 0;
	if (f)
		fclose(f);
	return khz;
}

static int any_speed(void *ctx, int cpu)
{
	return speed_of(cpu) ? 1 : 0;
}

static int setup(struct run *run)
{
	struct cpufreq_bpf *skel = (struct cpufreq_bpf *)run->skel;

	if (cpu_each("online", any_speed, NULL) != 1) {
		err("can't run here: cpu_frequency: no CPU of this machine has a driver that tells its speed");
		return -EOPNOTSUPP;
	}
	return bpf_map__set_max_entries(skel->maps.speeds, cpu_ids());
}

static int seed(void *ctx, int cpu)
{
	__u32 id = cpu, khz = speed_of(cpu);

	return khz ? bpf_map_update_elem(*(int *)ctx, &id, &khz, BPF_ANY) : 0;
}

static int attach(struct run *run)
{
	struct cpufreq_bpf *skel = (struct cpufreq_bpf *)run->skel;
	int speeds = bpf_map__fd(skel->maps.speeds);

	return cpu_each("online", seed, &speeds) ?: perf_sample(skel->progs.sample, skel->rodata->frequency);
}

static const struct example examples[] = {
	{ "-d 10", "at which clock speeds code ran, during ten seconds" },
	{ "-P -n 'make*' 1", "for each process of that name, every second" },
	{}
};

TOOL(cpufreq,
	.summary  = "at which clock speeds code runs, by samples",
	.about    = "The speed of a CPU is what its driver said last; at the start it is read from scaling_cur_freq. "
		    "At each sample it is counted, in steps of 200 MHz. Filters look at the task that runs.",
	.cost     = "A timer interrupt for each sample on each CPU; a tracepoint at each change of speed.",
	.caveats  = "Drivers that let the processor choose by itself (intel_pstate in active mode, and others) do "
		    "not tell each change. Virtual machines mostly have no driver; it says so then.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach,
	.table    = ROWS("samples", ROW, "mhz", .up = true, .all = shares));
