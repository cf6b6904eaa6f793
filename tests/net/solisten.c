// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/socket.h>
#include "net.h"

static int bound(int family, struct sockaddr_in6 *name)
{
	socklen_t length = sizeof(*name);
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*name = (struct sockaddr_in6){.sin6_family = family};
	if (fd < 0 || bind(fd, (void *)name, family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(*name)))
		SKIP("no address family %d here", family);
	REQUIRE(getsockname(fd, (void *)name, &length) == 0);
	return fd;
}

TEST(solisten, "who listens where, with the backlog as the kernel limits it")
{
	struct sockaddr_in6 four, six;
	int fd4 = bound(AF_INET, &four), fd6 = bound(AF_INET6, &six);
	int most = atoi(file_text("/proc/sys/net/core/somaxconn"));
	struct job *job = tool_start("solisten", "-p", text("%d", getpid()));

	REQUIRE(listen(fd4, 17) == 0);
	REQUIRE(listen(fd4, 23) == 0);	/* again */
	REQUIRE(listen(fd6, 1 << 30) == 0);
	tool_stop(job);
	CHECK_EQ(rows(job), 3);
	CHECK_EQ(rows(job, IS("lport", ntohs(four.sin6_port)), IS("family", 4), IS("laddr", "0.0.0.0"), IS("protocol", "TCP"),
		      IS("pid", getpid()), IS("error", NOTHING)), 2);
	CHECK_EQ(rows(job, IS("lport", ntohs(four.sin6_port)), IS("backlog", 17)), 1);
	CHECK_EQ(rows(job, IS("lport", ntohs(four.sin6_port)), IS("backlog", 23)), 1);
	CHECK_EQ(rows(job, IS("lport", ntohs(six.sin6_port)), IS("family", 6), IS("laddr", "::"), IS("backlog", most)), 1);
	CHECK_NO_LOSS(job);
}

TEST(solisten, "calls that fail have the reason; other families and no sockets are not shown")
{
	struct sockaddr_in6 name;
	int fd = bound(AF_INET, &name), local = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct tcp tcp = tcp_open(AF_INET);
	struct job *failed = tool_start("solisten", "-x", "-p", text("%d", getpid())),
		   *all = tool_start("solisten", "-p", text("%d", getpid()), "-L", text("%d,%d", ntohs(name.sin6_port), tcp.client_port));

	REQUIRE(listen(tcp.client, 5) == -1 && errno == EINVAL);
	REQUIRE(listen(fd, 1) == 0);
	REQUIRE(listen(local, 1) == -1);
	REQUIRE(listen(-1, 1) == -1 && listen(STDERR_FILENO, 1) == -1);
	tool_stop(failed);
	tool_stop(all);
	CHECK_EQ(rows(failed), 1);
	CHECK_EQ(rows(failed, IS("error", "EINVAL"), IS("lport", tcp.client_port), IS("backlog", 5)), 1);
	CHECK_EQ(rows(all), 2);
	CHECK_EQ(rows(all, IS("error", NOTHING), IS("lport", ntohs(name.sin6_port)), IS("backlog", 1)), 1);
}

TEST(solisten, "filters, and what makes no sense")
{
	static const char *const bad[][2] = {{"-L", "x"}, {"--laddr", "10"}, {"--netns", "none"}};
	struct sockaddr_in6 four, six;
	int fd4 = bound(AF_INET, &four), fd6 = bound(AF_INET6, &six);
	struct job *job = tool_start("solisten", "-6", "-n", "no*"), *here = tool_start("solisten", "-6", "-p", text("%d", getpid()));

	REQUIRE(listen(fd4, 1) == 0 && listen(fd6, 1) == 0);
	tool_stop(job);
	tool_stop(here);
	CHECK_EQ(rows(job, IS("pid", getpid())), 0);
	CHECK_EQ(rows(here), 1);
	CHECK_EQ(rows(here, IS("lport", ntohs(six.sin6_port))), 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		job = run("corekit", "solisten", bad[i][0], bad[i][1]);
		CHECK_EQ(job->status, 2);
		CHECK_EQ(lines(job->err), 1);
	}
}
