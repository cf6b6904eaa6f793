// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/socket.h>
#include "net.h"

static void check(int family, const char *address, const char *looks, int version)
{
	struct talk talk = talk_new(family, address);
	struct ends ends = ends_new(&talk);
	struct job *job = tool_start("tcpconnlat");
	uint64_t start = now_ns(), end;
	json_t *r;

	ends_run(&ends);
	end = now_ns();
	tool_stop(job);
	CHECK_EQ(rows(job, IS("rport", talk.port)), 1);
	r = row(job, IS("rport", talk.port));
	CHECK_EQ(number(r, "pid"), ends.client.pid);
	CHECK_STR(string(r, "comm"), "connector");
	CHECK_EQ(number(r, "family"), version);
	CHECK_STR(string(r, "laddr"), looks);
	CHECK_STR(string(r, "raddr"), looks);
	CHECK_EQ(number(r, "lport"), talk.shared->port);
	CHECK_BETWEEN(1, number(r, "latency_ns"), end - start);
	CHECK_EQ(rows(job, IS("rport", talk.port), IS("error", NOTHING)), 1);
	CHECK_NO_LOSS(job);
}

TEST(tcpconnlat, "each connection with who made it: IPv4, IPv6, and IPv4 over IPv6")
{
	check(AF_INET, "127.0.0.1", "127.0.0.1", 4);
	check(AF_INET6, "::1", "::1", 6);
	check(AF_INET6, "::ffff:127.0.0.1", "127.0.0.1", 4);
}

static void hopeful(void *arg)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	pin(1);
	REQUIRE(connect(fd, arg, sizeof(struct sockaddr_in)) == 0);
}

TEST(tcpconnlat, "an answer that takes a second is a second, and the only one that --min lets through")
{
	struct sockaddr_in to;
	int listener = unanswered(&to);
	struct child child = child_new("hopeful", 0, hopeful, &to);
	struct tcp quick;
	struct job *job = tool_start("tcpconnlat", "-m", "900");
	uint64_t start = now_ns(), end;
	json_t *r;

	child_go(&child);
	while (!strstr(file_text("/proc/net/tcp"), text(":%04X 02 ", ntohs(to.sin_port)))) /* SYN-SENT */
		nap(1000000);
	nap(50000000);
	REQUIRE(accept(listener, NULL, NULL) >= 0);
	nap(750000000);
	occupy(1, 500000000); /* where the timer's interrupt will be */
	CHECK_EQ(child_wait(&child), 0);
	end = now_ns();
	quick = tcp_open(AF_INET);
	tcp_close(&quick);
	tool_stop(job);
	r = row(job, IS("rport", ntohs(to.sin_port)), IS("pid", child.pid));
	CHECK_BETWEEN(950000000, number(r, "latency_ns"), end - start);
	CHECK_EQ(rows(job, IS("rport", ntohs(to.sin_port))), 1);
	CHECK_EQ(rows(job, IS("rport", quick.server_port)), 0);
}

TEST(tcpconnlat, "failed attempts are shown when asked for, with the reason")
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	struct tcp fine;
	struct sockaddr_in to;
	int full = unanswered(&to), none = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
	    fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const char *pid = text("%d", getpid());
	struct job *usual = tool_start("tcpconnlat", "-p", pid), *all = tool_start("tcpconnlat", "-p", pid, "--all"),
		   *failed = tool_start("tcpconnlat", "-p", pid, "--failed");

	close(talk.listener);
	REQUIRE(connect(none, (void *)&talk.to, talk.length) == -1 && errno == ECONNREFUSED);
	REQUIRE(connect(fd, (void *)&to, sizeof(to)) == -1 && errno == EINPROGRESS);
	close(fd);
	close(full);
	fine = tcp_open(AF_INET);
	tcp_close(&fine);
	tool_stop(usual);
	tool_stop(all);
	tool_stop(failed);
	CHECK_EQ(rows(usual), 1);
	CHECK_EQ(rows(usual, IS("rport", fine.server_port)), 1);
	CHECK_EQ(rows(all), 3);
	CHECK_EQ(rows(all, IS("rport", talk.port), IS("error", "ECONNREFUSED")), 1);
	CHECK_EQ(rows(all, IS("rport", ntohs(to.sin_port)), IS("error", "ECANCELED")), 1);
	CHECK_EQ(rows(all, IS("rport", fine.server_port), IS("error", NOTHING)), 1);
	CHECK_EQ(rows(failed), 2);
	CHECK_EQ(rows(failed, IS("rport", fine.server_port)), 0);
}

TEST(tcpconnlat, "filters, and what makes no sense")
{
	static const char *const bad[][2] = {{"-m", "fast"}, {"-m", "-1"}, {"-D", "0"}, {"--addr", "1.2.3"}};
	struct talk v4 = talk_new(AF_INET, "127.0.0.1"), v6 = talk_new(AF_INET6, "::1");
	struct ends ends4 = ends_new(&v4), ends6 = ends_new(&v6);
	struct job *job = tool_start("tcpconnlat", "-6", "-P", text("%d,%d", v4.port, v6.port));

	ends_run(&ends4);
	ends_run(&ends6);
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	CHECK_EQ(rows(job, IS("rport", v6.port)), 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		job = run("corekit", "tcpconnlat", bad[i][0], bad[i][1]);
		CHECK_EQ(job->status, 2);
		CHECK_EQ(lines(job->err), 1);
	}
}

TEST(tcpconnlat, "of many connections none is missed", .timeout = 120)
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	struct ends ends = ends_many(&talk);
	struct job *job = tool_start("tcpconnlat");

	ends_run(&ends);
	stop_after(job, MANY);
	CHECK_NO_LOSS(job);
	CHECK_EQ(rows(job, IS("rport", talk.port), IS("pid", ends.client.pid)), MANY);
}
