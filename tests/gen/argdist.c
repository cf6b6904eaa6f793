// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "spin.h"

SEEN long argdist_called(long n, const char *text)
{
	seen_after += *text;
	return n * 100;
}

static void calls(void *arg)
{
	char odd[] = "odd", even[] = "even";

	for (int i = 0; i < 20; i++)
		argdist_called(i % 5, i % 2 ? odd : even);
	for (int i = 0; i < 7; i++)
		seen_call(SYS_close, 1000 + i % 2, 0, 0);
}

TEST(argdist, "how often each value was there, of several probes; histograms; conditions")
{
	struct seen *child = seen_new("counted", calls, NULL);
	const char *pid = text("%d", child->child.pid), *self = text("%d", getpid()), *called = text("%s:argdist_called", self);
	struct job *job = tool_start("argdist", "-p", pid, text("%s arg0", called), text("%s (arg0 > 1) str(arg1), arg0 > 3, comm", called),
				     "sys:close (fd >= 1000) fd"), *hist, *sums;

	hist = tool_start("argdist", "-H", "-p", pid, text("%s%%return retval", called), text("%s (arg0 == 4) arg0 << 3", called),
			  text("%s%%return (latency > 0) entry(arg0) > 2, retval - entry(arg0) * 99", called));
	sums = tool_start("argdist", "-S", "-p", pid, text("%s str(arg1), arg0", called), "sys:close%return (ret < 0) entry(fd), latency > 0");
	seen_run(child);
	tool_stop(job);
	tool_stop(hist);
	tool_stop(sums);
	seen_end(child);
	for (int i = 0; i < 5; i++)
		CHECK_BETWEEN(4 - missed_allowed(job), sum(job, "count", IS("probe", text("%s arg0", called)), IS("value", text("%d", i))), 4);
	CHECK_BETWEEN(4 - missed_allowed(job), sum(job, "count", IS("value", "even, 0, counted")), 4);
	CHECK_BETWEEN(4 - missed_allowed(job), sum(job, "count", IS("value", "odd, 0, counted")), 4);
	CHECK_BETWEEN(2 - missed_allowed(job), sum(job, "count", IS("value", "odd, 1, counted")), 2);
	CHECK_BETWEEN(4 - missed_allowed(job), sum(job, "count", IS("value", "1000")), 4);
	CHECK_BETWEEN(3 - missed_allowed(job), sum(job, "count", IS("value", "1001")), 3);
	CHECK_EQ(rows(job), 5 + 4 + 2);
	CHECK_BETWEEN(20 - missed_allowed(hist), sum(hist, "count", IS("probe", text("%s%%return retval", called))), 20);
	CHECK_BETWEEN((20 - 2 * missed_allowed(hist)) * 200, sum(hist, "sum", IS("probe", text("%s%%return retval", called))), 20 * 200);
	CHECK_BETWEEN((4 - missed_allowed(hist)) * 32, sum(hist, "sum", IS("probe", text("%s (arg0 == 4) arg0 << 3", called))), 4 * 32);
	CHECK_BETWEEN(12 - missed_allowed(hist), sum(hist, "count", IS("value", "0")), 12);	/* 0, 1 and 2, four times each */
	CHECK_BETWEEN(12 - 2 * missed_allowed(hist), sum(hist, "sum", IS("value", "0")), 12);
	CHECK_BETWEEN(28 - 4 * missed_allowed(hist), sum(hist, "sum", IS("value", "1")), 28);
	CHECK_EQ(rows(hist), 2 + 2);
	CHECK_BETWEEN(20 - 4 * missed_allowed(sums), sum(sums, "total", IS("value", "odd")), 20);
	CHECK_BETWEEN(20 - 4 * missed_allowed(sums), sum(sums, "total", IS("value", "even")), 20);
	CHECK_BETWEEN(10 - missed_allowed(sums), sum(sums, "count", IS("value", "even")), 10);
	CHECK_BETWEEN(4 - missed_allowed(sums), sum(sums, "total", IS("value", "1000")), 4);
	CHECK_BETWEEN(3 - missed_allowed(sums), sum(sums, "total", IS("value", "1001")), 3);
	CHECK_NO_LOSS(job);
}

TEST(argdist, "a type in brackets before the first value is its cast, and no condition")
{
	struct seen *child = seen_new("counted", calls, NULL);
	const char *pid = text("%d", child->child.pid), *called = text("%d:argdist_called", getpid());
	struct job *job = tool_start("argdist", "-p", pid, "sys:close (int)fd", text("%s%%return (int)retval", called), text("%s (arg0 == 4) (char)arg0", called));

	seen_run(child);
	tool_stop(job);
	seen_end(child);
	CHECK_BETWEEN(4 - missed_allowed(job), sum(job, "count", IS("value", "1000")), 4);
	CHECK_BETWEEN(4 - missed_allowed(job), sum(job, "count", IS("probe", text("%s%%return (int)retval", called)), IS("value", "400")), 4);
	CHECK_BETWEEN(20 - missed_allowed(job), sum(job, "count", IS("probe", text("%s%%return (int)retval", called))), 20);
	CHECK_BETWEEN(4 - missed_allowed(job), sum(job, "count", IS("probe", text("%s (arg0 == 4) (char)arg0", called))), 4);
}

TEST(argdist, "what is wrong is told")
{
	static const struct { const char *option, *word, *say; } bad[] = {
		{"-H", "sys:close fd, comm", "no number"}, {"-q", "sys:close comm, comm, comm, comm, fd", "64"}, {"-q", "sys:fl* fd", "different types"},
	};

	needs("argdist");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct job *job = run("corekit", "argdist", bad[i].option, bad[i].word, "-d", "100ms");

		if (!CHECK_EQ(job->status, 2) || !CHECK_EQ(lines(job->err), 1) || !CHECK_HAS(job->err, bad[i].say))
			fprintf(stderr, "  %s: %s", bad[i].word, job->err);
	}
}
