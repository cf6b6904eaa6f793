/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All stacks of a run as one tree, and the files that are made of it. For stack.c. */
#ifndef GRAPH_H
#define GRAPH_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct graph_node {
	__u32 parent, next, child;	/* next: the one beside it */
	__u32 text;			/* symbol_word() */
	__u32 frame;			/* one of the frames of that text; 0: it is no code */
	__u64 self, all;		/* what ends here; and what goes through it as well */
	__u64 before;			/* ... in the recording to compare with */
	bool kernel, is_comm;
};

struct graph {
	struct graph_node *nodes;	/* [0]: the root */
	__u32 n, room;
	const char *title, *unit, *type;
	bool compares;
	__u64 before;			/* all of it */
	void *index;			/* of children by text */
	size_t index_room;
};

__u32 graph_child(struct graph *graph, __u32 parent, __u32 text);	/* 0: no memory */
void graph_sum(struct graph *graph);		/* `all` from `self` */
int graph_read_before(struct graph *graph, const char *path);	/* folded stacks; -EINVAL: they are not */
void graph_free(struct graph *graph);

/* Whole files, written to an open descriptor; -errno. */
int flame_write(struct graph *graph, int fd);
int pprof_write(struct graph *graph, int fd, __u64 ns, __u64 period);

#endif
