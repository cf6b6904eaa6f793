// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/socket.h>
#include "net.h"

#define SENDERS 80	/* more than the map has room for, in groups that it has */
#define GROUP 16

static void send_from(int family, int port, int to, int n, size_t size)
{
	struct sockaddr_in6 from = {.sin6_family = AF_INET6, .sin6_port = htons(port)}, at = {.sin6_family = AF_INET6, .sin6_port = htons(to)};
	struct sockaddr_in from4 = {.sin_family = AF_INET, .sin_port = htons(port)}, at4 = {.sin_family = AF_INET, .sin_port = htons(to)};
	struct sockaddr *source = family == AF_INET ? (void *)&from4 : (void *)&from, *target = family == AF_INET ? (void *)&at4 : (void *)&at;
	socklen_t length = family == AF_INET ? sizeof(at4) : sizeof(at);
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	static char bytes[4000];

	inet_pton(AF_INET, "192.0.2.2", &at4.sin_addr);
	inet_pton(AF_INET6, "2001:db8::2", &at.sin6_addr);
	REQUIRE(fd >= 0 && bind(fd, source, length) == 0);
	for (int i = 0; i < n; i++)
		REQUIRE(sendto(fd, bytes, size, 0, target, length) == (ssize_t)size || errno == ECONNREFUSED);
	close(fd);
}

struct flow {
	struct job *job;
	int port;
};

static bool is_shown(void *arg)
{
	struct flow *flow = arg;
	const char *port = text("\"sport\":%d,", flow->port);
	char *now = job_now(flow->job);
	bool shown = strstr(now, port);

	free(now);
	return shown;
}

/* In the interval in which it comes; over all of them it is exact. */
TEST(flowtop, "packets and bytes by pair and by flow are exact in XDP, tc and a cgroup, over intervals, while flows come and go")
{
	struct veth veth = veth_new();
	struct job *pairs, *flows, *sent, *few;
	struct sockaddr_in end = {.sin_family = AF_INET, .sin_port = htons(8), .sin_addr = {htonl(INADDR_ANY)}};
	const char *cgroup = cgroup_new("senders");
	char bytes[100];
	int fence;

	cgroup_enter(cgroup, 0);
	netns_enter(veth.ns[1]);
	fence = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	REQUIRE(fence >= 0 && bind(fence, (struct sockaddr *)&end, sizeof(end)) == 0);
	pairs = tool_start("flowtop", "-I", "pair", "-i", "100ms", "-o", "+family");
	flows = tool_start("flowtop", "--hook", "tc", "-I", "pair", "-F", "-i", "100ms", "--max-entries", "64");
	netns_enter(veth.ns[0]);
	sent = tool_start("flowtop", "--hook", "cgroup", "--egress", "-c", cgroup, "-F", "-4", "-i", "30");
	few = tool_start("flowtop", "--hook", "tc", "--egress", "-I", "pair", "-F", "-4", "-i", "30", "--max-entries", "2");
	pin(0);		/* so that what is sent comes in order */
	for (int i = 0; i < SENDERS; i++) {
		send_from(AF_INET, 20000 + i, 9, 1 + i % 3, 100 + i);
		if (i % GROUP == GROUP - 1)	/* those before it are silent now, and go */
			CHECK(until(20, is_shown, &(struct flow){flows, 20000 + i}));
	}
	for (int i = 0; i < 8; i++)
		send_from(AF_INET6, 30000 + i, 9, 2, 50);
	send_from(AF_INET, 25000, 9, 1, 3000);	/* in three pieces */
	send_from(AF_INET, 26000, 8, 1, 10);	/* behind all others */
	REQUIRE(recv(fence, bytes, sizeof(bytes), 0) == 10);
	tool_stop(pairs);
	tool_stop(flows);
	tool_stop(sent);
	tool_stop(few);
	for (int i = 0, packets = 0, bytes = 0; i < SENDERS; i++) {
		int n = 1 + i % 3, size = 100 + i;

		CHECK_EQ(sum(flows, "packets", IS("sport", 20000 + i), IS("dport", 9), IS("proto", "UDP"), IS("src", "192.0.2.1")), n);
		CHECK_EQ(sum(flows, "bytes", IS("sport", 20000 + i)), n * (14 + 20 + 8 + size));
		CHECK_EQ(sum(sent, "packets", IS("sport", 20000 + i), IS("dst", "192.0.2.2")), n);
		CHECK_EQ(sum(sent, "bytes", IS("sport", 20000 + i)), n * (20 + 8 + size));
		packets += n;
		bytes += n * (14 + 20 + 8 + size);
		if (i < SENDERS - 1)
			continue;
		CHECK_EQ(sum(pairs, "packets", IS("src", "192.0.2.1"), IS("dst", "192.0.2.2"), IS("family", 4)), packets + 4);
		CHECK_EQ(sum(pairs, "bytes", IS("src", "192.0.2.1"), IS("dst", "192.0.2.2")), bytes + 3000 + 8 + 3 * (14 + 20) + 14 + 28 + 10);
	}
	CHECK_EQ(sum(flows, "packets", IS("sport", 25000)), 1);
	CHECK_EQ(sum(flows, "packets", IS("src", "192.0.2.1"), IS("proto", "UDP"), IS("sport", NOTHING)), 2);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(sum(flows, "bytes", IS("sport", 30000 + i), IS("src", "2001:db8::1")), 2 * (14 + 40 + 8 + 50));
	CHECK(rows(pairs, IS("family", 4)) > 1);
	CHECK_EQ(lost(pairs), 0);
	CHECK_EQ(lost(flows), 0);	/* what has been silent makes room */
	CHECK_EQ(rows(few), 2);
	/* what found no room is counted, each packet; the kernel may send some of its own */
	CHECK_BETWEEN(sum(pairs, "packets", IS("src", "192.0.2.1")), sum(few, "packets") + lost(few), 1000);
}
