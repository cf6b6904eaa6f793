// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>
#include "lib/pcapng.h"

enum { INTERFACE = 1, STATISTICS = 5, PACKET = 6, SECTION = 0x0a0d0d0a };
enum { END };				/* options: of all blocks, and of each */
enum { SECTION_APPLICATION = 4 };
enum { IF_NAME = 2, IF_DESCRIPTION = 3, IF_RESOLUTION = 9 };
enum { PACKET_FLAGS = 2, PACKET_ID = 5, PACKET_QUEUE = 6, PACKET_VERDICT = 7 };
enum { STATS_START = 2, STATS_END, STATS_RECEIVED, STATS_ACCEPTED = 6, STATS_SYSTEM_DROPPED, STATS_DELIVERED };
#define INBOUND 1
#define VERDICT_XDP 2
#define ETHERNET 1

static struct {
	__u32 type, size;
	char body[PCAPNG_MOST + 1024];
} block;

/* All is padded to four bytes. */
static void put(const void *data, __u32 n)
{
	memcpy((char *)&block + block.size, data, n);
	block.size += n;
	while (block.size % 4)
		((char *)&block)[block.size++] = 0;
}

static void put_u32(__u32 n)
{
	put(&n, sizeof(n));
}

static void begin(__u32 type)
{
	block.type = type;
	block.size = sizeof(block.type) + sizeof(block.size);
}

static void option(__u16 code, const void *data, __u16 n)
{
	__u16 head[2] = { code, n };

	put(head, sizeof(head));
	put(data, n);
}

static void option_text(__u16 code, const char *text)
{
	option(code, text, strnlen(text, 255));
}

/* Times are two words, the upper one first, whatever the byte order. */
static void option_time(__u16 code, __u64 time)
{
	__u32 words[2] = { time >> 32, time };

	option(code, words, sizeof(words));
}

static struct iovec end(void)
{
	__u32 size;

	option(END, "", 0);
	size = block.size + sizeof(size);
	put_u32(size);
	return (struct iovec){ &block, size };
}

struct iovec pcapng_section(const char *application)
{
	const __u16 version[2] = { 1, 0 };
	const __u64 length = -1;	/* not known */

	begin(SECTION);
	put_u32(0x1a2b3c4d);
	put(version, sizeof(version));
	put(&length, sizeof(length));
	option_text(SECTION_APPLICATION, application);
	return end();
}

struct iovec pcapng_interface(const char *name, const char *description, __u32 snap)
{
	const __u16 link[2] = { ETHERNET, 0 };
	const __u8 nanoseconds = 9;

	begin(INTERFACE);
	put(link, sizeof(link));
	put_u32(snap);
	option_text(IF_NAME, name);
	option_text(IF_DESCRIPTION, description);
	option(IF_RESOLUTION, &nanoseconds, 1);
	return end();
}

struct iovec pcapng_packet(const struct pcapng_packet *p)
{
	__u8 verdict[9] = { VERDICT_XDP };
	__u32 flags = INBOUND;
	__u64 value = p->verdict;

	begin(PACKET);
	put_u32(p->interface);
	put_u32(p->time >> 32);
	put_u32(p->time);
	put_u32(p->captured);
	put_u32(p->length);
	put(p->bytes, p->captured);
	option(PACKET_FLAGS, &flags, sizeof(flags));
	option(PACKET_ID, &p->packet, sizeof(p->packet));
	option(PACKET_QUEUE, &p->queue, sizeof(p->queue));
	memcpy(verdict + 1, &value, sizeof(value));
	if (p->has_verdict)
		option(PACKET_VERDICT, verdict, sizeof(verdict));
	return end();
}

struct iovec pcapng_statistics(__u32 interface, const struct pcapng_counts *c)
{
	begin(STATISTICS);
	put_u32(interface);
	put_u32(c->end >> 32);
	put_u32(c->end);
	option_time(STATS_START, c->start);
	option_time(STATS_END, c->end);
	option(STATS_RECEIVED, &c->received, sizeof(c->received));
	option(STATS_ACCEPTED, &c->accepted, sizeof(c->accepted));
	option(STATS_SYSTEM_DROPPED, &c->dropped, sizeof(c->dropped));
	option(STATS_DELIVERED, &c->delivered, sizeof(c->delivered));
	return end();
}
