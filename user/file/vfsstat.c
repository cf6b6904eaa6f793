// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.h"
#include "file/vfsstat.h"
#include "file/vfsstat.skel.h"

#define ROW struct vfsstat_row

static bool per_second;

static void show_calls(struct out *out, const struct column *c, const void *row)
{
	__u64 calls = *(const __u64 *)((const char *)row + c->offset), ns = table_interval();

	if (per_second)
		out_fixed(out, ns ? (__u64)((double)calls * 10 * SEC_ / ns) : 0, 10, 1);
	else
		out_u64(out, calls);
}

static const struct opt opts[] = {
	{ .letter = 'R', .name = "rate", .value = V_BOOL, .here = &per_second, .help = "calls per second" },
	{}
};

#define CALLS(name, call, what)	\
	COL_OWN(name, show_calls, 8, what, .bare_json = true, .offset = offsetof(ROW, value.calls[call]))

static const struct column columns[] = {
	CALLS("read", VFS_READ, "reads"),
	CALLS("write", VFS_WRITE, "writes"),
	CALLS("fsync", VFS_FSYNC, "files that were to be written to their disk"),
	CALLS("open", VFS_OPEN, "files that were opened"),
	CALLS("create", VFS_CREATE, "files that were made, by open(2) too"),
	CALLS("unlink", VFS_UNLINK, "names of files that were to be deleted"),
	CALLS("mkdir", VFS_MKDIR, "folders that were to be made"),
	CALLS("rmdir", VFS_RMDIR, "folders that were to be deleted"),
	{}
};

static const struct example examples[] = {
	{ "1", "what is asked of all file systems, second by second" },
	{ "-R 10", "in calls per second, every ten seconds" },
	{ "-p 181 -d 60", "one process, during a minute" },
	{}
};

TOOL(vfsstat,
	.summary  = "count what is asked of file systems: reads, writes, opens and so on",
	.about    = "Calls of the kernel's own functions, vfs_read() and so on, whoever makes them: system calls, nfsd, "
		    "loop devices.",
	.cost     = "One counter for each call.",
	.caveats  = "readv(2), writev(2), io_uring and splice(2) have ways of their own past vfs_read() and vfs_write(), "
		    "and are not counted, nor is what is read and written through mappings.",
	.optional = "fsync fsynced vfs done",
	.examples = examples, .opts = opts, .columns = columns,
	.table    = ROWS("calls", ROW, NULL, .per_cpu = 1, .idle = true));
