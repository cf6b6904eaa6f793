// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <linux/sockios.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include "net.h"

static struct job *list(const char *const *args)
{
	const char *argv[24] = {"corekit", "sockls", "-j"};
	struct job *job;

	for (int i = 0; args[i]; i++)
		argv[3 + i] = args[i];
	job = job_run(NULL, argv);
	REQUIRE(job->status == 0);
	job->json = true;
	return job;
}

#define LIST(...) list(ARGV(__VA_ARGS__))

static long long inode_of(int fd)
{
	struct stat st;

	REQUIRE(fstat(fd, &st) == 0);
	return st.st_ino;
}

static int port_of(int fd)
{
	struct sockaddr_in6 name;
	socklen_t length = sizeof(name);

	REQUIRE(getsockname(fd, (void *)&name, &length) == 0);
	return ntohs(name.sin6_port);
}

/* A listener of 127.0.0.1 or ::1, and connections to it that nobody accepts. */
static int listener_new(int family, int backlog, int waiting)
{
	struct sockaddr_in6 to = {.sin6_family = family, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&to;
	socklen_t length = family == AF_INET ? sizeof(*v4) : sizeof(to);
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (family == AF_INET)
		*v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (fd < 0 || bind(fd, (void *)&to, length))
		SKIP("no address family %d here", family);
	REQUIRE(listen(fd, backlog) == 0 && getsockname(fd, (void *)&to, &length) == 0);
	for (int i = 0; i < waiting; i++)
		REQUIRE(connect(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), (void *)&to, length) == 0);
	return fd;
}

static bool has_bytes(void *arg)
{
	char byte[4000];

	return recv(*(int *)arg, byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT) == 1000;
}

static bool is_acknowledged(void *fd)
{
	int bytes = -1;

	return ioctl(*(int *)fd, SIOCOUTQ, &bytes) == 0 && !bytes;
}

/* What ss says of a port: each line "State Recv-Q Send-Q Local Peer". */
static void like_ss(struct job *job, int port)
{
	struct job *ss = run("ss", "-tunaH", text("( sport = :%d )", port));
	int found = 0;
	char *rest = ss->out, *line;

	if (ss->status)
		return;
	while ((line = strsep(&rest, "\n")) && *line) {
		char kind[8], state[16], local[64], peer[64];
		long long receive, send;

		if (strstr(line, "TIME-WAIT"))
			continue;
		REQUIRE(sscanf(line, "%7s %15s %lld %lld %63s %63s", kind, state, &receive, &send, local, peer) == 6);
		if (!strcmp(state, "ESTAB"))
			strcpy(state, "ESTABLISHED");
		if (!strcmp(state, "UNCONN"))
			strcpy(state, "UNCONNECTED");
		for (char *at = state; *at; at++)
			*at = *at == '-' ? '_' : *at;
		if (strchr(peer, '*'))
			CHECK_EQ(rows(job, IS("local", local), IS("state", state), IS("receive", receive), IS("send", send)), 1);
		else
			CHECK_EQ(rows(job, IS("local", local), IS("remote", strcmp(peer, "0.0.0.0:0") ? peer : NULL),
				      IS("state", state), IS("receive", receive), IS("send", send)), 1);
		found++;
	}
	CHECK_EQ(rows(job, IS("lport", port)) - rows(job, IS("lport", port), IS("state", "TIME_WAIT")), found);
}

