// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/block.h"
#include "lib/tool.h"
#include "block/iotop.h"
#include "block/iotop.skel.h"

#define ROW struct iotop_row

/* What is read ahead may be asked for in the next interval only, or never. */
static void show_cached(struct out *out, const struct column *c, const void *row)
{
	const struct iotop_value *value = &((const ROW *)row)->value;

	out_u64(out, value->read > value->disk_read ? value->read - value->disk_read : 0);
}

static bool row(struct run *run, void *row)
{
	ROW *r = row;

	r->disk = r->value.disk_read + r->value.disk_written;
	return true;
}

static int setup(struct run *run)
{
	struct iotop_bpf *skel = (void *)run->skel;
	const struct iotop_bpf__rodata *rodata = run->rodata;

	return bpf_program__set_autoload(skel->progs.off__call, rodata->per_file) ?:
	       bpf_program__set_autoload(skel->progs.off__exit, rodata->per_file);
}

static const struct opt opts[] = {
	OPT('F', "files", NULL, iotop, per_file, "by file as well", .shows = "file"),
	OPT(0, "disk", "DISK", iotop, only_disk, "from and to this disk only: sda, /dev/nvme0n1 or 8:0", .parse = block_disk,
	    .complete = "device"),
	{}
};

static const struct column columns[] = {
	COL("pid", ROW, key.pid, 7, "process id"),
	COL("comm", ROW, value.comm, -16, "command name"),
	COL("read", ROW, value.read, 11, "bytes that system calls read from files"),
	COL_OWN("cached", show_cached, 11, "of them, from the page cache", .bare_json = true),
	COL("disk_read", ROW, value.disk_read, 11, "bytes that disks read for it"),
	COL("written", ROW, value.written, 11, "bytes that system calls wrote to files"),
	COL("dirtied", ROW, value.dirtied, 11, "bytes of the page cache that became dirty, in whole pages", HIDDEN),
	COL("disk_written", ROW, value.disk_written, 12, "bytes that disks wrote for it"),
	COL("disk", ROW, disk, 11, "both together", HIDDEN),
	COL_AS(L_DEV, "device", ROW, key.dev, -8, "device of its file system, with --files", HIDDEN),
	COL("inode", ROW, key.inode, 10, "its inode, with --files", HIDDEN),
	COL("file", ROW, value.name, 0, "its last name, where it is a file's", HIDDEN),
	{}
};

static const struct example examples[] = {
	{ "", "who reads and writes, and what disks do for that, on the screen, every second" },
	{ "--disk sda -i 60 -N 1", "who made sda read and write in a minute" },
	{ "-F -p 181 -d 60", "the files of a process, and what of them was in the page cache" },
	{}
};

TOOL(iotop,
	.summary  = "who reads and writes files, and what disks read and write for it",
	.about    = "By process, and with --files by file: what read(2), write(2) and their like returned, how much of the reads came "
		    "from the page cache, what disks read, and what they wrote. What is written back later, by whatever "
		    "thread, is laid to the process that made the page dirty, also when that has ended. All of disk_read "
		    "and disk_written together is what /proc/diskstats counts as read and written; disk_read of a process is "
		    "read_bytes in /proc/PID/io. On a terminal it works as top does: q quits, p pauses, s sorts by the next "
		    "column, r turns the order.",
	.cost     = "A raw tracepoint at the return of each system call, which reads its number; for reads and writes a look at "
		    "the open file and an entry of a map. A tracepoint and three look-ups for each page that becomes dirty, the "
		    "same for each request and for each part that is merged into one. --files adds one at the beginning of "
		    "each system call.",
	.caveats  = "cached is what was read less what disks read meanwhile: over short intervals, or where much is read ahead and never "
		    "used, it is less than came from the cache, never more. Reads and writes through mappings, sendfile(2), splice(2), "
		    "copy_file_range(2) and io_uring show on the side of disks only. Journals and other metadata of file systems, and "
		    "pages that were dirty before the tool began, are laid to the thread that writes them. So is what a file "
		    "system compresses or encrypts, since what is written is then no page of the file; and what md, "
		    "dm and loop devices write by threads of their own. Of the 16,384 files that became dirty last the process is "
		    "known; where several processes make pages of one file dirty, of 8,192 pages. A page, or a folio of many, is "
		    "laid to who dirtied it first. What passes through a loop device counts there and at the disk below it. "
		    "Bytes count as the request is made. A file's name is one of its names.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup,
	.table    = ROWS("rows", ROW, "disk", .screen = true, .adds = offsetof(struct iotop_value, comm), .row = row));
