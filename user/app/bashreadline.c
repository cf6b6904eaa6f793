// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/tool.h"
#include "lib/uprobe.h"
#include "app/bashreadline.h"
#include "app/bashreadline.skel.h"

#define EVENT struct bashreadline_event

static const char *shared;	/* -s */

static bool is_library(const char *path)
{
	const char *name = strrchr(path, '/');

	return name && !strncmp(name, "/libreadline.so", 15);
}

/*
 * readline_internal_teardown() returns the same to readline(), and is called when the line is complete: with it, lines
 * are seen of shells that waited for one when the tool started.
 */
static struct uprobe readline = {
	.at_return = true, .functions = { "readline_internal_teardown", "readline" }, .is_library = is_library,
};

static bool is_bash(const char *pid)
{
	char path[64], exe[PATH_LEN];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	if (n < 0)
		return false;
	exe[n] = 0;
	return strrchr(exe, '/') && !strncmp(strrchr(exe, '/'), "/bash", 5);
}

/* For shells that start later: /bin/bash, or the library that the loader would give it. */
static int probe_installed(void)
{
	int ret = uprobe_file(&readline, "/bin/bash");

	return ret ?: uprobe_installed(&readline, (const char *const[]){ "libreadline.so.*", NULL });
}

/* -p: whatever the program's name is. */
static int probe_wanted(void *run, const void *key, void *value)
{
	const struct filter_key *wanted = key;
	char pid[24];
	int ret;

	if (wanted->kind != ONLY_PIDS)
		return 0;
	snprintf(pid, sizeof(pid), "%llu", wanted->id);
	ret = uprobe_process(&readline, pid);
	if (!ret)
		err("--pid: process %s has no function readline: name its file with --shared", pid);
	else if (ret < 0)
		err("--pid: process %s: %s", pid, strerror(-ret));
	return ret > 0 ? 0 : -EINVAL;
}

static int attach(struct run *run)
{
	int set = bpf_object__find_map_fd_by_name(run->skel->obj, "filter_set");
	int found = 0, last = 0, ret;
	struct dirent *entry;
	DIR *proc;

	readline.program = ((struct bashreadline_bpf *)run->skel)->progs.readline_return;
	if (shared) {
		ret = uprobe_file(&readline, shared);
		if (ret > 0)
			return 0;
		err("--shared: '%s': %s", shared, ret ? strerror(-ret) : "has no function readline");
		return -EINVAL;
	}
	if (run->common->filters & ONLY_PIDS)
		return map_each(set, probe_wanted, run);
	proc = opendir("/proc");
	while (proc && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)*entry->d_name) || !is_bash(entry->d_name))
			continue;
		ret = uprobe_process(&readline, entry->d_name);
		found += ret > 0;
		last = ret < 0 && ret != -ENOENT && ret != -ESRCH ? ret : last;
	}
	if (proc)
		closedir(proc);
	ret = probe_installed();
	if (ret > 0 || found)
		return 0;
	last = ret < 0 && ret != -ENOENT ? ret : last;
	if (last)
		return last;
	err("no bash runs or is installed here, or none that uses readline: name its file with --shared");
	return -EOPNOTSUPP;
}

static const struct opt opts[] = {
	{ .letter = 's', .name = "shared", .arg = "FILE", .value = V_CHARS, .here = &shared, .complete = "file",
	  .help = "the program or library that has readline()" },
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_AS(L_BOOL, "cut", EVENT, cut, -3, "the line is longer than 4,095 bytes", HIDDEN),
	COL("command", EVENT, line, 0, "the line that was entered"),
	{}
};

static const struct example examples[] = {
	{ "-T", "what is typed into all shells, with the time" },
	{ "-u alice -o time,user,pid,command", "what alice enters, with the time" },
	{ "-s /opt/bash/bin/bash", "one that is installed elsewhere" },
	{}
};

TOOL(bashreadline,
	.summary  = "trace the lines that are entered in bash",
	.about    = "One line for each that bash's readline() returned, in every bash that runs when the tool starts, "
		    "in containers as well, and in those that start later from the same files or from /bin/bash.",
	.cost     = "One uprobe for each line entered.",
	.caveats  = "Scripts and 'bash -c' use no readline and are not shown. Lines entered in other programs that use "
		    "the same shared library are; -n bash leaves them out. Where readline_internal_teardown() is not "
		    "exported, a line that a shell waited for when the tool started is not shown.",
	.examples = examples, .opts = opts, .columns = columns, .attach = attach);
