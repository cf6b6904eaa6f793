// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/hist.bpf.h"
#include "gostat.h"

const volatile bool hist, by_process;
const volatile __u64 unit = 1000;

/* Where Go passes arguments since 1.17; elsewhere as C does. */
#ifdef bpf_target_x86
#define GO_FIRST(ctx)  ((ctx)->ax)
#define GO_SECOND(ctx) ((ctx)->bx)
#define GO_THIRD(ctx)  ((ctx)->cx)
#else
#define GO_FIRST(ctx)  PT_REGS_PARM1(ctx)
#define GO_SECOND(ctx) PT_REGS_PARM2(ctx)
#define GO_THIRD(ctx)  PT_REGS_PARM3(ctx)
#endif

/* runtime/runtime2.go: _Grunnable and so on, the same since Go 1.0 */
enum { G_RUNNABLE = 1, G_RUNNING = 2, G_DEAD = 6 };

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct gostat_value);
} processes SEC(".maps");

enum { GO_CREATED, GO_ENDED, GO_RUNS, GO_WAITED, GO_STOPS, GO_COLLECTIONS };

/* Goroutines that wait for a thread to run them: since when. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);	/* --max-entries */
	__type(key, struct gostat_goroutine);
	__type(value, __u64);
} runnable SEC(".maps");

/* Processes whose world is stopped, or who collect: since when. */
struct phase {
	__u64 stopped, collecting;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct phase);
} phases SEC(".maps");

HISTOGRAMS(hists, struct gostat_hist);

/* Not with --hist: the map isn't there then. */
static __always_inline void count(__u32 counter, __u64 n, __u64 ns)
{
	static const struct gostat_value zero;
	__u32 pid = current_ids() >> 32;
	struct gostat_value *value;

	if (hist)
		return;
	value = map_get_or_init(&processes, &pid, &zero);
	if (!value)
		return;
	if (!value->comm[0])
		bpf_get_current_comm(value->comm, sizeof(value->comm));
	switch (counter) {
	case GO_CREATED: add(&value->created, n); break;
	case GO_ENDED: add(&value->ended, n); break;
	case GO_RUNS: add(&value->runs, n); break;
	case GO_WAITED:
		add(&value->wait, ns);
		add(&value->waited, n);
		break;
	case GO_STOPS:
		add(&value->stops, n);
		add(&value->stopped, ns);
		break;
	case GO_COLLECTIONS:
		add(&value->collections, n);
		add(&value->collecting, ns);
		break;
	}
}

static __always_inline struct phase *phase(void)
{
	static const struct phase none;
	__u32 pid = bpf_get_current_pid_tgid() >> 32;

	return map_get_or_init(&phases, &pid, &none);
}

static __always_inline void wait_ends(const struct gostat_goroutine *key, __u64 now)
{
	const __u64 *since = bpf_map_lookup_elem(&runnable, key);
	struct gostat_hist which = {};
	__u64 waited;

	if (!since)
		return;
	waited = now - *since;
	bpf_map_delete_elem(&runnable, key);
	count(GO_WAITED, 1, waited);
	if (hist) {
		which.pid = by_process ? current_ids() >> 32 : 0;
		hist_add_nested(hists, &which, waited, unit);
	}
}

/* func casgstatus(gp *g, oldval, newval uint32) */
SEC("uprobe")
int go_status(struct pt_regs *ctx)
{
	struct gostat_goroutine key = { bpf_get_current_pid_tgid() >> 32, GO_FIRST(ctx) };
	__u32 old = GO_SECOND(ctx), new = GO_THIRD(ctx);
	__u64 now = bpf_ktime_get_ns();

	if (!filter_current())
		return 0;
	if (new == G_RUNNABLE) {
		if (old == G_DEAD)
			count(GO_CREATED, 1, 0);
		map_put(&runnable, &key, &now);
	} else if (new == G_RUNNING && old == G_RUNNABLE) {
		count(GO_RUNS, 1, 0);
		wait_ends(&key, now);
	} else if (new == G_DEAD && old == G_RUNNING) {
		count(GO_ENDED, 1, 0);
	}
	return 0;
}

/* func stopTheWorldWithSema(): one at a time, a mutex sees to it */
SEC("uprobe")
int go_stop(struct pt_regs *ctx)
{
	struct phase *p = filter_current() ? phase() : NULL;

	if (p)
		p->stopped = bpf_ktime_get_ns();
	return 0;
}

SEC("uprobe")
int go_start(struct pt_regs *ctx)
{
	struct phase *p = filter_current() ? phase() : NULL;

	if (!p || !p->stopped)
		return 0;
	count(GO_STOPS, 1, bpf_ktime_get_ns() - p->stopped);
	p->stopped = 0;
	return 0;
}

/* func gcBgMarkStartWorkers(): gcStart() calls it when a collection is due indeed */
SEC("uprobe")
int go_gc_begin(struct pt_regs *ctx)
{
	struct phase *p = filter_current() ? phase() : NULL;

	if (p)
		p->collecting = bpf_ktime_get_ns();
	return 0;
}

/* func gcSweep(): all is marked; what is left to sweep is done beside the program */
SEC("uprobe")
int go_gc_end(struct pt_regs *ctx)
{
	struct phase *p = filter_current() ? phase() : NULL;

	if (!p || !p->collecting)
		return 0;
	count(GO_COLLECTIONS, 1, bpf_ktime_get_ns() - p->collecting);
	p->collecting = 0;
	return 0;
}

SEC("raw_tp/sched_process_exit")
int go_exit(void *ctx)
{
	__u64 ids = bpf_get_current_pid_tgid();
	__u32 pid = ids >> 32;

	if (pid == (__u32)ids)
		bpf_map_delete_elem(&phases, &pid);
	return 0;
}
