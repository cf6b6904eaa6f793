// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "runtimes.h"
#include "spin.h"

#define COLUMNS "-o", "pid,tid,what,language,age,name"

TEST(uthreads, "each thread as it starts and as it stops: Java's by its name, C's by its function")
{
	struct seen *child = seen_new("runtimes", runtime_threads, NULL);
	const char *pid = text("%d", child->child.pid);
	struct job *job = tool_start("uthreads", pid, COLUMNS), *c = tool_start("cthreads", pid, COLUMNS);
	json_t *r;

	seen_run(child);
	tool_stop(job);
	tool_stop(c);
	seen_end(child);
	for (int i = 1; i <= 3; i++) {
		const char *name = text("worker-%d", i);
		long long tid;

		r = row(job, IS("what", "start"), IS("language", "java"), IS("name", name), IS("pid", child->child.pid));
		tid = number(r, "tid");
		r = row(job, IS("what", "stop"), IS("language", "java"), IS("name", name), IS("tid", tid));
		CHECK_BETWEEN(NAP, number(r, "age_ns"), 60e9 * slow());
		r = row(job, IS("what", "start"), IS("language", "c"), IS("name", "runtimes_thread"), IS("tid", tid));
		r = row(job, IS("what", "stop"), IS("language", "c"), IS("name", "runtimes_thread"), IS("tid", tid));
		CHECK_BETWEEN(NAP, number(r, "age_ns"), 60e9 * slow());
	}
	CHECK_EQ(rows(job), 12);
	CHECK_EQ(rows(c), 6);
	CHECK_EQ(rows(c, IS("language", "c")), 6);
	CHECK_NO_LOSS(job);
}
