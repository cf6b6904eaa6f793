// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/graph.h"
#include "lib/lib.h"
#include "lib/stack.h"
#include "lib/stack_user.h"

/* A stack as it came: its frames are in `pool`. */
struct stack {
	__u64 id, same;		/* same: the id of the first one that looks the same; 0: not asked yet */
	size_t first;
	__u32 n;
	bool user;
};

static struct stack *stacks;	/* by id, open-addressed */
static size_t n_stacks, stacks_room;
static __u32 *pool;
static size_t pool_used, pool_room;

/* Stacks by what they look like. */
static struct shape { __u64 hash, id; } *looks;
static size_t n_looks, looks_room;

static const struct stack_view *view;
static bool folded, delimited, annotate, offsets, inlines, lines;
static const char *flamegraph, *against, *pprof;
static int flame_fd = -1, pprof_fd = -1;
static __u32 depth = STACK_FRAMES;
static __u64 started;
static struct graph graph;

/* --- Options --- */

#define SWITCH(name)								\
	int stack_opt_##name(struct run *run, const char *arg, void *to)	\
	{									\
		name = true;							\
		return 0;							\
	}

SWITCH(folded)
SWITCH(delimited)
SWITCH(annotate)
SWITCH(offsets)

/* It is read when names are asked for: nothing is looked for before. */
#define SOURCE(name)								\
	int stack_opt_##name(struct run *run, const char *arg, void *to)	\
	{									\
		name = true;							\
		if (!symbol_want(lines, inlines))				\
			return 0;						\
		err("--" #name ": this corekit was built without libdw");	\
		return -EINVAL;							\
	}

SOURCE(inlines)
SOURCE(lines)

int stack_opt_symfs(struct run *run, const char *arg, void *to)
{
	int ret = symbol_root(arg);

	if (ret)
		err("--symfs: '%s': %s", arg, strerror(-ret));
	return ret ? -EINVAL : 0;
}

int stack_opt_debuginfod(struct run *run, const char *arg, void *to)
{
	int ret = symbol_servers();

	if (ret == -EDESTADDRREQ)
		err("--debuginfod: $DEBUGINFOD_URLS names no server: set it to those of the distribution");
	else if (ret)
		err("--debuginfod: debuginfod-find is not installed: it comes with elfutils");
	return ret ? -EINVAL : 0;
}

/* Opened at once, so that it isn't found out at the end that it can't be. */
static int open_file(const char *name, const char *path, int *fd)
{
	*fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (*fd < 0)
		err("--%s: '%s': %s", name, path, strerror(errno));
	return *fd < 0 ? -EINVAL : 0;
}

int stack_opt_flamegraph(struct run *run, const char *arg, void *to)
{
	flamegraph = arg;
	return 0;
}

int stack_opt_pprof(struct run *run, const char *arg, void *to)
{
	pprof = arg;
	return 0;
}

int stack_opt_against(struct run *run, const char *arg, void *to)
{
	against = arg;
	return 0;
}

static int read_before(void)
{
	int ret = against ? graph_read_before(&graph, against) : 0;

	if (against && !flamegraph) {
		err("--against: it is for --flamegraph");
		return -EINVAL;
	}
	if (ret == -EINVAL)
		err("--against: '%s' has no folded stacks: make it with --folded", against);
	else if (ret)
		err("--against: '%s': %s", against, strerror(-ret));
	return ret ? -EINVAL : 0;
}

/* The kernel may have been told to take fewer frames than we ask for. */
static __u32 kernel_depth(void)
{
	FILE *f = fopen("/proc/sys/kernel/perf_event_max_stack", "re");
	unsigned int most = STACK_FRAMES;

	if (f && fscanf(f, "%u", &most) != 1)
		most = STACK_FRAMES;
	if (f)
		fclose(f);
	return most ?: 1;
}

/* Called again for each try to load. */
int stack_setup(struct run *run, const struct stack_view *the_view, __u32 *frames)
{
	__u32 most = kernel_depth();
	int ret = 0;

	if (*frames > most)
		*frames = most;
	depth = *frames;
	if (folded && !run->tool->table.map && !run->tool->show)
		run->quiet = true;	/* no heading before the lines of a stream */
	if (view)
		return 0;
	view = the_view;
	started = look_now();
	graph.title = run->tool->name;
	graph.unit = view->unit;
	graph.type = view->type;
	ret = read_before();
	if (!ret && flamegraph)
		ret = open_file("flamegraph", flamegraph, &flame_fd);
	if (!ret && pprof)
		ret = open_file("pprof", pprof, &pprof_fd);
	return ret;
}

/* --- Stacks as they come --- */

static struct stack *slot(struct stack *in, size_t room, __u64 id)
{
	size_t at;

	for (at = id & (room - 1); in[at].id && in[at].id != id; at = (at + 1) & (room - 1))
		;
	return &in[at];
}

static int grow_stacks(void)
{
	size_t room = stacks_room ? stacks_room * 2 : 1024;
	struct stack *bigger = calloc(room, sizeof(*bigger));

	if (!bigger)
		return -ENOMEM;
	for (size_t i = 0; i < stacks_room; i++)
		if (stacks[i].id)
			*slot(bigger, room, stacks[i].id) = stacks[i];
	free(stacks);
	stacks = bigger;
	stacks_room = room;
	return 0;
}

static const struct stack *stack_find(__u64 id)
{
	struct stack *s = id && stacks_room ? slot(stacks, stacks_room, id) : NULL;

	return s && s->id ? s : NULL;
}

static int keep(const struct stack_event *e)
{
	struct symbol_process *process = e->user ? symbol_process(e->origin.pid, e->image) : NULL;
	struct stack *s;

	if (n_stacks * 2 >= stacks_room && grow_stacks())
		return -ENOMEM;
	s = slot(stacks, stacks_room, e->id);
	if (s->id)
		return 0;	/* two CPUs met it at a time, or it had been forgotten */
	if (pool_used + e->frames > pool_room) {
		__u32 *more = realloc(pool, (pool_room ? pool_room * 2 : 4096) * sizeof(*pool));

		if (!more)
			return -ENOMEM;
		pool = more;
		pool_room = pool_room ? pool_room * 2 : 4096;
	}
	*s = (struct stack){ .id = e->id, .first = pool_used, .n = e->frames, .user = e->user };
	for (__u32 i = 0; i < e->frames; i++) {
		bool doubled = e->user == STACK_AT_ENTRY && i == 2 && e->ip[1] == e->ip[2];
		__u32 frame = e->user ? symbol_user(process, e->ip[i], i) : symbol_kernel(e->ip[i], i);

		if (i && e->user && symbol_is_wrong(process, frame)) {	/* code without frame pointers leaves anything there */
			s->n = pool_used - s->first;
			break;
		}
		if (!doubled)
			pool[pool_used++] = frame;
	}
	s->n = pool_used - s->first;
	n_stacks++;
	return 0;
}

bool stack_early(struct run *run, const void *event, size_t size)
{
	const struct stack_event *e = event;

	if (e->origin.cpu != STACK_MARK || size < offsetof(struct stack_event, ip))
		return false;
	if (e->frames <= STACK_FRAMES && size >= offsetof(struct stack_event, ip) + e->frames * sizeof(*e->ip))
		keep(e);
	return true;
}

/* --- What is shown of a stack --- */

/* The way from the kernel's hook to the BPF program is no part of what the kernel did. */
static bool is_probe(__u32 frame)
{
	static const char *const begins[] = { "bpf_prog_", "bpf_trace_run", "bpf_trampoline_", "__bpf_trace_", "__traceiter_",
					      "__bpf_prog_", "trace_call_bpf", "bpf_get_stack", "kprobe_", "kretprobe_",
					      "uprobe_", "perf_trace_", "perf_call_bpf", "trampoline_handler",
					      "arch_rethook", "rethook_", "__kretprobe", "aggr_pre_handler", "opt_pre_handler",
					      "optimized_callback", "ftrace_", "__bpf_tramp", "bpf_dispatcher_", "fprobe_" };
	struct symbol s;

	symbol_get(frame, &s);
	for (size_t i = 0; s.name && i < sizeof(begins) / sizeof(*begins); i++)
		if (!strncmp(s.name, begins[i], strlen(begins[i])))
			return true;
	return false;
}

static bool in_libc(const struct symbol *s)
{
	return s->module && (!strncmp(s->module, "libc.", 5) || !strncmp(s->module, "libc-", 5) || !strncmp(s->module, "ld-musl", 7) ||
			     !strncmp(s->module, "libpthread", 10));
}

/*
 * A user stack goes back to where its program or thread began. What is there has a name that is known, or it is code
 * of libc's, often without a name, that has called the program's own.
 */
static bool is_whole(const __u32 *frames, __u32 n)
{
	struct symbol last, before;

	symbol_get(frames[n - 1], &last);
	if (last.is_entry)
		return true;
	if (n < 2)
		return false;
	symbol_get(frames[n - 2], &before);
	return before.is_entry || (in_libc(&last) && !last.name && before.module && !in_libc(&before));
}

/* As many as there is room for, with all frames. */
static int with_inlined(__u32 *frames, __u32 n)
{
	__u32 own[STACK_FRAMES + 1];
	int to = 0;

	memcpy(own, frames, n * sizeof(*own));
	for (__u32 i = 0; i < n; i++)
		to += symbol_inlined(own[i], frames + to, STACK_MOST - to - (n - 1 - i));
	return to;
}

int stack_frames(__u64 id, bool user, __u32 *frames)
{
	const struct stack *s = stack_find(id);
	__u32 first = 0, n = 0;
	char text[64];

	if (!id)
		return 0;
	if (!s) {
		frames[n++] = symbol_said("[stack was lost]");
		return n;
	}
	while (!user && first < s->n && is_probe(pool[s->first + first]))
		first++;
	for (__u32 i = first; i < s->n; i++)
		frames[n++] = pool[s->first + i];
	if (s->n >= depth) {
		snprintf(text, sizeof(text), "[cut at %u frames]", depth);
		frames[n++] = symbol_said(text);
	} else if (user && n && !is_whole(frames, n)) {
		frames[n++] = symbol_said("[ended early]");
	}
	return user && inlines ? with_inlined(frames, n) : (int)n;
}

static __u32 text_of(__u32 frame)
{
	return symbol_text(frame, offsets);
}

const char *stack_text(__u32 frame)
{
	return symbol_word(text_of(frame));
}

/* --- Rows that look the same --- */

static __u64 same(__u64 id, bool user)
{
	struct stack *s = id && stacks_room ? slot(stacks, stacks_room, id) : NULL;
	__u32 frames[STACK_MOST];
	__u64 hash = user;
	size_t at;
	int n;

	if (!s || !s->id)
		return id ? 1 : 0;	/* those that are lost are all alike */
	if (s->same)
		return s->same;
	n = stack_frames(id, user, frames);
	for (int i = 0; i < n; i++) {
		hash = (hash ^ text_of(frames[i])) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 29;
	}
	hash = hash ?: 1;
	if (n_looks * 2 >= looks_room) {
		size_t room = looks_room ? looks_room * 2 : 1024;
		struct shape *bigger = calloc(room, sizeof(*bigger));

		if (!bigger)
			return id;
		for (size_t i = 0; i < looks_room; i++) {
			for (at = looks[i].hash & (room - 1); looks[i].hash && bigger[at].hash; at = (at + 1) & (room - 1))
				;
			if (looks[i].hash)
				bigger[at] = looks[i];
		}
		free(looks);
		looks = bigger;
		looks_room = room;
	}
	for (at = hash & (looks_room - 1); looks[at].hash && looks[at].hash != hash; at = (at + 1) & (looks_room - 1))
		;
	if (!looks[at].hash) {
		looks[at] = (struct shape){ hash, id };
		n_looks++;
	}
	return s->same = looks[at].id;
}

#define STACK_ID(row, part) (*(__u64 *)((char *)(row) + (part)->offset))

static const struct table *sorted;

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, sorted->value_at);
}

