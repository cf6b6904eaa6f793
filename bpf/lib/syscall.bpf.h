/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * System calls, seen once: as they return.  The registers that held the arguments
 * are still there, so nothing is carried from entry to exit, and memory that the
 * caller had never touched has been read by the kernel and can be read here.
 * One raw tracepoint is cheaper than the events of tracefs, needs neither tracefs
 * nor CO-RE, and sees 32-bit callers, which those events leave out.
 *
 *	ON_SYSCALL(open, openat)
 *	{
 *		if (syscall_is(call, open))
 *			return opened(call->arg[0], call->ret);
 *		return opened(call->arg[1], call->ret);
 *	}
 */
#ifndef SYSCALL_BPF_H
#define SYSCALL_BPF_H

#include "syscalls.h"
#include "lib/syscalls_absent.h"
#include "lib/kernel.bpf.h"

/* The start of struct pt_regs, without CO-RE: its layout is fixed by ptrace(2). */
#if defined(__TARGET_ARCH_x86)
struct syscall_regs { /* arch/x86/include/asm/ptrace.h */
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, nr, ip, cs;
};
#define SYSCALL_NR(nr)	((__u32)(nr) & ~0x40000000)	/* __X32_SYSCALL_BIT */
#define SYSCALL_ARGS(r) { (r).di, (r).si, (r).dx, (r).r10, (r).r8, (r).r9 }
#define SYSCALL32_ARGS(r) { (__u32)(r).bx, (__u32)(r).cx, (__u32)(r).dx, (__u32)(r).si, (__u32)(r).di, (__u32)(r).bp }
/* __USER32_CS, or "int 0x80" from 64-bit code: "syscall" leaves the return address in cx */
#define SYSCALL_32(r)	((r).cs == 0x23 || (common.compat > 1 && (r).cx != (r).ip))
#define SYSCALL_32_FROM	cx
#elif defined(__TARGET_ARCH_arm64)
struct syscall_regs { /* arch/arm64/include/asm/ptrace.h */
	unsigned long x[31], sp, pc, pstate, orig_x0;
	__s32 nr;
};
#define SYSCALL_NR(nr)	((__u32)(nr))
#define SYSCALL_ARGS(r) { (r).orig_x0, (r).x[1], (r).x[2], (r).x[3], (r).x[4], (r).x[5] }
#define SYSCALL32_ARGS(r) SYSCALL_ARGS(r)
#define SYSCALL_32(r)	((r).pstate & 0x10)	/* PSR_MODE32_BIT */
#define SYSCALL_32_FROM	pstate
#elif defined(__TARGET_ARCH_s390)
struct syscall_regs { /* arch/s390/include/asm/ptrace.h */
	unsigned long args[1], psw_mask, psw_addr, gpr[16], orig_gpr2;
	__u32 nr;
};
#define SYSCALL_NR(nr)	((nr) & 0xffff)
#define SYSCALL_ARGS(r) { (r).orig_gpr2, (r).gpr[3], (r).gpr[4], (r).gpr[5], (r).gpr[6], (r).gpr[7] }
#define SYSCALL32_ARGS(r) SYSCALL_ARGS(r)
#define SYSCALL_32(r)	(!((r).psw_mask & 0x100000000))	/* PSW_MASK_EA */
#define SYSCALL_32_FROM	psw_mask
#elif defined(__TARGET_ARCH_powerpc)
struct syscall_regs { /* arch/powerpc/include/asm/ptrace.h */
	unsigned long nr, gpr[31], nip, msr, orig_gpr3, ctr, link, xer, ccr, softe, trap;
};
#define SYSCALL_NR(nr)	((__u32)(nr))
#define SYSCALL_ARGS(r) { (r).orig_gpr3, (r).gpr[3], (r).gpr[4], (r).gpr[5], (r).gpr[6], (r).gpr[7] }
#define SYSCALL32_ARGS(r) SYSCALL_ARGS(r)
#define SYSCALL_32(r)	(!((r).msr >> 63))	/* MSR_SF */
#define SYSCALL_32_FROM	msr
#define SYSCALL_ENTERED(r) (((r).trap & ~0xfUL) == 0xc00 || ((r).trap & ~0xfUL) == 0x3000)	/* sc, scv */
#elif defined(__TARGET_ARCH_riscv)
struct syscall_regs { /* arch/riscv/include/asm/ptrace.h */
	unsigned long epc, ra, sp, gp, tp, t0, t1, t2, s0, s1, a0, a1, a2, a3, a4, a5, a6, nr;
	unsigned long s[10], t[4], status, badaddr, cause, orig_a0;
};
#define SYSCALL_NR(nr)	((__u32)(nr))
#define SYSCALL_ARGS(r) { (r).orig_a0, (r).a1, (r).a2, (r).a3, (r).a4, (r).a5 }
#define SYSCALL32_ARGS(r) SYSCALL_ARGS(r)
#define SYSCALL_32(r)	0
#define SYSCALL_32_FROM	nr
#define SYSCALL_ENTERED(r) ((r).cause == 8)	/* EXC_SYSCALL */
#else
#error "no description of this architecture's system calls"
#endif

