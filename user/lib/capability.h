/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef CAPABILITY_H
#define CAPABILITY_H

#include "lib/tool.h"

int capability_find(const char *word, __u64 *id);	/* of an option's list: "SYS_ADMIN", "cap_sys_admin", "21"; -ENOENT */
const char *capability_name(__u32 cap);			/* "SYS_ADMIN"; NULL: newer than this */
void capability_show(struct out *out, __u32 cap);	/* "CAP_SYS_ADMIN" */

#endif
