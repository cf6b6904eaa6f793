// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/lib.h"
#include "lib/stack_user.h"
#include "lib/uprobe.h"
#include "mem/memleak.h"
#include "mem/memleak.skel.h"

#define ROW struct memleak_row
#define USUAL_ROWS 10

struct memleak_row_key {
	__u64 stack, address;	/* address: 0 unless each one is shown */
	__u32 pid, kind;
	char comm[COMM_LEN];
};

ROW {
	struct memleak_row_key key;
	__u64 size, count;
};

static const char *object, *prefix = "";
static bool of_programs;
static __u64 wait_until;	/* boot clock: what came later is too young */

static const struct opt opts[] = {
	OPT_TIME(0, "older", "TIME", memleak, older, MSEC, "only what is held for longer (500ms)", .max = 1ULL << 62),
	OPT('z', "min-size", "SIZE", memleak, min_size, "only what is at least so large", .unit = UNIT_SIZE),
	OPT('Z', "max-size", "SIZE", memleak, max_size, "only what is at most so large", .unit = UNIT_SIZE),
	OPT('s', "sample-rate", "N", memleak, sample_rate, "look at one in N, by chance", .min = 1, .max = 1 << 30),
	OPT('a', "show-allocs", NULL, memleak, show_allocs, "each piece of memory, with its address", .shows = "address"),
	OPT('P', "percpu", NULL, memleak, percpu, "the kernel's memory by CPU (not its other memory)"),
	{ .letter = 'O', .name = "object", .arg = "FILE", .value = V_CHARS, .here = &object, .complete = "file",
	  .help = "the program or library that has the allocator" },
	{ .letter = 'S', .name = "symbols-prefix", .arg = "PREFIX", .value = V_CHARS, .here = &prefix,
	  .help = "what the allocator's functions begin with: je_" },
	OPT_STACK_FORMAT(memleak),
	{}
};

static void show_kind(struct out *out, const struct column *c, const void *row)
{
	static const char *const kinds[] = { "program", "program", "slab", "pages", "percpu" };
	__u32 kind = ((const ROW *)row)->key.kind;

	out_str(out, kind < sizeof(kinds) / sizeof(*kinds) ? kinds[kind] : "?");
}

static const struct column columns[] = {
	COL("bytes", ROW, size, 12, "memory that is held"),
	COL("count", ROW, count, 9, "pieces that it is in"),
	COL_OWN("kind", show_kind, -8, "a program's, or the kernel's: slab, pages, percpu", HIDDEN),
	COL_AS(L_HEX, "address", ROW, key.address, 18, "of the piece; of pages, their number", HIDDEN),
	COL("pid", ROW, key.pid, 7, "process that asked for it"),
	COL("comm", ROW, key.comm, -16, "its command name"),
	COL_STACK,
	{}
};

static const struct stack_view user_view = {
	.parts = { { PART_COMM, "comm", offsetof(ROW, key.comm) }, { PART_USER, "user", offsetof(ROW, key.stack) } },
	.value = offsetof(ROW, size), .unit = "bytes", .type = "held",
};

static const struct stack_view kernel_view = {
	.parts = { { PART_COMM, "comm", offsetof(ROW, key.comm) }, { PART_KERNEL, "kernel", offsetof(ROW, key.stack) } },
	.value = offsetof(ROW, size), .unit = "bytes", .type = "held",
};

/* --- Which programs --- */

static int setup(struct run *run)
{
	struct memleak_bpf *skel = (struct memleak_bpf *)run->skel;
	struct memleak_bpf__rodata *rodata = run->rodata;
	struct bpf_program *p;
	char why[160] = "";

	of_programs = object || run->command || run->common->filters & ONLY_PIDS;
	if (rodata->min_size > rodata->max_size) {
		err("--min-size: it is more than --max-size");
		return -EINVAL;
	}
	if (of_programs && rodata->percpu) {
		err("--percpu: it is for the kernel's memory, without --pid, --object or a command");
		return -EINVAL;
	}
	if (of_programs && !kernel_has_program("uprobe/", why, sizeof(why))) {
		err("can't run here: uprobes: %s", why);
		return -EOPNOTSUPP;
	}
	bpf_object__for_each_program(p, skel->obj)
		if (*bpf_program__section_name(p) == '?' || strstr(bpf_program__section_name(p), "probe"))
			if (of_programs && !strchr(bpf_program__section_name(p), '/'))
				bpf_program__set_autoload(p, true);
	attach_skip(of_programs ? "kmalloc kmalloc_node kmem_cache_alloc kmem_cache_alloc_node kfree kmem_cache_free mm_page_alloc "
				  "mm_page_free percpu_alloc percpu_free" :
		    rodata->percpu ? "exit kmalloc kmalloc_node kmem_cache_alloc kmem_cache_alloc_node kfree kmem_cache_free mm_page_alloc "
				     "mm_page_free" : "exit percpu_alloc percpu_free");
	return stack_setup(run, of_programs ? &user_view : &kernel_view, &rodata->stack_depth);
}

