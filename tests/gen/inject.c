// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/mman.h>
#include <sys/stat.h>
#include "test.h"

#define MAKES 20

/* Which of so many mkdir(2) fail, and with what: exactly those from `first` on, `n` of them. */
struct makes {
	int first, n, error;
};

static void make(void *arg)
{
	const struct makes *m = arg;

	for (int i = 0; i < MAKES; i++) {
		const char *path = tmp(text("d-%d-%d", getpid(), i));
		bool fails = i >= m->first && i < m->first + m->n;
		int ret = mkdir(path, 0700);

		CHECK_EQ(ret ? errno : 0, fails ? m->error : 0);
		CHECK_EQ(access(path, F_OK) ? 1 : 0, fails);
	}
}

static const char *pid_of(const struct child *child)
{
	return text("%d", child->pid);
}

TEST(inject, "exactly the calls that were asked for fail, with that error, of nobody else, and none after the end")
{
	static struct makes some = {4, 3, ENOSPC}, none = {0, 0, 0};
	struct child chosen = child_new("chosen", 0, make, &some), other = child_new("other", 0, make, &none),
		     late = child_new("chosen", 0, make, &none);
	struct job *job = tool_start("inject", "security_inode_mkdir", "-E", "ENOSPC", "-s", "4", "-F", "3", "-S", "-n", "chosen");

	child_run(&other);
	child_run(&chosen);
	make(&none);
	tool_stop(job);
	child_run(&late);
	CHECK_EQ(rows(job), 3);
	CHECK_EQ(rows(job, IS("pid", chosen.pid), IS("comm", "chosen"), IS("error", "ENOSPC"), IS("function", "security_inode_mkdir")), 3);
	CHECK_HAS(job->err, "20 calls of security_inode_mkdir, 3 of them failed");
	CHECK_NO_LOSS(job);
}

TEST(inject, "all calls of a process, a child's not; an error by number; nothing stays of a tool that is killed")
{
	static struct makes all = {0, MAKES, EIO}, none = {0, 0, 0};
	struct child chosen = child_new("chosen", 0, make, &all), late = child_new("chosen", 0, make, &none);
	char *before = bpf_ids();
	struct job *job = tool_start("inject", "security_inode_mkdir", "--error", "5", "-p",
				     text("%d,%d", chosen.pid, late.pid));

	child_run(&chosen);
	job_end(job, SIGKILL);
	CHECK(bpf_ids_gone(before, 10));
	child_run(&late);
}

#define THREADS 4
#define EACH	250

/* Several at once: how many of each child's calls failed. */
static int *failures;

static void race(void *arg)
{
	int mine = 0;

	for (int i = 0; i < EACH; i++)
		mine += mkdir(tmp(text("r-%d-%d", getpid(), i)), 0700) != 0;
	failures[(long)arg] = mine;
}

