// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/socket.h>
#include "net.h"

static int bind_to(int family, int type, const char *address, int port, int option)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(family, type | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0)
		SKIP("no address family %d here", family);
	if (option)
		REQUIRE(setsockopt(fd, option < 0 ? SOL_IP : SOL_SOCKET, abs(option), &one, sizeof(one)) == 0);
	REQUIRE(inet_pton(family, address, family == AF_INET ? (void *)&four.sin_addr : &six.sin6_addr) == 1);
	if (family == AF_INET ? bind(fd, (void *)&four, sizeof(four)) : bind(fd, (void *)&six, sizeof(six)))
		return -errno;
	return fd;
}

static int port_of(int fd)
{
	struct sockaddr_in6 name;
	socklen_t length = sizeof(name);

	REQUIRE(getsockname(fd, (void *)&name, &length) == 0);
	return ntohs(name.sin6_port);
}

TEST(bindsnoop, "who binds what to where: protocols, families, options, and the port that it got")
{
	struct job *job;
	int tcp, udp, six, mapped, shared, free;

	tcp_close(&(struct tcp[]){tcp_open(AF_INET)}[0]);	/* lo is up after it */
	job = tool_start("bindsnoop", "-p", text("%d", getpid()));
	tcp = bind_to(AF_INET, SOCK_STREAM, "127.0.0.1", 0, 0);
	udp = bind_to(AF_INET, SOCK_DGRAM, "127.0.0.1", 0, SO_REUSEADDR);
	six = bind_to(AF_INET6, SOCK_STREAM, "::1", 0, 0);
	mapped = bind_to(AF_INET6, SOCK_DGRAM, "::ffff:127.0.0.1", 0, 0);
	shared = bind_to(AF_INET, SOCK_STREAM, "0.0.0.0", 0, SO_REUSEPORT);
	free = bind_to(AF_INET, SOCK_STREAM, "192.0.2.7", 0, -IP_FREEBIND);
	tool_stop(job);
	REQUIRE(tcp >= 0 && udp >= 0 && six >= 0 && mapped >= 0 && shared >= 0 && free >= 0);
	CHECK_EQ(rows(job), 6);
	CHECK_EQ(rows(job, IS("pid", getpid()), IS("error", NOTHING)), 6);
	CHECK_EQ(rows(job, IS("protocol", "TCP"), IS("laddr", "127.0.0.1"), IS("lport", port_of(tcp)), IS("options", "....."),
		      IS("family", 4)), 1);
	CHECK_EQ(rows(job, IS("protocol", "UDP"), IS("laddr", "127.0.0.1"), IS("lport", port_of(udp)), IS("options", "...R.")), 1);
	CHECK_EQ(rows(job, IS("protocol", "TCP"), IS("laddr", "::1"), IS("lport", port_of(six)), IS("family", 6)), 1);
	CHECK_EQ(rows(job, IS("protocol", "UDP"), IS("laddr", "127.0.0.1"), IS("lport", port_of(mapped)), IS("family", 4)), 1);
	CHECK_EQ(rows(job, IS("laddr", "0.0.0.0"), IS("lport", port_of(shared)), IS("options", "....r")), 1);
	CHECK_EQ(rows(job, IS("laddr", "192.0.2.7"), IS("lport", port_of(free)), IS("options", "F....")), 1);
	CHECK_NO_LOSS(job);
}

TEST(bindsnoop, "calls that fail have the reason, and what was asked for")
{
	struct sockaddr local = {.sa_family = AF_UNIX};
	struct tcp tcp = tcp_open(AF_INET), six = tcp_open(AF_INET6);
	const char *pid = text("%d", getpid()), *port = text("%d", tcp.server_port);
	struct job *failed = tool_start("bindsnoop", "-x", "-p", pid), *by_port = tool_start("bindsnoop", "-p", pid, "-L", port);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	REQUIRE(bind_to(AF_INET, SOCK_STREAM, "127.0.0.1", tcp.server_port, 0) == -EADDRINUSE);
	REQUIRE(bind_to(AF_INET, SOCK_DGRAM, "192.0.2.1", 7, 0) == -EADDRNOTAVAIL);
	REQUIRE(bind_to(AF_INET6, SOCK_STREAM, "::1", six.server_port, 0) == -EADDRINUSE);
	REQUIRE(bind_to(AF_INET, SOCK_STREAM, "127.0.0.1", 0, 0) >= 0);
	REQUIRE(bind(fd, &local, sizeof(sa_family_t)) == 0 && bind(-1, &local, sizeof(local)) == -1);
	tool_stop(failed);
	tool_stop(by_port);
	CHECK_EQ(rows(failed), 3);
	CHECK_EQ(rows(failed, IS("error", "EADDRINUSE"), IS("laddr", "127.0.0.1"), IS("lport", tcp.server_port)), 1);
	CHECK_EQ(rows(failed, IS("error", "EADDRNOTAVAIL"), IS("laddr", "192.0.2.1"), IS("lport", 7), IS("protocol", "UDP")), 1);
	CHECK_EQ(rows(failed, IS("error", "EADDRINUSE"), IS("laddr", "::1"), IS("lport", six.server_port), IS("family", 6)), 1);
	CHECK_EQ(rows(by_port), 1);
	CHECK_EQ(rows(by_port, IS("error", "EADDRINUSE")), 1);
}

TEST(bindsnoop, "filters that make no sense are refused in one line")
{
	static const char *const bad[][2] = {{"-P", "70000"}, {"--laddr", "1.2.3.4/40"}, {"-L", "5-"}};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct job *job = run("corekit", "bindsnoop", bad[i][0], bad[i][1]);

		CHECK_EQ(job->status, 2);
		CHECK_EQ(lines(job->err), 1);
	}
}

TEST(bindsnoop, "what 32-bit programs ask for by socketcall(2) is seen, by solisten too")
{
	struct sockaddr_in *name;
	struct job *job, *listens;
	int fd;

	if (!int80_works())
		SKIP("no 32-bit programs here");
	name = low(4096);
	*name = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	job = tool_start("bindsnoop", "-p", text("%d", getpid()));
	listens = tool_start("solisten", "-p", text("%d", getpid()));
	fd = socketcall(1, AF_INET, SOCK_STREAM, 0);
	REQUIRE(fd >= 0 && socketcall(2, fd, (long)name, sizeof(*name)) == 0 && socketcall(4, fd, 5, 0) == 0);
	tool_stop(job);
	tool_stop(listens);
	CHECK_EQ(rows(job, IS("laddr", "127.0.0.1"), IS("lport", port_of(fd)), IS("error", NOTHING)), 1);
	CHECK_EQ(rows(job), 1);
	CHECK_EQ(rows(listens, IS("lport", port_of(fd)), IS("backlog", 5), IS("error", NOTHING)), 1);
	CHECK_EQ(rows(listens), 1);
}
