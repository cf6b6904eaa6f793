// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "runtimes.h"
#include "spin.h"

#define COLUMNS "-o", "pid,language,latency,kind,before,after,by,description"

TEST(ugc, "each collection with how long it took, those in one another and beside one another too")
{
	struct seen *child = seen_new("runtimes", runtime_collects, NULL);
	struct job *job = tool_start("ugc", text("%d", child->child.pid), COLUMNS);
	json_t *r;

	seen_run(child);
	tool_stop(job);
	seen_end(child);
	CHECK_ROWS(job, 1, IS("language", "java"), IS("kind", "collection"), IS("description", "full collection"));
	CHECK_ROWS(job, 1, IS("kind", "pool"), IS("before", 1000), IS("after", 100), IS("description", "G1: Eden, 900 bytes less"));
	CHECK_ROWS(job, 1, IS("kind", "pool"), IS("description", "G1: Old, 1900 bytes less"));
	CHECK_ROWS(job, 1, IS("kind", "pool"), IS("description", "G1: Meta, 2900 bytes less"));
	CHECK_ROWS(job, 1, IS("language", "python"), IS("description", "generation 2, 35 collected"));
	CHECK_ROWS(job, 1, IS("language", "python"), IS("description", "generation 0, 1 collected"));
	CHECK_ROWS(job, 1, IS("language", "ruby"), IS("description", "mark"));
	CHECK_ROWS(job, 1, IS("language", "ruby"), IS("description", "sweep"));
	CHECK_ROWS(job, 1, IS("language", "node"), IS("description", "scavenge, incremental marking"));
	CHECK_ROWS(job, 9, IS("by", "marker"), IS("pid", child->child.pid));
	CHECK_ROWS(job, 9);
	each_row(r, job)
		if (number(r, "before") || strcmp(string(r, "language"), "python"))
			CHECK_BETWEEN(NAP, number(r, "latency_ns"), 60e9 * slow());
	CHECK_NO_LOSS(job);
}

TEST(ugc, "only long ones, only those with a text, only one language")
{
	struct seen *child = seen_new("runtimes", runtime_collects, NULL);
	const char *pid = text("%d", child->child.pid);
	struct job *min = tool_start("ugc", pid, "-M", "20", "-l", "python", COLUMNS);
	struct job *has = tool_start("ugc", pid, "-F", "Old", COLUMNS), *java = tool_start("javagc", pid, COLUMNS);

	seen_run(child);
	tool_stop(min);
	tool_stop(has);
	tool_stop(java);
	seen_end(child);
	CHECK_ROWS(min, 1, IS("before", 2));
	CHECK_ROWS(has, 1, IS("kind", "pool"));
	CHECK_ROWS(has, 1);
	CHECK_ROWS(java, 4, IS("language", "java"));
	CHECK_ROWS(java, 4);
}

static void own(const char *name, const char *program, const char *language, long least, const char *description)
{
	struct job *job = interpreter_seen(name, program, "ugc", "language,description");

	CHECK_BETWEEN(least, rows(job, IS("language", language), IS("description", description)), 1000);
	CHECK_NO_LOSS(job);
}

TEST(ugc, "this machine's Python tells of each collection and what it found")
{
	own("/usr/bin/python3",
	    program_text("gc.py", "import gc, sys\ngc.disable()\ngc.collect()\nprint(1, flush=True)\nsys.stdin.readline()\n"
			     "for i in range(5):\n    a = []\n    a.append(a)\n    del a\n    gc.collect(1)\n"
			     "print(2, flush=True)\nsys.stdin.readline()\n"),
	    "python", 5, "generation 1, 1 collected");
}

TEST(ugc, "this machine's Ruby tells of marking")
{
	own("ruby", program_text("gc.rb", "$stdout.sync = true\nputs 1\n$stdin.gets\n5.times { GC.start }\nputs 2\n$stdin.gets\n"), "ruby", 5,
	    "mark");
}

TEST(ugc, "this machine's Node.js, which has no markers, is seen by a function")
{
	own("node",
	    program_text("gc.js", "console.log(1); process.stdin.once('data', () => { require('v8').setFlagsFromString('--expose-gc');\n"
			     "for (let i = 0; i < 3; i++) require('vm').runInNewContext('gc')(); console.log(2);\n"
			     "process.stdin.once('data', () => process.exit(0)); });\n"),
	    "node", 3, "mark and compact");
}
