// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/probe.bpf.h"
#include "virtiostat.h"

/* A list is walked in parts; what has more buffers than all of them, or more lists, is counted as lost. */
#define PART_BUFFERS 32
#define MOST_PARTS   32
#define MOST_LISTS   16

#define SG_CHAIN 1		/* include/linux/scatterlist.h */
#define SG_END 2

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct virtiostat_value);
} queues SEC(".maps");

static __always_inline struct virtiostat_value *value_of(__u64 key)
{
	static const struct virtiostat_value zero;
	struct virtqueue *queue = (struct virtqueue *)key;
	struct virtiostat_value *value = map_get_or_init(&queues, &key, &zero);

	if (!value || *value->device)
		return value;
	bpf_probe_read_kernel_str(value->driver, VIRTIO_NAME, BPF_CORE_READ(queue, vdev, dev.driver, name));
	bpf_probe_read_kernel_str(value->name, VIRTIO_NAME, BPF_CORE_READ(queue, name));
	bpf_probe_read_kernel_str(value->device, VIRTIO_NAME, BPF_CORE_READ(queue, vdev, dev.kobj.name));
	return value;
}

/*
 * Some buffers of a list, and where it goes on, or 0 at its end. A global function, of numbers, as the next one: the
 * verifier looks at each once, not for every part of every list.
 */
__noinline __u64 count_part(__u64 queue, __u64 sg, bool in)
{
	struct virtiostat_value *value = bpf_map_lookup_elem(&queues, &queue);
	__u64 bytes = 0, buffers = 0, link, chain;
	__u32 length;

	if (!value)
		return 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < PART_BUFFERS; i++) {
		bpf_core_read(&link, sizeof(link), &((struct scatterlist *)sg)->page_link);
		bpf_core_read(&length, sizeof(length), &((struct scatterlist *)sg)->length);
		chain = link & SG_CHAIN;	/* no buffer, but where the list goes on; without a branch there is one path to verify */
		barrier_var(chain);
		bytes += length & (chain - 1);
		buffers += 1 - chain;
		sg = ((link & ~3ULL) & -chain) | ((sg + bpf_core_type_size(struct scatterlist)) & (chain - 1));
		if (link & SG_END) {
			sg = 0;
			break;
		}
	}
	add(in ? &value->in_buffers : &value->out_buffers, buffers);
	add(in ? &value->in_bytes : &value->out_bytes, bytes);
	return sg;
}

/* The kernel, too, goes to the buffer that is marked as the end, however many it is told. */
__noinline int count_list(__u64 queue, __u64 sg, bool in)
{
	if (!filter_current() || !value_of(queue))
		return 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < MOST_PARTS && sg; i++)
		sg = count_part(queue, sg, in);
	if (sg)
		lose(LOSS_READ);
	return 0;
}

/* A pointer that the verifier has forgotten to be one: global functions take numbers. */
#define NUMBER(pointer) ({						\
	__u64 __number = (__u64)(pointer);				\
	if (direct)							\
		bpf_probe_read_kernel(&__number, sizeof(__number), &(pointer)); \
	__number;							\
})

/* Several lists, those that the device reads first. */
ON_CALL_AS(sgs, virtqueue_add_sgs, struct virtqueue *queue, struct scatterlist **lists, unsigned int out, unsigned int in)
{
	__u64 list, from, left;

	if (direct)	/* not every kernel's fentry gives out a pointer to pointers */
		bpf_probe_read_kernel(&from, sizeof(from), (__u64 *)ctx + 1);
	else
		from = (__u64)lists;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < MOST_LISTS && i < out + in; i++)
		if (!bpf_probe_read_kernel(&list, sizeof(list), (__u64 *)from + i)) {
			left = (__u64)out - 1 - i;	/* negative without a branch, after which the verifier knew something new of `out` */
			barrier_var(left);
			count_list(NUMBER(queue), list, left >> 63);
		}
	if (out + in > MOST_LISTS)
		lose(LOSS_READ);
	return 0;
}

/* One list. */
ON_CALL_AS(outbuf, virtqueue_add_outbuf, struct virtqueue *queue, struct scatterlist *sg)
{
	return count_list(NUMBER(queue), NUMBER(sg), false);
}

ON_CALL_AS(inbuf, virtqueue_add_inbuf, struct virtqueue *queue, struct scatterlist *sg)
{
	return count_list(NUMBER(queue), NUMBER(sg), true);
}

ON_CALL_AS(inbuf_ctx, virtqueue_add_inbuf_ctx, struct virtqueue *queue, struct scatterlist *sg)
{
	return count_list(NUMBER(queue), NUMBER(sg), true);
}

/* Since 6.16 for memory that the driver has mapped itself, as that of network devices. */
ON_CALL_AS(inbuf_premapped, virtqueue_add_inbuf_premapped, struct virtqueue *queue, struct scatterlist *sg)
{
	return count_list(NUMBER(queue), NUMBER(sg), true);
}

ON_CALL_AS(outbuf_premapped, virtqueue_add_outbuf_premapped, struct virtqueue *queue, struct scatterlist *sg)
{
	return count_list(NUMBER(queue), NUMBER(sg), false);
}

/* Another queue may be where this one was. */
ON_CALL_AS(gone, vring_del_virtqueue, struct virtqueue *queue)
{
	__u64 key = NUMBER(queue);

	bpf_map_delete_elem(&queues, &key);
	return 0;
}
