// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The filters that all tools share, on the cheapest of them: hello shows each fork of the processes here. */
#include <bpf/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "test.h"

static const char *pid_of(struct child child)
{
	return text("%d", child.pid);
}

static void fork_once(void *arg)
{
	pid_t pid = fork();

	(void)arg;
	if (!pid)
		_exit(0);
	REQUIRE(waitpid(pid, NULL, 0) == pid);
}

/* --- Users --- */

/* A list of users of our own, in a mount namespace of this test's own; where there is no such file, one is made. */
static void users_are(const char *list)
{
	int fd = open(tmp("passwd"), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	REQUIRE(fd >= 0 && write(fd, list, strlen(list)) == (ssize_t)strlen(list) && close(fd) == 0);
	REQUIRE(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	mkdir("/etc", 0755);
	close(open("/etc/passwd", O_CREAT | O_RDONLY | O_CLOEXEC, 0644));
	REQUIRE(mount(tmp("passwd"), "/etc/passwd", NULL, MS_BIND, NULL) == 0);
}

TEST(filters, "--uid takes names as well as numbers, and lists of them")
{
	struct child a, b, c;
	struct job *job;

	users_are("root:x:0:0::/:/bin/sh\nfirst-user:x:4321:4321::/:/bin/sh\n+::::::\nbroken\n");
	a = child_new(NULL, 4321, fork_once, NULL);
	b = child_new(NULL, 4322, fork_once, NULL);
	c = child_new(NULL, 4323, fork_once, NULL);
	job = tool_start("hello", "-u", "first-user,4323", "-o", "pid,uid,user");
	child_run(&a);
	child_run(&b);
	child_run(&c);
	tool_stop(job);
	CHECK_EQ(rows(job), 2);
	CHECK_EQ(rows(job, IS("pid", a.pid), IS("uid", 4321), IS("user", "first-user")), 1);
	CHECK_EQ(rows(job, IS("pid", c.pid), IS("uid", 4323), IS("user", "4323")), 1);
	CHECK_EQ(run("corekit", "hello", "-u", "first")->status, 2);
	CHECK_EQ(run("corekit", "hello", "-u", "first-user,second-user")->status, 2);
}

/* --- Containers --- */

#define HEX_A "c0ffee0000000000000000000000000000000000000000000000000000000001"
#define HEX_B "c0ffee1111111111111111111111111111111111111111111111111111111111"

static const char *const containers[] = {
	"docker-" HEX_A ".scope",
	"docker-" HEX_A ".scope/init",
	"cri-containerd-" HEX_B ".scope",
	"lxc.payload.corekit-web",
	"lxc.payload.corekit-web/system.slice",
	"lxc.payload.corekit-webby",
	"machine-corekit-vm.scope",
	"corekit-web",
};

#define CONTAINERS (sizeof(containers) / sizeof(*containers))

TEST(filters, "--container takes a name or the start of an id, and all that is inside", .timeout = 120)
{
	static const struct {
		const char *name;
		bool in[CONTAINERS];
	} cases[] = {
		{HEX_A, {1, 1, 0, 0, 0, 0, 0, 0}},
		{"c0ffee000000", {1, 1, 0, 0, 0, 0, 0, 0}},
		{"c0ffee", {1, 1, 1, 0, 0, 0, 0, 0}}, /* several */
		{"corekit-web", {0, 0, 0, 1, 1, 0, 0, 0}},
		{"corekit-vm", {0, 0, 0, 0, 0, 0, 1, 0}},
	};
	static const char *const nowhere[] = {"c0ffee2", "c0f", "corekit-we", "ffee", "docker-", "/", "", "*", "init"};
	const char *base = cgroup_new("containers");
	struct job *job;

	for (size_t i = 0; i < CONTAINERS; i++)
		REQUIRE(mkdir(text("%s/%s", base, containers[i]), 0755) == 0);
	for (size_t c = 0; c < sizeof(cases) / sizeof(*cases); c++) {
		struct child child[CONTAINERS];
		int wanted = 0;

		for (size_t i = 0; i < CONTAINERS; i++) {
			child[i] = child_new(NULL, 0, fork_once, NULL);
			cgroup_enter(text("%s/%s", base, containers[i]), child[i].pid);
		}
		job = tool_start("hello", "--container", cases[c].name);
		for (size_t i = 0; i < CONTAINERS; i++) {
			child_run(&child[i]);
			wanted += cases[c].in[i];
		}
		tool_stop(job);
		CHECK_EQ(rows(job), wanted);
		for (size_t i = 0; i < CONTAINERS; i++)
			if (!CHECK_EQ(rows(job, IS("pid", child[i].pid)), cases[c].in[i]))
				fprintf(stderr, "  --container %s, %s\n", cases[c].name, containers[i]);
	}
	for (size_t i = 0; i < sizeof(nowhere) / sizeof(*nowhere); i++) {
		job = run("corekit", "hello", "--container", nowhere[i], "-d", "100ms");
		if (!CHECK_EQ(job->status, 2) || !CHECK_EQ(lines(job->err), 1))
			fprintf(stderr, "  --container '%s'\n", nowhere[i]);
	}
}

TEST(filters, "what is no cgroup is refused: a folder elsewhere, a file, a number of none")
{
	static const char *const bad[] = {"/../../..", "/..", "cgroup.procs", "18446744073709551615", "0", "nowhere,/"};

	cgroup_new("here"); /* mounts it where it isn't */
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct job *job = run("corekit", "hello", "-c", bad[i], "-d", "100ms");

		if (!CHECK_EQ(job->status, 2) || !CHECK_EQ(lines(job->err), 1))
			fprintf(stderr, "  -c %s: %s", bad[i], job->err);
	}
}

/* --- Namespaces --- */

/* A child in namespaces of its own, with its id as we see it; it forks once when it is let go. */
static struct child child_in(int flags)
{
	int ready[2], go[2], pid;
	struct child child;
	char byte;

	REQUIRE(pipe2(ready, O_CLOEXEC) == 0 && pipe2(go, O_CLOEXEC) == 0);
	child.go = go[1];
	child.pid = fork();
	REQUIRE(child.pid >= 0);
	if (!child.pid) {
		close(go[1]);
		REQUIRE(unshare(flags) == 0);
		pid = flags & CLONE_NEWPID ? fork() : 0;
		if (pid) {
			REQUIRE(write(ready[1], &pid, sizeof(pid)) == sizeof(pid));
			waitpid(pid, NULL, 0);
			_exit(0);
		}
		if (!(flags & CLONE_NEWPID)) {
			pid = getpid();
			REQUIRE(write(ready[1], &pid, sizeof(pid)) == sizeof(pid));
		}
		if (read(go[0], &byte, 1) == 1)
			fork_once(NULL);
		_exit(0);
	}
	close(go[0]);
	REQUIRE(read(ready[0], &pid, sizeof(pid)) == sizeof(pid));
	close(ready[0]);
	close(ready[1]);
	if (pid != child.pid)
		child.pid = pid;
	return child;
}

/* The grandchild isn't ours to wait for: its pipe's end is. */
static void let_go(struct child *child, struct job *job)
{
	char *path = (char *)text("/proc/%d", child->pid);

	(void)job;
	child_go(child);
	for (int i = 0; i < 4000 * slow() && !access(path, F_OK); i++) {
		waitpid(child->pid, NULL, WNOHANG);
		nap(5000000);
	}
	CHECK(access(path, F_OK) != 0);
}

static const struct {
	const char *option, *file;
	int flag;
} namespaces[] = {
	{"--mntns", "mnt", CLONE_NEWNS}, {"--netns", "net", CLONE_NEWNET}, {"--pidns", "pid", CLONE_NEWPID},
};

TEST(filters, "--mntns, --netns and --pidns take a process or a number, and let through nothing else", .timeout = 120)
{
	for (size_t i = 0; i < 3; i++)
		for (int by_number = 0; by_number < 2; by_number++) {
			struct child in = child_in(namespaces[i].flag), other = child_in(namespaces[i].flag),
				     out = child_in(0);
			const char *path = text("/proc/%d/ns/%s", in.pid, namespaces[i].file);
			struct stat st;
			struct job *job;

			REQUIRE(stat(path, &st) == 0);
			job = tool_start("hello", namespaces[i].option,
					 by_number ? text("%llu", (unsigned long long)st.st_ino) : pid_of(in));
			let_go(&in, job);
			let_go(&other, job);
			let_go(&out, job);
			tool_stop(job);
			if (!CHECK_EQ(rows(job), 1) || !CHECK_EQ(rows(job, IS("pid", in.pid)), 1))
				fprintf(stderr, "  %s by %s\n", namespaces[i].option, by_number ? "number" : "process");
		}
}

/* Runs the test's body as the first process of a pid namespace with its own /proc. */
static void inside(void (*body)(void))
{
	int status;
	pid_t pid;

	REQUIRE(unshare(CLONE_NEWPID | CLONE_NEWNS) == 0);
	REQUIRE(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	pid = fork();
	REQUIRE(pid >= 0);
	if (!pid) {
		REQUIRE(mount("proc", "/proc", "proc", 0, NULL) == 0);
		body();
		test_end();
	}
	REQUIRE(waitpid(pid, &status, 0) == pid);
	if (!WIFEXITED(status))
		FAIL("what ran in the namespace died: status %d", status);
}

static void ids_inside(void)
{
	struct child child = child_new(NULL, 0, fork_once, NULL);
	struct job *job = tool_start("hello", "-p", pid_of(child));
	json_t *r;

	CHECK(child.pid < 10);
	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	r = row(job, IS("pid", child.pid), IS("tid", child.pid));
	/* the system call returned the namespace's id */
	CHECK_BETWEEN(child.pid + 1, number(r, "child"), 100);
	CHECK_EQ(run("corekit", "hello", "-p", "4000000")->status, 2);
}

TEST(filters, "in a pid namespace, -p takes that namespace's ids, and they are shown")
{
	inside(ids_inside);
}

static void not_itself_inside(void)
{
	struct job *job = tool_start("opensnoop");
	int before = open("/dev/null", O_RDONLY);

	nap(300000000);
	close(before);
	close(open("/dev/null", O_RDONLY));
	tool_stop(job);
	CHECK(rows(job, IS("pid", 1)) >= 2);
	CHECK_EQ(rows(job, IS("pid", job->pid)), 0);
}

TEST(filters, "in a pid namespace, a tool doesn't trace itself either")
{
	inside(not_itself_inside);
}

/* --- --follow --- */

static void *fork_thread(void *arg)
{
	fork_once(arg);
	return NULL;
}

static void *exec_thread(void *arg)
{
	(void)arg;
	execlp("sh", "sh", "-c", "(:) ; (:) ; exit 0", NULL);
	return NULL;
}

/* A fork, a thread that forks, and an exec from another thread, whose program forks twice. */
static void whole_life(void *arg)
{
	pthread_t thread;

	fork_once(arg);
	REQUIRE(pthread_create(&thread, NULL, fork_thread, NULL) == 0 && pthread_join(thread, NULL) == 0);
	REQUIRE(pthread_create(&thread, NULL, exec_thread, NULL) == 0);
	pthread_join(thread, NULL);
	_exit(1);
}

static void family(void *arg)
{
	(void)arg;
	if (!fork()) {
		fork_once(NULL);
		_exit(0);
	}
	wait(NULL);
}

static void family_life(void *arg)
{
	if (!fork())
		whole_life(arg);
	wait(NULL);
}

static void follow_inside(void)
{
	struct child child = child_new(NULL, 0, family, NULL), other = child_new(NULL, 0, family, NULL);
	struct job *job = tool_start("hello", "--follow", pid_of(child));

	child_run(&other);
	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 2);
	CHECK_EQ(rows(job, IS("pid", child.pid)), 1);
	/* an exec from a thread that was made while it was followed */
	child = child_new(NULL, 0, family_life, NULL);
	job = tool_start("hello", "--follow", pid_of(child));
	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("comm", "sh")), 2);
	job = tool_start("hello", "--", "sh", "-c", "(:; (:); :) & wait");
	tool_wait(job);
	CHECK_BETWEEN(2, rows(job), 3);
	CHECK_EQ(rows(job, IS("pid", 0)), 0);
}