TEST(sockls, "TCP: who has it, state, queues and round-trip time, of both ends, as ss has them")
{
	struct tcp tcp = tcp_open(AF_INET), six = tcp_open(AF_INET6);
	int listener = listener_new(AF_INET, 7, 3), port = port_of(listener);
	char *ports = (char *)text("%d,%d,%d,%d", tcp.client_port, tcp.server_port, port, six.server_port);
	static char bytes[1000];
	struct job *job, *more;

	tcp_send(&tcp, 50, 50);
	REQUIRE(send(tcp.client, bytes, 1000, 0) == 1000 && until(20, has_bytes, &tcp.server));
	REQUIRE(until(20, is_acknowledged, &tcp.client) && until(20, is_acknowledged, &tcp.server));
	job = LIST("-P", ports, "-o", "pid,comm,fd,holders,uid,protocol,type,state,receive,send,local,remote,lport,rport,laddr,"
		   "raddr,rtt,retransmits,cwnd,inode,netns");
	CHECK_EQ(rows(job, IS("pid", getpid()), IS("protocol", "TCP"), IS("type", "STREAM")), 8);
	CHECK_EQ(rows(job) - rows(job, IS("state", "TIME_WAIT")), 11);	/* others had the same ports, with other addresses */
	CHECK_EQ(rows(job, IS("state", "LISTEN"), IS("receive", 3), IS("send", 7), IS("lport", port), IS("laddr", "127.0.0.1"),
		      IS("remote", NOTHING), IS("fd", listener), IS("inode", inode_of(listener))), 1);
	/* accepted by the kernel, by nobody else yet */
	CHECK_EQ(rows(job, IS("state", "ESTABLISHED"), IS("lport", port), IS("pid", NOTHING), IS("comm", NOTHING),
		      IS("fd", NOTHING)), 3);
	CHECK_EQ(rows(job, IS("state", "ESTABLISHED"), IS("rport", port), IS("pid", getpid())), 3);
	CHECK_EQ(rows(job, IS("state", "ESTABLISHED"), IS("lport", tcp.server_port), IS("rport", tcp.client_port),
		      IS("receive", 1000), IS("send", 0), IS("fd", tcp.server), IS("holders", 1), IS("uid", 0)), 1);
	CHECK_EQ(rows(job, IS("state", "ESTABLISHED"), IS("lport", tcp.client_port), IS("receive", 0), IS("send", 0),
		      IS("retransmits", 0), IS("inode", inode_of(tcp.client))), 1);
	CHECK_EQ(rows(job, IS("local", text("[::1]:%d", six.client_port)), IS("remote", text("[::1]:%d", six.server_port))), 1);
	CHECK(number(row(job, IS("lport", tcp.client_port)), "rtt_ns") > 0);
	CHECK(number(row(job, IS("lport", tcp.client_port)), "cwnd") > 0);
	like_ss(job, port);
	like_ss(job, tcp.server_port);
	like_ss(job, six.client_port);
	more = LIST("-P", ports, "-l");
	CHECK_EQ(rows(more), 1);
	more = LIST("-P", ports, "-s", "established", "-6", "-p", text("%d", getpid()));
	CHECK_EQ(rows(more), 2);
	more = LIST("-P", ports, "-A", "udp,unix");
	CHECK_EQ(rows(more), 0);
}

/* Both bound to an address; the first has one datagram to read. */
static void udp_pair(int *to, int *from)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(name);

	*to = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	*from = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	REQUIRE(bind(*to, (void *)&name, length) == 0 && getsockname(*to, (void *)&name, &length) == 0);
	REQUIRE(connect(*from, (void *)&name, length) == 0 && send(*from, "abc", 3, 0) == 3);
}

TEST(sockls, "UDP and local sockets: connected or not, with their queues, and names")
{
	struct sockaddr_un path = {.sun_family = AF_UNIX}, hidden = {.sun_family = AF_UNIX, .sun_path = "\0sockls\nhidden"};
	int to, from, one = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), two = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const char *pid = text("%d", getpid());
	struct job *job;

	tcp_close(&(struct tcp[]){tcp_open(AF_INET)}[0]);	/* lo is up after it */
	udp_pair(&to, &from);
	snprintf(path.sun_path, sizeof(path.sun_path), "%s", tmp("s"));
	REQUIRE(bind(one, (void *)&path, sizeof(path)) == 0 && listen(one, 5) == 0);
	REQUIRE(bind(two, (void *)&hidden, offsetof(struct sockaddr_un, sun_path) + 14) == 0);
	REQUIRE(connect(client, (void *)&path, sizeof(path)) == 0);
	job = LIST("-p", pid, "-A", "udp,unix", "-o", "pid,fd,protocol,type,state,receive,send,local,remote,lport,inode");
	CHECK_EQ(rows(job, IS("fd", to), IS("protocol", "UDP"), IS("type", "DGRAM"), IS("state", "UNCONNECTED"), IS("remote", NOTHING),
		      IS("local", text("127.0.0.1:%d", port_of(to)))), 1);
	CHECK(number(row(job, IS("fd", to)), "receive") >= 3);
	CHECK_EQ(rows(job, IS("fd", from), IS("state", "ESTABLISHED"), IS("receive", 0), IS("send", 0),
		      IS("remote", text("127.0.0.1:%d", port_of(to)))), 1);
	like_ss(job, port_of(to));
	CHECK_EQ(rows(job, IS("fd", one), IS("protocol", "UNIX"), IS("type", "STREAM"), IS("state", "LISTEN"), IS("local", tmp("s")),
		      IS("receive", 1), IS("send", 5), IS("inode", inode_of(one))), 1);
	CHECK_EQ(rows(job, IS("fd", client), IS("state", "ESTABLISHED"), IS("local", NOTHING), IS("remote", tmp("s"))), 1);
	CHECK_EQ(rows(job, IS("fd", two), IS("type", "DGRAM"), IS("state", "UNCONNECTED"), IS("local", "@sockls\nhidden")), 1);
	CHECK_EQ(rows(job), 5);
	job = LIST("-p", pid, "-l", "-A", "all", "-o", "fd,protocol");
	CHECK_EQ(rows(job, IS("fd", to)), 1);
	CHECK_EQ(rows(job, IS("fd", one)), 1);
	CHECK_EQ(rows(job, IS("fd", from)) + rows(job, IS("fd", client)) + rows(job, IS("fd", two)), 0);
}

struct elsewhere {
	int ready[2];
	int port, waits;	/* a listener's, and a client's that is in TIME_WAIT */
};

