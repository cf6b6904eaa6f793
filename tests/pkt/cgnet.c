// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/socket.h>
#include <sys/stat.h>
#include "net.h"

static int udp(int family, const char *address, struct sockaddr_in6 *at)
{
	struct sockaddr_in *at4 = (void *)at;
	socklen_t length = sizeof(*at);
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*at = (struct sockaddr_in6){.sin6_family = family};
	REQUIRE(inet_pton(family, address, family == AF_INET ? (void *)&at4->sin_addr : &at->sin6_addr) == 1);
	REQUIRE(fd >= 0 && bind(fd, (struct sockaddr *)at, family == AF_INET ? sizeof(*at4) : sizeof(*at)) == 0);
	REQUIRE(getsockname(fd, (struct sockaddr *)at, &length) == 0);
	return fd;
}

static void send_many(int fd, const struct sockaddr_in6 *to, int n, size_t size)
{
	char bytes[1000] = {};

	for (int i = 0; i < n; i++)
		REQUIRE(sendto(fd, bytes, size, 0, (const struct sockaddr *)to, to->sin6_family == AF_INET ? 16 : 28) == (ssize_t)size);
}

TEST(cgnet, "packets and bytes of each cgroup are exact, by the cgroup that a socket was made in, and --depth adds them up")
{
	const char *top = cgroup_new("net"), *a = text("%s/a", top), *b = text("%s/b", top), *name = strrchr(top, '/');
	struct sockaddr_in6 at_a, at_b, at_b6;
	int in_a, in_b, in_b6, out_b6;
	struct job *each, *all, *no;

	REQUIRE(mkdir(a, 0755) == 0 && mkdir(b, 0755) == 0);
	cgroup_enter(a, 0);
	in_a = udp(AF_INET, "127.0.0.1", &at_a);
	cgroup_enter(b, 0);
	in_b = udp(AF_INET, "127.0.0.1", &at_b);
	in_b6 = udp(AF_INET6, "::1", &at_b6);
	out_b6 = udp(AF_INET6, "::1", &(struct sockaddr_in6){});
	each = tool_start("cgnet", "-c", top, "-i", "30", "-o", "+id,total");
	all = tool_start("cgnet", "-D", "1", "-i", "30", "-o", "+id");
	send_many(in_a, &at_b, 5, 100);
	send_many(in_b, &at_a, 2, 300);
	send_many(out_b6, &at_b6, 3, 50);
	tool_stop(each);
	tool_stop(all);
	CHECK_EQ(rows(each), 2);
	CHECK_EQ(sum(each, "tx", IS("id", cgroup_id(a))), 5 * 128);
	CHECK_EQ(sum(each, "rx", IS("id", cgroup_id(a))), 2 * 328);
	CHECK_EQ(sum(each, "txpackets", IS("id", cgroup_id(a)), IS("cgroup", text("%s/a", name))), 5);
	CHECK_EQ(sum(each, "rxpackets", IS("id", cgroup_id(a))), 2);
	CHECK_EQ(sum(each, "tx", IS("id", cgroup_id(b))), 2 * 328 + 3 * 98);
	CHECK_EQ(sum(each, "rx", IS("id", cgroup_id(b))), 5 * 128 + 3 * 98);
	CHECK_EQ(sum(each, "total", IS("id", cgroup_id(b))), 6 * 98 + 5 * 128 + 2 * 328);
	CHECK_EQ(sum(all, "txpackets", IS("id", cgroup_id(top))), 10);
	CHECK_EQ(sum(all, "rxpackets", IS("id", cgroup_id(top))), 10);
	CHECK_EQ(rows(all, IS("id", cgroup_id(a))), 0);
	CHECK_NO_LOSS(each);
	no = run("corekit", "cgnet", "-c", "/nowhere/at/all");
	CHECK_EQ(no->status, 2);
	CHECK_EQ(lines(no->err), 1);
	REQUIRE(in_b6 >= 0);
}
