// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "runtimes.h"
#include "spin.h"

static void all(void *arg)
{
	runtime_calls(arg);
	runtime_collects(arg);
	runtime_makes(arg);
	runtime_threads(arg);
}

TEST(ustat, "what a program does, by its markers: how many, and how many a second", .timeout = 120)
{
	struct seen *child = seen_new("runtimes", all, "java");
	struct job *job = tool_start("ustat", "-i", "1000", text("%d", child->child.pid), "-o",
				     "pid,comm,language,methods,method_count,gc_count,object_count,class_count,exception_count,thread_count");
	json_t *r;

	seen_run(child);
	tool_stop(job);
	seen_end(child);
	r = row(job, IS("pid", child->child.pid), IS("comm", "runtimes"), IS("language", "java"));
	CHECK_BETWEEN(CALLS + 1 - missed_allowed(job), number(r, "method_count"), CALLS + 1);
	CHECK_EQ(number(r, "gc_count"), 4);
	CHECK_BETWEEN(CALLS - missed_allowed(job), number(r, "object_count"), CALLS);
	CHECK_EQ(number(r, "class_count"), 2);
	CHECK_EQ(number(r, "exception_count"), 3);
	CHECK_EQ(number(r, "thread_count"), 3);
	CHECK_BETWEEN(1, number(r, "methods"), CALLS * 100);
	CHECK_EQ(rows(job), 1);
	CHECK_NO_LOSS(job);
}