struct syscall {
	__u32 nr;
	bool is_32;
	long ret;
	unsigned long arg[6];
};

#define syscall_is(call, name) ((call)->nr == (__u32)((call)->is_32 ? NR32_##name : NR_##name))

/* Is nr one of these calls, in either table?  (-1 in a table that lacks it.) */
#define ___syscall_eq(nr, name) (nr == (__u32)NR_##name || (common.compat && nr == (__u32)NR32_##name))
#define ___syscall_in1(nr, a) ___syscall_eq(nr, a)
#define ___syscall_in2(nr, a, b...) (___syscall_eq(nr, a) || ___syscall_in1(nr, b))
#define ___syscall_in3(nr, a, b...) (___syscall_eq(nr, a) || ___syscall_in2(nr, b))
#define ___syscall_in4(nr, a, b...) (___syscall_eq(nr, a) || ___syscall_in3(nr, b))
#define ___syscall_in5(nr, a, b...) (___syscall_eq(nr, a) || ___syscall_in4(nr, b))
#define ___syscall_in6(nr, a, b...) (___syscall_eq(nr, a) || ___syscall_in5(nr, b))
#define ___syscall_in7(nr, a, b...) (___syscall_eq(nr, a) || ___syscall_in6(nr, b))
#define ___syscall_in8(nr, a, b...) (___syscall_eq(nr, a) || ___syscall_in7(nr, b))

static __always_inline __u32 syscall_nr(const void *regs)
{
	typeof(((struct syscall_regs *)0)->nr) nr = 0;

	bpf_probe_read_kernel(&nr, sizeof(nr), regs + __builtin_offsetof(struct syscall_regs, nr));
	return SYSCALL_NR(nr);
}

/* Is this call from the 32-bit table?  Only asked where the kernel has one; only what tells is read. */
static __always_inline bool syscall_is_32(const void *regs)
{
	const int from = __builtin_offsetof(struct syscall_regs, SYSCALL_32_FROM);
	struct syscall_regs r;

	if (!common.compat)
		return false;
	bpf_probe_read_kernel((void *)&r + from, sizeof(r) - from, regs + from);
	return SYSCALL_32(r);
}

/* nr and ret are known; `regs` can be read as it is. */
static __always_inline void syscall_fill(struct syscall *call, const struct syscall_regs *regs)
{
	call->is_32 = common.compat && SYSCALL_32(*regs);
	if (call->is_32) {
		unsigned long arg[] = SYSCALL32_ARGS(*regs);

		__builtin_memcpy(call->arg, arg, sizeof(arg));
	} else {
		unsigned long arg[] = SYSCALL_ARGS(*regs);

		__builtin_memcpy(call->arg, arg, sizeof(arg));
	}
}

