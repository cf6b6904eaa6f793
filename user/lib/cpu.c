// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which processors there are, from the kernel's own lists: "0-3,8-11". */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "lib/cpu.h"

int cpu_each(const char *list, int (*fn)(void *ctx, int cpu), void *ctx)
{
	int first, last, ret = 0;
	char path[64], after;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/%s", list);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (!ret && fscanf(f, "%d", &first) == 1) {
		last = first;
		if (fscanf(f, "-%d", &last) < 0 || last < first)
			last = first;
		for (int cpu = first; !ret && cpu <= last; cpu++)
			ret = fn(ctx, cpu);
		if (fscanf(f, "%c", &after) != 1 || after != ',')
			break;
	}
	fclose(f);
	return ret;
}

static int note_id(void *ctx, int cpu)
{
	int *ids = ctx;

	*ids = cpu >= *ids ? cpu + 1 : *ids;
	return 0;
}

int cpu_ids(void)
{
	static int ids;

	if (!ids && (cpu_each("possible", note_id, &ids) || !ids))
		ids = 1;
	return ids;
}
