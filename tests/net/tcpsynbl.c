// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <linux/tcp.h>
#include <sys/socket.h>
#include "net.h"

#define LIMIT 37	/* a backlog that nobody else asks for */

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

struct queue {
	int listener;
	unsigned int length;
};

static bool is_so_long(void *arg)
{
	struct queue *queue = arg;
	struct tcp_info info = {};
	socklen_t length = sizeof(info);

	REQUIRE(getsockopt(queue->listener, IPPROTO_TCP, TCP_INFO, &info, &length) == 0);
	return info.tcpi_unacked >= queue->length;	/* of a listener that is its queue */
}

static void check(int family, const char *address)
{
	struct talk talk = talk_new(family, address);
	struct job *job;

	REQUIRE(listen(talk.listener, LIMIT) == 0);
	job = tool_start("tcpsynbl", "--byport", "-L", text("%d", talk.port));
	for (unsigned int i = 1; i <= 8; i++) {
		connect_to(&talk);	/* they find 0, 1 … 7 */
		REQUIRE(until(10, is_so_long, &(struct queue){talk.listener, i}));
	}
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	CHECK_EQ(rows(job, IS("limit", LIMIT), IS("lport", talk.port), IS("count", 8)), 1);
	CHECK_EQ(in_bucket_of(row(job), 0), 1);
	CHECK_EQ(in_bucket_of(row(job), 1), 1);
	CHECK_EQ(in_bucket_of(row(job), 2), 2);
	CHECK_EQ(in_bucket_of(row(job), 4), 4);
	CHECK_NO_LOSS(job);
}

TEST(tcpsynbl, "what each connection finds in the queue, with its limit: IPv4, IPv6, and IPv4 over IPv6")
{
	check(AF_INET, "127.0.0.1");
	check(AF_INET6, "::1");
	check(AF_INET6, "::ffff:127.0.0.1");
}

TEST(tcpsynbl, "two limits are two histograms; filters; and what makes no sense")
{
	struct talk one = talk_new(AF_INET, "127.0.0.1"), two = talk_new(AF_INET, "127.0.0.1"), six = talk_new(AF_INET6, "::1");
	struct job *job = tool_start("tcpsynbl", "-4", "-L", text("%d,%d,%d", one.port, two.port, six.port));
	static const char *const bad[][2] = {{"-L", "0"}, {"-P", "80"}, {"--laddr", "x"}};

	REQUIRE(listen(one.listener, LIMIT) == 0 && listen(two.listener, LIMIT + 1) == 0);
	connect_to(&one);
	for (int i = 0; i < 3; i++)
		connect_to(&two);
	connect_to(&six);
	tool_stop(job);
	CHECK_EQ(rows(job), 2);
	CHECK_EQ(rows(job, IS("limit", LIMIT), IS("count", 1)), 1);
	CHECK_EQ(rows(job, IS("limit", LIMIT + 1), IS("count", 3)), 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		job = run("corekit", "tcpsynbl", bad[i][0], bad[i][1]);
		CHECK_EQ(job->status, 2);
		CHECK_EQ(lines(job->err), 1);
	}
}
