/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

#define DNS_QUESTION 280	/* the header, a name of 255 bytes, its type and class */
#define DNS_MESSAGE  1280	/* of an answer; longer ones are cut */

struct dnssnoop_key {
	__u64 sk;		/* struct sock * */
	__u32 id;		/* of the message */
	__u32 pad;
};

/* A question that waits for its answer; `origin` is who asked it, and when. */
struct dnssnoop_asked {
	struct origin origin;
	struct flow flow;
	__u32 protocol, tries;
	__u32 size;		/* of what is kept of the message */
	__u32 pad;
	__u8 message[DNS_QUESTION];
};

struct dnssnoop_event {
	struct origin origin;	/* who read the answer, and when; or who asked */
	struct flow flow;
	__u64 latency;		/* ns; 0: the question wasn't seen */
	__u32 protocol, tries;
	__u32 answered;		/* 0: the message is the question */
	__u32 length;		/* of the whole message */
	__u32 size;		/* of what is here of it */
	__u32 pad;
	__u8 message[DNS_MESSAGE];
};
