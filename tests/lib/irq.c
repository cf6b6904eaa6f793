// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The kernel's own counts of interrupts. */
#include "test.h"

long long interrupts(const char *file, const char *name, int cpu)
{
	char *table = file_text(file), *line, *rest = table, *heading = strsep(&rest, "\n"), *at;
	long long sum = 0, n;
	int column;

	while ((line = strsep(&rest, "\n"))) {
		line += strspn(line, " ");
		at = strchr(line, ':');
		if (!at || strlen(name) != (size_t)(at - line) || strncmp(line, name, at - line))
			continue;
		/* a column for each CPU that is online, under its name */
		char *cpus = strdup(heading), *more = cpus, *word;

		for (at++; (word = strsep(&more, " "));) {
			if (sscanf(word, "CPU%d", &column) != 1)
				continue;
			n = strtoll(at, &at, 10);
			sum += cpu < 0 || cpu == column ? n : 0;
		}
		free(cpus);
	}
	free(table);
	return sum;
}