static __always_inline void syscall_read(struct syscall *call, const void *regs)
{
	struct syscall_regs r = {};

	bpf_probe_read_kernel(&r, sizeof(r), regs);
	syscall_fill(call, &r);
}

/*
 * The call that the current task is in, wherever in the kernel it is; false in exceptions and for threads of the kernel.
 * Needs bpf_task_pt_regs(), 5.15; from others the verifier must not reach it.
 */
static __always_inline bool syscall_now(struct syscall *call)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const void *regs = (const void *)bpf_task_pt_regs(task);

	/* these have entered it with nothing, those of io_uring with what their makers had */
	if (task->flags & (PF_IO_WORKER | PF_KTHREAD))
		return false;
#ifdef SYSCALL_ENTERED	/* else the number is none in an exception */
	struct syscall_regs r = {};

	bpf_probe_read_kernel(&r, sizeof(r), regs);
	if (!SYSCALL_ENTERED(r))
		return false;
#endif
	call->nr = syscall_nr(regs);
	call->is_32 = syscall_is_32(regs);
	return true;
}

/* Is it one of these?  Eight at most. */
#define syscall_in(nr, calls...) ___apply(___syscall_in, ___narg(calls))(nr, calls)

/*
 * socketcall(2) and ipc(2) are many calls in one: on s390x, and from 32-bit programs of x86, those of Go among them.
 * net/socket.c, ipc/syscall.c. What became of a call (accept, send) that has no number of its own is the nearest that has.
 */
#define ___SOCKET_CALLS(X)							\
	X(1, socket, 3) X(2, bind, 3) X(3, connect, 3) X(4, listen, 2) X(5, accept4, 3) X(9, sendto, 4) X(10, recvfrom, 4) \
	X(11, sendto, 6) X(12, recvfrom, 6) X(14, setsockopt, 5) X(16, sendmsg, 3) X(17, recvmsg, 3) X(18, accept4, 4)	\
	X(19, recvmmsg, 5) X(20, sendmmsg, 4)
#define ___IPC_CALLS(X) X(21, shmat) X(22, shmdt) X(23, shmget) X(24, shmctl)

#define ___nr_is(nr, number) ((number) != -1 && (nr) == (__u32)(number))
#define ___is_packed(nr) (___nr_is(nr, NR_socketcall) || ___nr_is(nr, NR_ipc) ||	\
			  (common.compat && (___nr_is(nr, NR32_socketcall) || ___nr_is(nr, NR32_ipc))))

static __always_inline void syscall_unpack_ipc(struct syscall *call)
{
	switch (call->arg[0] & 0xffff) {	/* above is a version */
#define ___X(which, name) case which: call->nr = call->is_32 ? NR32_##name : NR_##name; break;
	___IPC_CALLS(___X)
#undef ___X
	default:
		call->nr = -1;
	}
	call->arg[0] = call->arg[1];
	call->arg[1] = call->arg[2];
	call->arg[2] = call->arg[3];
	if (syscall_is(call, shmdt)) {
		call->arg[0] = call->arg[4];
	} else if (syscall_is(call, shmctl)) {
		call->arg[2] = call->arg[4];
	} else if (syscall_is(call, shmat)) {
		/* the address is put where the third argument says; there is little stack, so into what is free */
		call->arg[5] = 0;
		if (!call->ret)
			bpf_probe_read_user(&call->arg[5], call->is_32 ? 4 : 8, (void *)call->arg[3]);
		if (!call->ret)
			call->ret = call->is_32 ? *(volatile __u32 *)&call->arg[5] : call->arg[5];
		call->arg[2] = call->arg[1];
		call->arg[1] = call->arg[4];
	}
}

