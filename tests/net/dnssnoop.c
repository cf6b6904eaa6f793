// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <netdb.h>
#include <resolv.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include "net.h"

#define DELAY 120000000ULL

/* As the C library does it: a message and its answer each, and one that has to be repeated over TCP. */
static void ask(void *arg)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;

	(void)arg;
	REQUIRE(look_up("slow.test") == 0 && look_up("quick.test") == 0 && look_up("cut.test") == 0);
	REQUIRE(look_up("slow.none.test") == EAI_NONAME);
	REQUIRE(getaddrinfo("both.test", NULL, &hints, &found) == 0);	/* A and AAAA in one sendmmsg(2) */
}

TEST(dnssnoop, "question, answer, code, latency, server and process, by UDP and TCP, as the C library asks")
{
	struct child asker, other;
	struct job *job, *failed;

	nameserver(DELAY);
	asker = child_new("asker", 0, ask, NULL);
	other = child_new("other", 0, ask, NULL);
	job = tool_start("dnssnoop", "-p", text("%d", asker.pid), "-o", "+protocol,tries,ttl,cut,rport,length,id");
	failed = tool_start("dnssnoop", "-n", "asker", "-m", "120", "-x");
	child_run(&asker);
	child_run(&other);
	tool_stop(job);
	tool_stop(failed);
	CHECK_EQ(rows(job, IS("pid", asker.pid), IS("comm", "asker"), IS("server", "127.0.0.1"), IS("rport", 53), IS("tries", 1)), 7);
	CHECK_EQ(rows(job), 7);
	CHECK_EQ(rows(job, IS("question", "slow.test"), IS("type", "A"), IS("code", "NOERROR"), IS("answers", "192.0.2.1"),
		      IS("ttl", 60), IS("protocol", "UDP"), IS("cut", NOTHING)), 1);
	CHECK(number(row(job, IS("question", "slow.test")), "latency_ns") >= (long long)DELAY);
	CHECK_EQ(rows(job, IS("question", "quick.test"), IS("code", "NOERROR"), IS("answers", "192.0.2.1")), 1);
	CHECK(number(row(job, IS("question", "quick.test")), "latency_ns") > 0);
	CHECK_EQ(number(row(job, IS("question", "quick.test")), "length"), 12 + 12 + 4 + 16);
	CHECK_EQ(rows(job, IS("question", "cut.test"), IS("protocol", "UDP"), IS("cut", "yes"), IS("answers", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("question", "cut.test"), IS("protocol", "TCP"), IS("cut", NOTHING), IS("answers", "192.0.2.1"),
		      IS("code", "NOERROR")), 1);
	CHECK_EQ(rows(job, IS("question", "slow.none.test"), IS("code", "NXDOMAIN"), IS("answers", NOTHING), IS("ttl", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("question", "both.test"), IS("type", "A"), IS("answers", "192.0.2.1")), 1);
	CHECK_EQ(rows(job, IS("question", "both.test"), IS("type", "AAAA"), IS("answers", NOTHING), IS("code", "NOERROR")), 1);
	CHECK_EQ(rows(failed, IS("question", "slow.none.test"), IS("code", "NXDOMAIN")), 1);
	CHECK_EQ(rows(failed), 1);
	CHECK_NO_LOSS(job);
}

/* One question for an address; with its length before it. */
static size_t question(unsigned char *to, const char *label, int id)
{
	size_t n = strlen(label);

	memset(to, 0, 2 + 12);
	to[2] = id >> 8;
	to[3] = id;
	to[4] = 1;
	to[7] = 1;
	to[14] = n;
	memcpy(to + 15, label, n);
	memcpy(to + 15 + n, "\0\0\1\0\1", 5);
	n += 12 + 1 + 5;
	to[1] = n;
	return n;
}

enum way { WRITE, SEND, SENDMSG, WRITEV };

static void exchange(int fd, enum way way, const char *label, int id, bool tcp)
{
	unsigned char bytes[600], answer[600];
	size_t n = question(bytes, label, id);
	struct iovec iov[] = {{bytes, tcp ? 2 : 0}, {bytes + 2, n}};
	struct msghdr m = {.msg_iov = tcp ? iov : iov + 1, .msg_iovlen = tcp ? 2 : 1};
	unsigned char *at = tcp ? bytes : bytes + 2;
	ssize_t all = tcp ? n + 2 : n, got;

	if (way == WRITE) {
		REQUIRE(write(fd, at, all) == all);
		got = read(fd, answer, sizeof(answer));
	} else if (way == SEND) {
		REQUIRE(send(fd, at, all, 0) == all);
		REQUIRE(recv(fd, answer, sizeof(answer), MSG_PEEK) > 0);	/* is not read */
		got = recv(fd, answer, sizeof(answer), 0);
	} else if (way == SENDMSG) {
		REQUIRE(sendmsg(fd, &m, 0) == all);
		iov[1] = (struct iovec){answer, sizeof(answer)};
		m = (struct msghdr){.msg_iov = iov + 1, .msg_iovlen = 1};
		got = recvmsg(fd, &m, 0);
	} else {
		REQUIRE(writev(fd, m.msg_iov, m.msg_iovlen) == all);
		iov[1] = (struct iovec){answer, sizeof(answer)};
		got = readv(fd, iov + 1, 1);
	}
	REQUIRE(got > 12);
}

static int server(int type)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	REQUIRE(connect(fd, (void *)&to, sizeof(to)) == 0);
	return fd;
}

struct before {
	int udp;	/* connected before the tool was there */
	int number;
};

static void ask_by_hand(void *arg)
{
	static const char *const labels[] = {"write", "send", "sendmsg", "writev"};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	unsigned char bytes[600];
	struct before *before = arg;
	socklen_t length = sizeof(to);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	size_t n = question(bytes, "never\n.x", 77);

	for (int i = 0; i < 4; i++)
		exchange(before->udp, i, labels[i], i + 1, false);
	for (int i = 0; i < 4; i++)
		exchange(server(SOCK_STREAM), i, labels[i], i + 11, true);
	REQUIRE(sendto(fd, bytes + 2, n, 0, (void *)&to, sizeof(to)) == (ssize_t)n);
	REQUIRE(sendto(fd, bytes + 2, n, 0, (void *)&to, sizeof(to)) == (ssize_t)n);
	n = question(bytes, "unconnected", 78);
	REQUIRE(sendto(fd, bytes + 2, n, 0, (void *)&to, sizeof(to)) == (ssize_t)n);
	REQUIRE(recvfrom(fd, bytes, sizeof(bytes), 0, (void *)&to, &length) > 12);
	REQUIRE(sendto(fd, "no question at all!", 19, 0, (void *)&to, sizeof(to)) == 19 && bytes[1] == 78);
	close(fd);
}

static bool unanswered_shown(void *job)
{
	char *now = job_now(job);

	return strstr(now, "UNANSWERED");
}

TEST(dnssnoop, "each system call that sends and receives; what isn't answered; names are escaped, ports can be others")
{
	struct before before;
	struct child asker;
	struct job *job, *by_name, *other;
	const char *pid;

	nameserver(DELAY);
	before.udp = server(SOCK_DGRAM);
	asker = child_new("asker", 0, ask_by_hand, &before);
	pid = text("%d", asker.pid);
	job = tool_start("dnssnoop", "-p", pid, "--timeout", text("%.0f", 200 + 200 * (double)slow()), "-o", "+protocol,tries,id");
	by_name = tool_start("dnssnoop", "-p", pid, "-Q", "SEND*", "--type", "a");
	other = tool_start("dnssnoop", "-p", pid, "--dns-port", "54");
	child_run(&asker);
	CHECK(until(20, unanswered_shown, job));
	tool_stop(job);
	tool_stop(by_name);
	tool_stop(other);
	CHECK_ROWS(job, 5, IS("code", "NOERROR"), IS("protocol", "UDP"), IS("answers", "192.0.2.1"), IS("tries", 1));
	CHECK_ROWS(job, 4, IS("code", "NOERROR"), IS("protocol", "TCP"), IS("answers", "192.0.2.1"), IS("tries", 1));
	CHECK_ROWS(job, 1, IS("question", "unconnected"), IS("server", "127.0.0.1"), IS("id", 78));
	CHECK_ROWS(job, 2, IS("question", "writev"));
	CHECK_EQ(rows(job, IS("code", "UNANSWERED"), IS("question", "never\\010\\.x"), IS("tries", 2), IS("answers", NOTHING),
		      IS("latency_ns", NOTHING), IS("pid", asker.pid)), 1);
	CHECK_ROWS(job, 10);
	CHECK_ROWS(by_name, 4);
	CHECK_ROWS(by_name, 2, IS("question", "send"));
	CHECK_EQ(rows(other), 0);
}

TEST(dnssnoop, "times, types and ports that make no sense are refused in one line")
{
	static const char *const bad[][2] = {{"--type", "AA"}, {"--type", "TYPE70000"}, {"-m", "soon"}, {"--timeout", "0"},
					     {"--dns-port", "domain"}};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct job *job = run("corekit", "dnssnoop", "-d", "10ms", bad[i][0], bad[i][1]);

		CHECK_EQ(job->status, 2);
		CHECK_EQ(lines(job->err), 1);
	}
}