size_t stack_merge(struct run *run, void *rows, size_t n)
{
	const struct table *t = run->table;
	size_t counters = (t->adds ?: t->size - t->value_at) / sizeof(__u64), kept = 0;
	char *all = rows;

	for (size_t i = 0; i < n; i++)
		for (const struct stack_part *p = view->parts; p->kind; p++)
			if (p->kind == PART_KERNEL || p->kind == PART_USER)
				STACK_ID(all + i * t->size, p) = same(STACK_ID(all + i * t->size, p), p->kind == PART_USER);
	sorted = t;
	qsort(all, n, t->size, by_key);
	for (size_t i = 0; i < n; i++) {
		char *row = all + i * t->size, *last = all + (kept - 1) * t->size;

		if (!kept || by_key(row, last)) {
			memmove(all + kept++ * t->size, row, t->size);
			continue;
		}
		for (size_t j = 0; j < counters; j++)
			((__u64 *)(last + t->value_at))[j] += ((__u64 *)(row + t->value_at))[j];
		if (t->peak) {
			struct peak *most = (struct peak *)(last + t->value_at + t->peak - 1);
			struct peak *other = (struct peak *)(row + t->value_at + t->peak - 1);

			most->most = other->most > most->most ? other->most : most->most;
		}
	}
	for (size_t i = 0; i < kept; i++)
		stack_add(all + i * t->size);
	return kept;
}

