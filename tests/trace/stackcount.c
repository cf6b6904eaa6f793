// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/wait.h>
#include "spin.h"

#define CALLS 25

/* A marker as <sys/sdt.h> makes it: a nop, and a note that says where it is; `counter` counts who watches it. */
#define MARKER(name, counter)                                                                                          \
	__asm__ volatile("990: nop\n"                                                                                  \
			 ".pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n"                                       \
			 ".4byte 992f-991f, 994f-993f, 3\n991: .asciz \"stapsdt\"\n992: .balign 4\n"                  \
			 "993: .8byte 990b, _.stapsdt.base, " #counter "\n"                                             \
			 ".asciz \"corekit\"\n.asciz \"" #name "\"\n.asciz \"\"\n994: .balign 4\n.popsection\n"          \
			 ".ifndef _.stapsdt.base\n"                                                                     \
			 ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"                        \
			 ".weak _.stapsdt.base\n.hidden _.stapsdt.base\n_.stapsdt.base: .space 1\n"                    \
			 ".size _.stapsdt.base, 1\n.popsection\n.endif\n")

SEEN void stackcount_called(void)
{
	seen_after++;
}

SEEN void stackcount_other(void)
{
	seen_after++;
}

__attribute__((used, section(".probes"))) volatile unsigned short stackcount_watched;

SEEN void stackcount_marks(void)
{
	stackcount_other();	/* it has a frame of its own only where it calls another */
	MARKER(passed, 0);
	if (stackcount_watched)
		MARKER(watched, stackcount_watched);
	seen_after++;
}

SEEN void stackcount_marks_too(void)
{
	stackcount_other();
	MARKER(passed, 0);
	seen_after++;
}

SEEN void stackcount_one(void)
{
	stackcount_called();
	seen_after++;
}

SEEN void stackcount_two(void)
{
	stackcount_called();
	stackcount_other();
	seen_after++;
}

SEEN void stackcount_forks(void)
{
	pid_t pid = seen_call(SYS_fork, 0, 0, 0);

	if (!pid)
		_exit(0);
	REQUIRE(waitpid(pid, NULL, 0) == pid);
	seen_after++;
}

static void calls(void *arg)
{
	for (int i = 0; i < CALLS; i++) {
		stackcount_one();
		stackcount_two();
	}
	stackcount_forks();
	stackcount_forks();
	stackcount_forks();
}

TEST(stackcount, "calls of a program's function, by who called it: the caller too, though there is no frame yet")
{
	struct seen *child = seen_new("counted", calls, NULL);
	const char *file = text("/proc/%d/exe:stackcount_called", getpid());
	struct job *job = tool_start("stackcount", "-P", "-p", text("%d", child->child.pid), file), *some, *regex;
	json_t *r;

	some = tool_start("stackcount", "-p", text("%d", child->child.pid), text("/proc/%d/exe:stackcount_?the?", getpid()),
			  text("/proc/%d/exe:stackcount_calle*", getpid()));
	regex = tool_start("stackcount", "-E", "-p", text("%d", child->child.pid), text("/proc/%d/exe:^stackcount_(other|none)$", getpid()));
	seen_run(child);
	tool_stop(job);
	tool_stop(some);
	tool_stop(regex);
	seen_end(child);
	CHECK_EQ(sum(job, "count"), 2 * CALLS);
	CHECK_EQ(stack_sum(job, "count", "user", "stackcount_one"), CALLS);
	CHECK_EQ(stack_sum(job, "count", "user", "stackcount_two"), CALLS);
	CHECK_EQ(rows(job, IS("pid", child->child.pid), IS("comm", "counted")), 2);
	each_row(r, job) {
		json_t *user = json_object_get(json_object_get(r, "stack"), "user");

		CHECK_STR(json_string_value(json_array_get(user, 0)), "stackcount_called");
		/* the caller, and whoever called that, once each */
		CHECK(strcmp(json_string_value(json_array_get(user, 1)), json_string_value(json_array_get(user, 2))));
		CHECK_STR(json_string_value(json_array_get(user, 2)), "calls");
	}
	CHECK_EQ(sum(some, "count"), 3 * CALLS);
	CHECK_EQ(sum(regex, "count"), CALLS);
	CHECK_NO_LOSS(job);
}

TEST(stackcount, "tracepoints, by name and by pattern, with both stacks")
{
	struct seen *child = seen_new("tracepoints", calls, NULL);
	struct job *job = tool_start("stackcount", "-p", text("%d", child->child.pid), "t:sched:sched_process_fork"), *some, *kernel;

	some = tool_start("stackcount", "-p", text("%d", child->child.pid), "t:sched:sched_process_[f]ork");
	kernel = tool_start("stackcount", "-K", "-p", text("%d", child->child.pid), "t:sched:sched_process_fork");
	seen_run(child);
	tool_stop(job);
	tool_stop(some);
	tool_stop(kernel);
	seen_end(child);
	CHECK_EQ(stack_sum(job, "count", "user", "stackcount_forks"), 3);
	CHECK_EQ(stack_sum(job, "count", "kernel", "kernel_clone"), 3);
	CHECK_EQ(sum(some, "count"), 3);
	CHECK_EQ(stack_sum(kernel, "count", "kernel", "kernel_clone"), 3);
	CHECK_EQ(stack_sum(kernel, "count", "user", "stackcount_forks"), 0);
}

static bool no_kprobes(void)
{
	return access("/sys/bus/event_source/devices/kprobe/type", F_OK);
}

TEST(stackcount, "functions of the kernel, one and several")
{
	struct seen *child;
	struct job *job, *some;

	needs("stackcount");
	if (no_kprobes()) {
		job = run("corekit", "stackcount", "kernel_clone", "-d", "100ms");
		CHECK_EQ(job->status, 3);
		CHECK_HAS(job->err, "kprobe");
		CHECK_EQ(lines(job->err), 1);
		return;
	}
	child = seen_new("kernel", calls, NULL);
	job = tool_start("stackcount", "-p", text("%d", child->child.pid), "kernel_clone");
	some = tool_start("stackcount", "-p", text("%d", child->child.pid), "kernel_clon[e]", "p:kernel_thre?d");
	seen_run(child);
	tool_stop(job);
	tool_stop(some);
	seen_end(child);
	CHECK_EQ(sum(job, "count"), 3);
	CHECK_EQ(stack_sum(job, "count", "user", "stackcount_forks"), 3);
	CHECK_EQ(sum(some, "count"), 3);
}

static void marks(void *arg)
{
	for (int i = 0; i < CALLS; i++)
		stackcount_marks();
	stackcount_marks_too();
}

TEST(stackcount, "markers that a program was built with: each place, by provider, and those that are passed only when watched")
{
	struct seen *child = seen_new("marked", marks, NULL);
	const char *pid = text("%d", child->child.pid), *file = text("u:/proc/%d/exe", getpid());
	struct job *job = tool_start("stackcount", "-p", pid, text("%s:passed", file)), *watched, *some;
	json_t *r;

	watched = tool_start("stackcount", "-p", pid, text("%s:corekit:watched", file));
	some = tool_start("stackcount", "-p", pid, text("%s:pas*", file));
	seen_run(child);
	tool_stop(job);
	tool_stop(watched);
	tool_stop(some);
	seen_end(child);
	CHECK_EQ(sum(job, "count"), CALLS + 1);
	CHECK_EQ(stack_sum(job, "count", "user", "stackcount_marks"), CALLS);
	CHECK_EQ(stack_sum(job, "count", "user", "stackcount_marks_too"), 1);
	CHECK_EQ(sum(watched, "count"), CALLS);
	CHECK_EQ(sum(some, "count"), CALLS + 1);
	each_row(r, job) {
		json_t *user = json_object_get(json_object_get(r, "stack"), "user");

		CHECK(!strncmp(json_string_value(json_array_get(user, 0)), "stackcount_marks", 16));
		CHECK_STR(json_string_value(json_array_get(user, 1)), "marks");
	}
	CHECK_NO_LOSS(job);
	CHECK_EQ(stackcount_watched, 0);
	CHECK_EQ(run("corekit", "stackcount", text("%s:other:passed", file), "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "stackcount", "u:/dev/null:passed", "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "stackcount", "u:passed", "-d", "100ms")->status, 2);
}

TEST(stackcount, "what can't be counted is told")
{
	static const char *const bad[] = {"t:sched", "t:no:such", "/nowhere:main", "/dev/null:main", "/proc/self/exe:no_such_function", ":",
					  "t:sched:no*such*", "libno:main"};

	needs("stackcount");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct job *job = run("corekit", "stackcount", bad[i], "-d", "100ms");

		if (!CHECK_EQ(job->status, 2) || !CHECK_EQ(lines(job->err), 1))
			fprintf(stderr, "  %s: %s", bad[i], job->err);
	}
	CHECK_EQ(run("corekit", "stackcount", "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "stackcount", "-E", "t:sched:(", "-d", "100ms")->status, 2);
}
