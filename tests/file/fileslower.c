// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/uio.h>
#include "test.h"

#define WAIT 50000000	/* ns */
#define ROUNDS 5

static int ends[2];

static void late(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		nap(WAIT);
		REQUIRE(write(ends[1], "late", 4) == 4);
	}
}

TEST(fileslower, "a read that waits is shown with what it waited; the same without -a is not, nor what is faster")
{
	const char *pid = text("%d", getpid());
	struct job *job, *files, *slower;
	struct child writer;
	uint64_t took, longest = 0;
	char data[4];
	json_t *r;

	REQUIRE(pipe(ends) == 0);
	writer = child_new("writer", 0, late, NULL);
	job = tool_start("fileslower", "-a", "-p", pid);
	files = tool_start("fileslower", "-p", pid);
	slower = tool_start("fileslower", "-a", "-m", "1000000", "-p", pid);
	child_go(&writer);
	for (int i = 0; i < ROUNDS; i++) {
		took = now_ns();
		REQUIRE(read(ends[0], data, sizeof(data)) == 4);
		took = now_ns() - took;
		longest = took > longest ? took : longest;
	}
	CHECK_EQ(child_wait(&writer), 0);
	tool_stop(slower);
	tool_stop(files);
	tool_stop(job);
	/* Either side may be late now and then, so that there is less to wait for. */
	CHECK_BETWEEN(1, rows(job, IS("op", "read"), IS("bytes", 4), IS("offset", NOTHING)), ROUNDS);
	each_row(r, job, IS("bytes", 4))
	{
		CHECK_BETWEEN(10000000, number(r, "latency_ns"), longest);
	}
	CHECK_EQ(rows(files, IS("bytes", 4)), 0);
	CHECK_EQ(rows(slower), 0);
}

TEST(fileslower, "with -m 0 each call is shown, with bytes, place and full path across a mount")
{
	char data[1000] = {};
	struct iovec parts[2] = {{data, 10}, {data, 20}};
	struct job *job;
	void *volatile nowhere = (void *)8;
	const char *path;
	int fd;

	mount_tmpfs(tmp("mounted"));
	path = tmp("mounted/a\nfile");
	fd = open(path, O_CREAT | O_RDWR, 0600);
	REQUIRE(fd >= 0);
	job = tool_start("fileslower", "-m", "0", "-p", text("%d", getpid()), "-o", "+error");
	REQUIRE(write(fd, data, 100) == 100 && write(fd, data, 200) == 200);
	REQUIRE(pwrite(fd, data, 7, 1000) == 7 && writev(fd, parts, 2) == 30);
	REQUIRE(pread(fd, data, 1000, 500) == 507 && read(fd, data, 5) == 5 && preadv(fd, parts, 1, 4) == 10);
	REQUIRE(pread(fd, nowhere, 10, 500) == -1 && read(999, data, 1) == -1);
	tool_stop(job);
#define ONE(o, n, at) CHECK_EQ(rows(job, IS("op", o), IS("bytes", n), IS("offset", at), IS("file", path)), 1)
	ONE("write", 100, 0);
	ONE("write", 200, 100);
	ONE("write", 7, 1000);
	ONE("write", 30, 300);
	ONE("read", 507, 500);
	ONE("read", 5, 330);
	ONE("read", 10, 4);
	CHECK_EQ(rows(job, IS("file", path), IS("error", "EFAULT"), IS("bytes", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("file", path)), 8);
	CHECK_NO_LOSS(job);
}

TEST(fileslower, "bad values are refused in one line")
{
	struct job *job = run("corekit", "fileslower", "-m", "x");

	CHECK_EQ(job->status, 2);
	CHECK_EQ(lines(job->err), 1);
}
