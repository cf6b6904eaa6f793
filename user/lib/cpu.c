// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which processors there are, from the kernel's own lists: "0-3,8-11". */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "lib/cpu.h"
#include "lib/tool.h"

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

static int is_online(void *ctx, int cpu)
{
	return cpu == *(int *)ctx;
}

static int mark(void *ctx, int cpu)
{
	((unsigned char *)ctx)[cpu] = 1;
	return 0;
}

/* All of them must be there, as packets that nobody takes would be lost. */
static int parse(const char *text, unsigned char *wanted)
{
	const char *at = text;
	char *end;

	while (*at) {
		long first = strtol(at, &end, 10), last = first;

		if (end == at || first < 0)
			break;
		if (*end == '-') {
			at = end + 1;
			last = strtol(at, &end, 10);
			if (end == at)
				break;
		}
		for (long cpu = first; cpu <= last; cpu++) {
			int one = cpu;

			if (cpu >= cpu_ids() || cpu_each("online", is_online, &one) != 1) {
				err("--cpus: there is no CPU %ld, or it is off: see /sys/devices/system/cpu/online", cpu);
				return -EINVAL;
			}
			mark(wanted, cpu);
		}
		if (last < first || (*end && *end != ','))
			break;
		at = end + (*end == ',');
		if (!*end)
			return 0;
	}
	err("--cpus: '%s' is no list of CPUs: 1-3,8", text);
	return -EINVAL;
}

int cpu_list(struct cpu_list *list, const char *text)
{
	unsigned char *wanted = calloc(cpu_ids(), 1);
	int ret = wanted ? 0 : -ENOMEM;

	free(list->cpus);
	*list = (struct cpu_list){ .cpus = calloc(cpu_ids(), sizeof(*list->cpus)) };
	if (!list->cpus)
		ret = -ENOMEM;
	if (!ret)
		ret = text ? parse(text, wanted) : cpu_each("online", mark, wanted);
	for (int cpu = 0; !ret && cpu < cpu_ids(); cpu++)
		if (wanted[cpu])
			list->cpus[list->n++] = cpu;
	free(wanted);
	return ret;
}
