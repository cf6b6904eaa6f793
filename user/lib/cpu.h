/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The machine's processors. Their ids may have holes, and there is no highest one that can be known beforehand. */
#ifndef CPU_H
#define CPU_H

int cpu_ids(void);	/* one more than the highest id that can ever be: room for an array by id */
/* Each id in a list of the kernel's, "possible" or "online"; stops at the first result that isn't 0. */
int cpu_each(const char *list, int (*fn)(void *ctx, int cpu), void *ctx);

/* CPUs that packets or work are to go to, in ascending order, each of them online. */
struct cpu_list {
	unsigned int *cpus, n;
};
int cpu_list(struct cpu_list *list, const char *text);	/* "1-3,8"; NULL: all. After -EINVAL its cause is on stderr, for --cpus */

#endif
