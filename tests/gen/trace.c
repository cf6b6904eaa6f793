// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <arpa/inet.h>
#include <linux/types.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include "spin.h"

#define CALLS 25

/* A marker as <sys/sdt.h> makes it, with two arguments. */
#define MARKER(name, a, b)                                                                                             \
	__asm__ volatile("990: nop\n"                                                                                  \
			 ".pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n"                                       \
			 ".4byte 992f-991f, 994f-993f, 3\n991: .asciz \"stapsdt\"\n992: .balign 4\n"                  \
			 "993: .8byte 990b, _.stapsdt.base, 0\n"                                                        \
			 ".asciz \"corekit_trace\"\n.asciz \"" #name "\"\n.asciz \"-8@%0 8@%1\"\n994: .balign 4\n.popsection\n" \
			 ".ifndef _.stapsdt.base\n"                                                                     \
			 ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"                        \
			 ".weak _.stapsdt.base\n.hidden _.stapsdt.base\n_.stapsdt.base: .space 1\n"                    \
			 ".size _.stapsdt.base, 1\n.popsection\n.endif\n" ::"r"(a), "m"(b))

SEEN void trace_called(long n, const char *text, const struct iovec *v, int small)
{
	seen_after += n + *text + v->iov_len + small + *(const char *)v->iov_base;
}

SEEN long trace_returns(long n)
{
	seen_after++;
	return -2 * n;
}

SEEN void trace_marks(long n, const char *text)
{
	MARKER(passed, n, text);
	seen_after++;
}

/* To where nobody listens. */
static void connects(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	seen_call(SYS_connect, fd, (long)&to, sizeof(to));
	close(fd);
}

static void calls(void *arg)
{
	char texts[CALLS][16], path[32];

	for (int i = 0; i < CALLS; i++) {
		struct iovec v = {texts[i], 1000 + i};

		snprintf(texts[i], sizeof(texts[i]), "text %d", i);
		trace_called(i, texts[i], &v, -i);
		trace_returns(i);
		trace_marks(-i, texts[i]);
	}
	for (int i = 0; i < 3; i++) {
		pid_t pid = seen_call(SYS_fork, 0, 0, 0);

		if (!pid)
			_exit(0);
		REQUIRE(waitpid(pid, NULL, 0) == pid);
	}
	/* on the stack: a constant may not be in memory before the kernel itself reads it */
	strcpy(path, "/dev/null");
	close(seen_call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY));
	strcat(path, "/x");
	seen_call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY);
	seen_call(SYS_lseek, -1, -5, SEEK_SET);
	connects();
}

TEST(trace, "functions, returns and markers of a program: conditions, text, members, casts")
{
	struct seen *child = seen_new("traced", calls, NULL);
	const char *file = text("/proc/%d/exe", getpid()), *self = text("%d", getpid());
	struct job *job = tool_start(
		"trace", "-p", text("%d", child->child.pid),
		text("u:%s:corekit_trace:passed (arg0 == -3 || arg0 < -23) arg0, str(arg1)", file),	/* first: the next places' arguments are not its own */
		text("%s:trace_called (arg0 >= 20 && str(arg1) != \"text 21\") \"%%d %%s, %%5x\", arg0, str(arg1), (int)arg3", self),
		text("%s:trace_called (((struct iovec *)arg2)->iov_len == 1007) *(char **)arg2 == 0, str(((struct iovec *)arg2)->iov_base)", file),
		text("%s:/^trace_returns$/%%return (retval < -44) retval", file),
		text("%s:trace_returns%%return (entry(arg0) > 22 && latency > 0) \"%%d: %%d\", entry(arg0), retval", file)), *stacks;

	setenv("COREKIT_WITHOUT", "multi", 1);
	stacks = tool_start("trace", "-S", "-Z", "5", "-p", text("%d", child->child.pid), text("%s:trace_called(arg0==1||arg0==2&&comm==\"traced\") str(arg1), comm, pid", file));
	unsetenv("COREKIT_WITHOUT");
	seen_run(child);
	tool_stop(job);
	tool_stop(stacks);
	seen_end(child);
	CHECK_ROWS(job, 4 + 1, IS("function", "trace_called"));
	CHECK_ROWS(job, 1, IS("function", "trace_called"), IS("message", "20 text 20, ffffffec"));
	CHECK_ROWS(job, 1, IS("message", "22 text 22, ffffffea"));
	CHECK_ROWS(job, 1, IS("message", "0, text 7"));
	CHECK_ROWS(job, 2 + 2, IS("function", "trace_returns"));
	CHECK_ROWS(job, 1, IS("message", "23: -46"));
	CHECK_ROWS(job, 1, IS("message", "24: -48"));
	CHECK_ROWS(job, 1, IS("function", "trace_returns"), IS("message", "-46"));
	CHECK_ROWS(job, 2, IS("function", "passed"));
	CHECK_ROWS(job, 1, IS("function", "passed"), IS("message", "-3, text 3"));
	CHECK_ROWS(job, 1, IS("function", "passed"), IS("message", "-24, text 24"));
	CHECK_ROWS(job, 11);
	CHECK_ROWS(stacks, 2);
	CHECK(stack_has(row(stacks, IS("message", text("text, trac, %d", child->child.pid))), "user", "calls"));
	CHECK_NO_LOSS(job);
}

