// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/mman.h>
#include <sys/syscall.h>
#include "test.h"

#define PAGE  4096
#define PAGES 2048

static long long moved(void)
{
	const char *at = strstr(file_text("/proc/vmstat"), "\nnuma_pages_migrated ");

	return at ? atoll(at + strlen("\nnuma_pages_migrated ")) : 0;
}

static void put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	REQUIRE(fd >= 0 && write(fd, value, strlen(value)) > 0 && close(fd) == 0);
}

/* Its pages are made on one node and then used from the other one, until the kernel moves some. */
static void wander(void *arg)
{
	long long before = moved();
	uint64_t end = now_ns() + (uint64_t)(20e9 * slow());
	volatile char *at;

	pin(0);
	at = mmap(NULL, PAGES * (size_t)PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(at != MAP_FAILED && madvise((void *)at, PAGES * (size_t)PAGE, MADV_NOHUGEPAGE) == 0);
	for (int i = 0; i < PAGES; i++)
		at[i * PAGE] = 1;
	pin(1);
	while (moved() - before < 100 && now_ns() < end)
		for (int n = 0; n < 20; n++)
			for (int i = 0; i < PAGES; i++)
				at[i * PAGE]++;
	CHECK(moved() - before >= 100);
}

TEST(numamove, "pages that are used from another node are moved there: as many as the kernel counts, by the process that uses them")
{
	struct child child;
	struct job *job;
	long long before;
	json_t *r;

	if (access("/sys/devices/system/node/node1", F_OK) || cpus() < 2)
		SKIP("one NUMA node");
	if (access("/proc/sys/kernel/numa_balancing", F_OK))
		SKIP("no NUMA balancing in this kernel");
	child = child_new("wanderer", 0, wander, NULL);
	put("/proc/sys/kernel/numa_balancing", "1");
	before = moved();
	job = tool_start("numamove", "-i", "1h");
	child_run(&child);
	put("/proc/sys/kernel/numa_balancing", "0");
	tool_stop(job);
	r = row(job, IS("pid", child.pid), IS("comm", "wanderer"));
	CHECK_BETWEEN(100, number(r, "pages"), moved() - before);
	CHECK_EQ(sum(job, "pages"), moved() - before);
	CHECK(number(r, "moves") >= 1);
	CHECK_BETWEEN(1, number(r, "time_ns"), 1e12);
}
