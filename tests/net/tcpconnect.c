// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <net/if.h>
#include <netdb.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include "net.h"

static void check(int family, const char *address, const char *looks, int version)
{
	struct talk talk = talk_new(family, address);
	struct ends ends = ends_new(&talk);
	struct job *job = tool_start("tcpconnect");
	json_t *r;

	ends_run(&ends);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("rport", talk.port)), 1);
	CHECK_EQ(rows(job, IS("pid", ends.server.pid)), 0);
	r = row(job, IS("rport", talk.port));
	CHECK_EQ(number(r, "pid"), ends.client.pid);
	CHECK_EQ(number(r, "tid"), ends.client.pid);
	CHECK_STR(string(r, "comm"), "connector");
	CHECK_EQ(number(r, "family"), version);
	CHECK_STR(string(r, "laddr"), looks);
	CHECK_STR(string(r, "raddr"), looks);
	CHECK_EQ(number(r, "lport"), talk.shared->port);
	CHECK_NO_LOSS(job);
}

TEST(tcpconnect, "who connects, from where to where: IPv4, IPv6, and IPv4 over IPv6")
{
	check(AF_INET, "127.0.0.1", "127.0.0.1", 4);
	check(AF_INET6, "::1", "::1", 6);
	check(AF_INET6, "::ffff:127.0.0.1", "127.0.0.1", 4);
}

TEST(tcpconnect, "an attempt is shown as it begins, with its local port once it is decided")
{
	struct sockaddr_in to;
	int listener = unanswered(&to), fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct job *at_once = tool_start("tcpconnect", "-p", text("%d", getpid()), "-o", "pid,raddr,rport"),
		   *later = tool_start("tcpconnect", "-p", text("%d", getpid()));
	struct sockaddr_in name;
	socklen_t length = sizeof(name);

	REQUIRE(connect(fd, (void *)&to, sizeof(to)) == -1 && errno == EINPROGRESS);
	REQUIRE(getsockname(fd, (void *)&name, &length) == 0);
	await_rows(at_once, 1);
	tool_stop(at_once);
	CHECK_EQ(rows(at_once, IS("raddr", "127.0.0.1"), IS("rport", ntohs(to.sin_port)), IS("pid", getpid())), 1);
	CHECK_EQ(rows(at_once), 1);
	nap(300000000);
	CHECK_EQ(lines(job_now(later)), 0);
	close(fd);
	stop_after(later, 1);
	CHECK_EQ(rows(later), 1);
	CHECK_EQ(rows(later, IS("rport", ntohs(to.sin_port)), IS("lport", ntohs(name.sin_port))), 1);
	close(listener);
}

static void refused(void *arg)
{
	struct talk *talk = arg;
	int fd = socket(talk->family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	REQUIRE(connect(fd, (void *)&talk->to, talk->length) == -1 && errno == ECONNREFUSED);
}

TEST(tcpconnect, "an attempt that is refused is shown as well, with its user")
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	struct child child;
	struct job *job;

	close(talk.listener);
	child = child_new("hopeful", 65534, refused, &talk);
	job = tool_start("tcpconnect", "-u", "65534");
	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("rport", talk.port)), 1);
	CHECK_EQ(rows(job, IS("rport", talk.port), IS("pid", child.pid), IS("comm", "hopeful"), IS("uid", 65534)), 1);
}

TEST(tcpconnect, "filters on either end's port, the one that isn't chosen yet too")
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	struct ends ends = ends_new(&talk);
	const char *port = text("%d", talk.port);
	struct job *remote = tool_start("tcpconnect", "-o", "pid,rport", "-D", port),
		   *local = tool_start("tcpconnect", "-o", "pid,rport", "-L", "1-65535", "-p", text("%d", ends.client.pid)),
		   *either = tool_start("tcpconnect", "-o", "pid,rport", "-P", port),
		   *neither = tool_start("tcpconnect", "-o", "pid,rport", "-L", port);

	ends_run(&ends);
	tool_stop(remote);
	tool_stop(local);
	tool_stop(either);
	tool_stop(neither);
	CHECK_EQ(rows(remote), 1);
	CHECK_EQ(rows(local), 1);
	CHECK_EQ(rows(either), 1);
	CHECK_EQ(rows(neither), 0);
}

