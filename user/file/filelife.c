// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/path_user.h"
#include "lib/tool.h"
#include "file/filelife.h"
#include "file/filelife.skel.h"

#define EVENT struct filelife_event

static void show_path(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	path_write(out, e->path, e->path_len, e->path_cut);
}

static int setup(struct run *run)
{
	struct filelife_bpf__rodata *rodata = run->rodata;

	return rodata->want_path ? path_setup(run, (struct path_offsets *)&rodata->path_offsets) : 0;
}

static const struct opt opts[] = {
	OPT_SHOW('F', "full-path", "path", "show the file's full path as well"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_NSEC("age", "s", EVENT, age, 12, "from the making of the file to its deletion"),
	COL("file", EVENT, name, -24, "its last name"),
	COL_OWN("path", show_path, 0, "its full path", HIDDEN, NEEDS(filelife, want_path)),
	{}
};

static const struct example examples[] = {
	{ "", "files that are deleted, how old they are, and who deletes them" },
	{ "-F -n 'cc*'", "full paths of a compiler's temporary files" },
	{ "-j -d 10", "ten seconds as JSON" },
	{}
};

TOOL(filelife,
	.summary  = "trace files that live briefly: their age when they are deleted",
	.about    = "One line for each file that was made since the tool started and has now lost its last name. "
		    "Files renamed meanwhile are followed, and one that is replaced by rename(2) ends its life there, by the name "
		    "that it had; filters apply to the process that deletes or renames.",
	.cost     = "Each open looks at one field, a file made or deleted costs two to four look-ups, and each inode "
		    "that leaves memory one. Up to 65,536 living files are remembered, in 6 MB.",
	.caveats  = "A file whose inode left the memory in between, as under memory pressure, is not shown. O_TMPFILE makes no "
		    "name and is not shown. The path of a file made by mknod(2) begins at its file system's root.",
	.optional = "create",
	.state    = "births",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup);
