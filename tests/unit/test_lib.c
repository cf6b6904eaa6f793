// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The test library itself: what should fail fails, what hangs is killed, nothing is left. */
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "test.h"

static struct outcome outcome_of(void (*body)(void), unsigned int timeout)
{
	struct test test = {__FILE__, "inner", "inner", __LINE__, timeout, body, false, false};

	return test_run(&test);
}

/* A corekit of a few lines of shell, for `case "$1"`. */
static void fake_corekit(const char *cases)
{
	const char *path = tmp("corekit");
	FILE *script = fopen(path, "w");

	REQUIRE(script);
	fprintf(script, "#!/bin/sh\nready() { eval \"echo >&$3\"; eval \"exec $3>&-\"; }\ncase \"$1\" in\n%s\nesac\n",
		cases);
	REQUIRE(fclose(script) == 0 && chmod(path, 0755) == 0);
	corekit_path = path;
}

static void passes(void)
{
	CHECK(getpid() > 0);
	CHECK_EQ(3, 3);
	CHECK_STR("a", "a");
	CHECK_HAS("abc", "b");
	CHECK_BETWEEN(1, 2, 3);
	REQUIRE(true);
}

static void fails_often(void)
{
	CHECK(getpid() < 0);
	CHECK_EQ(4, 5);
	CHECK_STR("one\n", "two");
	CHECK_HAS("abc", "x");
	CHECK_BETWEEN(1, 3.5, 3);
	REQUIRE(false);
	puts("not reached");
}

TEST(test_lib, "a failed check tells file, line and both values, and REQUIRE ends the test")
{
	struct outcome outcome = outcome_of(passes, 0);

	CHECK_EQ(outcome.result, PASSED);
	CHECK_STR(outcome.output, "");
	outcome = outcome_of(fails_often, 0);
	CHECK_EQ(outcome.result, FAILED);
	CHECK_EQ(lines(outcome.output), 6);
	CHECK_HAS(outcome.output, "unit/test_lib.c:");
	CHECK_HAS(outcome.output, "getpid() < 0");
	CHECK_HAS(outcome.output, "4: is 4, not 5");
	CHECK_HAS(outcome.output, "is \"one\\n\", not \"two\"");
	CHECK_HAS(outcome.output, "3.5 is not between 1 and 3");
	CHECK(!strstr(outcome.output, "not reached"));
}

static void child_fails(void *arg)
{
	(void)arg;
	CHECK_EQ(1, 2);
}

static void fails_in_a_child(void)
{
	struct child child = child_new("inner", 0, child_fails, NULL);

	child_run(&child);
}

static void dies(void)
{
	raise(SIGKILL);
}

static void exits(void)
{
	_exit(5);
}

static void hangs(void)
{
	if (!fork())
		setsid();
	puts("before");
	pause();
}

static void skips(void)
{
	SKIP("no %s here", "luck");
}

static void skips_after_failing(void)
{
	FAIL("first");
	SKIP("then");
}

TEST(test_lib, "a test that dies, exits, hangs or fails in a child has failed")
{
	struct outcome outcome = outcome_of(fails_in_a_child, 0);
	uint64_t start;

	CHECK_EQ(outcome.result, FAILED);
	outcome = outcome_of(dies, 0);
	CHECK_EQ(outcome.result, FAILED);
	CHECK_HAS(outcome.output, "signal 9");
	CHECK_EQ(outcome_of(exits, 0).result, FAILED);
	start = now_ns();
	outcome = outcome_of(hangs, 1);
	CHECK_EQ(outcome.result, FAILED);
	CHECK_HAS(outcome.output, "before\n");
	CHECK_HAS(outcome.output, "not done within");
	CHECK_BETWEEN(1e9 * slow() * 0.9, now_ns() - start, 5e9 * slow());
	/* Its child, in a session of its own, is gone as well. */
	CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
}

