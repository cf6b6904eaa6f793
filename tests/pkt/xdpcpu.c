// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sched.h>
#include <sys/socket.h>
#include "net.h"

#define FLOWS 16
/* Tracepoints, which one kernel or another may miss, tell of at most so many packets each. */
#define UNTOLD(job) (64 * missed_allowed(job))
#define EACH 50		/* packets of one; all others that come are fewer */

/* Bound to a port of its address: "192.0.2.1" or ".2". */
static int udp_from(int host, int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(0xc0000200 + host)}};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), room = 1 << 20, one = 1;

	REQUIRE(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	REQUIRE(setsockopt(fd, SOL_SOCKET, SO_NO_CHECK, &one, sizeof(one)) == 0);	/* veth leaves it to a card that isn't there */
	return fd;
}

static void send_to(int fd, int host, int port, int what)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(0xc0000200 + host)}};

	REQUIRE(sendto(fd, &what, sizeof(what), 0, (struct sockaddr *)&to, sizeof(to)) == sizeof(what));
}

/* The ends know each other's address from now on: what waits for that may be overtaken. */
static void meet(int from, int port, int to)
{
	int got;

	send_to(from, 2, 1000, -1);
	REQUIRE(recv(to, &got, sizeof(got), 0) == sizeof(got));
	send_to(to, 1, port, -1);
	REQUIRE(recv(from, &got, sizeof(got), 0) == sizeof(got));
}

/* There and back; each comes, and in the order in which it was sent. */
static void talk(int from, int port, int to)
{
	int got;

	for (int i = 0; i < EACH; i++)
		send_to(from, 2, 1000, i);
	for (int i = 0; i < EACH; i++) {
		REQUIRE(recv(to, &got, sizeof(got), 0) == sizeof(got));
		REQUIRE(got == i);
		send_to(to, 1, port, i);
	}
	for (int i = 0; i < EACH; i++) {
		REQUIRE(recv(from, &got, sizeof(got), 0) == sizeof(got));
		REQUIRE(got == i);
	}
}

TEST(xdpcpu, "packets go to CPUs by flow: both directions to the same one; all arrive, in order, and are counted")
{
	struct veth veth = veth_new();
	struct job *here, *there, *one;
	int from[FLOWS], to, cpus = 0, n;

	here = tool_start("xdpcpu", "-I", "pair", "-i", "60");
	for (int i = 0; i < FLOWS; i++)
		from[i] = udp_from(1, 2000 + i);
	netns_enter(veth.ns[1]);
	there = tool_start("xdpcpu", "-I", "pair", "-i", "60");
	to = udp_from(2, 1000);
	meet(from[0], 2000, to);
	for (int i = 0; i < FLOWS; i++)
		talk(from[i], 2000 + i, to);
	tool_stop(here);
	tool_stop(there);
	n = rows(there);
	CHECK_EQ(rows(here), n);
	for (int i = 0, seen = 0; seen < n && i < 4096; i++) {
		if (!rows(there, IS("cpu", i)))
			continue;
		seen++;
		CHECK_EQ(number(row(here, IS("cpu", i)), "packets") / EACH, number(row(there, IS("cpu", i)), "packets") / EACH);
		cpus += number(row(there, IS("cpu", i)), "packets") >= EACH;
	}
	CHECK(cpus > 1 || n == 1);
	CHECK_BETWEEN(FLOWS * EACH, sum(there, "packets"), FLOWS * EACH + EACH);
	CHECK_BETWEEN(FLOWS * EACH * 46, sum(there, "bytes"), FLOWS * EACH * 46 + EACH * 1500);
	CHECK_BETWEEN(FLOWS * EACH - UNTOLD(there), sum(there, "passed"), sum(there, "packets"));
	CHECK_BETWEEN(FLOWS * EACH - UNTOLD(there), sum(there, "queued"), sum(there, "packets"));
	CHECK_EQ(sum(there, "full"), 0);
	one = tool_start("xdpcpu", "-I", "pair", "--pairs", "-i", "60");
	for (int i = 0; i < FLOWS; i++)
		talk(from[i], 2000 + i, to);
	tool_stop(one);
	cpus = 0;
	for (int i = 0, seen = 0; seen < n && i < 4096; i++)
		if (rows(one, IS("cpu", i))) {
			seen++;
			cpus += number(row(one, IS("cpu", i)), "packets") >= EACH;
		}
	CHECK_EQ(cpus, 1);
}

/* The queue's thread is of the same CPU, and doesn't run as long as the sender does. */
TEST(xdpcpu, "what a full queue drops is counted, and the rest arrives")
{
	struct sched_param first = {.sched_priority = 1};
	struct veth veth = veth_new();
	int from = udp_from(1, 2000), to, got, came = 0, full;
	struct job *job;

	netns_enter(veth.ns[1]);
	pin(0);
	job = tool_start("xdpcpu", "-I", "pair", "--cpus", text("%d", sched_getcpu()), "--queue", "8", "-i", "60");
	to = udp_from(2, 1000);
	meet(from, 2000, to);
	if (sched_setscheduler(0, SCHED_FIFO, &first)) {
		tool_stop(job);
		SKIP("no real-time priority: %m");
	}
	for (int i = 0; i < 100; i++)
		send_to(from, 2, 1000, i);
	REQUIRE(sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){}) == 0);
	do {
		send_to(from, 2, 1000, 100);
		REQUIRE(recv(to, &got, sizeof(got), 0) == sizeof(got));
		came += got < 100;
	} while (got != 100);
	tool_stop(job);
	full = sum(job, "full");
	CHECK_EQ(rows(job), 1);
	if (!missed_allowed(job))
		CHECK_BETWEEN(1, full, 100);
	CHECK_BETWEEN(100 - full - UNTOLD(job), came, 99);
	CHECK_BETWEEN(102 - UNTOLD(job), sum(job, "queued") + full, 102 + EACH);
}

TEST(xdpcpu, "CPUs that aren't there, and no interface, are refused in one line")
{
	struct job *job = run("corekit", "xdpcpu", "-Ilo", "--cpus", "0,99999");

	CHECK_EQ(job->status, 2);
	CHECK_EQ(lines(job->err), 1);
	CHECK_HAS(job->err, "there is no CPU 99999");
	job = run("corekit", "xdpcpu", "-Ilo", "--cpus", "1-");
	CHECK_EQ(job->status, 2);
	CHECK_HAS(job->err, "is no list of CPUs");
	CHECK_EQ(run("corekit", "xdpcpu")->status, 2);
}
