// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * load KIND COUNT [FILE]: does one thing on one CPU, first a few times to warm up, then COUNT
 * times.  Prints how often in all, how often of that it took the time, and the nanoseconds:
 * by the clock on the wall, and of CPU time.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *self, *file = "/dev/null";

static void must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long do_open(long count)
{
	for (long i = 0; i < count; i++) {
		int fd = open(file, O_RDONLY);

		must(fd >= 0, file);
		close(fd);
	}
	return count;
}

static long do_stat(long count)
{
	struct stat st;

	for (long i = 0; i < count; i++)
		must(!stat(file, &st), file);
	return count;
}

static long do_sync(long count)
{
	int fd = open(file, O_RDONLY);

	for (long i = 0; i < count; i++)
		must(fd >= 0 && !fsync(fd), file);
	return count;
}

static long do_malloc(long count)
{
	static void *volatile held;

	for (long i = 0; i < count; i++) {
		held = malloc(64);
		must(held != NULL, "malloc");
		free(held);
	}
	return count;
}

static long do_getppid(long count)
{
	for (long i = 0; i < count; i++)
		syscall(SYS_getppid);
	return count;
}

/* The static program is this one: "load true" ends at once. */
static long do_exec(long count)
{
	for (volatile long i = 0; i < count; i++) {	/* vfork() */
		pid_t pid = vfork();
		int status;

		if (!pid) {
			execl(self, "load", "true", NULL);
			_exit(127);
		}
		must(pid > 0 && waitpid(pid, &status, 0) == pid && !status, "exec");
	}
	return count;
}

static int there[2], back[2];

static void *echo(void *arg)
{
	char c;

	while (read(there[0], &c, 1) == 1)
		must(write(back[1], &c, 1) == 1, "pipe");
	return NULL;
}

/* Two threads that take turns: each way is one switch. */
static long do_pipe(long count)
{
	pthread_t thread;
	char c = 0;

	must(!pipe(there) && !pipe(back) && !pthread_create(&thread, NULL, echo, NULL), "pipe");
	for (long i = 0; i < count / 2; i++)
		must(write(there[1], &c, 1) == 1 && read(back[0], &c, 1) == 1, "pipe");
	close(there[1]);
	pthread_join(thread, NULL);
	return count / 2 * 2;
}

/* A reset, not FIN, so that no port has to rest. */
static long do_connect(long count)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct linger reset = { 1, 0 };
	socklen_t len = sizeof(to);
	int server = socket(AF_INET, SOCK_STREAM, 0);

	must(!bind(server, (void *)&to, len) && !listen(server, 8) &&
	     !getsockname(server, (void *)&to, &len), "listen");
	for (long i = 0; i < count; i++) {
		int client = socket(AF_INET, SOCK_STREAM, 0), peer;

		must(!connect(client, (void *)&to, sizeof(to)), "connect");
		peer = accept(server, NULL, NULL);
		must(peer >= 0 && !setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), "accept");
		close(client);
		close(peer);
	}
	return count;
}

/* A byte to the other end of a connection over lo, and one back. */
static long do_talk(long count)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), peer, on = 1;
	socklen_t len = sizeof(to);
	char c = 0;

	must(!bind(server, (void *)&to, len) && !listen(server, 1) && !getsockname(server, (void *)&to, &len) &&
	     !connect(client, (void *)&to, len), "connect");
	peer = accept(server, NULL, NULL);
	must(peer >= 0 && !setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) &&
	     !setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), "accept");
	for (long i = 0; i < count; i++)
		must(write(client, &c, 1) == 1 && read(peer, &c, 1) == 1 && write(peer, &c, 1) == 1 && read(client, &c, 1) == 1,
		     "talk");
	close(client);
	close(peer);
	close(server);
	return count;
}

/* To itself over lo: each is received in a soft interrupt. */
static long do_datagram(long count)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t len = sizeof(to);
	char c = 0;

	must(!bind(fd, (void *)&to, len) && !getsockname(fd, (void *)&to, &len) && !connect(fd, (void *)&to, len), "datagram");
	for (long i = 0; i < count; i++)
		must(send(fd, &c, 1, 0) == 1 && recv(fd, &c, 1, 0) == 1, "datagram");
	close(fd);
	return count;
}

