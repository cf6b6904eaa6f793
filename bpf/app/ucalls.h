/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/language.h"

#define UCALLS_SYSCALL (~0U)	/* instead of a way; the key's number is the call's */
#define UCALLS_32      (1ULL << 31)

struct ucalls_value {
	__u64 ns;
	__u64 count;	/* behind it, for the average */
};
