// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include "lib/path_user.h"
#include "lib/tool.h"
#include "file/filegone.h"
#include "file/filegone.skel.h"

#define EVENT struct filegone_event

static void show_as_given(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;
	const char *path = path_pair_given(&e->paths, c->offset);

	if (path)
		out_bytes(out, path, e->paths.len[c->offset] - 1);
	else
		out_nothing(out);
}

static void show_whole(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;
	const char *path = path_pair_given(&e->paths, c->offset);

	if (!path || (e->ret == -EBADF && *path != '/'))
		out_nothing(out);
	else
		path_pair_write(out, &e->paths, c->offset);
}

static void show_action(struct out *out, const struct column *c, const void *row)
{
	static const char *const names[] = { "delete", "rmdir", "rename", "exchange" };

	out_str(out, names[((const EVENT *)row)->action & 3]);
}

static int setup(struct run *run)
{
	struct filegone_bpf__rodata *rodata = run->rodata;

	return rodata->want_file ? path_setup(run, (struct path_offsets *)&rodata->path_offsets) : 0;
}

static const struct opt opts[] = {
	OPT('a', "all", NULL, filegone, failed_too, "also what failed", .shows = "error"),
	OPT_SHOW('F', "full-path", "file new_file", "show whole paths as well"),
	{}
};

/* offset: which of the two paths */
static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_OWN("action", show_action, -8, "delete, rmdir, rename, or exchange of two names"),
	COL_AS(L_ERRNO, "error", EVENT, ret, -8, "why it failed", HIDDEN),
	COL_OWN("file", show_whole, -32, "the whole path", HIDDEN, NEEDS(filegone, want_file)),
	COL_OWN("new_file", show_whole, -32, "the whole new path", HIDDEN, NEEDS(filegone, want_file), .offset = 1),
	COL_OWN("path", show_as_given, -24, "path as the caller gave it"),
	COL_OWN("new_path", show_as_given, 0, "of a rename, the new path as the caller gave it", .offset = 1),
	{}
};

static const struct example examples[] = {
	{ "", "which files are deleted or renamed, and by whom" },
	{ "-F -u www-data", "by one user, with whole paths" },
	{ "-a -p 181", "by one process, also what failed" },
	{}
};

TOOL(filegone,
	.summary  = "trace who deletes and renames files",
	.about    = "One line for each unlink(2), unlinkat(2), rmdir(2), rename(2), renameat(2) or renameat2(2) that "
		    "succeeded, of 64-bit and 32-bit programs; -a shows those that failed as well.",
	.cost     = "One raw tracepoint at the return of each system call, which reads its number, and for these calls "
		    "one record in the ring buffer.",
	.caveats  = "What io_uring, a file server in the kernel or an overlay's lower layer does is not seen. A rename over "
		    "a file that is there deletes it, and is shown as a rename. Symbolic links and .. in paths are shown as "
		    "they were given; paths are read as the call returns.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup);
