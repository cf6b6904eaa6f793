// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
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
	} *shared;
};

static struct talk talk_new(int family, const char *address)
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

static int connect_to(struct talk *talk)
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

struct ends {
	struct child client, server;
};

static struct ends ends_new(struct talk *talk)
{
	return (struct ends){child_new("connector", 0, client_side, talk), child_new("acceptor", 0, server_side, talk)};
}

static void ends_run(struct ends *ends)
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

/* The last packets may come after both processes are gone. */
static void stop_after(struct job *job, int rows)
{
	until(10, are_shown, &(struct shown){job, rows});
	tool_stop(job);
}

static const char *port_list(struct talk *talk)
{
	return text("%d", talk->port);
}

static void check_both(int family, const char *address, const char *looks, int version)
{
	struct talk talk = talk_new(family, address);
	struct ends ends;
	struct job *job;
	uint64_t start, life;
	json_t *r;

	talk.up = 123457;
	talk.down = 1000003;
	talk.pause = 150000000;
	ends = ends_new(&talk);
	job = tool_start("tcplife");
	start = now_ns();
	ends_run(&ends);
	until(10, are_shown, &(struct shown){job, 2});
	life = now_ns() - start;
	tool_stop(job);
	CHECK_EQ(rows(job, IS("rport", talk.port)), 1);
	CHECK_EQ(rows(job, IS("lport", talk.port)), 1);

	r = row(job, IS("rport", talk.port));
	CHECK_EQ(number(r, "lport"), talk.shared->port);
	CHECK_EQ(number(r, "pid"), ends.client.pid);
	CHECK_STR(string(r, "comm"), "connector");
	CHECK_EQ(number(r, "tx"), talk.up);
	CHECK_EQ(number(r, "rx"), talk.down);
	CHECK_EQ(number(r, "family"), version);
	CHECK_STR(string(r, "laddr"), looks);
	CHECK_STR(string(r, "raddr"), looks);
	CHECK_STR(string(r, "remote"), text(version == 6 ? "[%s]:%d" : "%s:%d", looks, talk.port));
	CHECK_STR(string(r, "state"), "FIN_WAIT2");
	CHECK_BETWEEN(talk.pause, number(r, "life_ns"), life);

	r = row(job, IS("lport", talk.port));
	CHECK_EQ(number(r, "rport"), talk.shared->port);
	CHECK_EQ(number(r, "pid"), ends.server.pid);
	CHECK_STR(string(r, "comm"), "acceptor");
	CHECK_EQ(number(r, "tx"), talk.down);
	CHECK_EQ(number(r, "rx"), talk.up);
	CHECK_EQ(number(r, "family"), version);
	CHECK_STR(string(r, "laddr"), looks);
	CHECK_STR(string(r, "raddr"), looks);
	CHECK_STR(string(r, "state"), "LAST_ACK");
	CHECK_BETWEEN(talk.pause, number(r, "life_ns"), life);
	CHECK_NO_LOSS(job);
}

TEST(tcplife, "IPv4: both ends, who, bytes each way, ports, how long")
{
	check_both(AF_INET, "127.0.0.1", "127.0.0.1", 4);
}

TEST(tcplife, "IPv6 the same")
{
	check_both(AF_INET6, "::1", "::1", 6);
}

TEST(tcplife, "IPv4 over IPv6 sockets is shown as IPv4")
{
	check_both(AF_INET6, "::ffff:127.0.0.1", "127.0.0.1", 4);
}

TEST(tcplife, "a connection without a byte has none")
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	struct ends ends;
	struct job *job;

	talk.up = talk.down = 0;
	ends = ends_new(&talk);
	job = tool_start("tcplife");
	ends_run(&ends);
	stop_after(job, 2);
	CHECK_EQ(rows(job, IS("rport", talk.port), IS("tx", 0), IS("rx", 0), IS("pid", ends.client.pid)), 1);
	CHECK_EQ(rows(job, IS("lport", talk.port), IS("tx", 0), IS("rx", 0), IS("pid", ends.server.pid)), 1);
}

TEST(tcplife, "a reset connection ends where it was, its bytes exact")
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	struct ends ends;
	struct job *job;

	talk.up = 777;
	talk.down = 8888;
	talk.server_resets = true;
	ends = ends_new(&talk);
	job = tool_start("tcplife");
	ends_run(&ends);
	stop_after(job, 2);
	CHECK_EQ(rows(job, IS("rport", talk.port), IS("state", "ESTABLISHED"), IS("tx", 777), IS("rx", 8888),
		      IS("pid", ends.client.pid)), 1);
	/* 7.2 can skip the program that learns an accepted connection's owner while it is preempted, as emulation makes likely */
	CHECK_BETWEEN(slow() > 1 ? 0 : 1, rows(job, IS("lport", talk.port), IS("state", "ESTABLISHED"), IS("tx", 8888),
					       IS("rx", 777), IS("pid", ends.server.pid)), 1);
}

