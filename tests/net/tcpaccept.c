// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/socket.h>
#include "net.h"

static void check(int family, const char *address, const char *looks, int version)
{
	struct talk talk = talk_new(family, address);
	struct ends ends = ends_new(&talk);
	struct job *job = tool_start("tcpaccept");
	json_t *r;

	ends_run(&ends);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("lport", talk.port)), 1);
	CHECK_EQ(rows(job, IS("pid", ends.client.pid)), 0);
	r = row(job, IS("lport", talk.port));
	CHECK_EQ(number(r, "pid"), ends.server.pid);
	CHECK_STR(string(r, "comm"), "acceptor");
	CHECK_EQ(number(r, "family"), version);
	CHECK_STR(string(r, "laddr"), looks);
	CHECK_STR(string(r, "raddr"), looks);
	CHECK_EQ(number(r, "rport"), talk.shared->port);
	CHECK_NO_LOSS(job);
}

TEST(tcpaccept, "who accepts, from where: IPv4, IPv6, and IPv4 over IPv6")
{
	check(AF_INET, "127.0.0.1", "127.0.0.1", 4);
	check(AF_INET6, "::1", "::1", 6);
	check(AF_INET6, "::ffff:127.0.0.1", "127.0.0.1", 4);
}

TEST(tcpaccept, "the queue is what still waits, with what may")
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	struct job *job;

	REQUIRE(listen(talk.listener, 7) == 0);
	for (int i = 0; i < 3; i++)
		connect_to(&talk);
	job = tool_start("tcpaccept", "-L", text("%d", talk.port), "-p", text("%d", getpid()));
	for (int i = 0; i < 3; i++)
		REQUIRE(accept(talk.listener, NULL, NULL) >= 0);
	tool_stop(job);
	CHECK_EQ(rows(job), 3);
	CHECK_EQ(rows(job, IS("limit", 7)), 3);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(rows(job, IS("queue", i)), 1);
}

TEST(tcpaccept, "nothing else that is accepted is shown, and filters let through what they name")
{
	struct talk v4 = talk_new(AF_INET, "127.0.0.1"), v6 = talk_new(AF_INET6, "::1");
	struct ends ends4 = ends_new(&v4), ends6 = ends_new(&v6);
	const char *ports = text("%d,%d", v4.port, v6.port);
	struct job *job = tool_start("tcpaccept", "-n", "acceptor", "-L", ports),
		   *network = tool_start("tcpaccept", "--raddr", "10.0.0.0/8,::1", "-P", ports),
		   *wrong = tool_start("tcpaccept", "-D", ports), *all = tool_start("tcpaccept", "-p", text("%d", getpid()));
	struct sockaddr any = {.sa_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char name[128];
	socklen_t length = sizeof(name);

	REQUIRE(bind(listener, &any, sizeof(sa_family_t)) == 0 && listen(listener, 1) == 0);
	REQUIRE(getsockname(listener, (void *)name, &length) == 0 && connect(fd, (void *)name, length) == 0);
	REQUIRE(accept(listener, NULL, NULL) >= 0);
	REQUIRE(accept(fd, NULL, NULL) == -1);
	ends_run(&ends4);
	ends_run(&ends6);
	tool_stop(job);
	tool_stop(network);
	tool_stop(wrong);
	tool_stop(all);
	CHECK_EQ(rows(job), 2);
	CHECK_EQ(rows(network), 1);
	CHECK_EQ(rows(network, IS("lport", v6.port)), 1);
	CHECK_EQ(rows(wrong), 0);
	CHECK_EQ(rows(all), 0);
}

TEST(tcpaccept, "of many connections none is missed", .timeout = 120)
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	struct ends ends = ends_many(&talk);
	struct job *job = tool_start("tcpaccept");

	ends_run(&ends);
	stop_after(job, MANY);
	CHECK_NO_LOSS(job);
	CHECK_EQ(rows(job, IS("lport", talk.port), IS("pid", ends.server.pid)), MANY);
}
