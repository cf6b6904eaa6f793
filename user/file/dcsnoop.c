// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.h"
#include "file/dcsnoop.h"
#include "file/dcsnoop.skel.h"

#define EVENT struct dcsnoop_event

static bool all;

static void show_what(struct out *out, const struct column *c, const void *row)
{
	out_str(out, ((const EVENT *)row)->is_miss ? "miss" : "ref");
}

static int setup(struct run *run)
{
	if (!all)
		attach_skip("refer");
	return 0;
}

static const struct opt opts[] = {
	{ .letter = 'a', .name = "all", .value = V_BOOL, .here = &all, .shows = "what",
	  .help = "each name that is looked up, not only those that are not in the cache" },
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_OWN("what", show_what, -5, "ref: it was looked up; miss: and was not in the cache", HIDDEN),
	COL("file", EVENT, name, 0, "name: one component of a path"),
	{}
};

static const struct example examples[] = {
	{ "", "names for which a file system had to be asked" },
	{ "-a -p 181", "all names that a process looks up" },
	{}
};

TOOL(dcsnoop,
	.summary  = "trace names of paths that are not in the kernel's cache of names",
	.about    = "One line for each component of a path that had to be asked of its file system, since the cache (dcache) "
		    "didn't know whether there is such a name. With -a one for each look-up as well, before that.",
	.cost     = "Two programs for each miss, and one record; with -a one record for each name of each path, which is much.",
	.caveats  = "Names that are looked up to be made, deleted or renamed, by mkdir(2), unlink(2), rename(2) and their like, "
		    "are not shown; those of files that open(2) makes are.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup);
