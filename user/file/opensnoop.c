// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <fcntl.h>
#include "lib/names.h"
#include "lib/path_user.h"
#include "lib/tool.h"
#include "file/opensnoop.h"
#include "file/opensnoop.skel.h"

#define EVENT struct opensnoop_event

#define ACCESS 3	/* the kernel's O_ACCMODE; musl's has O_PATH in it */

static const struct names_flag open_flags[] = {
	{ ACCESS, O_RDONLY, "O_RDONLY" }, { ACCESS, O_WRONLY, "O_WRONLY" }, { ACCESS, O_RDWR, "O_RDWR" },
	{ O_CREAT, O_CREAT, "O_CREAT" }, { O_EXCL, O_EXCL, "O_EXCL" }, { O_NOCTTY, O_NOCTTY, "O_NOCTTY" },
	{ O_TRUNC, O_TRUNC, "O_TRUNC" }, { O_APPEND, O_APPEND, "O_APPEND" }, { O_NONBLOCK, O_NONBLOCK, "O_NONBLOCK" },
	{ O_SYNC, O_SYNC, "O_SYNC" }, { O_DSYNC, O_DSYNC, "O_DSYNC" }, { O_ASYNC, O_ASYNC, "O_ASYNC" },
	{ O_DIRECT, O_DIRECT, "O_DIRECT" }, { 0100000, 0100000, "O_LARGEFILE" },
	{ O_TMPFILE, O_TMPFILE, "O_TMPFILE" }, { O_DIRECTORY, O_DIRECTORY, "O_DIRECTORY" },
	{ O_NOFOLLOW, O_NOFOLLOW, "O_NOFOLLOW" }, { O_NOATIME, O_NOATIME, "O_NOATIME" },
	{ O_CLOEXEC, O_CLOEXEC, "O_CLOEXEC" }, { O_PATH, O_PATH, "O_PATH" }, {}
};

static void show_flags(struct out *out, const struct column *c, const void *row)
{
	char text[256];

	names_flags(text, sizeof(text), open_flags, ((const EVENT *)row)->flags);
	out_str(out, text);
}

static void show_mode(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)))
		out_printf(out, "%04o", e->mode);
	else
		out_nothing(out);
}

static void show_path(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	out_bytes(out, e->path, e->path_len - 1);
}

/* For a failed open there is no file: nothing. */
static void show_file(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->ret >= 0)
		path_write(out, e->path + e->path_len, e->names_len, e->cut);
	else
		out_nothing(out);
}

static void show_dirfd(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->dirfd == AT_FDCWD)
		out_str(out, "cwd");
	else
		out_s64(out, e->dirfd);
}

static int setup(struct run *run)
{
	struct opensnoop_bpf__rodata *rodata = run->rodata;

	return rodata->want_file ? path_setup(run, (struct path_offsets *)&rodata->path_offsets) : 0;
}

static const struct opt opts[] = {
	OPT('x', "failed", NULL, opensnoop, failed_only, "only calls that failed"),
	OPT_SHOW('F', "full-path", "file", "show the file's full path as well, as the kernel resolved it"),
	OPT_SHOW('e', "extended", "flags", "show the flags of open(2) as well"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_AS(L_FD, "fd", EVENT, ret, 4, "descriptor returned"),
	COL_AS(L_ERRNO, "error", EVENT, ret, -8, "why it failed"),
	COL_OWN("flags", show_flags, -20, "flags of open(2)", HIDDEN),
	COL_OWN("mode", show_mode, 4, "mode for a new file, octal", HIDDEN),
	COL_OWN("dirfd", show_dirfd, 5, "descriptor that the path starts from, or cwd", HIDDEN),
	COL_OWN("file", show_file, -32, "full path of what was opened, across symbolic links and mounts", HIDDEN,
		NEEDS(opensnoop, want_file)),
	COL_OWN("path", show_path, 0, "path as the caller gave it"),
	{}
};

static const struct example examples[] = {
	{ "", "every file that is opened, and by whom" },
	{ "-p 181 -F", "what process 181 opens, with full paths" },
	{ "-x -n 'nginx*'", "opens that fail, of commands whose name begins with nginx" },
	{ "-j -d 10 -o time,pid,path,error", "ten seconds of opens as JSON lines" },
	{ "-- make", "what make and all that it starts opens" },
	{}
};

TOOL(opensnoop,
	.summary  = "trace files as they are opened",
	.about    = "One line for each open(2), openat(2), openat2(2) or creat(2) call that returned, of 64-bit and "
		    "32-bit programs.",
	.cost     = "One raw tracepoint at the return of each system call, which reads its number, and for an open "
		    "one record in the ring buffer. See docs/performance.md for figures.",
	.caveats  = "Files opened by io_uring, by handle or by the kernel itself are not seen. The path is read as "
		    "the call returns: a thread that changes it meanwhile changes what is shown.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup);