static void check_many(struct job *job, struct talk *talk, struct ends *ends)
{
	ends_run(ends);
	stop_after(job, MANY);
	CHECK_NO_LOSS(job);
	CHECK_EQ(rows(job, IS("rport", talk->port), IS("pid", ends->client.pid)), MANY);
}

TEST(tcpconnect, "of many connections none is missed, with and without their local ports", .timeout = 120)
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	struct ends some = ends_many(&talk), more = ends_many(&talk);

	check_many(tool_start("tcpconnect", "-o", "pid,rport"), &talk, &some);
	check_many(tool_start("tcpconnect"), &talk, &more);
}

static void ask_and_connect(void *arg)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(81), .sin_addr.s_addr = htonl(0xc0000201)};
	int fd;

	(void)arg;
	REQUIRE(look_up("first.test") == 0);
	REQUIRE(look_up("second.none.test") == EAI_NONAME);
	for (int i = 0; i < 3; i++) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		REQUIRE(connect(fd, (void *)&to, sizeof(to)) == -1 && errno == ECONNREFUSED);
		close(fd);
	}
	REQUIRE(look_up("cut.last.test") == 0);
	to.sin_port = htons(82);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	REQUIRE(connect(fd, (void *)&to, sizeof(to)) == -1 && errno == ECONNREFUSED);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	REQUIRE(connect(fd, (void *)&to, sizeof(to)) == -1 && errno == ECONNREFUSED);
}

TEST(tcpconnect, "with the name that led to an address, the last one, by UDP and TCP; and counted")
{
	struct ifreq address = {.ifr_name = "lo:1"};
	struct child child;
	struct job *job, *counts, *bad;
	const char *pid;
	int fd;

	nameserver(0);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	((struct sockaddr_in *)&address.ifr_addr)->sin_family = AF_INET;
	((struct sockaddr_in *)&address.ifr_addr)->sin_addr.s_addr = htonl(0xc0000201);
	REQUIRE(ioctl(fd, SIOCSIFADDR, &address) == 0);
	child = child_new("asker", 0, ask_and_connect, NULL);
	pid = text("%d", child.pid);
	job = tool_start("tcpconnect", "-p", pid, "--dns", "-D", "80-89");
	counts = tool_start("tcpconnect", "-p", pid, "--counts", "--dns", "-D", "80-89");
	child_run(&child);
	tool_stop(job);
	tool_stop(counts);
	CHECK_EQ(rows(job, IS("raddr", "192.0.2.1"), IS("rport", 81), IS("name", "first.test")), 3);
	CHECK_EQ(rows(job, IS("raddr", "192.0.2.1"), IS("rport", 82), IS("name", "cut.last.test")), 1);
	CHECK_EQ(rows(job, IS("raddr", "127.0.0.1"), IS("rport", 82), IS("name", NOTHING)), 1);
	CHECK_EQ(rows(job), 5);
	CHECK_EQ(rows(counts, IS("pid", child.pid), IS("comm", "asker")), 3);
	CHECK_EQ(rows(counts, IS("raddr", "192.0.2.1"), IS("rport", 81), IS("connects", 3), IS("name", "cut.last.test")), 1);
	CHECK_EQ(rows(counts, IS("raddr", "192.0.2.1"), IS("rport", 82), IS("connects", 1)), 1);
	CHECK_EQ(rows(counts, IS("raddr", "127.0.0.1"), IS("rport", 82), IS("connects", 1), IS("name", NOTHING)), 1);
	CHECK_EQ(rows(counts), 3);
	bad = run("corekit", "tcpconnect", "-i", "1");
	CHECK_EQ(bad->status, 2);
	CHECK_EQ(lines(bad->err), 1);
}
