/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Connections for tests of tools that show them. */
#ifndef NET_H
#define NET_H

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include "test.h"

/* A connection between two processes that did not make the listener. */
struct talk {
	int listener, family;
	struct sockaddr_in6 to;
	socklen_t length;
	int port;	      /* the server's */
	size_t up, down;      /* bytes to the server, and back */
	uint64_t pause;	      /* ns that the connection is idle for */
	bool server_resets;
	struct {
		int port;     /* the client's */
		int ready;    /* for a test's own use */
	} *shared;
};

struct talk talk_new(int family, const char *address);
int connect_to(struct talk *talk);

/* Processes "connector" and "acceptor", which talk as they are told. */
struct ends {
	struct child client, server;
};

struct ends ends_new(struct talk *talk);
#define MANY 1000
struct ends ends_many(struct talk *talk); /* MANY connections, each closed soon, the client first */
void ends_run(struct ends *ends);

/* A listener at *to whose queue is full: who connects gets no answer until one accept(2) and another second have passed. */
int unanswered(struct sockaddr_in *to);

/*
 * Namespaces of this test's own, in which names are looked up at a process "nameserver" at 127.0.0.1, by UDP and TCP. It gives
 * 192.0.2.1 for each name, but: slow* after `delay`, those with "none" don't exist, never* isn't answered, and cut* is said by
 * UDP to be too long for it.
 */
struct child nameserver(uint64_t delay);

/*
 * Two network namespaces of this test's own with a veth pair between them: 192.0.2.1 and 2001:db8::1 at one end, .2 and ::2 at
 * the other. The caller is in the first.
 */
struct veth {
	int ns[2];
	unsigned long number[2]; /* as --netns has it */
};
struct veth veth_new(void);
void netns_enter(int ns);
bool veth_delay(int ms); /* what leaves this namespace's end is late by so many ms; false: the kernel has no netem */

/* A veth pair, both ends down: one where the caller is, the other in that namespace. */
void link_pair(const char *name, int ns, const char *there);
void link_up(const char *name);
void link_address(const char *name, int family, const char *address, int bits);
/* 0 or a negative errno; `more` adds attributes. */
struct request;
int route_new(int family, const char *to, int bits, const char *gateway, void (*more)(struct request *request, void *arg), void *arg);
void route_add(int family, const char *to, int bits, const char *gateway); /* gateway NULL: what goes there is lost */
int netns_here(unsigned long *number);
void bpffs(void);	/* at /sys/fs/bpf, of the test's own unless there is one */

/* A message to the kernel's routing socket, with attributes that may be nested. */
struct request {
	struct nlmsghdr head;
	char body[1000];
};
struct request request_of(int type, int flags);
void *request_room(struct request *request, size_t size);
struct rtattr *request_attribute(struct request *request, int type, const void *data, size_t size);
void request_end(struct request *request, struct rtattr *attr); /* what came after it is in it */
int request_send(struct request *request);			/* 0 or -errno, as the kernel says */

/* Until so many lines are there: the last packets may come after both processes are gone. */
void await_rows(struct job *job, int rows);
void stop_after(struct job *job, int rows);
/* Until a number in the lines that have this part adds up to so many, of a tool that shows what it counts at short intervals. */
void await_told(struct job *job, const char *part, const char *key, long long most);
bool drop_tells(const char *what); /* of a dropped packet this kernel tells: "reason" since 5.17, "rx_sk" since 6.11 */
void deaf(int fd, bool on); /* that socket drops all that comes in, until it is told not to */
int look_up(const char *name); /* its IPv4 addresses, by getaddrinfo(); an EAI_* */

#endif