static void share_failures(void)
{
	int fd = open(tmp("shared"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	REQUIRE(!ftruncate(fd, 4096));
	failures = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	REQUIRE(failures != MAP_FAILED);
}

TEST(inject, "of processes that call at the same time together so many fail as was asked for")
{
	struct child child[THREADS];
	struct job *job;
	int total = 0;

	share_failures();
	for (long i = 0; i < THREADS; i++)
		child[i] = child_new("racer", 0, race, (void *)i);
	job = tool_start("inject", "security_inode_mkdir", "-n", "racer", "-s", "100", "-F", "333");
	for (int i = 0; i < THREADS; i++)
		child_go(&child[i]);
	for (int i = 0; i < THREADS; i++) {
		CHECK_EQ(child_wait(&child[i]), 0);
		total += failures[i];
	}
	tool_stop(job);
	CHECK_EQ(total, 333);
	CHECK_EQ(rows(job, IS("error", "ENOMEM")), 333);
	CHECK_HAS(job->err, "1000 calls of security_inode_mkdir, 333 of them failed");
	CHECK_NO_LOSS(job);
}

TEST(inject, "a share of the calls fails with a probability, and each of them is a row")
{
	struct child child;
	struct job *job;

	share_failures();
	child = child_new("perhaps", 0, race, NULL);
	job = tool_start("inject", "security_inode_mkdir", "-n", "perhaps", "-P", "40%");
	child_run(&child);
	tool_stop(job);
	CHECK_BETWEEN(EACH * 0.2, failures[0], EACH * 0.6);	/* six standard deviations */
	CHECK_EQ(rows(job), failures[0]);
	CHECK_NO_LOSS(job);
}

static void read_and_write(void *arg)
{
	const char *file = arg;
	int fd = open(file, O_RDWR | O_CLOEXEC);
	char byte;

	REQUIRE(fd >= 0);
	for (int i = 0; i < 10; i++) {
		CHECK_EQ(pread(fd, &byte, 1, 0), 1);
		CHECK_EQ(pwrite(fd, "x", 1, 0), -1);
		CHECK_EQ(errno, EDQUOT);
	}
}

TEST(inject, "a function fails along a call chain only")
{
	const char *file = tmp("file");
	struct child child = child_new("writer", 0, read_and_write, (void *)file);
	int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct job *job, *wrong;
	json_t *r;

	REQUIRE(write(fd, "1", 1) == 1);
	job = tool_start("inject", "security_file_permission", "-E", "EDQUOT", "-w", "vfs_write", "-S", "-p", pid_of(&child));
	/* the other way round it is on no stack */
	wrong = tool_start("inject", "security_file_permission", "-E", "EIO", "-w", "vfs_write,security_file_permission", "-p",
			   pid_of(&child));
	child_run(&child);
	tool_stop(job);
	tool_stop(wrong);
	CHECK_EQ(rows(job), 10);
	CHECK_EQ(rows(wrong), 0);
	each_row(r, job)
		CHECK_HAS(json_dumps(json_object_get(r, "stack"), 0), "vfs_write");
	CHECK_HAS(job->err, "10 calls of security_file_permission, 10 of them failed");
	CHECK_NO_LOSS(job);
}

TEST(inject, "a command after -- is what fails")
{
	struct job *job = tool_start("inject", "security_inode_mkdir", "-E", "EROFS", "-F", "1", "--", "sh", "-c",
				     text("mkdir %s; mkdir %s", tmp("one"), tmp("two")));

	tool_wait(job);
	CHECK_EQ(access(tmp("one"), F_OK), -1);
	CHECK_EQ(access(tmp("two"), F_OK), 0);
	CHECK_EQ(rows(job, IS("comm", "mkdir"), IS("error", "EROFS")), 1);
}

static void refused(int status, const char *why, const char *const *argv)
{
	struct job *job = job_run(NULL, argv);

	CHECK_EQ(job->status, status);
	CHECK_EQ(lines(job->err), 1);
	CHECK_HAS(job->err, why);
}

#define REFUSED(status, why, ...) refused(status, why, ARGV("corekit", "inject", __VA_ARGS__))

TEST(inject, "what is wrong, or can't be here, is told in one line")
{
	const char *list = "/sys/kernel/debug/error_injection/list";

	REFUSED(2, "all processes", "security_inode_mkdir");
	REFUSED(2, "'EWHAT' is no error", "security_inode_mkdir", "-p", "1", "-E", "EWHAT");
	REFUSED(2, "'0' is not above 0", "security_inode_mkdir", "-p", "1", "-P", "0");
	REFUSED(2, "'2' is not above 0", "security_inode_mkdir", "-p", "1", "-P", "2");
	REFUSED(2, "say one function", "-p", "1");
	REFUSED(2, "is no system call", "sys:nothing_at_all", "-p", "1");
	REFUSED(3, "there is no such function", "security_nothing_at_all", "-p", "1");
	if (access(list, F_OK)) {
		REFUSED(3, "should_failslab: ", "kmalloc", "-p", "1");
		REFUSED(3, "sys_openat: ", "sys:openat", "-p", "1");
		REFUSED(3, "vfs_read: ", "vfs_read", "-p", "1");
	}
	REFUSED(3, "it returns no error", "security_inode_free", "-p", "1");
}

TEST(inject, "what is wrong with a call chain is told in one line")
{
	needs("inject");
	REFUSED(2, "is no function of this kernel", "security_inode_mkdir", "-p", "1", "-w", "nothing_at_all");
	REFUSED(2, "at most 4", "security_inode_mkdir", "-p", "1", "-w", "vfs_read,vfs_read,vfs_read,vfs_read,vfs_read");
}
