// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/language_user.h"
#include "app/ustat.h"
#include "app/ustat.skel.h"

#define ROW struct ustat_row

ROW {
	__u32 pid, pad;
	struct ustat_value value;
};

static const struct opt opts[] = {
	OPT_LANGUAGE('l'),
	{}
};

static void show_language(struct out *out, const struct column *c, const void *row)
{
	out_str(out, language_way(((const ROW *)row)->value.way)->language);
}

#define COL_RATE(k, m, w, h) COL_OWN(k, out_rate, w, h ", a second", .offset = offsetof(ROW, value.m), .bare_json = true)

static const struct column columns[] = {
	COL("pid", ROW, pid, 7, "process id"),
	COL("comm", ROW, value.comm, -16, "command name, of the thread that was seen first"),
	COL_OWN("language", show_language, -8, "what the program is written in"),
	COL_RATE("methods", calls, 10, "calls of methods"),
	COL_RATE("gcs", collections, 8, "collections of garbage"),
	COL_RATE("objects", objects, 10, "objects made"),
	COL_RATE("classes", loads, 8, "classes, modules and files loaded"),
	COL_RATE("exceptions", exceptions, 10, "exceptions"),
	COL_RATE("threads", threads, 8, "threads started"),
	COL("method_count", ROW, value.calls, 12, "calls of methods, how many", HIDDEN),
	COL("gc_count", ROW, value.collections, 12, "collections, how many", HIDDEN),
	COL("object_count", ROW, value.objects, 12, "objects, how many", HIDDEN),
	COL("class_count", ROW, value.loads, 12, "classes loaded, how many", HIDDEN),
	COL("exception_count", ROW, value.exceptions, 12, "exceptions, how many", HIDDEN),
	COL("thread_count", ROW, value.threads, 12, "threads started, how many", HIDDEN),
	{}
};

static int setup(struct run *run)
{
	return language_setup(run, LANGUAGE_MASK(LANGUAGE_ENTRY) | LANGUAGE_MASK(LANGUAGE_GC_BEGIN) | LANGUAGE_MASK(LANGUAGE_NEW) |
				   LANGUAGE_MASK(LANGUAGE_LOAD) | LANGUAGE_MASK(LANGUAGE_RAISE) | LANGUAGE_MASK(LANGUAGE_START));
}

static const struct alias aliases[] = {
	{ "javastat", "--language=java" }, { "nodestat", "--language=node" }, { "perlstat", "--language=perl" },
	{ "phpstat", "--language=php" }, { "pythonstat", "--language=python" }, { "rubystat", "--language=ruby" },
	{ "tclstat", "--language=tcl" }, {}
};

static const struct example examples[] = {
	{ "", "what the programs of all languages do, on the screen, every second" },
	{ "-l ruby -i 5", "those of Ruby, every five seconds" },
	{ "--sort gcs -r 5 -d 10", "the five that collect garbage most often" },
	{}
};

TOOL(ustat,
	.summary  = "what programs of Java, Node.js, Perl, PHP, Python, Ruby and Tcl do",
	.about    = "How many methods they call, how often they collect garbage, how many objects they make, classes they load, exceptions "
		    "they raise and threads they start: by the markers (USDT) of their runtimes. What a runtime doesn't tell of is 0. On a "
		    "terminal it works as top does: q quits, p pauses, s sorts by the next column.",
	.cost     = "A probe at each of these events, in every program of these languages.",
	.caveats  = LANGUAGE_CAVEATS,
	.aliases  = aliases, .examples = examples, .opts = opts, .columns = columns, .first = language_first, .setup = setup,
	.attach   = language_attach, .caps = POINTS_CAPS, .args = LANGUAGE_ARGS, .state = "language_threads",
	.table    = ROWS("processes", ROW, "methods", .screen = true, .adds = 6 * sizeof(__u64)));
