// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.h"
#include "file/readahead.h"
#include "file/readahead.skel.h"

#define ROW struct readahead_row

static void show_age(struct out *out, const struct column *c, const void *row)
{
	const struct readahead_value *value = &((const ROW *)row)->value;

	if (value->folios)
		out_fixed(out, value->age / value->folios, MSEC, 3);
	else
		out_nothing(out);
}

static bool row(struct run *run, void *row)
{
	ROW *r = row;

	r->unused = r->value.read > r->value.used ? r->value.read - r->value.used : 0;
	return true;
}

static const struct table hists = HISTS("hists", __u32, "msecs");

static int setup(struct run *run)
{
	const struct readahead_bpf__rodata *rodata = run->rodata;

	if (rodata->dist)
		run->table = &hists;
	return 0;
}

static const struct opt opts[] = {
	OPT('D', "dist", NULL, readahead, dist, "a histogram of how old pages are when they are first used, in milliseconds"),
	{}
};

static const struct column columns[] = {
	COL("pid", ROW, pid, 7, "process id of who read ahead"),
	COL("comm", ROW, value.comm, -16, "command name"),
	COL("read", ROW, value.read, 9, "pages that were read ahead"),
	COL("used", ROW, value.used, 9, "pages of them that were used, by whomever"),
	COL("unused", ROW, unused, 9, "pages that were read ahead less those that were used"),
	COL("dropped", ROW, value.dropped, 9, "pages that left the page cache unused"),
	COL_OWN("age", show_age, 10, "how long ago they were read when they were first used: average, in milliseconds",
		.bare_json = true),
	{}
};

static const struct example examples[] = {
	{ "-d 60", "how much of what is read ahead in a minute is used in it, by process" },
	{ "-D -d 60", "how long pages wait for their use" },
	{ "-n postgres 5", "of one program, every five seconds" },
	{}
};

TOOL(readahead,
	.summary  = "how much of what is read ahead is used, and after how long",
	.about    = "Pages that the kernel brings into the page cache with the calls that read ahead, and which of them are used by "
		    "read(2) and its like, or leave the cache without. What a read asks for itself comes in the same calls, so it "
		    "is counted as well, and used at once.",
	.cost     = "A probe for each readahead, each use of a page of the page cache, and a tracepoint for each page that is added "
		    "or removed, with one look-up; for what is read ahead an entry of a map.",
	.caveats  = "Pages that are used through mappings count as used when they are unmapped only, if at all. A folio of several pages "
		    "is used as a whole. Of 32,768 folios that wait the oldest is forgotten, and stays unused. Over short "
		    "intervals pages are read in one and used in another: unused is 0 where more were used than read. File "
		    "systems that read ahead without the kernel's common functions are not seen.",
	.optional = "page_cache_ra_order",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .hists = &hists,
	.table    = ROWS("rows", ROW, "read", .adds = offsetof(struct readahead_value, comm), .row = row));