/* --- Probes in programs --- */

struct hook {
	const char *name;
	size_t enter;		/* the program's place in the skeleton */
	bool returns, bare;	/* bare: it takes no prefix */
};

#define PROGRAM(m) offsetof(struct memleak_bpf, progs.m)

static const struct hook hooks[] = {
	{ "malloc", PROGRAM(malloc_enter), true },
	{ "valloc", PROGRAM(malloc_enter), true },
	{ "pvalloc", PROGRAM(malloc_enter), true },
	{ "calloc", PROGRAM(calloc_enter), true },
	{ "realloc", PROGRAM(realloc_enter), true },
	{ "reallocarray", PROGRAM(reallocarray_enter), true },
	{ "aligned_alloc", PROGRAM(second_enter), true },
	{ "memalign", PROGRAM(second_enter), true },
	{ "posix_memalign", PROGRAM(posix_memalign_enter), true },
	{ "free", PROGRAM(free_enter), false },
	{ "cfree", PROGRAM(free_enter), false },
	{ "mmap", PROGRAM(second_enter), true, true },
	{ "mremap", PROGRAM(mremap_enter), true, true },
	{ "munmap", PROGRAM(free_enter), false, true },
	/* C++'s, of an allocator that has them itself: new, new[], with alignment; delete in all its forms */
	{ "_Znwm", PROGRAM(malloc_enter), true, true },
	{ "_Znam", PROGRAM(malloc_enter), true, true },
	{ "_ZnwmRKSt9nothrow_t", PROGRAM(malloc_enter), true, true },
	{ "_ZnamRKSt9nothrow_t", PROGRAM(malloc_enter), true, true },
	{ "_ZnwmSt11align_val_t", PROGRAM(malloc_enter), true, true },
	{ "_ZnamSt11align_val_t", PROGRAM(malloc_enter), true, true },
	{ "_ZnwmSt11align_val_tRKSt9nothrow_t", PROGRAM(malloc_enter), true, true },
	{ "_ZnamSt11align_val_tRKSt9nothrow_t", PROGRAM(malloc_enter), true, true },
	{ "_ZdlPv", PROGRAM(free_enter), false, true },
	{ "_ZdaPv", PROGRAM(free_enter), false, true },
	{ "_ZdlPvm", PROGRAM(free_enter), false, true },
	{ "_ZdaPvm", PROGRAM(free_enter), false, true },
	{ "_ZdlPvSt11align_val_t", PROGRAM(free_enter), false, true },
	{ "_ZdaPvSt11align_val_t", PROGRAM(free_enter), false, true },
	{ "_ZdlPvmSt11align_val_t", PROGRAM(free_enter), false, true },
	{ "_ZdaPvmSt11align_val_t", PROGRAM(free_enter), false, true },
	{ "_ZdlPvRKSt9nothrow_t", PROGRAM(free_enter), false, true },
	{ "_ZdaPvRKSt9nothrow_t", PROGRAM(free_enter), false, true },
	{ "_ZdlPvSt11align_val_tRKSt9nothrow_t", PROGRAM(free_enter), false, true },
	{ "_ZdaPvSt11align_val_tRKSt9nothrow_t", PROGRAM(free_enter), false, true },
};

#define HOOKS (sizeof(hooks) / sizeof(*hooks))

struct probing {
	struct run *run;
	const char *path;
	int pid, error, found;
	__u64 at[HOOKS];	/* where there is a probe: a function may have several names */
};

