// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "runtimes.h"
#include "spin.h"

#define COLUMNS "-o", "pid,tid,language,depth,returns,line,class,name"

TEST(uflow, "each call as it begins and as it returns, in their order, by how deep it is", .timeout = 120)
{
	struct seen *child = seen_new("runtimes", runtime_calls, "ruby");
	struct job *job = tool_start("uflow", text("%d", child->child.pid), COLUMNS);
	size_t at = 0;
	json_t *r;

	seen_run(child);
	tool_stop(job);
	seen_end(child);
	CHECK_ROWS(job, 2 * CALLS + 2);
	CHECK_ROWS(job, 2, IS("name", "outer"), IS("depth", 0), IS("line", 10), IS("class", "Counter"), IS("language", "ruby"));
	CHECK_ROWS(job, 2 * CALLS, IS("name", "hello"), IS("depth", 1), IS("line", 20), IS("pid", child->child.pid),
		   IS("tid", child->child.pid));
	if (rows(job) == 2 * CALLS + 2)
		each_row(r, job) {
			bool returns = json_is_true(json_object_get(r, "returns"));

			CHECK_EQ(returns, at == 0 ? 0 : at == 2 * CALLS + 1 ? 1 : at % 2 == 0);
			at++;
		}
	CHECK_NO_LOSS(job);
}

TEST(uflow, "only methods, or classes, that begin so; indented in text", .timeout = 120)
{
	struct seen *child = seen_new("runtimes", runtime_calls, NULL);
	const char *pid = text("%d", child->child.pid);
	struct job *method = tool_start("uflow", pid, "-M", "out", COLUMNS), *class = tool_start("uflow", pid, "-C", "/srv", COLUMNS);
	struct job *both = tool_start("pythonflow", pid, "-f", "text");

	seen_run(child);
	tool_stop(method);
	tool_stop(class);
	job_end(both, SIGINT);
	seen_end(child);
	CHECK_ROWS(method, 12, IS("name", "outer"));
	CHECK_ROWS(method, 12);
	CHECK_ROWS(class, 2 * CALLS + 2, IS("language", "python"));
	CHECK_ROWS(class, 2 * CALLS + 2);
	CHECK_HAS(both->out, " -> /srv/counter.py:outer\n");
	CHECK_HAS(both->out, "   -> /srv/counter.py:hello\n");
	CHECK_HAS(both->out, "   <- /srv/counter.py:hello\n");
	CHECK_NO_LOSS(method);
}
