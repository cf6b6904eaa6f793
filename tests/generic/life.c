// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How every tool begins and ends, on every kernel. Those that cannot run here must say so, and are skipped. */
#include "line.h"

TEST_EACH_TOOL("runs where doctor says so only; INT, TERM, HUP end it with status 0, and nothing stays loaded", .traces = true)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	int n = slow() > 1 ? 1 : 3; /* the three differ in user space only: where starts are slow one is enough */
	char *before;

	needs(the_tool->name);
	before = bpf_ids();
	for (int i = 0; i < n; i++) {
		struct job *job = tool_start_argv(LINE(NULL) + 1);
		char *status = file_text(text("/proc/%d/status", job->pid)), *own = strstr(status, "RssAnon:");

		/* its rings and its code aside; before 6.16 a copy of the kernel's types would be 5 MB */
		CHECK_BETWEEN(1, own ? atoi(own + 8) : 0, 2000);
		job_end(job, signals[i]);
		ended_well(job);
		tool_check_json(job);
	}
	CHECK(bpf_ids_gone(before, 10));
}
