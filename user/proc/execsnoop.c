// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>
#include "lib/cpu.h"
#include "lib/path_user.h"
#include "lib/tool.h"
#include "proc/execsnoop.h"
#include "proc/execsnoop.skel.h"

#define EVENT struct execsnoop_event

static bool quote;
static const char *wanted;	/* -l */
static __u64 max_args = -1ULL;

static int parse_max_args(struct run *run, const char *arg, void *to)
{
	return opt_number("--max-args", arg, &(const struct opt){ .value = V_U64 }, &max_args);
}

/* "a \"b\"": a backslash is doubled by out_bytes() already. */
static void quoted(struct out *out, const char *arg, size_t len)
{
	const char *at;

	out_str(out, "\"");
	while ((at = memchr(arg, '"', len)) && !out_is_json(out)) {
		out_bytes(out, arg, at - arg);
		out_str(out, "\\\"");
		len -= at + 1 - arg;
		arg = at + 1;
	}
	out_bytes(out, arg, len);
	out_str(out, "\"");
}

static void show_args(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;
	const char *arg = e->data, *end = arg + e->args_len;
	bool json = out_is_json(out), cut = e->cut;

	if (json)
		out_str(out, "[");
	for (__u64 i = 0; arg < end; i++) {
		size_t len = strnlen(arg, end - arg);

		if (i == max_args) {
			cut = true;
			break;
		}
		if (i)
			out_str(out, json ? "," : " ");
		if (json || quote)
			quoted(out, arg, len);
		else
			out_bytes(out, arg, len);
		arg += len + 1;
	}
	if (json)
		out_str(out, "]");
	else if (cut)
		out_str(out, " ...");
}

static void show_path(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->path_len)
		out_bytes(out, e->data + e->args_len, e->path_len - 1);
	else
		out_nothing(out);
}

static void show_cwd(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	path_write(out, e->data + e->args_len + e->path_len, e->cwd_len, e->cwd_cut);
}

/* A failed call has started no program. */
static void show_exe(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->ret)
		out_nothing(out);
	else
		path_write(out, e->data + e->args_len + e->path_len + e->cwd_len, e->exe_len, e->exe_cut);
}

/* -l: in the arguments as they are shown, joined by spaces. */
static bool event(struct run *run, void *event, size_t size)
{
	static char line[EXECSNOOP_ARGS];
	const EVENT *e = event;

	if (!wanted)
		return true;
	memcpy(line, e->data, e->args_len);
	for (__u32 i = 0; i < e->args_len; i++)
		if (!line[i])
			line[i] = ' ';
	return memmem(line, e->args_len, wanted, strlen(wanted));
}

static int setup(struct run *run)
{
	struct execsnoop_bpf *skel = (void *)run->skel;
	struct execsnoop_bpf__rodata *rodata = run->rodata;
	int ret = bpf_map__set_max_entries(skel->maps.records, cpu_ids() * (rodata->failed ? 2 : 1));

	if (!ret && (rodata->want_cwd || rodata->want_exe))
		ret = path_setup(run, (struct path_offsets *)&rodata->path_offsets);
	return ret ?: bpf_program__set_autoload(skel->progs.off__syscall_exit, rodata->failed);
}

static const struct opt opts[] = {
	OPT('x', "failed", NULL, execsnoop, failed, "calls that failed as well", .shows = "error"),
	OPT_SET('P', "ppid", "PID,...", ONLY_PPIDS, "only children of these processes"),
	{ .letter = 'l', .name = "line", .arg = "TEXT", .value = V_CHARS, .here = &wanted,
	  .help = "only where the arguments, joined by spaces, have this text" },
	{ .name = "max-args", .arg = "COUNT", .value = V_CHARS, .parse = parse_max_args,
	  .help = "show at most so many arguments" },
	{ .letter = 'Q', .name = "quote", .value = V_BOOL, .here = &quote, .help = "quote each argument" },
	OPT_SHOW('M', "parent-comm", "pcomm", "show the parent's name as well"),
	OPT_SHOW('U', "user", "user", "show the user as well"),
	OPT_SHOW('C', "cpu", "cpu", "show the processor as well"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL("ppid", EVENT, ppid, 7, "the parent's process id"),
	COL("pcomm", EVENT, pcomm, -16, "the parent's name", HIDDEN, NEEDS(execsnoop, want_pcomm)),
	COL_AS(L_ERRNO, "error", EVENT, ret, -8, "why it failed", HIDDEN),
	COL_OWN("path", show_path, -24, "path of the program as the caller gave it", HIDDEN,
		NEEDS(execsnoop, want_path)),
	COL_OWN("cwd", show_cwd, -24, "working directory", HIDDEN, NEEDS(execsnoop, want_cwd)),
	COL_OWN("exe", show_exe, -24, "full path of the program or its interpreter", HIDDEN,
		NEEDS(execsnoop, want_exe)),
	COL_AS(L_BOOL, "cut", EVENT, cut, -3, "there were more arguments than 32 KiB", HIDDEN),
	COL_OWN("args", show_args, 0, "arguments, the program's name first", .bare_json = true),
	{}
};

static const struct example examples[] = {
	{ "", "every program that is started, by whom and how" },
	{ "-x -T", "also those that could not be started, with the time" },
	{ "-n 'python*' -o pid,user,cwd,args", "Python programs, who started them and where" },
	{ "-l ' --force'", "whatever is started with this option" },
	{ "-j -- make", "all that make starts, as JSON" },
	{}
};

TOOL(execsnoop,
	.summary  = "trace programs as they are started",
	.about    = "One line for each execve(2) or execveat(2) that succeeded, with all of its arguments up to "
		    "32 KiB, read from the new program's memory; -x shows those that failed as well.",
	.cost     = "One tracepoint and one record as long as the arguments for each new program; with -x also a "
		    "raw tracepoint at the return of each system call.",
	.caveats  = "Arguments beyond 32 KiB are left out, and told as '...' in text, \"cut\" in JSON. Of a failed call "
		    "at most 256 are shown, and none where its memory is not there because nobody, nor the kernel, had "
		    "touched it.",
	.examples = examples, .opts = opts, .columns = columns, .event = event, .setup = setup);