TEST(trace, "tracepoints and system calls: fields, the kernel's structs, text of either side")
{
	struct seen *child = seen_new("traced", calls, NULL);
	const char *pid = text("%d", child->child.pid);
	char cwd[4096];
	int in_cwd = 0;
	json_t *r;
	struct job *job = tool_start("trace", "-p", pid, "t:sched:sched_process_fork (parent_comm == \"traced\") child_pid > 0, parent_comm, child_comm[0] == 't'",
				     "raw:sched_process_fork \"%s %d\", arg0->comm, arg1->real_parent->tgid == pid && arg1->mm != 0",
				     "raw:sched_process_fork path(arg0->fs->pwd)", "sys:lseek (fd == 0xffffffff && offset < 0) fd, offset",
				     "sys:openat (filename == \"/dev/null\") filename, dfd", "sys:openat%return (ret < 0) \"%d%%\", ret",
				     "sys:openat%return (entry(dfd) == -100 && latency > 0) str(entry(filename)), ret < 0", "sys:connect sockaddr(uservaddr)",
				     "t:sock:inet_sock_set_state (newstate == TCP_SYN_SENT) oldstate, ip(daddr), dport");

	seen_run(child);
	tool_stop(job);
	seen_end(child);
	CHECK_ROWS(job, 3, IS("message", "1, traced, 1"));
	CHECK_ROWS(job, 3, IS("message", "traced 1"));
	CHECK_ROWS(job, 1, IS("function", "sys_enter_openat"));
	CHECK_ROWS(job, 1, IS("message", text("/dev/null, %d", AT_FDCWD)));
	CHECK_ROWS(job, 1, IS("message", text("%d%%", -ENOTDIR)));
	CHECK_ROWS(job, 1, IS("message", "4294967295, -5"));
	CHECK_ROWS(job, 1, IS("message", "/dev/null, 0"));
	CHECK_ROWS(job, 1, IS("message", "/dev/null/x, 1"));
	CHECK_ROWS(job, 1, IS("message", "127.0.0.1:9"));
	CHECK_ROWS(job, 1, IS("message", "TCP_CLOSE, 127.0.0.1, 9"));
	REQUIRE(getcwd(cwd, sizeof(cwd)));
	each_row(r, job, IS("function", "sched_process_fork")) {	/* in a chroot it is longer */
		const char *message = string(r, "message");

		in_cwd += *message == '/' && strlen(message) >= strlen(cwd) && !strcmp(message + strlen(message) - strlen(cwd), cwd);
	}
	CHECK_BETWEEN(3 - missed_allowed(job), in_cwd, 3);
	CHECK_ROWS(job, 16);
	CHECK_NO_LOSS(job);
}

TEST(trace, "functions of the kernel, by the names of their arguments, and what they return")
{
	struct seen *child;
	struct job *job;

	needs("trace");
	if (access("/sys/bus/event_source/devices/kprobe/type", F_OK)) {
		CHECK_EQ(run("corekit", "trace", "kernel_clone", "-d", "100ms")->status, 3);
		return;
	}
	child = seen_new("traced", calls, NULL);
	job = tool_start("trace", "-p", text("%d", child->child.pid), "kernel_clone \"%d\", args->exit_signal", "kernel_clone%return (retval > 0) \"%d\", retval > 1",
			 "/^kernel_(clone|nosuch)$/ arg0 != 0",
			 "kernel_clone%return (latency > 0) \"began with %d\", entry(args)->exit_signal", "vfs_open path->dentry->d_name.name", "k:vfs_open path(path)");
	seen_run(child);
	tool_stop(job);
	seen_end(child);
	CHECK_ROWS(job, 3, IS("function", "kernel_clone"), IS("message", text("%d", SIGCHLD)));
	CHECK_ROWS(job, 6, IS("function", "kernel_clone"), IS("message", "1"));
	CHECK_ROWS(job, 3, IS("message", text("began with %d", SIGCHLD)));
	CHECK_ROWS(job, 1, IS("message", "/dev/null"));		/* /dev is a mount, mostly */
	CHECK_ROWS(job, 1, IS("function", "vfs_open"), IS("message", "null"));
}

TEST(trace, "functions of a module, by its own types")
{
	struct job *job;
	__u8 status[512];
	int fd;

	needs("trace");
	if (access("/sys/bus/event_source/devices/kprobe/type", F_OK) || access("/sys/kernel/btf", F_OK))
		return;
	loop_new(&fd);
	if (access("/sys/kernel/btf/loop", F_OK))
		return;		/* it is no module here */
	job = tool_start("trace", "-p", text("%d", getpid()), "k:loop:lo_ioctl (cmd == 0x4c05) cmd, bdev->bd_dev != 0, ((struct loop_device *)0) == 0",
			 "lo_ioctl%return (entry(cmd) == 0x4c05) retval");
	ioctl(fd, 0x4c05, status);
	tool_stop(job);
	CHECK_ROWS(job, 1, IS("message", "19461, 1, 1"));
	CHECK_ROWS(job, 1, IS("message", "0"));
}

TEST(trace, "what is wrong is told, with its place")
{
	static const struct { const char *word, *say; } bad[] = {
		{"sys:openat (nosuch == 1)", "at 13 'nosuch == 1)'"}, {"sys:openat \"%d\"", "1 conversions"},
		{"raw:sched_switch arg1->nosuch", "struct task_struct"}, {"sys:openat latency", "return"},
		{"raw:sched_switch path(arg1)", "struct file"},
		{"sys:close%return entry(fd),entry(fd),entry(fd),entry(fd),entry(fd),entry(fd),entry(fd)", "6 values"},
	};

	needs("trace");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct job *job = run("corekit", "trace", bad[i].word, "-d", "100ms");

		if (!CHECK_EQ(job->status, 2) || !CHECK_EQ(lines(job->err), 1) || !CHECK_HAS(job->err, bad[i].say))
			fprintf(stderr, "  %s: %s", bad[i].word, job->err);
	}
}
