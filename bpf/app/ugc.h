/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/language.h"

struct ugc_event {
	struct origin origin;
	__u64 took;
	__s64 before, after;	/* what the runtime said as it began, and as it ended */
	struct language_key key;
};
