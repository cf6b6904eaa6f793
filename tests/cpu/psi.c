// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "test.h"

#define MS 1000000LL

/* What the kernel says of a cgroup: ns in which some task of it was stalled; -1 where it doesn't say. */
static long long pressure(const char *group, const char *kind)
{
	const char *some = strstr(file_text(text("%s/%s.pressure", group, kind)), "total=");

	return some ? atoll(some + 6) * 1000 : -1;
}

static struct child child_in(const char *group, void (*work)(void *), void *arg)
{
	struct child child = child_new("stalled", 0, work, arg);

	if (group)
		cgroup_enter(group, child.pid);
	nap(100 * MS);
	return child;
}

/* Ended, but with its account still there. */
static void ended(struct child *child)
{
	siginfo_t info;

	REQUIRE(!waitid(P_PID, child->pid, &info, WEXITED | WNOWAIT));
}

static void hog(void *arg)
{
	(void)arg;
	busy(400 * MS * slow());
}

static unsigned long long waited(pid_t pid)
{
	unsigned long long ns;

	REQUIRE(sscanf(file_text(text("/proc/%d/schedstat", pid)), "%*u %llu", &ns) == 1);
	return ns;
}

TEST(psi, "waiting for a CPU is the time that the kernel accounts for it")
{
	struct child a, b;
	struct job *job;
	double before, after;
	json_t *shown;

	pin(0);
	a = child_in(NULL, hog, NULL);
	b = child_in(NULL, hog, NULL);
	job = tool_start("psi", "-p", text("%d,%d", a.pid, b.pid));
	before = waited(a.pid);
	child_go(&a);
	child_go(&b);
	ended(&a);
	ended(&b);
	after = waited(a.pid) - before;
	tool_stop(job);
	shown = row(job, IS("pid", a.pid), IS("comm", "stalled"));
	CHECK_BETWEEN(after * SEEN_OF_SWITCHES - 2 * MS, number(shown, "cpu_ns"), after * 1.05 + 2 * MS);
	CHECK(after > 50 * MS);
	CHECK_EQ(rows(job, IS("pid", b.pid)), 1);
	CHECK_EQ(rows(job) - rows(job, IS("pid", NOTHING)), 2);
	CHECK_NO_LOSS(job);
}

static long long *told; /* by the child: ns */

static void *shared(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	REQUIRE(at != MAP_FAILED);
	return at;
}

