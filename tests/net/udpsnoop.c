// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/socket.h>
#include <sys/uio.h>
#include "net.h"

struct pair {
	int from, to, from_port, to_port;
	struct sockaddr_in6 name;	/* of `to` */
	socklen_t length;
};

static int bound(int family, const char *address, struct sockaddr_in6 *name, socklen_t *length)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)name;
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*length = family == AF_INET ? sizeof(*v4) : sizeof(*name);
	*name = (struct sockaddr_in6){.sin6_family = family};
	REQUIRE(inet_pton(family, address, family == AF_INET ? (void *)&v4->sin_addr : &name->sin6_addr) == 1);
	if (fd < 0 || bind(fd, (void *)name, *length))
		SKIP("no address family %d here", family);
	REQUIRE(getsockname(fd, (void *)name, length) == 0);
	return fd;
}

/* Neither is connected. */
static struct pair pair_new(int family, const char *address)
{
	struct pair p;

	tcp_close(&(struct tcp[]){tcp_open(AF_INET)}[0]);	/* lo is up after it */
	p.from = bound(family, address, &p.name, &p.length);
	p.from_port = ntohs(p.name.sin6_port);
	p.to = bound(family, address, &p.name, &p.length);
	p.to_port = ntohs(p.name.sin6_port);
	return p;
}

/* Each way to send and to receive once, with a length of its own. */
static void talk(struct pair *p)
{
	char bytes[2000] = {};
	struct sockaddr_in6 from;
	socklen_t length = sizeof(from);
	struct iovec iov[] = {{bytes, 100}, {bytes, 3}};
	struct msghdr m = {.msg_name = &p->name, .msg_namelen = p->length, .msg_iov = iov, .msg_iovlen = 2};
	struct mmsghdr many[2] = {{.msg_hdr = m}, {.msg_hdr = m}};

	many[1].msg_hdr.msg_iovlen = 1;
	REQUIRE(sendto(p->from, bytes, 1001, 0, (void *)&p->name, p->length) == 1001);
	REQUIRE(recvfrom(p->to, bytes, sizeof(bytes), MSG_PEEK, (void *)&from, &length) == 1001);
	REQUIRE(recvfrom(p->to, bytes, sizeof(bytes), 0, (void *)&from, &length) == 1001);
	REQUIRE(sendmsg(p->from, &m, 0) == 103);
	m = (struct msghdr){.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = iov, .msg_iovlen = 1};
	REQUIRE(recvmsg(p->to, &m, 0) == 100);			/* the rest of it is gone */
	REQUIRE(sendmmsg(p->from, many, 2, 0) == 2);
	REQUIRE(recv(p->to, bytes, sizeof(bytes), 0) == 103 && read(p->to, bytes, sizeof(bytes)) == 100);
	REQUIRE(connect(p->from, (void *)&p->name, p->length) == 0);
	REQUIRE(write(p->from, bytes, 7) == 7 && writev(p->from, iov, 2) == 103 && send(p->from, bytes, 0, 0) == 0);
}

static void check(int family, const char *address, const char *looks, int version, bool whole)
{
	struct pair p = pair_new(family, address);
	struct job *job = tool_start("udpsnoop", "--no-drops", "-o", "+family,tid", "-P", text("%d", p.to_port)),
		   *by_pid = whole ? tool_start("udpsnoop", "-p", "1", "-P", text("%d", p.to_port)) : NULL;

	talk(&p);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("pid", getpid()), IS("tid", getpid()), IS("family", version)), rows(job));
	CHECK_EQ(rows(job), 11);
	CHECK_EQ(rows(job, IS("what", "sent"), IS("lport", p.from_port), IS("rport", p.to_port), IS("raddr", looks), IS("laddr", looks)), 7);
	CHECK_EQ(rows(job, IS("what", "sent"), IS("bytes", 1001)), 1);
	CHECK_EQ(rows(job, IS("what", "sent"), IS("bytes", 103)), 3);
	CHECK_EQ(rows(job, IS("what", "sent"), IS("bytes", 100)), 1);
	CHECK_EQ(rows(job, IS("what", "sent"), IS("bytes", 7)), 1);
	CHECK_EQ(rows(job, IS("what", "sent"), IS("bytes", 0)), 1);
	CHECK_EQ(rows(job, IS("what", "read"), IS("lport", p.to_port)), 4);
	CHECK_EQ(rows(job, IS("what", "read"), IS("bytes", 1001), IS("rport", p.from_port), IS("raddr", looks)), 1);
	CHECK_EQ(rows(job, IS("what", "read"), IS("bytes", 100), IS("rport", p.from_port), IS("raddr", looks)), 1);
	CHECK_EQ(rows(job, IS("what", "read"), IS("bytes", 103), IS("rport", 0)), 1);
	CHECK_EQ(rows(job, IS("what", "read"), IS("bytes", 100), IS("rport", 0)), 1);
	CHECK_NO_LOSS(job);
	if (by_pid) {
		tool_stop(by_pid);
		CHECK_EQ(rows(by_pid), 0);
	}
}

