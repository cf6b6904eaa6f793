/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* At a uprobe, where a function has just begun: its stack, and where it returns to. */
#ifndef REGS_BPF_H
#define REGS_BPF_H

/* libbpf 1.1 has wrong names for two architectures. */
#if defined(bpf_target_s390)
#define REGS_SP(ctx)	 (((const user_pt_regs *)(ctx))->gprs[15])
#define REGS_CALLER(ctx) (((const user_pt_regs *)(ctx))->gprs[14])
#elif defined(bpf_target_powerpc)
#define REGS_SP(ctx)	 ((ctx)->gpr[1])
#define REGS_CALLER(ctx) ((ctx)->link)
#else
#define REGS_SP(ctx)	 PT_REGS_SP(ctx)
#define REGS_CALLER(ctx) PT_REGS_RET(ctx)
#endif

/* Where the return is probed already, by a function that this is a tail call of, it is the kernel's own address. */
static __always_inline __u64 regs_caller(struct pt_regs *ctx)
{
#ifdef bpf_target_x86
	__u64 caller = 0;

	if (bpf_probe_read_user(&caller, sizeof(caller), (void *)REGS_SP(ctx)))
		caller = 0;
	return caller;
#else
	return REGS_CALLER(ctx);
#endif
}

#endif