static void refused(void *arg)
{
	struct talk *talk = arg;
	int fd = socket(talk->family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	REQUIRE(connect(fd, (void *)&talk->to, talk->length) == -1 && errno == ECONNREFUSED);
}

TEST(tcplife, "a refused attempt is shown, in SYN_SENT")
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	struct child child;
	struct job *job;

	close(talk.listener);
	child = child_new("hopeful", 65534, refused, &talk);
	job = tool_start("tcplife");
	child_run(&child);
	stop_after(job, 1);
	CHECK_EQ(rows(job, IS("rport", talk.port)), 1);
	CHECK_EQ(rows(job, IS("rport", talk.port), IS("state", "SYN_SENT"), IS("pid", child.pid), IS("comm", "hopeful"),
		      IS("uid", 65534), IS("tx", 0), IS("rx", 0), IS("raddr", "127.0.0.1")), 1);
}

static void connect_once(void *arg)
{
	connect_to(arg);
}

static void listen_and_leave(void *arg)
{
	struct talk *talk = arg;
	struct child client;

	close(talk->listener);
	*talk = talk_new(AF_INET, "127.0.0.1");
	talk->shared->port = 0;
	client = child_new("unheard", 0, connect_once, talk);
	child_run(&client);
	nap(200000000);
	close(talk->listener);
}

TEST(tcplife, "a connection that nobody accepted belongs to who listens")
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	struct child child = child_new("listener", 0, listen_and_leave, &talk);
	struct job *job = tool_start("tcplife");

	child_run(&child);
	nap(300000000);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("comm", "unheard"), IS("raddr", "127.0.0.1")), 1);
	CHECK_EQ(rows(job, IS("lport", number(row(job, IS("comm", "unheard")), "rport")), IS("comm", "listener"),
		      IS("pid", child.pid)), 1);
}

static void elsewhere(void *arg)
{
	ino_t *ns = arg;
	struct stat st;
	struct tcp tcp;

	REQUIRE(unshare(CLONE_NEWNET) == 0);
	REQUIRE(stat("/proc/self/ns/net", &st) == 0);
	*ns = st.st_ino;
	tcp = tcp_open(AF_INET);
	tcp_send(&tcp, 4321, 1234);
	tcp_close(&tcp);
}

TEST(tcplife, "connections in another network namespace are seen, with its number")
{
	ino_t *ns = mmap(NULL, sizeof(*ns), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct child child = child_new("elsewhere", 0, elsewhere, ns);
	struct job *job = tool_start("tcplife");

	child_run(&child);
	stop_after(job, 2);
	CHECK_EQ(rows(job, IS("netns", *ns), IS("pid", child.pid)), 2);
	CHECK_EQ(rows(job, IS("netns", *ns), IS("tx", 4321), IS("rx", 1234)), 1);
	CHECK_EQ(rows(job, IS("netns", *ns), IS("tx", 1234), IS("rx", 4321)), 1);
}

/* One talk over IPv4 and one over IPv6, with a tool that has these arguments; how many rows it has of them. */
static void check_filter(int of_v4, int of_v6, const char *option, const char *value, bool needs_port, bool needs_pid)
{
	struct talk v4 = talk_new(AF_INET, "127.0.0.1"), v6 = talk_new(AF_INET6, "::1");
	struct ends ends4 = ends_new(&v4), ends6 = ends_new(&v6);
	struct job *job;

	if (needs_port)
		value = port_list(&v4);
	if (needs_pid)
		value = text("%d", ends4.client.pid);
	job = value ? tool_start("tcplife", option, value) : tool_start("tcplife", option);
	ends_run(&ends4);
	ends_run(&ends6);
	nap(300000000);
	tool_stop(job);
	if (rows(job, IS("lport", v4.port)) + rows(job, IS("rport", v4.port)) != of_v4 ||
	    rows(job, IS("lport", v6.port)) + rows(job, IS("rport", v6.port)) != of_v6)
		FAIL("%s %s: %ld and %ld of IPv4's ends, %ld and %ld of IPv6's, not %d and %d in all", option,
		     value ?: "", rows(job, IS("rport", v4.port)), rows(job, IS("lport", v4.port)),
		     rows(job, IS("rport", v6.port)), rows(job, IS("lport", v6.port)), of_v4, of_v6);
}

TEST(tcplife, "-4, -6, -L, -D, --laddr and --raddr let through what they name", .timeout = 120)
{
	check_filter(2, 0, "-4", NULL, false, false);
	check_filter(0, 2, "-6", NULL, false, false);
	check_filter(1, 0, "-L", NULL, true, false);
	check_filter(1, 0, "-D", NULL, true, false);
	check_filter(2, 0, "--raddr", "127.0.0.0/8", false, false);
	check_filter(0, 0, "--raddr", "127.0.0.2", false, false);
	check_filter(0, 2, "--laddr", "::1", false, false);
	check_filter(0, 2, "--laddr", "::/96", false, false);
	check_filter(2, 0, "--laddr", "0.0.0.0/0", false, false);
}

TEST(tcplife, "-p and -n let through one end, also the one that accepted")
{
	check_filter(1, 0, "-p", NULL, false, true);
	check_filter(1, 1, "-n", "accept*", false, false);
	check_filter(1, 1, "-n", "connector", false, false);
	check_filter(0, 0, "-n", "nobody", false, false);
}

TEST(tcplife, "filters that make no sense are refused in one line")
{
	static const char *const bad[][2] = {{"--raddr", "10.0.0.0/33"}, {"--raddr", "10.0.0"}, {"--laddr", "::1/129"},
					     {"--laddr", "::1/"}, {"--laddr", "1.2.3.4/-1"}, {"-L", "0"},
					     {"-L", "65536"}, {"-D", "http"}, {"-D", "80,,81"}, {"--laddr", ""}};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct job *job = run("corekit", "tcplife", bad[i][0], bad[i][1]);

		CHECK_EQ(job->status, 2);
		CHECK_EQ(lines(job->err), 1);
	}
}

