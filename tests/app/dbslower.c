// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/ptrace.h>
#include <sys/wait.h>
#include "spin.h"
#include "queries.h"

TEST(dbslower, "queries by markers and by a function, with their text as it was sent; only slow ones")
{
	struct seen *child = seen_new("server", serve, NULL);
	const char *pid = text("%d", child->child.pid), *self = text("%d", getpid());
	struct job *job = tool_start("dbslower", "-x", self, "-m", "0", "-v", "-p", pid, "postgres");
	struct job *slow_ones = tool_start("dbslower", "-x", self, "-m", "20", "-Z", "10", "-v", "-p", pid, "mysql");
	json_t *r;

	seen_run(child);
	tool_stop(job);
	tool_stop(slow_ones);
	seen_end(child);
	CHECK_HAS(job->err, "by its markers");
	CHECK_HAS(slow_ones->err, "by its function dispatch_command()");
	CHECK_ROWS(job, 1, IS("query", "select 1"));
	CHECK_ROWS(job, 1, IS("query", "select \"\303\244 long one\" from pg_class"));
	CHECK_ROWS(job, 4);
	each_row(r, job, IS("query", "commit"))
		CHECK_BETWEEN(NAP, number(r, "latency_ns"), 60e9 * slow());
	/* a busy machine may make any of them slow */
	CHECK_ROWS(slow_ones, 1, IS("query", "select \""));	/* not half of a character */
	CHECK_ROWS(slow_ones, 1, IS("query", "commit"));
	CHECK_EQ(rows(slow_ones, IS("query", "quit")), 0);
	CHECK_NO_LOSS(job);
}

TEST(dbslower, "programs that are no servers are refused")
{
	CHECK_EQ(run("corekit", "dbslower", "-x", "/nonexistent")->status, 2);
	CHECK_EQ(run("corekit", "dbslower", "oracle")->status, 2);
	CHECK_EQ(run("corekit", "dbslower", "-x", corekit_path)->status, 3);
}

/* It stops as soon as it is the other program. */
static pid_t stopped(const char *program)
{
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execl(program, "postgres", NULL);
		_exit(1);
	}
	REQUIRE(waitpid(pid, NULL, 0) == pid);
	return pid;
}

TEST(dbslower, "a server has many processes, and a file that is seen by one of them only")
{
	const char *program = tmp("postgres"), *at;
	char all[1 << 16];
	pid_t pids[40];
	struct job *job;
	ssize_t size;
	int n = 0, from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), to = open(program, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);

	REQUIRE(from >= 0 && to >= 0);
	while ((size = read(from, all, sizeof(all))) > 0)
		REQUIRE(write(to, all, size) == size);
	close(from);
	close(to);
	for (size_t i = 0; i < sizeof(pids) / sizeof(*pids); i++)
		pids[i] = stopped(program);
	REQUIRE(!unlink(program));
	job = run("corekit", "dbslower", "-v", "-d", "0.1", "postgres");
	for (size_t i = 0; i < sizeof(pids) / sizeof(*pids); i++) {
		at = text("postgres: /proc/%d/exe, by its markers", pids[i]);
		n += strstr(job->err, at) != NULL;
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	CHECK_EQ(job->status, 0);
	CHECK_EQ(n, 1);
}
