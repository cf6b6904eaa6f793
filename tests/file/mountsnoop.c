// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "test.h"

static const char *place;

/* A namespace of its own, so that nothing stays. */
static void old_calls(void *arg)
{
	REQUIRE(unshare(CLONE_NEWNS) == 0);
	REQUIRE(syscall(SYS_mount, "none", "/", NULL, 0x4000 | 1 << 18, NULL) == 0);
	REQUIRE(syscall(SYS_mount, "a name", place, "tmpfs", 1 | 8, "size=64k,mode=700") == 0);
	REQUIRE(syscall(SYS_umount2, place, 2) == 0);
	REQUIRE(syscall(SYS_mount, "none", "/nowhere/\n", "tmpfs", 0, NULL) == -1 && errno == ENOENT);
	REQUIRE(syscall(SYS_umount2, place, 0) == -1 && errno == EINVAL);
}

static void new_calls(void *arg)
{
	struct {
		__u64 set, clear, propagation, userns;
	} attr = {.set = 1};
	int fs, mount, tree;

	REQUIRE(unshare(CLONE_NEWNS) == 0);
	REQUIRE(syscall(SYS_mount, "none", "/", NULL, 0x4000 | 1 << 18, NULL) == 0);
	fs = syscall(SYS_fsopen, "tmpfs", 1);
	REQUIRE(fs >= 0);
	REQUIRE(syscall(SYS_fsconfig, fs, 1, "size", "64k", 0) == 0);
	REQUIRE(syscall(SYS_fsconfig, fs, 0, "no such", NULL, 0) == -1);
	REQUIRE(syscall(SYS_fsconfig, fs, 6, NULL, NULL, 0) == 0);
	mount = syscall(SYS_fsmount, fs, 1, 2);
	REQUIRE(mount >= 0);
	REQUIRE(syscall(SYS_move_mount, mount, "", -100, place, 4) == 0);
	tree = syscall(SYS_open_tree, -100, place, 1);
	REQUIRE(tree >= 0);
	syscall(442, -100, place, 0, &attr, 32);	/* mount_setattr: since 5.12 */
	REQUIRE(syscall(SYS_fspick, -100, "/nowhere", 0) == -1);
}

static struct child start(void (*calls)(void *))
{
	place = tmp("place");
	REQUIRE(mkdir(place, 0700) == 0);
	return child_new("mounter", 0, calls, NULL);
}

#define ONE(call, text) CHECK_EQ(rows(job, IS("call", call), IS("args", text)), 1)

TEST(mountsnoop, "mount and umount with all their arguments, and why they failed")
{
	struct child child = start(old_calls);
	struct job *job = tool_start("mountsnoop", "-P", "-p", text("%d", child.pid)), *failed;

	failed = tool_start("mountsnoop", "-x", "-p", text("%d", child.pid));
	child_run(&child);
	tool_stop(failed);
	tool_stop(job);
	CHECK_EQ(rows(job), 5);
	ONE("mount", "\"none\", \"/\", NULL, MS_REC|MS_PRIVATE, NULL");
	ONE("mount", text("\"a name\", \"%s\", \"tmpfs\", MS_RDONLY|MS_NOEXEC, \"size=64k,mode=700\"", place));
	ONE("umount2", text("\"%s\", MNT_DETACH", place));
	CHECK_EQ(rows(job, IS("ret", 0), IS("error", NOTHING), IS("comm", "mounter"), IS("ppid", getpid())), 3);
	CHECK_EQ(rows(job, IS("error", "ENOENT"), IS("args", "\"none\", \"/nowhere/\n\", \"tmpfs\", 0x0, NULL")), 1);
	CHECK_EQ(rows(job, IS("error", "EINVAL")), 1);
	CHECK_EQ(rows(failed), 2);
	CHECK(number(row(job), "mntns") > 0);
	CHECK_NO_LOSS(job);
}

TEST(mountsnoop, "the new interface, call by call")
{
	struct child child = start(new_calls);
	struct job *job = tool_start("mountsnoop", "-p", text("%d", child.pid));
	long long fs, mounted;

	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 10);
	ONE("fsopen", "\"tmpfs\", FSOPEN_CLOEXEC");
	fs = number(row(job, IS("call", "fsopen")), "ret");
	ONE("fsconfig", text("%lld, FSCONFIG_SET_STRING, \"size\", \"64k\", 0", fs));
	ONE("fsconfig", text("%lld, FSCONFIG_SET_FLAG, \"no such\", NULL, 0", fs));
	ONE("fsconfig", text("%lld, FSCONFIG_CMD_CREATE, NULL, NULL, 0", fs));
	ONE("fsmount", text("%lld, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID", fs));
	mounted = number(row(job, IS("call", "fsmount")), "ret");
	ONE("move_mount", text("%lld, \"\", AT_FDCWD, \"%s\", MOVE_MOUNT_F_EMPTY_PATH", mounted, place));
	ONE("open_tree", text("AT_FDCWD, \"%s\", OPEN_TREE_CLONE", place));
	ONE("mount_setattr", text("AT_FDCWD, \"%s\", 0x0, {set=MOUNT_ATTR_RDONLY, clear=0x0}", place));
	CHECK_EQ(rows(job, IS("call", "fspick"), IS("error", "ENOENT"), IS("args", "AT_FDCWD, \"/nowhere\", 0x0")), 1);
	CHECK_NO_LOSS(job);
}

TEST(mountsnoop, "the longest strings come through, and no record is lost")
{
	static char long_path[4096];
	struct job *job = tool_start("mountsnoop", "-p", text("%d", getpid()));

	memset(long_path, 'x', sizeof(long_path) - 1);
	for (int i = 0; i < 20; i++)
		REQUIRE(syscall(SYS_mount, long_path, long_path, long_path, 0, long_path) == -1);
	tool_stop(job);
	CHECK_EQ(rows(job), 20);
	CHECK_EQ(strlen(string(row(job), "args")), 4 * 4097 + 4 * 2 + 3);
	CHECK_NO_LOSS(job);
}
