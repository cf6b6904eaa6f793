// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Work that tests give the kernel, of which they know every detail. */
#include <arpa/inet.h>
#include <dirent.h>
#include <ftw.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include "test.h"
#include "inside.h"

double slow(void)
{
	const char *value = getenv("TEST_SLOW");
	double factor = value ? atof(value) : 1;

	return factor > 0 ? factor : 1;
}

const char *text(const char *format, ...)
{
	va_list args;
	char *s;

	va_start(args, format);
	REQUIRE(vasprintf(&s, format, args) >= 0);
	va_end(args);
	return s;
}

const char *tmp(const char *name)
{
	return name ? text("%s/%s", test_dir, name) : test_dir;
}

const char *object_file(const char *name, const void *(*bytes)(size_t *size))
{
	const char *path = tmp(name);
	size_t size;
	const void *elf = bytes(&size);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	REQUIRE(fd >= 0 && write(fd, elf, size) == (ssize_t)size);
	close(fd);
	return path;
}

char *file_text(const char *path)
{
	size_t size = 0, room = 4096;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *s = malloc(room + 1);
	ssize_t n;

	while (fd >= 0 && (n = read(fd, s + size, room - size)) > 0) {
		size += n;
		if (size == room)
			s = realloc(s, (room *= 2) + 1);
	}
	s[size] = 0;
	if (fd >= 0)
		close(fd);
	return s;
}

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

void busy(uint64_t ns)
{
	uint64_t end = now_ns() + ns;

	while (now_ns() < end)
		;
}

void burn(uint64_t ns)
{
	struct timespec used;
	uint64_t end = 0;

	do {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
		ns += end ? 0 : used.tv_sec * 1000000000ull + used.tv_nsec;
		end = 1;
	} while (used.tv_sec * 1000000000ull + used.tv_nsec < ns);
}

void nap(uint64_t ns)
{
	struct timespec rest = {ns / 1000000000, ns % 1000000000};

	while (nanosleep(&rest, &rest) && errno == EINTR)
		;
}

int cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);
}

void pin(int cpu)
{
	static cpu_set_t allowed;
	cpu_set_t one;

	/* What may be used is asked once, before the first pin narrows it. */
	if (!CPU_COUNT(&allowed))
		REQUIRE(sched_getaffinity(0, sizeof(allowed), &allowed) == 0);
	CPU_ZERO(&one);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &allowed) && !cpu--)
			CPU_SET(i, &one);
	REQUIRE(sched_setaffinity(0, sizeof(one), &one) == 0);
}

void occupy(int cpu, uint64_t ns)
{
	struct sched_param priority = {.sched_priority = 1};
	uint64_t end = now_ns() + ns;
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	if (pid)
		return;
	pin(cpu);
	sched_setscheduler(0, SCHED_FIFO, &priority);
	while (now_ns() < end)
		;
	_exit(0);
}

bool until(double seconds, bool (*done)(void *), void *arg)
{
	uint64_t end = now_ns() + seconds * slow() * 1e9;

	do {
		if (done(arg))
			return true;
		nap(5000000);
	} while (now_ns() < end);
	return done(arg);
}

/* --- Processes and threads. --- */

struct child child_new(const char *comm, uid_t uid, void (*work)(void *), void *arg)
{
	int go[2], named[2];
	struct child child;
	char byte;

	REQUIRE(pipe2(go, O_CLOEXEC) == 0 && pipe2(named, O_CLOEXEC) == 0);
	fflush(NULL);
	child.pid = fork();
	REQUIRE(child.pid >= 0);
	if (!child.pid) {
		close(go[1]);
		if (comm)
			prctl(PR_SET_NAME, comm);
		if (uid)
			REQUIRE(setgid(uid) == 0 && setuid(uid) == 0);
		REQUIRE(write(named[1], "", 1) == 1);
		/* A parent that is gone lets nobody work. */
		if (read(go[0], &byte, 1) != 1)
			_exit(1);
		work(arg);
		fflush(NULL);
		_exit(0);
	}
	close(go[0]);
	close(named[1]);
	REQUIRE(read(named[0], &byte, 1) == 1);
	close(named[0]);
	child.go = go[1];
	return child;
}

void child_go(struct child *child)
{
	REQUIRE(write(child->go, "", 1) == 1);
	close(child->go);
}

