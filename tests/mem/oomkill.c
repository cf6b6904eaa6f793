// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/mman.h>
#include "test.h"

#define LIMIT (16 << 20)

static void put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	REQUIRE(fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value));
	close(fd);
}

static void devour(void *arg)
{
	size_t size = 4 * LIMIT;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(memory != MAP_FAILED);
	for (size_t at = 0; at < size; at += 4096)
		memory[at] = 1;
}

static void live(void *arg)
{
	nap(1000000);
}

TEST(oomkill, "a process that wants more than its cgroup may have is shown once, with its name, as it is killed")
{
	const char *cgroup = cgroup_new("oom");
	struct child child, other;
	struct job *job;
	json_t *r;

	if (access(text("%s/memory.max", cgroup), F_OK))
		SKIP("no memory cgroups here");
	put(text("%s/memory.max", cgroup), text("%d", LIMIT));
	if (!access(text("%s/memory.swap.max", cgroup), F_OK))
		put(text("%s/memory.swap.max", cgroup), "0");
	child = child_new("devourer", 65534, devour, NULL);
	other = child_new("other", 0, live, NULL);
	cgroup_enter(cgroup, child.pid);
	job = tool_start("oomkill", "-o", "+victim_uid,score_adj", "-c", cgroup);
	child_run(&other);
	child_go(&child);
	CHECK_EQ(child_wait(&child), 128 + SIGKILL);
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	r = row(job, IS("victim", child.pid), IS("victim_comm", "devourer"), IS("victim_uid", 65534), IS("score_adj", 0));
	CHECK_EQ(number(r, "pid"), child.pid);
	CHECK_STR(string(r, "comm"), "devourer");
	if (rows(job, IS("limit", NOTHING)) == 0) {
		CHECK_STR(string(r, "limit"), "cgroup");
		CHECK_EQ(number(r, "pages"), LIMIT / 4096);
	}
	CHECK_NO_LOSS(job);
}
