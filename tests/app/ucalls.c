// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "runtimes.h"
#include "spin.h"

static const struct {
	const char *language, *class, *hello, *outer, *method;
} all[] = {
	{"java", "org/Counter", "hello", "outer", "org/Counter.hello"},
	{"perl", "Counter", "hello", "outer", "Counter::hello"},
	{"php", "Counter", "hello", "outer", "Counter::hello"},
	{"python", "/srv/counter.py", "hello", "outer", "/srv/counter.py:hello"},
	{"ruby", "Counter", "hello", "outer", "Counter#hello"},
	{"tcl", NULL, "hello", "outer", "hello"},
};

#define LANGUAGES (sizeof(all) / sizeof(*all))
#define COLUMNS	  "-o", "pid,language,count,class,name,method"

TEST(ucalls, "each call of each method is counted, in all languages; with --language those of one", .timeout = 120)
{
	struct seen *child = seen_new("runtimes", runtime_calls, NULL);
	const char *pid = text("%d", child->child.pid);
	struct job *job = tool_start("ucalls", "-v", pid, COLUMNS), *ruby = tool_start("rubycalls", pid, COLUMNS);

	seen_run(child);
	tool_stop(job);
	tool_stop(ruby);
	seen_end(child);
	for (size_t i = 0; i < LANGUAGES; i++) {
		const char *language = all[i].language;

		CHECK_HAS(job->err, "by its markers");
		CHECK_BETWEEN(CALLS - missed_allowed(job),
			      sum(job, "count", IS("pid", child->child.pid), IS("language", language), IS("class", all[i].class),
				  IS("name", all[i].hello), IS("method", all[i].method)),
			      CALLS);
		CHECK_BETWEEN(1 - missed_allowed(job), sum(job, "count", IS("language", language), IS("name", all[i].outer)), 1);
	}
	CHECK_EQ(rows(job), 2 * LANGUAGES);
	CHECK_EQ(rows(ruby), 2);
	CHECK_EQ(rows(ruby, IS("language", "ruby")), 2);
	CHECK_NO_LOSS(job);
	CHECK_NO_LOSS(ruby);
}

static void call(void *arg)
{
	for (int i = 0; i < 7; i++)
		syscall(SYS_getppid);
	runtime_calls(arg);
}

TEST(ucalls, "how long calls take, those in others as well; system calls beside them", .timeout = 120)
{
	struct seen *child = seen_new("runtimes", call, "python");
	const char *pid = text("%d", child->child.pid);
	struct job *job = tool_start("ucalls", "-L", "-S", pid, "-o", "language,count,total,name");
	struct job *counted = tool_start("ucalls", "-S", "-l", "python", pid, "-o", "language,count,name");
	json_t *outer, *hello;

	seen_run(child);
	tool_stop(job);
	tool_stop(counted);
	seen_end(child);
	outer = row(job, IS("language", "python"), IS("name", "outer"));
	hello = row(job, IS("language", "python"), IS("name", "hello"));
	CHECK_EQ(number(outer, "count"), 1);
	CHECK_BETWEEN(CALLS - missed_allowed(job), number(hello, "count"), CALLS);
	CHECK_BETWEEN(NAP, number(outer, "total_ns"), 100e9 * slow());
	CHECK_BETWEEN(1, number(hello, "total_ns"), number(outer, "total_ns") - NAP);
	CHECK_EQ(sum(job, "count", IS("language", "syscall"), IS("name", "getppid")), 7);
	CHECK_BETWEEN(NAP, sum(job, "total_ns", IS("language", "syscall"), IS("name", "nanosleep")), 100e9 * slow());
	CHECK_EQ(sum(counted, "count", IS("language", "syscall"), IS("name", "getppid")), 7);
	CHECK_EQ(sum(counted, "count", IS("language", "syscall"), IS("name", "nanosleep")), 1);
	CHECK_NO_LOSS(job);
}

TEST(ucalls, "what has no runtime, or none that tells of calls, is refused with one line")
{
	struct child child = child_new("bare", 0, runtime_calls, NULL);
	struct job *job = run("corekit", "ucalls", "-l", "node", "-d", "0.1", text("%d", child.pid));

	CHECK_EQ(job->status, 3);
	CHECK_EQ(lines(job->err), 1);
	CHECK_EQ(run("corekit", "ucalls", "-l", "cobol")->status, 2);
	CHECK_EQ(run("corekit", "ucalls", "999999999")->status, 2);
	CHECK_EQ(run("corekit", "ucalls", "-S")->status, 2);
	child_run(&child);
}

/* --- What this machine's own interpreters tell --- */

static void own(const char *name, const char *program, const char *language, const char *method)
{
	struct job *job = interpreter_seen(name, program, "ucalls", "language,count,method");

	CHECK_EQ(sum(job, "count", IS("language", language), IS("method", method)), CALLS);
	CHECK_NO_LOSS(job);
}

TEST(ucalls, "this machine's Python tells of each call")
{
	const char *file = program_text("count.py", "import sys\n"
					       "def hello(x):\n    return x + 1\n"
					       "sys.setprofile(lambda *all: None)\n"
					       "print(1, flush=True)\nsys.stdin.readline()\n"
					       "for i in range(1000):\n    hello(i)\n"
					       "print(2, flush=True)\nsys.stdin.readline()\n");

	own("/usr/bin/python3", file, "python", text("%s:hello", file));
}

TEST(ucalls, "this machine's Ruby tells of each call")
{
	own("ruby",
	    program_text("count.rb", "class Counter\n  def hello(x) x + 1 end\nend\n"
				"TracePoint.new(:call) {}.enable\n$stdout.sync = true\nputs 1\n$stdin.gets\n"
				"counter = Counter.new\n1000.times { |i| counter.hello(i) }\nputs 2\n$stdin.gets\n"),
	    "ruby", "Counter#hello");
}

TEST(ucalls, "this machine's PHP tells of each call")
{
	setenv("USE_ZEND_DTRACE", "1", 1);
	own("php",
	    program_text("count.php", "<?php class Counter { function hello($x) { return $x + 1; } }\n"
				 "echo \"1\\n\"; fgets(STDIN); $c = new Counter;\n"
				 "for ($i = 0; $i < 1000; $i++) $c->hello($i);\necho \"2\\n\"; fgets(STDIN);\n"),
	    "php", "Counter::hello");
}
