// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/graph.h"
#include "lib/symbol.h"

static size_t place(const struct graph *g, __u32 parent, __u32 text)
{
	__u64 hash = ((__u64)parent << 32 | text) * 0x9e3779b97f4a7c15ULL;

	return (hash ^ hash >> 29) & (g->index_room - 1);
}

static int make_room(struct graph *g)
{
	struct graph_node *nodes;
	__u32 *index;

	if (g->n == g->room) {
		nodes = realloc(g->nodes, (g->room ? g->room * 2 : 256) * sizeof(*nodes));
		if (!nodes)
			return -ENOMEM;
		g->nodes = nodes;
		g->room = g->room ? g->room * 2 : 256;
		if (!g->n)
			g->nodes[g->n++] = (struct graph_node){};
	}
	if (g->n * 2 < g->index_room)
		return 0;
	g->index_room = g->index_room ? g->index_room * 2 : 1024;
	index = calloc(g->index_room, sizeof(*index));
	if (!index)
		return -ENOMEM;
	free(g->index);
	g->index = index;
	for (__u32 i = 1; i < g->n; i++) {
		size_t at = place(g, g->nodes[i].parent, g->nodes[i].text);

		while (index[at])
			at = (at + 1) & (g->index_room - 1);
		index[at] = i;
	}
	return 0;
}

__u32 graph_child(struct graph *g, __u32 parent, __u32 text)
{
	__u32 *index;
	size_t at;

	if (make_room(g))
		return 0;
	index = g->index;
	for (at = place(g, parent, text); index[at]; at = (at + 1) & (g->index_room - 1))
		if (g->nodes[index[at]].parent == parent && g->nodes[index[at]].text == text)
			return index[at];
	g->nodes[g->n] = (struct graph_node){ .parent = parent, .text = text, .next = g->nodes[parent].child };
	g->nodes[parent].child = g->n;
	return index[at] = g->n++;
}

/* A child has a higher number than its parent. */
void graph_sum(struct graph *g)
{
	for (__u32 i = 0; i < g->n; i++)
		g->nodes[i].all = g->nodes[i].self;
	for (__u32 i = g->n; i-- > 1;)
		g->nodes[g->nodes[i].parent].all += g->nodes[i].all;
}

static __u32 said(const char *text)
{
	__u32 frame = symbol_said(text);

	return frame ? symbol_text(frame, false) : 0;
}

/* "a;b;c 12": names may have spaces. */
static int read_line(struct graph *g, char *line)
{
	char *space = strrchr(line, ' '), *end, *rest = line, *name;
	__u64 value;
	__u32 at = 0;

	if (!space || !space[1] || space == line)
		return -EINVAL;
	*space = 0;
	value = strtoull(space + 1, &end, 10);
	if (*end)
		return -EINVAL;
	g->before += value;
	while ((name = strsep(&rest, ";"))) {
		at = graph_child(g, at, said(name));
		if (!at)
			return -ENOMEM;
		g->nodes[at].before += value;
	}
	return 0;
}

int graph_read_before(struct graph *g, const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	int ret = 0;

	if (!f)
		return -errno;
	while (!ret && getline(&line, &size, f) > 0) {
		line[strcspn(line, "\r\n")] = 0;
		if (*line && *line != '#')
			ret = read_line(g, line);
	}
	free(line);
	fclose(f);
	g->compares = !ret;
	return ret ?: g->before ? 0 : -EINVAL;
}

void graph_free(struct graph *g)
{
	free(g->nodes);
	free(g->index);
	*g = (struct graph){};
}
