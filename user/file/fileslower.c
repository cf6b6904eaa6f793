// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/stat.h>
#include "lib/path_user.h"
#include "lib/tool.h"
#include "file/fileslower.h"
#include "file/fileslower.skel.h"

#define EVENT struct fileslower_event

static void show_op(struct out *out, const struct column *c, const void *row)
{
	out_str(out, ((const EVENT *)row)->is_write ? "write" : "read");
}

static void show_bytes(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->ret < 0)
		out_nothing(out);
	else
		out_s64(out, e->ret);
}

/* Only what has a length has places in it. */
static void show_offset(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (S_ISREG(e->mode) || S_ISBLK(e->mode))
		out_u64(out, e->offset);
	else
		out_nothing(out);
}

static void show_path(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	path_write(out, e->names, e->names_len, e->cut);
}

static int setup(struct run *run)
{
	struct fileslower_bpf__rodata *rodata = run->rodata;

	return path_setup(run, (struct path_offsets *)&rodata->path_offsets);
}

static const struct opt opts[] = {
	OPT_TIME('m', "min", "TIME", fileslower, min, MSEC, "only calls that took so long (1: a millisecond), not 10 ms"),
	OPT('a', "all", NULL, fileslower, all_types, "sockets, pipes, devices and so on as well"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_OWN("op", show_op, -5, "read or write"),
	COL_OWN("bytes", show_bytes, 8, "how much it read or wrote", .bare_json = true),
	COL_OWN("offset", show_offset, 10, "where in the file", .bare_json = true),
	COL_AS(L_ERRNO, "error", EVENT, ret, -8, "why it failed", HIDDEN),
	COL_NSEC("latency", "ms", EVENT, latency, 11, "how long it took"),
	COL_OWN("file", show_path, 0, "full path of the file"),
	{}
};

static const struct example examples[] = {
	{ "", "reads and writes of files that took 10 ms and more" },
	{ "-m 1 -n 'mysqld*'", "a database's that took a millisecond" },
	{ "-a -m 100 -p 181", "a process that waits for sockets and pipes" },
	{}
};

TOOL(fileslower,
	.summary  = "trace slow reads and writes of files",
	.about    = "One line for each read(2), write(2), pread(2), pwrite(2), readv(2), writev(2) and their like on a regular "
		    "file that took at least 10 ms, as a program sees it: with what the page cache had, locks and waits for a "
		    "CPU in it.",
	.cost     = "A raw tracepoint at the beginning and one at the return of each system call, which read its number; for "
		    "these calls a clock reading at each, and one record for those that are shown.",
	.caveats  = "What is read or written through mappings, sendfile(2), splice(2), io_uring or by the kernel itself is not "
		    "seen. Where another thread closes the descriptor meanwhile, what is shown is the file that it is then.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup);
