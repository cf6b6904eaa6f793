// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include "lib/names.h"
#include "lib/path_user.h"
#include "lib/tool.h"
#include "file/statsnoop.h"
#include "file/statsnoop.skel.h"

#define EVENT struct statsnoop_event

static void show_path(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->path_len > 1)
		out_bytes(out, e->path, e->path_len - 1);
	else
		out_nothing(out);
}

static void show_fd(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->fd == AT_FDCWD || (e->path_len > 1 && *e->path == '/'))
		out_nothing(out);
	else
		out_s64(out, e->fd);
}

/* A descriptor that isn't open is nowhere. */
static void show_file(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;
	size_t len = e->path_len ? e->path_len - 1 : 0;

	if (e->ret == -EBADF && !(len && *e->path == '/'))
		out_nothing(out);
	else
		path_write_from(out, e->path + e->path_len, e->base_len, e->cut, e->path, len);
}

static int setup(struct run *run)
{
	struct statsnoop_bpf__rodata *rodata = run->rodata;

	return rodata->want_file ? path_setup(run, (struct path_offsets *)&rodata->path_offsets) : 0;
}

static int call_id(const char *name, __u64 *id)
{
	int nr = names_syscall_find(name);

	*id = nr;
	return nr < 0 ? -ENOENT : 0;
}

static const struct opt opts[] = {
	OPT('x', "failed", NULL, statsnoop, failed_only, "only calls that failed"),
	OPT_SET('S', "syscall", "NAMES", ONLY_SYSCALLS, "only these calls, of 64-bit programs: statx,statfs", .find = call_id,
		.complete = "syscall"),
	OPT_SHOW('F', "full-path", "file", "show the whole path as well"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_AS(L_ERRNO, "error", EVENT, ret, -8, "why it failed"),
	COL_AS(L_SYSCALL, "call", EVENT, call, -10, "system call; /32 where it is one of a 32-bit program"),
	COL_OWN("fd", show_fd, 4, "descriptor that was given, where it counts", .bare_json = true),
	COL_OWN("file", show_file, -32, "the path from the root on: the descriptor's file or the working directory, then "
		"what was given", HIDDEN, NEEDS(statsnoop, want_file)),
	COL_OWN("path", show_path, 0, "path as the caller gave it; none for a call with a descriptor only"),
	{}
};

static const struct example examples[] = {
	{ "", "whose attributes are asked for, and by whom" },
	{ "-x -n 'python*'", "where Python looks for what isn't there" },
	{ "-F -p 181", "one process, with whole paths, also of what it has open" },
	{ "-S statfs,fstatfs", "who asks how full file systems are" },
	{}
};

TOOL(statsnoop,
	.summary  = "trace questions for the attributes of files and file systems",
	.about    = "One line for each stat(2), lstat(2), fstat(2), fstatat(2), statx(2), statfs(2) or fstatfs(2) that "
		    "returned, of 64-bit and 32-bit programs.",
	.cost     = "One raw tracepoint at the return of each system call, which reads its number, and for these calls "
		    "one record in the ring buffer.",
	.caveats  = "What is asked through io_uring is not seen. The path is read as the call returns: a thread that "
		    "changes it meanwhile changes what is shown. Symbolic links and .. in it are shown as they were given.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup);
