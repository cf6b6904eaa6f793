// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Connections of which every byte, port and process is known. */
#include <sys/mman.h>
#include <sys/socket.h>
#include "net.h"

struct talk talk_new(int family, const char *address)
{
	struct talk talk = {.family = family, .up = 1, .down = 1};
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&any, *to = (struct sockaddr_in *)&talk.to;

	if (family == AF_INET)
		*v4 = (struct sockaddr_in){.sin_family = AF_INET};
	talk.length = family == AF_INET ? sizeof(*v4) : sizeof(any);
	tcp_close(&(struct tcp[]){tcp_open(AF_INET)}[0]);	/* lo is up after it */
	talk.listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (talk.listener < 0 || bind(talk.listener, (void *)&any, talk.length))
		SKIP("no address family %d here", family);
	REQUIRE(listen(talk.listener, 1000) == 0);
	REQUIRE(getsockname(talk.listener, (void *)&any, &talk.length) == 0);
	talk.port = ntohs(any.sin6_port);
	talk.to = any;
	if (family == AF_INET)
		REQUIRE(inet_pton(AF_INET, address, &to->sin_addr) == 1);
	else
		REQUIRE(inet_pton(AF_INET6, address, &talk.to.sin6_addr) == 1);
	talk.shared = mmap(NULL, sizeof(*talk.shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(talk.shared != MAP_FAILED);
	return talk;
}

static void send_all(int fd, size_t bytes)
{
	static char block[10000];

	for (size_t part; bytes; bytes -= part) {
		part = bytes < sizeof(block) ? bytes : sizeof(block);
		REQUIRE(send(fd, block, part, MSG_NOSIGNAL) == (ssize_t)part);
	}
}

static void receive(int fd, size_t bytes)
{
	static char block[10000];
	ssize_t n;

	for (; bytes; bytes -= n) {
		n = recv(fd, block, bytes < sizeof(block) ? bytes : sizeof(block), 0);
		REQUIRE(n > 0);
	}
}

int connect_to(struct talk *talk)
{
	int fd = socket(talk->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in6 name;
	socklen_t length = sizeof(name);

	REQUIRE(connect(fd, (void *)&talk->to, talk->length) == 0);
	REQUIRE(getsockname(fd, (void *)&name, &length) == 0);
	talk->shared->port = ntohs(name.sin6_port);
	return fd;
}

static void client_side(void *arg)
{
	struct talk *talk = arg;
	int fd = connect_to(talk);
	char byte;

	send_all(fd, talk->up);
	receive(fd, talk->down);
	nap(talk->pause);
	if (talk->server_resets)
		REQUIRE(recv(fd, &byte, 1, 0) == -1 && errno == ECONNRESET);
	close(fd);
}

static void reset(int fd)
{
	struct linger linger = {1, 0};

	REQUIRE(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) == 0);
	close(fd);
}

static void server_side(void *arg)
{
	struct talk *talk = arg;
	int fd = accept4(talk->listener, NULL, NULL, SOCK_CLOEXEC);
	char byte;

	REQUIRE(fd >= 0);
	receive(fd, talk->up);
	send_all(fd, talk->down);
	if (talk->server_resets) {
		nap(talk->pause + 50000000);	/* so that the client has read everything */
		reset(fd);
		return;
	}
	REQUIRE(recv(fd, &byte, 1, 0) == 0);
	close(fd);
}

struct ends ends_new(struct talk *talk)
{
	return (struct ends){child_new("connector", 0, client_side, talk), child_new("acceptor", 0, server_side, talk)};
}

static void connect_many(void *arg)
{
	struct talk *talk = arg;
	int fd[50];

	for (int i = 0; i < MANY; i += 50) {
		for (int j = 0; j < 50; j++)
			fd[j] = connect_to(talk);
		for (int j = 0; j < 50; j++)
			close(fd[j]);
	}
}

static void accept_many(void *arg)
{
	struct talk *talk = arg;
	char byte;

	for (int i = 0; i < MANY; i++) {
		int fd = accept4(talk->listener, NULL, NULL, SOCK_CLOEXEC);

		REQUIRE(fd >= 0 && recv(fd, &byte, 1, 0) == 0);
		close(fd);
	}
}

struct ends ends_many(struct talk *talk)
{
	return (struct ends){child_new("connector", 0, connect_many, talk), child_new("acceptor", 0, accept_many, talk)};
}

void ends_run(struct ends *ends)
{
	child_go(&ends->server);
	child_run(&ends->client);
	CHECK_EQ(child_wait(&ends->server), 0);
}

struct shown {
	struct job *job;
	int lines;
};

static bool are_shown(void *arg)
{
	struct shown *shown = arg;
	char *now = job_now(shown->job);
	int n = lines(now);

	free(now);
	return n >= shown->lines;
}

void await_rows(struct job *job, int rows)
{
	until(10, are_shown, &(struct shown){job, rows});
}

void stop_after(struct job *job, int rows)
{
	await_rows(job, rows);
	tool_stop(job);
}

int unanswered(struct sockaddr_in *to)
{
	socklen_t length = sizeof(*to);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	tcp_close(&(struct tcp[]){tcp_open(AF_INET)}[0]);	/* lo is up after it */
	*to = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	REQUIRE(bind(listener, (void *)to, length) == 0 && listen(listener, 0) == 0);
	REQUIRE(getsockname(listener, (void *)to, &length) == 0);
	REQUIRE(connect(fd, (void *)to, length) == 0);		/* all that its queue can hold */
	return listener;
}
