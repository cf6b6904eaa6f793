// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * load KIND COUNT [FILE]: does one thing on one CPU, first a few times to warm up, then COUNT
 * times.  Prints how often in all, how often of that it took the time, and the nanoseconds:
 * by the clock on the wall, and of CPU time.  "load terminal" makes a terminal, prints its name,
 * and reads what others write to it.
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
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/shm.h>
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

/* Names that nobody has asked for before. */
static long do_missing(long count)
{
	char path[4096];
	struct stat st;

	for (long i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s-%ld-%d", file, count + i, getpid());
		must(stat(path, &st) && errno == ENOENT, path);
	}
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

/* So many bytes to the other end of a connection over lo, and as many back. */
static long talk_of(long count, ssize_t size)
{
	static char bytes[65536];
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), peer, on = 1;
	socklen_t len = sizeof(to);

	must(!bind(server, (void *)&to, len) && !listen(server, 1) && !getsockname(server, (void *)&to, &len) &&
	     !connect(client, (void *)&to, len), "connect");
	peer = accept(server, NULL, NULL);
	must(peer >= 0 && !setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) &&
	     !setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), "accept");
	for (long i = 0; i < count; i++)
		must(write(client, bytes, size) == size && recv(peer, bytes, size, 0) == size && write(peer, bytes, size) == size &&
		     recv(client, bytes, size, 0) == size, "talk");
	close(client);
	close(peer);
	close(server);
	return count;
}

static long do_talk(long count)
{
	return talk_of(count, 1);
}

/* As much as comes in one piece by TCP. */
static long do_talk16k(long count)
{
	return talk_of(count, 16384);
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

static long read_blocks(long count, int flags)
{
	int fd = open(file, O_RDONLY | flags);
	void *block = NULL;

	must(fd >= 0 && !posix_memalign(&block, 4096, 4096), file);
	for (long i = 0; i < count; i++)
		must(pread(fd, block, 4096, i % 1024 * 4096) == 4096, file);
	free(block);
	close(fd);
	return count;
}

static long do_read(long count)
{
	return read_blocks(count, O_DIRECT);
}

static long do_cached(long count)
{
	return read_blocks(count, 0);
}

/* A file that is there for a moment. */
static long do_unlink(long count)
{
	for (long i = 0; i < count; i++) {
		int fd = open(file, O_WRONLY | O_CREAT | O_EXCL, 0600);

		must(fd >= 0 && !close(fd) && !unlink(file), file);
	}
	return count;
}

static long do_print(long count)
{
	static const char line[] = "What a program says\n";
	int fd = open(file, O_WRONLY | O_NOCTTY);

	must(fd >= 0, file);
	for (long i = 0; i < count; i++)
		must(write(fd, line, sizeof(line) - 1) == sizeof(line) - 1, file);
	close(fd);
	return count;
}

static long do_umount(long count)
{
	for (long i = 0; i < count; i++)
		must(umount2(file, 0) && errno == EINVAL, file);
	return count;
}

static long do_setuid(long count)
{
	uid_t uid = getuid();

	for (long i = 0; i < count; i++)
		must(!syscall(SYS_setuid, uid), "setuid");
	return count;
}

static long do_shared(long count)
{
	for (long i = 0; i < count; i++) {
		int id = shmget(IPC_PRIVATE, 4096, 0600);

		must(id >= 0 && !shmctl(id, IPC_RMID, NULL), "shm");
	}
	return count;
}

static long do_fault(long count)
{
	for (long i = 0; i < count; i++) {
		volatile char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		must(page != MAP_FAILED, "mmap");
		*page = 1;
		munmap((void *)page, 4096);
	}
	return count;
}

static long do_bind(long count)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };

	for (long i = 0; i < count; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		must(!bind(fd, (void *)&to, sizeof(to)), "bind");
		close(fd);
	}
	return count;
}

static long do_listen(long count)
{
	for (long i = 0; i < count; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		must(!listen(fd, 8), "listen");
		close(fd);
	}
	return count;
}

/* Where a port is taken and nobody listens. */
static long do_refused(long count)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int taken = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(to);

	must(!bind(taken, (void *)&to, len) && !getsockname(taken, (void *)&to, &len), "bind");
	for (long i = 0; i < count; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		must(connect(fd, (void *)&to, sizeof(to)) && errno == ECONNREFUSED, "refused");
		close(fd);
	}
	close(taken);
	return count;
}

static long do_local(long count)
{
	static const char line[] = "What a client asks";
	char got[sizeof(line)];
	int ends[2];

	must(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
	for (long i = 0; i < count; i++)
		must(write(ends[0], line, sizeof(line)) == sizeof(line) && read(ends[1], got, sizeof(got)) == sizeof(got), "local");
	close(ends[0]);
	close(ends[1]);
	return count;
}

/* A descriptor is sent, and received. */
static long do_pass(long count)
{
	char space[CMSG_SPACE(sizeof(int))], byte = 0;
	struct iovec part = { &byte, 1 };
	int ends[2], sent = open("/dev/null", O_RDONLY), got;

	must(sent >= 0 && !socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
	for (long i = 0; i < count; i++) {
		struct msghdr message = {
			.msg_iov = &part, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space),
		};
		struct cmsghdr *part_of = CMSG_FIRSTHDR(&message);

		*part_of = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(part_of), &sent, sizeof(int));
		must(sendmsg(ends[0], &message, 0) == 1 && recvmsg(ends[1], &message, 0) == 1 && CMSG_FIRSTHDR(&message), "pass");
		memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
		close(got);
	}
	close(ends[0]);
	close(ends[1]);
	close(sent);
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

/* Of a number, so that nobody is asked. */
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
	{ "talk16k", do_talk16k },
	{ "stat", do_stat }, { "sync", do_sync }, { "cached", do_cached }, { "unlink", do_unlink }, { "print", do_print },
	{ "umount", do_umount }, { "setuid", do_setuid }, { "shared", do_shared }, { "fault", do_fault }, { "bind", do_bind },
	{ "listen", do_listen }, { "refused", do_refused }, { "local", do_local }, { "pass", do_pass },
	{ "missing", do_missing },
};

static int terminal(void)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY);
	char said[4096];

	must(fd >= 0 && !grantpt(fd) && !unlockpt(fd) && open(ptsname(fd), O_RDWR | O_NOCTTY) >= 0, "terminal");
	puts(ptsname(fd));
	fflush(stdout);
	while (read(fd, said, sizeof(said)) > 0)
		;
	return 0;
}

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
	if (argc == 2 && !strcmp(argv[1], "terminal"))
		return terminal();
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