int child_wait(struct child *child)
{
	int status;

	REQUIRE(waitpid(child->pid, &status, 0) == child->pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void child_run(struct child *child)
{
	child_go(child);
	CHECK_EQ(child_wait(child), 0);
}

struct thread {
	const char *comm;
	int cpu;
	void (*work)(void *);
	void *arg;
	pid_t tid;
};

static void *thread_main(void *arg)
{
	struct thread *thread = arg;

	thread->tid = syscall(SYS_gettid);
	if (thread->comm)
		prctl(PR_SET_NAME, thread->comm);
	if (thread->cpu >= 0)
		pin(thread->cpu);
	thread->work(thread->arg);
	return NULL;
}

pid_t thread_run(const char *comm, int cpu, void (*work)(void *), void *arg)
{
	struct thread thread = {comm, cpu, work, arg, 0};
	pthread_t id;

	REQUIRE(pthread_create(&id, NULL, thread_main, &thread) == 0);
	REQUIRE(pthread_join(id, NULL) == 0);
	return thread.tid;
}

/* --- TCP over lo. --- */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static void lo_up(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq lo = {.ifr_name = "lo"};

	if (fd >= 0 && !ioctl(fd, SIOCGIFFLAGS, &lo) && !(lo.ifr_flags & IFF_UP)) {
		lo.ifr_flags |= IFF_UP;
		ioctl(fd, SIOCSIFFLAGS, &lo);
	}
	close(fd);
}

static int port_of(int fd)
{
	union address address;
	socklen_t length = sizeof(address);

	REQUIRE(getsockname(fd, &address.any, &length) == 0);
	return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

struct tcp tcp_open(int family)
{
	union address address = {.v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT}};
	struct tcp tcp = {.family = family};
	socklen_t length = sizeof(address.v6);
	int listener;

	lo_up();
	if (family == AF_INET) {
		address.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		length = sizeof(address.v4);
	}
	listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 && errno == EAFNOSUPPORT)
		SKIP("no address family %d here", family);
	if (bind(listener, &address.any, length) && errno == EADDRNOTAVAIL)
		SKIP("no loopback address of family %d here", family);
	REQUIRE(listen(listener, 1) == 0);
	REQUIRE(getsockname(listener, &address.any, &length) == 0);
	tcp.client = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	REQUIRE(connect(tcp.client, &address.any, length) == 0);
	tcp.server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	REQUIRE(tcp.server >= 0);
	tcp.client_port = port_of(tcp.client);
	tcp.server_port = port_of(tcp.server);
	close(listener);
	return tcp;
}

static void pump(int from, int to, size_t bytes)
{
	static char block[4096];

	while (bytes) {
		size_t part = bytes < sizeof(block) ? bytes : sizeof(block);

		REQUIRE(send(from, block, part, MSG_NOSIGNAL) == (ssize_t)part);
		REQUIRE(recv(to, block, part, MSG_WAITALL) == (ssize_t)part);
		bytes -= part;
	}
}

void tcp_send(struct tcp *tcp, size_t to_server, size_t to_client)
{
	pump(tcp->client, tcp->server, to_server);
	pump(tcp->server, tcp->client, to_client);
}

void tcp_close(struct tcp *tcp)
{
	char byte;

	close(tcp->client);
	CHECK_EQ(recv(tcp->server, &byte, 1, 0), 0);
	close(tcp->server);
}

/* --- Cgroups and mounts. --- */

/* Where cgroup v2 is mounted; NULL: nowhere. */
static char *cgroup_mount(void)
{
	char *info = file_text("/proc/self/mountinfo"), *line, *rest = info, *root = NULL;

	while (!root && (line = strsep(&rest, "\n")))
		if (strstr(line, " - cgroup2 ") && sscanf(line, "%*s %*s %*s %*s %ms", &root) != 1)
			root = NULL;
	free(info);
	return root;
}

static const char *cgroup_root(void)
{
	char *root = cgroup_mount();

	if (root)
		return root;
	root = (char *)tmp("cgroup2");
	if (mkdir(root, 0755) || unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", root, "cgroup2", 0, NULL))
		SKIP("no cgroup v2 here: %m");
	return root;
}

const char *cgroup_new(const char *name)
{
	const char *path = text("%s/corekit-test.%d.%s", cgroup_root(), getpid(), name);

	REQUIRE(mkdir(path, 0755) == 0);
	return path;
}

uint64_t cgroup_id(const char *path)
{
	struct stat st;

	REQUIRE(stat(path, &st) == 0);
	return st.st_ino;
}

void cgroup_enter(const char *path, pid_t pid)
{
	int fd = open(text("%s/cgroup.procs", path), O_WRONLY | O_CLOEXEC);

	REQUIRE(fd >= 0 && dprintf(fd, "%d\n", pid ?: getpid()) > 0);
	close(fd);
}

static int cgroup_remove(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st, (void)ftw;
	/* A process that was just killed may hold it for a moment. */
	for (int tries = 0; kind == FTW_DP && tries < 200 && rmdir(path) && errno == EBUSY; tries++)
		usleep(5000);
	return 0;
}

void cgroups_forget(pid_t pid)
{
	const char *root = cgroup_mount();
	struct dirent *entry;
	char prefix[64];
	DIR *dir;

	snprintf(prefix, sizeof(prefix), "corekit-test.%d.", pid);
	dir = root ? opendir(root) : NULL;
	while (dir && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, prefix, strlen(prefix)))
			nftw(text("%s/%s", root, entry->d_name), cgroup_remove, 8, FTW_DEPTH | FTW_PHYS);
	if (dir)
		closedir(dir);
}

void mount_tmpfs(const char *path)
{
	REQUIRE(mkdir(path, 0755) == 0 || errno == EEXIST);
	REQUIRE(unshare(CLONE_NEWNS) == 0);
	REQUIRE(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	REQUIRE(mount("none", path, "tmpfs", 0, NULL) == 0);
}

/* --- System calls as a 32-bit program makes them. --- */

long int80(long nr, long a, long b, long c, long d)
{
#ifdef __x86_64__
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)ret;
#else
	(void)nr, (void)a, (void)b, (void)c, (void)d;
	return -ENOSYS;
#endif
}

bool int80_works(void)
{
#ifdef __x86_64__
	int status;
	pid_t pid = fork();

	/* A kernel without 32-bit calls kills the caller. */
	if (!pid)
		_exit(int80(20, 0, 0, 0, 0) != getpid());
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status);
#else
	return false;
#endif
}

