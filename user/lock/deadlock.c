// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lib/lib.h"
#include "lib/stack_user.h"
#include "lib/uprobe.h"
#include "lock/deadlock.h"
#include "lock/deadlock.skel.h"

#define ROW struct deadlock_row
#define LONGEST 64		/* cycles of more locks are not looked for */

ROW {
	__u64 cycle, step;
	struct deadlock_edge edge;
	struct deadlock_seen seen;
	__u64 one;
};

static const char *object, *lock_names, *unlock_names;

static const struct opt opts[] = {
	{ .name = "binary", .arg = "FILE", .value = V_CHARS, .here = &object, .complete = "file",
	  .help = "the program or library that has the locking functions" },
	{ .name = "lock-symbols", .arg = "LIST", .value = V_CHARS, .here = &lock_names,
	  .help = "other functions that lock what their first argument points to, with commas" },
	{ .name = "unlock-symbols", .arg = "LIST", .value = V_CHARS, .here = &unlock_names, .help = "... and those that unlock it" },
	OPT_STACK_FORMAT(deadlock),
	{}
};

static const struct column columns[] = {
	COL("cycle", ROW, cycle, 5, "number of the cycle"),
	COL("step", ROW, step, 4, "step of it: the lock that is asked for is held in the next one"),
	COL_AS(L_HEX, "holds", ROW, edge.held.address, 14, "lock that the thread had"),
	COL_AS(L_HEX, "wants", ROW, edge.wanted.address, 14, "... when it asked for this one"),
	COL("pid", ROW, edge.held.pid, 7, "process id", HIDDEN),
	COL("tid", ROW, seen.tid, 7, "thread id, of the first that did so"),
	COL("comm", ROW, seen.comm, -15, "its name"),
	COL_STACK,
	{}
};

static const struct stack_view view = {
	.parts = {
		{ PART_COMM, "comm", offsetof(ROW, seen.comm) },
		{ PART_USER, "holds", offsetof(ROW, seen.held_stack) },
		{ PART_BREAK, "--", 0 },
		{ PART_USER, "wants", offsetof(ROW, seen.wanted_stack) },
	},
	.value = offsetof(ROW, one), .unit = "steps", .type = "deadlock",
};

/* --- Probes --- */

struct hook {
	const char *name;
	size_t program;
	bool returns;
};

#define PROGRAM(m) offsetof(struct deadlock_bpf, progs.m)

static const struct hook hooks[] = {
	{ "pthread_mutex_lock", PROGRAM(lock_enter), true },
	{ "pthread_mutex_timedlock", PROGRAM(lock_enter), true },
	{ "pthread_mutex_clocklock", PROGRAM(lock_enter), true },
	{ "pthread_mutex_trylock", PROGRAM(try_enter), true },
	{ "pthread_mutex_unlock", PROGRAM(unlock_enter), false },
	{ "pthread_mutex_init", PROGRAM(another), false },
	{ "pthread_mutex_destroy", PROGRAM(another), false },
	{ "pthread_rwlock_wrlock", PROGRAM(lock_enter), true },
	{ "pthread_rwlock_timedwrlock", PROGRAM(lock_enter), true },
	{ "pthread_rwlock_trywrlock", PROGRAM(try_enter), true },
	{ "pthread_rwlock_rdlock", PROGRAM(read_enter), true },
	{ "pthread_rwlock_timedrdlock", PROGRAM(read_enter), true },
	{ "pthread_rwlock_tryrdlock", PROGRAM(try_read_enter), true },
	{ "pthread_rwlock_unlock", PROGRAM(unlock_enter), false },
	{ "pthread_rwlock_init", PROGRAM(another), false },
	{ "pthread_rwlock_destroy", PROGRAM(another), false },
};

#define HOOKS (sizeof(hooks) / sizeof(*hooks))
#define PLACES 256

struct probing {
	struct run *run;
	const char *path;
	int pid, error, locks;
	struct uprobe probes[PLACES];
	long at[PLACES];	/* a function may have several names */
	size_t n;
};

static bool in_list(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *p = list; p && *p; p += strcspn(p, ","), p += *p == ',')
		if (strcspn(p, ",") == length && !strncmp(p, name, length))
			return true;
	return false;
}

static void add_one(struct probing *p, const struct hook *hook, __u64 offset)
{
	struct deadlock_bpf *skel = (struct deadlock_bpf *)p->run->skel;
	struct bpf_program *program = *(struct bpf_program **)((char *)skel + hook->program);

	for (size_t i = 0; i < p->n; i++)
		if (p->at[i] == (long)offset)
			return;
	if (p->n + 2 > PLACES) {
		p->error = -E2BIG;
		return;
	}
	/* the return first: a lock that is asked for in between is forgotten, and not held for ever */
	if (hook->returns) {
		p->probes[p->n] = (struct uprobe){ .program = skel->progs.lock_exit, .at_return = true };
		p->at[p->n++] = offset;
	}
	p->probes[p->n] = (struct uprobe){ .program = program };
	p->at[p->n++] = offset;
	p->locks += hook->returns;
}

