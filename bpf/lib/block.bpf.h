/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Block requests as the driver gets them. */
#ifndef BLOCK_BPF_H
#define BLOCK_BPF_H

#include "lib/kernel.bpf.h"

#define BLOCK_OP(flags)	((flags) & 0xff)	/* REQ_OP_MASK, include/linux/blk_types.h */
#define BLOCK_OP_FLUSH	2
#define BLOCK_PREFLUSH	(1U << bpf_core_enum_value(enum req_flag_bits, __REQ_PREFLUSH))

const volatile __u32 only_disk;

/* args2: the queue came first until commit a54895fa057c, 5.11, also in 5.10.137 */
#define ON_BLOCK_ISSUE(rq)						\
static __always_inline int on_block_issue(const bool direct, struct request *rq); \
ON_TRACE_AS(issue__args1, block_rq_issue, struct request *rq)		\
{									\
	return on_block_issue(direct, rq);				\
}									\
ON_TRACE_AS(issue__args2, block_rq_issue, struct request_queue *q, struct request *rq) \
{									\
	return on_block_issue(direct, rq);				\
}									\
static __always_inline int on_block_issue(const bool direct, struct request *rq)

#endif