void *low(size_t size)
{
	void *memory = NULL;

#ifdef MAP_32BIT
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	REQUIRE(memory != MAP_FAILED);
#else
	(void)size;
#endif
	return memory;
}

long socketcall(int which, long a, long b, long c)
{
	uint32_t *args = low(16);
	long ret;

	args[0] = a;
	args[1] = b;
	args[2] = c;
	ret = int80(102, which, (long)args, 0, 0);
	munmap(args, 16);
	return ret;
}

/* --- What BPF leaves behind. --- */

static const struct {
	const char *name;
	int command;
} bpf_kinds[] = {
	{"prog", BPF_PROG_GET_NEXT_ID},
	{"map", BPF_MAP_GET_NEXT_ID},
	{"link", BPF_LINK_GET_NEXT_ID},
};

char *bpf_ids(void)
{
	char *list;
	size_t size;
	FILE *out = open_memstream(&list, &size);

	for (size_t i = 0; i < sizeof(bpf_kinds) / sizeof(*bpf_kinds); i++) {
		union bpf_attr attr = {0};

		while (!syscall(SYS_bpf, bpf_kinds[i].command, &attr, sizeof(attr))) {
			fprintf(out, "%s %u\n", bpf_kinds[i].name, attr.next_id);
			attr.start_id = attr.next_id;
		}
	}
	fclose(out);
	return list;
}

/* The ids that processes of other tests, or of somebody else, hold: "prog 7\n". */
static char *bpf_ids_elsewhere(void)
{
	static const char *const keys[] = {"prog_id:", "map_id:", "link_id:"};
	char *list;
	size_t size;
	FILE *out = open_memstream(&list, &size);
	struct dirent *process, *entry;
	DIR *proc = opendir("/proc"), *fds;

	while (proc && (process = readdir(proc))) {
		pid_t pid = atoi(process->d_name);
		char path[64], *info, *at;

		if (pid <= 0 || getpgid(pid) == getpgid(0))
			continue;
		snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
		fds = opendir(path);
		while (fds && (entry = readdir(fds))) {
			snprintf(path, sizeof(path), "/proc/%d/fdinfo/%.10s", pid, entry->d_name);
			info = file_text(path);
			for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
				if ((at = strstr(info, keys[i])))
					fprintf(out, "%s %d\n", bpf_kinds[i].name, atoi(at + strlen(keys[i])));
			free(info);
		}
		if (fds)
			closedir(fds);
	}
	if (proc)
		closedir(proc);
	fclose(out);
	return list;
}

/* The lines of one list that stand in the second (is), or not. */
static char *those(const char *list, const char *others, bool is)
{
	char *copy = strdup(list), *rest = copy, *all, *line, *left;
	size_t size;
	FILE *out = open_memstream(&left, &size);

	all = (char *)text("\n%s", others);
	while ((line = strsep(&rest, "\n")))
		if (*line && !!strstr(all, text("\n%s\n", line)) == is)
			fprintf(out, "%s\n", line);
	fclose(out);
	free(copy);
	free(all);
	return left;
}

/* What came after this isn't ours: the tool had ended. */
static bool all_gone(void *arg)
{
	char **left = arg;

	*left = those(*left, bpf_ids(), true);
	if (**left)
		*left = those(*left, bpf_ids_elsewhere(), false);
	return !**left;
}

bool bpf_ids_gone(const char *before, double seconds)
{
	char *left = those(bpf_ids(), before, false);
	bool all = until(seconds, all_gone, &left);

	if (!all)
		fprintf(stderr, "still loaded:\n%s", left);
	return all;
}
