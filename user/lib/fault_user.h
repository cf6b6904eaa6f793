/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Page faults that the kernel has served: the programs of bpf/lib/fault.bpf.h, chosen and attached. */
#ifndef FAULT_USER_H
#define FAULT_USER_H

#include "lib/tool.h"

/* `all`: minor ones as well. */
int fault_setup(struct run *run, bool all);
int fault_attach(struct run *run, bool all);	/* -EOPNOTSUPP after a line on stderr */

#endif