TEST(udpsnoop, "each datagram that is sent and read, by each system call: ends, length and process; IPv4, IPv6, mapped")
{
	check(AF_INET, "127.0.0.1", "127.0.0.1", 4, true);
	check(AF_INET6, "::1", "::1", 6, false);
	check(AF_INET6, "::ffff:127.0.0.1", "127.0.0.1", 4, false);
}

TEST(udpsnoop, "what is dropped, why and whose it was: a filter, and a port that nobody has")
{
	struct pair p = pair_new(AF_INET, "127.0.0.1"), closed = pair_new(AF_INET, "127.0.0.1");
	struct job *job = tool_start("udpsnoop", "-x", "-o", "+location", "-P", text("%d,%d", p.to_port, closed.to_port)),
		   *mine = tool_start("udpsnoop", "-x", "-p", text("%d", getpid()), "-P", text("%d", p.to_port));
	const char *reason = drop_tells("reason") ? "SOCKET_FILTER" : NULL, *none = drop_tells("reason") ? "NO_SOCKET" : NULL;
	bool known = drop_tells("rx_sk");
	char byte[3];

	REQUIRE(sendto(p.from, "abc", 3, 0, (void *)&p.name, p.length) == 3 && recv(p.to, byte, 3, 0) == 3);
	deaf(p.to, true);
	REQUIRE(sendto(p.from, "abcde", 5, 0, (void *)&p.name, p.length) == 5);
	close(closed.to);
	REQUIRE(sendto(closed.from, "abcdef", 6, 0, (void *)&closed.name, closed.length) == 6);
	stop_after(job, 2);
	tool_stop(mine);
	CHECK_EQ(rows(job), 2);
	CHECK_EQ(rows(job, IS("what", "drop-in"), IS("lport", p.to_port), IS("rport", p.from_port), IS("laddr", "127.0.0.1"),
		      IS("raddr", "127.0.0.1"), IS("bytes", 5), IS("reason", reason)), 1);
	CHECK_EQ(rows(job, IS("what", "drop-in"), IS("lport", closed.to_port), IS("bytes", 6), IS("reason", none), IS("pid", NOTHING)), 1);
	if (known)
		CHECK_EQ(rows(job, IS("lport", p.to_port), IS("pid", getpid())), 1);
	else
		CHECK_EQ(rows(job, IS("lport", p.to_port), IS("pid", NOTHING)), 1);
	CHECK_EQ(rows(mine), known);
	CHECK_HAS(string(row(job, IS("bytes", 6)), "location"), "udp");
}

TEST(udpsnoop, "what 32-bit programs send and read by socketcall(2) is seen, as send and recv too, which have no number of their own")
{
	struct pair p = pair_new(AF_INET, "127.0.0.1");
	struct job *job;
	char *bytes;

	if (!int80_works())
		SKIP("no 32-bit programs here");
	bytes = low(4096);
	REQUIRE(connect(p.from, (void *)&p.name, p.length) == 0);
	job = tool_start("udpsnoop", "--no-drops", "-P", text("%d", p.to_port));
	REQUIRE(socketcall(9, p.from, (long)bytes, 77) == 77 && socketcall(10, p.to, (long)bytes, 4096) == 77);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("what", "sent"), IS("bytes", 77), IS("pid", getpid())), 1);
	CHECK_EQ(rows(job, IS("what", "read"), IS("bytes", 77), IS("pid", getpid())), 1);
	CHECK_EQ(rows(job), 2);
}

TEST(udpsnoop, "options that leave nothing, and ports that make no sense, are refused in one line")
{
	static const char *const bad[][2] = {{"-x", "--no-drops"}, {"-P", "70000"}, {"--raddr", "10.0.0"}};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct job *job = run("corekit", "udpsnoop", "-d", "10ms", bad[i][0], bad[i][1]);

		CHECK_EQ(job->status, 2);
		CHECK_EQ(lines(job->err), 1);
	}
}
