// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lib/capability.h"
#include "lib/lib.h"
#include "lib/path_user.h"
#include "lib/sock_user.h"
#include "sec/lsmsnoop.h"
#include "sec/lsmsnoop.skel.h"

#define EVENT struct lsmsnoop_event

#define NAME(name) #name,
static const char *const names[] = { LSM_HOOKS(NAME) };

static bool named[LSM_COUNT], chosen, all;

static int parse_hooks(struct run *run, const char *arg, void *to)
{
	char *copy = strdup(arg), *rest = copy, *word;
	int ret = copy ? 0 : -ENOMEM;

	while (!ret && (word = strsep(&rest, ","))) {
		const char *name = strncmp(word, "security_", 9) ? word : word + 9;
		int i = 0;

		while (i < LSM_COUNT && strcmp(names[i], name))
			i++;
		if (!strcmp(word, "all")) {
			all = true;
		} else if (i == LSM_COUNT) {
			err("'%s' is no hook that is known here: use file_open, task_kill, capable ... (see --help)", word);
			ret = -EINVAL;
		} else {
			named[i] = chosen = true;
		}
	}
	free(copy);
	return ret;
}

/* One that was named must be there, whichever way; those that aren't optional must be there anyway. */
static int is_there(const struct run *run, const char *hook)
{
	char fexit[64], kprobe[64], why[160], why_either[160];

	snprintf(fexit, sizeof(fexit), "fexit/security_%s", hook);
	snprintf(kprobe, sizeof(kprobe), "kprobe/security_%s", hook);
	if (!opt_has_word(run->tool->optional, hook) || kernel_has_program(fexit, why, sizeof(why)) ||
	    kernel_has_program(kprobe, why_either, sizeof(why_either)))
		return 0;
	err("can't run here: %s: %s; %s: %s", fexit, why, kprobe, why_either);
	return -EOPNOTSUPP;
}

/* What isn't wanted takes no room, and need not be there. */
static int setup(struct run *run)
{
	struct lsmsnoop_bpf__rodata *rodata = run->rodata;
	static char others[1024];
	size_t at = 0;
	int ret = 0;

	for (int i = 0; i < LSM_COUNT && !ret; i++)
		if (named[i])
			ret = is_there(run, names[i]);
		else if (!all && (chosen || i >= LSM_USUAL))
			at += snprintf(others + at, sizeof(others) - at, "%s ", names[i]);
	attach_skip(others);
	return ret ?: path_setup(run, (struct path_offsets *)&rodata->path_offsets);
}

static void show_hook(struct out *out, const struct column *c, const void *row)
{
	out_str(out, names[((const EVENT *)row)->hook % LSM_COUNT]);
}

static void show_verdict(struct out *out, const struct column *c, const void *row)
{
	out_str(out, ((const EVENT *)row)->error < 0 ? "denied" : "allowed");
}

static void show_object(struct out *out, const struct column *c, const void *row)
{
	static const struct column to = { .offset = offsetof(EVENT, to) };
	const EVENT *e = row;
	size_t n = strnlen(e->text, sizeof(e->text));

	switch (e->object) {
	case OBJECT_PATH:
		path_write(out, e->names, e->names_len, e->cut);
		break;
	case OBJECT_TASK:
		out_bytes(out, e->text, n);
		break;
	case OBJECT_ADDRESS:
		sock_show_remote(out, &to, row);
		break;
	case OBJECT_LOCAL:
		if (!n && e->text[1]) {		/* of the abstract kind */
			out_str(out, "@");
			n = strnlen(e->text + 1, sizeof(e->text) - 1);
			out_bytes(out, e->text + 1, n);
		} else {
			out_bytes(out, e->text, n);
		}
		break;
	case OBJECT_CAPABILITY:
		capability_show(out, e->number);
		break;
	default:
		out_nothing(out);
	}
}

static const struct opt opts[] = {
	OPT('a', "all", NULL, lsmsnoop, allowed_too, "what was allowed as well", .shows = "verdict"),
	{ .letter = 'H', .name = "hooks", .arg = "LIST", .value = V_CHARS, .parse = parse_hooks,
	  .help = "only these, or all: file_open,task_kill,capable" },
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_OWN("hook", show_hook, -19, "security_*() function of the kernel that was asked"),
	COL_OWN("verdict", show_verdict, -7, "allowed or denied", HIDDEN),
	COL_AS(L_ERRNO, "error", EVENT, error, -6, "what the caller was denied with"),
	COL("target", EVENT, pid, 7, "process that it is about", BLANK),
	COL("number", EVENT, number, 6, "what else is known: signal, mode, command of bpf(2), capability, address family, what is locked "
	    "down or read, by its number", HIDDEN),
	COL_OWN("object", show_object, 0, "what it is about: a path, a process's name, an address, a capability"),
	{}
};

static const struct example examples[] = {
	{ "", "what security modules and capabilities deny, to whom" },
	{ "-a -H bprm_check,kernel_read_file -T", "each program that is started, and module that is read" },
	{ "-H ptrace_access_check,task_kill -o +number", "who may not trace or signal whom" },
	{ "-a -H all -n nginx -j", "all that nginx asks for, as JSON: to write a policy by" },
	{}
};

TOOL(lsmsnoop,
	.summary  = "trace what security modules deny: who, what, by which hook",
	.about    = "One line each time that one of the kernel's security_*() functions says no, as it returns: they ask all security "
		    "modules (SELinux, AppArmor, Landlock, Yama, lockdown, BPF), and capabilities are one of these. It only watches. "
		    "Hooks: file_open, path_unlink, path_mkdir, path_rename (the old name), bprm_check (a program is started), "
		    "kernel_read_file (modules, firmware), task_kill, ptrace_access_check, socket_bind, socket_connect, capable, "
		    "locked_down; and, where --hooks asks for them, file_truncate, path_truncate, path_rmdir, path_mknod, path_chmod, "
		    "path_chroot, sb_mount (where), kernel_load_data, ptrace_traceme, socket_create, bpf, perf_event_open, "
		    "create_user_ns, syslog, settime64.",
	.cost     = "A probe at the return of each of these functions, which looks at the result; of those that are allowed a record "
		    "is made only with --all. Each hook takes some milliseconds to attach: name those that you need.",
	.caveats  = "What is denied by permission bits, before any module is asked, isn't seen, nor which module it was. A hook that "
		    "the kernel lacks is left out, unless --hooks names it. Programs ask for capabilities that they can do "
		    "without: such denials are normal.",
	.optional = "file_truncate create_user_ns path_truncate path_unlink path_rmdir path_mkdir path_mknod path_rename path_chmod "
		    "path_chroot socket_create socket_bind socket_connect perf_event_open",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup);
