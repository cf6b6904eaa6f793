/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

#define HOST_LEN 256	/* NAME_MAX of DNS is 253 */

enum resolver_call {
	GETADDRINFO,
	GETNAMEINFO,
	GETHOSTBYNAME,
	GETHOSTBYNAME2,
	GETHOSTBYADDR,
	GETHOSTBYNAME_R,
	GETHOSTBYNAME2_R,
	GETHOSTBYADDR_R,
	RESOLVER_CALLS
};

struct gethostlatency_event {
	struct origin origin;	/* its time is when the call returned */
	__u64 latency;
	__u64 function;		/* address of the function that was called */
	__s32 error;		/* EAI_* of those that give one; of others 1: it failed */
	__u32 call;		/* enum resolver_call */
	__u32 address_len;	/* of the address that was asked for, 4 or 16; 0: a name was */
	__u32 address[4];
	__u32 pad;
	char host[HOST_LEN];
};
