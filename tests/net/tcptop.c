// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include "net.h"

static void check(int family, const char *address, const char *looks, int version)
{
	struct talk talk = talk_new(family, address);
	struct where client, server;
	struct ends ends;
	struct job *job;

	talk.up = 123457;
	talk.down = 1000003;
	talk.pause = 450000000;	/* so that more than one interval has something */
	ends = ends_new(&talk);
	client = IS("pid", ends.client.pid);
	server = IS("pid", ends.server.pid);
	job = tool_start("tcptop", "-o", "+total,family", "-i", "200ms", "-P", text("%d", talk.port));
	ends_run(&ends);
	tool_stop(job);
	CHECK_EQ(sum(job, "tx", client), talk.up);
	CHECK_EQ(sum(job, "rx", client), talk.down);
	CHECK_EQ(sum(job, "tx", server), talk.down);
	CHECK_EQ(sum(job, "rx", server), talk.up);
	CHECK_EQ(sum(job, "total"), 2 * (talk.up + talk.down));
	CHECK_EQ(rows(job, client, IS("rport", talk.port), IS("lport", talk.shared->port), IS("raddr", looks), IS("laddr", looks),
		      IS("family", version), IS("comm", "connector")), rows(job, client));
	CHECK_EQ(rows(job, server, IS("lport", talk.port), IS("rport", talk.shared->port), IS("comm", "acceptor")), rows(job, server));
	CHECK(rows(job, client) > 0 && rows(job, server) > 0);
	CHECK_NO_LOSS(job);
}

TEST(tcptop, "bytes of both processes, exact over all intervals: IPv4, IPv6, and IPv4 over IPv6")
{
	check(AF_INET, "127.0.0.1", "127.0.0.1", 4);
	check(AF_INET6, "::1", "::1", 6);
	check(AF_INET6, "::ffff:127.0.0.1", "127.0.0.1", 4);
}

TEST(tcptop, "by whichever call, and what is only peeked at isn't read")
{
	struct tcp tcp = tcp_open(AF_INET);
	struct job *job = tool_start("tcptop", "-i", "30", "-P", text("%d", tcp.server_port), "-p", text("%d", getpid()));
	char bytes[1000] = {};
	struct iovec parts[2] = {{bytes, 30}, {bytes, 40}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	struct mmsghdr messages[2] = {{message, 0}, {message, 0}};
	int file = open(tmp("file"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	off_t start = 0;

	REQUIRE(ftruncate(file, 100000) == 0);
	REQUIRE(write(tcp.client, bytes, 10) == 10);
	REQUIRE(writev(tcp.client, parts, 2) == 70);
	REQUIRE(sendmsg(tcp.client, &message, 0) == 70);
	REQUIRE(sendmmsg(tcp.client, messages, 2, 0) == 2);
	REQUIRE(sendfile(tcp.client, file, &start, 200) == 200);
	REQUIRE(recv(tcp.server, bytes, 490, MSG_PEEK | MSG_WAITALL) == 490);
	REQUIRE(recv(tcp.server, bytes, 5, MSG_PEEK) == 5);
	REQUIRE(read(tcp.server, bytes, 90) == 90);
	REQUIRE(readv(tcp.server, parts, 2) == 70);
	REQUIRE(recvmsg(tcp.server, &message, 0) == 70);
	REQUIRE(recv(tcp.server, NULL, 60, MSG_TRUNC | MSG_WAITALL) == 60);
	REQUIRE(recv(tcp.server, bytes, 200, MSG_WAITALL) == 200);
	REQUIRE(recv(tcp.server, bytes, 1, MSG_DONTWAIT) == -1);
	tool_stop(job);
	CHECK_EQ(sum(job, "tx"), 490);
	CHECK_EQ(sum(job, "rx"), 490);
	CHECK_EQ(sum(job, "tx", IS("lport", tcp.client_port)), 490);
	CHECK_EQ(sum(job, "rx", IS("lport", tcp.server_port)), 490);
}

static void pump_many(void *arg)
{
	struct talk *talk = arg;
	char byte;

	for (int i = 0; i < 200; i++) {
		int fd = connect_to(talk), to = accept4(talk->listener, NULL, NULL, SOCK_CLOEXEC);

		REQUIRE(send(fd, "abc", 3, 0) == 3 && recv(to, &byte, 1, 0) == 1);
		close(fd);
		close(to);
	}
}

TEST(tcptop, "short connections count as well, with the rest of each unread; filters, order and number of rows")
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1"), other = talk_new(AF_INET6, "::1");
	struct child child = child_new("pump", 0, pump_many, &talk), six = child_new("pump", 0, pump_many, &other);
	struct job *all = tool_start("tcptop", "-n", "pump", "-i", "30", "-o", "+family"),
		   *few = tool_start("tcptop", "-4", "-p", text("%d", child.pid), "-i", "30", "-r", "3", "--sort", "tx");

	child_run(&child);
	child_run(&six);
	tool_stop(all);
	tool_stop(few);
	CHECK_EQ(sum(all, "tx", IS("pid", child.pid)), 600);
	CHECK_EQ(sum(all, "rx", IS("pid", child.pid)), 200);
	CHECK_EQ(sum(all, "tx", IS("family", 6)), 600);
	CHECK_EQ(rows(all, IS("pid", child.pid)), 400);
	CHECK_EQ(rows(few), 3);
	CHECK_EQ(rows(few, IS("tx", 3), IS("pid", child.pid)), 3);
}