static int probe(void *ctx, const char *name, __u64 offset)
{
	static const struct hook lock = { "", PROGRAM(lock_enter), true }, unlock = { "", PROGRAM(unlock_enter), false };
	struct probing *p = ctx;

	if (in_list(lock_names, name))
		add_one(p, &lock, offset);
	else if (in_list(unlock_names, name))
		add_one(p, &unlock, offset);
	for (size_t i = 0; i < HOOKS && !p->error; i++)
		if (!strcmp(name, hooks[i].name) || (!strncmp(name, "__", 2) && !strcmp(name + 2, hooks[i].name)))
			add_one(p, &hooks[i], offset);
	return p->error;
}

static int probe_object(void *ctx, const char *path)
{
	struct probing *p = ctx;
	int ret;

	p->path = path;
	p->n = 0;
	p->locks = 0;
	ret = uprobe_functions(path, probe, p) ?: p->error ?: uprobe_attach_at(p->probes, p->n, path, p->pid, p->at);
	return ret ?: p->locks;
}

static int probe_wanted(void *ctx, const void *key, void *value)
{
	static const char *const libraries[] = { "libpthread", "libc.so", "libc-", "ld-musl", NULL };
	const struct filter_key *wanted = key;
	struct probing p = { .run = ctx, .pid = wanted->id };
	int ret;

	if (wanted->kind != ONLY_PIDS)
		return 0;
	ret = object ? probe_object(&p, object) : uprobe_objects(wanted->id, libraries, probe_object, &p);
	if (!ret)
		err("--pid: process %llu has no locking functions that can be found: name their file with --binary", wanted->id);
	else if (ret < 0)
		err("--pid: process %llu: %s", wanted->id, strerror(-ret));
	return ret > 0 ? 0 : -EINVAL;
}

static int setup(struct run *run)
{
	struct bpf_program *p, *probes[16] = {};
	char why[160];
	int n = 0;

	if (!kernel_has_program("uprobe/", why, sizeof(why))) {
		err("can't run here: uprobes: %s", why);
		return -EOPNOTSUPP;
	}
	bpf_object__for_each_program(p, run->skel->obj)
		if (strstr(bpf_program__section_name(p), "probe")) {
			bpf_program__set_autoload(p, true);
			probes[n++] = p;
		}
	if (!(run->common->filters & ONLY_PIDS))
		uprobe_many(probes);
	return stack_setup(run, &view, &((struct deadlock_bpf__rodata *)run->rodata)->stack_depth);
}

static int attach(struct run *run)
{
	struct probing p = { .run = run, .pid = -1 };
	char path[PATH_LEN];
	int ret;

	if (run->common->filters & ONLY_PIDS)
		return map_each(bpf_object__find_map_fd_by_name(run->skel->obj, "filter_set"), probe_wanted, run);
	if (!object && uprobe_libc(path, sizeof(path))) {
		err("no libc was found: name a process with --pid, or the file with --binary");
		return -EOPNOTSUPP;
	}
	ret = probe_object(&p, object ?: path);
	if (ret <= 0)
		err("--binary: '%s': %s", object ?: path, ret ? strerror(-ret) : "it has no locking functions");
	return ret > 0 ? 0 : -EINVAL;
}

/* --- Cycles --- */

static struct {
	ROW *edges;		/* in the order of what they hold */
	size_t n, room;
	/* for each edge, in the search that goes on: the search that came to it last, from where, in how many steps */
	size_t *search, *before, *steps, *queue;
} all;

