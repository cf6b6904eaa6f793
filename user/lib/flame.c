// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A flame graph: one SVG that needs nothing else. A frame is as wide as its share; the ones that it called stand on it.
 * In a browser a click zooms, Escape or "Reset" goes back, "Search" colours what has the text and says how much that is.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/graph.h"
#include "lib/lib.h"
#include "lib/symbol.h"

#define WIDTH 1200
#define ROW 17
#define HEAD 48			/* title and buttons */
#define FOOT 28			/* what the mouse is on */
#define LETTER 6.7		/* wide, of the font at 11 px */
#define LEAST 20000		/* frames with less than this part of all are left out */

static const char style[] =
	"<style>text{font:11px ui-monospace,Menlo,Consolas,\"DejaVu Sans Mono\",monospace;fill:#111;pointer-events:none}"
	"#title{font-size:16px;text-anchor:middle}.n{cursor:pointer}.n:hover rect{stroke:#000;stroke-width:1}"
	".b{pointer-events:auto;cursor:pointer;fill:#06c}.faded{opacity:.45}.found rect{fill:#e3f !important}"
	".gone{display:none}</style>\n";

static const char script[] =
	"<script><![CDATA[\n"
	"const $ = id => document.getElementById(id), nodes = [...document.querySelectorAll('.n')].map(e => ({ e,\n"
	"  r: e.querySelector('rect'), t: e.querySelector('text'), x: +e.dataset.x, w: +e.dataset.w, d: +e.dataset.d,\n"
	"  name: e.dataset.n || e.querySelector('title').textContent.replace(/ \\([^(]*\\)$/, '') }));\n"
	"const width = " "1200" ", letter = 6.7;\n"
	"let zoomed = null, wanted = '';\n"
	"function label(n, w) {\n"
	"  const room = Math.floor((w - 4) / letter);\n"
	"  n.t.textContent = room < 3 ? '' : n.name.length <= room ? n.name : n.name.slice(0, room - 2) + '..';\n"
	"}\n"
	"function place(to) {\n"
	"  zoomed = to;\n"
	"  for (const n of nodes) {\n"
	"    const over = n.x <= to.x && n.x + n.w >= to.x + to.w - 1e-9 && n.d < to.d;\n"
	"    const inside = n.d >= to.d && n.x >= to.x - 1e-9 && n.x + n.w <= to.x + to.w + 1e-9;\n"
	"    const x = over ? 0 : (n.x - to.x) / to.w * width, w = over ? width : n.w / to.w * width;\n"
	"    n.e.classList.toggle('gone', !over && !inside);\n"
	"    n.e.classList.toggle('faded', over && to.d > 0);\n"
	"    if (!over && !inside) continue;\n"
	"    n.r.setAttribute('x', x); n.r.setAttribute('width', Math.max(w - 0.4, 0.1)); n.t.setAttribute('x', x + 3);\n"
	"    label(n, w);\n"
	"  }\n"
	"  $('reset').classList.toggle('gone', to.d == 0);\n"
	"}\n"
	"function reset() { place(nodes[0]); }\n"
	"function search(text) {\n"
	"  wanted = text || '';\n"
	"  let test = n => false, all = 0, end = -1;\n"
	"  if (wanted) {\n"
	"    try { const re = new RegExp(wanted); test = n => re.test(n.name); }\n"
	"    catch (e) { test = n => n.name.includes(wanted); }\n"
	"  }\n"
	"  const found = nodes.filter(n => { const is = n.d > 0 && test(n); n.e.classList.toggle('found', is); return is; });\n"
	"  found.sort((a, b) => a.x - b.x || a.d - b.d);\n"
	"  for (const n of found) if (n.x >= end - 1e-9) { all += n.w; end = n.x + n.w; }\n"
	"  $('matched').textContent = wanted ? 'found: ' + (all / nodes[0].w * 100).toFixed(2) + ' %' : '';\n"
	"  $('search').textContent = wanted ? 'Clear' : 'Search';\n"
	"}\n"
	"for (const n of nodes) {\n"
	"  n.e.addEventListener('click', () => place(n));\n"
	"  n.e.addEventListener('mouseover', () => { $('on').textContent = n.e.querySelector('title').textContent; });\n"
	"  n.e.addEventListener('mouseout', () => { $('on').textContent = ''; });\n"
	"}\n"
	"$('reset').addEventListener('click', reset);\n"
	"$('search').addEventListener('click', () => search(wanted ? '' : prompt('Text or regular expression:', '')));\n"
	"document.addEventListener('keydown', e => {\n"
	"  if (e.key == 'Escape') { search(''); reset(); }\n"
	"  if (e.key == '/' || (e.key == 'f' && e.ctrlKey)) { e.preventDefault(); search(prompt('Text or regular expression:', wanted)); }\n"
	"});\n"
	"]]></script>\n";

