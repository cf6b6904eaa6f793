// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/cpu.h"
#include "lib/exit_user.h"
#include "lib/lib.h"
#include "proc/proctree.h"
#include "proc/proctree.skel.h"

#define MAX_DEPTH 64	/* of indentation */

/* The arguments of a program, each with its NUL; what a process runs, its children run until they exec. */
struct program {
	struct program *before;		/* what the process ran before */
	int users;
	bool cut;
	size_t len;
	char args[];
};

struct process {
	struct process *next;		/* with the same hash */
	struct process *parent, *children, **last_child, *sibling;	/* kept for the whole tree only */
	__u32 pid, ppid, depth;
	bool ended;
	struct row {
		struct origin origin;
		__u64 start, duration;
		__u32 ppid, execs;
		struct exit_status status;
		const char *event;
		const struct process *process;
	} row;
	struct program *program;
};

#define ROW struct row

static bool summary_only, live_only;
static bool keep;			/* the whole tree is shown at the end */
static struct process **table;
static size_t n_processes, n_slots;
static struct process *roots, **last_root = &roots;

static void program_put(struct program *p)
{
	while (p && !--p->users) {
		struct program *before = p->before;

		free(p);
		p = before;
	}
}

static struct program *program_new(const char *args, size_t len, bool cut, struct program *before)
{
	struct program *p = malloc(sizeof(*p) + len);

	if (!p) {
		program_put(before);
		return NULL;
	}
	*p = (struct program){ .users = 1, .cut = cut, .len = len, .before = before };
	memcpy(p->args, args, len);
	return p;
}

static struct process **slot_of(__u32 pid)
{
	return &table[pid * 2654435761U % n_slots];
}

static struct process *find(__u32 pid)
{
	struct process *p = n_slots ? *slot_of(pid) : NULL;

	while (p && p->pid != pid)
		p = p->next;
	return p;
}

static void forget(struct process *p)
{
	struct process **at = slot_of(p->pid);

	while (*at && *at != p)
		at = &(*at)->next;
	if (*at)
		*at = p->next;
	n_processes--;
}

static int grow(void)
{
	struct process **old = table;
	size_t n = n_slots;

	table = calloc(n ? 2 * n : 256, sizeof(*table));
	if (!table) {
		table = old;
		return -ENOMEM;
	}
	n_slots = n ? 2 * n : 256;
	for (size_t i = 0; i < n; i++)
		for (struct process *p = old[i], *next; p; p = next) {
			next = p->next;
			p->next = *slot_of(p->pid);
			*slot_of(p->pid) = p;
		}
	free(old);
	return 0;
}

static void link_to(struct process *p, struct process *parent)
{
	p->last_child = &p->children;
	p->parent = parent;
	p->depth = parent ? parent->depth + 1 : 0;
	if (!keep)
		return;
	if (parent) {
		*parent->last_child = p;
		parent->last_child = &p->sibling;
	} else {
		*last_root = p;
		last_root = &p->sibling;
	}
}

static struct process *add(__u32 pid, __u32 ppid, __u64 start)
{
	struct process *p = n_processes >= n_slots && grow() ? NULL : calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->pid = p->row.origin.pid = p->row.origin.tid = pid;
	p->ppid = p->row.ppid = ppid;
	p->row.start = start;
	p->row.process = p;
	p->next = *slot_of(pid);
	*slot_of(pid) = p;
	n_processes++;
	return p;
}

/* One that was there before we were: what it runs is asked of /proc. */
static struct process *known(__u32 pid, __u32 ppid, __u64 start)
{
	struct process *p = find(pid);
	char path[32], args[4096];
	ssize_t n;
	int fd;

	if (p)
		return p;
	p = add(pid, ppid, start);
	if (!p)
		return NULL;
	link_to(p, NULL);
	snprintf(path, sizeof(path), "/proc/%u/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, args, sizeof(args));
	if (n > 0)
		p->program = program_new(args, n, n == sizeof(args), NULL);
	if (fd >= 0)
		close(fd);
	return p;
}

static void show_row(struct run *run, struct process *p, const char *event)
{
	p->row.event = event;
	out_row(run, &p->row);
	run->shown++;
}

static void ended(struct run *run, struct process *p, const struct proctree_event *e)
{
	p->ended = true;
	p->row.duration = e->origin.time - e->start;
	p->row.start = e->start;
	p->row.status = e->status;
	if (run->format != OUT_TEXT || !summary_only)
		show_row(run, p, "exit");
	forget(p);
	if (keep)
		return;
	program_put(p->program);
	free(p);
}

static struct process *forked(const struct proctree_event *e)
{
	struct process *parent = known(e->ppid, 0, 0), *p = find(e->pid);

