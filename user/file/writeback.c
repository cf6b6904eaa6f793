// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include "lib/btf.h"
#include "lib/tool.h"
#include "file/writeback.h"
#include "file/writeback.skel.h"

#define EVENT struct writeback_event

static struct btf_value reasons[64];
static int n_reasons;

/* Which number stands for which reason changes from kernel to kernel, so this one's own types tell. */
static int setup(struct run *run)
{
	struct btf_types *types;

	if (!btf_open(&types, run->btf))
		n_reasons = btf_enum_names(types, "wb_reason", reasons, 64);
	n_reasons = n_reasons > 64 ? 64 : n_reasons;
	return 0;
}

/* WB_REASON_FS_FREE_SPACE as fs_free_space */
static void show_reason(struct out *out, const struct column *c, const void *row)
{
	__u32 reason = ((const EVENT *)row)->reason;
	char text[64];
	int i, n;

	for (i = 0; i < n_reasons && reasons[i].value != reason; i++)
		;
	if (i >= n_reasons || strncmp(reasons[i].name, "WB_REASON_", 10)) {
		out_u64(out, reason);
		return;
	}
	for (n = 0; n < 63 && reasons[i].name[10 + n]; n++)
		text[n] = tolower((unsigned char)reasons[i].name[10 + n]);
	text[n] = 0;
	out_str(out, text);
}

static void show_asked(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->asked > 1LL << 48)
		out_nothing(out);
	else
		out_s64(out, e->asked);
}

static const struct opt opts[] = {
	OPT_TIME('m', "min", "TIME", writeback, min, MSEC, "only passes that took so long (1: a millisecond)"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL("device", EVENT, device, -12, "backing device, as the kernel calls it: 8:0 is a disk, btrfs-1 a file system"),
	COL_AS(L_DEV, "filesystem", EVENT, dev, -10, "the file system that it was for; none: all on that device", HIDDEN),
	COL_OWN("asked", show_asked, 10, "pages that were to be written; none: all", HIDDEN, .bare_json = true),
	COL("pages", EVENT, pages, 8, "pages that were written"),
	COL_OWN("reason", show_reason, -14, "why"),
	COL_NSEC("duration", "ms", EVENT, duration, 12, "how long it took"),
	{}
};

static const struct example examples[] = {
	{ "", "the passes in which dirty pages are written, and why" },
	{ "-T -m 100", "those that took 100 ms and more, with the time" },
	{}
};

TOOL(writeback,
	.summary  = "trace the passes in which the kernel writes dirty pages back",
	.about    = "One line for each pass of a writeback thread over what is dirty on a device: periodic, in the background "
		    "because too much is dirty, for sync(2), and so on. A large work is done in several passes.",
	.cost     = "Two tracepoints a pass.",
	.caveats  = "The time is what it takes to hand the pages to the device, mostly not until they are there. What fsync(2) "
		    "writes, it writes by itself.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup);
