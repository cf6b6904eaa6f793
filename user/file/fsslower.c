// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <linux/capability.h>
#include <string.h>
#include "lib/fs_user.h"
#include "lib/path_user.h"
#include "lib/tool.h"
#include "file/fsslower.h"
#include "file/fsslower.skel.h"

#define EVENT struct fsslower_event

static void show_call(struct out *out, const struct column *c, const void *row)
{
	out_str(out, fs_call_name(((const EVENT *)row)->call));
}

static bool moves_bytes(const EVENT *e)
{
	return e->call == FS_READ || e->call == FS_WRITE;
}

static void show_bytes(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->ret < 0 || !moves_bytes(e))
		out_nothing(out);
	else
		out_s64(out, e->ret);
}

static void show_offset(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (moves_bytes(e) || e->call == FS_FSYNC)
		out_u64(out, e->offset);
	else
		out_nothing(out);
}

static void show_path(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (*e->name)
		path_write(out, e->path, e->path_len, e->path_cut);
	else
		out_nothing(out);
}

static void show_file(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (*e->name)
		out_bytes(out, e->name, strlen(e->name));
	else
		out_nothing(out);
}

static int setup(struct run *run)
{
	struct fsslower_bpf__rodata *rodata = run->rodata;
	int ret = rodata->want_path ? path_setup(run, (struct path_offsets *)&rodata->path_offsets) : 0;

	return ret ?: fs_setup(run, (__u64 *)rodata->fs_tables, (__u32 *)&rodata->fs_getattr_args, 0);
}

static const struct opt opts[] = {
	OPT_FS,
	OPT_TIME('m', "min", "TIME", fsslower, min, MSEC, "only calls that took so long (1: a millisecond), not 10 ms"),
	OPT_SHOW(0, "full-path", "path", "show the file's full path as well"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_OWN("call", show_call, -7, "read, write, open, fsync, getattr (stat(2) and its like), or NFS's commit"),
	COL_OWN("bytes", show_bytes, 8, "how much it read or wrote", .bare_json = true),
	COL_OWN("offset", show_offset, 10, "where in the file", .bare_json = true),
	COL_AS(L_ERRNO, "error", EVENT, ret, -8, "why it failed", HIDDEN),
	COL_NSEC("latency", "ms", EVENT, latency, 9, "how long it took"),
	COL_OWN("file", show_file, -16, "its last name"),
	COL_OWN("path", show_path, 0, "its full path", HIDDEN, NEEDS(fsslower, want_path)),
	{}
};

static const struct example examples[] = {
	{ "", "what takes 10 ms and more on the file system that the current folder is on" },
	{ "--fs xfs -m 1", "a millisecond and more on XFS" },
	{ "--fs nfs -m 100 --full-path", "slow servers, with full paths" },
	{}
};

TOOL(fsslower,
	.summary  = "trace calls into a type of file system that take long",
	.about    = "One line for each read, write, open, fsync and getattr of a file that took at least 10 ms in its file "
		    "system: with waits for the disk and for locks, without what lies above. Any type of file system: its "
		    "functions are read from its tables in the kernel; -v names them. On NFS also what the client asked the "
		    "server to commit to its disk, often by one of the kernel's own threads once all is written.",
	.cost     = "Two programs and an entry of a map for each such call; one record for those that are shown.",
	.caveats  = "Calls that the file system leaves to functions that it has no table for, what a mapping reads and "
		    "writes, and io_uring's that go on later are not in the times. The attributes of files whose type of file "
		    "system has no function of its own for them are not seen. Where the kernel has no kprobes and no "
		    "trampolines, fileslower shows slow reads and writes as programs see them.",
	.aliases  = fs_slower_aliases, .examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = fs_attach,
	.caps     = 1ULL << CAP_SYSLOG);
