/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Files of packets as Wireshark and tcpdump read them: blocks of pcapng (draft-ietf-opsawg-pcapng), each valid until the next is made. */
#ifndef PCAPNG_H
#define PCAPNG_H

#include <stdbool.h>
#include <sys/uio.h>
#include <linux/types.h>

#define PCAPNG_MOST 65536	/* bytes of a packet */

struct pcapng_packet {
	__u32 interface;	/* as they were told, from 0 on */
	__u64 time;		/* ns since 1970 */
	const void *bytes;
	__u32 captured, length;
	__u64 packet;		/* the same for one that is there several times */
	__u32 queue, verdict;
	bool has_verdict;	/* of XDP */
};

struct pcapng_counts {
	__u64 start, end;	/* ns since 1970 */
	__u64 received, accepted, dropped, delivered;	/* by the interface, the filter, the system; to the file */
};

struct iovec pcapng_section(const char *application);	/* the first */
struct iovec pcapng_interface(const char *name, const char *description, __u32 snap);	/* of Ethernet, before all packets */
struct iovec pcapng_packet(const struct pcapng_packet *p);
struct iovec pcapng_statistics(__u32 interface, const struct pcapng_counts *c);	/* the last, one for each */

#endif
