/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

#define WQLAT_NAME 32	/* WQ_NAME_LEN: 24 until 6.8 */

struct wqlat_key {
	char workqueue[WQLAT_NAME];
};