/* --- Output --- */

struct piece {
	__u32 frame;
	const char *said;	/* in place of a frame */
	bool kernel, is_comm;
};

#define PIECES (STACK_MOST * 4 + STACK_PARTS)

/* A row's whole stack from the outermost. */
static int pieces(const void *row, struct piece *to)
{
	__u32 frames[STACK_MOST];
	bool before = false;
	int n = 0;

	for (const struct stack_part *p = view->parts; p->kind && n < PIECES - STACK_MOST; p++) {
		int m;

		if (p->kind == PART_COMM) {
			to[n++] = (struct piece){ .said = (const char *)row + p->offset, .is_comm = true };
			continue;
		}
		if (p->kind == PART_BREAK) {
			to[n++] = (struct piece){ .said = "--" };
			before = false;
			continue;
		}
		m = stack_frames(STACK_ID(row, p), p->kind == PART_USER, frames);
		if (delimited && m && before)
			to[n++] = (struct piece){ .said = "-" };
		for (int i = 0; i < m; i++)
			to[n++] = (struct piece){ .frame = frames[p->inner_first ? i : m - 1 - i], .kernel = p->kind == PART_KERNEL };
		before = m;
	}
	return n;
}

/* Semicolons and line ends would be taken for what is between frames. */
static void put_folded(struct out *out, const char *text, size_t length)
{
	size_t start = 0;

	for (size_t i = 0; i <= length; i++)
		if (i == length || text[i] == ';') {
			out_bytes(out, text + start, i - start);
			if (i < length)
				out_str(out, ":");
			start = i + 1;
		}
}

