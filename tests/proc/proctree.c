// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include "test.h"

#define MS 1000000ULL

static void check_args(json_t *args, const char *const *argv)
{
	size_t n = 0;

	if (!CHECK(json_is_array(args)))
		return;
	for (; argv[n]; n++)
		if (!CHECK_STR(json_string_value(json_array_get(args, n)), argv[n]))
			return;
	CHECK_EQ(json_array_size(args), n);
}

static pid_t start(const char *path, const char *const *argv)
{
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	if (!pid) {
		if (path)
			execv(path, (char *const *)argv);
		_exit(path ? 127 : 4);
	}
	return pid;
}

static void reap(pid_t pid)
{
	REQUIRE(waitpid(pid, NULL, 0) == pid);
}

/* What each of them is, told to the test by shared memory. */
static pid_t *made;

static void small_tree(void *arg)
{
	(void)arg;
	reap(made[0] = start("/bin/true", ARGV("true", "one", "two words", "")));
	reap(made[1] = start(NULL, NULL));
	reap(made[2] = start("/bin/sh", ARGV("sh", "-c", "exec /bin/true from sh")));
	made[3] = fork();
	if (!made[3]) {
		made[3] = getpid();
		made[4] = start("/bin/sh", ARGV("sh", "-c", "exit 7"));
		reap(made[4]);
		nap(20 * MS);
		kill(getpid(), SIGTERM);
		pause();
	}
	reap(made[3]);
}

static void *shared(size_t size)
{
	int fd = memfd_create("shared", MFD_CLOEXEC);
	void *at;

	REQUIRE(fd >= 0 && ftruncate(fd, size) == 0);
	at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	REQUIRE(at != MAP_FAILED);
	return at;
}

TEST(proctree, "each process is one object: who made it, how long it lived, what it ran, how it ended")
{
	struct child child;
	struct job *job;
	json_t *shown;

	made = shared(4096);
	child = child_new("root", 0, small_tree, NULL);
	job = tool_start("proctree", "--follow", text("%d", child.pid));
	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 6);
	CHECK_EQ(rows(job, IS("event", "exit")), 6);
	shown = row(job, IS("pid", made[0]), IS("ppid", child.pid), IS("code", 0), IS("execs", 1), IS("comm", "true"));
	check_args(json_object_get(shown, "args"), ARGV("true", "one", "two words", ""));
	CHECK(json_is_null(json_object_get(shown, "earlier")));
	shown = row(job, IS("pid", made[1]), IS("ppid", child.pid), IS("code", 4), IS("execs", 0));
	shown = row(job, IS("pid", made[2]), IS("ppid", child.pid), IS("code", 0), IS("execs", 2));
	check_args(json_object_get(shown, "args"), ARGV("/bin/true", "from", "sh"));
	CHECK_EQ(json_array_size(json_object_get(shown, "earlier")), 1);
	check_args(json_array_get(json_object_get(shown, "earlier"), 0), ARGV("sh", "-c", "exec /bin/true from sh"));
	shown = row(job, IS("pid", made[3]), IS("ppid", child.pid), IS("signal", "SIGTERM"), IS("code", NOTHING));
	CHECK(number(shown, "duration_ns") >= (long long)(20 * MS));
	CHECK(number(shown, "duration_ns") > number(row(job, IS("pid", made[4])), "duration_ns"));
	shown = row(job, IS("pid", made[4]), IS("ppid", made[3]), IS("code", 7), IS("execs", 1));
	check_args(json_object_get(shown, "args"), ARGV("sh", "-c", "exit 7"));
	shown = row(job, IS("pid", child.pid), IS("ppid", getpid()), IS("code", 0), IS("execs", 0));
	CHECK(strcmp(string(shown, "start"), string(row(job, IS("pid", made[0])), "start")) < 0);
	CHECK_NO_LOSS(job);
}

/* Workers that make processes, each of which makes one more, as make, its shell and its compiler. */
enum { WORKERS = 4, EACH = 250 };

static int each; /* an emulated machine takes its time */

static void worker(int number)
{
	pid_t *mine = made + 1 + number * EACH * 2;

	for (int i = 0; i < each; i++) {
		pid_t pid = fork();

		if (!pid) {
			mine[2 * i] = getpid();
			mine[2 * i + 1] = start("/bin/true", ARGV("true", text("%d", number), text("%d", i)));
			reap(mine[2 * i + 1]);
			_exit(i % 100);
		}
		REQUIRE(pid > 0);
		reap(pid);
	}
}

static void many(void *arg)
{
	pid_t pid[WORKERS];

	(void)arg;
	for (int i = 0; i < WORKERS; i++)
		if (!(pid[i] = fork())) {
			worker(i);
			_exit(0);
		}
	for (int i = 0; i < WORKERS; i++)
		reap(pid[i]);
}

TEST(proctree, "of thousands of short processes none is missing, none is twice, and each has its maker and arguments",
     .timeout = 120)
{
	int wrong = 0, seen = 0;
	struct child child;
	struct job *job;
	json_t *shown;
	char *got;

	each = slow() > 1 ? 60 : EACH;
	made = shared((1 + 2 * WORKERS * EACH) * sizeof(*made));
	child = child_new("root", 0, many, NULL);
	job = tool_start("proctree", "--follow", text("%d", child.pid));
	child_run(&child);
	tool_stop(job);
	CHECK_BETWEEN(1 + WORKERS + 2 * WORKERS * each - lost(job), rows(job), 1 + WORKERS + 2 * WORKERS * each);
	CHECK_NO_LOSS(job);
	got = calloc(WORKERS * EACH, 1);
	each_row(shown, job, IS("execs", 1))
	{
		json_t *args = json_object_get(shown, "args");
		int w = atoi(json_string_value(json_array_get(args, 1)) ?: "-1"),
		    i = atoi(json_string_value(json_array_get(args, 2)) ?: "-1");

		if (w < 0 || w >= WORKERS || i < 0 || i >= EACH || got[w * EACH + i]++ ||
		    made[1 + (w * EACH + i) * 2 + 1] != number(shown, "pid") ||
		    made[1 + (w * EACH + i) * 2] != number(shown, "ppid"))
			wrong++;
		seen++;
	}
	CHECK_EQ(wrong, 0);
	CHECK_BETWEEN(WORKERS * each - lost(job), seen, WORKERS * each);
}

