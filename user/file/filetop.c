// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <sys/stat.h>
#include "lib/tool.h"
#include "file/filetop.h"
#include "file/filetop.skel.h"

#define ROW struct filetop_row

static void show_type(struct out *out, const struct column *c, const void *row)
{
	switch (((const ROW *)row)->value.mode & S_IFMT) {
	case S_IFREG: out_str(out, "file"); break;
	case S_IFSOCK: out_str(out, "socket"); break;
	case S_IFIFO: out_str(out, "pipe"); break;
	case S_IFCHR: out_str(out, "char"); break;
	case S_IFBLK: out_str(out, "block"); break;
	case S_IFDIR: out_str(out, "folder"); break;
	default: out_str(out, "other");
	}
}

static bool row(struct run *run, void *row)
{
	ROW *r = row;

	r->bytes = r->value.read_bytes + r->value.write_bytes;
	return true;
}

static int setup(struct run *run)
{
	const struct filetop_bpf__rodata *rodata = run->rodata;

	if (rodata->read_only && rodata->write_only) {
		err("--read-only and --write-only leave nothing: give one of them");
		return -EINVAL;
	}
	return 0;
}

static const struct opt opts[] = {
	OPT('a', "all", NULL, filetop, all_types, "sockets, pipes, devices and so on as well", .shows = "type"),
	OPT('L', "tids", NULL, filetop, by_thread, "by thread instead of by process", .shows = "tid", .hides = "pid"),
	OPT(0, "read-only", NULL, filetop, read_only, "only reads"),
	OPT(0, "write-only", NULL, filetop, write_only, "only writes"),
	{}
};

static const struct column columns[] = {
	COL("pid", ROW, key.id, 7, "process id"),
	COL("tid", ROW, key.id, 7, "thread id", HIDDEN),
	COL("comm", ROW, value.comm, -16, "command name"),
	COL("reads", ROW, value.reads, 8, "reads"),
	COL("writes", ROW, value.writes, 8, "writes"),
	COL("read_bytes", ROW, value.read_bytes, 11, "how much they read"),
	COL("write_bytes", ROW, value.write_bytes, 11, "how much they wrote"),
	COL("bytes", ROW, bytes, 11, "both together", HIDDEN),
	COL_OWN("type", show_type, -6, "what it is: file, socket, pipe, char, block, folder, other", HIDDEN),
	COL_AS(L_DEV, "device", ROW, key.dev, -8, "device of its file system", HIDDEN),
	COL("inode", ROW, key.inode, 10, "its inode", HIDDEN),
	COL("file", ROW, value.name, 0, "its last name"),
	{}
};

static const struct example examples[] = {
	{ "", "the files that are read and written most, on the screen, every second" },
	{ "--sort reads -r 10 5", "the ten that are read most often, every five seconds" },
	{ "-a -p 181 -d 60", "what a process reads and writes in a minute, sockets and pipes too" },
	{}
};

TOOL(filetop,
	.summary  = "the busiest files: reads, writes and bytes, by process",
	.about    = "What read(2), write(2), pread(2), pwrite(2), readv(2) and writev(2) and their like returned, for each "
		    "file and process: bytes that were read and written, not those asked for. On a terminal it works as top "
		    "does: q quits, p pauses, s sorts by the next column, r turns the order, the space bar shows the next "
		    "interval at once.",
	.cost     = "One raw tracepoint at the return of each system call, which reads its number; for these calls the open "
		    "file is looked at, and one entry of a map.",
	.caveats  = "What is read or written through mappings, sendfile(2), splice(2), io_uring or by the kernel itself is "
		    "not seen. A file that is renamed keeps the name it was first seen by. Where another thread closes the "
		    "descriptor meanwhile, the call counts for what that is then.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup,
	.table    = ROWS("files", ROW, "bytes", .screen = true, .adds = 4 * sizeof(__u64), .row = row));
