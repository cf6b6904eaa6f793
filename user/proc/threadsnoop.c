// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include "lib/tool.h"
#include "lib/uprobe.h"
#include "proc/threadsnoop.h"
#include "proc/threadsnoop.skel.h"

#define EVENT struct threadsnoop_event

static const char *library;	/* -l */

/* Of the event that is shown now. */
static char function[256], file[PATH_LEN];

static struct uprobe create = { .functions = { "pthread_create" }, .is_library = uprobe_is_libc };

static int attach(struct run *run)
{
	static const char *const names[] = { "libc.so.6", "libpthread.so.0", "ld-musl-*.so.1", NULL };

	create.program = ((struct threadsnoop_bpf *)run->skel)->progs.pthread_create;
	return uprobe_attach(run, &create, 1,
			     &(struct uprobe_where){ .installed = names, .library = library, .what = "function pthread_create" });
}

static bool event(struct run *run, void *event, size_t size)
{
	const EVENT *e = event;

	uprobe_where_is(e->origin.pid, e->start, function, sizeof(function), file, sizeof(file));
	return true;
}

static void show_function(struct out *out, const struct column *c, const void *row)
{
	out_bytes(out, function, strlen(function));
}

static void show_file(struct out *out, const struct column *c, const void *row)
{
	if (*file)
		out_bytes(out, file, strlen(file));
	else
		out_nothing(out);
}

static const struct opt opts[] = {
	{ .letter = 'l', .name = "library", .arg = "FILE", .value = V_CHARS, .here = &library, .complete = "file",
	  .help = "the program or library that has pthread_create()" },
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_OWN("function", show_function, -32, "function that the thread begins with: its name, or FILE+OFFSET, or its address"),
	COL_OWN("file", show_file, 0, "file that the function is in", HIDDEN),
	{}
};

static const struct example examples[] = {
	{ "", "each thread that is made, and what it shall do" },
	{ "-p 1234 -T -o +file", "those of a process, whatever it is linked with" },
	{ "-l /opt/app/bin/app", "those of a static program, also when it starts later" },
	{}
};

TOOL(threadsnoop,
	.summary  = "trace threads as programs make them, and what they begin with",
	.about    = "One line for each call of pthread_create(): of the C libraries that are installed and of those that "
		    "running processes use, in containers as well, and of programs that have it linked in where they run "
		    "already.",
	.cost     = "One uprobe for each thread made. Names are looked up in the files of the process, in user space.",
	.caveats  = "Who makes threads by clone(2) itself, as Go does, is not shown; nor are failures told. Of a static "
		    "program that starts later its file must be given with --library. Of a process that is gone when its "
		    "event is read only the address is known. Arguments of 32-bit programs are not read.",
	.examples = examples, .opts = opts, .columns = columns, .attach = attach, .event = event,
	/* to look into the files of other processes, also those that have no name any more */
	.keep_caps = 1ULL << CAP_SYS_PTRACE | 1ULL << CAP_DAC_READ_SEARCH | 1ULL << CAP_CHECKPOINT_RESTORE);