TEST(test_lib, "a skip has its reason, and doesn't hide a failure")
{
	struct outcome outcome = outcome_of(skips, 0);

	CHECK_EQ(outcome.result, SKIPPED);
	CHECK_STR(outcome.reason, "no luck here");
	CHECK_EQ(outcome_of(skips_after_failing, 0).result, FAILED);
}

static void makes_files(void)
{
	REQUIRE(mkdir(tmp("a"), 0700) == 0);
	close(open(tmp("a/b"), O_CREAT, 0));
	puts(tmp(NULL));
}

TEST(test_lib, "each test has a directory of its own, which goes with it")
{
	struct outcome outcome = outcome_of(makes_files, 0);

	CHECK_EQ(outcome.result, PASSED);
	CHECK(strcmp(outcome.output, tmp(NULL)));
	outcome.output[strcspn(outcome.output, "\n")] = 0;
	CHECK(access(outcome.output, F_OK) && errno == ENOENT);
}

TEST(test_lib, "run() has output, errors and status, and ends what is late")
{
	struct job *job = run("sh", "-c", "echo out; echo err >&2; exit 7");

	CHECK_EQ(job->status, 7);
	CHECK_STR(job->out, "out\n");
	CHECK_STR(job->err, "err\n");
	CHECK_EQ(run("sh", "-c", "kill -9 $$")->status, 128 + SIGKILL);
	CHECK_EQ(run("/nowhere")->status, 127);
	CHECK_EQ(lines(""), 0);
	CHECK_EQ(lines("a"), 1);
	CHECK_EQ(lines("a\n"), 1);
	CHECK_EQ(lines("a\n\n"), 2);
}

static void runs_too_long(void)
{
	job_run(&(struct how){.deadline = 0.2}, ARGV("sleep", "1000"));
}

TEST(test_lib, "a command that outlives its deadline fails the test")
{
	struct outcome outcome = outcome_of(runs_too_long, 0);

	CHECK_EQ(outcome.result, FAILED);
	CHECK_HAS(outcome.output, "did not end within");
}

TEST(test_lib, "rows are found, counted and added up; loss lines are no rows")
{
	struct job *job;
	json_t *r;
	int n = 0;

	fake_corekit("snoop) ready \"$@\"\n"
		     "	trap 'echo \"{\\\"lost\\\":5,\\\"why\\\":\\\"full\\\"}\"; exit 0' INT\n"
		     "	echo '{\"path\":\"/a\",\"pid\":1,\"n\":10}'\n"
		     "	echo '{\"path\":\"/a\",\"pid\":2,\"n\":20}'\n"
		     "	echo '{\"lost\":3,\"why\":\"full\"}'\n"
		     "	printf '%s\\n' '{\"path\":\"\\u001b\\n\",\"pid\":2,\"n\":12345678901234567}'\n"
		     "	while :; do sleep 0.01; done;;");
	job = tool_start("snoop", "-p", text("%d", 1));
	while (lines(job_now(job)) < 4)
		nap(1000000);
	tool_stop(job);
	CHECK_EQ(rows(job), 3);
	CHECK_EQ(rows(job, IS("path", "/a")), 2);
	CHECK_EQ(rows(job, IS("path", "/a"), IS("pid", 2)), 1);
	CHECK_EQ(rows(job, IS("path", "/b")), 0);
	CHECK_EQ(rows(job, IS("none", 0)), 0);
	CHECK_EQ(rows(job, IS("path", "\033\n"), IS("n", 12345678901234567)), 1);
	CHECK_EQ(sum(job, "n", IS("path", "/a")), 30);
	CHECK_EQ(number(row(job, IS("pid", 2)), "n"), 20);
	CHECK_STR(string(row(job, IS("pid", 1)), "path"), "/a");
	CHECK_EQ(lost(job), 8);
	each_row(r, job, IS("pid", 2)) n++;
	CHECK_EQ(n, 2);
}

