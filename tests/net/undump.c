// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stddef.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include "test.h"

#define LONG 20000

static char big[LONG];

static void receive(void *arg)
{
	struct sockaddr_un bound = {.sun_family = AF_UNIX}, abstract = {.sun_family = AF_UNIX, .sun_path = "\0undump"};
	socklen_t abstract_length = offsetof(struct sockaddr_un, sun_path) + 7;
	char to[LONG], first[3], second[8];
	struct iovec parts[] = {{first, sizeof(first)}, {second, sizeof(second)}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	struct mmsghdr many[2] = {{.msg_hdr = {.msg_iov = &parts[0], .msg_iovlen = 1}}, {.msg_hdr = {.msg_iov = &parts[1], .msg_iovlen = 1}}};
	int stream[2], packet[2], named, unnamed, pipes[2];
	struct tcp tcp = tcp_open(AF_INET);

	(void)arg;
	snprintf(bound.sun_path, sizeof(bound.sun_path), "%s", tmp("socket"));
	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, stream) == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET, 0, packet) == 0);
	named = socket(AF_UNIX, SOCK_DGRAM, 0);
	unnamed = socket(AF_UNIX, SOCK_DGRAM, 0);
	REQUIRE(bind(named, (void *)&bound, sizeof(bound)) == 0 && connect(unnamed, (void *)&bound, sizeof(bound)) == 0);
	/* read, peeked at, readv */
	REQUIRE(write(stream[0], "by\0read", 7) == 7 && read(stream[1], to, sizeof(to)) == 7);
	REQUIRE(write(stream[0], "by readv", 8) == 8 && recv(stream[1], to, sizeof(to), MSG_PEEK) == 8);
	REQUIRE(readv(stream[1], parts, 2) == 8);
	/* recvmsg, recv of more than there is room for, recvmmsg */
	REQUIRE(write(packet[0], "packet", 6) == 6 && recvmsg(packet[1], &message, 0) == 6);
	REQUIRE(write(unnamed, "datagram", 8) == 8 && recv(named, to, 4, MSG_TRUNC) == 8);
	REQUIRE(write(unnamed, "1st", 3) == 3 && write(unnamed, "2nd one", 7) == 7 && recvmmsg(named, many, 2, 0, NULL) == 2);
	/* neither of these is received over a local socket, or at all */
	tcp_send(&tcp, 100, 100);
	REQUIRE(pipe(pipes) == 0 && write(pipes[1], "pipe", 4) == 4 && read(pipes[0], to, sizeof(to)) == 4);
	REQUIRE(recv(named, to, sizeof(to), MSG_DONTWAIT) == -1);
	close(named);
	named = socket(AF_UNIX, SOCK_DGRAM, 0);
	REQUIRE(bind(named, (void *)&abstract, abstract_length) == 0 && connect(unnamed, (void *)&abstract, abstract_length) == 0);
	REQUIRE(write(unnamed, big, LONG) == LONG && read(named, to, sizeof(to)) == LONG);
}

static bool data_is(json_t *r, const char *bytes, size_t n)
{
	json_t *data = json_object_get(r, "data");

	return json_string_length(data) == n && !memcmp(json_string_value(data), bytes, n);
}

TEST(undump, "what is received over local sockets, by each call that can, to the byte; over nothing else")
{
	struct job *job, *more;
	struct child child;
	const char *path;
	json_t *r;

	for (int i = 0; i < LONG; i++)
		big[i] = 'a' + i / 100 % 26;
	child = child_new("receiver", 0, receive, NULL);
	job = tool_start("undump", "-p", text("%d", child.pid));
	more = tool_start("undump", "-n", "receiver", "-s", "12k", "-x");
	child_run(&child);
	tool_stop(job);
	tool_stop(more);
	path = tmp("socket");
	CHECK_EQ(rows(job, IS("pid", child.pid), IS("tid", child.pid), IS("comm", "receiver")), rows(job));
	CHECK(data_is(row(job, IS("type", "stream"), IS("length", 7), IS("path", NOTHING)), "by\0read", 7));
	CHECK_ROWS(job, 1, IS("type", "stream"), IS("length", 8), IS("offset", 0), IS("data", "by "));
	CHECK_ROWS(job, 1, IS("type", "stream"), IS("length", 8), IS("offset", 3), IS("data", "readv"), IS("cut", NOTHING));
	CHECK_ROWS(job, 3, IS("type", "stream"));
	CHECK_ROWS(job, 1, IS("type", "packet"), IS("length", 6), IS("offset", 0), IS("data", "pac"));
	CHECK_ROWS(job, 1, IS("type", "packet"), IS("length", 6), IS("offset", 3), IS("data", "ket"));
	CHECK_ROWS(job, 2, IS("type", "packet"));
	CHECK_ROWS(job, 1, IS("type", "dgram"), IS("path", path), IS("length", 4), IS("data", "data"));
	CHECK_ROWS(job, 1, IS("type", "dgram"), IS("path", path), IS("length", 3), IS("data", "1st"));
	CHECK_ROWS(job, 1, IS("type", "dgram"), IS("path", path), IS("length", 7), IS("data", "2nd one"));
	r = row(job, IS("path", "@undump"), IS("length", LONG), IS("cut", LONG - 8192));
	CHECK(data_is(r, big, 8192));
	CHECK_ROWS(job, 4, IS("type", "dgram"));
	CHECK_ROWS(job, 9);
	CHECK_NO_LOSS(job);
	CHECK_ROWS(more, 2, IS("length", LONG));
	r = row(more, IS("length", LONG), IS("offset", 8192), IS("cut", LONG - 12288));
	CHECK_EQ(json_string_length(json_object_get(r, "data")), 2 * 4096);
	CHECK_ROWS(more, 1, IS("data", "64617461"));
}
