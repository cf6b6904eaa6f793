// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* In a VM those that can't run on the machine itself. */
#include <linux/capability.h>
#include "line.h"

/* The bits of the capabilities that the manual page names. */
static uint64_t rights(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} caps[] = {{"CAP_DAC_READ_SEARCH", CAP_DAC_READ_SEARCH},
		    {"CAP_NET_ADMIN", CAP_NET_ADMIN},
		    {"CAP_SYS_PTRACE", CAP_SYS_PTRACE},
		    {"CAP_SYS_ADMIN", CAP_SYS_ADMIN},
		    {"CAP_SYSLOG", CAP_SYSLOG},
		    {"CAP_PERFMON", CAP_PERFMON},
		    {"CAP_BPF", CAP_BPF},
		    {"CAP_CHECKPOINT_RESTORE", CAP_CHECKPOINT_RESTORE},
		    {"CAP_SYS_RESOURCE", CAP_SYS_RESOURCE}};
	char *at = strstr(run("corekit", name, "--help=man")->out, "\n.SH RIGHTS\n"), *end;
	uint64_t bits = 0;

	REQUIRE(at && (end = strstr(at + 1, "\n.SH ")));
	*end = 0;
	for (size_t i = 0; i < sizeof(caps) / sizeof(*caps); i++)
		if (strstr(at, text("\\fB%s\\fR", caps[i].name)))
			bits |= 1ULL << caps[i].number;
	return bits;
}

TEST_EACH_TOOL("with the capabilities that its manual page names, and no others, it runs", .traces = true)
{
	struct how nobody = {.uid = 65534, .caps = rights(the_tool->name)};

	needs(the_tool->name);
	/* A root that hasn't this one is no root for kernels before 5.11; since then a tool must run without it. */
	if (how_refused(&(struct how){.uid = 65534, .caps = 1ULL << CAP_SYS_RESOURCE}))
		nobody.caps &= ~(1ULL << CAP_SYS_RESOURCE);
	ended_well(job_run(&nobody, LINE("-q", "--duration", "100ms")));
}
