// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* That it shows as many as are counted is in dcstat.c, beside that tool. */
#include <sys/stat.h>
#include "test.h"

static void look(void *arg)
{
	struct stat st;

	REQUIRE(chdir(arg) == 0);
	REQUIRE(stat("absent\n", &st) == -1);
	REQUIRE(stat("there", &st) == 0);
	REQUIRE(stat("there/below", &st) == -1 && errno == ENOTDIR);
}

TEST(dcsnoop, "a name that is not in the cache is shown once, by who looked, and with -a each look-up")
{
	const char *folder = tmp("mounted");
	struct child child, other;
	struct job *job, *all;

	mount_tmpfs(folder);
	child = child_new("looker", 0, look, (void *)folder);
	other = child_new("other", 0, look, (void *)folder);
	REQUIRE(close(open(text("%s/there", folder), O_CREAT | O_RDWR | O_CLOEXEC, 0600)) == 0);
	job = tool_start("dcsnoop", "-n", "looker", "-p", text("%d,%d", child.pid, other.pid));
	all = tool_start("dcsnoop", "-a", "-p", text("%d", child.pid));
	child_run(&child);
	child_run(&other);
	tool_stop(all);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("file", "absent\n"), IS("comm", "looker"), IS("pid", child.pid)), 1);
	CHECK_EQ(rows(job, IS("file", "there")), 0);
	CHECK_EQ(rows(job, IS("pid", other.pid)), 0);
	CHECK_EQ(rows(all, IS("what", "miss"), IS("file", "absent\n")), 1);
	CHECK(rows(all, IS("what", "ref"), IS("file", "there")) >= 2);
	CHECK_EQ(rows(all, IS("what", "miss"), IS("file", "there")), 0);
	CHECK_NO_LOSS(job);
	CHECK_NO_LOSS(all);
}
