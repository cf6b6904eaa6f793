// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <pthread.h>
#include <sys/stat.h>
#include "runtimes.h"
#include "spin.h"

/* A marker as <sys/sdt.h> makes it; its arguments are in registers. */
#define MARK(provider, name, format, ...)                                                                              \
	__asm__ volatile("990: nop\n"                                                                                  \
			 ".pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n"                                       \
			 ".4byte 992f-991f, 994f-993f, 3\n991: .asciz \"stapsdt\"\n992: .balign 4\n"                  \
			 "993: .8byte 990b, _.stapsdt.base, 0\n"                                                        \
			 ".asciz \"" provider "\"\n.asciz \"" name "\"\n.asciz \"" format "\"\n994: .balign 4\n"    \
			 ".popsection\n" ::__VA_ARGS__)

#define R(value) "r"((long)(value))

/* Its page is there from then on: programs can't wait for it. */
static long touched(const char *text)
{
	seen_after += *(const volatile char *)text;
	return (long)text;
}

static bool is(const char *language, const char *name)
{
	return !language || !strcmp(language, name);
}

/* --- Calls --- */

/* Java's texts have no end: what stands behind them is none of theirs. */
static SEEN void java(const char *name, long length, bool returns)
{
	const char *class = "org/CounterX";

	if (returns)
		MARK("hotspot", "method__return", "8@%0 8@%1 8@%2 8@%3 8@%4", R(7), R(touched(class)), R(11), R(touched(name)), R(length));
	else
		MARK("hotspot", "method__entry", "8@%0 8@%1 8@%2 8@%3 8@%4", R(7), R(touched(class)), R(11), R(touched(name)), R(length));
	seen_after++;
}

static SEEN void python(const char *name, long line, bool returns)
{
	if (returns)
		MARK("python", "function__return", "8@%0 8@%1 8@%2", R(touched("/srv/counter.py")), R(touched(name)), R(line));
	else
		MARK("python", "function__entry", "8@%0 8@%1 8@%2", R(touched("/srv/counter.py")), R(touched(name)), R(line));
	seen_after++;
}

static SEEN void ruby(const char *name, long line, bool returns)
{
	if (returns)
		MARK("ruby", "method__return", "8@%0 8@%1 8@%2 8@%3", R(touched("Counter")), R(touched(name)), R(touched("/srv/counter.rb")), R(line));
	else
		MARK("ruby", "method__entry", "8@%0 8@%1 8@%2 8@%3", R(touched("Counter")), R(touched(name)), R(touched("/srv/counter.rb")), R(line));
	seen_after++;
}

static SEEN void php(const char *name, long line, bool returns)
{
	if (returns)
		MARK("php", "function__return", "8@%0 8@%1 8@%2 8@%3", R(touched(name)), R(touched("/srv/counter.php")), R(line), R(touched("Counter")));
	else
		MARK("php", "function__entry", "8@%0 8@%1 8@%2 8@%3", R(touched(name)), R(touched("/srv/counter.php")), R(line), R(touched("Counter")));
	seen_after++;
}

static SEEN void perl(const char *name, long line, bool returns)
{
	if (returns)
		MARK("perl", "sub__return", "8@%0 8@%1 8@%2 8@%3", R(touched(name)), R(touched("/srv/counter.pl")), R(line), R(touched("Counter")));
	else
		MARK("perl", "sub__entry", "8@%0 8@%1 8@%2 8@%3", R(touched(name)), R(touched("/srv/counter.pl")), R(line), R(touched("Counter")));
	seen_after++;
}

static SEEN void tcl(const char *name, bool returns)
{
	if (returns)
		MARK("tcl", "proc__return", "8@%0 8@%1", R(touched(name)), R(0));
	else
		MARK("tcl", "proc__entry", "8@%0 8@%1", R(touched(name)), R(1));
	seen_after++;
}

