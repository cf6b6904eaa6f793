/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

/* Why an end goes by TCP, for good: the words are in user/pkt/sockredir.c. */
enum sockredir_why {
	SOCKREDIR_NOT,		/* it doesn't */
	SOCKREDIR_ALONE,	/* the other end isn't in the map */
	SOCKREDIR_EARLY,	/* something went by TCP before both were */
	SOCKREDIR_SLOW,		/* too much waits for the reader */
	SOCKREDIR_CLOSING,	/* the other end has sent its FIN */
	SOCKREDIR_GONE,		/* the other end's socket has left the map */
	SOCKREDIR_REFUSED,	/* the kernel didn't take this end into the map */
};

/* What is sent by one end, to the other. */
struct sockredir_value {
	__u64 messages, bytes;
	__u64 tcp_messages, tcp_bytes;
	__u32 why;		/* enum sockredir_why */
	__u32 error;		/* errno of SOCKREDIR_REFUSED */
};

#define SOCKREDIR_IDLE 4	/* looks at a socket, one after the other, that found nothing waiting */

/* A socket in the map, once the tool has ended. */
struct sockredir_left {
	struct flow flow;
	__u32 idle;		/* how often now */
	__u32 pad;
};
