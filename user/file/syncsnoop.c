// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/path_user.h"
#include "lib/tool.h"
#include "file/syncsnoop.h"
#include "file/syncsnoop.skel.h"

#define EVENT struct syncsnoop_event

static void show_file(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->has_file)
		path_write(out, e->names, e->names_len, e->cut);
	else
		out_nothing(out);
}

static int setup(struct run *run)
{
	struct syncsnoop_bpf__rodata *rodata = run->rodata;

	return rodata->want_file ? path_setup(run, (struct path_offsets *)&rodata->path_offsets) : 0;
}

static const struct opt opts[] = {
	OPT('x', "failed", NULL, syncsnoop, failed_only, "only calls that failed"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_AS(L_SYSCALL, "call", EVENT, call, -15, "system call; /32 where it is one of a 32-bit program"),
	COL_AS(L_ERRNO, "error", EVENT, ret, -8, "why it failed"),
	COL_AS(L_FD, "fd", EVENT, fd, 4, "descriptor"),
	COL_OWN("file", show_file, 0, "full path of the file; of syncfs(2), the one that stands for its file system",
		NEEDS(syncsnoop, want_file)),
	{}
};

static const struct example examples[] = {
	{ "", "who waits for what to be written, and to which file" },
	{ "-T -n 'postgres*'", "the syncs of a database, with the time" },
	{ "-j -o time,pid,call", "as JSON; without paths it costs less" },
	{}
};

TOOL(syncsnoop,
	.summary  = "trace calls that force data to be written",
	.about    = "One line for each sync(2), fsync(2), fdatasync(2), syncfs(2), msync(2) or sync_file_range(2) that "
		    "returned, of 64-bit and 32-bit programs.",
	.cost     = "One raw tracepoint at the return of each system call, which reads its number, and for these calls "
		    "one record in the ring buffer.",
	.caveats  = "A call that still waits is shown when it returns. Writes that are synchronous by O_SYNC or RWF_SYNC, "
		    "and what is asked through io_uring, are not seen.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup);
