// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.h"
#include "mem/slabratetop.h"
#include "mem/slabratetop.skel.h"

#define ROW struct slabratetop_row

static const struct column columns[] = {
	COL("cache", ROW, value.name, -32, "slab cache; one of those that the kernel has merged into it"),
	COL("allocs", ROW, value.count, 12, "objects that were allocated"),
	COL("bytes", ROW, value.bytes, 14, "how much they are together"),
	COL("size", ROW, value.size, 8, "of an object, as in /proc/slabinfo", HIDDEN),
	{}
};

static const struct example examples[] = {
	{ "", "the caches from which the kernel allocates most, on the screen, every second" },
	{ "--sort bytes -r 10 5", "the ten that give most bytes, every five seconds" },
	{ "-p 181 -d 10", "what a process has the kernel allocate" },
	{}
};

TOOL(slabratetop,
	.summary  = "the kernel's slab caches by how much is allocated from them",
	.about    = "Objects that are allocated from caches made for one kind of object; filters look at the task in whose "
		    "context it happens. On a terminal it works as top does: q quits, p pauses, s sorts by the next column, "
		    "r turns the order, the space bar shows the next interval at once.",
	.cost     = "One look-up for each allocation from such a cache.",
	.caveats  = "kmalloc() and allocations in bulk are not counted; before 6.1, where the cache isn't an argument of the "
		    "tracepoint, those of kmem_cache_alloc() only. What is freed isn't subtracted.",
	.examples = examples, .columns = columns,
	.table    = ROWS("caches", ROW, "allocs", .screen = true, .adds = 2 * sizeof(__u64)));