static void text_tree(void *arg)
{
	pid_t pid = fork();

	(void)arg;
	if (!pid) {
		prctl(PR_SET_NAME, "inner");
		reap(start("/bin/true", ARGV("true", "a\nb")));
		_exit(2);
	}
	reap(pid);
	reap(start("/bin/true", ARGV("true", "last")));
}

TEST(proctree, "text shows forks, execs and exits as they happen, then the tree with its makers in order")
{
	struct child child;
	struct job *job, *tree, *live;
	const char *pid, *end;

	child = child_new("root", 0, text_tree, NULL);
	pid = text("%d", child.pid);
	job = tool_start("proctree", "-f", "text", "-q", "-o", "event,code,args", "--follow", pid);
	tree = tool_start("proctree", "-s", "-f", "text", "-q", "-o", "event,code,args", "--follow", pid);
	live = tool_start("proctree", "-l", "-f", "text", "-q", "-o", "event,code,args", "--follow", pid);
	child_run(&child);
	tool_stop(job);
	tool_stop(tree);
	tool_stop(live);
	CHECK_HAS(job->out, "fork     -   (root)\n"
			    "fork     -     (inner)\n"
			    "exec     -     true a\\nb\n"
			    "exit     0     true a\\nb\n"
			    "exit     2   (inner)\n"
			    "fork     -   (root)\n"
			    "exec     -   true last\n"
			    "exit     0   true last\n"
			    "exit     0 ");
	end = strstr(job->out, "\n\n");
	REQUIRE(end);
	CHECK_STR(end + 2, tree->out);
	CHECK_EQ(lines(tree->out), 4);
	CHECK_HAS(tree->out, "\nran      2   (inner)\n"
			     "ran      0     true a\\nb\n"
			     "ran      0   true last\n");
	CHECK(!strncmp(live->out, job->out, strlen(live->out)));
	CHECK_EQ((long)strlen(live->out), (long)(end + 1 - job->out));
}

static void leaves_one(void *arg)
{
	(void)arg;
	made[0] = fork();
	if (!made[0]) {
		made[0] = getpid();
		nap(20 * MS);
		made[1] = start("/bin/sleep", ARGV("sleep", "1000"));
		_exit(0);
	}
	_exit(5);
}

static bool has_slept(void *arg)
{
	/* it has its name before the exec is done, and sleeps after */
	return strstr(file_text(text("/proc/%d/stat", made[1] ?: 1)) ?: "", "(sleep) S") && arg;
}

TEST(proctree, "who outlives his maker stays below him, and who still runs at the end is shown so")
{
	struct child child;
	struct job *job;
	json_t *shown;

	made = shared(4096);
	child = child_new("root", 0, leaves_one, NULL);
	job = tool_start("proctree", "--follow", text("%d", child.pid));
	child_go(&child);
	CHECK_EQ(child_wait(&child), 5);
	REQUIRE(until(20, has_slept, job));
	tool_stop(job);
	kill(made[1], SIGKILL);
	CHECK_EQ(rows(job), 3);
	CHECK_EQ(rows(job, IS("pid", child.pid), IS("code", 5), IS("event", "exit")), 1);
	CHECK_EQ(rows(job, IS("pid", made[0]), IS("ppid", child.pid), IS("code", 0)), 1);
	shown = row(job, IS("pid", made[1]), IS("ppid", made[0]), IS("event", "runs"), IS("code", NOTHING),
		    IS("duration_ns", NOTHING), IS("signal", NOTHING));
	check_args(json_object_get(shown, "args"), ARGV("sleep", "1000"));
}

static void *one_thread(void *arg)
{
	return arg;
}

static void threads(void *arg)
{
	pthread_t thread;

	(void)arg;
	for (int i = 0; i < 5; i++)
		REQUIRE(pthread_create(&thread, NULL, one_thread, NULL) == 0 && pthread_join(thread, NULL) == 0);
	reap(start("/bin/true", ARGV("true")));
}

TEST(proctree, "threads are no processes; a command after -- is traced from its first instruction")
{
	struct child child = child_new("root", 0, threads, NULL);
	struct job *job = tool_start("proctree", "--follow", text("%d", child.pid)), *command;

	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), 2);
	command = tool_start("proctree", "--", "/bin/sh", "-c", "(exit 3); exit 9");
	tool_wait(command);
	CHECK_EQ(rows(command), 2);
	CHECK_EQ(rows(command, IS("code", 3), IS("execs", 0)), 1);
	check_args(json_object_get(row(command, IS("code", 9), IS("execs", 1)), "args"),
		   ARGV("/bin/sh", "-c", "(exit 3); exit 9"));
}

TEST(proctree, "--summary needs a tree, and says so")
{
	struct job *job = run("corekit", "proctree", "-s", "-d", "100ms");

	CHECK_EQ(job->status, 2);
	CHECK_EQ(lines(job->err), 1);
	CHECK_EQ(run("corekit", "proctree", "-s", "-l", "--", "true")->status, 2);
}