TEST(tcplife, "what was there before is shown with --all only, bytes exact, its life unknown")
{
	struct tcp before = tcp_open(AF_INET), too = tcp_open(AF_INET);
	struct job *all, *usual;

	tcp_send(&before, 5000, 70);
	all = tool_start("tcplife", "--all");
	usual = tool_start("tcplife");
	tcp_send(&before, 500, 7);
	tcp_close(&before);
	tcp_close(&too);
	stop_after(all, 2);
	tool_stop(usual);
	CHECK_EQ(rows(usual, IS("rport", before.server_port)) + rows(usual, IS("lport", before.server_port)), 0);
	CHECK_EQ(rows(all, IS("rport", before.server_port), IS("tx", 5500), IS("rx", 77), IS("life_ns", NOTHING),
		      IS("pid", getpid())), 1);
	CHECK_EQ(rows(all, IS("lport", before.server_port), IS("tx", 77), IS("rx", 5500), IS("life_ns", NOTHING),
		      IS("pid", getpid())), 1);
}

#define MANY 1000

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

/* For whoever reads a failed test: what was lost, and why. */
static void tell_losses(struct job *job)
{
	for (char *at = job->out; (at = strstr(at, "{\"lost\"")); at++)
		fprintf(stderr, "%.*s\n", (int)strcspn(at, "\n"), at);
}

TEST(tcplife, "of many connections each end is shown once", .timeout = 120)
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	struct child client = child_new("many", 0, connect_many, &talk), server = child_new("most", 0, accept_many, &talk);
	struct job *job = tool_start("tcplife");

	child_go(&server);
	child_run(&client);
	CHECK_EQ(child_wait(&server), 0);
	stop_after(job, 2 * MANY);
	tell_losses(job);
	CHECK_NO_LOSS(job);
	CHECK_EQ(rows(job, IS("rport", talk.port), IS("pid", client.pid), IS("comm", "many")), MANY);
	CHECK_EQ(rows(job, IS("lport", talk.port), IS("pid", server.pid), IS("comm", "most")), MANY);
}

static void hold_many(void *arg)
{
	struct talk *talk = arg;
	int fd[200];

	for (int i = 0; i < 200; i++)
		REQUIRE((fd[i] = accept4(talk->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0);
	for (int i = 0; i < 200; i++)
		close(fd[i]);
}

static void connect_and_hold(void *arg)
{
	struct talk *talk = arg;
	int fd[200];
	char byte;

	for (int i = 0; i < 200; i++)
		fd[i] = connect_to(talk);
	for (int i = 0; i < 200; i++)
		REQUIRE(recv(fd[i], &byte, 1, 0) == 0);
}

TEST(tcplife, "with too small a map, shown and lost add up to what was made")
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	struct child client = child_new(NULL, 0, connect_and_hold, &talk), server = child_new(NULL, 0, hold_many, &talk);
	/* the accepting end of this port only, so that nothing else on the machine takes room */
	struct job *job = tool_start("tcplife", "--max-entries", "64", "-L", port_list(&talk), "-p", text("%d", server.pid));

	child_go(&server);
	child_run(&client);
	CHECK_EQ(child_wait(&server), 0);
	nap(300000000);
	tool_stop(job);
	tell_losses(job);
	CHECK_BETWEEN(1, rows(job), 199);
	CHECK_EQ(rows(job) + lost(job), 200);
}
