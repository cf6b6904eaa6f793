// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/wait.h>
#include "spin.h"

#define CALLS 12

SEEN void stacksnoop_called(int i)
{
	seen_after += i;
}

SEEN void stacksnoop_caller(int i)
{
	stacksnoop_called(i);
	seen_after++;
}

static void calls(void *arg)
{
	pid_t pid;

	for (int i = 0; i < CALLS; i++)
		stacksnoop_caller(i);
	pid = fork();
	if (!pid)
		_exit(0);
	REQUIRE(waitpid(pid, NULL, 0) == pid);
}

TEST(stacksnoop, "a row for each call, with its stack; folded, a line")
{
	struct seen *child = seen_new("snooped", calls, NULL);
	const char *place = text("/proc/%d/exe:stacksnoop_called", getpid());
	struct job *job = tool_start("stacksnoop", "-p", text("%d", child->child.pid), place, "t:sched:sched_process_fork"), *folded;
	json_t *r;
	int n = 0;

	folded = tool_start("stacksnoop", "--folded", "-f", "text", "-N", "5", "-p", text("%d", child->child.pid), place);
	seen_run(child);
	tool_wait(folded);
	tool_stop(job);
	seen_end(child);
	CHECK_EQ(rows(job), CALLS + 1);
	CHECK_EQ(rows(job, IS("pid", child->child.pid), IS("comm", "snooped")), CALLS + 1);
	each_row(r, job) {
		if (stack_has(r, "kernel", "kernel_clone"))
			continue;
		CHECK(stack_has(r, "user", "stacksnoop_called"));
		CHECK(stack_has(r, "user", "stacksnoop_caller"));
		n++;
	}
	CHECK_EQ(n, CALLS);
	CHECK_EQ(lines(folded->out), 5);
	CHECK(!strncmp(folded->out, "snooped;", 8));
	CHECK_HAS(folded->out, ";stacksnoop_caller;stacksnoop_called 1\n");
	CHECK_NO_LOSS(job);
	CHECK_EQ(run("corekit", "stacksnoop", "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "stacksnoop", "t:no:such", "-d", "100ms")->status, 2);
}
