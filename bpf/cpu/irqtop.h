/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

enum { IRQ_HARD, IRQ_SOFT };

struct irqtop_key {
	__u32 kind;		/* IRQ_* */
	__u32 nr;		/* number of the interrupt, or vector; 0 where only CPUs are told apart */
	__u32 cpu;		/* 0 unless asked for */
	char name[32];		/* hard: that the driver gave it */
	__u32 pad;
};

struct irqtop_value {
	__u64 count;
	__u64 total;		/* ns */
	struct peak max;
};
