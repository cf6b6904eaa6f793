// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <netinet/tcp.h>
#include <sys/socket.h>
#include "net.h"

static void check(int family, const char *looks)
{
	struct tcp tcp = tcp_open(family);
	struct job *job = tool_start("tcpdrop", "-L", text("%d", tcp.server_port));
	json_t *r;

	deaf(tcp.server, true);
	REQUIRE(send(tcp.client, "dropped", 7, 0) == 7);
	await_rows(job, 2);	/* it is sent again */
	tool_stop(job);
	CHECK(rows(job) >= 2);
	r = row(job);
	CHECK_EQ(number(r, "lport"), tcp.server_port);
	CHECK_EQ(number(r, "rport"), tcp.client_port);
	CHECK_EQ(number(r, "family"), family == AF_INET ? 4 : 6);
	CHECK_STR(string(r, "laddr"), looks);
	CHECK_STR(string(r, "raddr"), looks);
	CHECK_STR(string(r, "flags"), "PA");
	CHECK_STR(string(r, "way"), "in");
	CHECK_EQ(rows(job, IS("flags", "PA")), rows(job));
	CHECK_EQ(rows(job, IS("reason", drop_tells("reason") ? "SOCKET_FILTER" : NOTHING)), rows(job));
	CHECK_EQ(rows(job, IS("state", drop_tells("rx_sk") ? "ESTABLISHED" : NOTHING)), rows(job));
	if (drop_tells("rx_sk"))
		CHECK_EQ(rows(job, IS("pid", getpid())), rows(job));
	else
		CHECK_EQ(rows(job, IS("pid", NOTHING)), rows(job));
	CHECK_HAS(string(r, "location"), family == AF_INET ? "tcp_v4_rcv" : "tcp_v6_rcv");
	CHECK_HAS(json_dumps(r, 0), "ip_protocol_deliver_rcu" + (family == AF_INET ? 0 : 2));
	CHECK_NO_LOSS(job);
}

TEST(tcpdrop, "a segment that a socket's filter drops, with reason, place and stack, and whose socket it is")
{
	check(AF_INET, "127.0.0.1");
}

TEST(tcpdrop, "over IPv6 the same")
{
	check(AF_INET6, "::1");
}

TEST(tcpdrop, "an attempt to connect to a closed port belongs to nobody")
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct job *job = tool_start("tcpdrop", "-P", text("%d", talk.port));

	close(talk.listener);
	REQUIRE(connect(fd, (void *)&talk.to, talk.length) == -1 && errno == ECONNREFUSED);
	await_rows(job, 1);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("flags", "S")), 1);
	CHECK_EQ(rows(job, IS("flags", "S"), IS("lport", talk.port), IS("way", "in"), IS("pid", NOTHING), IS("state", NOTHING),
		      IS("reason", drop_tells("reason") ? "NO_SOCKET" : NOTHING)), 1);
}

TEST(tcpdrop, "a segment whose checksum is wrong")
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	struct {
		struct tcphdr header;
		char data[4];
	} segment = {.header = {.th_sport = htons(7), .th_dport = htons(talk.port), .th_off = 5, .th_flags = TH_ACK, .th_sum = htons(1)}};
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP);
	struct job *job = tool_start("tcpdrop", "-P", text("%d", talk.port));

	REQUIRE(fd >= 0 && sendto(fd, &segment, sizeof(segment), 0, (void *)&talk.to, talk.length) == sizeof(segment));
	await_rows(job, 1);
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	CHECK_EQ(rows(job, IS("lport", talk.port), IS("rport", 7), IS("flags", "A"), IS("way", "in"), IS("pid", NOTHING),
		      IS("reason", drop_tells("reason") ? "TCP_CSUM" : NOTHING)), 1);
}

TEST(tcpdrop, "what arrives isn't shown, nor what filters leave out")
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	struct ends ends = ends_new(&talk);
	struct tcp tcp = tcp_open(AF_INET);
	const char *port = text("%d", tcp.server_port);
	struct job *none = tool_start("tcpdrop", "-4", "-L", text("%d", talk.port)), *six = tool_start("tcpdrop", "-6", "-P", port),
		   *nobody = tool_start("tcpdrop", "-n", "nobody-at-all"), *all = tool_start("tcpdrop", "-D", text("%d", tcp.client_port));

	ends_run(&ends);
	deaf(tcp.server, true);
	REQUIRE(send(tcp.client, "x", 1, 0) == 1);
	await_rows(all, 1);
	tool_stop(none);
	tool_stop(six);
	tool_stop(nobody);
	tool_stop(all);
	CHECK(rows(all) > 0);
	/* the end of a connection may find its last segment still there, which the kernel then drops as well */
	CHECK_EQ(rows(none), rows(none, IS("reason", "QUEUE_PURGE")));
	CHECK_EQ(rows(six), 0);
	CHECK_EQ(rows(nobody), 0);
}