static int direct_file(void)
{
	int fd = open("/dev/vda", O_RDONLY | O_DIRECT | O_CLOEXEC);
	static char zero[1 << 20];

	if (fd >= 0)
		return fd;
	fd = open(tmp("file"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	REQUIRE(fd >= 0 && write(fd, zero, sizeof(zero)) == sizeof(zero) && fsync(fd) == 0);
	close(fd);
	return open(tmp("file"), O_RDONLY | O_DIRECT | O_CLOEXEC);
}

static void reads(void *arg)
{
	int fd = *(int *)arg;
	uint64_t began = now_ns();
	struct rusage before, after;
	void *block;

	REQUIRE(posix_memalign(&block, 4096, 4096) == 0);
	getrusage(RUSAGE_SELF, &before);
	for (int i = 0; i < 200; i++)
		REQUIRE(pread(fd, block, 4096, i * 4096) == 4096);
	getrusage(RUSAGE_SELF, &after);
	told[0] = now_ns() - began;
	told[1] = after.ru_nvcsw - before.ru_nvcsw;
}

TEST(psi, "sleeping for I/O is no more than what the reads took, and what the kernel accounts to their cgroup")
{
	const char *group = cgroup_new("io");
	int fd = direct_file();
	struct child child;
	long long kernel;
	struct job *job;
	json_t *shown;

	if (fd < 0)
		SKIP("nothing here can be read past the page cache");
	told = shared();
	pin(0); /* what the kernel adds up of several CPUs is a weighted mean: the group is on one from its beginning */
	child = child_in(group, reads, &fd);
	job = tool_start("psi", "-L", "-c", group);
	kernel = pressure(group, "io");
	child_go(&child);
	ended(&child);
	tool_stop(job);
	shown = row(job, IS("tid", child.pid));
	/* a disk whose answer is there before one can sleep makes nobody wait */
	if (told[1] > 10)
		CHECK(number(shown, "io_ns") > 0);
	CHECK(number(shown, "io_ns") <= told[0]);
	CHECK_EQ(rows(job, IS("comm", "stalled")), 1);
	/* In emulation the scheduler's clock only ticks, so that its account of short sleeps means nothing. */
	if (kernel < 0 || slow() > 1)
		return;
	nap(2500 * MS); /* it is brought up to date every two seconds */
	kernel = pressure(group, "io") - kernel;
	CHECK_BETWEEN(kernel * 0.7 - 5 * MS, number(shown, "io_ns"), kernel * 1.2 + 5 * MS);
}

/* Touches memory until it was held up for a while. */
static void touches(void *arg)
{
	uint64_t start = now_ns();
	size_t size = 256 << 20;
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)arg;
	REQUIRE(at != MAP_FAILED);
	for (size_t i = 0; i < size && told[0] < 300 * MS; i += 4096) {
		uint64_t began = now_ns(), took;

		at[i] = 1;
		took = now_ns() - began;
		if (took > (uint64_t)(40 * MS)) /* or it was only that others had the CPU */
			told[0] += took;
	}
	told[1] = now_ns() - start;
}

TEST(psi, "a lack of memory is told: a process over its cgroup's memory.high", .timeout = 120)
{
	const char *group = cgroup_new("memory");
	struct child child;
	long long kernel;
	struct job *job;
	json_t *shown;
	int high = open(text("%s/memory.high", group), O_WRONLY | O_CLOEXEC);

	if (high < 0)
		SKIP("no memory.high in cgroups here");
	told = shared();
	child = child_in(group, touches, NULL);
	REQUIRE(write(high, "4194304", 7) == 7);
	job = tool_start("psi", "-p", text("%d", child.pid));
	kernel = pressure(group, "memory");
	child_go(&child);
	ended(&child);
	tool_stop(job);
	shown = row(job, IS("pid", child.pid));
	REQUIRE(told[0] >= 300 * MS);
	if (kernel < 0 && !number(shown, "memory_ns"))
		SKIP("this kernel keeps no account of pressure");
	CHECK(number(shown, "memory_ns") >= told[0] / 4);
	CHECK(number(shown, "memory_ns") <= told[1]);
	if (kernel < 0 || slow() > 1)
		return;
	nap(2500 * MS);
	kernel = pressure(group, "memory") - kernel;
	CHECK_BETWEEN(kernel * 0.6 - 20 * MS, number(shown, "memory_ns"), kernel * 1.3 + 20 * MS);
}

TEST(psi, "the machine's own figures come first, and are what /proc/pressure says")
{
	struct child child;
	struct job *job;
	long long before, after, shown;
	size_t at = 0;

	if (access("/proc/pressure/cpu", R_OK))
		SKIP("this kernel keeps no account of pressure");
	pin(0);
	child = child_in(NULL, hog, NULL);
	before = atoll(strstr(file_text("/proc/pressure/cpu"), "total=") + 6) * 1000;
	job = tool_start("psi");
	child_go(&child);
	hog(NULL);
	ended(&child);
	nap(2500 * MS);
	tool_stop(job);
	after = atoll(strstr(file_text("/proc/pressure/cpu"), "total=") + 6) * 1000;
	CHECK_STR(string(row_next(job, &at, NULL), "comm"), "(system some)");
	shown = number(row(job, IS("comm", "(system some)"), IS("pid", NOTHING)), "cpu_ns");
	CHECK(shown > 0);
	CHECK(shown <= after - before);
}