static int probe(void *ctx, const char *name, __u64 offset)
{
	struct probing *p = ctx;
	struct memleak_bpf *skel = (struct memleak_bpf *)p->run->skel;
	size_t length = strlen(prefix);

	for (size_t i = 0; i < HOOKS && !p->error; i++) {
		bool known = p->at[i];

		if (strcmp(name, hooks[i].name) && (hooks[i].bare || strncmp(name, prefix, length) || strcmp(name + length, hooks[i].name)))
			continue;
		if (*prefix && !hooks[i].bare && !strcmp(name, hooks[i].name))
			continue;
		for (size_t j = 0; j < HOOKS; j++)
			known |= p->at[j] == offset;
		if (known)
			continue;
		p->at[i] = offset;
		p->error = attach_keep(bpf_program__attach_uprobe(*(struct bpf_program **)((char *)skel + hooks[i].enter), false, p->pid,
								  p->path, offset));
		if (!p->error && hooks[i].returns)
			p->error = attach_keep(bpf_program__attach_uprobe(skel->progs.alloc_exit, true, p->pid, p->path, offset));
		p->found += !strcmp(hooks[i].name, "malloc");
	}
	return p->error;
}

static int probe_file(struct run *run, const char *path, int pid)
{
	struct probing probing = { run, path, pid, 0, 0, {} };
	int ret = uprobe_functions(path, probe, &probing);

	return ret ?: probing.error ?: probing.found;
}

struct process {
	struct run *run;
	int pid;
};

static int probe_object(void *ctx, const char *path)
{
	struct process *p = ctx;

	return probe_file(p->run, path, p->pid);
}

/* An allocator takes the place of libc's where it is loaded; a static program has its own. */
static int probe_process(struct run *run, int pid)
{
	static const char *const libraries[] = { "libjemalloc", "libtcmalloc", "libmimalloc", "libc.so", "libc-", "ld-musl", NULL };

	return uprobe_objects(pid, libraries, probe_object, &(struct process){ run, pid });
}

static int probe_wanted(void *ctx, const void *key, void *value)
{
	const struct filter_key *wanted = key;
	int ret;

	if (wanted->kind != ONLY_PIDS)
		return 0;
	ret = object ? probe_file(ctx, object, wanted->id) : probe_process(ctx, wanted->id);
	if (!ret)
		err("--pid: process %llu has no malloc() that can be found: name its file with --object", wanted->id);
	else if (ret < 0)
		err("--pid: process %llu: %s", wanted->id, strerror(-ret));
	return ret > 0 ? 0 : -EINVAL;
}

static int attach(struct run *run)
{
	char path[PATH_LEN];
	int ret;

	if (!of_programs)
		return 0;
	if (run->common->filters & ONLY_PIDS)
		return map_each(bpf_object__find_map_fd_by_name(run->skel->obj, "filter_set"), probe_wanted, run);
	if (!object && uprobe_libc(path, sizeof(path))) {
		err("no libc was found: name the allocator's file with --object");
		return -EOPNOTSUPP;
	}
	ret = probe_file(run, object ?: path, -1);
	if (ret <= 0)
		err("--object: '%s': %s", object ?: path, ret ? strerror(-ret) : "it has no malloc()");
	return ret > 0 ? 0 : -EINVAL;
}

/* --- Processes that have ended: what they held is forgotten, but of the last one, which is what the tool was run for --- */

#define MOST_ENDED 64
#define SWEEP SEC_

static struct { __u64 pid, time; } ended[MOST_ENDED];
static int n_ended;
static __u64 swept;

static struct {
	struct memleak_key *keys;
	size_t n, room;
} gone;

static int find_gone(void *ctx, const void *key, void *value)
{
	const struct memleak_held *held = value;
	struct memleak_key *more;

	for (int i = 0; i < n_ended; i++) {
		if (held->pid != ended[i].pid || held->time > ended[i].time)	/* the number may be another's by now */
			continue;
		if (gone.n == gone.room) {
			more = realloc(gone.keys, (gone.room ? gone.room * 2 : 256) * sizeof(*more));
			if (!more)
				return -ENOMEM;
			gone.keys = more;
			gone.room = gone.room ? gone.room * 2 : 256;
		}
		memcpy(&gone.keys[gone.n++], key, sizeof(*more));
		break;
	}
	return 0;
}

