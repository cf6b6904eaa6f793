// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <poll.h>
#include <sys/socket.h>
#include "net.h"

#define LATE 30		/* ms; a program's that comes late for its answer */
#define THINK 40	/* ... of the server */
#define TIMES 4		/* exchanges */
#define DELAY 50	/* ... of the network's */

static const char *const stages[] = {"send", "qdisc", "away", "receive", "wakeup", "late", "read"};

/* What a stage took, 0: it has no time. */
static long long time_of(json_t *row, const char *stage)
{
	json_t *value = json_object_get(row, stage);

	return json_is_integer(value) ? json_integer_value(value) : 0;
}

/* In how many exchanges it has time. */
static int with(struct job *job, const char *stage, int pid)
{
	json_t *r;
	int n = 0;

	each_row(r, job, IS("pid", pid))
		n += time_of(r, stage) > 0;
	return n;
}

static void check_sums(struct job *job)
{
	json_t *r;

	each_row(r, job) {
		long long sum = 0;

		for (size_t i = 0; i < sizeof(stages) / sizeof(*stages); i++)
			sum += time_of(r, stages[i]);
		CHECK_EQ(sum, number(r, "total_ns"));
	}
}

struct server {
	int listener, think, times;
};

static void serve(void *arg)
{
	struct server *server = arg;
	int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
	char question[100], answer[2000] = "";

	REQUIRE(fd >= 0);
	for (int i = 0; i < server->times; i++) {
		REQUIRE(recv(fd, question, 100, MSG_WAITALL) == 100);
		nap(server->think * 1000000ULL);
		REQUIRE(send(fd, answer, sizeof(answer), 0) == sizeof(answer));
	}
	REQUIRE(recv(fd, question, 1, 0) == 0);
}

enum { SLEEPS, POLLS, LATER, WAYS };	/* how the answer is waited for */

struct client {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} to;
	socklen_t length;
	int way, times;
};

static void question(void *arg)
{
	struct client *client = arg;
	int fd = socket(client->to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[100] = "", answer[2000];

	REQUIRE(connect(fd, &client->to.any, client->length) == 0);
	for (int i = 0; i < client->times; i++) {
		/* a request in two parts is one */
		REQUIRE(write(fd, text, 40) == 40 && send(fd, text, 60, 0) == 60);
		if (client->way == POLLS)
			REQUIRE(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1) == 1);
		if (client->way == LATER) {
			REQUIRE(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1) == 1);
			nap(LATE * 1000000);
		}
		REQUIRE(recv(fd, answer, sizeof(answer), MSG_WAITALL) == sizeof(answer));
	}
}

/* In the namespace that the caller is in. */
static void listen_at(struct server *server, struct client *client, int family, const char *address)
{
	client->length = family == AF_INET ? sizeof(client->to.v4) : sizeof(client->to.v6);
	client->to.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6};
	if (family == AF_INET)
		client->to.v4 = (struct sockaddr_in){.sin_family = AF_INET};
	server->listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	REQUIRE(bind(server->listener, &client->to.any, client->length) == 0 && listen(server->listener, 5) == 0);
	REQUIRE(getsockname(server->listener, &client->to.any, &client->length) == 0);
	if (family == AF_INET)
		REQUIRE(inet_pton(AF_INET, address, &client->to.v4.sin_addr) == 1);
	else
		REQUIRE(inet_pton(AF_INET6, address, &client->to.v6.sin6_addr) == 1);
}

