// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include "test.h"

static int one, two, pair[2];

static void calls(void *arg)
{
	char data[1000] = {};
	struct iovec parts[2] = {{data, 10}, {data, 20}};

	for (int i = 0; i < 30; i++)
		REQUIRE(write(one, data, 100) == 100);
	REQUIRE(pwrite(one, data, 7, 0) == 7 && writev(one, parts, 2) == 30 && pwritev(one, parts, 2, 0) == 30);
	for (int i = 0; i < 20; i++)	/* asks for more than there is */
		REQUIRE(pread(two, data, 1000, i * 10) == 500 - i * 10);
	REQUIRE(read(two, data, 1) == 1 && readv(two, parts, 2) == 30 && preadv(two, parts, 1, 495) == 5);
	REQUIRE(read(999, data, 1) == -1 && write(two, data, 1) == -1);
	REQUIRE(write(pair[0], data, 11) == 11 && read(pair[1], data, 100) == 11);
}

static struct child start(void)
{
	one = open(tmp("one"), O_CREAT | O_RDWR, 0600);
	two = open(tmp("a\nname"), O_CREAT | O_RDWR, 0600);
	REQUIRE(one >= 0 && two >= 0 && ftruncate(two, 500) == 0 && close(two) == 0);
	two = open(tmp("a\nname"), O_RDONLY);
	REQUIRE(two >= 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	return child_new("reader", 0, calls, NULL);
}

TEST(filetop, "calls and bytes, those that were returned, by file; nothing else but files without -a")
{
	struct child child = start();
	struct job *job = tool_start("filetop", "-i", "1h", "-p", text("%d", child.pid), "-o", "+inode,bytes"), *all;
	struct stat st;
	json_t *r;

	all = tool_start("filetop", "-i", "1h", "-a", "-p", text("%d", child.pid));
	child_run(&child);
	tool_stop(all);
	tool_stop(job);
	CHECK_EQ(rows(job), 2);
	r = row(job, IS("file", "one"), IS("pid", child.pid), IS("comm", "reader"));
	CHECK_EQ(number(r, "writes"), 33);
	CHECK_EQ(number(r, "write_bytes"), 3067);
	CHECK_EQ(number(r, "reads"), 0);
	REQUIRE(fstat(one, &st) == 0);
	CHECK_EQ(number(r, "inode"), st.st_ino);
	r = row(job, IS("file", "a\nname"));
	CHECK_EQ(number(r, "reads"), 23);
	CHECK_EQ(number(r, "read_bytes"), 20 * 500 - 190 * 10 + 36);
	CHECK_EQ(number(r, "bytes"), number(r, "read_bytes"));
	CHECK_EQ(number(r, "writes"), 0);
	CHECK_EQ(sum(all, "write_bytes", IS("type", "socket")), 11);
	CHECK_EQ(sum(all, "read_bytes", IS("type", "socket")), 11);
	CHECK_EQ(rows(all, IS("type", "file")), 2);
	CHECK_NO_LOSS(job);
}

TEST(filetop, "only reads, only writes, by thread; neither is refused; the first row is the busiest")
{
	struct child child = start();
	const char *pid = text("%d", child.pid);
	struct job *reads = tool_start("filetop", "-i", "1h", "--read-only", "-p", pid), *writes, *first, *bad;

	writes = tool_start("filetop", "-i", "1h", "--write-only", "-L", "-p", pid);
	first = tool_start("filetop", "-i", "1h", "-r", "1", "-p", pid);
	child_run(&child);
	tool_stop(first);
	tool_stop(writes);
	tool_stop(reads);
	CHECK_EQ(rows(reads), 1);
	CHECK_EQ(rows(reads, IS("file", "a\nname"), IS("reads", 23)), 1);
	CHECK_EQ(rows(writes), 1);
	CHECK_EQ(rows(writes, IS("file", "one"), IS("writes", 33), IS("tid", child.pid)), 1);
	CHECK_EQ(rows(first), 1);
	CHECK_EQ(rows(first, IS("file", "a\nname")), 1);
	bad = run("corekit", "filetop", "--read-only", "--write-only");
	CHECK_EQ(bad->status, 2);
	CHECK_EQ(lines(bad->err), 1);
}