static void put_mark(struct out *out, __u32 frame, bool kernel)
{
	struct symbol s;

	if (!annotate || !frame)
		return;
	symbol_get(frame, &s);
	if (kernel || s.inlined)
		out_str(out, kernel ? "_[k]" : "_[i]");
}

static void put_pieces(struct out *out, const void *row)
{
	struct piece list[PIECES];
	int n = pieces(row, list);

	for (int i = 0; i < n; i++) {
		const char *text = list[i].said ?: stack_text(list[i].frame);

		if (i)
			out_str(out, ";");
		put_folded(out, text, strnlen(text, list[i].is_comm ? COMM_LEN : 1 << 20));
		put_mark(out, list[i].frame, list[i].kernel);
	}
}

bool stack_line(struct run *run, const void *row)
{
	struct out *out = out_open(run);
	__u64 value;

	if (!folded)
		return false;
	if (!row)		/* no heading */
		return true;
	value = *(const __u64 *)((const char *)row + view->value) / (view->divide ?: 1);
	put_pieces(out, row);
	out_str(out, " ");
	out_u64(out, value);
	out_str(out, "\n");
	return true;
}

static void put_frame(struct out *out, __u32 frame, bool kernel)
{
	const char *text = stack_text(frame);

	out_bytes(out, text, strlen(text));
	put_mark(out, frame, kernel);
}

