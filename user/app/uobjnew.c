// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/language_user.h"
#include "app/uobjnew.h"
#include "app/uobjnew.skel.h"

#define ROW struct uobjnew_row

ROW {
	struct language_key key;
	struct uobjnew_value value;
};

static const struct opt opts[] = {
	OPT_LANGUAGE('l'),
	OPT('S', "sizes", NULL, uobjnew, by_size, "each size for itself", .shows = "size"),
	{}
};

static bool has_size(const ROW *r)
{
	return language_way(r->key.way)->number;
}

static void show_bytes(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	if (has_size(r))
		out_u64(out, r->value.bytes);
	else
		out_nothing(out);
}

static void show_size(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	if (has_size(r))
		out_u64(out, r->key.number);
	else
		out_nothing(out);
}

static void show_type(struct out *out, const struct column *c, const void *row)
{
	const struct language_way *way = language_way(((const ROW *)row)->key.way);

	if (way->kind)
		out_str(out, way->kind);
	else
		language_show_class(out, c, row);
}

static const struct column columns[] = {
	COL("pid", ROW, key.pid, 7, "process id"),
	COL_LANGUAGE(ROW, key, HIDDEN),
	COL("count", ROW, value.count, 10, "objects"),
	COL_OWN("bytes", show_bytes, 12, "what they take, where the runtime tells", .bare_json = true),
	COL_OWN("size", show_size, 10, "what each of them takes", HIDDEN, .bare_json = true),
	COL_OWN("type", show_type, 0, "their class; of C, the function that was called"),
	{}
};

static int setup(struct run *run)
{
	return language_setup(run, LANGUAGE_MASK(LANGUAGE_NEW));
}

static const struct alias aliases[] = {
	{ "cobjnew", "--language=c" }, { "javaobjnew", "--language=java" }, { "rubyobjnew", "--language=ruby" },
	{ "tclobjnew", "--language=tcl" }, {}
};

static const struct example examples[] = {
	{ "-d 10 181", "which objects a process makes, during ten seconds" },
	{ "-l c -S --sort bytes 181", "which sizes of memory a process asks for" },
	{ "-l ruby -r 10 -i 1", "the ten classes of all Ruby programs that most objects are made of, second by second" },
	{}
};

TOOL(uobjnew,
	.summary  = "objects that Java, Ruby and Tcl make, and memory that C asks for",
	.about    = "Objects as they are made, by the markers (USDT) of the runtimes; of C and what is built on it, calls of malloc(), calloc() "
		    "and realloc(). Processes without a runtime that tells of objects are seen as those of C.",
	.cost     = "A probe for each object.",
	.caveats  = "Java tells of objects only if it was started with -XX:+ExtendedDTraceProbes, and Java 17 gives no "
		    "length for most of them: their bytes are not to be trusted. Ruby tells how long a String is, and not what "
		    "other objects take. Debian's Java and Ruby have markers, its Tcl has none.",
	.aliases  = aliases, .examples = examples, .opts = opts, .columns = columns, .first = language_first, .setup = setup,
	.attach   = language_attach, .caps = POINTS_CAPS, .args = LANGUAGE_ARGS, .state = "language_threads",
	.table    = ROWS("objects", ROW, "count"));
