// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "runtimes.h"
#include "spin.h"

/* Functions by the names of Go's, called as Go calls its own. */
#define GO_FUNCTION(name, symbol)                                                                                      \
	__asm__(".pushsection .text\n.globl \"" symbol "\"\n.type \"" symbol "\", @function\n\"" symbol "\":\n"    \
		name ":\n" GO_RETURN "\n.size \"" symbol "\", .-\"" symbol "\"\n.popsection\n")
#if defined(__x86_64__)
#define GO_RETURN "nop\nnop\nnop\nret"
#define GO_CALL(function, a, b, c) __asm__ volatile("sub $128, %%rsp\ncall " function "\nadd $128, %%rsp" ::"a"(a), "b"(b), "c"(c) : "memory", "cc")
#endif

#ifdef GO_CALL
GO_FUNCTION("go_casgstatus", "runtime.casgstatus");
GO_FUNCTION("go_stop_world", "runtime.stopTheWorldWithSema");
GO_FUNCTION("go_start_world", "runtime.startTheWorldWithSema");
GO_FUNCTION("go_gc_begin", "runtime.gcBgMarkStartWorkers");
GO_FUNCTION("go_gc_sweep", "runtime.gcSweep");

enum { G_IDLE, G_RUNNABLE, G_RUNNING, G_SYSCALL, G_WAITING, G_DEAD = 6 };

static SEEN void status(long g, long old, long new)
{
	GO_CALL("go_casgstatus", g, old, new);
	seen_after++;
}

/* 50 are created, one waits for its thread, each runs twice, 49 end; two collections, with four stops of the world. */
static void go(void *arg)
{
	(void)arg;
	for (long g = 1; g <= 50; g++) {
		status(g, G_IDLE, G_DEAD);
		status(g, G_DEAD, G_RUNNABLE);
		if (g == 1)
			seen_nap(NAP);
		status(g, G_RUNNABLE, G_RUNNING);
		status(g, G_RUNNING, G_WAITING);
		status(g, G_WAITING, G_RUNNABLE);
		status(g, G_RUNNABLE, G_RUNNING);
		if (g < 50)
			status(g, G_RUNNING, G_DEAD);
	}
	for (int i = 0; i < 2; i++) {
		GO_CALL("go_gc_begin", 0, 0, 0);
		for (int j = 0; j < 2; j++) {
			GO_CALL("go_stop_world", 0, 0, 0);
			seen_nap(NAP / 4);
			GO_CALL("go_start_world", 0, 0, 0);
		}
		GO_CALL("go_gc_sweep", 0, 0, 0);
	}
	GO_CALL("go_start_world", 0, 0, 0);	/* and one that nobody stopped */
	GO_CALL("go_gc_sweep", 0, 0, 0);
}

TEST(gostat, "goroutines, how often they run and wait, collections and stops of the world")
{
	struct seen *child = seen_new("gopher", go, NULL);
	const char *pid = text("%d", child->child.pid);
	struct job *job = tool_start("gostat", "-p", pid, "-i", "1000"), *hist = tool_start("gostat", "-p", pid, "-H", "-P", "-i", "1000");
	json_t *r;

	seen_run(child);
	tool_stop(job);
	tool_stop(hist);
	seen_end(child);
	r = row(job, IS("pid", child->child.pid), IS("comm", "gopher"));
	CHECK_BETWEEN(50 - missed_allowed(job), number(r, "created"), 50);
	CHECK_BETWEEN(49 - missed_allowed(job), number(r, "ended"), 49);
	CHECK_BETWEEN(100 - missed_allowed(job), number(r, "runs"), 100);
	CHECK_BETWEEN(NAP, number(r, "wait_ns"), 100e9 * slow());
	CHECK_EQ(number(r, "gcs"), 2);
	CHECK_BETWEEN(NAP, number(r, "gc_ns"), 100e9 * slow());
	CHECK_EQ(number(r, "stops"), 4);
	CHECK_BETWEEN(NAP, number(r, "stopped_ns"), number(r, "gc_ns"));
	CHECK_EQ(rows(job), 1);
	r = row(hist, IS("pid", child->child.pid));
	CHECK_BETWEEN(100 - missed_allowed(hist), number(r, "count"), 100);
	CHECK_BETWEEN(NAP, number(r, "sum_ns"), 100e9 * slow());
	CHECK_NO_LOSS(job);
	CHECK_NO_LOSS(hist);
}
#endif

TEST(gostat, "programs that are none of Go's are refused")
{
	CHECK_EQ(run("corekit", "gostat", "-x", "/nonexistent")->status, 2);
	CHECK_EQ(run("corekit", "gostat", "-x", corekit_path)->status, 2);
	CHECK_EQ(run("corekit", "gostat", "-P")->status, 2);
}

TEST(gostat, "a program that this machine's Go makes: 1000 goroutines and three collections", .timeout = 400)
{
	const char *file = program_text("count.go", "package main\n"
						    "import (\"bufio\"; \"fmt\"; \"os\"; \"runtime\"; \"sync\")\n"
						    "func main() {\n"
						    "	in := bufio.NewReader(os.Stdin)\n	fmt.Println(1)\n	in.ReadString('\\n')\n"
						    "	var all sync.WaitGroup\n"
						    "	for i := 0; i < 1000; i++ {\n		all.Add(1)\n"
						    "		go func() { all.Done() }()\n	}\n	all.Wait()\n"
						    "	for i := 0; i < 3; i++ {\n		runtime.GC()\n	}\n"
						    "	fmt.Println(2)\n	in.ReadString('\\n')\n}\n");
	struct job *job;
	json_t *r;

	if (run("sh", "-c", "command -v go")->status)
		SKIP("no go here: apt-get install golang-go");
	setenv("GOCACHE", "/var/tmp/corekit-go", 1);	/* kept: it takes a minute to make */
	setenv("GO111MODULE", "off", 1);
	job = job_run(&(struct how){.deadline = 300}, ARGV("go", "build", "-o", tmp("counter"), file));
	if (!CHECK_EQ(job->status, 0))
		fputs(job->err, stderr);
	job = interpreter_seen("", tmp("counter"), "gostat", "created,ended,runs,gcs,stops");
	r = row(job);
	CHECK_BETWEEN(1000, number(r, "created"), 1100);	/* and some of the runtime's own */
	CHECK_BETWEEN(1000, number(r, "ended"), 1100);
	CHECK_BETWEEN(1000, number(r, "runs"), 100000);
	CHECK_EQ(number(r, "gcs"), 3);
	CHECK_EQ(number(r, "stops"), 6);
	CHECK_NO_LOSS(job);
}
