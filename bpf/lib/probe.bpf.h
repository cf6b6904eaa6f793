/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One body, every way to reach it.  Each way is a '?' program named WAY__GROUP; user
 * space loads the first way of each group that works on the running kernel, in the
 * order written here (user/lib/attach.c).  In a body, `direct` says whether pointers
 * can be followed as they are (BTF) or have to be read; READ() does the right one of
 * the two, and the compiler drops the other.
 *
 * The _AS forms name the group, for hooks that have changed their name or arguments:
 * give each form of the hook the same group and user space takes the one that is there.
 */
#ifndef PROBE_BPF_H
#define PROBE_BPF_H

#define READ(from, fields...) (direct ? ___arrow(from, ##fields) : BPF_CORE_READ(from, ##fields))

#define ___PROBE(section, way, body, ctx_t, call...)			\
_Pragma("GCC diagnostic push")						\
_Pragma("GCC diagnostic ignored \"-Wint-conversion\"")			\
SEC("?" section)							\
int way##__##body(ctx_t *ctx)						\
{									\
	on_##body(call);						\
	return 0;	/* the verifier wants no other from fentry and fexit */ \
}									\
_Pragma("GCC diagnostic pop")

/* A tracepoint's own arguments, as in its TP_PROTO. */
#define ON_TRACE_AS(group, name, args...)				\
static __always_inline int on_##group(const bool direct, void *ctx, ##args); \
___PROBE("tp_btf/" #name, tp_btf, group, unsigned long long, true, ___bpf_ctx_cast(args)) \
___PROBE("raw_tp/" #name, raw_tp, group, unsigned long long, false, ___bpf_ctx_cast(args)) \
static __always_inline int on_##group(const bool direct, void *ctx, ##args)

#define ON_TRACE(name, args...) ON_TRACE_AS(name, name, ##args)

/* A kernel function as it is called. */
#define ON_CALL_AS(group, func, args...)				\
static __always_inline int on_##group(const bool direct, void *ctx, ##args); \
___PROBE("fentry/" #func, fentry, group, unsigned long long, true, ___bpf_ctx_cast(args)) \
___PROBE("kprobe/" #func, kprobe, group, struct pt_regs, false, ___bpf_kprobe_args(args)) \
static __always_inline int on_##group(const bool direct, void *ctx, ##args)

#define ON_CALL(func, args...) ON_CALL_AS(func, func, ##args)

/* The arguments of calls that have not returned yet, for kretprobes; calls may nest. */
#define PROBE_DEPTH 4
#define PROBE_ARGS 5

struct probe_calls {
	__u64 depth;
	__u64 arg[PROBE_DEPTH][PROBE_ARGS];
};

static __always_inline void probe_push(void *map, struct pt_regs *ctx)
{
	static const struct probe_calls none;
	__u32 tid = bpf_get_current_pid_tgid();
	struct probe_calls *calls = map_get_or_init(map, &tid, &none);
	__u64 at;

	if (!calls)
		return;
	at = calls->depth++;
	if (at >= PROBE_DEPTH) {
		lose(LOSS_START);
		return;
	}
	calls->arg[at][0] = PT_REGS_PARM1(ctx);
	calls->arg[at][1] = PT_REGS_PARM2(ctx);
	calls->arg[at][2] = PT_REGS_PARM3(ctx);
	calls->arg[at][3] = PT_REGS_PARM4(ctx);
	calls->arg[at][4] = PT_REGS_PARM5(ctx);
}

static __always_inline bool probe_pop(void *map, __u64 *args)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct probe_calls *calls = bpf_map_lookup_elem(map, &tid);
	__u64 at;

	if (!calls)
		return false;
	at = --calls->depth;
	if (at < PROBE_DEPTH)
		__builtin_memcpy(args, calls->arg[at], sizeof(calls->arg[at]));
	if (!at)
		bpf_map_delete_elem(map, &tid);
	return at < PROBE_DEPTH;
}

/* A kernel function as it returns, with the arguments that it was called with (five at most). */
#define ON_RETURN_AS(group, func, args...)				\
static __always_inline int on_##group(const bool direct, long ret, void *ctx, ##args); \
struct {								\
	__uint(type, BPF_MAP_TYPE_HASH);				\
	__uint(max_entries, 8192);					\
	__type(key, __u32);						\
	__type(value, struct probe_calls);				\
} kprobe__##group SEC(".maps");						\
___PROBE("fexit/" #func, fexit, group, unsigned long long, true, ctx[___bpf_narg(args)], ___bpf_ctx_cast(args)) \
SEC("?kprobe/" #func)							\
int kprobe__enter__##group(struct pt_regs *regs)			\
{									\
	probe_push(&kprobe__##group, regs);				\
	return 0;							\
}									\
static __always_inline void returned_##group(struct pt_regs *regs, __u64 *ctx) \
{									\
	_Pragma("GCC diagnostic push")					\
	_Pragma("GCC diagnostic ignored \"-Wint-conversion\"")		\
	on_##group(false, PT_REGS_RC(regs), ___bpf_ctx_cast(args));	\
	_Pragma("GCC diagnostic pop")					\
}									\
SEC("?kretprobe/" #func)						\
int kprobe__leave__##group(struct pt_regs *regs)			\
{									\
	__u64 ctx[PROBE_ARGS];						\
									\
	if (probe_pop(&kprobe__##group, ctx))				\
		returned_##group(regs, ctx);				\
	return 0;							\
}									\
static __always_inline int on_##group(const bool direct, long ret, void *ctx, ##args)

#define ON_RETURN(func, args...) ON_RETURN_AS(func, func, ##args)

#endif
