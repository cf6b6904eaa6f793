// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/regs.bpf.h"
#include "gethostlatency.h"

const volatile bool failed_only;
const volatile __u64 min_latency;

#define AF_INET	 2	/* include/linux/socket.h */
#define AF_INET6 10

/* One of these functions may call another: the thread's outermost call is what is measured. */
struct asked {
	__u64 start;
	__u64 function, stack, from;	/* where it returns to */
	__u64 what;		/* the name or address, in the caller's memory */
	__u64 result;		/* where the result's address goes; 0: nowhere */
	__u32 length, depth;
	__u32 call, pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);	/* --max-entries */
	__type(key, __u32);		/* thread */
	__type(value, struct asked);
} asked SEC(".maps");

static __always_inline int called(struct pt_regs *ctx, enum resolver_call call, __u64 what, __u32 length, __u64 result)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct asked *outer = bpf_map_lookup_elem(&asked, &tid), new = {};
	__u64 from = regs_caller(ctx);

	/*
	 * Below the outer one on the stack it is called by it; in its place it is a tail call of it, unless it returns to where
	 * that one would have: then that one was left by longjmp(), as it was if this is above it.
	 */
	if (outer && (REGS_SP(ctx) < outer->stack || (REGS_SP(ctx) == outer->stack && from != outer->from))) {
		outer->depth++;
		return 0;
	}
	if (!filter_current())
		return 0;
	new.start = bpf_ktime_get_boot_ns();
	new.function = PT_REGS_IP(ctx);
	new.stack = REGS_SP(ctx);
	new.from = from;
	new.what = what;
	new.length = length;
	new.result = result;
	new.call = call;
	if (bpf_map_update_elem(&asked, &tid, &new, BPF_ANY))
		lose(LOSS_START);
	return 0;
}

#define CALLED(function, call, what, length, result)			\
SEC("uprobe")								\
int call_##function(struct pt_regs *ctx)				\
{									\
	return called(ctx, call, what, length, result);			\
}

CALLED(getaddrinfo, GETADDRINFO, PT_REGS_PARM1(ctx), 0, 0)
CALLED(getnameinfo, GETNAMEINFO, PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), 0)
CALLED(gethostbyname, GETHOSTBYNAME, PT_REGS_PARM1(ctx), 0, 0)
CALLED(gethostbyname2, GETHOSTBYNAME2, PT_REGS_PARM1(ctx), 0, 0)
CALLED(gethostbyaddr, GETHOSTBYADDR, PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), 0)
CALLED(gethostbyname_r, GETHOSTBYNAME_R, PT_REGS_PARM1(ctx), 0, PT_REGS_PARM5(ctx))
CALLED(gethostbyname2_r, GETHOSTBYNAME2_R, PT_REGS_PARM1(ctx), 0, 0)
CALLED(gethostbyaddr_r, GETHOSTBYADDR_R, PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), 0)

/* Where the kernel tells which of them it is, it is one program. */
SEC("?uprobe")
int any_called(struct pt_regs *ctx)
{
	__u64 call = bpf_get_attach_cookie(ctx);
	bool has_length = call == GETNAMEINFO || call == GETHOSTBYADDR || call == GETHOSTBYADDR_R;

	return called(ctx, call, PT_REGS_PARM1(ctx), has_length ? PT_REGS_PARM2(ctx) : 0,
		      call == GETHOSTBYNAME_R ? PT_REGS_PARM5(ctx) : 0);
}

static __always_inline __s32 error_of(const struct asked *a, __u64 ret)
{
	__u64 result = 1;

	if (a->call <= GETNAMEINFO)
		return ret;
	if (a->call <= GETHOSTBYADDR)
		return !ret;
	if (a->result)
		bpf_probe_read_user(&result, sizeof(result), (void *)a->result);
	return (__s32)ret || !result;
}

static __always_inline void read_address(struct gethostlatency_event *e, const struct asked *a)
{
	__u16 family = 0;
	__u64 at = a->what;

	e->address_len = a->length;
	if (a->call == GETNAMEINFO) {
		bpf_probe_read_user(&family, sizeof(family), (void *)at);
		e->address_len = family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
		at += family == AF_INET ? 4 : 8;	/* sin_addr, sin6_addr */
	}
	if (e->address_len == 16)
		bpf_probe_read_user(e->address, 16, (void *)at);
	else if (e->address_len == 4)
		bpf_probe_read_user(e->address, 4, (void *)at);
	else
		e->address_len = 0;
}

SEC("uretprobe")
int returned(struct pt_regs *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct asked *found = bpf_map_lookup_elem(&asked, &tid), a;
	struct gethostlatency_event *e;
	__s32 error;
	__u64 now;

	if (!found)
		return 0;
	if (found->depth) {
		found->depth--;
		return 0;
	}
	a = *found;
	bpf_map_delete_elem(&asked, &tid);
	now = bpf_ktime_get_boot_ns();
	error = error_of(&a, PT_REGS_RC(ctx));
	if ((failed_only && !error) || now - a.start < min_latency)
		return 0;
	e = event_reserve(struct gethostlatency_event);
	if (!e)
		return 0;
	e->latency = now - a.start;
	e->function = a.function;
	e->error = error;
	e->call = a.call;
	e->address_len = 0;
	e->host[0] = 0;
	e->pad = 0;
	__builtin_memset(e->address, 0, sizeof(e->address));
	if (a.call == GETNAMEINFO || a.call == GETHOSTBYADDR || a.call == GETHOSTBYADDR_R)
		read_address(e, &a);
	else if (a.what && read_user_str(e->host, HOST_LEN, a.what) < 0)
		lose(LOSS_READ);
	event_submit(e);
	return 0;
}

SEC("raw_tp/sched_process_exit")
int thread_ended(void *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&asked, &tid);
	return 0;
}
