/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Places in the kernel and in programs, in one language for all tools:
 *	FUNCTION, k:[MODULE:]FUNCTION	kernel functions
 *	t:CATEGORY:EVENT		tracepoints
 *	raw:EVENT			tracepoints, without what tracefs makes of their arguments
 *	sys:NAME			system calls
 *	FILE:FUNCTION, p:FILE:FUNCTION	functions of a program or library: a path, a process id, "c" for libc, or a command
 *	u:FILE:[PROVIDER:]MARKER	markers (USDT) in a program or library, at each place where it has them
 *	perf:EVENT[:PERIOD]		one in so many of a counter's events, on each CPU
 *	timer:TIME			as often as that, on each CPU that is busy
 * FUNCTION%return (or r:FUNCTION) is where it returns, FUNCTION+OFFSET an instruction in it. Names may be globs, or regular
 * expressions: all of them, or those between slashes.
 */
#ifndef POINTS_H
#define POINTS_H

#include <linux/perf_event.h>
#include "lib/tool.h"

enum point_kind { POINT_KERNEL, POINT_TRACEPOINT, POINT_RAW, POINT_USER, POINT_MARKER, POINT_PERF };

/* Where a probe is. */
struct place {
	enum point_kind kind;
	bool at_return;
	bool is_listed;		/* a kernel function that the kernel says can be probed */
	bool is_call;		/* probed as it begins too */
	__u32 of;		/* which of the words that the user gave */
	const char *in;		/* module, category, or file; "" */
	const char *provider, *args;	/* of a marker; "" */
	char *name;
	__u64 offset;		/* into a kernel function; of a program, into its file */
	__u64 counter;		/* of a marker: where in the file it is counted who watches; 0: nowhere */
};

struct point;
int point_new(struct point **point, const char *text, bool regex);	/* one line on stderr if it fails */
void point_free(struct point *point);
const char *point_text(const struct point *point);
const char *point_name(const struct point *point);	/* or its pattern */
bool point_is_pattern(const struct point *point);
bool point_is_whole(const struct point *point);	/* functions, not their returns and not what is in them */
enum point_kind point_kind(const struct point *point);
int point_attr(const struct point *point, struct perf_event_attr *attr);	/* of POINT_PERF */

struct places {
	struct place *all;
	size_t n;
};

/* Adds the point's places. -ENOENT: there is none; -EINVAL after a line on stderr. */
int places_find(struct places *places, const struct point *point, __u32 of);
void places_found(void);	/* after the last: what was kept for the next is forgotten */
void places_free(struct places *places);
void place_show(struct out *out, const struct place *place);	/* as one would ask for it */

struct tracepoint_field {
	char name[64], type[128];	/* type: "char[16]" */
	__u32 offset, size;
	int is_signed;
	bool is_array;
	bool is_elsewhere;	/* its place (low half) and size in the record are what it holds: __data_loc */
};

/* What tracefs says that a tracepoint's record has, until fn gives something else than 0; -ENOENT. */
int tracepoint_fields(const char *category, const char *event, int (*fn)(void *ctx, const struct tracepoint_field *field), void *ctx);

char *tracepoint_format(const char *category, const char *event);	/* how the kernel prints it, to be freed; NULL: it doesn't say */

/* A program, by its descriptor, at a place; the attachment is kept. */
int place_attach(const struct place *place, const struct point *point, int program);
/*
 * The same program at many places of one kind, and in one file, with one link: each has its number, `first` for the first
 * of them, as its cookie. How many of them couldn't be probed, or -errno.
 */
int places_attach(struct run *run, const struct place *places, size_t n, int program, __u64 first);
bool places_at_once(enum point_kind kind);	/* can this kernel do that? */

/*
 * For tools that have run->args as their places and the programs of bpf/lib/points.bpf.h. -EINVAL, -EOPNOTSUPP after a
 * line on stderr.
 */
int points_setup(struct run *run, bool regex);
int points_setup_calls(struct run *run, bool regex);	/* functions only, each as it begins and as it returns */
int points_call(struct run *run, size_t place);	/* after it: a function's or system call's return is to know how it began */
/*
 * Code for the places of bpf/lib/generated.bpf.h: at each place in its own copy of the program, but functions of a set share
 * one, which is made for the first of them. What fn gives is 1: there is some; 0: none; -errno.
 */
struct code;
struct expr_scope;
void points_words(const char *(*fn)(int i));	/* before setup: the place in run->args[i] */
/* What it can name, and in scope->entry what it can name of how it began; -EINVAL after a line on stderr. */
int points_scope(struct expr_scope *scope, size_t place);
void points_generate(int (*fn)(struct code *c, const struct place *place, int which));
int points_attach(struct run *run);
const struct places *points_places(void);

/* Capabilities to find them: tracefs, where functions of the kernel are, files of other users' processes. For tool.caps. */
#define POINTS_CAPS (1ULL << 2 /* DAC_READ_SEARCH */ | 1ULL << 19 /* SYS_PTRACE */ | 1ULL << 34 /* SYSLOG */)

#define POINTS_HELP "FUNCTION is one of the kernel's (k:MODULE:FUNCTION: a module's), t:CATEGORY:EVENT a tracepoint, sys:NAME a system " \
		    "call, FILE:FUNCTION one of a program or library (a path, a process id, a command, or a name as \"c\" for libc.so), " \
		    "u:FILE:[PROVIDER:]MARKER one of the markers (USDT) that it was built with, raw:EVENT a tracepoint with its own " \
		    "arguments, perf:EVENT[:PERIOD] a counter of the CPU or kernel, timer:TIME a clock on each busy CPU. " \
		    "FUNCTION%return is where it returns, FUNCTION+OFFSET an instruction in it. Names may have * and ?, or are " \
		    "/regular expressions/. What the compiler has made copies of, as f.isra.0, is meant too."

#endif
