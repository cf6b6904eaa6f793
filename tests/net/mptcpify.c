// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/socket.h>
#include "net.h"

#define MPTCP 262	/* IPPROTO_MPTCP */

static int protocol_of(int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC, protocol), is = -1;
	socklen_t length = sizeof(is);

	REQUIRE(fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &is, &length) == 0);
	close(fd);
	return is;
}

static void wanted(void *arg)
{
	const struct sockaddr_in *to = arg;
	int fd;

	CHECK_EQ(protocol_of(AF_INET, SOCK_STREAM, 0), MPTCP);
	CHECK_EQ(protocol_of(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP), MPTCP);
	CHECK_EQ(protocol_of(AF_INET6, SOCK_STREAM, 0), MPTCP);
	CHECK_EQ(protocol_of(AF_INET, SOCK_DGRAM, 0), IPPROTO_UDP);
	CHECK_EQ(protocol_of(AF_UNIX, SOCK_STREAM, 0), 0);
	/* a peer that has a socket of plain TCP is spoken to as ever */
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	REQUIRE(connect(fd, (const void *)to, sizeof(*to)) == 0 && send(fd, "hello", 5, 0) == 5);
}

static void unwanted(void *arg)
{
	(void)arg;
	CHECK_EQ(protocol_of(AF_INET, SOCK_STREAM, 0), IPPROTO_TCP);
	CHECK_EQ(protocol_of(AF_INET6, SOCK_STREAM, 0), IPPROTO_TCP);
}

TEST(mptcpify, "stream sockets of those that the filters name are MPTCP, all others what they were")
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	struct child child = child_new("wanted", 0, wanted, &talk.to), other = child_new("unwanted", 0, unwanted, NULL),
		     late = child_new("wanted", 0, unwanted, NULL);
	struct job *job = tool_start("mptcpify", "-n", "wanted");
	char block[5];
	int fd;

	child_run(&child);
	child_run(&other);
	CHECK_EQ(protocol_of(AF_INET, SOCK_STREAM, 0), IPPROTO_TCP);
	fd = accept4(talk.listener, NULL, NULL, SOCK_CLOEXEC);
	CHECK(recv(fd, block, 5, MSG_WAITALL) == 5 && !memcmp(block, "hello", 5));
	tool_stop(job);
	child_run(&late);	/* now as ever */
	CHECK_EQ(rows(job), 4);
	CHECK_EQ(rows(job, IS("pid", child.pid), IS("comm", "wanted"), IS("family", 4)), 3);
	CHECK_EQ(rows(job, IS("pid", child.pid), IS("family", 6)), 1);
	CHECK_NO_LOSS(job);
}
