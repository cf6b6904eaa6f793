// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.h"
#include "block/mdflush.h"
#include "block/mdflush.skel.h"

#define EVENT struct mdflush_event

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL("bytes", EVENT, bytes, 8, "what is written with it; 0: it is but a flush"),
	COL_AS(L_DEV, "disk", EVENT, disk, -10, "the array"),
	{}
};

static const struct example examples[] = {
	{ "", "who makes md arrays flush their disks, time by time" },
	{ "-d 60 -o time,comm,disk", "during a minute" },
	{}
};

TOOL(mdflush,
	.summary  = "trace flushes of md arrays (software RAID)",
	.about    = "One line for each request to flush that an md array gets, for which it makes all of its disks write what they hold in "
		    "their caches: of fsync(2), of a journal, of direct writes that are to be safe.",
	.cost     = "One probe for each flush, and a record in the ring buffer.",
	.caveats  = "The process is the one that made the request, which for a file system's journal is a thread of the kernel. md is a "
		    "module on most machines, and must be loaded when the tool starts.",
	.examples = examples, .columns = columns);
