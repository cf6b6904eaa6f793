// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <netinet/tcp.h>
#include <sys/socket.h>
#include "net.h"

#define LOSS 4	/* TCP_CA_Loss */

static struct tcp_info info_of(int fd)
{
	struct tcp_info info = {};
	socklen_t length = sizeof(info);

	REQUIRE(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0);
	return info;
}

static bool in_loss(void *fd)
{
	return info_of(*(int *)fd).tcpi_ca_state == LOSS;
}

static bool is_open_again(void *fd)
{
	struct tcp_info info = info_of(*(int *)fd);

	return !info.tcpi_ca_state && !info.tcpi_unacked;
}

static bool done(struct tcp *tcp, int n, bool (*is_done)(void *fd))
{
	for (int i = 0; i < n; i++)
		REQUIRE(until(30, is_done, &tcp[i].client));
	return true;
}

/* How long all of them were surely in the state of loss. */
static uint64_t lose_for_a_while(struct tcp *tcp, int n)
{
	char bytes[100] = {};
	uint64_t from, to;

	for (int i = 0; i < n; i++) {
		deaf(tcp[i].server, true);
		REQUIRE(send(tcp[i].client, bytes, sizeof(bytes), 0) == sizeof(bytes));
	}
	done(tcp, n, in_loss);
	from = now_ns();
	nap(50000000);
	to = now_ns();
	for (int i = 0; i < n; i++) {
		deaf(tcp[i].server, false);
		REQUIRE(recv(tcp[i].server, bytes, sizeof(bytes), MSG_WAITALL) == sizeof(bytes));
		tcp_send(&tcp[i], 1, 1);
	}
	done(tcp, n, is_open_again);
	for (int i = 0; i < n; i++)
		tcp_send(&tcp[i], 1, 1);
	return to - from;
}

TEST(tcpcong, "the time of connections in the state of loss, by their ends and owner; as histograms by state; only IPv6", .timeout = 120)
{
	/* it begins with a timer: see SEEN_OF_INTERRUPTS */
	int rounds = SEEN_OF_INTERRUPTS < 1 ? 2 : 1, resent;
	struct job *job = tool_start("tcpcong", "-p", text("%d", getpid()), "-o", "+pid,family,laddr,changes"),
		   *by_state = tool_start("tcpcong", "--dist", "-m", "-p", text("%d", getpid())),
		   *six_only = tool_start("tcpcong", "-6", "-p", text("%d", getpid()), "-o", "+family"), *bad;
	uint64_t from = now_ns(), at_least = -1, all;
	struct tcp tcp[] = {tcp_open(AF_INET), tcp_open(AF_INET6)}, calm = tcp_open(AF_INET);
	long long sum = 0;
	json_t *r;

	tcp_send(&calm, 1000, 1000);
	for (int i = 0; i < rounds; i++) {
		uint64_t lost = lose_for_a_while(tcp, 2);

		at_least = lost < at_least ? lost : at_least;
	}
	resent = info_of(calm.client).tcpi_total_retrans + info_of(calm.server).tcpi_total_retrans;
	tcp_close(&tcp[0]);
	tcp_close(&tcp[1]);
	tcp_close(&calm);
	all = now_ns() - from;
	tool_stop(job);
	tool_stop(by_state);
	tool_stop(six_only);
	r = row(job, IS("lport", tcp[0].client_port), IS("rport", tcp[0].server_port), IS("pid", getpid()), IS("laddr", "127.0.0.1"),
		IS("raddr", "127.0.0.1"), IS("family", 4));
	CHECK(number(r, "loss_ns") >= (long long)at_least);
	CHECK(number(r, "open_ns") > 0);
	CHECK(number(r, "changes") >= 2);
	sum = number(r, "open_ns") + number(r, "disorder_ns") + number(r, "cwr_ns") + number(r, "recovery_ns") + number(r, "loss_ns");
	CHECK(sum <= (long long)all);
	CHECK_EQ(rows(job, IS("lport", tcp[1].client_port), IS("raddr", "::1"), IS("family", 6)), 1);
	if (!resent)	/* a machine may be too busy to answer itself in time */
		CHECK_EQ(rows(job, IS("lport", calm.client_port), IS("rport", calm.server_port)), 0);
	CHECK(rows(by_state, IS("state", "loss")) >= 1);
	CHECK(rows(by_state, IS("state", "open")) >= 1);
	CHECK_EQ(rows(six_only, IS("lport", tcp[1].client_port)), 1);
	CHECK_EQ(rows(six_only, IS("family", 6)), rows(six_only));
	bad = run("corekit", "tcpcong", "-d", "10ms", "-P", "http");
	CHECK_EQ(bad->status, 2);
	CHECK_EQ(lines(bad->err), 1);
}
