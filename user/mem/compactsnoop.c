// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include "lib/btf.h"
#include "lib/tool.h"
#include "mem/compactsnoop.h"
#include "mem/compactsnoop.skel.h"

#define EVENT struct compactsnoop_event

static struct btf_value results[32];
static int n_results;

/* Which number stands for which result changes from kernel to kernel, so this one's own types tell. */
static int setup(struct run *run)
{
	struct btf_types *types;

	if (!btf_open(&types, run->btf))
		n_results = btf_enum_names(types, "compact_result", results, 32);
	n_results = n_results > 32 ? 32 : n_results;
	return 0;
}

/* COMPACT_PARTIAL_SKIPPED as partial_skipped; some numbers have two names, of which the first is taken. */
static void show_status(struct out *out, const struct column *c, const void *row)
{
	__s32 status = ((const EVENT *)row)->status;
	char text[48];
	int i, n;

	for (i = 0; i < n_results && results[i].value != status; i++)
		;
	if (i >= n_results || strncmp(results[i].name, "COMPACT_", 8)) {
		out_s64(out, status);
		return;
	}
	for (n = 0; n < 47 && results[i].name[8 + n]; n++)
		text[n] = tolower((unsigned char)results[i].name[8 + n]);
	text[n] = 0;
	out_str(out, text);
}

static void show_mode(struct out *out, const struct column *c, const void *row)
{
	out_str(out, ((const EVENT *)row)->is_sync ? "sync" : "async");
}

static const struct opt opts[] = {
	OPT_TIME('m', "min", "TIME", compactsnoop, min, MSEC, "only what took so long (1: a millisecond)"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL("node", EVENT, node, 4, "NUMA node"),
	COL("zone", EVENT, zone, -8, "zone of its memory"),
	COL("order", EVENT, order, 5, "2 to the power of this pages were wanted at a time; -1: as many as can be"),
	COL_OWN("mode", show_mode, -5, "sync: it may wait for pages that are being written or locked; async: it may not"),
	COL_NSEC("latency", "ms", EVENT, duration, 11, "how long it took"),
	COL_OWN("status", show_status, 0, "how it ended"),
	{}
};

static const struct example examples[] = {
	{ "", "who compacts memory, for how long, and with what success" },
	{ "-T -m 10 -n 'java*'", "where Java had to for 10 ms and more, with the time" },
	{}
};

TOOL(compactsnoop,
	.summary  = "trace memory compaction: who moves pages to get larger blocks",
	.about    = "One line for each time that a zone was compacted, as it ends: by tasks that want a block of pages that "
		    "isn't there, by the kernel's kcompactd, or because somebody has written to "
		    "/proc/sys/vm/compact_memory.",
	.cost     = "Two tracepoints for each compaction of a zone, and one for each block of pages that it goes over.",
	.caveats  = "What the kernel finds not worth trying, or defers, begins no compaction and isn't shown.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup);
