/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Source lines, and functions that the compiler has put into others, as a file's DWARF has them. It is read by a process
 * of its own that can do nothing but read that file, for so much CPU time: what is in a hostile one ends no more than it.
 */
#ifndef LINES_H
#define LINES_H

#include <linux/types.h>
#include <stddef.h>
#include <sys/types.h>

#define LINES_DEEP 16		/* functions in each other that are told apart */
#define LINES_TEXT 1024		/* of a name, with its end */
#define LINES_PATIENCE 15	/* seconds of CPU time for one file */

/* From the innermost: "line" is where the code is, or where that place calls the one before. */
struct line_place {
	__u32 line;		/* 0: not known */
	char function[LINES_TEXT], file[LINES_TEXT];	/* "": not known */
};

struct lines {
	pid_t pid;		/* 0: there is none */
	int fd;
};

int lines_open(struct lines *lines, int fd, unsigned int seconds);	/* -ENOTSUP: built without libdw */
/* How many places; the last is the function itself. Gone with lines->pid == 0: it has ended, there is no answer. */
int lines_find(struct lines *lines, __u64 address, struct line_place to[LINES_DEEP]);
void lines_close(struct lines *lines);

#endif
