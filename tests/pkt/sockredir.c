// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include "net.h"

#define ROOM (1 << 20)

/* Both ends of a connection, which the tool has seen begin. */
struct pair {
	int client, server;
	int port, own;	/* the server's, the client's */
};

static int listener_at(int family, int *port)
{
	struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	socklen_t size = sizeof(at);
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (family == AF_INET)
		*(struct sockaddr_in *)&at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (fd < 0 || bind(fd, (void *)&at, size))
		SKIP("no address family %d here", family);
	REQUIRE(listen(fd, 8) == 0 && getsockname(fd, (void *)&at, &size) == 0);
	*port = ntohs(at.sin6_port);
	return fd;
}

static struct pair pair_at(int listener)
{
	struct sockaddr_storage at;
	struct sockaddr_in6 own;
	socklen_t size = sizeof(at), own_size = sizeof(own);
	struct pair pair;

	REQUIRE(getsockname(listener, (void *)&at, &size) == 0);
	pair.client = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	REQUIRE(connect(pair.client, (void *)&at, size) == 0);
	pair.server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	REQUIRE(pair.server >= 0);
	REQUIRE(getsockname(pair.client, (void *)&own, &own_size) == 0);
	pair.port = ntohs(((struct sockaddr_in6 *)&at)->sin6_port);
	pair.own = ntohs(own.sin6_port);
	return pair;
}

/* A pattern that tells each place in a stream from those around it. */
static unsigned char byte_at(size_t at)
{
	return at * 2654435761U >> 13 ^ at >> 21;
}

static void put(int fd, size_t from, size_t n)
{
	unsigned char *bytes = malloc(n);

	for (size_t i = 0; i < n; i++)
		bytes[i] = byte_at(from + i);
	for (size_t done = 0; done < n;) {
		ssize_t part = send(fd, bytes + done, n - done, MSG_NOSIGNAL);

		REQUIRE(part > 0);
		done += part;
	}
	free(bytes);
}

/* Those and no others, in order. */
static bool get(int fd, size_t from, size_t n)
{
	unsigned char bytes[16384];

	for (size_t done = 0; done < n;) {
		struct pollfd p = {fd, POLLIN, 0};
		ssize_t part;

		if (poll(&p, 1, 20000 * slow()) != 1) {
			FAIL("nothing comes after %zu bytes", from + done);
			return false;
		}
		part = recv(fd, bytes, n - done < sizeof(bytes) ? n - done : sizeof(bytes), 0);
		if (part <= 0) {
			FAIL("it ends after %zu bytes: %zd %m", from + done, part);
			return false;
		}
		for (ssize_t i = 0; i < part; i++)
			if (bytes[i] != byte_at(from + done + i)) {
				FAIL("byte %zu is another one", from + done + i);
				return false;
			}
		done += part;
	}
	return true;
}

static bool ended(int fd)
{
	char byte;
	struct pollfd p = {fd, POLLIN, 0};

	return poll(&p, 1, 20000 * slow()) == 1 && recv(fd, &byte, 1, 0) == 0;
}

#define START(port, ...) tool_start("sockredir", "-i", "60", "-P", text("%d", port), ##__VA_ARGS__)

static void up(void)
{
	tcp_close(&(struct tcp[]){tcp_open(AF_INET)}[0]);	/* lo is up after it */
}

/* The tool, then a connection. */
static struct pair redirected(int family, struct job **job, const char *room)
{
	int port, listener;

	up();
	listener = listener_at(family, &port);
	*job = START(port, "--room", room);
	return pair_at(listener);
}

