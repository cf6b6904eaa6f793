/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The same of what is in iovecs; for programs that can't be preempted. */
#ifndef DATA_PARTS_BPF_H
#define DATA_PARTS_BPF_H

#include "lib/data.bpf.h"

struct data_part {		/* struct iovec, of 64 bits */
	__u64 base, len;
};

struct data_walk {
	DATA_FROM from;
	__u64 iovecs, parts;	/* the next one, and how many there are */
	__u64 done;		/* of the next one */
	__u64 all, left, at;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct data_walk);
} data_walks SEC(".maps");

/*
 * A piece, as long as a record may be and the part is; 0: it was the last. Not static: the verifier then looks at it once, not
 * at each of its calls.
 */
__noinline int data_step(__u32 last)
{
	struct data_part part = {};
	struct data_walk *w;
	__u32 zero = 0;
	__u64 n;

	w = bpf_map_lookup_elem(&data_walks, &zero);
	if (!w)
		return 0;
	if (bpf_probe_read_user(&part, sizeof(part), (void *)w->iovecs)) {
		lose(LOSS_READ);
		return 0;
	}
	n = part.len - w->done;
	if (n > w->left)
		n = w->left;
	if (n > DATA_PIECE)
		n = DATA_PIECE;
	w->left -= n;
	last |= !w->left || (w->parts == 1 && w->done + n >= part.len);
	if (n || last)	/* an empty one where parts are left out behind it */
		data_send(&w->from, part.base + w->done, w->all, w->at, last ? n | DATA_LAST : n);
	w->at += n;
	w->done += n;
	if (w->done < part.len)
		return !last;
	w->iovecs += sizeof(part);
	w->parts--;
	w->done = 0;
	return !last && w->parts;
}

static __always_inline void data_send_parts(const DATA_FROM *call, __u64 iovecs, __u64 parts, __u64 all)
{
	struct data_walk *w;
	__u32 zero = 0;

	w = bpf_map_lookup_elem(&data_walks, &zero);
	if (!w)
		return;
	*w = (struct data_walk){ *call, iovecs, parts, 0, all, all < data_most ? all : data_most, 0 };
	if (!parts || !w->left) {	/* a call without any, or only the length is wanted */
		data_send_all(call, 0, all);
		return;
	}
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < DATA_PARTS; i++)
		if (!data_step(i == DATA_PARTS - 1))
			break;
}

#endif