TEST(test_lib, "strings are the bytes that the tool saw, absent and null are nothing")
{
	struct job *job;

	fake_corekit("snoop) ready \"$@\"\n"
		     "	printf '%s\\n' '{\"path\":\"a\\udcff\\udc80\\\\udc81\\u00e9\",\"error\":null}'\n"
		     "	printf '%s\\n' '{\"path\":\"b\",\"error\":\"ENOENT\"}'\n"
		     "	printf '%s\\n' '{\"list\":[\"\\udcfe\"]}';;");
	job = tool_start("snoop");
	tool_wait(job);
	CHECK_EQ(rows(job, IS("path", "a\xff\x80\\udc81\xc3\xa9")), 1);
	CHECK_EQ(rows(job, IS("error", NOTHING)), 2);
	CHECK_EQ(rows(job, IS("error", NOTHING), IS("path", "b")), 0);
	CHECK_STR(json_string_value(json_array_get(json_object_get(row(job, IS("path", NOTHING)), "list"), 0)), "\xfe");
}

static void bad_json(void)
{
	fake_corekit("snoop) ready \"$@\"; echo '{\"a\":1'; exit 0;;");
	tool_wait(tool_start("snoop"));
}

static void finds_less(const char *losses)
{
	fake_corekit(text("snoop) ready \"$@\"; echo '{\"n\":1}'; %s exit 0;;", losses));
	struct job *job = tool_start("snoop");

	tool_wait(job);
	CHECK_EQ(rows(job), 2);
}

static void finds_less_unexplained(void)
{
	finds_less("echo '{\"lost\":1,\"why\":\"full\"}';");
}

static void finds_less_skipped(void)
{
	finds_less("echo '{\"lost\":1,\"why\":\"probe missed\"}';");
}

static void finds_less_by_far(void)
{
	finds_less("echo '{\"lost\":101,\"why\":\"probe missed\"}';");
}

TEST(test_lib, "what fails where the kernel has skipped a few programs is void, on emulated CPUs only")
{
	setenv("TEST_SLOW", "10", true);
	CHECK_EQ(outcome_of(finds_less_unexplained, 0).result, FAILED);
	CHECK_EQ(outcome_of(finds_less_by_far, 0).result, FAILED);
	CHECK_EQ(outcome_of(finds_less_skipped, 0).result, SKIPPED);
	CHECK_HAS(outcome_of(finds_less_skipped, 0).reason, "void:");
	setenv("TEST_SLOW", "1", true);
	CHECK_EQ(outcome_of(finds_less_skipped, 0).result, FAILED);
}

static void bad_status(void)
{
	fake_corekit("snoop) ready \"$@\"; exit 4;;");
	tool_wait(tool_start("snoop"));
}

static void never_ready(void)
{
	fake_corekit("snoop) echo 'snoop: it broke' >&2; exit 1;;");
	tool_start("snoop");
	puts("not reached");
}

static void no_row(void)
{
	fake_corekit("snoop) ready \"$@\"; echo '{\"a\":1}'; exit 0;;");

	struct job *job = tool_start("snoop");

	tool_wait(job);
	row(job, IS("a", 2));
}

TEST(test_lib, "a tool that fails, prints no JSON or never gets ready fails the test")
{
	struct outcome outcome = outcome_of(never_ready, 0);

	CHECK_EQ(outcome.result, FAILED);
	CHECK_HAS(outcome.output, "snoop: it broke");
	CHECK(!strstr(outcome.output, "not reached"));
	CHECK_EQ(outcome_of(bad_json, 0).result, FAILED);
	CHECK_EQ(outcome_of(bad_status, 0).result, FAILED);
	outcome = outcome_of(no_row, 0);
	CHECK_EQ(outcome.result, FAILED);
	CHECK_HAS(outcome.output, "wanted: a = 2");
}

static void cannot_run(void)
{
	fake_corekit("snoop) echo 'snoop: no vfs_create here' >&2; exit 3;;\n"
		     "doctor) echo '{\"tool\":\"snoop\",\"status\":\"cannot\",\"why\":\"no vfs_create\"}';;");
	tool_start("snoop");
}

static void says_it_cannot(void)
{
	fake_corekit("snoop) echo 'snoop: no vfs_create here' >&2; exit 3;;\n"
		     "doctor) echo '{\"tool\":\"snoop\",\"status\":\"runs\",\"why\":\"\"}';;");
	tool_start("snoop");
}

