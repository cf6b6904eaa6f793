// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "test.h"

/* What a task in a cgroup may do with devices: an errno for each. */
static void use_devices(void *arg)
{
	static const struct {
		const char *path;
		int flags;
	} opens[] = {{"/dev/null", O_RDONLY}, {"/dev/null", O_RDWR}, {"/dev/zero", O_RDONLY}, {"/dev/zero", O_WRONLY}};
	int *got = arg;

	for (int i = 0; i < 4; i++) {
		int fd = open(opens[i].path, opens[i].flags | O_CLOEXEC);

		got[i] = fd < 0 ? errno : 0;
		close(fd);
	}
	got[4] = mknod(tmp(text("made%d", getpid())), S_IFCHR | 0600, makedev(1, 7)) ? errno : 0;
}

struct user {
	struct child child;
	int *got;
};

static struct user user_in(const char *cgroup, const char *comm)
{
	struct user user = {.got = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)};

	REQUIRE(user.got != MAP_FAILED);
	user.child = child_new(comm, 0, use_devices, user.got);
	cgroup_enter(cgroup, user.child.pid);
	return user;
}

TEST(cgdev, "who opens and makes devices in a cgroup is told; what is denied there fails, elsewhere and afterwards it doesn't")
{
	const char *cgroup = cgroup_new("devices");
	struct user inside = user_in(cgroup, "inside"), outside = user_in(cgroup_new("other"), "outside"),
		    later = user_in(cgroup, "later");
	struct job *watch = tool_start("cgdev", "-c", cgroup, "-o", "+uid,tid,cgroup");
	struct job *deny = tool_start("cgdev", "-c", cgroup, "--deny", "/dev/null:w,c:1:5", "--deny", "c:*:7:m", "-x");
	bool makes;	/* root need not have CAP_MKNOD */

	child_run(&outside.child);
	child_run(&inside.child);
	tool_stop(deny);
	child_run(&later.child);
	tool_stop(watch);
	makes = !outside.got[4];

	CHECK_EQ(inside.got[0], 0);
	CHECK_EQ(inside.got[1], EPERM);
	CHECK_EQ(inside.got[2], EPERM);
	CHECK_EQ(inside.got[3], EPERM);
	CHECK_EQ(inside.got[4], EPERM);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(outside.got[i] | later.got[i], 0);

#define NULL_IS  IS("device", "1:3"), IS("name", "null")
#define ZERO_IS  IS("device", "1:5"), IS("name", "zero")
	for (int i = 0; i < 2; i++) {
		struct user who = i ? later : inside;
		const char *comm = i ? "later" : "inside";

#define WHO								\
	IS("pid", who.child.pid), IS("tid", who.child.pid), IS("comm", comm), IS("type", "char"), IS("uid", 0), IS("verdict", "allowed")
		CHECK_EQ(rows(watch, WHO, NULL_IS, IS("access", "r")), 1);
		CHECK_EQ(rows(watch, WHO, NULL_IS, IS("access", "rw")), 1);
		CHECK_EQ(rows(watch, WHO, ZERO_IS, IS("access", "r")), 1);
		CHECK_EQ(rows(watch, WHO, ZERO_IS, IS("access", "w")), 1);
		CHECK_EQ(rows(watch, WHO, IS("device", "1:7"), IS("name", "full"), IS("access", "m")), makes);
		CHECK_EQ(rows(watch, IS("pid", who.child.pid)), 4 + makes);
	}
	CHECK_EQ(rows(watch, IS("pid", outside.child.pid)), 0);
	CHECK_EQ(rows(deny, IS("pid", inside.child.pid), IS("verdict", "denied")), 3 + makes);
	CHECK_EQ(rows(deny, IS("pid", inside.child.pid), NULL_IS, IS("access", "rw")), 1);
	CHECK_EQ(rows(deny), 3 + makes);
	CHECK_NO_LOSS(watch);
}

TEST(cgdev, "rules and cgroups that can't be are told in one line")
{
	static const char *const rules[] = {"x", "c:1:x", "c:1:3:", "c:1:3:rwx", "c:-1", "c:1:3:r:w", ""};
	struct job *job;

	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		job = run("corekit", "cgdev", "-c", "/", "--deny", rules[i]);
		CHECK_EQ(job->status, 2);
		CHECK_EQ(lines(job->err), 1);
	}
	job = run("corekit", "cgdev", "--deny", "/etc/passwd");
	CHECK_EQ(job->status, 2);
	CHECK_STR(job->err, "cgdev: --deny: /etc/passwd is no device\n");
	job = run("corekit", "cgdev", "--deny", "a");
	CHECK_EQ(job->status, 2);
	CHECK_STR(job->err, "cgdev: --deny: in which --cgroup? / is the whole machine, if that is meant\n");
	job = run("corekit", "cgdev", "-c", "no/such");
	CHECK_EQ(job->status, 2);
	CHECK_HAS(job->err, "there is no such cgroup");
	CHECK_EQ(lines(job->err), 1);
}