static long do_read(long count)
{
	int fd = open(file, O_RDONLY | O_DIRECT);
	void *block = NULL;

	must(fd >= 0 && !posix_memalign(&block, 4096, 4096), file);
	for (long i = 0; i < count; i++)
		must(pread(fd, block, 4096, i % 1024 * 4096) == 4096, file);
	return count;
}

/* SIGURG is ignored unless somebody asks for it. */
static long do_kill(long count)
{
	pid_t self = getpid();

	for (long i = 0; i < count; i++)
		must(!kill(self, SIGURG), "kill");
	return count;
}

/* For no time, past the C library, which has another call for it. */
static long do_nap(long count)
{
	struct timespec none = { 0, 0 };

	for (long i = 0; i < count; i++)
		must(!syscall(SYS_nanosleep, &none, NULL), "nanosleep");
	return count;
}

static void *nothing(void *arg)
{
	return arg;
}

/* What traces the C library's function needs it in a library: "loader=load-dynamic". */
static long do_thread(long count)
{
	for (long i = 0; i < count; i++) {
		pthread_t thread;

		errno = pthread_create(&thread, NULL, nothing, NULL) ?: pthread_join(thread, NULL);
		must(!errno, "thread");
	}
	return count;
}

/* Of a number, so that nobody is asked. */
/* What a program that has OpenSSL linked in calls, as far as a probe can see. */
int SSL_write(void *session, const void *from, int size);

__attribute__((noinline, noclone)) int SSL_write(void *session, const void *from, int size)
{
	__asm__ volatile("" : : "r"(session), "r"(from) : "memory");
	return size;
}

static long do_tls(long count)
{
	static char said[100] = "GET / HTTP/1.1";

	for (long i = 0; i < count; i++)
		must(SSL_write(&said, said, sizeof(said)) == sizeof(said), "tls");
	return count;
}

static long do_lookup(long count)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM }, *found;

	for (long i = 0; i < count; i++) {
		must(!getaddrinfo("127.0.0.1", NULL, &hints, &found), "lookup");
		freeaddrinfo(found);
	}
	return count;
}

static const struct {
	const char *name;
	long (*run)(long count);
} kinds[] = {
	{ "open", do_open }, { "getppid", do_getppid }, { "exec", do_exec },
	{ "pipe", do_pipe }, { "connect", do_connect }, { "datagram", do_datagram },
	{ "read", do_read }, { "kill", do_kill }, { "nap", do_nap },
	{ "thread", do_thread }, { "lookup", do_lookup }, { "tls", do_tls }, { "malloc", do_malloc }, { "talk", do_talk },
	{ "stat", do_stat }, { "sync", do_sync },
};

static long long wall(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static long long cpu(void)
{
	static const int who[] = { RUSAGE_SELF, RUSAGE_CHILDREN };
	struct rusage r;
	long long us = 0;

	for (int i = 0; i < 2; i++) {
		getrusage(who[i], &r);
		us += (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000000LL + r.ru_utime.tv_usec + r.ru_stime.tv_usec;
	}
	return us * 1000;
}

int main(int argc, char **argv)
{
	cpu_set_t one;
	char path[4096];
	ssize_t n;

	if (argc == 2 && !strcmp(argv[1], "true"))
		return 0;
	n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = 0;
	self = path;
	if (argc > 3)
		file = argv[3];
	CPU_ZERO(&one);
	CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) > 1, &one);
	sched_setaffinity(0, sizeof(one), &one);
	for (size_t i = 0; argc > 2 && i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(kinds[i].name, argv[1]))
			continue;

		long warm = kinds[i].run(atol(argv[2]) / 50);
		long long wall_before = wall(), cpu_before = cpu();
		long done = kinds[i].run(atol(argv[2]));

		printf("%ld %ld %lld %lld\n", warm + done, done, wall() - wall_before, cpu() - cpu_before);
		return 0;
	}
	fprintf(stderr, "Usage: load KIND COUNT [FILE]\n");
	return 2;
}
