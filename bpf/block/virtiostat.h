/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

#define VIRTIO_NAME 32

struct virtiostat_row {
	__u64 queue;		/* struct virtqueue * */
	struct virtiostat_value {
		__u64 in_buffers, out_buffers;
		__u64 in_bytes, out_bytes;
		char driver[VIRTIO_NAME], device[VIRTIO_NAME], name[VIRTIO_NAME];
	} value;
	__u64 bytes;		/* filled by user space */
};
