// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>
#include "lib/points.h"
#include "lib/stack_user.h"
#include "gen/funcslower.h"
#include "gen/funcslower.skel.h"

#define EVENT struct funcslower_event

static const struct opt opts[] = {
	OPT_TIME('m', "min", "TIME", funcslower, shortest, MSEC, "calls that took at least that long, 1ms unless told; a bare number is milliseconds"),
	OPT('A', "arguments", "N", funcslower, arguments, "the first N arguments too, as they were when it was called", .max = FUNCSLOWER_ARGS,
	    .shows = "args"),
	OPT('S', "stacks", NULL, funcslower, stacks, "the stack at each return too", .shows = "stack"),
	OPT('E', "regexp", NULL, funcslower, with_regex, "FUNCTIONs are regular expressions"),
	OPT_STACKS(funcslower),
	{}
};

static __u64 n_arguments;

static void show_function(struct out *out, const struct column *c, const void *row)
{
	const char *name = points_places()->all[((const EVENT *)row)->place].name;

	out_bytes(out, name, strlen(name));
}

/* What it is isn't known: errors and small numbers as such, the rest as an address has it. */
static void show_returned(struct out *out, const struct column *c, const void *row)
{
	__s64 value = ((const EVENT *)row)->returned;

	if (value >= -4096 && value <= INT32_MAX)
		out_s64(out, value);
	else
		out_printf(out, out_is_json(out) ? "%lld" : "0x%llx", value);
}

static void show_arguments(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	for (__u64 i = 0; i < n_arguments; i++)
		out_printf(out, "%s0x%llx", i ? " " : "", e->args[i]);
	if (!n_arguments)
		out_nothing(out);
}

static int setup(struct run *run)
{
	static const struct stack_view view = {
		.parts = {
			{ PART_COMM, "comm", offsetof(EVENT, origin.comm) },
			{ PART_USER, "user", offsetof(EVENT, user) },
			{ PART_KERNEL, "kernel", offsetof(EVENT, kernel) },
		},
		.value = offsetof(EVENT, one), .unit = "calls", .type = "calls",
	};
	struct funcslower_bpf__rodata *rodata = run->rodata;

	n_arguments = rodata->arguments;
	return points_setup_calls(run, rodata->with_regex) ?: stack_setup(run, &view, &rodata->stack_depth);
}

static bool event(struct run *run, void *event, size_t size)
{
	const struct funcslower_bpf__rodata *rodata = run->rodata;

	return !rodata->stacks || stack_event(run, event, size);
}

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_NSEC("latency", "ms", EVENT, took, 11, "from its beginning to its return"),
	COL_OWN("returned", show_returned, 18, "what it returned, as it was in the register", .bare_json = true),
	COL_OWN("function", show_function, -24, "function"),
	COL_OWN("args", show_arguments, 0, "its first arguments", HIDDEN),
	COL_OWN("stack", stack_show, 0, "the stack, innermost first: of the kernel, then of the program", HIDDEN, .bare_json = true),
	{}
};

static const struct example examples[] = {
	{ "vfs_read vfs_write", "reads and writes that take a millisecond or more" },
	{ "-m 100us -A 2 -p 181 c:malloc c:calloc", "requests for memory that are slow, with how much" },
	{ "-S -m 10 'k:ext4:ext4_*'", "slow functions of a file system, and where they were called" },
	{ "--flamegraph slow.svg -d 60 -m 10 do_sys_openat2", "a flame graph of slow calls in a minute" },
	{}
};

TOOL(funcslower,
	.summary  = "trace calls of functions that take long",
	.about    = "A row for each call that took that long, from its beginning to its return, what it calls and waits for included. "
		    "trace has arguments by name and conditions; this takes any number of functions. " POINTS_HELP,
	.cost     = "Two probes for each call, and a look-up in a map by thread at each.",
	.caveats  = "Calls of functions that the compiler has put into their caller are not seen. Of calls in one another 16 are "
		    "remembered; deeper ones are counted as lost. What a function returns is shown as all of the register: of a "
		    "narrower type, what is above it may be anything.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = points_attach, .early = stack_early,
	.event    = event, .end = stack_end, .state = "threads", .keep_caps = SYMBOL_CAPS, .caps = POINTS_CAPS, .args = "FUNCTION...",
	.trial    = "c:usleep");
