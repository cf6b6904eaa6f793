// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/language_user.h"
#include "app/uflow.h"
#include "app/uflow.skel.h"

#define EVENT struct uflow_event

static const struct opt opts[] = {
	OPT_LANGUAGE('l'),
	OPT('C', "class", "PREFIX", uflow, class_prefix, "only methods of classes, or functions of files, that begin so"),
	OPT('M', "method", "PREFIX", uflow, method_prefix, "only methods that begin so"),
	{}
};

static void show_flow(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (out_is_text(out))
		out_printf(out, "%*s%s ", 2 * (int)(e->depth < 64 ? e->depth : 64), "", e->returns ? "<-" : "->");
	language_show_method(out, c, row);
}

static const struct column columns[] = {
	COL_ORIGIN_AS(EVENT, true),
	COL_LANGUAGE(EVENT, key, HIDDEN),
	COL("depth", EVENT, depth, 5, "how many calls of its thread it is in", HIDDEN),
	COL_AS(L_BOOL, "returns", EVENT, returns, -7, "it returns; else it begins", HIDDEN),
	COL("line", EVENT, line, 6, "where the function is written", HIDDEN, BLANK),
	COL_OWN("class", language_show_class, -40, "class, package, or the file that the function is in", HIDDEN, .offset = offsetof(EVENT, key)),
	COL_OWN("name", language_show_name, -24, "method or function", HIDDEN, .offset = offsetof(EVENT, key)),
	COL_OWN("method", show_flow, 0, "both, -> as it begins and <- as it returns", .offset = offsetof(EVENT, key)),
	{}
};

static int setup(struct run *run)
{
	return language_setup(run, LANGUAGE_MASK(LANGUAGE_ENTRY) | LANGUAGE_MASK(LANGUAGE_RETURN));
}

static const struct alias aliases[] = {
	{ "javaflow", "--language=java" }, { "perlflow", "--language=perl" }, { "phpflow", "--language=php" },
	{ "pythonflow", "--language=python" }, { "rubyflow", "--language=ruby" }, { "tclflow", "--language=tcl" }, {}
};

static const struct example examples[] = {
	{ "181", "what a process calls, as it does so" },
	{ "-C java/lang/Thread 181", "methods of classes whose name begins so" },
	{ "-T -M send -o +tid 181", "with time and thread, methods whose name begins so" },
	{}
};

TOOL(uflow,
	.summary  = "trace the calls of Java, Perl, PHP, Python, Ruby and Tcl, indented",
	.about    = "A line as a method begins and one as it returns, by the markers (USDT) that the languages' runtimes have, indented by "
		    "how many calls of its thread it is in. With --class or --method only those calls count that are shown.",
	.cost     = "Two probes and two events for each call.",
	.caveats  = LANGUAGE_CAVEATS " Calls that were left without a word of it, or began before the tool, make the indentation wrong.",
	.aliases  = aliases, .examples = examples, .opts = opts, .columns = columns, .first = language_first, .setup = setup,
	.attach   = language_attach, .caps = POINTS_CAPS, .args = LANGUAGE_ARGS, .state = "language_threads");