static void cannot_without_a_word(void)
{
	fake_corekit("snoop) exit 3;;\n"
		     "doctor) echo '{\"tool\":\"snoop\",\"status\":\"cannot\",\"why\":\"no vfs_create\"}';;");
	needs("snoop");
}

TEST(test_lib, "only a tool that doctor says cannot run, and says so itself, is skipped")
{
	struct outcome outcome = outcome_of(cannot_run, 0);

	CHECK_EQ(outcome.result, SKIPPED);
	CHECK_STR(outcome.reason, "no vfs_create");
	CHECK_EQ(outcome_of(says_it_cannot, 0).result, FAILED);
	CHECK_EQ(outcome_of(cannot_without_a_word, 0).result, FAILED);
}

TEST(test_lib, "a million lines are read, checked and counted", .timeout = 120)
{
	long wanted = slow() > 1 ? 20000 : 1000000;
	struct job *job;

	fake_corekit(
		"snoop) ready \"$@\"; yes '{\"time\":123456789,\"pid\":42,\"comm\":\"truth\",\"path\":\"/tmp/x\"}' | "
		"head -n \"$5\";;");
	job = tool_start("snoop", text("%ld", wanted));
	job_wait(job, 60);
	tool_wait(job);
	CHECK_EQ(rows(job, IS("pid", 42)), wanted);
}

static void check_comm(void *arg)
{
	char *comm = file_text("/proc/thread-self/comm");

	CHECK_STR(comm, arg);
	CHECK(getpid() > 1);
}

static void check_user(void *arg)
{
	CHECK_EQ(getuid(), *(uid_t *)arg);
	check_comm("named\n");
}

TEST(test_lib, "children and threads have the name, user and CPU that was asked for")
{
	uid_t nobody = 65534;
	struct child child = child_new("named", nobody, check_user, &nobody);
	pid_t tid;

	CHECK(child.pid > 0);
	child_run(&child);
	tid = thread_run("worker", cpus() - 1, check_comm, "worker\n");
	CHECK(tid > 0 && tid != getpid());
}

TEST(test_lib, "TCP pairs carry what they should, in IPv4 and IPv6")
{
	for (int i = 0; i < 2; i++) {
		struct tcp tcp = tcp_open(i ? AF_INET6 : AF_INET);

		CHECK(tcp.client_port && tcp.server_port && tcp.client_port != tcp.server_port);
		tcp_send(&tcp, 10000, 1);
		tcp_close(&tcp);
	}
}

static void makes_a_cgroup(void)
{
	const char *path = cgroup_new("outer");

	REQUIRE(mkdir(text("%s/inner", path), 0755) == 0);
	cgroup_enter(text("%s/inner", path), 0);
	CHECK(cgroup_id(path) > 0);
	puts(path);
}

TEST(test_lib, "a cgroup goes with its test, and those inside it")
{
	struct outcome outcome = outcome_of(makes_a_cgroup, 0);

	if (outcome.result == SKIPPED)
		SKIP("%s", outcome.reason);
	CHECK_EQ(outcome.result, PASSED);
	outcome.output[strcspn(outcome.output, "\n")] = 0;
	CHECK(access(outcome.output, F_OK));
}

TEST(test_lib, "32-bit calls reach the kernel")
{
	char *path;
	long fd;

	if (!int80_works())
		SKIP("this machine takes no 32-bit system calls");
	path = strcpy(low(4096), "/dev/null");
	fd = int80(5, (long)path, O_RDONLY, 0, 0);
	CHECK(fd >= 0);
	CHECK_EQ(int80(5, (long)strcpy(path, "/dev/none"), O_RDONLY, 0, 0), -ENOENT);
}

TEST(test_lib, "time passes as it should")
{
	uint64_t start = now_ns();

	busy(20000000);
	nap(20000000);
	CHECK_BETWEEN(40e6, now_ns() - start, 2e9 * slow());
}