TEST(filters, "in a pid namespace, --follow and -- COMMAND follow as well")
{
	inside(follow_inside);
}

/* Keys that the tool's filter_set holds now. */
static int followed(struct job *job)
{
	int keys = -1;

	for (int fd = 0; fd < 64 && keys < 0; fd++) {
		const char *at = strstr(file_text(text("/proc/%d/fdinfo/%d", job->pid, fd)), "map_id:");
		char key[16], next[16];
		struct bpf_map_info info = {};
		__u32 size = sizeof(info);
		void *last = NULL;
		int map = at ? bpf_map_get_fd_by_id(atoi(at + 7)) : -1;

		if (map < 0 || bpf_obj_get_info_by_fd(map, &info, &size) || strcmp(info.name, "filter_set")) {
			close(map);
			continue;
		}
		for (keys = 0; !bpf_map_get_next_key(map, last, next); keys++)
			last = memcpy(key, next, sizeof(key));
		close(map);
	}
	return keys;
}

static bool nobody_left(void *job)
{
	return followed(job) == 0;
}

TEST(filters, "--follow goes through forks, threads and an exec from a thread, and ends with each of them")
{
	struct child child = child_new(NULL, 0, whole_life, NULL);
	struct job *job = tool_start("hello", "--follow", pid_of(child));

	CHECK_EQ(followed(job), 1);
	child_go(&child);
	CHECK_EQ(child_wait(&child), 0);
	CHECK(until(5, nobody_left, job));
	tool_stop(job);
	/* a fork, three threads' starts (one forks), and two forks of the program that a thread became */
	CHECK_EQ(rows(job, IS("pid", child.pid), IS("comm", "sh")), 2);
	CHECK_EQ(rows(job, IS("pid", child.pid)), 6);
	CHECK_EQ(rows(job), 6);
}

