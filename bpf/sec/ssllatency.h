/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct ssllatency_key {
	__u32 function;		/* enum tls_function */
	__u32 failed;
};
