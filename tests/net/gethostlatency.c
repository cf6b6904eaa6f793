// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <netdb.h>
#include <setjmp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include "net.h"

#define DELAY 120000000ULL

static void ask(void *arg)
{
	struct sockaddr_in of = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc0000201)};
	struct hostent entry, *result = &entry;
	char text[256], buffer[2000];
	int error = 0;

	(void)arg;
	REQUIRE(look_up("slow.test") == 0 && look_up("quick.test") == 0 && look_up("none.test") == EAI_NONAME);
	REQUIRE(look_up(NULL) == 0);
	REQUIRE(gethostbyname("byname.test") && !gethostbyname("none.byname.test"));
	REQUIRE(gethostbyname_r("none.r.test", &entry, buffer, sizeof(buffer), &result, &error) >= 0 && !result);
	REQUIRE(gethostbyname2("two.test", AF_INET));
	REQUIRE(!gethostbyaddr(&of.sin_addr, 4, AF_INET));
	REQUIRE(getnameinfo((void *)&of, sizeof(of), text, sizeof(text), NULL, 0, NI_NAMEREQD) == EAI_NONAME);
}

TEST(gethostlatency, "each call once: its name or address, how long it took, why it failed")
{
	struct child asker, other;
	struct job *job;

	nameserver(DELAY);
	asker = child_new("asker", 0, ask, NULL);
	other = child_new("other", 0, ask, NULL);
	job = tool_start("gethostlatency", "-p", text("%d,%d", asker.pid, other.pid), "-n", "asker", "-o", "+call");
	child_run(&asker);
	child_run(&other);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("pid", asker.pid), IS("tid", asker.pid), IS("comm", "asker")), 10);
	CHECK_EQ(rows(job), 10);
	CHECK_EQ(rows(job, IS("host", "slow.test"), IS("error", NOTHING), IS("call", "getaddrinfo")), 1);
	CHECK(number(row(job, IS("host", "slow.test")), "latency_ns") >= (long long)DELAY);
	CHECK_EQ(rows(job, IS("host", "quick.test"), IS("error", NOTHING)), 1);
	CHECK(number(row(job, IS("host", "quick.test")), "latency_ns") > 0);
	CHECK_EQ(rows(job, IS("host", "none.test"), IS("error", "EAI_NONAME")), 1);
	CHECK_EQ(rows(job, IS("host", NOTHING), IS("error", NOTHING), IS("call", "getaddrinfo")), 1);
	CHECK_EQ(rows(job, IS("host", "byname.test"), IS("error", NOTHING), IS("call", "gethostbyname")), 1);
	CHECK_EQ(rows(job, IS("host", "none.byname.test"), IS("error", "failed"), IS("call", "gethostbyname")), 1);
	CHECK_EQ(rows(job, IS("host", "none.r.test"), IS("error", "failed"), IS("call", "gethostbyname_r")), 1);
	CHECK_EQ(rows(job, IS("host", "two.test"), IS("error", NOTHING), IS("call", "gethostbyname2")), 1);
	CHECK_EQ(rows(job, IS("host", "192.0.2.1"), IS("error", "failed"), IS("call", "gethostbyaddr")), 1);
	CHECK_EQ(rows(job, IS("host", "192.0.2.1"), IS("error", "EAI_NONAME"), IS("call", "getnameinfo")), 1);
	CHECK_NO_LOSS(job);
}

static sigjmp_buf left;

static void leave(int signal)
{
	(void)signal;
	siglongjmp(left, 1);
}

static void give_up(void *arg)
{
	struct itimerval in = {.it_value = {.tv_usec = 50000}};
	char byte;

	signal(SIGALRM, leave);
	if (!sigsetjmp(left, 1)) {
		setitimer(ITIMER_REAL, &in, NULL);
		look_up("never.test");
	}
	REQUIRE(look_up("slow.test") == 0 && look_up("slow.none.test") == EAI_NONAME);
	if (read(*(int *)arg, &byte, 1) < 0)	/* it can be asked for its C library while it is there */
		_exit(1);
}

static bool is_shown(void *job)
{
	return lines(job_now(job)) >= 1;
}

