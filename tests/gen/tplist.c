// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "test.h"

TEST(tplist, "tracepoints and functions with their arguments, and this program's own markers")
{
	const char *self = text("/proc/%d/exe", getpid());
	struct job *job = run("corekit", "tplist", "-j", "-a", "t:sched:sched_process_f*", "raw:sched_process_fork", "vfs_read"), *marks, *all;

	CHECK_EQ(job->status, 0);
	CHECK_HAS(job->out, "{\"place\":\"t:sched:sched_process_fork\",\"arguments\":\"");
	CHECK_HAS(job->out, "pid_t child_pid");
	CHECK_HAS(job->out, "{\"place\":\"t:sched:sched_process_free\",");
	CHECK_HAS(job->out, "{\"place\":\"raw:sched_process_fork\",\"arguments\":\"struct task_struct *");
	CHECK_HAS(job->out, "{\"place\":\"vfs_read\",\"arguments\":\"ssize_t vfs_read(struct file *");
	marks = run("corekit", "tplist", text("u:%s:corekit:*", self), text("%s:/^ma(in|lloc)$/%%return", self));
	CHECK_EQ(marks->status, 0);
	CHECK_HAS(marks->out, text("u:%s:corekit:passed\n", self));
	CHECK_HAS(marks->out, text("u:%s:corekit:watched\n", self));
	CHECK_HAS(marks->out, text("%s:main%%return\n", self));
	CHECK_EQ(lines(marks->out), 5);	/* the heading too */
	all = run("corekit", "tplist", "-p", text("%d", getpid()));
	CHECK_EQ(all->status, 0);
	CHECK_HAS(all->out, ":corekit:passed\n");
}

TEST(tplist, "what isn't there is told")
{
	static const char *const bad[] = {"t:no:such", "t:sched", "/dev/null:main", "/proc/self/exe:no_such_function", "no_such_function", "/[/"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct job *job = run("corekit", "tplist", bad[i]);

		if (!CHECK_EQ(job->status, 2) || !CHECK_EQ(lines(job->err), 1))
			fprintf(stderr, "  %s: %s", bad[i], job->err);
	}
}
