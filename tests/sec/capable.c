// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "test.h"

static void change_root(void *arg)
{
	(void)arg;
	CHECK(chroot("/") == (getuid() ? -1 : 0));
	CHECK(chroot("/") == (getuid() ? -1 : 0));
}

static const char *pid_of(struct child *child)
{
	return text("%d", child->pid);
}

TEST(capable, "what is asked for, of whom, and the answer")
{
	struct child root = child_new("mighty", 0, change_root, NULL), nobody = child_new("meek", 65534, change_root, NULL);
	struct job *job = tool_start("capable", "-C", "sys_chroot,CAP_SYS_TIME", "-p", text("%d,%d", root.pid, nobody.pid));
	json_t *r;

	child_run(&root);
	child_run(&nobody);
	tool_stop(job);
	CHECK_EQ(rows(job), 4);
	CHECK_EQ(rows(job, IS("name", "CAP_SYS_CHROOT"), IS("cap", 18)), 4);
	CHECK_EQ(rows(job, IS("pid", root.pid), IS("comm", "mighty"), IS("verdict", "allowed"), IS("uid", 0)), 2);
	CHECK_EQ(rows(job, IS("pid", nobody.pid), IS("comm", "meek"), IS("verdict", "denied"), IS("uid", 65534)), 2);
	r = row(job);
	CHECK_EQ(rows(job, IS("userns", number(r, "userns"))), 4);
	CHECK_HAS(json_dumps(r, 0), "chroot");
	CHECK_NO_LOSS(job);
}

TEST(capable, "-x, --unique and filters let through what they name")
{
	struct child root = child_new("mighty", 0, change_root, NULL), nobody = child_new("meek", 65534, change_root, NULL);
	const char *pids = text("%d,%d", root.pid, nobody.pid);
	struct job *denied = tool_start("capable", "-x", "-C", "18", "-p", pids),
		   *once = tool_start("capable", "--unique", "-C", "SYS_CHROOT", "-p", pids),
		   *other = tool_start("capable", "-C", "SYS_TIME", "-p", pids), *user = tool_start("capable", "-u", "65534", "-C", "18");

	child_run(&root);
	child_run(&nobody);
	tool_stop(denied);
	tool_stop(once);
	tool_stop(other);
	tool_stop(user);
	CHECK_EQ(rows(denied), 2);
	CHECK_EQ(rows(denied, IS("pid", nobody.pid)), 2);
	CHECK_EQ(rows(once), 2);
	CHECK_EQ(rows(once, IS("pid", root.pid)), 1);
	CHECK_EQ(rows(other), 0);
	CHECK_EQ(rows(user, IS("pid", nobody.pid)), 2);
	CHECK_EQ(rows(user, IS("pid", root.pid)), 0);
}

TEST(capable, "whether it is audited is told, or that it isn't known")
{
	struct child root = child_new("mighty", 0, change_root, NULL);
	struct job *job = tool_start("capable", "--audited", "-C", "SYS_CHROOT", "-p", pid_of(&root));

	child_run(&root);
	tool_stop(job);
	CHECK_EQ(rows(job), 2);
	CHECK_EQ(rows(job, IS("audit", "yes"), IS("setid", "no")) + rows(job, IS("audit", NOTHING), IS("setid", NOTHING)), 2);
}

TEST(capable, "what is no capability is refused in one line")
{
	static const char *const bad[] = {"SYS_EVERYTHING", "", "SYS_ADMIN,,", "64", "-1", "CAP_", "1x"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct job *job = run("corekit", "capable", "-C", bad[i]);

		CHECK_EQ(job->status, 2);
		CHECK_EQ(lines(job->err), 1);
	}
}
