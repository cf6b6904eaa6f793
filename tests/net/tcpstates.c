// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/socket.h>
#include "net.h"

static const struct step {
	const char *from, *to;
} client_steps[] = {{"CLOSE", "SYN_SENT"}, {"SYN_SENT", "ESTABLISHED"}, {"ESTABLISHED", "FIN_WAIT1"},
		    {"FIN_WAIT1", "FIN_WAIT2"}, {"FIN_WAIT2", "CLOSE"}},
  server_steps[] = {{"LISTEN", "SYN_RECV"}, {"SYN_RECV", "ESTABLISHED"}, {"ESTABLISHED", "CLOSE_WAIT"},
		    {"CLOSE_WAIT", "LAST_ACK"}, {"LAST_ACK", "CLOSE"}};

static void check(int family, const char *address, const char *looks, int version)
{
	struct talk talk = talk_new(family, address);
	struct ends ends;
	struct job *job;
	uint64_t start, end;
	json_t *r;

	talk.pause = 150000000;
	ends = ends_new(&talk);
	job = tool_start("tcpstates");
	start = now_ns();
	ends_run(&ends);
	await_rows(job, 10);
	end = now_ns();
	tool_stop(job);
	CHECK_NO_LOSS(job);
	CHECK_EQ(rows(job, IS("rport", talk.port)), 5);
	CHECK_EQ(rows(job, IS("lport", talk.port)), 5);
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(rows(job, IS("rport", talk.port), IS("from", client_steps[i].from), IS("to", client_steps[i].to),
			      IS("pid", ends.client.pid), IS("comm", "connector"), IS("raddr", looks),
			      IS("family", version)), 1);
		CHECK_EQ(rows(job, IS("lport", talk.port), IS("from", server_steps[i].from), IS("to", server_steps[i].to),
			      IS("rport", talk.shared->port), IS("laddr", looks), IS("family", version)), 1);
		if (i >= 3)
			CHECK_EQ(rows(job, IS("lport", talk.port), IS("to", server_steps[i].to), IS("pid", ends.server.pid)), 1);
	}
	r = row(job, IS("rport", talk.port), IS("from", "ESTABLISHED"));
	CHECK_BETWEEN(talk.pause, number(r, "was_ns"), end - start);
	CHECK_EQ(rows(job, IS("rport", talk.port), IS("from", "CLOSE"), IS("was_ns", NOTHING)), 1);
	/* the same socket, from the first change to the last */
	CHECK_STR(string(r, "socket"), string(row(job, IS("rport", talk.port), IS("from", "CLOSE")), "socket"));
}

TEST(tcpstates, "each change on both sides, in whose connection: IPv4, IPv6, and IPv4 over IPv6")
{
	check(AF_INET, "127.0.0.1", "127.0.0.1", 4);
	check(AF_INET6, "::1", "::1", 6);
	check(AF_INET6, "::ffff:127.0.0.1", "127.0.0.1", 4);
}

static void connect_and_wait(void *arg)
{
	struct talk *talk = arg;
	int fd = connect_to(talk);
	char byte;

	talk->shared->ready = 1;
	REQUIRE(recv(fd, &byte, 1, 0) == 0);
}

static bool is_ready(void *arg)
{
	return ((struct talk *)arg)->shared->ready;
}

TEST(tcpstates, "a socket from before the tool has an owner, and no time in its first state")
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	struct child child = child_new("early", 0, connect_and_wait, &talk);
	struct job *job;
	int fd;

	child_go(&child);
	REQUIRE((fd = accept4(talk.listener, NULL, NULL, SOCK_CLOEXEC)) >= 0);
	REQUIRE(until(10, is_ready, &talk));
	job = tool_start("tcpstates", "-n", "early");
	close(fd);
	CHECK_EQ(child_wait(&child), 0);
	stop_after(job, 3);
	CHECK_EQ(rows(job), 3);
	CHECK_EQ(rows(job, IS("pid", child.pid), IS("rport", talk.port)), 3);
	CHECK_EQ(rows(job, IS("from", "ESTABLISHED"), IS("to", "CLOSE_WAIT"), IS("was_ns", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("from", "CLOSE_WAIT"), IS("to", "LAST_ACK")), 1);
	CHECK_BETWEEN(1, number(row(job, IS("from", "CLOSE_WAIT")), "was_ns"), 1e12);
}

TEST(tcpstates, "filters by port, family and owner")
{
	struct talk v4 = talk_new(AF_INET, "127.0.0.1"), v6 = talk_new(AF_INET6, "::1");
	struct ends ends4 = ends_new(&v4), ends6 = ends_new(&v6);
	const char *ports = text("%d,%d", v4.port, v6.port);
	struct job *local = tool_start("tcpstates", "-4", "-L", ports), *remote = tool_start("tcpstates", "-6", "-D", ports),
		   *owner = tool_start("tcpstates", "-p", text("%d", ends4.client.pid));

	ends_run(&ends4);
	ends_run(&ends6);
	await_rows(local, 5);
	await_rows(remote, 5);
	stop_after(owner, 5);
	tool_stop(local);
	tool_stop(remote);
	CHECK_EQ(rows(local), 5);
	CHECK_EQ(rows(local, IS("lport", v4.port)), 5);
	CHECK_EQ(rows(remote), 5);
	CHECK_EQ(rows(remote, IS("rport", v6.port)), 5);
	/* it has the listener as well, which it was born with */
	CHECK_EQ(rows(owner, IS("rport", v4.port), IS("pid", ends4.client.pid)), 5);
	CHECK_EQ(rows(owner, IS("pid", ends4.client.pid)), rows(owner));
	CHECK_EQ(rows(owner, IS("rport", v6.port)), 0);
}

TEST(tcpstates, "of many connections no change is missed", .timeout = 120)
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	struct ends ends = ends_many(&talk);
	struct job *job = tool_start("tcpstates", "-P", text("%d", talk.port), "-o", "pid,lport,rport,from,to");
	int client[5] = {}, server[5] = {}, steps[65536] = {}, slack = slow() > 1 ? 20 : 0;
	json_t *r;

	ends_run(&ends);
	stop_after(job, 10 * MANY);
	CHECK_NO_LOSS(job);
	each_row(r, job) {
		steps[number(r, "lport") == talk.port ? number(r, "rport") : number(r, "lport")]++;
		for (int i = 0; i < 5; i++) {
			client[i] += number(r, "pid") == ends.client.pid && !strcmp(string(r, "from"), client_steps[i].from);
			server[i] += number(r, "lport") == talk.port && !strcmp(string(r, "from"), server_steps[i].from);
		}
	}
	/* for whoever reads a failed test: the connections that went another way */
	each_row(r, job)
		if (steps[number(r, "lport") == talk.port ? number(r, "rport") : number(r, "lport")] % 10)
			fprintf(stderr, "%s\n", json_dumps(r, 0));
	/* 7.2 lets both programs be preempted, which an emulated CPU does to some in a thousand: see CHECK_NO_LOSS */
	for (int i = 0; i < 5; i++) {
		CHECK_BETWEEN(MANY - slack, client[i], MANY + slack);
		CHECK_BETWEEN(MANY - slack, server[i], MANY + slack);
	}
}
