/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a frame is made of, for the program that makes them in the kernel and for the tool that makes them itself. */
#ifndef PKTGEN_H
#define PKTGEN_H

#include "lib/shared.h"

#define PKTGEN_HEAD 66 /* Ethernet, a tag, IPv6, UDP */

enum pktgen_field { PKTGEN_SPORT, PKTGEN_DPORT, PKTGEN_SADDR, PKTGEN_DADDR, PKTGEN_FIELDS };

struct pktgen_plan {
	__u32 index;	/* of the interface */
	__u32 head, ip; /* bytes of all headers; where IP's begins */
	__u32 six;	/* it is IPv6's */
	struct pktgen_range {
		__u32 first, size; /* of addresses: their last 32 bits */
	} range[PKTGEN_FIELDS];
	__u8 frame[PKTGEN_HEAD + 6]; /* the first one's headers */
};

/* By CPU, of which each has at most one sender. */
struct pktgen_sender {
	__u64 next; /* number of the frame that it makes next */
	__u64 sent; /* as the driver says */
};

struct pktgen_row {
	__u32 cpu, pad;
	struct pktgen_value {
		__u64 sent, failed, bytes;
	} value;
};

/* A checksum once these 16 bits of what it covers have changed (RFC 1624). */
static inline __attribute__((always_inline)) void pktgen_sum(__u16 *check, __u16 old, __u16 new)
{
	__u32 sum = (__u16) ~*check + (__u16)~old + new;

	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	*check = ~sum;
}

static inline __attribute__((always_inline)) void pktgen_set(__u16 *to, __u16 value, __u16 *head, __u16 *check)
{
	value = __builtin_bswap16(value);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	value = __builtin_bswap16(value);
#endif
	if (head)
		pktgen_sum(head, *to, value);
	pktgen_sum(check, *to, value);
	*to = value;
}

/* All combinations in turn, source ports first: the n-th into the headers of the first. */
static inline __attribute__((always_inline)) void pktgen_vary(const volatile struct pktgen_plan *plan, void *ip,
							      const int six, __u64 n)
{
	__u16 *half[PKTGEN_FIELDS] = { ip + (six ? 40 : 20), ip + (six ? 42 : 22), ip + (six ? 20 : 12),
				      ip + (six ? 36 : 16) };
	__u16 *head = six ? NULL : ip + 10, *check = ip + (six ? 46 : 26);

#pragma GCC unroll 4
	for (int i = 0; i < PKTGEN_FIELDS; i++) {
		__u32 size = plan->range[i].size, value;

		if (size <= 1)
			continue;
		value = plan->range[i].first + n % size;
		n /= size;
		if (i < PKTGEN_SADDR) {
			pktgen_set(half[i], value, NULL, check);
		} else {
			pktgen_set(half[i], value >> 16, head, check);
			pktgen_set(half[i] + 1, value, head, check);
		}
	}
	if (!*check)
		*check = 0xffff; /* 0 says that there is none */
}

#endif
