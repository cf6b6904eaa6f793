// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.h"
#include "mem/numamove.h"
#include "mem/numamove.skel.h"

#define ROW struct numamove_row

static const struct column columns[] = {
	COL("pid", ROW, pid, 7, "process whose access moved them"),
	COL("comm", ROW, value.comm, -16, "command name"),
	COL("moves", ROW, value.moves, 9, "how often it was tried"),
	COL("pages", ROW, value.pages, 9, "pages that were moved"),
	COL("failed", ROW, value.failed, 9, "pages that could not be moved"),
	COL_NSEC("time", "ms", ROW, value.ns, 11, "how long that took, added up", BLANK),
	COL_AVERAGE(ROW, value.ns, 9, "of a move, average", BLANK),
	{}
};

static const struct example examples[] = {
	{ "1", "whose memory the kernel moves to the node that it is used from, second by second" },
	{ "-p 181 -d 60", "of one process, during a minute" },
	{}
};

TOOL(numamove,
	.summary  = "pages that NUMA balancing moves between nodes, by process",
	.about    = "With kernel.numa_balancing a page that is used from another node than it is on is moved there, while the access "
		    "waits. One row for each process that it happens to. All pages together are what numa_pages_migrated "
		    "in /proc/vmstat counts.",
	.cost     = "Two tracepoints for each move, with three look-ups.",
	.caveats  = "Pages that programs move themselves (mbind(2), move_pages(2)), and those that compaction or hotplug move, are left "
		    "out. Before 5.17 the time is known only where the kernel has probes; before 5.13 huge pages are moved without "
		    "being seen.",
	.optional = "begin",
	.examples = examples, .columns = columns,
	.table    = ROWS("rows", ROW, "pages", .adds = offsetof(struct numamove_value, comm)));
