// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/capability.h"
#include "lib/stack_user.h"
#include "sec/capable.h"
#include "sec/capable.skel.h"

#define EVENT struct capable_event

static void show_name(struct out *out, const struct column *c, const void *row)
{
	capability_show(out, ((const EVENT *)row)->cap);
}

static void show_verdict(struct out *out, const struct column *c, const void *row)
{
	out_str(out, ((const EVENT *)row)->ret ? "denied" : "allowed");
}

static void show_option(struct out *out, __u32 options, __u32 which)
{
	if (options & CAPABLE_TOLD)
		out_str(out, options & which ? "yes" : "no");
	else
		out_nothing(out);
}

static void show_audit(struct out *out, const struct column *c, const void *row)
{
	show_option(out, ((const EVENT *)row)->options, CAPABLE_AUDIT);
}

static void show_setid(struct out *out, const struct column *c, const void *row)
{
	show_option(out, ((const EVENT *)row)->options, CAPABLE_SETID);
}

static const struct opt opts[] = {
	OPT('x', "denied", NULL, capable, denied_only, "only what was denied"),
	OPT(0, "audited", NULL, capable, audited_only, "without checks that leave no trace in the audit log, where the kernel tells"),
	OPT(0, "unique", NULL, capable, unique, "each answer to each process once"),
	OPT_SET('C', "capability", "NAMES", ONLY_CAPS, "only these: SYS_ADMIN,NET_RAW, or numbers", .find = capability_find),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL("cap", EVENT, cap, 3, "capability, by its number", HIDDEN),
	COL_OWN("name", show_name, -24, "capability that was asked for"),
	COL_OWN("verdict", show_verdict, -7, "allowed or denied"),
	COL_OWN("audit", show_audit, -5, "does it leave a trace in the audit log?", HIDDEN),
	COL_OWN("setid", show_setid, -5, "is it asked for by a call that changes the user?", HIDDEN),
	COL("userns", EVENT, userns, 10, "user namespace that it is asked for in", HIDDEN),
	COL_OWN("stack", stack_show, 0, "where in the kernel, innermost first", HIDDEN, .bare_json = true, NEEDS(capable, want_stack)),
	{}
};

static const struct stack_view view = {
	.parts = { { PART_KERNEL, "kernel", offsetof(EVENT, stack) } },
};

static int setup(struct run *run)
{
	__u32 depth = ((struct capable_bpf__rodata *)run->rodata)->stack_depth;

	return stack_setup(run, &view, &depth);
}

static const struct example examples[] = {
	{ "-x", "what processes were not allowed to do" },
	{ "--unique -n nginx -d 60", "which capabilities nginx needs, each once" },
	{ "-C SYS_ADMIN -o +stack", "who asks for CAP_SYS_ADMIN, and where in the kernel" },
	{}
};

TOOL(capable,
	.summary  = "trace checks for capabilities, and their outcome",
	.about    = "One line each time that the kernel looks whether a process has a capability: which one, in which user namespace, "
		    "and the answer. What a process is never asked for, it doesn't need.",
	.cost     = "One tracepoint, or a probe, at each check, of which there are many: a filter helps.",
	.caveats  = "Where the kernel has a tracepoint for it (6.18 has), that doesn't tell whether a check is audited: the column is "
		    "empty then, and --audited lets all through. What security modules deny beyond that isn't seen.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .early = stack_early, .end = stack_end,
	.keep_caps = SYMBOL_CAPS);
