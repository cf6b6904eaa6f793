// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/socket.h>
#include "net.h"

struct ends_of {
	int family, to, from;
	struct sockaddr_in6 name;
	socklen_t length;
	int to_port, from_port;
};

static int port_of(int fd)
{
	struct sockaddr_in6 name;
	socklen_t length = sizeof(name);

	REQUIRE(getsockname(fd, (void *)&name, &length) == 0);
	return ntohs(name.sin6_port);
}

static struct ends_of udp_open(int family, const char *address)
{
	struct ends_of e = {.family = family, .length = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(e.name)};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&e.name;

	tcp_close(&(struct tcp[]){tcp_open(AF_INET)}[0]);	/* lo is up after it */
	e.name.sin6_family = family;
	REQUIRE(inet_pton(family, address, family == AF_INET ? (void *)&v4->sin_addr : &e.name.sin6_addr) == 1);
	e.to = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	e.from = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (e.to < 0 || bind(e.to, (void *)&e.name, e.length))
		SKIP("no address family %d here", family);
	REQUIRE(getsockname(e.to, (void *)&e.name, &e.length) == 0);
	REQUIRE(connect(e.from, (void *)&e.name, e.length) == 0);
	e.to_port = port_of(e.to);
	e.from_port = port_of(e.from);
	return e;
}

static void check(int family, const char *address, const char *looks, int version)
{
	struct ends_of e = udp_open(family, address);
	struct job *job = tool_start("udptop", "-o", "+family,sends,receives,total", "-i", "30", "-P", text("%d", e.to_port));
	char bytes[2000] = {};

	REQUIRE(send(e.from, bytes, 1000, 0) == 1000 && write(e.from, bytes, 500) == 500 && send(e.from, bytes, 7, 0) == 7);
	REQUIRE(recv(e.to, bytes, sizeof(bytes), MSG_PEEK) == 1000);
	REQUIRE(recv(e.to, bytes, sizeof(bytes), 0) == 1000);
	REQUIRE(recv(e.to, bytes, 100, 0) == 100);	/* the rest of it is gone */
	tool_stop(job);
	CHECK_EQ(rows(job), 2);
	CHECK_EQ(rows(job, IS("lport", e.from_port), IS("rport", e.to_port), IS("raddr", looks), IS("laddr", looks), IS("tx", 1507),
		      IS("rx", 0), IS("sends", 3), IS("receives", 0), IS("family", version), IS("pid", getpid())), 1);
	CHECK_EQ(rows(job, IS("lport", e.to_port), IS("rport", 0), IS("laddr", looks), IS("rx", 1100), IS("tx", 0), IS("receives", 2),
		      IS("total", 1100), IS("pid", getpid())), 1);
	CHECK_NO_LOSS(job);
}

TEST(udptop, "bytes and calls of both ends: IPv4, IPv6, and IPv4 over IPv6")
{
	check(AF_INET, "127.0.0.1", "127.0.0.1", 4);
	check(AF_INET6, "::1", "::1", 6);
	check(AF_INET6, "::ffff:127.0.0.1", "127.0.0.1", 4);
}

TEST(udptop, "TCP isn't UDP; one end by its port; exact over many intervals")
{
	struct ends_of e = udp_open(AF_INET, "127.0.0.1");
	struct tcp tcp = tcp_open(AF_INET);
	struct job *job = tool_start("udptop", "-i", "20ms", "-p", text("%d", getpid())),
		   *local = tool_start("udptop", "-i", "30", "-L", text("%d", e.from_port)),
		   *other = tool_start("udptop", "-i", "30", "-6", "-P", text("%d", e.from_port));
	char byte[3];

	for (int i = 0; i < 300; i++) {
		REQUIRE(send(e.from, "abc", 3, 0) == 3 && recv(e.to, byte, 3, 0) == 3);
		if (i % 100 == 0)
			nap(25000000);
	}
	tcp_send(&tcp, 10, 10);
	tool_stop(job);
	tool_stop(local);
	tool_stop(other);
	CHECK_EQ(sum(job, "tx"), 900);
	CHECK_EQ(sum(job, "rx"), 900);
	CHECK_EQ(rows(local), 1);
	CHECK_EQ(rows(local, IS("tx", 900), IS("rx", 0)), 1);
	CHECK_EQ(rows(other), 0);
}
