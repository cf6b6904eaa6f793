// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <pty.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <termios.h>
#include "test.h"

#define LONG 10000

struct terminal {
	int master, slave;
	char name[64];
};

/* Nothing is changed on the way, nothing echoed, and nobody waits: a child reads what is written. */
static struct terminal terminal_new(void)
{
	struct terminal t;
	struct termios mode;
	pid_t pid;
	char bytes[4096];

	REQUIRE(openpty(&t.master, &t.slave, t.name, NULL, NULL) == 0 && tcgetattr(t.slave, &mode) == 0);
	cfmakeraw(&mode);
	REQUIRE(tcsetattr(t.slave, TCSANOW, &mode) == 0);
	pid = fork();
	if (!pid) {
		close(t.slave);
		while (read(t.master, bytes, sizeof(bytes)) > 0)
			;
		_exit(0);
	}
	return t;
}

/* Another devpts, whose terminals count from 0 as well: the slave of the one that has this number. */
static int same_number(int number)
{
	const char *folder = tmp("pts");
	int fd = -1, yes = 0, last = -1;

	REQUIRE(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	REQUIRE(mkdir(folder, 0700) == 0 && mount("devpts", folder, "devpts", 0, "newinstance,ptmxmode=0666") == 0);
	while (last < number) {
		fd = open(text("%s/ptmx", folder), O_RDWR | O_NOCTTY | O_CLOEXEC);
		REQUIRE(fd >= 0 && ioctl(fd, TIOCGPTN, &last) == 0);
	}
	REQUIRE(ioctl(fd, TIOCSPTLCK, &yes) == 0);
	fd = open(text("%s/%d", folder, number), O_RDWR | O_NOCTTY | O_CLOEXEC);
	REQUIRE(fd >= 0);
	return fd;
}

struct screens {
	struct terminal watched, other;
	int elsewhere;
	char big[LONG];
};

static void say(int fd, const char *what)
{
	REQUIRE(write(fd, what, strlen(what)) == (ssize_t)strlen(what));
}

static void work(void *arg)
{
	struct iovec parts[] = {{"one ", 4}, {"", 0}, {"two ", 4}, {"three", 5}};
	struct screens *s = arg;
	char typed[16];
	int own;

	REQUIRE(setsid() > 0 && ioctl(s->watched.slave, TIOCSCTTY, 0) == 0);
	own = open("/dev/tty", O_RDWR | O_CLOEXEC);
	REQUIRE(own >= 0);
	say(s->watched.slave, "plain\033[1m\r\n");
	REQUIRE(writev(s->watched.slave, parts, 4) == 13);
	say(own, "by its other name");
	say(s->other.slave, "not here");
	say(s->elsewhere, "not there");
	REQUIRE(write(s->watched.slave, "", 0) == 0);
	REQUIRE(write(s->watched.master, "typed", 5) == 5 && read(s->watched.slave, typed, sizeof(typed)) == 5);
	REQUIRE(write(s->watched.slave, s->big, LONG) == LONG);
}

static bool data_is(json_t *r, const char *bytes, size_t n)
{
	json_t *data = json_object_get(r, "data");

	return json_string_length(data) == n && !memcmp(json_string_value(data), bytes, n);
}

TEST(ttysnoop, "what is written to a terminal, by whom, also as /dev/tty; not to one of the same number elsewhere; what is typed, and raw")
{
	struct screens *s = calloc(1, sizeof(*s));
	struct job *job, *both, *raw;
	struct child writer;
	const char *pid;
	json_t *r;

	s->watched = terminal_new();
	s->other = terminal_new();
	for (int i = 0; i < LONG; i++)
		s->big[i] = 'a' + i / 100 % 26;
	s->elsewhere = same_number(atoi(strrchr(s->watched.name, '/') + 1));
	writer = child_new("writer", 0, work, s);
	pid = text("%d", writer.pid);
	job = tool_start("ttysnoop", "-n", "writer", s->watched.name);
	both = tool_start("ttysnoop", "-p", pid, "--input", "--datacount", "2", "-s", "9000", s->watched.name + strlen("/dev/"));
	raw = tool_start("ttysnoop", "-p", pid, "--raw", "-f", "text", "-s", "5", strrchr(s->watched.name, '/') + 1);
	child_run(&writer);
	tool_stop(job);
	tool_stop(both);
	CHECK_EQ(job_end(raw, SIGINT), 0);
	CHECK_EQ(rows(job, IS("pid", writer.pid), IS("tid", writer.pid), IS("comm", "writer"), IS("call", "write")), rows(job));
	CHECK_EQ(rows(job, IS("data", "plain\033[1m\r\n"), IS("length", 11)), 1);
	CHECK_EQ(rows(job, IS("data", "one "), IS("length", 13), IS("offset", 0), IS("cut", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("data", "two "), IS("length", 13), IS("offset", 4), IS("cut", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("data", "three"), IS("length", 13), IS("offset", 8), IS("cut", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("data", "by its other name"), IS("length", 17)), 1);
	CHECK_EQ(rows(job), 6);
	r = row(job, IS("length", LONG), IS("cut", LONG - 8192));
	CHECK(data_is(r, s->big, 8192));
	CHECK_NO_LOSS(job);
	/* of the four parts the first two, of which one is empty; 9,000 bytes in two rows; what was typed */
	CHECK_EQ(rows(both, IS("data", "one "), IS("length", 13), IS("cut", NOTHING)), 1);
	CHECK_EQ(rows(both, IS("data", NOTHING), IS("length", 13), IS("offset", 4), IS("cut", 9)), 1);
	CHECK_EQ(rows(both, IS("length", 13)), 2);
	CHECK_EQ(rows(both, IS("call", "read"), IS("data", "typed"), IS("length", 5)), 1);
	CHECK_EQ(rows(both, IS("call", "read")), 1);
	CHECK_EQ(rows(both, IS("length", LONG), IS("offset", 0), IS("cut", NOTHING)), 1);
	r = row(both, IS("length", LONG), IS("offset", 8192), IS("cut", 1000));
	CHECK(data_is(r, s->big + 8192, 9000 - 8192));
	CHECK_EQ(rows(both), 7);
	CHECK_STR(raw->out, "plainone tby itaaaaa");
}

TEST(ttysnoop, "what is no terminal, or not one alone, is refused in one line")
{
	static const char *const words[][3] = {{NULL}, {"/dev/null"}, {"/dev/tty"}, {"nowhere"}, {"--raw", "-j", "/dev/ptmx"}};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		struct job *bad = run("corekit", "ttysnoop", "-d", "10ms", words[i][0], words[i][1], words[i][2]);

		CHECK_EQ(bad->status, 2);
		CHECK_EQ(lines(bad->err), 1);
	}
}