	if (p)		/* its end was missed */
		forget(p);
	p = add(e->pid, e->ppid, e->start);
	if (!p)
		return NULL;
	link_to(p, parent);
	p->program = parent ? parent->program : NULL;
	if (p->program)
		p->program->users++;
	return p;
}

/* Each fork, exec and exit as a line of text; in JSON and CSV a process when it has ended. */
static bool event(struct run *run, void *data, size_t size)
{
	const struct proctree_event *e = data;
	bool live = run->format == OUT_TEXT && !summary_only;
	struct process *p;

	p = e->kind == PROCTREE_FORK ? forked(e) : known(e->pid, e->ppid, e->start);
	if (!p) {
		err("out of memory: the tree has a gap");
		return false;
	}
	p->row.ppid = p->ppid ?: e->ppid;
	p->row.origin = e->origin;
	p->row.origin.pid = p->row.origin.tid = p->pid;
	if (e->kind == PROCTREE_EXEC) {
		struct program *before = p->row.execs++ ? p->program : NULL;

		if (!before)
			program_put(p->program);
		p->program = program_new(e->args, e->args_len, e->cut, before);
	}
	if (e->kind == PROCTREE_EXIT)
		ended(run, p, e);
	else if (live)
		show_row(run, p, e->kind == PROCTREE_FORK ? "fork" : "exec");
	return false;
}

static void show_tree(struct run *run, struct process *p)
{
	for (; p; p = p->sibling) {
		show_row(run, p, p->ended ? "ran" : "runs");
		show_tree(run, p->children);
	}
}

/* Text: the whole tree. Else those that have not ended, so that all are there. */
static int end(struct run *run)
{
	if (run->format == OUT_TEXT) {
		if (!keep || live_only)
			return 0;
		if (!summary_only && roots)
			out_str(out_open(run), "\n");
		show_tree(run, roots);
		return 0;
	}
	for (size_t i = 0; i < n_slots; i++)
		for (struct process *p = table[i]; p; p = p->next)
			show_row(run, p, "runs");
	return 0;
}

static void write_args(struct out *out, const struct program *program)
{
	const char *arg = program->args, *stop = arg + program->len;
	bool json = out_is_json(out);

	if (json)
		out_str(out, "[");
	while (arg < stop) {
		size_t len = strnlen(arg, stop - arg);

		if (arg != program->args)
			out_str(out, json ? "," : " ");
		if (json)
			out_str(out, "\"");
		out_bytes(out, arg, len);
		if (json)
			out_str(out, "\"");
		arg += len + 1;
	}
	if (json)
		out_str(out, "]");
	else if (program->cut)
		out_str(out, " ...");
}

static void show_args(struct out *out, const struct column *c, const void *row)
{
	static const char spaces[2 * MAX_DEPTH + 1] = { [0 ... 2 * MAX_DEPTH - 1] = ' ' };
	const struct process *p = ((const ROW *)row)->process;
	__u32 depth = p->depth < MAX_DEPTH ? p->depth : MAX_DEPTH;

	if (out_is_json(out)) {
		if (p->program)
			write_args(out, p->program);
		else
			out_nothing(out);
		return;
	}
	out_str(out, spaces + 2 * (MAX_DEPTH - depth));
	if (p->program && (p->row.execs || !p->parent)) {
		write_args(out, p->program);
	} else {
		out_str(out, "(");
		out_bytes(out, p->row.origin.comm, strnlen(p->row.origin.comm, COMM_LEN));
		out_str(out, ")");
	}
}

/* Oldest first, as it happened. */
static void write_earlier(struct out *out, const struct program *program, bool *first)
{
	if (!program)
		return;
	write_earlier(out, program->before, first);
	if (!*first)
		out_str(out, out_is_json(out) ? "," : "; ");
	*first = false;
	write_args(out, program);
}

static void show_earlier(struct out *out, const struct column *c, const void *row)
{
	const struct process *p = ((const ROW *)row)->process;
	bool json = out_is_json(out), first = true;

	if (!p->program || !p->program->before || !p->row.execs) {
		out_nothing(out);
		return;
	}
	if (json)
		out_str(out, "[");
	write_earlier(out, p->program->before, &first);
	if (json)
		out_str(out, "]");
}

static void show_code(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	if (r->process->ended && r->status.code >= 0)
		out_s64(out, r->status.code);
	else
		out_nothing(out);
}

static void show_core(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	if (r->process->ended)
		out_str(out, out_is_json(out) ? r->status.core ? "true" : "false" : r->status.core ? "yes" : "no");
	else
		out_nothing(out);
}

static void show_event(struct out *out, const struct column *c, const void *row)
{
	out_str(out, ((const ROW *)row)->event);
}

static int setup(struct run *run)
{
	struct proctree_bpf *skel = (void *)run->skel;

	if (summary_only && live_only) {
		err("--summary and --live: one of them leaves nothing of the other");
		return -EINVAL;
	}
	keep = run->format == OUT_TEXT && !live_only && run->common->filters & ONLY_FOLLOW;
	if (summary_only && !keep && run->format == OUT_TEXT) {
		err("--summary: a tree has an end only with -- COMMAND or --follow PID");
		return -EINVAL;
	}
	run->common->want_comm = true;	/* args shows it too */
	return bpf_map__set_max_entries(skel->maps.records, cpu_ids());
}

/* --follow: what it runs is asked while it is there for sure. The set has its threads as well. */
static int know_followed(void *ctx, const void *key, void *value)
{
	const struct run *run = ctx;
	const struct filter_key *k = key;
	unsigned int tgid = 0;
	char line[64];
	FILE *f;

	if (k->kind != ONLY_FOLLOW || k->global || k->id == (__u64)run->child)
		return 0;
	snprintf(line, sizeof(line), "/proc/%llu/status", k->id);
	f = fopen(line, "re");
	while (f && fgets(line, sizeof(line), f) && sscanf(line, "Tgid: %u", &tgid) != 1)
		;
	if (f)
		fclose(f);
	return tgid != k->id || known(tgid, 0, 0) ? 0 : -ENOMEM;
}

static int attach(struct run *run)
{
	return map_each(bpf_object__find_map_fd_by_name(run->skel->obj, "filter_set"), know_followed, run);
}

static const struct opt opts[] = {
	{ .letter = 's', .name = "summary", .value = V_BOOL, .here = &summary_only, .help = "only the whole tree at the end" },
	{ .letter = 'l', .name = "live", .value = V_BOOL, .here = &live_only, .help = "no tree at the end" },
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(ROW),
	COL("ppid", ROW, ppid, 7, "process that made it"),
	COL_OWN("event", show_event, -5, "fork, exec or exit; in the tree at the end, and in JSON, exit, ran or runs"),
	COL_AS(L_TIME, "start", ROW, start, -12, "when it was made", HIDDEN, BLANK),
	COL_NSEC("duration", "s", ROW, duration, 11, "from the fork to the end", BLANK),
	COL_OWN("code", show_code, 4, "exit code; nothing where a signal ended it, or nothing has yet", .bare_json = true),
	COL_AS(L_SIGNAL, "signal", ROW, status.signal, -7, "signal that ended it", BLANK),
	COL_OWN("core", show_core, -4, "whether its core was dumped", HIDDEN, .bare_json = true),
	COL("execs", ROW, execs, 5, "programs that it has started to run; 0: it runs what its maker ran", HIDDEN),
	COL_OWN("earlier", show_earlier, -24, "arguments of the programs that it ran before", HIDDEN, .bare_json = true),
	COL_OWN("args", show_args, 0, "arguments of the program that it runs; in text indented, and (NAME) where it runs what its maker ran",
		.bare_json = true),
	{}
};

static const struct example examples[] = {
	{ "-- make", "what a build really runs: as it happens, and as a tree at the end" },
	{ "-s -- ./configure", "only the tree" },
	{ "-j -- make", "an object for each process, with times, arguments and exit code" },
	{ "--follow 1234", "what a running process starts, until Ctrl-C" },
	{ "-l -u www-data", "whatever a user's processes start" },
	{}
};

TOOL(proctree,
	.summary  = "what a command really runs: its processes as a tree, as they end",
	.about    = "A line for each fork, exec and exit as it happens, indented by how deep in the tree the process is, "
		    "and at the end, with -- COMMAND or --follow PID, the whole tree. A process stands below the one that "
		    "made it, also when that is gone. In JSON and CSV there is one row for each process, when it has "
		    "ended, and at the end one for each that still runs.",
	.cost     = "A tracepoint and a record at each fork, exec and exit. For the tree at the end some 300 bytes and the "
		    "arguments of each process are kept.",
	.caveats  = "Arguments beyond 32 KiB are left out ('...'). Of a process that was there before only what /proc "
		    "tells is known. Where durations in a tree must add up, mind that children of one process may run at "
		    "the same time, and outlive it.",
	.examples = examples, .opts = opts, .columns = columns, .event = event, .setup = setup, .attach = attach,
	.end      = end);
