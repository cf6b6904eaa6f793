// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>
#include "lib/language_user.h"
#include "app/ugc.h"
#include "app/ugc.skel.h"

#define EVENT struct ugc_event

static const char *filter;	/* -F */

static const struct opt opts[] = {
	OPT_LANGUAGE('l'),
	OPT_TIME('M', "min", "TIME", ugc, shortest, MSEC, "only those that took at least that long; a bare number is milliseconds"),
	{ .letter = 'F', .name = "filter", .arg = "TEXT", .value = V_CHARS, .here = &filter, .help = "only those whose description has that text" },
	{}
};

/* enum GarbageCollector and the kinds of node's marker. */
static const char *const collectors[] = { "scavenge", "mark and compact", "minor mark and compact" };
static const struct { int bit; const char *name; } types[] = {
	{ 1, "scavenge" }, { 2, "minor mark and compact" }, { 4, "mark, sweep and compact" }, { 8, "incremental marking" }, { 16, "weak callbacks" },
};

static void describe(const EVENT *e, char *text, size_t size)
{
	const struct language_way *way = language_way(e->key.way);
	bool node = !strcmp(way->language, "node");
	size_t at = 0;

	if (!strcmp(way->kind, "generation"))
		snprintf(text, size, "generation %lld, %lld collected", (long long)e->before, (long long)e->after);
	else if (!strcmp(way->kind, "pool"))
		snprintf(text, size, "%.*s: %.*s, %lld bytes less", LANGUAGE_CLASS, e->key.class, LANGUAGE_NAME, e->key.name,
			 (long long)(e->before - e->after));
	else if (!strcmp(way->kind, "collector"))
		snprintf(text, size, "%s", e->before >= 0 && e->before < 3 ? collectors[e->before] : "collection");
	else if (node)
		for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
			at += e->before & types[i].bit ? snprintf(text + at, size - at, "%s%s", at ? ", " : "", types[i].name) : 0;
	else if (!strcmp(way->kind, "collection"))
		snprintf(text, size, "%s", e->before ? "full collection" : "collection");
	else
		snprintf(text, size, "%s", way->kind);
}

static void show_description(struct out *out, const struct column *c, const void *row)
{
	char text[512] = "";

	describe(row, text, sizeof(text));
	out_bytes(out, text, strlen(text));
}

static void show_kind(struct out *out, const struct column *c, const void *row)
{
	out_str(out, language_way(((const EVENT *)row)->key.way)->kind);
}

static void show_by(struct out *out, const struct column *c, const void *row)
{
	out_str(out, language_way(((const EVENT *)row)->key.way)->marker ? "marker" : "function");
}

static bool event(struct run *run, void *event, size_t size)
{
	char text[512] = "";

	if (!filter)
		return true;
	describe(event, text, sizeof(text));
	return strstr(text, filter);
}

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_LANGUAGE(EVENT, key),
	COL_NSEC("latency", "ms", EVENT, took, 11, "from its beginning to its end"),
	COL_OWN("kind", show_kind, -10, "what the runtime calls it: collection, pool, generation, mark, sweep, collector", HIDDEN),
	COL("before", EVENT, before, 12, "what the runtime said as it began: the generation, is it full, bytes in use", HIDDEN),
	COL("after", EVENT, after, 12, "... as it ended: objects collected, bytes in use", HIDDEN),
	COL_OWN("by", show_by, -8, "seen by a marker (USDT) or by a function", HIDDEN),
	COL_OWN("description", show_description, 0, "what the runtime says of it"),
	{}
};

static int setup(struct run *run)
{
	return language_setup(run, LANGUAGE_MASK(LANGUAGE_GC_BEGIN) | LANGUAGE_MASK(LANGUAGE_GC_END));
}

static const struct alias aliases[] = {
	{ "javagc", "--language=java" }, { "nodegc", "--language=node" }, { "pythongc", "--language=python" }, { "rubygc", "--language=ruby" }, {}
};

static const struct example examples[] = {
	{ "", "collections of garbage of all programs of these languages" },
	{ "-M 10 181", "those of one process that take ten milliseconds or more" },
	{ "-l java -F pool", "those of Java whose description has that word" },
	{}
};

TOOL(ugc,
	.summary  = "trace collections of garbage of Java, Node.js, Python and Ruby",
	.about    = "A row for each as it ends, by the markers (USDT) of the runtimes. Where Python has none, by its function "
		    "gc_collect_main(), and of Node.js by the function Heap::PerformGarbageCollection() of V8, if their symbols are there. "
		    "Which of them it is the column 'by' tells. Collections in one another are told apart.",
	.cost     = "Two probes for each collection.",
	.caveats  = "What Java does beside its threads, which its markers don't tell of, is not shown. Debian's Java, Python and Ruby have "
		    "markers, its Node.js has symbols.",
	.aliases  = aliases, .examples = examples, .opts = opts, .columns = columns, .first = language_first, .setup = setup, .event = event,
	.attach   = language_attach, .caps = POINTS_CAPS, .args = LANGUAGE_ARGS, .state = "language_threads");
