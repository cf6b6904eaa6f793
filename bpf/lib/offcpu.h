/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How long tasks were off their CPU, by what a tool counts it by. */
#ifndef OFFCPU_H
#define OFFCPU_H

#include "lib/shared.h"

struct offcpu_value {
	__u64 total, count;	/* ns, and how often */
};

#endif