static void count_exactly(int family)
{
	struct job *job;
	struct pair pair;

	pair = redirected(family, &job, "16m");
	for (int i = 0; i < 7; i++) {
		put(pair.client, i * 1000, 1000);
		CHECK(get(pair.server, i * 1000, 1000));
		put(pair.server, i * 10, 10);
		CHECK(get(pair.client, i * 10, 10));
	}
	put(pair.client, 7000, 5000);	/* three, and a reader that takes them at once */
	put(pair.client, 12000, 5000);
	put(pair.client, 17000, 5000);
	CHECK(get(pair.server, 7000, 15000));
	shutdown(pair.client, SHUT_WR);
	CHECK(ended(pair.server));
	put(pair.server, 70, 100);	/* an answer after the other's end */
	CHECK(get(pair.client, 70, 100));
	close(pair.server);
	CHECK(ended(pair.client));
	close(pair.client);
	tool_stop(job);
	CHECK_EQ(rows(job), 2);
	CHECK_EQ(rows(job, IS("lport", pair.own), IS("rport", pair.port), IS("messages", 10), IS("bytes", 22000), IS("tcp", 0),
		      IS("why", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("lport", pair.port), IS("rport", pair.own), IS("messages", 7), IS("bytes", 70), IS("tcp", 1),
		      IS("tcpbytes", 100), IS("why", "other end closing")), 1);
	CHECK_NO_LOSS(job);
}

TEST(sockredir, "messages and bytes of both directions over IPv4, to the byte, and how the connection ends")
{
	count_exactly(AF_INET);
}

TEST(sockredir, "messages and bytes of both directions over IPv6, to the byte, and how the connection ends")
{
	count_exactly(AF_INET6);
}

/* Sends all, part of it while the tool runs; the reader begins when the tool has been told to end. */
static void end_by(int signal, bool reader_first)
{
	struct job *job;
	struct pair pair;
	size_t before = 300000, after = 50000;
	pid_t reader;
	int status;

	pair = redirected(AF_INET, &job, "16m");
	put(pair.client, 0, before);
	if (reader_first)
		CHECK(get(pair.server, 0, before));
	reader = fork();
	if (!reader) {
		bool right;

		if (!reader_first) {
			nap(500000000);
			right = get(pair.server, 0, 1000);
			nap(3000000000);	/* longer than the tool has patience */
			right = right && get(pair.server, 1000, before - 1000);
		} else {
			right = true;
		}
		right = right && get(pair.server, before, 2 * after) && ended(pair.server);
		_exit(!right);
	}
	nap(200000000);
	if (signal == SIGKILL) {
		kill(job->pid, SIGKILL);
		job_wait(job, 20);
	} else {
		CHECK_EQ(job_end(job, signal), 0);
	}
	put(pair.client, before, after);
	nap(200000000);
	put(pair.client, before + after, after);
	shutdown(pair.client, SHUT_WR);
	REQUIRE(waitpid(reader, &status, 0) == reader);
	CHECK_EQ(status, 0);
	put(pair.server, 0, 100);
	CHECK(get(pair.client, 0, 100));
}

TEST(sockredir, "ended by SIGINT, what waits is read all the same, and the rest goes by TCP, in order")
{
	end_by(SIGINT, false);
}

TEST(sockredir, "ended by SIGTERM under a reader that waits, the connection goes on")
{
	end_by(SIGTERM, true);
}

TEST(sockredir, "killed, it loses nothing either")
{
	end_by(SIGKILL, false);
}

TEST(sockredir, "killed under a reader that waits, the connection goes on")
{
	end_by(SIGKILL, true);
}

/* What waits must be there also when both ends are closed, or the sender has reset it. */
TEST(sockredir, "what was sent is read after both have sent FIN")
{
	struct job *job;
	struct pair pair;

	pair = redirected(AF_INET, &job, "16m");
	put(pair.server, 0, 5000);
	put(pair.client, 0, 7);
	shutdown(pair.client, SHUT_WR);
	CHECK(get(pair.server, 0, 7));
	CHECK(ended(pair.server));
	close(pair.server);
	nap(100000000);
	CHECK(get(pair.client, 0, 5000));
	CHECK(ended(pair.client));
	tool_stop(job);
	CHECK_EQ(sum(job, "bytes"), 5007);
}

TEST(sockredir, "a reset comes through")
{
	struct linger linger = {1, 0};
	struct job *job;
	struct pair pair;
	char byte;

	pair = redirected(AF_INET, &job, "16m");
	put(pair.client, 0, 700);
	CHECK(get(pair.server, 0, 700));
	REQUIRE(setsockopt(pair.client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) == 0);
	close(pair.client);
	CHECK(recv(pair.server, &byte, 1, 0) == -1 && errno == ECONNRESET);
	tool_stop(job);
	CHECK_EQ(sum(job, "bytes"), 700);
}

static void put_many(int fd, size_t total)
{
	for (size_t at = 0; at < total; at += 70000)
		put(fd, at, total - at < 70000 ? total - at : 70000);
	_exit(0);
}

/* It is redirected until more waits than there is room for, and goes by TCP from there on. */
TEST(sockredir, "what overruns its reader goes by TCP, in order, to the end")
{
	int status;
	struct job *job;
	struct pair pair;
	pid_t sender;

	pair = redirected(AF_INET, &job, "64k");
	sender = fork();
	if (!sender)
		put_many(pair.client, 7000000);
	nap(500000000);
	CHECK(get(pair.server, 0, 7000000));
	REQUIRE(waitpid(sender, &status, 0) == sender && status == 0);
	put(pair.client, 0, 100);
	CHECK(get(pair.server, 0, 100));
	tool_stop(job);
	CHECK_EQ(rows(job, IS("lport", pair.own), IS("why", "slow reader")), 1);
	CHECK_EQ(sum(job, "bytes") + sum(job, "tcpbytes"), 7000100);
	CHECK_BETWEEN(ROOM / 2, sum(job, "bytes"), 2 * ROOM);	/* it is looked at once a MiB */
}

TEST(sockredir, "a reader that keeps up gets all of it at once, in order")
{
	int status;
	struct job *job;
	struct pair pair;
	pid_t sender;

	pair = redirected(AF_INET6, &job, "1g");
	sender = fork();
	if (!sender)
		put_many(pair.server, 7000000);
	CHECK(get(pair.client, 0, 7000000));
	REQUIRE(waitpid(sender, &status, 0) == sender && status == 0);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("lport", pair.port), IS("bytes", 7000000), IS("tcp", 0), IS("why", NOTHING)), 1);
}