static void outer(const char *language, bool returns)
{
	if (is(language, "java"))
		java("outer()", 5, returns);
	if (is(language, "python"))
		python("outer", 10, returns);
	if (is(language, "ruby"))
		ruby("outer", 10, returns);
	if (is(language, "php"))
		php("outer", 10, returns);
	if (is(language, "perl"))
		perl("outer", 10, returns);
	if (is(language, "tcl"))
		tcl("outer", returns);
}

static void hello(const char *language, bool returns)
{
	if (is(language, "java"))
		java("hello()", 5, returns);
	if (is(language, "python"))
		python("hello", 20, returns);
	if (is(language, "ruby"))
		ruby("hello", 20, returns);
	if (is(language, "php"))
		php("hello", 20, returns);
	if (is(language, "perl"))
		perl("hello", 20, returns);
	if (is(language, "tcl"))
		tcl("hello", returns);
}

void runtime_calls(void *arg)
{
	outer(arg, false);
	for (int i = 0; i < CALLS; i++) {
		hello(arg, false);
		hello(arg, true);
	}
	seen_nap(NAP);
	outer(arg, true);
}

/* --- Collections --- */

static const char *const pools[] = {"EdenX", "OldX", "MetaX"};
static const int pool_sizes[] = {4, 3, 4};

static SEEN void pool(int i, long used, bool ends)
{
	if (ends)
		MARK("hotspot", "mem__pool__gc__end", "8@%0 8@%1 8@%2 8@%3 8@%4 8@%5 8@%4 8@%4", R(touched("G1X")), R(2), R(touched(pools[i])),
		     R(pool_sizes[i]), R(0), R(used));
	else
		MARK("hotspot", "mem__pool__gc__begin", "8@%0 8@%1 8@%2 8@%3 8@%4 8@%5 8@%4 8@%4", R(touched("G1X")), R(2), R(touched(pools[i])),
		     R(pool_sizes[i]), R(0), R(used));
	seen_after++;
}

static SEEN void collect_java(void)
{
	MARK("hotspot", "gc__begin", "8@%0", R(1));
	for (int i = 0; i < 3; i++)
		pool(i, 1000 * (i + 1), false);
	seen_nap(NAP);
	for (int i = 0; i < 3; i++)	/* not in one another */
		pool(i, 100, true);
	MARK("hotspot", "gc__end", "");
}

static SEEN void collect_python(long generation, long collected)
{
	MARK("python", "gc__start", "8@%0", R(generation));
	seen_nap(generation ? NAP : 0);
	MARK("python", "gc__done", "8@%0", R(collected));
}

static SEEN void collect_ruby(void)
{
	MARK("ruby", "gc__sweep__begin", "");
	MARK("ruby", "gc__mark__begin", "");
	seen_nap(NAP);
	MARK("ruby", "gc__mark__end", "");
	MARK("ruby", "gc__sweep__end", "");
}

static SEEN void collect_node(void)
{
	MARK("node", "gc__start", "8@%0 8@%1", R(1 | 8), R(0));
	seen_nap(NAP);
	MARK("node", "gc__done", "8@%0 8@%1", R(1 | 8), R(0));
}

void runtime_collects(void *arg)
{
	if (is(arg, "java"))
		collect_java();
	if (is(arg, "python")) {
		collect_python(2, 35);
		collect_python(0, 1);
	}
	if (is(arg, "ruby"))
		collect_ruby();
	if (is(arg, "node"))
		collect_node();
}

/* --- Objects --- */

static SEEN void object(void)
{
	MARK("hotspot", "object__alloc", "8@%0 8@%1 8@%2 8@%3", R(7), R(touched("org/CounterX")), R(11), R(24));
	seen_after++;
}

static SEEN void ruby_object(int kind)
{
	if (kind == 0)
		MARK("ruby", "string__create", "8@%0 8@%1 8@%2", R(10), R(touched("/srv/counter.rb")), R(3));
	else if (kind == 1)
		MARK("ruby", "object__create", "8@%0 8@%1 8@%2", R(touched("Counter")), R(touched("/srv/counter.rb")), R(4));
	else
		MARK("ruby", "hash__create", "8@%0 8@%1 8@%2", R(6), R(touched("/srv/counter.rb")), R(5));
	seen_after++;
}

