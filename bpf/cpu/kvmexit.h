/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

enum { ONLY_VCPUS = 1 << 16 };

struct kvmexit_row {
	struct kvmexit_key {
		__u32 id;	/* process, thread or virtual CPU; 0: all in one */
		__u32 reason;
		__u32 isa;	/* KVM_ISA_* of arch/x86/kvm/trace.h: 1 Intel, 2 AMD */
		__u32 pad;
	} key;
	struct kvmexit_value {
		__u64 count;
		char comm[COMM_LEN];
	} value;
};
