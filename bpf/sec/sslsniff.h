/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

#define SSLSNIFF_PIECE	8192	/* of what one call moved, in one record */
#define SSLSNIFF_PIECES 32

struct sslsniff_event {
	struct origin origin;	/* its time is when the call returned */
	__u64 session;		/* address of the library's own struct */
	__u64 latency;
	__u64 length;		/* that the call moved */
	__u32 function;		/* enum tls_function */
	__u32 offset;		/* of what is here, in it */
	__u32 size;		/* of what is here */
	__u32 kind;		/* TLS_READ ... */
	char data[];
};
