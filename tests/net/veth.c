// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Connections from one network namespace to another: whose is each end, and which filters let it through? */
#include <linux/tcp.h>
#include <sys/socket.h>
#include "net.h"

#define TALKS 3

/* Three times, since the kernel of one machine that tests run on shows none where the timer hits a thread of process 1. */
static bool was_sent_again(void *arg)
{
	struct tcp_info info = {};
	socklen_t length = sizeof(info);

	REQUIRE(getsockopt(*(int *)arg, IPPROTO_TCP, TCP_INFO, &info, &length) == 0);
	return info.tcpi_total_retrans >= 3;
}

/* A segment that the other end drops, until it is sent again. */
static void send_again(struct talk *talk)
{
	int fd = connect_to(talk), to = accept4(talk->listener, NULL, NULL, SOCK_CLOEXEC);
	char block[10];

	REQUIRE(to >= 0);
	deaf(to, true);
	REQUIRE(send(fd, "0123456789", 10, 0) == 10);
	REQUIRE(until(20, was_sent_again, &fd));
	deaf(to, false);
	REQUIRE(recv(to, block, 10, MSG_WAITALL) == 10);
	close(fd);
	close(to);
}

TEST(tcplife, "over a veth pair six tools tell who has which end, and in which namespace: IPv4, IPv6, and IPv4 over IPv6",
     .timeout = 120)
{
	static const int families[TALKS] = {AF_INET, AF_INET6, AF_INET6};
	static const char *const to[TALKS] = {"192.0.2.2", "2001:db8::2", "::ffff:192.0.2.2"};
	static const char *const looks[TALKS] = {"192.0.2.2", "2001:db8::2", "192.0.2.2"};
	static const char *const from[TALKS] = {"192.0.2.1", "2001:db8::1", "192.0.2.1"};
	struct veth veth = veth_new();
	const char *here = text("%lu", veth.number[0]), *there = text("%lu", veth.number[1]), *ports = "";
	struct job *connects, *accepts, *lives, *tops, *times, *again, *nowhere;
	struct ends ends[TALKS];
	struct talk talk[TALKS], lossy;

	netns_enter(veth.ns[1]);
	lossy = talk_new(AF_INET6, "2001:db8::2");
	for (int i = 0; i < TALKS; i++) {
		talk[i] = talk_new(families[i], to[i]);
		talk[i].up = 10007 + i;
		talk[i].down = 30011 + i;
		ports = text("%s%s%d", ports, i ? "," : "", talk[i].port);
	}
	netns_enter(veth.ns[0]);
	for (int i = 0; i < TALKS; i++)
		ends[i] = ends_new(&talk[i]);	/* the server has its socket in the other namespace */
	connects = tool_start("tcpconnect", "-P", ports);
	accepts = tool_start("tcpaccept", "--netns", there, "-P", ports);
	lives = tool_start("tcplife", "-P", ports);
	tops = tool_start("tcptop", "-i", "30", "--netns", here, "-P", ports, "-o", "+netns");
	times = tool_start("tcprtt", "--netns", there, "-B", "-P", ports);
	again = tool_start("tcpretrans", "--netns", here, "-P", text("%d", lossy.port));
	nowhere = tool_start("tcpconnect", "--netns", there, "-P", ports);
	for (int i = 0; i < TALKS; i++)
		ends_run(&ends[i]);
	send_again(&lossy);
	await_rows(lives, 2 * TALKS);
	await_rows(accepts, TALKS);
	tool_stop(connects);
	tool_stop(accepts);
	tool_stop(lives);
	tool_stop(tops);
	tool_stop(times);
	tool_stop(again);
	tool_stop(nowhere);

	CHECK_EQ(rows(connects), TALKS);
	CHECK_EQ(rows(accepts), TALKS);
	CHECK_EQ(rows(lives), 2 * TALKS);
	CHECK_EQ(rows(tops), TALKS);
	CHECK_EQ(rows(nowhere), 0);
	for (int i = 0; i < TALKS; i++) {
		int client = ends[i].client.pid, server = ends[i].server.pid, family = i == 1 ? 6 : 4;

		CHECK_EQ(rows(connects, IS("pid", client), IS("comm", "connector"), IS("family", family), IS("raddr", looks[i]),
			      IS("rport", talk[i].port), IS("netns", veth.number[0])), 1);
		CHECK_EQ(rows(accepts, IS("pid", server), IS("comm", "acceptor"), IS("family", family), IS("laddr", looks[i]),
			      IS("lport", talk[i].port), IS("raddr", from[i]), IS("rport", talk[i].shared->port),
			      IS("netns", veth.number[1])), 1);
		CHECK_EQ(rows(lives, IS("pid", client), IS("comm", "connector"), IS("laddr", from[i]), IS("raddr", looks[i]),
			      IS("rport", talk[i].port), IS("tx", talk[i].up), IS("rx", talk[i].down), IS("netns", veth.number[0])), 1);
		CHECK_EQ(rows(lives, IS("pid", server), IS("comm", "acceptor"), IS("laddr", looks[i]), IS("lport", talk[i].port),
			      IS("raddr", from[i]), IS("tx", talk[i].down), IS("rx", talk[i].up), IS("netns", veth.number[1])), 1);
		CHECK_EQ(rows(tops, IS("pid", client), IS("comm", "connector"), IS("raddr", looks[i]), IS("rport", talk[i].port),
			      IS("tx", talk[i].up), IS("rx", talk[i].down), IS("netns", veth.number[0])), 1);
	}
	/* what came in at the server's end, from these two */
	CHECK_EQ(rows(times), 2);
	CHECK_BETWEEN(2, number(row(times, IS("raddr", "192.0.2.1")), "count"), 1e6);
	CHECK_BETWEEN(1, number(row(times, IS("raddr", "2001:db8::1")), "count"), 1e6);
	CHECK_BETWEEN(1, rows(again, IS("pid", getpid()), IS("raddr", "2001:db8::2"), IS("laddr", "2001:db8::1"), IS("bytes", 10),
			      IS("netns", veth.number[0])), 100);
	CHECK_EQ(rows(again, IS("netns", veth.number[0])), rows(again));
	CHECK_NO_LOSS(lives);
	CHECK_NO_LOSS(accepts);
}