static __always_inline void syscall_unpack_socket(struct syscall *call)
{
	const void *from = (void *)call->arg[1];
	__u32 n = 0;

	switch (call->arg[0]) {
#define ___X(which, name, args) case which: call->nr = call->is_32 ? NR32_##name : NR_##name; n = args; break;
	___SOCKET_CALLS(___X)
#undef ___X
	default:
		call->nr = -1;
	}
	__builtin_memset(call->arg, 0, sizeof(call->arg));
	if (n > 6)
		return;
	if (!call->is_32) {
		bpf_probe_read_user(call->arg, n * 8, from);
		return;
	}
	/* in place, from the last on: there is little stack */
	bpf_probe_read_user(call->arg, n * 4, from);
	for (int i = 5; i >= 0; i--)
		call->arg[i] = ((volatile __u32 *)call->arg)[i];
}

/* The call within, or that it is none: its number is -1 then. */
static __always_inline void syscall_unpack(struct syscall *call)
{
	if (syscall_is(call, ipc))
		syscall_unpack_ipc(call);
	else if (syscall_is(call, socketcall))
		syscall_unpack_socket(call);
	else
		call->nr = -1;	/* the number is another call's in the other table */
}

/* A function of its own: the registers are not on the stack of what is called next. */
static __noinline __u32 syscall_fetch(struct syscall *call, const void *regs, bool packed)
{
	syscall_read(call, regs);
	if (packed)
		syscall_unpack(call);
	return call->nr;
}

#define ___ON_SYSCALL(section, program, body, calls...) ___ON_SYSCALL_IF(section, program, body, false, syscall_in(nr, calls))

#define ___ON_SYSCALL_IF(section, program, body, unpacks, is_wanted)	\
static __always_inline int body(const struct syscall *call);		\
SEC(section)								\
int program(struct raw_args *ctx)					\
{									\
	const void *regs = (const void *)ctx->args[0];			\
	__u32 nr = syscall_nr(regs);					\
	struct syscall call = { .nr = nr, .ret = ctx->args[1] };	\
	bool packed = !(is_wanted);					\
									\
	if (packed && !((unpacks) && ___is_packed(nr)))			\
		return 0;						\
	if (unpacks)							\
		nr = syscall_fetch(&call, regs, packed);		\
	else								\
		syscall_read(&call, regs);				\
	if (packed && (nr == (__u32)-1 || !(is_wanted)))		\
		return 0;						\
	return body(&call);						\
}									\
static __always_inline int body(const struct syscall *call)

#define ON_SYSCALL(calls...) ___ON_SYSCALL("raw_tp/sys_exit", syscall_exit, on_syscall, ##calls)

/* Those for which this is true of their number `nr`: ON_SYSCALL_IF(syscall_in(nr, stat, ...) || syscall_in(nr, ...)) */
#define ON_SYSCALL_IF(is_wanted) ___ON_SYSCALL_IF("raw_tp/sys_exit", syscall_exit, on_syscall, false, is_wanted)

/* As they begin: call->ret means nothing, and memory that the caller has not touched can't be read. */
#define ON_SYSCALL_ENTRY(calls...) ___ON_SYSCALL("raw_tp/sys_enter", syscall_entry, on_syscall_entry, ##calls)

/* As one way of a group of probe.bpf.h. */
#define ON_SYSCALL_AS(group, calls...) ___ON_SYSCALL("?raw_tp/sys_exit", raw_tp__##group, on_raw_tp__##group, ##calls)

/* The same for calls of sockets and of shared memory, which may come packed in socketcall(2) or ipc(2). */
#define ON_UNPACKED_IF(is_wanted) ___ON_SYSCALL_IF("raw_tp/sys_exit", syscall_exit, on_syscall, true, is_wanted)
#define ON_UNPACKED(calls...) ON_UNPACKED_IF(syscall_in(nr, calls))
#define ON_UNPACKED_AS(group, calls...)					\
	___ON_SYSCALL_IF("?raw_tp/sys_exit", raw_tp__##group, on_raw_tp__##group, true, syscall_in(nr, calls))

/* Only where setup() turns the program `off__syscall_exit` on: it makes each system call a little slower. */
#define ON_SYSCALL_OFF(calls...) ___ON_SYSCALL("?raw_tp/sys_exit", off__syscall_exit, on_syscall, ##calls)

#endif
