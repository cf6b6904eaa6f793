// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "lib/tool.h"
#include "sec/bpfaudit.h"
#include "sec/bpfaudit.skel.h"

#define EVENT struct bpfaudit_event

/*
 * By number, include/uapi/linux/bpf.h; those with a dash read and write data or look at what there is, so only --all
 * has them.
 */
static const char *const names[] = {
	"MAP_CREATE", "-MAP_LOOKUP_ELEM", "-MAP_UPDATE_ELEM", "-MAP_DELETE_ELEM", "-MAP_GET_NEXT_KEY", "PROG_LOAD",
	"OBJ_PIN", "OBJ_GET", "PROG_ATTACH", "PROG_DETACH", "PROG_TEST_RUN", "-PROG_GET_NEXT_ID", "-MAP_GET_NEXT_ID",
	"PROG_GET_FD_BY_ID", "MAP_GET_FD_BY_ID", "-OBJ_GET_INFO_BY_FD", "-PROG_QUERY", "RAW_TRACEPOINT_OPEN",
	"BTF_LOAD", "BTF_GET_FD_BY_ID", "-TASK_FD_QUERY", "-MAP_LOOKUP_AND_DELETE_ELEM", "MAP_FREEZE",
	"-BTF_GET_NEXT_ID", "-MAP_LOOKUP_BATCH", "-MAP_LOOKUP_AND_DELETE_BATCH", "-MAP_UPDATE_BATCH",
	"-MAP_DELETE_BATCH", "LINK_CREATE", "LINK_UPDATE", "LINK_GET_FD_BY_ID", "-LINK_GET_NEXT_ID", "ENABLE_STATS",
	"ITER_CREATE", "LINK_DETACH", "PROG_BIND_MAP", "TOKEN_CREATE", "-PROG_STREAM_READ_BY_FD",
	"PROG_ASSOC_STRUCT_OPS",
	[AUDIT_XDP] = "IFLA_XDP", [AUDIT_TC] = "TCA_BPF", [AUDIT_PERF] = "PERF_SET_BPF", [AUDIT_SOCKET] = "SO_ATTACH_BPF", [AUDIT_REUSEPORT] = "SO_ATTACH_REUSEPORT_EBPF",
};

#define NAMES (sizeof(names) / sizeof(*names))

static __u64 wanted;
static bool all;

static int parse_commands(struct run *run, const char *arg, void *to)
{
	char *copy = strdup(arg), *rest = copy, *word;
	int ret = copy ? 0 : -ENOMEM;

	while (!ret && (word = strsep(&rest, ","))) {
		size_t i = 0;

		while (i < NAMES && (!names[i] || strcasecmp(names[i] + (*names[i] == '-'), word)))
			i++;
		if (i == NAMES) {
			err("'%s' is no command of bpf(2): use PROG_LOAD, MAP_CREATE, LINK_CREATE ...", word);
			ret = -EINVAL;
		} else {
			wanted |= 1ULL << i;
		}
	}
	free(copy);
	return ret;
}

/* Commands that are newer than this list are shown as well, by number. */
static int setup(struct run *run)
{
	struct bpfaudit_bpf__rodata *rodata = run->rodata;
	__u64 usual = -1ULL;

	for (size_t i = 0; i < NAMES && !all; i++)
		if (names[i] && *names[i] == '-')
			usual &= ~(1ULL << i);
	*(__u64 *)&rodata->commands = wanted ?: usual;
	return 0;
}

static void show_command(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->command < NAMES && names[e->command])
		out_str(out, names[e->command] + (*names[e->command] == '-'));
	else
		out_u64(out, e->command);
}

static void show_object(struct out *out, const struct column *c, const void *row)
{
	static const char *const objects[AUDIT_OBJECTS] = { NULL, "prog", "map", "link", "btf" };
	const char *name = objects[((const EVENT *)row)->object % AUDIT_OBJECTS];

	if (name)
		out_str(out, name);
	else
		out_nothing(out);
}

static void named(struct out *out, const char *name, __u32 number)
{
	if (name)
		out_str(out, name);
	else
		out_u64(out, number);
}

static void show_type(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (!e->has_type)
		out_nothing(out);
	else if (e->object == AUDIT_PROG)
		named(out, libbpf_bpf_prog_type_str(e->type), e->type);
	else if (e->object == AUDIT_MAP)
		named(out, libbpf_bpf_map_type_str(e->type), e->type);
	else
		named(out, libbpf_bpf_link_type_str(e->type), e->type);
}

