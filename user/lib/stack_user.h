/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What all stack tools share: their options, stacks as they come from the programs (bpf/lib/stack.bpf.h), rows that are
 * the same once frames have names, and the output: a column "stack", --folded, --flamegraph, --pprof. A tool says with a
 * struct stack_view where its rows have what, and has
 *
 *	OPT_STACKS(NAME), ... .setup, which calls stack_setup(run, &view), .early = stack_early, .end = stack_end,
 *	.keep_caps = SYMBOL_CAPS, .table = ROWS("map", ROW, "column", STACK_TABLE)
 */
#ifndef STACK_USER_H
#define STACK_USER_H

#include "lib/symbol.h"
#include "lib/tool.h"

/* Parts of a row's stack from the outermost: "comm;user;kernel". A stack in it begins with its outermost frame, too. */
struct stack_part {
	enum { PART_END, PART_COMM, PART_KERNEL, PART_USER, PART_BREAK } kind;
	const char *name;	/* of a stack: its key in JSON */
	size_t offset;		/* in the row: of a char [], or a stack's id */
	bool inner_first;
};

#define STACK_PARTS 8

struct stack_view {
	struct stack_part parts[STACK_PARTS];
	size_t value;		/* in the row: the __u64 that folded stacks end with */
	__u64 divide;		/* ... in these units; 0: 1 */
	const char *unit, *type;	/* for graphs: "samples" of "cpu", "microseconds" of "off-cpu" */
	size_t pid;		/* in the row plus 1: a __u32 */
};

/* `depth`: stack_depth in the .rodata of the tool */
int stack_setup(struct run *run, const struct stack_view *view, __u32 *depth);
bool stack_early(struct run *run, const void *event, size_t size);
int stack_end(struct run *run);
size_t stack_merge(struct run *run, void *rows, size_t n);
bool stack_line(struct run *run, const void *row);
void stack_add(const void *row);		/* to the graphs: for tools whose rows are events */
bool stack_event(struct run *run, void *event, size_t size);	/* .event of such a tool */
void stack_afresh(void);			/* the graphs are to show only what comes from now on */
void stack_show(struct out *out, const struct column *c, const void *row);

void stack_show_kernel(struct out *out, __u64 address);	/* "function+0x12" of code that called; 0: nothing */

#define STACK_MOST 512	/* frames of a stack, with what is said of it and functions that were put into others */
/* Frames of a stack, from the innermost, with what is to be said of it. */
int stack_frames(__u64 id, bool user, __u32 *frames);
const char *stack_text(__u32 frame);		/* as the options have it */

#define STACK_TABLE .merge = stack_merge, .line = stack_line

#define COL_STACK \
	COL_OWN("stack", stack_show, 0, "the stack, innermost first: of the kernel, then of the program", .bare_json = true)

int stack_opt_folded(struct run *run, const char *arg, void *to);
int stack_opt_delimited(struct run *run, const char *arg, void *to);
int stack_opt_annotate(struct run *run, const char *arg, void *to);
int stack_opt_offsets(struct run *run, const char *arg, void *to);
int stack_opt_flamegraph(struct run *run, const char *arg, void *to);
int stack_opt_against(struct run *run, const char *arg, void *to);
int stack_opt_pprof(struct run *run, const char *arg, void *to);
int stack_opt_inlines(struct run *run, const char *arg, void *to);
int stack_opt_lines(struct run *run, const char *arg, void *to);
int stack_opt_symfs(struct run *run, const char *arg, void *to);
int stack_opt_debuginfod(struct run *run, const char *arg, void *to);

#define STACK_OWN(l, n, a, fn, h, ...) { .letter = l, .name = n, .arg = a, .help = h, .value = a ? V_CHARS : V_BOOL, .parse = fn, ##__VA_ARGS__ }

#define OPT_STACKS(skel)								\
	OPT('K', "kernel-stacks-only", NULL, skel, only_kernel_stacks, "no stacks of programs"), \
	OPT('U', "user-stacks-only", NULL, skel, only_user_stacks, "no stacks of the kernel"), \
	STACK_OWN('a', "annotate", NULL, stack_opt_annotate, "_[k] behind the kernel's functions, _[i] behind inlined ones"), \
	OPT_STACK_FORMAT(skel)

#define OPT_STACK_FORMAT(skel)								\
	OPT(0, "depth", "FRAMES", skel, stack_depth, "frames to take of each stack; 127 unless told", .min = 1, .max = 127), \
	STACK_OWN(0, "folded", NULL, stack_opt_folded, "one line each: frames with ; between, and the value"), \
	STACK_OWN(0, "delimited", NULL, stack_opt_delimited, "folded: a frame - between the program and the kernel"), \
	STACK_OWN(0, "offsets", NULL, stack_opt_offsets, "how far into the function, and its file; rows by address"), \
	STACK_OWN(0, "inlines", NULL, stack_opt_inlines, "functions that the compiler has put into others too, by debug information"), \
	STACK_OWN(0, "lines", NULL, stack_opt_lines, "where in the source it is, by debug information; rows by line"), \
	STACK_OWN(0, "flamegraph", "FILE", stack_opt_flamegraph, "write a flame graph too: an SVG for browsers", .complete = "file"), \
	STACK_OWN(0, "against", "FILE", stack_opt_against, "flame graph: colours by what has changed since FILE (--folded)", .complete = "file"), \
	STACK_OWN(0, "pprof", "FILE", stack_opt_pprof, "write a profile for pprof too", .complete = "file"), \
	STACK_OWN(0, "symfs", "FOLDER", stack_opt_symfs, "look for files with symbols under this folder", .complete = "file"), \
	STACK_OWN(0, "debuginfod", NULL, stack_opt_debuginfod, "fetch those that are not here from the servers of $DEBUGINFOD_URLS")

#endif