struct page {
	FILE *f;
	const struct graph *graph;
	__u32 deepest, left_out;
	double all;
};

/* Names may hold anything: what XML or a browser would take for more than text is escaped or replaced. */
static void put_text(FILE *f, const char *text, size_t length)
{
	for (size_t i = 0; i < length;) {
		int n = out_utf8((const unsigned char *)text + i, length - i);

		switch (n == 1 ? text[i] : 0) {
		case '&': fputs("&amp;", f); break;
		case '<': fputs("&lt;", f); break;
		case '>': fputs("&gt;", f); break;
		case '"': fputs("&quot;", f); break;
		default: n ? (int)fwrite(text + i, 1, n, f) : fputc('?', f);
		}
		i += n ?: 1;
	}
}

/* So many characters of it that none is cut in two. */
static size_t fitting(const char *text, int room)
{
	size_t length = strlen(text), i = 0;

	while (i < length && room-- > 0)
		i += out_utf8((const unsigned char *)text + i, length - i) ?: 1;
	return i;
}

static void colour(const struct page *p, const struct graph_node *n, char *to, size_t size)
{
	const char *name = symbol_word(n->text);
	__u32 hash = 2166136261u;
	double change;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	if (p->graph->compares) {	/* shares, so that recordings may differ in length */
		change = n->all / p->all - (p->graph->before ? (double)n->before / p->graph->before : 0);
		change = change > 0.25 ? 1 : change < -0.25 ? -1 : change * 4;
		change = change > 0 ? change : -change;
		change = 90 - 40 * (change > 0.02 ? 0.2 + change * 0.8 : change);
		snprintf(to, size, "hsl(%d,%d%%,%d%%)", n->all / p->all >= (p->graph->before ? (double)n->before / p->graph->before : 0) ? 8 : 215,
			 change > 89 ? 0 : 80, (int)change);
	} else if (n->is_comm) {
		snprintf(to, size, "hsl(0,0%%,%u%%)", 78 + hash % 8);
	} else if (n->kernel) {
		snprintf(to, size, "hsl(%u,55%%,%u%%)", 195 + hash % 25, 66 + hash / 32 % 12);
	} else {
		snprintf(to, size, "hsl(%u,80%%,%u%%)", 18 + hash % 34, 58 + hash / 64 % 12);
	}
}

