/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls of functions that speak TLS, as they return.  A tool says which (tls_setup in user/lib) and what it does with one:
 *
 *	static __always_inline void tls_done(const struct tls_done *call) { ... }
 */
#ifndef TLS_BPF_H
#define TLS_BPF_H

#include "lib/regs.bpf.h"
#include "lib/tls.h"

#define TLS_DEPTH 4

struct tls_call {
	__u64 stack;		/* where it was called; 0: there is none */
	__u64 start;
	__u64 session, buffer, count;
	__u32 function, what;
};

/* Of a thread: one call may be made by another, as where TLS is spoken through TLS, or on another stack. */
struct tls_calls {
	struct tls_call at[TLS_DEPTH];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);	/* --max-entries */
	__type(key, __u32);		/* thread */
	__type(value, struct tls_calls);
} tls_calls SEC(".maps");

struct tls_done {
	__u64 session, buffer;
	__u64 latency;
	__u64 bytes;		/* 0 of what failed */
	__s64 ret;
	__u32 function, what;
	bool failed;
};

static __always_inline void tls_done(const struct tls_done *call);

/* NSPR: the descriptor's methods are its first member, what kind it is of theirs; those of TLS are layers on a socket. */
static __always_inline bool tls_is_layered(__u64 descriptor)
{
	__u64 methods = 0;
	__u32 kind = 0;

	bpf_probe_read_user(&methods, sizeof(methods), (void *)descriptor);
	bpf_probe_read_user(&kind, sizeof(kind), (void *)methods);
	return kind == 4;	/* PR_DESC_LAYERED */
}

/* Not inlined: it is in many programs. */
static __noinline int tls_called(struct pt_regs *ctx, __u32 function, __u32 what)
{
	static const struct tls_calls none;
	__u32 tid = bpf_get_current_pid_tgid();
	struct tls_call *to = NULL, *at;
	__u64 stack = REGS_SP(ctx);
	struct tls_calls *calls;

	if (!filter_current())
		return 0;
	if (what & TLS_FLAGS && PT_REGS_PARM4(ctx) & 2)	/* PR_MSG_PEEK */
		return 0;
	calls = map_get_or_init(&tls_calls, &tid, &none);
	if (!calls)
		return 0;
	/* what is there at the same place was left by longjmp(), or this is a tail call of it */
#pragma unroll
	for (int i = TLS_DEPTH - 1; i >= 0; i--) {
		at = &calls->at[i];
		if (at->stack == stack)
			to = at;
		else if (!at->stack && (!to || to->stack != stack))
			to = at;
	}
	if (!to) {
		lose(LOSS_START);
		return 0;
	}
	to->stack = stack;
	to->session = PT_REGS_PARM1(ctx);
	to->buffer = PT_REGS_PARM2(ctx);
	to->count = PT_REGS_PARM4(ctx);
	to->function = function;
	to->what = what;
	to->start = bpf_ktime_get_boot_ns();
	return 0;
}

#define TLS_CALLED(name, library, what)					\
SEC("?uprobe")								\
int call_##name(struct pt_regs *ctx)					\
{									\
	return tls_called(ctx, TLS_##name, what);			\
}

TLS_CALLS(TLS_CALLED)

/* Where the kernel tells which of them it is, it is one program. */
SEC("?uprobe")
int any_called(struct pt_regs *ctx)
{
	__u64 cookie = bpf_get_attach_cookie(ctx);

	return tls_called(ctx, cookie & 0xff, cookie >> 8);
}

static __always_inline void tls_take(struct tls_call *call, struct pt_regs *ctx)
{
	struct tls_done done = { call->session, call->buffer, .function = call->function, .what = call->what };
	__u64 bytes = 0;

	done.latency = bpf_ktime_get_boot_ns() - call->start;
	call->stack = 0;
	if (done.what & TLS_LAYERED && !tls_is_layered(done.session))	/* only now has it surely been looked at */
		return;
	/* an int, but of what gives a ssize_t; no buffer is that long */
	done.ret = (__s32)PT_REGS_RC(ctx);
	done.failed = done.what & TLS_ZERO ? done.ret < 0 : done.ret <= 0;
	if (!done.failed && done.what & TLS_COUNTED)
		bpf_probe_read_user(&bytes, sizeof(bytes), (void *)call->count);
	else if (!done.failed && done.what & (TLS_READ | TLS_WRITE))
		bytes = done.ret;
	done.bytes = bytes;
	tls_done(&done);
}

SEC("uretprobe")
int returned(struct pt_regs *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct tls_calls *calls = bpf_map_lookup_elem(&tls_calls, &tid);
	struct tls_call *at = NULL;
	__u64 stack = REGS_SP(ctx), others = 0;

#ifdef bpf_target_x86
	stack -= sizeof(stack);	/* the address that it has returned to was there */
#endif
	if (!calls)
		return 0;
#pragma unroll
	for (int i = 0; i < TLS_DEPTH; i++) {
		if (calls->at[i].stack == stack)
			at = &calls->at[i];
		else
			others |= calls->at[i].stack;
	}
	if (at)
		tls_take(at, ctx);
	if (!others)
		bpf_map_delete_elem(&tls_calls, &tid);
	return 0;
}

SEC("raw_tp/sched_process_exit")
int tls_thread_ended(void *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&tls_calls, &tid);
	return 0;
}

#endif
