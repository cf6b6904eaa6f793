// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/socket.h>
#include "net.h"

static void check(int family, const char *address, const char *looks, int version)
{
	struct talk talk = talk_new(family, address);
	struct ends ends = ends_new(&talk);
	struct job *job = tool_start("tcptracer");
	struct where client = IS("pid", ends.client.pid), server = IS("pid", ends.server.pid);

	ends_run(&ends);
	stop_after(job, 4);
	CHECK_NO_LOSS(job);
	CHECK_EQ(rows_count(job, WHERE(IS("rport", talk.port))), 2);
	CHECK_EQ(rows_count(job, WHERE(IS("lport", talk.port))), 2);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(rows_count(job, WHERE(IS("event", i ? "close" : "connect"), IS("rport", talk.port), client,
					       IS("comm", "connector"), IS("lport", talk.shared->port), IS("raddr", looks),
					       IS("family", version))), 1);
		CHECK_EQ(rows_count(job, WHERE(IS("event", i ? "close" : "accept"), IS("lport", talk.port), server,
					       IS("comm", "acceptor"), IS("rport", talk.shared->port), IS("laddr", looks),
					       IS("family", version))), 1);
	}
	if (rows_count(job, WHERE(server)) != 2) /* seen once, on a crowded machine */
		FAIL("what was shown:\n%s", job->out);
}

TEST(tcptracer, "connect, accept and both closes, in whose connection: IPv4, IPv6, and IPv4 over IPv6")
{
	check(AF_INET, "127.0.0.1", "127.0.0.1", 4);
	check(AF_INET6, "::1", "::1", 6);
	check(AF_INET6, "::ffff:127.0.0.1", "127.0.0.1", 4);
}

TEST(tcptracer, "a reset closes both ends, each once; what is refused was never made")
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	struct ends ends;
	struct job *job;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	talk.server_resets = true;
	ends = ends_new(&talk);
	job = tool_start("tcptracer", "-P", text("%d", talk.port));
	ends_run(&ends);
	close(talk.listener);
	REQUIRE(connect(fd, (void *)&talk.to, talk.length) == -1 && errno == ECONNREFUSED);
	stop_after(job, 4);
	CHECK_EQ(rows(job), 4);
	CHECK_EQ(rows(job, IS("event", "connect")), 1);
	CHECK_EQ(rows(job, IS("event", "accept")), 1);
	CHECK_EQ(rows(job, IS("event", "close"), IS("pid", ends.client.pid)), 1);
	CHECK_EQ(rows(job, IS("event", "close"), IS("lport", talk.port)), 1);
}

TEST(tcptracer, "a connection from before the tool is closed by its owner")
{
	struct tcp tcp = tcp_open(AF_INET);
	struct job *job = tool_start("tcptracer", "-P", text("%d", tcp.server_port));

	tcp_close(&tcp);
	stop_after(job, 2);
	CHECK_EQ(rows(job), 2);
	CHECK_EQ(rows(job, IS("event", "close"), IS("pid", getpid())), 2);
}

TEST(tcptracer, "filters by port, family and owner, also of who accepts")
{
	struct talk v4 = talk_new(AF_INET, "127.0.0.1"), v6 = talk_new(AF_INET6, "::1");
	struct ends ends4 = ends_new(&v4), ends6 = ends_new(&v6);
	const char *ports = text("%d,%d", v4.port, v6.port);
	struct job *family = tool_start("tcptracer", "-6", "-P", ports), *remote = tool_start("tcptracer", "-D", ports),
		   *owner = tool_start("tcptracer", "-p", text("%d", ends4.server.pid));

	ends_run(&ends4);
	ends_run(&ends6);
	await_rows(family, 4);
	await_rows(remote, 4);
	stop_after(owner, 2);
	tool_stop(family);
	tool_stop(remote);
	CHECK_EQ(rows(family), 4);
	CHECK_EQ(rows(family, IS("family", 6)), 4);
	CHECK_EQ(rows(remote), 4);
	CHECK_EQ(rows(remote, IS("event", "accept")), 0);
	CHECK_EQ(rows(owner), 2);
	CHECK_EQ(rows(owner, IS("lport", v4.port), IS("pid", ends4.server.pid)), 2);
}

TEST(tcptracer, "of many connections nothing is missed", .timeout = 120)
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	struct ends ends = ends_many(&talk);
	struct job *job = tool_start("tcptracer", "-P", text("%d", talk.port));

	ends_run(&ends);
	stop_after(job, 4 * MANY);
	CHECK_NO_LOSS(job);
	CHECK_EQ(rows(job, IS("event", "connect"), IS("pid", ends.client.pid)), MANY);
	CHECK_EQ(rows(job, IS("event", "accept"), IS("pid", ends.server.pid)), MANY);
	CHECK_EQ(rows(job, IS("event", "close")), 2 * MANY);
}