static SEEN void tcl_object(void)
{
	MARK("tcl", "obj__create", "8@%0", R(&seen_after));
	seen_after++;
}

void runtime_makes(void *arg)
{
	static void *volatile memory;

	for (int i = 0; i < CALLS && is(arg, "java"); i++)
		object();
	for (int i = 0; i < 10 && is(arg, "ruby"); i++)
		ruby_object(i < 5 ? 0 : i < 8 ? 1 : 2);
	for (int i = 0; i < 4 && is(arg, "tcl"); i++)
		tcl_object();
	for (int i = 0; i < 100 && is(arg, "c"); i++) {
		memory = malloc(777);
		free(memory);
	}
}

/* --- Threads, and the rest --- */

static SEEN void *thread(void *arg)
{
	const char *name = arg;

	MARK("hotspot", "thread__start", "8@%0 8@%1 8@%2 8@%3 8@%4", R(touched(name)), R(8), R(1), R(2), R(0));
	seen_nap(NAP);
	MARK("hotspot", "thread__stop", "8@%0 8@%1 8@%2 8@%3 8@%4", R(touched(name)), R(8), R(1), R(2), R(0));
	return NULL;
}

static SEEN void rest(void)
{
	MARK("hotspot", "class__loaded", "8@%0 8@%1 8@%2 8@%3", R(touched("org/CounterX")), R(11), R(0), R(0));
	seen_after++;
}

static SEEN void raise_php(void)
{
	MARK("php", "exception__thrown", "8@%0", R(touched("RuntimeException")));
	seen_after++;
}

void *runtimes_thread(void *arg);

void *runtimes_thread(void *arg)
{
	return thread(arg);
}

void runtime_threads(void *arg)
{
	static char names[3][12] = {"worker-1X", "worker-2X", "worker-3X"};
	pthread_t id;

	(void)arg;
	for (int i = 0; i < 3; i++)
		REQUIRE(pthread_create(&id, NULL, runtimes_thread, names[i]) == 0 && pthread_join(id, NULL) == 0);
	for (int i = 0; i < 2; i++)
		rest();
	for (int i = 0; i < 3; i++)
		raise_php();
}

/* --- Interpreters --- */

const char *program_text(const char *name, const char *what)
{
	FILE *f = fopen(tmp(name), "w");

	REQUIRE(f && fputs(what, f) >= 0 && !fclose(f));
	return tmp(name);
}

static bool has_begun(void *arg)
{
	return lines(job_now(arg)) >= 1;
}

static bool has_gone_on(void *arg)
{
	return lines(job_now(arg)) >= 2;
}

struct job *interpreter_seen(const char *interpreter, const char *program, const char *tool, const char *columns)
{
	const char *fifo = tmp("input"), *pid;
	struct job *it, *job;
	int input;

	if (*interpreter && run("sh", "-c", text("command -v %s", interpreter))->status)
		SKIP("no %s here: tools/deps test", interpreter);
	REQUIRE(!mkfifo(fifo, 0600));
	input = open(fifo, O_RDWR | O_CLOEXEC);
	REQUIRE(input >= 0);
	it = job_start(&(struct how){.deadline = 60}, ARGV("sh", "-c", text("exec %s %s <%s", interpreter, program, fifo)));
	REQUIRE(until(30, has_begun, it));
	pid = text("%d", it->pid);
	job = run("corekit", tool, "-d", "0.1", "-p", pid);
	if (job->status == 3)
		SKIP("%s", strtok(job->err, "\n"));
	job = tool_start(tool, "-p", pid, "-o", columns);
	REQUIRE(write(input, "\n", 1) == 1 && until(30, has_gone_on, it));
	tool_stop(job);
	REQUIRE(write(input, "\n", 1) == 1);
	CHECK_EQ(job_wait(it, 30), 0);
	return job;
}
