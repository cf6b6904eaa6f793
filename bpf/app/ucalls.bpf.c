// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/syscall.bpf.h"
#include "ucalls.h"

#define LANGUAGE_DEPTH 64
#include "lib/language.bpf.h"

const volatile bool latency, syscalls;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct language_key);
	__type(value, struct ucalls_value);
} calls SEC(".maps");

struct entered {
	__u64 ns;
	__u64 number;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct entered);
} entered SEC(".maps");

static __always_inline void count(const struct language_key *key, __u64 ns)
{
	static const struct ucalls_value zero;
	struct ucalls_value *value = map_get_or_init(&calls, key, &zero);

	if (!value)
		return;
	add(&value->count, 1);
	if (latency)
		add(&value->ns, ns);
}

static __always_inline void see(const struct language_said *said, struct language_thread *t)
{
	__u64 now = bpf_ktime_get_ns();
	struct language_begun *begun;

	language_key(&t->key, said, false);
	if (!latency) {
		count(&t->key, 0);
	} else if ((said->what & 0xff) == LANGUAGE_ENTRY) {
		language_begin(t, 0);
	} else {
		begun = language_end(t, true);
		if (begun)
			count(&t->key, now - begun->since);
	}
}

LANGUAGES(see)

static __always_inline int count_syscall(__u32 number, __u64 ns)
{
	static const struct language_thread none;
	__u32 tid = bpf_get_current_pid_tgid();
	struct language_thread *t = map_get_or_init(&language_threads, &tid, &none);

	if (!t)
		return 0;
	__builtin_memset(&t->key, 0, sizeof(t->key));
	t->key.pid = current_ids() >> 32;
	t->key.way = UCALLS_SYSCALL;
	t->key.number = number;
	count(&t->key, ns);
	return 0;
}

SEC("?raw_tp/sys_enter")
int syscall_enter(struct raw_args *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct entered call = {};

	if (!filter_current())
		return 0;
	/* at its end a call that never returns, as sigreturn(2), has no number any more */
	call.number = SYSCALL_NR(ctx->args[1]) | (syscall_is_32((const void *)ctx->args[0]) ? UCALLS_32 : 0);
	if (!latency)
		return count_syscall(call.number, 0);
	call.ns = bpf_ktime_get_ns();
	return map_put(&entered, &tid, &call);
}

SEC("?raw_tp/sys_exit")
int syscall_exit(struct raw_args *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	const struct entered *call = bpf_map_lookup_elem(&entered, &tid);
	struct entered was;

	if (!call)
		return 0;
	was = *call;
	bpf_map_delete_elem(&entered, &tid);
	return count_syscall(was.number, bpf_ktime_get_ns() - was.ns);
}

SEC("?raw_tp/sched_process_exit")
int syscall_forget(void *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&entered, &tid);
	return 0;
}
