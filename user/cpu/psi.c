// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "lib/cpu.h"
#include "lib/lib.h"
#include "cpu/psi.h"
#include "cpu/psi.skel.h"

#define ROW struct psi_row

/* "some" or "full" of a /proc/pressure file, in ns; -1 where there is none. */
static __s64 pressure(const char *kind, const char *which)
{
	unsigned long long us;
	char line[160];
	__s64 ns = -1;
	FILE *f;

	snprintf(line, sizeof(line), "/proc/pressure/%s", kind);
	f = fopen(line, "re");
	while (f && fgets(line, sizeof(line), f)) {
		const char *total = strstr(line, "total=");

		if (!strncmp(line, which, strlen(which)) && total && sscanf(total, "total=%llu", &us) == 1)
			ns = us * USEC;
	}
	if (f)
		fclose(f);
	return ns;
}

/* The machine's figures go where the tasks' are, so that intervals and formats are the same for both. */
static int put_system(struct run *run)
{
	static const struct {
		__u32 id;
		const char *which;
	} rows[] = { { PSI_SOME, "some" }, { PSI_FULL, "full" } };
	static struct psi_value first[2];
	struct psi_bpf *skel = (void *)run->skel;

	for (int i = 0; i < 2; i++) {
		__s64 cpu = pressure("cpu", rows[i].which), io = pressure("io", rows[i].which),
		      memory = pressure("memory", rows[i].which);
		struct psi_value value = { cpu > 0 ? cpu : 0, io > 0 ? io : 0, memory > 0 ? memory : 0, "" };

		if (io < 0)
			return 0;
		if (!first[i].comm[0]) {
			first[i] = value;
			snprintf(first[i].comm, sizeof(first[i].comm), "(system %s)", rows[i].which);
		}
		value.cpu -= first[i].cpu;
		value.io -= first[i].io;
		value.memory -= first[i].memory;
		memcpy(value.comm, first[i].comm, sizeof(value.comm));
		if (bpf_map__update_elem(skel->maps.stalls, &rows[i].id, sizeof(rows[i].id), &value, sizeof(value), BPF_ANY))
			run->lost[LOSS_MAP]++;
	}
	return 0;
}

static int attach(struct run *run)
{
	struct psi_bpf *skel = (void *)run->skel;

	skel->bss->exact = (bpf_program__autoload(skel->progs.fentry__psi_memstall_enter) &&
			    bpf_program__autoload(skel->progs.fentry__psi_memstall_leave)) ||
			   (bpf_program__autoload(skel->progs.kprobe__psi_memstall_enter) &&
			    bpf_program__autoload(skel->progs.kprobe__psi_memstall_leave));
	if (pressure("io", "some") < 0)
		note("this kernel keeps no account of pressure itself (boot it with psi=1): memory stalls are unknown");
	return put_system(run);
}

static int show(struct run *run)
{
	return put_system(run) ?: table_show(run);
}

static bool row(struct run *run, void *row)
{
	ROW *r = row;

	r->rank = r->id == PSI_SOME ? LLONG_MAX : r->id == PSI_FULL ? LLONG_MAX - 1 :
		  r->value.cpu + r->value.io + r->value.memory;
	return true;
}

static void show_id(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	if (r->id == PSI_SOME || r->id == PSI_FULL)
		out_nothing(out);
	else
		out_u64(out, r->id);
}

static void show_total(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	out_fixed(out, r->value.cpu + r->value.io + r->value.memory, MSEC, 3);
}

static int setup(struct run *run)
{
	struct psi_bpf *skel = (void *)run->skel;

	return bpf_map__set_max_entries(skel->maps.came, cpu_ids());
}

static const struct opt opts[] = {
	OPT('L', "tids", NULL, psi, by_thread, "by thread instead of by process", .shows = "tid", .hides = "pid"),
	{}
};

static const struct column columns[] = {
	COL_OWN("pid", show_id, 7, "process id; nothing for the machine as a whole", .bare_json = true),
	COL_OWN("tid", show_id, 7, "thread id", HIDDEN, .bare_json = true),
	COL("comm", ROW, value.comm, -16, "command name; (system some) and (system full) are from /proc/pressure"),
	COL_NSEC("cpu", "ms", ROW, value.cpu, 12, "could run and waited for a CPU"),
	COL_NSEC("io", "ms", ROW, value.io, 12, "slept for input or output"),
	COL_NSEC("memory", "ms", ROW, value.memory, 12, "was held up by a lack of memory: reclaim, refaults, throttling"),
	COL_OWN("total", show_total, 12, "all three, in ms", HIDDEN, .bare_json = true, .offset = offsetof(ROW, rank),
		.size = sizeof(__u64)),
	{}
};

static const struct example examples[] = {
	{ "-r 12 5", "every five seconds, those who waited most, below the machine's own figures" },
	{ "--sort memory -d 10", "who suffered from a lack of memory in ten seconds" },
	{ "-c /system.slice -L 1", "the threads of a part of the system, second by second" },
	{}
};

TOOL(psi,
	.summary  = "who waits when pressure rises: for CPU, I/O and memory, by task",
	.about    = "The tasks behind /proc/pressure: for each process, or thread with --tids, how long it was stalled, by "
		    "the kernel's own meaning of a stall: it could run and had no CPU; it slept for I/O (in_iowait); it was "
		    "between psi_memstall_enter() and psi_memstall_leave(). The machine's own figures, the time in which "
		    "some task was stalled, and all were, are the first two rows.",
	.cost     = "Two scheduler tracepoints at each wake-up and switch.",
	.caveats  = "Times of several tasks add up, and those of a process's threads are added up, so that they can be "
		    "more than the machine's, which counts the time in which at least one was stalled. A stall counts "
		    "when it has ended. The kernel brings its own figures up to date every two seconds only. Where "
		    "neither fentry nor kprobes are there for psi_memstall_enter(), stalls for memory are approximated: "
		    "they are looked for at each switch of tasks, so that what begins or ends while the task runs is not "
		    "counted, and one that never leaves the CPU is missed. The time in which a cgroup is throttled by its "
		    "cpu.max counts as waiting for a CPU here.",
	.optional = "psi_memstall_enter psi_memstall_leave",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach, .show = show,
	.table    = ROWS("stalls", ROW, "total", .adds = offsetof(struct psi_value, comm), .row = row));
