// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "test.h"

#define MOST 253	/* SCM_MAX_FD */

struct load {
	int end[2], go[2];
	int fds[8], n;
	const char *path;
};

static size_t rights(struct msghdr *m, struct iovec *iov, void *control, size_t size, const int *fds, int n)
{
	struct cmsghdr *c = control;

	memset(control, 0, size);
	*m = (struct msghdr){.msg_iov = iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = n ? CMSG_SPACE(n * 4) : size};
	if (n) {
		*c = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(n * 4)};
		memcpy(CMSG_DATA(c), fds, n * 4);
	}
	return m->msg_controllen;
}

static void give(void *arg)
{
	static char control[CMSG_SPACE(MOST * 4)], other[CMSG_SPACE(MOST * 4)];
	struct load *load = arg;
	struct iovec iov = {"x", 1};
	struct msghdr m, plain = {.msg_iov = &iov, .msg_iovlen = 1};
	struct mmsghdr two[2] = {};
	int fds[MOST];

	REQUIRE(sendmsg(load->end[0], &plain, 0) == 1);		/* without any */
	rights(&m, &iov, control, sizeof(control), load->fds, 4);
	REQUIRE(sendmsg(load->end[0], &m, 0) == 1);
	rights(&two[0].msg_hdr, &iov, control, sizeof(control), load->fds, 1);
	rights(&two[1].msg_hdr, &iov, other, sizeof(other), load->fds + 1, 1);
	REQUIRE(sendmmsg(load->end[0], two, 2, 0) == 2);
	for (int i = 0; i < MOST; i++)
		fds[i] = load->fds[0];
	rights(&m, &iov, control, sizeof(control), fds, MOST);
	REQUIRE(sendmsg(load->end[0], &m, 0) == 1);
	fds[0] = 9999;
	rights(&m, &iov, control, sizeof(control), fds, 2);
	REQUIRE(sendmsg(load->end[0], &m, 0) == -1 && errno == EBADF);
}

static void take(void *arg)
{
	static char control[CMSG_SPACE(MOST * 4)];
	struct load *load = arg;
	char byte;
	struct iovec iov = {&byte, 1};
	struct msghdr m;
	int n = 0;

	for (int i = 0; i < 5; i++) {
		rights(&m, &iov, control, sizeof(control), NULL, 0);
		REQUIRE(recvmsg(load->end[1], &m, MSG_CMSG_CLOEXEC) == 1);
		if (m.msg_controllen)
			n += (CMSG_FIRSTHDR(&m)->cmsg_len - CMSG_LEN(0)) / 4;
	}
	REQUIRE(n == 4 + 2 + MOST);
}

static long long inode_of(int fd)
{
	struct stat st;

	REQUIRE(fstat(fd, &st) == 0);
	return st.st_ino;
}

TEST(sofdsnoop, "each descriptor that is passed, on both sides: which one, by which socket, and what it is")
{
	struct load load = {.path = tmp("a\nfile")};
	struct child giver, taker;
	struct job *job, *sent, *got;
	int pipes[2];

	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, load.end) == 0 && pipe2(pipes, O_CLOEXEC) == 0);
	load.fds[0] = open(load.path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	load.fds[1] = pipes[0];
	load.fds[2] = load.end[1];
	load.fds[3] = memfd_create("known", MFD_CLOEXEC);
	giver = child_new("giver", 0, give, &load);
	taker = child_new("taker", 0, take, &load);
	job = tool_start("sofdsnoop", "-p", text("%d,%d", giver.pid, taker.pid), "-o", "+number,of,inode");
	sent = tool_start("sofdsnoop", "-s", "-p", text("%d,%d", giver.pid, taker.pid));
	got = tool_start("sofdsnoop", "-R", "-n", "taker");
	child_run(&giver);
	child_run(&taker);
	tool_stop(job);
	tool_stop(sent);
	tool_stop(got);
	CHECK_EQ(rows(job, IS("pid", giver.pid), IS("comm", "giver"), IS("action", "send"), IS("socket", load.end[0]),
		      IS("inode", inode_of(load.end[0]))), 4 + 2 + MOST);
	CHECK_EQ(rows(job, IS("pid", taker.pid), IS("comm", "taker"), IS("action", "recv"), IS("socket", load.end[1]),
		      IS("inode", inode_of(load.end[1]))), 4 + 2 + MOST);
	CHECK_EQ(rows(job), 2 * (4 + 2 + MOST));
	for (int i = 0; i < 2; i++) {
		const char *action = i ? "recv" : "send";

		CHECK_EQ(rows(job, IS("action", action), IS("of", 4)), 4);
		CHECK_EQ(rows(job, IS("action", action), IS("of", 4), IS("number", 1), IS("name", load.path)), 1);
		CHECK_EQ(rows(job, IS("action", action), IS("of", 4), IS("number", 2),
			      IS("name", text("pipe:[%lld]", inode_of(pipes[0])))), 1);
		CHECK_EQ(rows(job, IS("action", action), IS("of", 4), IS("number", 3),
			      IS("name", text("socket:[%lld]", inode_of(load.end[1])))), 1);
		CHECK_HAS(string(row(job, IS("action", action), IS("of", 4), IS("number", 4)), "name"), "known");
		CHECK_EQ(rows(job, IS("action", action), IS("of", MOST), IS("name", load.path)), MOST);
	}
	CHECK_EQ(rows(job, IS("action", "send"), IS("of", 4), IS("number", 4), IS("fd", load.fds[3])), 1);
	CHECK_EQ(rows(job, IS("action", "send"), IS("of", 1)), 2);
	CHECK_EQ(rows(sent), 4 + 2 + MOST);
	CHECK_EQ(rows(sent, IS("action", "send")), rows(sent));
	CHECK_EQ(rows(got), 4 + 2 + MOST);
	CHECK_EQ(rows(got, IS("action", "recv")), rows(got));
	CHECK_NO_LOSS(job);
}

TEST(sofdsnoop, "options that exclude each other are refused in one line")
{
	struct job *job = run("corekit", "sofdsnoop", "-d", "10ms", "-s", "-R");

	CHECK_EQ(job->status, 2);
	CHECK_EQ(lines(job->err), 1);
}
