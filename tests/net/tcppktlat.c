// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include "net.h"

#define LAY 30000000	/* ns */

static bool all_acknowledged(void *arg)
{
	int waiting = -1;

	return ioctl(*(int *)arg, SIOCOUTQ, &waiting) == 0 && !waiting;
}

/* Each a segment of its own, and all of them have come when this returns. */
static void send_segments(int fd, int segments, size_t bytes)
{
	static char block[10000];
	int on = 1;

	REQUIRE(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
	for (int i = 0; i < segments; i++) {
		REQUIRE(send(fd, block, bytes, 0) == (ssize_t)bytes);
		REQUIRE(until(10, all_acknowledged, &fd));
	}
}

struct pair {
	int from, to, port;
	size_t peek, first, rest;	/* bytes; 0: none */
};

static void read_it(void *arg)
{
	struct pair *pair = arg;
	static char block[10000];

	REQUIRE(recv(pair->to, block, pair->peek, MSG_PEEK | MSG_DONTWAIT) == (ssize_t)pair->peek);
	if (pair->first)
		REQUIRE(recv(pair->to, block, pair->first, MSG_WAITALL) == (ssize_t)pair->first);
	nap(LAY);
	if (pair->rest)
		REQUIRE(recv(pair->to, block, pair->rest, MSG_WAITALL) == (ssize_t)pair->rest);
}

static struct pair pair_new(int family, const char *address)
{
	struct talk talk = talk_new(family, address);
	struct pair pair = {.from = connect_to(&talk), .port = talk.port};

	pair.to = accept4(talk.listener, NULL, NULL, SOCK_CLOEXEC);
	REQUIRE(pair.to >= 0);
	return pair;
}

TEST(tcppktlat, "each segment, from its arrival to the read of its last byte: IPv4, IPv6, and IPv4 over IPv6")
{
	struct pair pairs[] = {pair_new(AF_INET, "127.0.0.1"), pair_new(AF_INET6, "::1"), pair_new(AF_INET6, "::ffff:127.0.0.1")};
	static const char *const looks[] = {"127.0.0.1", "::1", "127.0.0.1"};
	static const int families[] = {4, 6, 4};
	const char *ports = text("%d,%d,%d", pairs[0].port, pairs[1].port, pairs[2].port);
	struct child readers[3];
	struct job *all, *mine, *slow;
	uint64_t start, end;
	json_t *r;

	pairs[0].first = 1000;			/* one segment at once */
	pairs[1].peek = 1000;
	pairs[1].first = 400;			/* ... in two parts, after a look at it */
	pairs[1].rest = 600;
	pairs[2].rest = 300;			/* three segments in one call */
	for (int i = 0; i < 3; i++)
		readers[i] = child_new("reader", 0, read_it, &pairs[i]);
	all = tool_start("tcppktlat", "-L", ports);
	mine = tool_start("tcppktlat", "-p", text("%d", readers[0].pid), "-P", ports);
	slow = tool_start("tcppktlat", "-4", "--raddr", "127.0.0.0/8", "-m", text("%d", 2 * LAY / 1000), "-L", ports);
	start = now_ns();
	send_segments(pairs[0].from, 1, 1000);
	send_segments(pairs[1].from, 1, 1000);
	send_segments(pairs[2].from, 3, 100);
	shutdown(pairs[0].from, SHUT_WR);	/* a FIN is no data */
	nap(LAY);
	for (int i = 0; i < 3; i++)
		child_run(&readers[i]);
	end = now_ns();
	for (int i = 0; i < 3; i++)
		close(pairs[i].from);
	tool_stop(all);
	tool_stop(mine);
	tool_stop(slow);

	CHECK_EQ(rows(all), 5);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(rows(all, IS("lport", pairs[i].port), IS("pid", readers[i].pid), IS("comm", "reader"), IS("family", families[i]),
			      IS("laddr", looks[i]), IS("raddr", looks[i]), IS("bytes", i < 2 ? 1000 : 100)), i < 2 ? 1 : 3);
		each_row(r, all, IS("lport", pairs[i].port))
			CHECK_BETWEEN(i ? 2 * LAY : LAY, number(r, "latency_ns"), end - start);
	}
	CHECK_EQ(rows(mine), 1);
	CHECK_EQ(rows(mine, IS("pid", readers[0].pid)), 1);
	CHECK_EQ(rows(slow, IS("lport", pairs[1].port)), 0);
	CHECK_EQ(rows(slow, IS("lport", pairs[2].port)), 3);
	each_row(r, slow)
		CHECK_BETWEEN(2 * LAY, number(r, "latency_ns"), end - start);
	CHECK_NO_LOSS(all);
}

static long long segments_in(int fd)
{
	struct tcp_info info = {};
	socklen_t length = sizeof(info);

	REQUIRE(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0);
	return info.tcpi_data_segs_in;
}

TEST(tcppktlat, "what is never read takes no room, and what there is no room for is counted")
{
	struct pair one = pair_new(AF_INET, "127.0.0.1"), full = pair_new(AF_INET, "127.0.0.1");
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	struct job *room = tool_start("tcppktlat", "--max-entries", "8", "-L", text("%d,%d", talk.port, one.port)),
		   *narrow = tool_start("tcppktlat", "--max-entries", "8", "-L", text("%d", full.port));
	int from[6], to[6];
	char block[100];

	/* all of them are there before: a new one could have the place of an old one */
	for (int i = 0; i < 6; i++) {
		from[i] = connect_to(&talk);
		REQUIRE((to[i] = accept4(talk.listener, NULL, NULL, SOCK_CLOEXEC)) >= 0);
	}
	for (int i = 0; i < 6; i++) {
		send_segments(from[i], 3, 10);
		close(to[i]);
		close(from[i]);
	}
	send_segments(one.from, 2, 10);
	REQUIRE(recv(one.to, block, 20, MSG_WAITALL) == 20);
	tool_stop(room);
	CHECK_EQ(rows(room), 2);
	CHECK_NO_LOSS(room);

	send_segments(full.from, 20, 1);
	REQUIRE(recv(full.to, block, 20, MSG_WAITALL) == 20);
	tool_stop(narrow);
	CHECK_BETWEEN(1, rows(narrow), 19);
	CHECK_BETWEEN(segments_in(full.to), rows(narrow) + lost(narrow), segments_in(full.to) + missed_allowed(narrow));
}

TEST(tcppktlat, "a time that is none is refused in one line")
{
	struct job *job = run("corekit", "tcppktlat", "-m", "soon");

	CHECK_EQ(job->status, 2);
	CHECK_EQ(lines(job->err), 1);
}
