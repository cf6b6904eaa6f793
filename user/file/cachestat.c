// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>
#include "lib/page_cache_user.h"
#include "lib/tool.h"
#include "file/cachestat.h"
#include "file/cachestat.skel.h"

#define ROW struct cachestat_row

static void show_meminfo(struct out *out, const char *key)
{
	FILE *f = fopen("/proc/meminfo", "re");
	char line[128], name[64];
	unsigned long long kb;
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%63[^:]: %llu", name, &kb) == 2 && !strcmp(name, key);
	if (f)
		fclose(f);
	if (found)
		out_u64(out, kb / 1024);
	else
		out_nothing(out);
}

static void show_buffers(struct out *out, const struct column *c, const void *row)
{
	show_meminfo(out, "Buffers");
}

static void show_cached(struct out *out, const struct column *c, const void *row)
{
	show_meminfo(out, "Cached");
}

static const struct column columns[] = {
	PAGE_CACHE_COLUMNS(ROW, value),
	COL_OWN("buffers_mb", show_buffers, 10, "the cache of block devices now, in MiB", .bare_json = true),
	COL_OWN("cached_mb", show_cached, 9, "the cache of files now, in MiB", .bare_json = true),
	{}
};

static const struct example examples[] = {
	{ "1", "how much of what is read comes from memory, second by second" },
	{ "-p 181 -d 60", "one process, during a minute" },
	{ "-o +written,added -c system.slice 10", "writes as well, of a cgroup" },
	{}
};

static int setup(struct run *run)
{
	struct cachestat_bpf__rodata *rodata = run->rodata;

	return page_cache_setup(run, (bool *)&rodata->knows_regs, (__u32 *)&rodata->file_type);
}

TOOL(cachestat,
	.summary  = "how much of what programs read comes from the page cache",
	.about    = "Pages of files that were read by read(2) and its like, pages that had to be brought into the cache for that, "
		    "and what is brought in otherwise or becomes dirty. hits are the pages read less those brought in.",
	.cost     = PAGE_CACHE_COST,
	.caveats  = PAGE_CACHE_CAVEATS,
	.examples = examples, .columns = columns, .setup = setup,
	.table    = ROWS("counts", ROW, NULL, .per_cpu = 1, .idle = true));