TEST(sockredir, "connections that were there before, or of other ports, are left alone")
{
	int port, listener, other_port, other;
	struct pair before, apart;
	struct job *job;

	up();
	listener = listener_at(AF_INET, &port);
	other = listener_at(AF_INET, &other_port);
	before = pair_at(listener);
	job = START(port);
	apart = pair_at(other);
	put(before.client, 0, 300);
	CHECK(get(before.server, 0, 300));
	put(apart.client, 0, 300);
	CHECK(get(apart.server, 0, 300));
	tool_stop(job);
	CHECK_EQ(rows(job), 0);
	job = run("corekit", "sockredir", "-c", "/no/such/cgroup");
	CHECK_EQ(job->status, 2);
	CHECK_EQ(lines(job->err), 1);
	CHECK_HAS(job->err, "there is no such cgroup");
}

/* The latest one. */
static __u32 sockhash(void)
{
	__u32 latest = 0;

	for (__u32 id = 0; !bpf_map_get_next_id(id, &id);) {
		struct bpf_map_info info = {};
		__u32 size = sizeof(info);
		int fd = bpf_map_get_fd_by_id(id);

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size) && info.type == BPF_MAP_TYPE_SOCKHASH)
			latest = id;
		if (fd >= 0)
			close(fd);
	}
	return latest;
}

static bool is_gone(void *id)
{
	int fd = bpf_map_get_fd_by_id(*(__u32 *)id);

	if (fd >= 0)
		close(fd);
	return fd < 0;
}

/* Program and map hold each other by the sockets. */
TEST(sockredir, "nothing of it remains while the connection goes on")
{
	struct job *job;
	struct pair pair;
	__u32 map;

	pair = redirected(AF_INET, &job, "16m");
	put(pair.client, 0, 300);
	map = sockhash();
	CHECK(map && !is_gone(&map));
	CHECK(get(pair.server, 0, 300));
	tool_stop(job);
	CHECK(until(20, is_gone, &map));
	put(pair.client, 300, 300);
	CHECK(get(pair.server, 300, 300));
	CHECK_EQ(rows(job, IS("lport", pair.own), IS("messages", 1), IS("bytes", 300)), 1);
}

TEST(sockredir, "where only one end is in the cgroup, it goes by TCP; the other end isn't seen")
{
	const char *top = cgroup_new("redir");
	int port, listener;
	struct job *job;
	struct pair pair;

	up();
	listener = listener_at(AF_INET, &port);	/* whose connections are of this cgroup, not of that one */
	job = START(port, "-c", top);
	cgroup_enter(top, 0);
	pair = pair_at(listener);
	put(pair.client, 0, 300);
	CHECK(get(pair.server, 0, 300));
	put(pair.server, 0, 200);
	CHECK(get(pair.client, 0, 200));
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	CHECK_EQ(rows(job, IS("lport", pair.own), IS("messages", 0), IS("tcp", 1), IS("tcpbytes", 300), IS("why", "other end not seen")), 1);
}

