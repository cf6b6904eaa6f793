// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include "net.h"

#define CREATE_RULESET 444	/* landlock_create_ruleset(2), landlock_restrict_self(2): the same on each architecture */
#define RESTRICT_SELF  446
#define READ_FILE (1ULL << 2)	/* include/uapi/linux/landlock.h */
#define MAKE_DIR  (1ULL << 7)

struct known {
	pid_t other;
	const char *file, *folder, *renamed;
	bool landlock;
};

static bool has_landlock(void)
{
	return syscall(CREATE_RULESET, NULL, 0, 1) > 0;		/* its version */
}

static void allowed(void *arg)
{
	struct known *known = arg;
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(4711), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "/nowhere/at-all"};
	pid_t child;

	close(open(known->file, O_RDONLY | O_CLOEXEC));
	REQUIRE(mkdir(known->folder, 0700) == 0 && rename(known->folder, known->renamed) == 0 && rmdir(known->renamed) == 0);
	REQUIRE(kill(known->other, 0) == 0);
	REQUIRE(bind(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), (void *)&v4, sizeof(v4)) == 0);
	connect(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), (void *)&v6, sizeof(v6));
	connect(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), (void *)&local, sizeof(local));
	child = fork();
	if (!child) {
		execl("/bin/sh", "sh", "-c", ":", NULL);
		_exit(1);
	}
	REQUIRE(waitpid(child, NULL, 0) == child);
}

TEST(lsmsnoop, "with --all what is asked for is told, whatever it is about")
{
	struct known known = {getppid(), tmp("file"), tmp("folder"), tmp("renamed"), false};
	struct child child = child_new("asker", 0, allowed, &known);
	struct job *job, *some;
	char *shell = realpath("/bin/sh", NULL);

	needs("lsmsnoop");
	close(open(known.file, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	job = tool_start("lsmsnoop", "--all", "--follow", text("%d", child.pid), "-H",
			 "file_open,path_mkdir,path_rename,path_rmdir,task_kill,socket_bind,socket_connect,socket_create,bprm_check");
	some = tool_start("lsmsnoop", "-a", "-H", "task_kill,security_path_mkdir", "-p", text("%d", child.pid));
	child_run(&child);
	tool_stop(job);
	tool_stop(some);
	CHECK_EQ(rows(job, IS("hook", "file_open"), IS("object", known.file), IS("pid", child.pid), IS("comm", "asker"),
		      IS("verdict", "allowed"), IS("error", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("hook", "path_mkdir"), IS("object", known.folder), IS("pid", child.pid)), 1);
	CHECK_EQ(rows(job, IS("hook", "path_rename"), IS("object", known.folder), IS("pid", child.pid)), 1);
	CHECK_EQ(rows(job, IS("hook", "path_rmdir"), IS("object", known.renamed), IS("pid", child.pid)), 1);
	CHECK_EQ(rows(job, IS("hook", "task_kill"), IS("target", known.other), IS("number", 0), IS("pid", child.pid)), 1);
	CHECK_EQ(rows(job, IS("hook", "socket_bind"), IS("object", "127.0.0.1:0"), IS("number", AF_INET), IS("pid", child.pid)), 1);
	CHECK_EQ(rows(job, IS("hook", "socket_connect"), IS("object", "[::1]:4711"), IS("pid", child.pid)), 1);
	CHECK_EQ(rows(job, IS("hook", "socket_connect"), IS("object", "/nowhere/at-all"), IS("pid", child.pid)), 1);
	CHECK_EQ(rows(job, IS("hook", "socket_create"), IS("number", AF_UNIX), IS("pid", child.pid)), 1);
	CHECK_BETWEEN(1, rows(job, IS("hook", "bprm_check"), IS("object", shell)), 2);	/* of what it interprets, too */
	CHECK_NO_LOSS(job);
	CHECK_EQ(rows(some), 2);
	CHECK_EQ(rows(some, IS("hook", "task_kill"), IS("target", known.other)), 1);
	CHECK_EQ(rows(some, IS("hook", "path_mkdir"), IS("object", known.folder)), 1);
}

static void drop_capabilities(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct none[2] = {};

	REQUIRE(syscall(SYS_capset, &header, none) == 0);
}

static void landlocked(const struct known *known)
{
	uint64_t handled = READ_FILE | MAKE_DIR;
	int rules = syscall(CREATE_RULESET, &handled, sizeof(handled), 0);

	REQUIRE(rules >= 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(RESTRICT_SELF, rules, 0) == 0);
	REQUIRE(open(known->file, O_RDONLY | O_CLOEXEC) == -1 && errno == EACCES);
	REQUIRE(mkdir(known->folder, 0700) == -1 && errno == EACCES);
}

static void denied(void *arg)
{
	const struct known *known = arg;

	close(open(known->file, O_RDONLY | O_CLOEXEC));		/* this is allowed, and not shown */
	drop_capabilities();
	REQUIRE(chroot("/") == -1 && errno == EPERM);
	REQUIRE(ptrace(PTRACE_ATTACH, known->other, NULL, NULL) == -1 && errno == EPERM);
	if (known->landlock)
		landlocked(known);
}

static void nothing(void *arg)
{
	(void)arg;
}

TEST(lsmsnoop, "what is denied, by capabilities, to tracers and by Landlock: to whom, by which hook, with which error")
{
	struct child other = child_new("mighty", 0, nothing, NULL);
	struct known known = {other.pid, tmp("file"), tmp("folder"), NULL, has_landlock()};
	struct child child = child_new("meek", 0, denied, &known);
	struct job *job, *some;
	int all = known.landlock ? 5 : 3;

	needs("lsmsnoop");
	close(open(known.file, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	job = tool_start("lsmsnoop", "-n", "meek");
	some = tool_start("lsmsnoop", "-H", "capable", "-p", text("%d", child.pid));
	child_run(&child);
	child_run(&other);
	tool_stop(job);
	tool_stop(some);
	CHECK_EQ(rows(job), all);
	CHECK_EQ(rows(job, IS("pid", child.pid), IS("comm", "meek"), IS("verdict", "denied")), all);
	CHECK_EQ(rows(job, IS("hook", "capable"), IS("object", "CAP_SYS_CHROOT"), IS("number", CAP_SYS_CHROOT), IS("error", "EPERM")), 1);
	CHECK_EQ(rows(job, IS("hook", "capable"), IS("object", "CAP_SYS_PTRACE"), IS("error", "EPERM")), 1);
	CHECK_EQ(rows(job, IS("hook", "ptrace_access_check"), IS("target", other.pid), IS("object", "mighty"), IS("error", "EPERM")), 1);
	CHECK_EQ(rows(job, IS("hook", "file_open"), IS("object", known.file), IS("error", "EACCES")), all == 5);
	CHECK_EQ(rows(job, IS("hook", "path_mkdir"), IS("object", known.folder), IS("error", "EACCES")), all == 5);
	CHECK_NO_LOSS(job);
	CHECK_EQ(rows(some), 2);
	CHECK_EQ(rows(some, IS("hook", "capable")), 2);
}

TEST(lsmsnoop, "a hook that is none is refused in one line")
{
	static const char *const bad[] = {"everything", "", "capable,", "security_"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct job *job = run("corekit", "lsmsnoop", "-H", bad[i]);

		CHECK_EQ(job->status, 2);
		CHECK_EQ(lines(job->err), 1);
	}
}
