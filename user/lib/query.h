/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Database servers: where in their programs queries begin and end, for the programs of bpf/lib/query.bpf.h. A tool has
 * OPT_QUERY, .args = QUERY_ARGS, .setup = query_setup (or calls it), .attach = query_attach, .caps = POINTS_CAPS.
 */
#ifndef QUERY_H
#define QUERY_H

#include "lib/points.h"

extern const char *query_program;
extern bool query_mysql;

#define OPT_QUERY									\
	{ .letter = 'x', .name = "exe", .arg = "FILE", .value = V_CHARS, .here = &query_program, .complete = "file", \
	  .help = "the server's program, a path or a process id; without it, those that run, or are installed" }, \
	{ .name = "mysql", .value = V_BOOL, .here = &query_mysql, .help = "MySQL and MariaDB only; the same as the word mysql" }

#define QUERY_ARGS "[postgres|mysql]..."
#define QUERY_CAVEATS "Sees queries that are sent as text: not the execution of prepared statements (PostgreSQL's extended protocol, MySQL's " \
		      "binary one). Servers that start later from another file are not seen."

int query_setup(struct run *run);	/* -EINVAL, -EOPNOTSUPP after a line on stderr */
int query_attach(struct run *run);

#endif