/* What comes goes back, by a reader who is slow at times. */
static void echo(int fd, unsigned int seed)
{
	char bytes[20000];
	ssize_t n;

	while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0) {
		if (rand_r(&seed) % 16 == 0)
			nap(3000000);
		for (ssize_t done = 0, part; done < n; done += part) {
			part = send(fd, bytes + done, n - done, MSG_NOSIGNAL);
			REQUIRE(part > 0);
		}
	}
	REQUIRE(n == 0);
	_exit(0);
}

#define TALKERS 4

/* Connections of all lengths, one after the other, on which bursts are sent; each byte must come back, until it is told to end. */
static void talk_on(int listener, unsigned int seed, volatile const bool *enough)
{
	int status;

	while (!*enough) {
		struct pair pair = pair_at(listener);
		pid_t other = fork();
		size_t at = 0;

		if (!other) {
			close(pair.client);
			echo(pair.server, seed);
		}
		close(pair.server);
		for (int i = rand_r(&seed) % 100; i >= 0; i--) {
			size_t sent = 0;

			for (int j = rand_r(&seed) % 5; j >= 0; j--) {
				size_t n = 1 + rand_r(&seed) % 10000;

				put(pair.client, at + sent, n);
				sent += n;
			}
			if (!get(pair.client, at, sent))
				_exit(1);
			at += sent;
		}
		shutdown(pair.client, SHUT_WR);
		REQUIRE(ended(pair.client));
		close(pair.client);
		REQUIRE(waitpid(other, &status, 0) == other);
		REQUIRE(status == 0);
	}
	_exit(0);
}

TEST(sockredir, "begun and ended again and again under traffic, it loses and changes not a byte", .timeout = 120)
{
	bool *enough = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int port[TALKERS], status;
	long long redirected = 0;
	pid_t talker[TALKERS];

	up();
	for (int i = 0; i < TALKERS; i++) {
		int listener = listener_at(i & 1 ? AF_INET6 : AF_INET, &port[i]);

		talker[i] = fork();
		if (!talker[i])
			talk_on(listener, i + 1, enough);
		close(listener);
	}
	for (int i = 0; i < 6; i++) {
		struct job *job = tool_start("sockredir", "-i", "60", "-P", text("%d,%d,%d,%d", port[0], port[1], port[2], port[3]));

		nap(400000000);
		if (i & 1) {
			job_end(job, SIGKILL);
			continue;
		}
		tool_stop(job);
		redirected += sum(job, "messages");
		CHECK_EQ(rows(job, IS("why", "refused")), 0);
	}
	*enough = true;
	for (int i = 0; i < TALKERS; i++) {
		REQUIRE(waitpid(talker[i], &status, 0) == talker[i]);
		CHECK_EQ(status, 0);
	}
	CHECK(redirected > 100);
}

/* With nobody to take sockets out of the map, they stay in it, and lose nothing. */
TEST(sockredir, "where its child is killed as well, connections stay redirected to their end, and nothing remains then")
{
	int port, listener, guard;
	struct job *job;
	struct pair pair;
	__u32 map;

	up();
	listener = listener_at(AF_INET, &port);
	job = START(port);
	guard = atoi(file_text(text("/proc/%d/task/%d/children", job->pid, job->pid)));
	if (!guard)
		SKIP("no /proc/PID/task/TID/children in this kernel");
	map = sockhash();
	pair = pair_at(listener);
	put(pair.client, 0, 30000);
	REQUIRE(kill(guard, SIGKILL) == 0);
	REQUIRE(kill(job->pid, SIGKILL) == 0);
	job_wait(job, 20);
	put(pair.client, 30000, 30000);
	put(pair.server, 0, 100);
	CHECK(get(pair.server, 0, 60000));
	CHECK(get(pair.client, 0, 100));
	CHECK(!is_gone(&map));
	shutdown(pair.client, SHUT_WR);
	CHECK(ended(pair.server));
	close(pair.server);
	close(pair.client);
	CHECK(until(20, is_gone, &map));
}
