// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <netinet/tcp.h>
#include <sys/socket.h>
#include "net.h"

static int retransmits(int fd)
{
	struct tcp_info info = {};
	socklen_t length = sizeof(info);

	REQUIRE(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0);
	return info.tcpi_total_retrans;
}

static bool enough(void *arg)
{
	return retransmits(*(int *)arg) >= 3;
}

static bool all_acknowledged(void *arg)
{
	struct tcp_info info = {};
	socklen_t length = sizeof(info);

	REQUIRE(getsockopt(*(int *)arg, IPPROTO_TCP, TCP_INFO, &info, &length) == 0);
	return !info.tcpi_unacked;
}

static void check(int family, const char *looks)
{
	struct tcp tcp = tcp_open(family);
	struct job *job = tool_start("tcpretrans", "-D", text("%d", tcp.server_port));
	char bytes[100] = {};
	long long shown, again;
	int before, n;

	tcp_send(&tcp, 1, 1);
	REQUIRE(until(20, all_acknowledged, &tcp.client));
	before = retransmits(tcp.client); /* of that, where the machine was slow to answer */
	deaf(tcp.server, true);
	REQUIRE(send(tcp.client, bytes, sizeof(bytes), 0) == sizeof(bytes));
	REQUIRE(until(20, enough, &tcp.client));
	deaf(tcp.server, false);
	REQUIRE(recv(tcp.server, bytes, sizeof(bytes), MSG_WAITALL) == sizeof(bytes));
	n = retransmits(tcp.client);
	tool_stop(job);
	shown = rows(job);
	CHECK_BETWEEN(n * SEEN_OF_INTERRUPTS, shown, n);
	CHECK_EQ(rows(job, IS("pid", getpid()), IS("lport", tcp.client_port), IS("state", "ESTABLISHED"), IS("raddr", looks),
		      IS("laddr", looks), IS("family", family == AF_INET ? 4 : 6)), shown);
	again = rows(job, IS("bytes", sizeof(bytes)));
	CHECK_BETWEEN((n - before) * SEEN_OF_INTERRUPTS, again, n - before);
	/* the first may be a probe */
	CHECK_BETWEEN(again - 1, rows(job, IS("bytes", sizeof(bytes)), IS("kind", "timeout")), again);
	CHECK_EQ(rows(job, IS("sequence", number(row(job, IS("bytes", sizeof(bytes))), "sequence"))), again);
	CHECK_NO_LOSS(job);
}

TEST(tcpretrans, "each segment that is sent again, in whose connection, over IPv4")
{
	check(AF_INET, "127.0.0.1");
}

TEST(tcpretrans, "over IPv6 the same")
{
	check(AF_INET6, "::1");
}

TEST(tcpretrans, "an attempt to connect that nobody answers is repeated, by who connects")
{
	struct sockaddr_in to;
	int listener = unanswered(&to), fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct job *job = tool_start("tcpretrans", "-p", text("%d", getpid()), "-D", text("%d", ntohs(to.sin_port)));

	REQUIRE(connect(fd, (void *)&to, sizeof(to)) == -1 && errno == EINPROGRESS);
	await_rows(job, 1);
	tool_stop(job);
	CHECK_BETWEEN(1, rows(job), 20);
	CHECK_EQ(rows(job, IS("kind", "syn"), IS("state", "SYN_SENT"), IS("pid", getpid()), IS("bytes", 1)), rows(job));
	close(listener);
}

TEST(tcpretrans, "where nothing is sent again nothing is shown, nor what filters leave out")
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	struct ends ends = ends_new(&talk);
	struct tcp tcp = tcp_open(AF_INET);
	struct job *none = tool_start("tcpretrans", "-P", text("%d", talk.port)),
		   *other = tool_start("tcpretrans", "-n", "nobody-at-all");

	ends_run(&ends);
	deaf(tcp.server, true);
	REQUIRE(send(tcp.client, "x", 1, 0) == 1);
	REQUIRE(until(20, enough, &tcp.client));
	tool_stop(none);
	tool_stop(other);
	CHECK_EQ(rows(none), 0);
	CHECK_EQ(rows(other), 0);
}
