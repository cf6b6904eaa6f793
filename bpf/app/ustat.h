/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/language.h"

struct ustat_value {
	__u64 calls, collections, objects, loads, exceptions, threads;
	__u64 way;	/* that was come by first: it tells the language */
	char comm[COMM_LEN];
};
