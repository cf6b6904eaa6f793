// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "net.h"

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
	await_rows(job, 2);
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

static void here_and_elsewhere(void *arg)
{
	struct tcp here = tcp_open(AF_INET);

	elsewhere(arg);
	tcp_send(&here, 10, 20);	/* from a process that has left the connection's namespace */
	tcp_close(&here);
}

TEST(tcplife, "--netns asks the connection, not the process")
{
	ino_t *ns = mmap(NULL, sizeof(*ns), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct child child = child_new("traveller", 0, here_and_elsewhere, ns);
	struct job *job = tool_start("tcplife", "--netns", text("%d", getpid()), "-n", "traveller");

	child_run(&child);
	stop_after(job, 2);
	CHECK_EQ(rows(job), 2);
	CHECK_EQ(rows(job, IS("tx", 10), IS("rx", 20)), 1);
	CHECK_EQ(rows(job, IS("tx", 20), IS("rx", 10)), 1);
}

enum of { VALUE, PORT, CLIENT };

/* One talk over IPv4 and one over IPv6; how many rows a tool with this option has of them. A PORT's or CLIENT's %d is IPv4's. */
static void check_filter(int of_v4, int of_v6, const char *option, enum of of, const char *value)
{
	struct talk v4 = talk_new(AF_INET, "127.0.0.1"), v6 = talk_new(AF_INET6, "::1");
	struct ends ends4 = ends_new(&v4), ends6 = ends_new(&v6);
	struct job *job;

	if (of == PORT)
		value = text(value, v4.port, v4.port);
	if (of == CLIENT)
		value = text(value, ends4.client.pid);
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

TEST(tcplife, "-4, -6, -L, -D and -P let through what they name, in lists and ranges", .timeout = 120)
{
	check_filter(2, 0, "-4", VALUE, NULL);
	check_filter(0, 2, "-6", VALUE, NULL);
	check_filter(1, 0, "-L", PORT, "%d");
	check_filter(1, 0, "-D", PORT, "1-2,%d-%d");
	check_filter(2, 0, "-P", PORT, "1,%d");
	check_filter(0, 0, "-P", VALUE, "1-2");
}

TEST(tcplife, "--laddr, --raddr and --addr let through networks, and lists of them", .timeout = 120)
{
	check_filter(2, 0, "--raddr", VALUE, "127.0.0.0/8");
	check_filter(0, 0, "--raddr", VALUE, "127.0.0.2,::2");
	check_filter(0, 2, "--laddr", VALUE, "10.0.0.0/8,::1");
	check_filter(0, 2, "--laddr", VALUE, "::/96");
	check_filter(2, 0, "--addr", VALUE, "0.0.0.0/0");
	check_filter(2, 0, "--addr", VALUE, "::ffff:127.0.0.0/104");
}

TEST(tcplife, "-p and -n let through one end, also the one that accepted")
{
	check_filter(1, 0, "-p", CLIENT, "%d");
	check_filter(1, 1, "-n", VALUE, "accept*");
	check_filter(1, 1, "-n", VALUE, "connector");
	check_filter(0, 0, "-n", VALUE, "nobody");
}

TEST(tcplife, "filters that make no sense are refused in one line")
{
	static const char *const bad[][2] = {{"--raddr", "10.0.0.0/33"}, {"--raddr", "10.0.0"}, {"--laddr", "::1/129"},
					     {"--laddr", "::1/"}, {"--laddr", "1.2.3.4/-1"}, {"-L", "0"},
					     {"-L", "65536"}, {"-P", "9-8"}, {"--addr", "::1,"}, {"-D", "http"}, {"-D", "80,,81"}, {"--laddr", ""}};

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

/* For whoever reads a failed test: what was lost, and why. */
static void tell_losses(struct job *job)
{
	for (char *at = job->out; (at = strstr(at, "{\"lost\"")); at++)
		fprintf(stderr, "%.*s\n", (int)strcspn(at, "\n"), at);
}

TEST(tcplife, "of many connections each end is shown once", .timeout = 120)
{
	struct talk talk = talk_new(AF_INET, "127.0.0.1");
	struct ends ends = ends_many(&talk);
	struct job *job = tool_start("tcplife");

	ends_run(&ends);
	stop_after(job, 2 * MANY);
	tell_losses(job);
	CHECK_NO_LOSS(job);
	CHECK_EQ(rows(job, IS("rport", talk.port), IS("pid", ends.client.pid), IS("comm", "connector")), MANY);
	CHECK_EQ(rows(job, IS("lport", talk.port), IS("pid", ends.server.pid), IS("comm", "acceptor")), MANY);
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