TEST(netlat, "the time of the server, of a late program and of the network is each in its stage, over a veth pair")
{
	static const int families[] = {AF_INET, AF_INET6, AF_INET6};
	static const char *const address[] = {"192.0.2.2", "2001:db8::2", "::ffff:192.0.2.2"};
	static const char *const looks[] = {"192.0.2.2", "2001:db8::2", "192.0.2.2"};
	struct veth veth = veth_new();
	struct server server[WAYS];
	struct client client[WAYS];
	struct child servers[WAYS], clients[WAYS];
	const char *ports = "";
	struct job *job, *dist, *slow;
	bool delays = veth_delay(DELAY);
	json_t *r;

	netns_enter(veth.ns[1]);
	for (int i = 0; i < WAYS; i++) {
		listen_at(&server[i], &client[i], families[i], address[i]);
		server[i].think = i == SLEEPS ? THINK : 0;
		server[i].times = client[i].times = TIMES;
		client[i].way = i;
		servers[i] = child_new("server", 0, serve, &server[i]);
		ports = text("%s%s%d", ports, *ports ? "," : "", ntohs(client[i].to.v4.sin_port));
	}
	netns_enter(veth.ns[0]);
	for (int i = 0; i < WAYS; i++)
		clients[i] = child_new("client", 0, question, &client[i]);
	job = tool_start("netlat", "-D", ports, "--netns", text("%lu", veth.number[0]));
	dist = tool_start("netlat", "--dist", "-p", text("%d", clients[SLEEPS].pid));
	slow = tool_start("netlat", "-m", text("%d", THINK), "-n", "client", "--raddr", "192.0.2.0/24", "-4");
	for (int i = 0; i < WAYS; i++)
		child_go(&servers[i]);
	for (int i = 0; i < WAYS; i++)
		child_run(&clients[i]);
	for (int i = 0; i < WAYS; i++)
		CHECK_EQ(child_wait(&servers[i]), 0);
	tool_stop(job);
	tool_stop(dist);
	tool_stop(slow);

	CHECK_EQ(rows(job), TIMES * WAYS);
	for (int i = 0; i < WAYS; i++) {
		CHECK_EQ(rows(job, IS("pid", clients[i].pid), IS("comm", "client"), IS("raddr", looks[i]), IS("wrote", 100),
			      IS("rport", ntohs(client[i].to.v4.sin_port)), IS("netns", veth.number[0])), TIMES);
		each_row(r, job, IS("pid", clients[i].pid)) {
			CHECK_BETWEEN(1, number(r, "got"), 2000);
			if (delays)
				CHECK_BETWEEN(DELAY * 1000000LL, time_of(r, "qdisc"), 1e12);
			CHECK_BETWEEN(1, time_of(r, "send"), 1e12);
			CHECK_BETWEEN(i == SLEEPS ? THINK * 1000000LL : 1, time_of(r, "away"), 1e12);
		}
	}
	check_sums(job);
	each_row(r, job, IS("pid", clients[LATER].pid))
		CHECK_BETWEEN(LATE * 1000000LL, time_of(r, "late"), 1e12);
	/* a thread that sleeps in read(2) is woken, and comes at once, unless this machine was too slow for it to be there in time */
	CHECK_BETWEEN(0, with(job, "late", clients[SLEEPS].pid), TIMES - 1);
	CHECK_BETWEEN(1, with(job, "wakeup", clients[SLEEPS].pid), TIMES);
	CHECK_BETWEEN(1, with(job, "wakeup", clients[POLLS].pid) + with(job, "wakeup", clients[LATER].pid), 2 * TIMES);
	CHECK_BETWEEN(1, with(job, "receive", clients[SLEEPS].pid), TIMES);

	CHECK_EQ(number(row(dist, IS("stage", "away")), "count"), TIMES);
	CHECK_BETWEEN(TIMES * THINK * 1000000LL, number(row(dist, IS("stage", "away")), "sum_ns"), 1e12);
	CHECK_EQ(rows(slow, IS("pid", clients[SLEEPS].pid)), TIMES);
	CHECK_EQ(rows(slow, IS("pid", clients[POLLS].pid)), 0);
	CHECK_NO_LOSS(job);
}

TEST(netlat, "what comes unasked is no answer, and an exchange that ends in nothing leaves nothing")
{
	struct tcp chatter = tcp_open(AF_INET), ends[6], last = tcp_open(AF_INET);
	struct job *job;
	char block[100];
	int ports[8];

	for (int i = 0; i < 6; i++) {
		ends[i] = tcp_open(AF_INET);
		ports[i] = ends[i].server_port;
	}
	job = tool_start("netlat", "--max-entries", "4", "-D", text("%d,%d,%d,%d,%d,%d,%d,%d", chatter.server_port, last.server_port,
			ports[0], ports[1], ports[2], ports[3], ports[4], ports[5]));
	/* sent before the request was read: nobody asked for it; what comes after it is */
	REQUIRE(send(chatter.server, block, 10, 0) == 10);
	REQUIRE(send(chatter.client, block, 20, 0) == 20);
	REQUIRE(recv(chatter.client, block, 10, MSG_WAITALL) == 10);
	REQUIRE(recv(chatter.server, block, 20, MSG_WAITALL) == 20);
	REQUIRE(send(chatter.server, block, 30, 0) == 30);
	REQUIRE(recv(chatter.client, block, 30, MSG_WAITALL) == 30);
	for (int i = 0; i < 6; i++) {		/* a question, and no answer */
		REQUIRE(send(ends[i].client, block, 5, 0) == 5);
		close(ends[i].server);
		close(ends[i].client);
	}
	tcp_send(&last, 7, 9);
	tool_stop(job);
	CHECK_EQ(rows(job), 2);
	CHECK_EQ(rows(job, IS("rport", chatter.server_port), IS("wrote", 20), IS("got", 30)), 1);
	CHECK_EQ(rows(job, IS("rport", last.server_port), IS("wrote", 7), IS("got", 9), IS("pid", getpid())), 1);
	CHECK_NO_LOSS(job);
}
