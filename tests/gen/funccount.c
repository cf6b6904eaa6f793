// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/wait.h>
#include "spin.h"

#define CALLS 25

SEEN void funccount_once(void)
{
	seen_after++;
}

SEEN void funccount_twice(void)
{
	seen_after += 2;
}

SEEN void funccount_never(void)
{
	seen_after += 3;
}

static void calls(void *arg)
{
	for (int i = 0; i < CALLS; i++) {
		funccount_once();
		funccount_twice();
		funccount_twice();
	}
	for (int i = 0; i < 3; i++) {
		pid_t pid = seen_call(SYS_fork, 0, 0, 0);

		if (!pid)
			_exit(0);
		REQUIRE(waitpid(pid, NULL, 0) == pid);
	}
	if (!CALLS)
		funccount_never();
}

/* Both ways to functions of programs: at once, where the kernel can, and one by one. */
TEST(funccount, "functions of a program, tracepoints and system calls, each by name")
{
	struct seen *child = seen_new("counted", calls, NULL);
	const char *pid = text("%d", child->child.pid), *file = text("/proc/%d/exe", getpid()), *self = text("%d:funccount_onc?", getpid());
	struct job *job = tool_start("funccount", "-p", pid, text("%s:funccount_*", file), "sys:fork", "t:sched:sched_process_fork",
				     "raw:sched_process_fork"), *other, *regex;

	setenv("COREKIT_WITHOUT", "multi", 1);
	other = tool_start("funccount", "-p", pid, text("%s:funccount_*%%return", file), "sys:fork%return", "t:sched:sched_process_for[k]", self);
	unsetenv("COREKIT_WITHOUT");
	regex = tool_start("funccount", "-p", pid, "-o", "+place", text("%s:/^funccount_(once|never)$/", file), text("r:%s:funccount_twice", file));
	seen_run(child);
	tool_stop(job);
	tool_stop(other);
	tool_stop(regex);
	seen_end(child);
	CHECK_BETWEEN(CALLS - missed_allowed(job), sum(job, "count", IS("function", "funccount_once")), CALLS);
	CHECK_BETWEEN(2 * CALLS - missed_allowed(job), sum(job, "count", IS("function", "funccount_twice")), 2 * CALLS);
	CHECK_EQ(rows(job, IS("function", "funccount_never")), 0);
	CHECK_BETWEEN(3 - missed_allowed(job), sum(job, "count", IS("function", "sys_enter_fork")), 3);
	CHECK_BETWEEN(6 - missed_allowed(job), sum(job, "count", IS("function", "sched_process_fork")), 6);
	CHECK_EQ(rows(job), 5);
	CHECK_BETWEEN(2 * CALLS - missed_allowed(other), sum(other, "count", IS("function", "funccount_once")), 2 * CALLS);
	CHECK_BETWEEN(2 * CALLS - missed_allowed(other), sum(other, "count", IS("function", "funccount_twice")), 2 * CALLS);
	CHECK_BETWEEN(3 - missed_allowed(other), sum(other, "count", IS("function", "sys_exit_fork")), 3);
	CHECK_BETWEEN(3 - missed_allowed(other), sum(other, "count", IS("function", "sched_process_fork")), 3);
	CHECK_BETWEEN(CALLS - missed_allowed(regex), sum(regex, "count", IS("place", text("%s:funccount_once", file))), CALLS);
	CHECK_BETWEEN(2 * CALLS - missed_allowed(regex), sum(regex, "count", IS("place", text("%s:funccount_twice%%return", file))), 2 * CALLS);
	CHECK_EQ(rows(regex), 2);
	CHECK_NO_LOSS(job);
}

static bool has_kprobes(void)
{
	return !access("/sys/bus/event_source/devices/kprobe/type", F_OK);
}