static void listen_elsewhere(void *arg)
{
	struct elsewhere *e = arg;
	struct tcp tcp;
	int listener;

	REQUIRE(unshare(CLONE_NEWNET) == 0);
	tcp = tcp_open(AF_INET);
	e->waits = tcp.client_port;
	tcp_close(&tcp);
	listener = listener_new(AF_INET, 1, 0);
	e->port = port_of(listener);
	REQUIRE(write(e->ready[1], e, sizeof(*e)) == sizeof(*e));
	nap(60e9 * slow());
}

static void hold(void *arg)
{
	(void)arg;
	nap(60e9 * slow());
}

TEST(sockls, "all network namespaces, with what no process has; one socket of several processes")
{
	struct elsewhere e, told;
	struct child there, holder;
	struct tcp tcp = tcp_open(AF_INET);
	struct stat net;
	struct job *job;

	REQUIRE(pipe2(e.ready, O_CLOEXEC) == 0);
	there = child_new("elsewhere", 0, listen_elsewhere, &e);
	child_go(&there);
	REQUIRE(read(e.ready[0], &told, sizeof(told)) == sizeof(told));
	holder = child_new("holder", 0, hold, NULL);
	child_go(&holder);
	REQUIRE(stat(text("/proc/%d/ns/net", there.pid), &net) == 0);
	job = LIST("-o", "pid,comm,state,lport,netns,holders,uid");
	CHECK_EQ(rows(job, IS("lport", told.port), IS("pid", there.pid), IS("comm", "elsewhere"), IS("state", "LISTEN"),
		      IS("netns", (long long)net.st_ino)), 1);
	CHECK_EQ(rows(job, IS("lport", told.waits), IS("state", "TIME_WAIT"), IS("pid", NOTHING),
		      IS("netns", (long long)net.st_ino)), 1);
	/* both children had it from this process, which has the lowest number unless they have wrapped */
	CHECK_EQ(rows(job, IS("lport", tcp.client_port), IS("holders", 3), IS("state", "ESTABLISHED")), 1);
	job = LIST("-e", "-P", text("%d", tcp.client_port), "-s", "established", "-o", "pid,comm,fd,lport");
	CHECK_EQ(rows(job), 6);
	CHECK_EQ(rows(job, IS("lport", tcp.client_port), IS("fd", tcp.client)), 3);
	CHECK_EQ(rows(job, IS("pid", holder.pid), IS("comm", "holder")), 2);
	job = LIST("-n", "holder", "-P", text("%d", tcp.client_port));
	CHECK_EQ(rows(job, IS("pid", holder.pid)), 2);
	CHECK_EQ(rows(job), 2);
	job = LIST("--netns", text("%d", there.pid), "-A", "all", "-o", "lport,netns");
	CHECK_EQ(rows(job, IS("netns", (long long)net.st_ino)), rows(job));
	CHECK_EQ(rows(job, IS("lport", told.port)), 1);
}

/* Not in the moment in which the kernel puts something smaller in its place. */
static bool waits_for_the_other(void *arg)
{
	struct tcp *tcp = arg;
	struct job *job = LIST("-P", text("%d", tcp->server_port), "-o", "pid,state,lport");

	return rows(job, IS("lport", tcp->client_port), IS("state", "FIN_WAIT2"), IS("pid", NOTHING)) == 1;
}

TEST(sockls, "closed by its process and not yet by the other side; a cgroup; the largest queues first; bad words")
{
	static const char *const bad[][2] = {{"-s", "opened"}, {"-A", "tcp,sctpx"}, {"-P", "0"}, {"-s", ""}};
	struct tcp tcp = tcp_open(AF_INET), other = tcp_open(AF_INET);
	const char *ports = text("%d,%d", tcp.server_port, other.server_port);
	static char bytes[1000];
	struct job *job;

	REQUIRE(send(tcp.client, bytes, 1000, 0) == 1000 && until(20, has_bytes, &tcp.server));
	close(tcp.client);
	CHECK(until(20, waits_for_the_other, &tcp));
	cgroup_enter(cgroup_new("sockls"), 0);
	listener_new(AF_INET, 1, 0);
	job = LIST("-P", ports, "--sort", "receive", "-o", "pid,state,receive,lport");
	CHECK_EQ(rows(job) - rows(job, IS("state", "TIME_WAIT")), 4);
	CHECK_EQ(number(row(job), "lport"), tcp.server_port);
	CHECK_EQ(rows(job, IS("state", "CLOSE_WAIT"), IS("receive", 1000), IS("lport", tcp.server_port)), 1);
	job = LIST("-P", ports, "--sort", "receive", "-r", "2");
	CHECK_EQ(rows(job), 2);
	job = LIST("-p", text("%d", getpid()), "-l", "-o", "cgroup");
	CHECK_EQ(rows(job), 1);
	CHECK_HAS(string(row(job), "cgroup"), "sockls");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		job = run("corekit", "sockls", bad[i][0], bad[i][1]);
		CHECK_EQ(job->status, 2);
		CHECK_EQ(lines(job->err), 1);
	}
}