static void show_json(struct out *out, const void *row)
{
	__u32 frames[STACK_MOST];
	bool more = false;

	out_str(out, "{");
	for (const struct stack_part *p = view->parts; p->kind; p++) {
		int n;

		if (p->kind != PART_KERNEL && p->kind != PART_USER)
			continue;
		n = stack_frames(STACK_ID(row, p), p->kind == PART_USER, frames);
		out_printf(out, "%s\"%s\":[", more ? "," : "", p->name);
		more = true;
		for (int i = 0; i < n; i++) {
			out_str(out, i ? ",\"" : "\"");
			put_frame(out, frames[i], p->kind == PART_KERNEL);
			out_str(out, "\"");
		}
		out_str(out, "]");
	}
	out_str(out, "}");
}

/* The first frame in the row's line, the others below it. */
static void show_text(struct out *out, const void *row)
{
	struct piece list[PIECES];
	int n = pieces(row, list), indent = out_column(out);
	bool any = false, kernel = false;

	for (int i = n; i--;) {
		bool changes = any && !list[i].said && list[i].kernel != kernel;

		if (list[i].is_comm || (list[i].said && !any))
			continue;
		if (any)
			out_printf(out, "\n%*s", indent, "");
		if (changes && list[i + 1].frame)
			out_printf(out, "-\n%*s", indent, "");
		if (list[i].said)
			out_str(out, list[i].said);
		else
			put_frame(out, list[i].frame, list[i].kernel);
		kernel = list[i].kernel;
		any = true;
	}
	if (!any)
		out_nothing(out);
}

void stack_show(struct out *out, const struct column *c, const void *row)
{
	if (out_is_json(out))
		show_json(out, row);
	else if (out_is_text(out))
		show_text(out, row);
	else
		put_pieces(out, row);
}

/* --- Graphs --- */

static __u32 word_of(const char *text, size_t size)
{
	char copy[256];

	snprintf(copy, sizeof(copy), "%.*s", (int)size, text);
	return symbol_text(symbol_said(copy), false);
}

void stack_add(const void *row)
{
	struct piece list[PIECES];
	__u32 at = 0;
	int n;

	if (flame_fd < 0 && pprof_fd < 0)
		return;
	n = pieces(row, list);
	for (int i = 0; i < n; i++) {
		__u32 text = list[i].said ? word_of(list[i].said, list[i].is_comm ? COMM_LEN : 255) : text_of(list[i].frame);

		at = graph_child(&graph, at, text);
		if (!at)
			return;
		graph.nodes[at].frame = list[i].frame;
		graph.nodes[at].kernel = list[i].kernel;
		graph.nodes[at].is_comm = list[i].is_comm;
	}
	if (at)
		graph.nodes[at].self += *(const __u64 *)((const char *)row + view->value) / (view->divide ?: 1);
}

void stack_show_kernel(struct out *out, __u64 address)
{
	const char *text = address ? symbol_word(symbol_text(symbol_kernel(address, true), true)) : NULL;

	if (text)
		out_bytes(out, text, strlen(text));
	else
		out_nothing(out);
}

bool stack_event(struct run *run, void *event, size_t size)
{
	stack_add(event);
	if (!stack_line(run, event))
		return true;
	run->shown++;
	return false;
}

void stack_afresh(void)
{
	for (__u32 i = 0; i < graph.n; i++)
		graph.nodes[i].self = 0;
}

static int finish(const char *name, const char *path, int *fd, int ret)
{
	if (close(*fd) && !ret)
		ret = -errno;
	*fd = -1;
	if (ret)
		err("--%s: '%s': %s", name, path, strerror(-ret));
	return ret ? -EIO : 0;
}

int stack_end(struct run *run)
{
	int ret = 0;

	graph_sum(&graph);
	if (flame_fd >= 0)
		ret = finish("flamegraph", flamegraph, &flame_fd, flame_write(&graph, flame_fd));
	if (pprof_fd >= 0)
		ret = finish("pprof", pprof, &pprof_fd, pprof_write(&graph, pprof_fd, look_now() - started, 0)) ?: ret;
	if (symbol_kernel_hidden())
		note("the kernel hides where its functions are: see kernel.kptr_restrict, and run it as root");
	graph_free(&graph);
	symbol_free();
	free(stacks);
	free(pool);
	free(looks);
	stacks = NULL;
	pool = NULL;
	looks = NULL;
	n_stacks = stacks_room = pool_used = pool_room = n_looks = looks_room = 0;
	view = NULL;
	return ret;
}