TEST(funccount, "functions of the kernel, one and many, as they begin and as they return")
{
	struct seen *child;
	struct job *job, *many;

	needs("funccount");
	if (!has_kprobes()) {
		job = run("corekit", "funccount", "kernel_clone", "-d", "100ms");
		CHECK_EQ(job->status, 3);
		CHECK_HAS(job->err, "kprobe");
		CHECK_EQ(lines(job->err), 1);
		return;
	}
	child = seen_new("kernel", calls, NULL);
	job = tool_start("funccount", "-p", text("%d", child->child.pid), "kernel_clone", "kernel_clone%return", "k:kernel_clone+0");
	many = tool_start("funccount", "-p", text("%d", child->child.pid), "kernel_clon[e]", "/^kernel_(clone|thread)$/%return", "vfs_wri*");
	seen_run(child);
	tool_stop(job);
	tool_stop(many);
	seen_end(child);
	CHECK_BETWEEN(9 - missed_allowed(job), sum(job, "count", IS("function", "kernel_clone")), 9);
	CHECK_BETWEEN(6 - missed_allowed(many), sum(many, "count", IS("function", "kernel_clone")), 6);
	CHECK(sum(many, "count", IS("function", "vfs_write")) >= 1);
	job = run("corekit", "funccount", "kernel_clone+1", "-d", "100ms");
	CHECK_EQ(job->status, 2);
	CHECK_EQ(lines(job->err), 1);
	CHECK_EQ(run("corekit", "funccount", "k:nosuch:vfs_read", "-d", "100ms")->status, 2);
}

/* How many lines there are of functions whose names begin with one of the letters; of each letter, with `of`. */
static int functions_with(const char *file, const char *letters, int *of)
{
	char line[512];
	FILE *f = fopen(text("/sys/kernel/tracing/%s", file), "re");
	int n = 0;

	while (f && fgets(line, sizeof(line), f)) {
		n += strchr(letters, *line) != NULL;
		if (of)
			of[(unsigned char)*line]++;
	}
	if (f)
		fclose(f);
	return n;
}

TEST(funccount, "10,000 functions of the kernel at once; an interrupt meanwhile ends it, and nothing is left")
{
	static const int after[] = {50, 300, 700, 1500};	/* ms */
	char letters[32] = "";
	int of[256] = {}, n, total = 0;
	struct job *job;

	needs("funccount");
	if (!has_kprobes() || run("grep", "-qw", "register_fprobe_ips", "/proc/kallsyms")->status)
		return;
	functions_with("available_filter_functions", "", of);
	for (char c = 'a'; c <= 'z'; c++)
		if (total + of[(unsigned char)c] <= 10000) {
			total += of[(unsigned char)c];
			letters[strlen(letters)] = c;
		}
	REQUIRE(total > 5000);
	n = functions_with("enabled_functions", letters, NULL);
	job = tool_start("funccount", "-p", "1", text("/^[%s]/", letters));
	/* those that share a name have one probe, and some the kernel refuses */
	CHECK_BETWEEN(total * 95 / 100, functions_with("enabled_functions", letters, NULL) - n, total);
	tool_stop(job);
	CHECK_EQ(functions_with("enabled_functions", letters, NULL), n);
	for (size_t i = 0; i < sizeof(after) / sizeof(*after); i++) {
		job = job_start(NULL, ARGV("corekit", "funccount", "-p", "1", text("/^[%s]/", letters)));
		usleep(after[i] * 1000);
		job_end(job, SIGINT);
		CHECK_EQ(job->status, 0);
		CHECK_EQ(functions_with("enabled_functions", letters, NULL), n);
	}
}

TEST(funccount, "what can't be counted is told")
{
	static const char *const bad[] = {"t:no:such", "/proc/self/exe:no_such_function", "no_such_function"};

	needs("funccount");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct job *job = run("corekit", "funccount", bad[i], "-d", "100ms");

		if (!CHECK_EQ(job->status, 2) || !CHECK_EQ(lines(job->err), 1))
			fprintf(stderr, "  %s: %s", bad[i], job->err);
	}
}
