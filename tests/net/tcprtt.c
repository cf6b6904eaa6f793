// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <linux/tcp.h>
#include <sys/socket.h>
#include "net.h"

static struct tcp_info info_of(int fd)
{
	struct tcp_info info = {};
	socklen_t length = sizeof(info);

	REQUIRE(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0);
	return info;
}

static bool all_acknowledged(void *arg)
{
	return !info_of(*(int *)arg).tcpi_unacked;
}

/* How many values are in the bucket that this one falls into. */
static long long in_bucket_of(const json_t *row, long long value)
{
	json_t *bucket;
	long long n = 0;
	size_t i;

	json_array_foreach(json_object_get(row, "hist"), i, bucket)
		if (number(bucket, "from") <= value && value <= number(bucket, "to"))
			n += number(bucket, "count");
	return n;
}

static void check(int family)
{
	struct tcp tcp = tcp_open(family);
	struct job *job;
	long long rtt, in;

	tcp_send(&tcp, 100, 100);
	REQUIRE(until(10, all_acknowledged, &tcp.client) && until(10, all_acknowledged, &tcp.server));
	job = tool_start("tcprtt", "-D", text("%d", tcp.server_port));
	rtt = info_of(tcp.client).tcpi_rtt;
	in = info_of(tcp.client).tcpi_segs_in;
	REQUIRE(send(tcp.client, "x", 1, 0) == 1);
	REQUIRE(until(10, all_acknowledged, &tcp.client));
	tool_stop(job);
	/* one segment came in, more where it was so late that it was asked for again; it found what was known until then */
	in = info_of(tcp.client).tcpi_segs_in - in;
	CHECK(in >= 1);
	CHECK_EQ(rows(job), 1);
	CHECK_EQ(number(row(job), "count"), in);
	CHECK(in_bucket_of(row(job), rtt) >= 1);
	CHECK_NO_LOSS(job);
}

TEST(tcprtt, "the kernel's estimate, when a segment comes in, over IPv4")
{
	check(AF_INET);
}

TEST(tcprtt, "over IPv6 the same")
{
	check(AF_INET6);
}

TEST(tcprtt, "as many values as segments, by address, of whom the filters let through")
{
	struct tcp v4 = tcp_open(AF_INET), v6 = tcp_open(AF_INET6);
	const char *ports = text("%d,%d", v4.server_port, v6.server_port), *self = text("%d", getpid());
	struct job *by_remote = tool_start("tcprtt", "-B", "-L", ports), *by_local = tool_start("tcprtt", "--byladdr", "-m", "-D", ports),
		   *mine = tool_start("tcprtt", "-p", self, "-P", ports), *nobodys = tool_start("tcprtt", "-n", "nobody", "-P", ports);
	struct tcp_info before = info_of(v4.server), after;

	for (int i = 0; i < 20; i++) {
		tcp_send(&v4, 1, 1);
		tcp_send(&v6, 1, 1);
	}
	REQUIRE(until(10, all_acknowledged, &v4.server) && until(10, all_acknowledged, &v6.server));
	after = info_of(v4.server);
	tool_stop(by_remote);
	tool_stop(by_local);
	tool_stop(mine);
	tool_stop(nobodys);
	CHECK_EQ(number(row(by_remote, IS("raddr", "127.0.0.1")), "count"), after.tcpi_segs_in - before.tcpi_segs_in);
	CHECK_BETWEEN(20, number(row(by_remote, IS("raddr", "::1")), "count"), 80);
	CHECK_EQ(rows(by_remote), 2);
	CHECK_BETWEEN(20, number(row(by_local, IS("laddr", "127.0.0.1")), "count"), 80);
	CHECK_EQ(rows(by_local), 2);
	CHECK_BETWEEN(80, number(row(mine), "count"), 320);
	CHECK_EQ(rows(nobodys) ? number(row(nobodys), "count") : 0, 0);
}

TEST(tcprtt, "one of two addresses to go by, not both")
{
	struct job *job = run("corekit", "tcprtt", "-B", "--byladdr");

	CHECK_EQ(job->status, 2);
	CHECK_EQ(lines(job->err), 1);
}
