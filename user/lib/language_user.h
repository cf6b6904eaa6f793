/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The runtimes of languages: where in their programs something happens that has a name there, for the programs of
 * bpf/lib/language.bpf.h. A tool has OPT_LANGUAGE, .first = language_first, a setup that calls language_setup(),
 * .attach = language_attach, .args = LANGUAGE_ARGS, .caps = POINTS_CAPS, .state = "language_threads".
 */
#ifndef LANGUAGE_USER_H
#define LANGUAGE_USER_H

#include "lib/points.h"
#include "lib/language.h"

/* A way to see an event: by a marker, else by a function. Expressions say what it is about; NULL: nothing. */
struct language_way {
	const char *language, *provider, *marker, *function;
	enum language_what what;
	const char *kind;	/* a word for what it is, where the runtime has none: "mark" */
	const char *class, *class_size, *name, *name_size, *number;
	bool at_return;
};

const struct language_way *language_way(__u32 way);

extern const char *language_wanted;

#define OPT_LANGUAGE(l)									\
	{ .letter = l, .name = "language", .arg = "LANGUAGE", .value = V_CHARS, .here = &language_wanted, \
	  .help = "c, java, node, perl, php, python, ruby or tcl, those that start later too; without it, what runs now" }

#define LANGUAGE_ARGS "[PID]..."
#define LANGUAGE_CAVEATS "Java tells of methods and objects only if it was started with -XX:+ExtendedDTraceProbes, PHP of functions only " \
			 "with USE_ZEND_DTRACE=1 in its environment, Ruby of methods that are written in Ruby only while a TracePoint " \
			 "of calls is on, Python 3.11 of functions only while sys.setprofile() or sys.settrace() is, later ones of " \
			 "none. Debian's Java, PHP, Python and Ruby have markers; its Perl, Tcl and Node.js have none."
#define LANGUAGE_MASK(what) (1U << (what))

int language_first(struct run *run);	/* words are processes, as those of -p */
/* Where any of these happens (LANGUAGE_MASK()) is found. -EINVAL, -EOPNOTSUPP after a line on stderr. */
int language_setup(struct run *run, __u32 whats);
int language_attach(struct run *run);

/* Columns for a struct language_key `m` of a row. */
void language_show(struct out *out, const struct column *c, const void *row);
void language_show_class(struct out *out, const struct column *c, const void *row);
void language_show_name(struct out *out, const struct column *c, const void *row);
void language_show_method(struct out *out, const struct column *c, const void *row);	/* both, as the language writes them */

#define COL_LANGUAGE(type, m, ...) \
	COL_OWN("language", language_show, -8, "what the program is written in", .offset = offsetof(type, m), ##__VA_ARGS__)

#endif
