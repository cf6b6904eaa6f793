// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "lib/data_user.h"
#include "lib/lib.h"
#include "sec/ttysnoop.h"
#include "sec/ttysnoop.skel.h"

#define EVENT struct ttysnoop_event

static bool raw, keep;

/* Without opening it, which would wake a serial line. */
static bool is_terminal(dev_t dev)
{
	unsigned int number, first, last;
	bool found = false;
	char line[256];
	FILE *f;

	f = fopen("/proc/tty/drivers", "re");
	while (!found && f && fgets(line, sizeof(line), f)) {
		int n = sscanf(line, "%*s %*s %u %u-%u", &number, &first, &last);

		found = n >= 2 && number == major(dev) && minor(dev) >= first && minor(dev) <= (n == 3 ? last : first);
	}
	if (f)
		fclose(f);
	return found;
}

/* "/dev/pts/3", "pts/3", "3", "ttyS0" */
static int find(const char *name, char *path, size_t size, struct stat *st)
{
	static const char *const folders[] = { "/dev/", "/dev/pts/" };

	snprintf(path, size, "%s", name);
	for (size_t i = 0; *name != '/' && i < sizeof(folders) / sizeof(*folders); i++) {
		snprintf(path, size, "%s%s", folders[i], name);
		if (!stat(path, st))
			break;
	}
	if (stat(path, st))
		return -errno;
	return S_ISCHR(st->st_mode) && is_terminal(st->st_rdev) ? 0 : -ENOTTY;
}

static int setup(struct run *run)
{
	struct ttysnoop_bpf__rodata *rodata = run->rodata;
	char path[PATH_LEN];
	struct statfs fs;
	struct stat st;
	int ret;

	if (run->n_args != 1) {
		err("which terminal? One, as /dev/pts/3, pts/3 or ttyS0");
		return -EINVAL;
	}
	ret = find(run->args[0], path, sizeof(path), &st);
	if (!ret && st.st_rdev == makedev(5, 0)) {
		err("'%s' is whichever terminal a process has: name that one, as pts/3", run->args[0]);
		return -EINVAL;
	}
	if (ret) {
		err("'%s': %s", run->args[0], ret == -ENOTTY ? "is no terminal" : strerror(-ret));
		return -EINVAL;
	}
	if (raw && run->format != OUT_TEXT) {
		err("--raw is for text: leave --json or --format out");
		return -EINVAL;
	}
	rodata->terminal = major(st.st_rdev) << 20 | minor(st.st_rdev);
	if (!statfs(path, &fs) && fs.f_type == DEVPTS_SUPER_MAGIC)
		rodata->file_system = major(st.st_dev) << 20 | minor(st.st_dev);
	if (raw)
		run->quiet = true;	/* no heading */
	if (raw && !keep && isatty(STDOUT_FILENO))
		out_str(out_open(run), "\033[H\033[2J");
	return 0;
}

static bool event(struct run *run, void *event, size_t size)
{
	const EVENT *e = event;

	if (!raw)
		return true;
	out_raw(out_open(run), e->data.bytes, e->data.size);
	run->shown++;
	return false;
}

static void show_call(struct out *out, const struct column *c, const void *row)
{
	out_str(out, ((const EVENT *)row)->input ? "read" : "write");
}

static const struct opt opts[] = {
	OPT(0, "input", NULL, ttysnoop, want_input, "what programs read from it as well: what is typed", .shows = "call"),
	{ .name = "raw", .value = V_BOOL, .here = &raw,
	  .help = "the bytes alone, as they are, escape sequences and all: only for terminals that you trust" },
	{ .letter = 'C', .name = "no-clear", .value = V_BOOL, .here = &keep, .help = "don't clear the screen first, with --raw" },
	OPT_HEX,
	OPT_DATA('s', "datasize", ttysnoop),
	OPT(0, "datacount", "N", ttysnoop, most_parts, "how many parts of one writev(2) are shown (64, the most)", .min = 1,
	    .max = DATA_PARTS),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_OWN("call", show_call, -5, "write or read", HIDDEN),
	COL_DATA(EVENT, "what was written, or read"),
	{}
};

static const struct example examples[] = {
	{ "pts/3", "what programs write to that terminal, escaped, and which" },
	{ "--raw pts/3", "the same as its own screen shows it; Ctrl-C ends it" },
	{ "--input -j /dev/ttyS0", "a serial line, in both directions, as JSON lines" },
	{}
};

TOOL(ttysnoop,
	.summary  = "trace what programs write to a terminal, and read from it",
	.about    = "One line for each write(2) or writev(2) of a process to a terminal, also where it is opened as /dev/tty or "
		    "/dev/console: who, how much and what. A pseudoterminal is told from those of other containers that "
		    "have the same number. With --raw only the bytes, as they were written: on a terminal of the same size they give "
		    "the same picture.",
	.cost     = "One raw tracepoint at the return of each system call; at each write(2) of any process, some reads of kernel "
		    "memory that tell which file it was.",
	.caveats  = "This shows other people's screens, and with --input what they type, passwords included. Seen are system calls: "
		    "not what is typed and echoed by the kernel, what the kernel itself prints, and what goes to the terminal "
		    "by io_uring, splice(2) or sendfile(2). Of writev(2) of 32-bit programs only the length is told. What is longer than "
		    "--datasize is cut, with --raw without a sign. With --raw, escape sequences of what is watched act on the terminal "
		    "that it is shown on.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .event = event,
	.args     = "TTY", .trial = "/dev/ptmx");
