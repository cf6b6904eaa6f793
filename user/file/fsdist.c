// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <linux/capability.h>
#include "lib/fs_user.h"
#include "lib/tool.h"
#include "file/fsdist.h"
#include "file/fsdist.skel.h"

#define KEY struct fsdist_key

static void show_call(struct out *out, const struct column *c, const void *row)
{
	out_str(out, fs_call_name(((const KEY *)row)->call));
}

static int setup(struct run *run)
{
	struct fsdist_bpf__rodata *rodata = run->rodata;

	return fs_setup(run, (__u64 *)rodata->fs_tables, (__u32 *)&rodata->fs_getattr_args, 0);
}

static const struct opt opts[] = {
	OPT_FS,
	OPT_UNIT('m', "milliseconds", fsdist, unit, MSEC, "in milliseconds; microseconds otherwise"),
	{}
};

static const struct column columns[] = {
	COL_OWN("call", show_call, -7, "read, write, open, fsync, getattr (stat(2) and its like), or NFS's commit"),
	{}
};

static const struct example examples[] = {
	{ "-d 10", "how long calls take on the file system that the current folder is on" },
	{ "--fs btrfs 1 5", "on Btrfs, every second, five times" },
	{ "--fs nfs -m -p 181", "one process on NFS, in milliseconds" },
	{}
};

TOOL(fsdist,
	.summary  = "how long calls into a type of file system take, as histograms",
	.about    = "A histogram for each of read, write, open, fsync and getattr of files: with waits for the disk and for "
		    "locks, without what lies above the file system. Any type of file system: its functions are read from its "
		    "tables in the kernel; -v names them. On NFS also what the client asks the server to commit to its disk.",
	.cost     = "Two programs, an entry of a map and a counter for each such call.",
	.caveats  = "Calls that the file system leaves to functions that it has no table for, what a mapping reads and "
		    "writes, and io_uring's that go on later are not in the times. The attributes of files whose type of file "
		    "system has no function of its own for them are not seen.",
	.aliases  = fs_dist_aliases, .examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = fs_attach,
	.caps     = 1ULL << CAP_SYSLOG,
	.table    = HISTS("hists", KEY, "usecs", DIVIDE(fsdist, unit), .keyed = true));
