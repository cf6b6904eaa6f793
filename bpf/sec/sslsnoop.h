/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct sslsnoop_event {
	struct origin origin;	/* its time is when the call returned */
	__u64 session;		/* address of the library's own struct */
	__u64 latency;
	__u64 length;		/* bytes that it read or wrote */
	__s64 ret;
	__u32 function;		/* enum tls_function */
	__u32 failed;
};
