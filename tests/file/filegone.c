// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/stat.h>
#include <sys/syscall.h>
#include "test.h"

static void make(const char *name)
{
	int fd = open(name, O_CREAT | O_WRONLY, 0600);

	REQUIRE(fd >= 0 && close(fd) == 0);
}

static void delete(void *arg)
{
	int folder;

	REQUIRE(chdir(arg) == 0);
	folder = open("sub", O_RDONLY | O_DIRECTORY);
	REQUIRE(folder >= 0);
	REQUIRE(unlink("one") == 0 && unlinkat(folder, "two", 0) == 0 && unlink(text("%s/three", (char *)arg)) == 0);
	REQUIRE(unlink("one") == -1 && unlinkat(999, "x", 0) == -1);
	REQUIRE(unlinkat(AT_FDCWD, "empty", AT_REMOVEDIR) == 0 && rmdir("sub") == 0);
}

static void move(void *arg)
{
	REQUIRE(chdir(arg) == 0);
	REQUIRE(rename("a", "b") == 0);
	REQUIRE(renameat(AT_FDCWD, "b", AT_FDCWD, text("%s/c", (char *)arg)) == 0);
	REQUIRE(syscall(SYS_renameat2, AT_FDCWD, "c", AT_FDCWD, "d", 2) == 0);	/* RENAME_EXCHANGE */
	REQUIRE(rename("c", "d") == 0 && rename("nothing", "d") == -1);
}

TEST(filegone, "deletions and renames by three processes, each once, with paths as given and whole across a mount")
{
	struct child deleter, mover, other;
	const char *folder;
	struct job *job, *all;

	mount_tmpfs(tmp("mounted"));
	folder = tmp("mounted");
	REQUIRE(chdir(folder) == 0 && mkdir("sub", 0700) == 0 && mkdir("empty", 0700) == 0);
	make("one");
	make("sub/two");
	make("three");
	make("a");
	make("d");
	REQUIRE(mkdir(tmp("other"), 0700) == 0 && mkdir(tmp("other/sub"), 0700) == 0 && mkdir(tmp("other/empty"), 0700) == 0);
	make(tmp("other/one"));
	make(tmp("other/sub/two"));
	make(tmp("other/three"));
	deleter = child_new("deleter", 0, delete, (void *)folder);
	mover = child_new("mover", 0, move, (void *)folder);
	other = child_new("other", 0, delete, (void *)tmp("other"));
	job = tool_start("filegone", "-F", "-p", text("%d,%d", deleter.pid, mover.pid));
	all = tool_start("filegone", "-a", "-p", text("%d,%d", deleter.pid, mover.pid));
	child_run(&deleter);
	child_run(&mover);
	child_run(&other);
	tool_stop(all);
	tool_stop(job);
	CHECK_EQ(rows(job), 5 + 4);
	CHECK_EQ(rows(job, IS("action", "delete"), IS("pid", deleter.pid), IS("comm", "deleter")), 3);
	CHECK_EQ(rows(job, IS("action", "delete"), IS("path", "one"), IS("file", text("%s/one", folder))), 1);
	CHECK_EQ(rows(job, IS("action", "delete"), IS("path", "two"), IS("file", text("%s/sub/two", folder))), 1);
	CHECK_EQ(rows(job, IS("path", text("%s/three", folder)), IS("file", text("%s/three", folder))), 1);
	CHECK_EQ(rows(job, IS("action", "rmdir"), IS("path", "empty"), IS("new_path", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("action", "rmdir"), IS("file", text("%s/sub", folder)), IS("new_file", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("action", "rename"), IS("pid", mover.pid)), 3);
	CHECK_EQ(rows(job, IS("action", "rename"), IS("path", "a"), IS("new_path", "b"), IS("file", text("%s/a", folder)),
		      IS("new_file", text("%s/b", folder))), 1);
	CHECK_EQ(rows(job, IS("path", "b"), IS("new_path", text("%s/c", folder)), IS("new_file", text("%s/c", folder))), 1);
	CHECK_EQ(rows(job, IS("action", "exchange"), IS("path", "c"), IS("new_path", "d")), 1);
	CHECK_EQ(rows(all), 5 + 4 + 3);
	CHECK_EQ(rows(all, IS("error", "ENOENT")), 2);
	CHECK_EQ(rows(all, IS("error", "EBADF"), IS("path", "x")), 1);
	CHECK_NO_LOSS(job);
}

TEST(filegone, "the longest paths come through whole, and those of any bytes")
{
	static char first[4096], second[4096];
	struct job *job = tool_start("filegone", "-a", "-p", text("%d", getpid()));

	memset(first, 'x', sizeof(first) - 1);
	memset(second, 'y', sizeof(second) - 1);
	REQUIRE(rename(first, second) == -1 && errno == ENAMETOOLONG);
	make(tmp("a\nb\x1b[1m\\\""));
	REQUIRE(unlink(tmp("a\nb\x1b[1m\\\"")) == 0);
	tool_stop(job);
	CHECK_EQ(rows(job), 2);
	CHECK_EQ(rows(job, IS("path", (const char *)first), IS("new_path", (const char *)second)), 1);
	CHECK_EQ(rows(job, IS("path", tmp("a\nb\x1b[1m\\\""))), 1);
}
