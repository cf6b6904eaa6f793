/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

#define TCPCONNECT_ANSWER 1280	/* of a DNS message; longer ones are cut */

/* Also a row that is counted: the key, of which the origin has only pid and name, and how often. */
struct tcpconnect_key {
	struct origin origin;	/* who connects, and when he began to */
	struct flow flow;	/* local port 0: not known yet */
};

struct tcpconnect_event {
	struct origin origin;
	struct flow flow;
	__u64 connects;
};

/* A DNS message that somebody received; told from the other by its family, 0. */
struct tcpconnect_answer {
	struct origin origin;
	struct flow flow;
	__u32 size;
	__u32 pad;
	__u8 message[TCPCONNECT_ANSWER];
};
