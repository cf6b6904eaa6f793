/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fields of the kernel that were renamed or moved, one accessor each; use where `direct` is known. */
#ifndef KERNEL_BPF_H
#define KERNEL_BPF_H

struct task_struct___before_5_14 {
	volatile long state;
} __attribute__((preserve_access_index));

/* task_struct.state became __state: commit 2f064a59a11f, 5.14 */
#define task_state(task) ({						\
	struct task_struct___before_5_14 *__old = (void *)(task);	\
	bpf_core_field_exists(__old->state) ? (__u64)READ(__old, state) : (__u64)READ(task, __state); \
})

/* An int until 6.18, a byte in 7.2: CO-RE doesn't resize what is signed, so by size. */
#define task_on_cpu(task) (direct ? BPF_CORE_READ_BITFIELD(task, on_cpu) : BPF_CORE_READ_BITFIELD_PROBED(task, on_cpu))

struct request___before_5_17 {
	struct gendisk *rq_disk;
} __attribute__((preserve_access_index));

/* The disk's device number, 0 for none: rq->rq_disk became rq->q->disk: commit f3fa33acca9f, 5.17 */
#define request_disk(rq) ({						\
	struct request___before_5_17 *__old = (void *)(rq);		\
	struct gendisk *__disk = bpf_core_field_exists(__old->rq_disk) ? READ(__old, rq_disk) : READ(rq, q, disk); \
	__disk ? (__u32)(READ(__disk, major) << 20 | READ(__disk, first_minor)) : 0; \
})

#endif