static void put_node(struct page *p, __u32 i, __u32 depth, double x)
{
	const struct graph_node *n = &p->graph->nodes[i];
	const char *name = i ? symbol_word(n->text) : "all";
	double width = WIDTH * n->all / p->all, at = WIDTH * x / p->all;
	int room = (width - 4) / LETTER, y = HEAD + (p->deepest - depth) * ROW;
	size_t length = strlen(name), shown = fitting(name, room);
	char fill[40];

	if (i)
		colour(p, n, fill, sizeof(fill));
	else
		strcpy(fill, "hsl(0,0%,88%)");
	fprintf(p->f, "<g class=\"n\" data-x=\"%.0f\" data-w=\"%llu\" data-d=\"%u\" data-n=\"", x, (unsigned long long)n->all, depth);
	put_text(p->f, name, length);
	fputs("\"><title>", p->f);
	put_text(p->f, name, length);
	fprintf(p->f, " (%llu %s, %.2f %%", (unsigned long long)n->all, p->graph->unit, 100 * n->all / p->all);
	if (p->graph->compares)
		fprintf(p->f, "; before %.2f %%", p->graph->before ? 100.0 * n->before / p->graph->before : 0);
	fprintf(p->f, ")</title><rect x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" rx=\"1\" fill=\"%s\"/><text x=\"%.2f\" y=\"%d\">",
		at, y, width > 0.5 ? width - 0.4 : 0.1, ROW - 1, fill, at + 3, y + 12);
	if (room >= 3) {
		if (shown < length)
			shown = fitting(name, room - 2);
		put_text(p->f, name, shown);
		if (shown < length)
			fputs("..", p->f);
	}
	fputs("</text></g>\n", p->f);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct child {
	const char *name;
	__u32 at;
};

/* Children stand in the order of their names, so that two graphs can be laid side by side. */
static struct child *children(const struct page *p, __u32 i, size_t *n)
{
	struct child *list;

	*n = 0;
	for (__u32 c = p->graph->nodes[i].child; c; c = p->graph->nodes[c].next)
		++*n;
	list = calloc(*n ?: 1, sizeof(*list));
	*n = 0;
	for (__u32 c = p->graph->nodes[i].child; list && c; c = p->graph->nodes[c].next)
		list[(*n)++] = (struct child){ symbol_word(p->graph->nodes[c].text), c };
	if (list)
		qsort(list, *n, sizeof(*list), by_name);
	return list;
}

static bool too_small(const struct page *p, __u32 i)
{
	return !p->graph->nodes[i].all || p->graph->nodes[i].all * LEAST < p->all;
}

/* Deep trees are no reason to go deep ourselves: stacks have an end (STACK_MOST frames, a few parts). */
static void put_tree(struct page *p, __u32 i, __u32 depth, double x)
{
	struct child *list;
	size_t n;

	put_node(p, i, depth, x);
	list = children(p, i, &n);
	for (size_t c = 0; list && c < n; c++) {
		if (too_small(p, list[c].at)) {
			p->left_out += p->graph->nodes[list[c].at].all > 0;
			continue;
		}
		put_tree(p, list[c].at, depth + 1, x);
		x += p->graph->nodes[list[c].at].all;
	}
	free(list);
}

static __u32 depth_of(const struct page *p, __u32 i)
{
	__u32 depth = 0;

	for (; i; i = p->graph->nodes[i].parent)
		depth++;
	return depth;
}

int flame_write(struct graph *g, int fd)
{
	struct page p = { .graph = g };
	int height, ret, copy = dup(fd);

	p.f = copy < 0 ? NULL : fdopen(copy, "w");
	if (!p.f)
		return -errno;
	graph_sum(g);
	p.all = g->n && g->nodes[0].all ? g->nodes[0].all : 1;
	for (__u32 i = 0; i < g->n; i++)
		if (!too_small(&p, i) && depth_of(&p, i) > p.deepest)
			p.deepest = depth_of(&p, i);
	height = HEAD + (p.deepest + 1) * ROW + FOOT;
	fprintf(p.f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
		"width=\"%d\" height=\"%d\" style=\"background:#fff;max-width:100%%;height:auto\">\n", WIDTH, height, WIDTH, height);
	fputs(style, p.f);
	fprintf(p.f, "<text id=\"title\" x=\"%d\" y=\"24\">", WIDTH / 2);
	put_text(p.f, g->title, strlen(g->title));
	fprintf(p.f, "</text>\n<text id=\"reset\" class=\"b gone\" x=\"10\" y=\"24\">Reset</text>\n"
		"<text id=\"search\" class=\"b\" x=\"%d\" y=\"24\">Search</text>\n<text id=\"matched\" x=\"%d\" y=\"40\"></text>\n"
		"<text id=\"on\" x=\"10\" y=\"%d\"></text>\n", WIDTH - 60, WIDTH - 130, height - 10);
	if (g->n && g->nodes[0].all)
		put_tree(&p, 0, 0, 0);
	else
		fprintf(p.f, "<g class=\"n\" data-x=\"0\" data-w=\"1\" data-d=\"0\" data-n=\"nothing\"><title>nothing</title>"
			"<rect x=\"0\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#eee\"/><text x=\"3\" y=\"%d\">nothing</text></g>\n",
			HEAD, WIDTH, ROW - 1, HEAD + 12);
	if (p.left_out)
		fprintf(p.f, "<!-- %u frames that are too narrow to be seen are left out, with what they called -->\n", p.left_out);
	fputs(script, p.f);
	fputs("</svg>\n", p.f);
	ret = ferror(p.f) ? -EIO : 0;
	return fclose(p.f) ? -errno : ret;
}
