/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef IRQ_USER_H
#define IRQ_USER_H

#include "lib/tool.h"

#define OPT_CPUS OPT_SET('s', "cpu", "CPUS", ONLY_CPUS, "only on these CPUs: 0,3")

const char *irq_softirq(unsigned int vector);	/* as /proc/softirqs calls it; NULL: unknown */
void irq_show_softirq(struct out *out, unsigned int vector);

#endif
