// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "runtimes.h"
#include "spin.h"

#define COLUMNS "-o", "pid,language,count,bytes,type"

TEST(uobjnew, "objects by their class, and what they take; of C, memory by its size", .timeout = 120)
{
	struct seen *child = seen_new("runtimes", runtime_makes, NULL);
	const char *pid = text("%d", child->child.pid);
	struct job *job = tool_start("uobjnew", pid, COLUMNS), *c = tool_start("cobjnew", "-S", pid);
	json_t *r;

	seen_run(child);
	tool_stop(job);
	tool_stop(c);
	seen_end(child);
	r = row(job, IS("language", "java"), IS("type", "org/Counter"));
	CHECK_BETWEEN(CALLS - missed_allowed(job), number(r, "count"), CALLS);
	CHECK_EQ(number(r, "bytes"), 24 * number(r, "count"));
	r = row(job, IS("language", "ruby"), IS("type", "String"));
	CHECK_BETWEEN(5 - missed_allowed(job), number(r, "count"), 5);
	CHECK_EQ(number(r, "bytes"), 10 * number(r, "count"));
	CHECK_BETWEEN(3 - missed_allowed(job), sum(job, "count", IS("language", "ruby"), IS("type", "Counter"), IS("bytes", NOTHING)), 3);
	CHECK_BETWEEN(2 - missed_allowed(job), sum(job, "count", IS("language", "ruby"), IS("type", "Hash")), 2);
	CHECK_BETWEEN(4 - missed_allowed(job), sum(job, "count", IS("language", "tcl"), IS("type", "Tcl_Obj")), 4);
	CHECK_EQ(rows(job), 5);
	r = row(c, IS("type", "malloc"), IS("size", 777));
	CHECK_BETWEEN(100 - missed_allowed(c), number(r, "count"), 100);
	CHECK_EQ(number(r, "bytes"), 777 * number(r, "count"));
	CHECK_NO_LOSS(job);
}