static void sweep(struct run *run)
{
	int held = bpf_object__find_map_fd_by_name(run->skel->obj, "held");

	swept = look_now();
	if (!n_ended)
		return;
	map_each(held, find_gone, NULL);
	for (size_t i = 0; i < gone.n; i++)
		bpf_map_delete_elem(held, &gone.keys[i]);
	gone.n = 0;
	n_ended = 0;
}

static int other_alive(void *ctx, const void *key, void *value)
{
	const struct filter_key *wanted = key;

	return wanted->kind == ONLY_PIDS && wanted->id != *(__u64 *)ctx && (!kill(wanted->id, 0) || errno == EPERM);
}

static bool is_last(struct run *run, __u64 pid)
{
	if (run->command)
		return pid == (__u64)run->child;
	return run->common->filters & ONLY_PIDS &&
	       !map_each(bpf_object__find_map_fd_by_name(run->skel->obj, "filter_set"), other_alive, &pid);
}

static bool early(struct run *run, const void *event, size_t size)
{
	const struct memleak_end *end = event;

	if (stack_early(run, event, size))
		return true;
	if (!is_last(run, end->origin.pid)) {
		ended[n_ended].pid = end->origin.pid;
		ended[n_ended++].time = end->origin.time;
	}
	if (n_ended == MOST_ENDED || look_now() > swept + SWEEP)
		sweep(run);
	return true;
}

/* --- What is held --- */

static struct {
	ROW *rows;
	size_t n, room;
} all;

static int collect(void *ctx, const void *key, void *value)
{
	const struct memleak_bpf__rodata *rodata = ((struct run *)ctx)->rodata;
	const struct memleak_held *held = value;
	const struct memleak_key *k = key;
	ROW *more;

	if (held->time > wait_until)
		return 0;
	if (all.n == all.room) {
		more = realloc(all.rows, (all.room ? all.room * 2 : 1024) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		all.rows = more;
		all.room = all.room ? all.room * 2 : 1024;
	}
	more = &all.rows[all.n++];
	*more = (ROW){ .key = { held->stack, rodata->show_allocs ? k->address : 0, held->pid, k->kind }, .size = held->size, .count = 1 };
	memcpy(more->key.comm, held->comm, COMM_LEN);
	return 0;
}

static int show(struct run *run)
{
	const struct memleak_bpf__rodata *rodata = run->rodata;
	__u64 now = look_now();
	int ret;

	sweep(run);
	wait_until = now > rodata->older ? now - rodata->older : 0;
	all.n = 0;
	ret = map_each(bpf_object__find_map_fd_by_name(run->skel->obj, "held"), collect, run);
	if (ret)
		return ret;
	stack_afresh();
	all.n = stack_merge(run, all.rows, all.n);
	run->rows = run->rows ?: USUAL_ROWS;
	table_rows(run, all.rows, all.n);
	all.rows = NULL;
	all.n = all.room = 0;
	return 0;
}

static const struct example examples[] = {
	{ "-p 1234 -i 5", "what a process holds for more than half a second, every five seconds" },
	{ "-p 1234 --older 10m -r 3", "the three largest that it has held for ten minutes" },
	{ "-p 1234 -s 100 -d 60", "one allocation in a hundred, which costs little" },
	{ "-d 10", "the kernel's: slabs and pages" },
	{}
};

TOOL(memleak,
	.summary  = "memory that was asked for and not given back, by stack",
	.about    = "With --pid, --object or a command: malloc() and the like of a program, with mmap(), and C++'s new where the "
		    "allocator has its own. Of several allocators the one in use is found: jemalloc, tcmalloc, mimalloc, libc. "
		    "Else the kernel's slabs and pages. Shown is what is held, to the byte, at the end or at each interval.",
	.cost     = "Of programs, two uprobes for each allocation and one for each free, with a stack taken; of the kernel, a "
		    "tracepoint for each. One entry of a map for each piece that is held.",
	.caveats  = "What was allocated before the tool began is not known. What a process held that has ended is not shown while "
		    "others are watched. A part of a mapping that is given back is not "
		    "subtracted. With --sample-rate all figures are those of the sample.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach, .early = early,
	.show     = show, .end = stack_end, .keep_caps = SYMBOL_CAPS, .intervals = true, .state = "held",
	.optional = "kmalloc_node kmem_cache_alloc_node percpu_alloc percpu_free",
	.table    = { .sort = "bytes", .size = sizeof(ROW), .value_at = offsetof(ROW, size), .line = stack_line });
