// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.h"
#include "file/dcstat.h"
#include "file/dcstat.skel.h"

#define ROW struct dcstat_row

static void show_hits(struct out *out, const struct column *c, const void *row)
{
	const struct dcstat_value *v = &((const ROW *)row)->value;

	if (v->references)
		out_fixed(out, v->misses < v->references ? (v->references - v->misses) * 1000 / v->references : 0, 10, 1);
	else
		out_nothing(out);
}

static const struct column columns[] = {
	COL("refs", ROW, value.references, 12, "names in paths that were looked up"),
	COL("slow", ROW, value.slow, 12, "searches by d_lookup(): for names to be made, deleted or renamed, and by file systems"),
	COL("misses", ROW, value.misses, 12, "names that were not in the cache, for which the file system was asked"),
	COL_OWN("hit_pct", show_hits, 7, "of names looked up, how many were in the cache, in percent", .bare_json = true),
	{}
};

static const struct example examples[] = {
	{ "1", "how many names are looked up, and how many are not known yet, second by second" },
	{ "-p 181 -d 60", "one process, during a minute" },
	{}
};

TOOL(dcstat,
	.summary  = "how many names in paths are in the cache of names",
	.about    = "Each component of a path is one look-up; of one that is not in the cache (dcache) the file system is "
		    "asked. A name that is known not to be there is a hit, too.",
	.cost     = "One counter for each name of each path that is opened, asked for and so on: they are many.",
	.caveats  = "Names that are looked up to be made, deleted or renamed, by mkdir(2), unlink(2), rename(2) and their like, "
		    "are not among them; those of files that open(2) makes are, as misses.",
	.examples = examples, .columns = columns,
	.table    = ROWS("counts", ROW, NULL, .per_cpu = 1, .idle = true));