TEST(gethostlatency, "only what fails, only what takes long, whose libc it is; a call that was left by longjmp() doesn't hide the next")
{
	int end[2], opened = pipe2(end, O_CLOEXEC);
	struct child asker;
	struct job *job;

	REQUIRE(!opened);
	nameserver(DELAY);
	asker = child_new("asker", 0, give_up, &end[0]);
	job = tool_start("gethostlatency", "-x", "-m", "120", "-p", text("%d", asker.pid), "-o", "+libc");
	child_go(&asker);
	until(20, is_shown, job);
	REQUIRE(write(end[1], "", 1) == 1);
	child_wait(&asker);
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	CHECK_EQ(rows(job, IS("host", "slow.none.test"), IS("error", "EAI_NONAME"), IS("libc", "static")), 1);	/* as these tests are linked */
}

static const char source[] = "#include <netdb.h>\n#include <unistd.h>\n"
			     "int main(int n, char **arg) { char byte; struct addrinfo *found; read(0, &byte, 1);\n"
			     "	getaddrinfo(arg[1], 0, 0, &found); gethostbyname(arg[1]); read(0, &byte, 1); }\n";

/* In its read(2), so that its libraries are there. */
static bool waits(void *pid)
{
	return !strncmp(file_text(text("/proc/%d/syscall", *(pid_t *)pid)), "0 0x0 ", 6);
}

static bool four_shown(void *job)
{
	return lines(job_now(job)) >= 4;
}

TEST(gethostlatency, "musl's and a static program's calls are told apart, of processes that run already and by file")
{
	static const char *const kinds[][2] = {{"musl", ""}, {"static", "-static"}};
	struct job *job, *by_file;
	pid_t pid[2];
	int end[2][2];	/* a pipe each: one alone might read both bytes */

	if (run("sh", "-c", "command -v musl-gcc")->status)
		SKIP("no musl-gcc here");
	nameserver(DELAY);
	for (int i = 0; i < 2; i++) {
		const char *program = tmp(kinds[i][0]), *c = tmp("asker.c");
		int fd = open(c, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		REQUIRE(write(fd, source, strlen(source)) == (ssize_t)strlen(source) && close(fd) == 0);
		REQUIRE(run("sh", "-c", text("musl-gcc %s -w -o %s %s", kinds[i][1], program, c))->status == 0);
		REQUIRE(pipe2(end[i], O_CLOEXEC) == 0);
		pid[i] = fork();
		if (!pid[i]) {
			dup2(end[i][0], 0);
			execl(program, kinds[i][0], text("%s.test", kinds[i][0]), NULL);
			_exit(127);
		}
		REQUIRE(until(20, waits, &pid[i]));
	}
	job = tool_start("gethostlatency", "-p", text("%d,%d", pid[0], pid[1]), "-o", "+libc,call");
	by_file = tool_start("gethostlatency", "-l", tmp("static"));
	REQUIRE(write(end[0][1], "", 1) == 1 && write(end[1][1], "", 1) == 1);
	until(20, four_shown, job);
	REQUIRE(write(end[0][1], "", 1) == 1 && write(end[1][1], "", 1) == 1);
	tool_stop(job);
	tool_stop(by_file);
	CHECK_EQ(rows(job, IS("host", "musl.test"), IS("libc", "musl"), IS("call", "getaddrinfo")), 1);
	CHECK_EQ(rows(job, IS("host", "musl.test"), IS("libc", "musl"), IS("call", "gethostbyname")), 1);
	CHECK_EQ(rows(job, IS("host", "static.test"), IS("libc", "static")), 2);
	CHECK_EQ(rows(job), 4);
	CHECK_EQ(rows(by_file, IS("host", "static.test")), 2);
	CHECK_EQ(rows(by_file), 2);
}

static bool has_begun(void *job)
{
	char path[256] = "";

	return readlink(text("/proc/%d/exe", ((struct job *)job)->pid), path, sizeof(path) - 1) > 0 && strstr(path, "corekit");
}

TEST(gethostlatency, "a process or file that has none of the functions is refused in one line")
{
	static const char *const files[] = {"/proc/self/status", "/nowhere", "/"};
	struct job *alone = job_start(NULL, ARGV("corekit", "loads")), *bad;

	REQUIRE(until(20, has_begun, alone));
	bad = run("corekit", "gethostlatency", "-d", "10ms", "-p", text("%d", alone->pid));
	CHECK_EQ(bad->status, 2);
	CHECK_EQ(lines(bad->err), 1);
	CHECK_HAS(bad->err, "has no function getaddrinfo");
	job_end(alone, SIGINT);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		bad = run("corekit", "gethostlatency", "-d", "10ms", "-l", files[i]);
		CHECK_EQ(bad->status, 2);
		CHECK_EQ(lines(bad->err), 1);
	}
}
