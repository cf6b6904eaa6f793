/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fields of the kernel that were renamed or moved, one accessor each; use where `direct` is known. */
#ifndef KERNEL_BPF_H
#define KERNEL_BPF_H

/* task_struct.flags: include/linux/sched.h */
#define PF_IO_WORKER 0x00000010
#define PF_KTHREAD   0x00200000

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

/*
 * What is known of a CPU's run queue.  Since 6.12 the fair class keeps sleepers queued for a while: they are
 * counted in nr_running, and apart as h_nr_delayed; from 6.14 on as h_nr_queued less h_nr_runnable
 * (commit c2a295bffeaf).
 */
struct cfs_rq___any {
	struct rq___any *rq;
	unsigned int h_nr_queued, h_nr_runnable, h_nr_delayed;
} __attribute__((preserve_access_index));

struct rq___any {
	unsigned int nr_running;
	int online;
	struct cfs_rq___any cfs;
} __attribute__((preserve_access_index));

struct sched_entity___any {
	struct cfs_rq___any *cfs_rq;
} __attribute__((preserve_access_index));

struct task_struct___any {
	struct sched_entity___any se;
} __attribute__((preserve_access_index));

/* The run queue of the CPU that the current task is on; without group scheduling it is around the fair one. */
static __always_inline struct rq___any *current_rq(void)
{
	struct task_struct___any *task = (void *)bpf_get_current_task();
	struct cfs_rq___any *cfs = BPF_CORE_READ(task, se.cfs_rq);

	if (bpf_core_field_exists(cfs->rq))
		return BPF_CORE_READ(cfs, rq);
	return (void *)cfs - bpf_core_field_offset(struct rq___any, cfs);
}

/* Tasks that run or could run there. */
static __always_inline __u32 rq_runnable(struct rq___any *rq)
{
	__u32 n = BPF_CORE_READ(rq, nr_running), asleep = 0;

	if (bpf_core_field_exists(rq->cfs.h_nr_runnable))
		asleep = BPF_CORE_READ(rq, cfs.h_nr_queued) - BPF_CORE_READ(rq, cfs.h_nr_runnable);
	else if (bpf_core_field_exists(rq->cfs.h_nr_delayed))
		asleep = BPF_CORE_READ(rq, cfs.h_nr_delayed);
	return n > asleep ? n - asleep : 0;	/* they are not read in one moment */
}

struct request___before_5_17 {
	struct gendisk *rq_disk;
} __attribute__((preserve_access_index));

/* The disk's device number, 0 for none: rq->rq_disk became rq->q->disk: commit f3fa33acca9f, 5.17 */
#define request_disk(rq) ({						\
	struct request___before_5_17 *__old = (void *)(rq);		\
	disk_number(bpf_core_field_exists(__old->rq_disk) ? READ(__old, rq_disk) : READ(rq, q, disk)); \
})

struct bio___before_5_12 {
	struct gendisk *bi_disk;
} __attribute__((preserve_access_index));

/* bio->bi_disk became bio->bi_bdev->bd_disk: commit 309dca309fc3, 5.12 */
#define bio_disk(bio) ({						\
	struct bio___before_5_12 *__old = (void *)(bio);		\
	disk_number(bpf_core_field_exists(__old->bi_disk) ? READ(__old, bi_disk) : READ(bio, bi_bdev, bd_disk)); \
})

#define disk_number(disk) ({						\
	struct gendisk *__disk = disk;					\
	__disk ? (__u32)(READ(__disk, major) << 20 | READ(__disk, first_minor)) : 0; \
})

#endif
