/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

struct tcprtt_key {
	__u32 addr[4];		/* local or remote, as was asked for */
	__u32 family;		/* 4 or 6; 0: none was */
};
