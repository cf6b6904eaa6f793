/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* For tests of each tool: the tool's own command line. */
#ifndef LINE_H
#define LINE_H

#include "test.h"

/* `corekit NAME FLAGS…` and what the tool needs to run at all. */
static inline const char *const *line_of(const char *const *flags)
{
	const char **argv = calloc(32, sizeof(*argv));
	int n = 0;

	argv[n++] = "corekit";
	argv[n++] = the_tool->name;
	while (*flags)
		argv[n++] = *flags++;
	for (int i = 0; the_tool->args[i]; i++)
		argv[n++] = the_tool->args[i];
	return argv;
}

#define LINE(...) line_of(ARGV(__VA_ARGS__))

/* Nothing on stderr but what a summary may say. */
static inline void ended_well(struct job *job)
{
	if (!CHECK_EQ(job->status, 0))
		fprintf(stderr, "%s", job->err);
}

#endif