/* The first of the attach types is what a program has that was loaded without one. */
static void show_attach(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->attach > 1 || (e->attach && e->command != 5))	/* BPF_PROG_LOAD */
		named(out, libbpf_bpf_attach_type_str(e->attach - 1), e->attach - 1);
	else
		out_nothing(out);
}

static void show_tag(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (!e->has_tag)
		out_nothing(out);
	for (int i = 0; e->has_tag && i < 8; i++)
		out_printf(out, "%02x", e->tag[i]);
}

static void show_target(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->interface)	/* TC_H_CLSACT with TC_H_MIN_INGRESS or _EGRESS */
		out_printf(out, "interface %u%s", e->interface, e->parent == 0xfffffff2 ? " ingress" : e->parent == 0xfffffff3 ? " egress" : "");
	else if (e->target_len > 1)
		out_bytes(out, e->target, e->target_len - 1);
	else
		out_nothing(out);
}

static const struct opt opts[] = {
	OPT('x', "failed", NULL, bpfaudit, failed_only, "only what failed"),
	{ .letter = 'a', .name = "all", .value = V_BOOL, .here = &all,
	  .help = "every command, also those that read and write maps, or look at what there is" },
	{ .letter = 'C', .name = "commands", .arg = "LIST", .value = V_CHARS, .parse = parse_commands,
	  .help = "only these: PROG_LOAD,OBJ_PIN" },
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_OWN("command", show_command, -12, "of bpf(2); PERF_SET_BPF, SO_ATTACH_BPF, and by netlink IFLA_XDP, TCA_BPF: others that attach a program"),
	COL_AS(L_ERRNO, "error", EVENT, result, -6, "why it failed"),
	COL_AS(L_FD, "result", EVENT, result, 6, "what it gave, mostly a descriptor", HIDDEN),
	COL_OWN("object", show_object, -6, "what it was about: prog, map, link or btf", HIDDEN),
	COL("id", EVENT, id, 6, "its id", HIDDEN, BLANK),
	COL_OWN("type", show_type, -11, "type of the program, map or link"),
	COL("name", EVENT, name, -10, "its name; of a link, its program's", BLANK),
	COL_OWN("tag", show_tag, -16, "the program's tag, a hash of its instructions"),
	COL("instructions", EVENT, instructions, 12, "of a program: as it was given; of one that was taken, as the kernel has it",
	    HIDDEN, BLANK),
	COL_OWN("attach", show_attach, -20, "attach type", HIDDEN),
	COL_OWN("target", show_target, 0, "where it is pinned, or the tracepoint, function or interface that the program is for"),
	{}
};

static const struct example examples[] = {
	{ "", "who loads, attaches and pins what" },
	{ "-C PROG_LOAD -o +user,id,instructions", "each program that is loaded, with user, id and size" },
	{ "-x -T", "what the kernel refused" },
	{ "-a -p 1234", "all that a process does with BPF" },
	{ "-j -C PROG_LOAD,LINK_CREATE,PERF_SET_BPF,OBJ_PIN", "for a log: JSON lines of what changes the machine" },
	{}
};

TOOL(bpfaudit,
	.summary  = "trace who loads, attaches and pins BPF programs",
	.about    = "One line for each bpf(2) call that loads, makes, attaches, pins or opens something, as it "
		    "returns, and for programs that are attached to perf events, sockets and, by netlink, interfaces (XDP and "
		    "filters of tc; no program: it is taken away): with the program's "
		    "type, name and tag, whose hash of its instructions is the same wherever it is loaded, the "
		    "process, and whether the kernel took it.",
	.cost     = "One raw tracepoint at the return of each system call, which reads its number, and of messages on sockets "
		    "their first bytes.",
	.caveats  = "What the tool itself does is left out. Of a call that has several netlink messages the first is looked "
		    "at, and none of 32-bit programs; actions of tc and classic filters (SO_ATTACH_FILTER, seccomp) are not seen being "
		    "attached. A library tries out what the kernel can do: small programs that nobody wrote, and "
		    "calls that fail, are normal. The attributes are read as the call returns: a process that "
		    "changes them meanwhile changes what is shown of a call that failed; of one that worked, type, "
		    "name and tag are the kernel's own.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup);
