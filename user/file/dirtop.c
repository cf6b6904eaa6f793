// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include "lib/path_user.h"
#include "lib/tool.h"
#include "file/dirtop.h"
#include "file/dirtop.skel.h"

#define ROW struct dirtop_row

static struct run *the_run;

static void show_path(struct out *out, const struct column *c, const void *row)
{
	const char *path = the_run->args[((const ROW *)row)->dir];

	out_bytes(out, path, strlen(path));
}

static bool row(struct run *run, void *row)
{
	ROW *r = row;

	r->bytes = r->value.read_bytes + r->value.write_bytes;
	return true;
}

static struct dirtop_dir dirs[DIRTOP_DIRS];

static int setup(struct run *run)
{
	struct dirtop_bpf__rodata *rodata = run->rodata;

	the_run = run;
	if (run->n_args < 1 || run->n_args > DIRTOP_DIRS) {
		err("which folders? One to %d of them, see --help", DIRTOP_DIRS);
		return -EINVAL;
	}
	for (int i = 0; i < run->n_args; i++) {
		struct stat st;
		int ret = stat(run->args[i], &st) ? -errno : S_ISDIR(st.st_mode) ? path_device(run->args[i], &dirs[i].dev) : -ENOTDIR;

		dirs[i].inode = st.st_ino;
		for (int j = 0; j < i && !ret; j++)
			if (!memcmp(&dirs[i], &dirs[j], sizeof(*dirs)))
				ret = -EEXIST;
		if (ret) {
			err("'%s': %s", run->args[i], ret == -EEXIST ? "given twice" : strerror(-ret));
			return -EINVAL;
		}
	}
	return path_setup(run, (struct path_offsets *)&rodata->path_offsets);
}

static int fill(struct run *run)
{
	int map = bpf_map__fd(((struct dirtop_bpf *)run->skel)->maps.wanted), ret = 0;

	for (__u32 i = 0; i < (__u32)run->n_args && !ret; i++)
		ret = bpf_map_update_elem(map, &dirs[i], &i, BPF_ANY) ? -errno : 0;
	return ret;
}

static const struct column columns[] = {
	COL("reads", ROW, value.reads, 8, "reads"),
	COL("writes", ROW, value.writes, 8, "writes"),
	COL("read_bytes", ROW, value.read_bytes, 11, "how much they read"),
	COL("write_bytes", ROW, value.write_bytes, 11, "how much they wrote"),
	COL("bytes", ROW, bytes, 11, "both together", HIDDEN),
	COL_OWN("path", show_path, 0, "the folder, as it was given"),
	{}
};

static const struct example examples[] = {
	{ "/home /var /tmp", "what is read and written below each of them, on the screen, every second" },
	{ "-d 60 /srv/*", "which of these folders is used most, during a minute" },
	{ "-p 181 -i 5 /var/log", "by one process, every five seconds" },
	{}
};

TOOL(dirtop,
	.summary  = "reads and writes by folder, with all that is below it",
	.about    = "What read(2), write(2), pread(2), pwrite(2), readv(2) and writev(2) and their like returned for regular files "
		    "below each of these folders, across mounts. A file counts for each folder that it is below. On a terminal it "
		    "works as top does: q quits, p pauses, s sorts by the next column, r turns the order.",
	.cost     = "One raw tracepoint at the return of each system call, which reads its number; for these calls one look-up for "
		    "each folder above the file.",
	.caveats  = "What is read or written through mappings, sendfile(2), splice(2), io_uring or by the kernel itself is not "
		    "seen, nor a folder more than 64 above the file. A folder is known by its inode: it stays when it is renamed, and is "
		    "gone when it is replaced. Files opened through a bind mount count where that is.",
	.args     = "FOLDER...", .trial = "/tmp",
	.examples = examples, .columns = columns, .setup = setup, .attach = fill,
	.table    = ROWS("dirs", ROW, "bytes", .screen = true, .row = row));
