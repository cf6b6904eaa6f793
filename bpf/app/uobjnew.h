/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/language.h"

struct uobjnew_value {
	__u64 count;
	__u64 bytes;
};