static void *wait_to_fork(void *arg)
{
	char byte;

	REQUIRE(read(*(int *)arg, &byte, 1) == 1);
	fork_once(NULL);
	return NULL;
}

TEST(filters, "--follow takes all threads that there are when it begins")
{
	pthread_t threads[3];
	struct job *job;
	int go[2];

	REQUIRE(pipe(go) == 0);
	for (int i = 0; i < 3; i++)
		REQUIRE(pthread_create(&threads[i], NULL, wait_to_fork, go) == 0);
	job = tool_start("hello", "--follow", text("%d", getpid()));
	REQUIRE(write(go[1], "123", 3) == 3);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("pid", getpid())), 3);
	CHECK_EQ(rows(job), 3);
}

/* --- Several at once --- */

TEST(filters, "of several filters, all must let an event through")
{
	const char *group = cgroup_new("several");
	struct child all = child_new("several-a", 4321, fork_once, NULL), name = child_new("other", 4321, fork_once, NULL),
		     user = child_new("several-b", 4322, fork_once, NULL),
		     place = child_new("several-c", 4321, fork_once, NULL), id = child_new("several-d", 4321, fork_once, NULL);
	struct job *job;

	cgroup_enter(group, all.pid);
	cgroup_enter(group, name.pid);
	cgroup_enter(group, user.pid);
	cgroup_enter(group, id.pid);
	job = tool_start("hello", "-n", "several-*", "-u", "4321", "-c", group, "-p",
			 text("%d,%d,%d,%d", all.pid, name.pid, user.pid, place.pid), "--mntns", text("%d", getpid()));
	child_run(&all);
	child_run(&name);
	child_run(&user);
	child_run(&place);
	child_run(&id);
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	CHECK_EQ(rows(job, IS("pid", all.pid)), 1);
}

static void fork_as(void *arg)
{
	if (!fork()) {
		REQUIRE(setgid(4321) == 0 && setuid(4321) == 0);
		fork_once(arg);
		_exit(0);
	}
	wait(NULL);
	fork_once(arg);
}

TEST(filters, "--follow goes on through a process that another filter hides")
{
	struct child child = child_new(NULL, 0, fork_as, NULL);
	struct job *job = tool_start("hello", "--follow", pid_of(child), "-u", "4321");

	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	CHECK_EQ(rows(job, IS("pid", child.pid)), 0);
}

TEST(filters, "a thread of another process is none of -p's")
{
	struct child a = child_new(NULL, 0, fork_once, NULL), b = child_new(NULL, 0, fork_once, NULL);
	struct job *job = tool_start("hello", "-p", pid_of(a), "-t", pid_of(b));

	child_run(&a);
	child_run(&b);
	tool_stop(job);
	CHECK_EQ(rows(job), 0);
}