static int collect(void *ctx, const void *key, void *value)
{
	ROW *more;

	if (all.n == all.room) {
		more = realloc(all.edges, (all.room ? all.room * 2 : 256) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		all.edges = more;
		all.room = all.room ? all.room * 2 : 256;
	}
	all.edges[all.n] = (ROW){ .one = 1 };
	memcpy(&all.edges[all.n].edge, key, sizeof(struct deadlock_edge));
	memcpy(&all.edges[all.n++].seen, value, sizeof(struct deadlock_seen));
	return 0;
}

static int compare(const struct deadlock_lock *a, const struct deadlock_lock *b)
{
	return memcmp(a, b, sizeof(*a));
}

static int by_held(const void *a, const void *b)
{
	return compare(&((const ROW *)a)->edge.held, &((const ROW *)b)->edge.held);
}

/* The first edge that holds this lock, or would. */
static size_t first_that_holds(const struct deadlock_lock *lock)
{
	size_t low = 0, high = all.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&all.edges[middle].edge.held, lock) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Who asks in `a` may have to wait for who holds in `b`: not if both only read. */
static bool leads_to(const ROW *a, const ROW *b)
{
	return !compare(&a->edge.wanted, &b->edge.held) && !(a->edge.wanted_read && b->edge.held_read);
}

/* One thread alone can't be in its own way. */
static bool of_several(const size_t *path, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (all.edges[path[i]].seen.others || all.edges[path[i]].seen.tid != all.edges[path[0]].seen.tid)
			return true;
	return false;
}

/* The shortest way from an edge back to it, breadth first: last step first; its length, 0: there is none. */
static size_t way_back(size_t start, size_t *path)
{
	size_t from = 0, to = 0, n = 0;

	all.queue[to++] = start;
	all.search[start] = start + 1;
	all.steps[start] = 1;
	while (from < to) {
		size_t at = all.queue[from++];

		if (at != start && leads_to(&all.edges[at], &all.edges[start])) {
			for (; at != start; at = all.before[at])
				path[n++] = at;
			path[n++] = start;
			return n;
		}
		if (all.steps[at] == LONGEST)
			break;
		for (size_t i = first_that_holds(&all.edges[at].edge.wanted); i < all.n; i++) {
			if (compare(&all.edges[i].edge.held, &all.edges[at].edge.wanted))
				break;
			if (all.search[i] == start + 1 || !leads_to(&all.edges[at], &all.edges[i]))
				continue;
			all.search[i] = start + 1;
			all.before[i] = at;
			all.steps[i] = all.steps[at] + 1;
			all.queue[to++] = i;
		}
	}
	return 0;
}

/* What is known now, ready for searches. */
static int graph(struct run *run)
{
	int ret;

	all.n = 0;
	ret = map_each(bpf_object__find_map_fd_by_name(run->skel->obj, "edges"), collect, run);
	if (ret || !all.n)
		return ret;
	qsort(all.edges, all.n, sizeof(*all.edges), by_held);
	free(all.search);
	all.search = calloc(all.n * 4, sizeof(*all.search));
	if (!all.search)
		return -ENOMEM;
	all.before = all.search + all.n;
	all.steps = all.before + all.n;
	all.queue = all.steps + all.n;
	return 0;
}

/* Cycles that were shown, by the sum of what is in them: their edges in any order. */
static struct {
	__u64 *sums;
	size_t n;
} shown;

static bool is_new(const size_t *path, size_t n)
{
	__u64 sum = 0, *more;

	for (size_t i = 0; i < n; i++) {
		const struct deadlock_edge *e = &all.edges[path[i]].edge;
		__u64 hash = e->held.address * 0x9e3779b97f4a7c15ULL + e->wanted.address * 31 + e->held.made + e->wanted.made;

		sum += hash ^ hash >> 31;
	}
	for (size_t i = 0; i < shown.n; i++)
		if (shown.sums[i] == sum)
			return false;
	more = realloc(shown.sums, (shown.n + 1) * sizeof(*more));
	if (!more)
		return false;
	shown.sums = more;
	shown.sums[shown.n++] = sum;
	return true;
}

static int show(struct run *run)
{
	static bool begun;
	size_t path[LONGEST], n;
	int ret = graph(run);

	for (size_t i = 0; i < all.n && !ret; i++) {
		n = way_back(i, path);
		if (!n || !of_several(path, n) || !is_new(path, n))
			continue;
		if (!begun && !stack_line(run, NULL))
			out_header(run);
		begun = true;
		for (size_t step = 0; step < n; step++) {
			ROW *row = &all.edges[path[n - 1 - step]];

			row->cycle = shown.n;
			row->step = step + 1;
			stack_add(row);
			if (!stack_line(run, row))
				out_row(run, row);
		}
	}
	return ret;
}

static int finish(struct run *run)
{
	if (!shown.n && !out_closed())
		note("no locks were taken in an order that could deadlock, among %zu pairs that were held together", all.n);
	free(shown.sums);
	free(all.edges);
	free(all.search);
	return stack_end(run);
}

static const struct example examples[] = {
	{ "-p 1234", "watch a process until Ctrl-C, and show which locks could deadlock" },
	{ "-p 1234 -i 1", "tell of each cycle within a second" },
	{ "-p 1234 --lock-symbols take --unlock-symbols drop", "a program with locks of its own" },
	{}
};

TOOL(deadlock,
	.summary  = "locks of a program that are taken in orders that can deadlock",
	.about    = "A thread that has one mutex or read-write lock and asks for another one makes a pair. Where pairs of several "
		    "threads make a cycle, they can deadlock, even if they have not so far; if they have, it is shown as well. Each "
		    "step of a cycle is a row with two stacks: where the thread asks, and below -- where it took what it holds.",
	.cost     = "Two uprobes for each locking and one for each unlocking, with a stack taken; without --pid in each program that "
		    "uses libc. One entry of a map for each pair.",
	.caveats  = "Locks that were held before the tool began are not known until they are taken again. A third lock that is always "
		    "held around both orders makes a deadlock impossible, but the cycle is shown all the same.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach, .early = stack_early, .show = show,
	.end      = finish, .keep_caps = SYMBOL_CAPS, .intervals = true, .state = "edges");
