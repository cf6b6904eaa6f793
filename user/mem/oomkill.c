// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdio.h>
#include "lib/tool.h"
#include "mem/oomkill.h"
#include "mem/oomkill.skel.h"

#define EVENT struct oomkill_event

static void show_pages(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->pages)
		out_u64(out, e->pages);
	else
		out_nothing(out);
}

static void show_limit(struct out *out, const struct column *c, const void *row)
{
	switch (((const EVENT *)row)->is_cgroup) {
	case 0: out_str(out, "machine"); break;
	case 1: out_str(out, "cgroup"); break;
	default: out_nothing(out);
	}
}

/* The load is that of the moment in which the line is written, a fraction of a second later. */
static void show_load(struct out *out, const struct column *c, const void *row)
{
	FILE *f = fopen("/proc/loadavg", "re");
	char line[64] = "";
	int end = 0;

	if (f && fgets(line, sizeof(line), f) && sscanf(line, "%*s %*s %*s%n", &end) >= 0 && end)
		out_bytes(out, line, end);
	else
		out_nothing(out);
	if (f)
		fclose(f);
}

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL("victim", EVENT, victim, 7, "process id of who is killed"),
	COL("victim_comm", EVENT, victim_comm, -16, "its name"),
	COL("victim_uid", EVENT, victim_uid, 10, "its user id", HIDDEN),
	COL("score_adj", EVENT, score, 9, "its oom_score_adj", HIDDEN),
	COL_OWN("limit", show_limit, -7, "whose memory was used up: machine or cgroup; where the kernel's function can be probed"),
	COL_OWN("pages", show_pages, 9, "how many pages there are to be used; where the kernel's function can be probed",
		.bare_json = true),
	COL_OWN("load", show_load, -14, "load averages"),
	{}
};

static const struct example examples[] = {
	{ "", "who is killed for want of memory, and who wanted it" },
	{ "-T -o +victim_uid,score_adj", "with the time, and the victim's user and score" },
	{}
};

TOOL(oomkill,
	.summary  = "trace processes that are killed for want of memory",
	.about    = "One line for each victim of the kernel's OOM killer, as it is chosen. pid and comm are of the process "
		    "whose need for memory led to it, which is not always the one that used it up.",
	.cost     = "Nothing until it happens.",
	.caveats  = "By the kernel's function, one line is shown for a cgroup with memory.oom.group, though all of its "
		    "processes are killed; by the tracepoint, one for each.",
	.examples = examples, .columns = columns);
