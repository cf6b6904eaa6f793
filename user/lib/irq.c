// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The names of soft interrupts: the kernel lists them in the order of their numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/irq_user.h"

#define MAX_VECTORS 32

const char *irq_softirq(unsigned int vector)
{
	static char names[MAX_VECTORS][16];
	static bool asked;
	char *line = NULL;
	size_t size = 0;
	FILE *f;

	if (!asked && (f = fopen("/proc/softirqs", "re"))) {
		for (int i = -1; i < MAX_VECTORS && getline(&line, &size, f) > 0; i++)	/* the first line is its heading */
			if (i >= 0)
				sscanf(line, " %15[^:]", names[i]);
		free(line);
		fclose(f);
	}
	asked = true;
	return vector < MAX_VECTORS && *names[vector] ? names[vector] : NULL;
}

void irq_show_softirq(struct out *out, unsigned int vector)
{
	const char *name = irq_softirq(vector);

	if (name)
		out_bytes(out, name, strlen(name));
	else
		out_u64(out, vector);
}
