// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/page_cache_user.h"
#include "lib/tool.h"
#include "file/cachetop.h"
#include "file/cachetop.skel.h"

#define ROW struct cachetop_row

static const struct column columns[] = {
	COL("pid", ROW, key.pid, 7, "process id"),
	COL_AS(L_USER, "user", ROW, key.uid, -8, "user name"),
	COL("uid", ROW, key.uid, 6, "user id", HIDDEN),
	COL("comm", ROW, value.comm, -16, "command name"),
	PAGE_CACHE_COLUMNS(ROW, value.counts),
	COL_OWN("write_hit_pct", page_cache_write_ratio, 13, "of pages written, how many were there, in percent", HIDDEN,
		.bare_json = true, .offset = offsetof(ROW, value.counts)),
	{}
};

static const struct example examples[] = {
	{ "", "who reads most through the page cache, on the screen, every second" },
	{ "--sort misses -r 10 5", "the ten who bring in most, every five seconds" },
	{ "-p 181 -d 60 -o +write_hit_pct", "one process, during a minute" },
	{}
};

static int setup(struct run *run)
{
	struct cachetop_bpf__rodata *rodata = run->rodata;

	return page_cache_setup(run, (bool *)&rodata->knows_regs, (__u32 *)&rodata->file_type);
}

TOOL(cachetop,
	.summary  = "who reads through the page cache, and how much of it was there",
	.about    = "Pages of files that were read by read(2) and its like, pages that had to be brought into the cache for that, "
		    "and what is brought in otherwise or becomes dirty, by process. hits are the pages read less those brought in. "
		    "On a terminal it works as top does: q quits, p pauses, s sorts by the next column, r turns the order.",
	.cost     = PAGE_CACHE_COST,
	.caveats  = PAGE_CACHE_CAVEATS " What one process has brought in, another may read.",
	.examples = examples, .columns = columns, .setup = setup,
	.table    = ROWS("processes", ROW, "read", .screen = true, .adds = sizeof(struct page_cache_counts)));
