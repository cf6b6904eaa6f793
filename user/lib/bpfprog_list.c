// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* bpfprog: what is loaded: ls, show and top. */
#include <bpf/bpf.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/bpfprog.h"
#include "lib/lib.h"
#include "lib/owner.h"
#include "lib/prog.h"

struct bpfprog bpfprog = { .look = SEC_ };

struct prog_row {
	struct origin origin;		/* the time is when it was loaded */
	struct prog prog;
	__u64 runs, ns, misses;		/* of the look */
	__u64 seconds_ns;		/* how long that was */
	char owners[160];
};

/* --- Who holds what. --- */

static struct holder {
	__u32 id;
	pid_t pid;
	char comm[16];
} *holders;
static size_t n_holders;

static int on_owner(void *ctx, const struct owner *owner)
{
	struct holder *more;

	if (owner->object != OBJECT_PROG || owner->pid == getpid())
		return 0;
	for (size_t i = 0; i < n_holders; i++)
		if (holders[i].id == owner->id && holders[i].pid == owner->pid)
			return 0;
	more = realloc(holders, (n_holders + 1) * sizeof(*holders));
	if (!more)
		return -ENOMEM;
	holders = more;
	holders[n_holders] = (struct holder){ .id = owner->id, .pid = owner->pid };
	snprintf(holders[n_holders++].comm, sizeof(holders->comm), "%s", owner->comm);
	return 0;
}

static int find_holders(void)
{
	n_holders = 0;
	return owner_each_process(on_owner, NULL);
}

static void name_holders(struct prog_row *row)
{
	size_t at = 0;

	*row->owners = 0;
	for (size_t i = 0; i < n_holders; i++)
		if (holders[i].id == row->prog.info.id && at < sizeof(row->owners))
			at += snprintf(row->owners + at, sizeof(row->owners) - at, "%s%d/%s", at ? " " : "", holders[i].pid,
				       holders[i].comm);
}

/* --- Columns. --- */

static void show_rate(struct out *out, const struct column *c, const void *row)
{
	const struct prog_row *r = row;

	if (r->seconds_ns)
		out_u64(out, (unsigned __int128)r->runs * SEC_ / r->seconds_ns);
	else
		out_nothing(out);
}

static void show_each(struct out *out, const struct column *c, const void *row)
{
	const struct prog_row *r = row;

	if (r->runs)
		out_u64(out, r->ns / r->runs);
	else
		out_nothing(out);
}

/* Of one CPU: 200 is two of them. */
static void show_cpu(struct out *out, const struct column *c, const void *row)
{
	const struct prog_row *r = row;

	if (r->seconds_ns)
		out_fixed(out, (unsigned __int128)r->ns * 10000 / r->seconds_ns, 100, 2);
	else
		out_nothing(out);
}

#define PROG_COLUMNS(hide)							\
	COL("id", struct prog_row, prog.info.id, 6, "the kernel's id"),		\
	COL("type", struct prog_row, prog.type, -16, "type of program"),	\
	COL("name", struct prog_row, prog.name, -20, "name of its function"),	\
	COL("tag", struct prog_row, prog.tag, -16, "hash of its instructions", hide)

#define COL_OWNERS COL("owners", struct prog_row, owners, 0, "processes that hold it: pid/command", BLANK)
#define COL_RUNS								\
	COL_OWN("runs_s", show_rate, 9, "runs in a second", .bare_json = true),	\
	COL_OWN("ns_run", show_each, 8, "ns of a run", .bare_json = true),	\
	COL_OWN("cpu", show_cpu, 7, "percent of one CPU", .bare_json = true),	\
	COL("misses", struct prog_row, misses, 7, "runs that the kernel left out, since one was going on there", BLANK)

const struct column bpfprog_list_columns[] = {
	PROG_COLUMNS(HIDDEN),
	COL_AS(L_TIME, "loaded", struct prog_row, origin.time, -12, "when it was loaded", HIDDEN),
	COL_AS(L_USER, "user", struct prog_row, prog.info.created_by_uid, -8, "who loaded it", HIDDEN),
	COL_AS(L_SIZE, "xlated", struct prog_row, prog.info.xlated_prog_len, 7, "bytes of BPF instructions"),
	COL_AS(L_SIZE, "jited", struct prog_row, prog.info.jited_prog_len, 7, "bytes of machine code; none: it is interpreted", BLANK),
	COL("memory", struct prog_row, prog.memory, 8, "bytes of memory locked, as the kernel tells", HIDDEN, BLANK),
	COL("maps", struct prog_row, prog.info.nr_map_ids, 4, "how many maps it uses"),
	COL_OWNERS,
	{}
};

const struct column bpfprog_top_columns[] = { PROG_COLUMNS(HIDDEN), COL_RUNS, COL_OWNERS, {} };

struct fact {
	char key[16], value[512];
};

const struct column bpfprog_show_columns[] = {
	COL("key", struct fact, key, -12, "what"),
	COL("value", struct fact, value, 0, "its value"),
	{}
};

/* --- ls --- */

static int not_permitted(int ret)
{
	if (ret == -EPERM || ret == -EACCES)
		err("not permitted: run it as root, or with CAP_SYS_ADMIN, to look at BPF programs");
	return ret;
}

int bpfprog_ls(struct run *run)
{
	struct prog_row row;
	__u32 id = 0;
	int ret = find_holders();

	out_header(run);
	while (!ret && !(ret = prog_next_id(&id))) {
		memset(&row, 0, sizeof(row));
		ret = prog_open(&row.prog, id);
		if (ret == -ENOENT) {		/* gone by now */
			ret = 0;
			continue;
		}
		if (ret)
			break;
		row.origin.time = row.prog.loaded;
		name_holders(&row);
		out_row(run, &row);
		prog_close(&row.prog);
	}
	if (owner_hidden && ret == -ENOENT)
		note("%u processes can't be looked into: run it as root", owner_hidden);
	free(holders);
	return not_permitted(ret == -ENOENT ? 0 : ret);
}

/* --- show --- */

static void fact(struct run *run, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void fact(struct run *run, const char *key, const char *format, ...)
{
	struct fact f;
	va_list args;

	snprintf(f.key, sizeof(f.key), "%s", key);
	va_start(args, format);
	vsnprintf(f.value, sizeof(f.value), format, args);
	va_end(args);
	out_row(run, &f);
}

struct showing {
	struct run *run;
	__u32 id;
};

static int show_owner(void *ctx, const struct owner *owner)
{
	struct showing *s = ctx;

	if (owner->object != OBJECT_PROG || owner->id != s->id || owner->pid == getpid())
		return 0;
	if (owner->pid)
		fact(s->run, "owner", "%d %s, descriptor %d", owner->pid, owner->comm, owner->fd);
	else if (owner->attached)
		fact(s->run, "cgroup", "%s %s", owner->path, owner->attached);
	else
		fact(s->run, "pin", "%s", owner->path);
	return 0;
}

static void show_links(struct run *run, __u32 prog)
{
	for (__u32 id = 0; !bpf_link_get_next_id(id, &id);) {
		struct bpf_link_info info = {};
		__u32 size = sizeof(info);
		char name[64];
		int fd = object_open(OBJECT_LINK, id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &size) && info.prog_id == prog &&
		    !object_name(OBJECT_LINK, id, name, sizeof(name)))
			fact(run, "link", "%u %s", id, name);
		close(fd);
	}
}

static void show_maps(struct run *run, struct prog *prog)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info), *ids = calloc(prog->info.nr_map_ids + 1, sizeof(*ids));
	char name[64];

	info.map_ids = (unsigned long)ids;
	info.nr_map_ids = prog->info.nr_map_ids;
	if (ids && info.nr_map_ids && !bpf_obj_get_info_by_fd(prog->fd, &info, &size))
		for (__u32 i = 0; i < info.nr_map_ids && i < prog->info.nr_map_ids; i++)
			if (!object_name(OBJECT_MAP, ids[i], name, sizeof(name)))
				fact(run, "map", "%u %s", ids[i], name);
	free(ids);
}

static int refresh(struct prog *prog, struct bpf_prog_info *info)
{
	__u32 size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(prog->fd, info, &size) ? -errno : 0;
}

/* Counts for as long as --look says. */
static int show_runs(struct run *run, struct prog *prog)
{
	struct bpf_prog_info before, after;
	__u64 start, until, runs, ns;
	int stats, ret;

	if (!bpfprog.look)
		return 0;
	/* read before the kernel is asked to count: what runs in between belongs to the look */
	ret = refresh(prog, &before);
	start = look_now();
	stats = prog_stats();
	if (stats < 0) {
		note("runs aren't counted: %s", strerror(-stats));
		return 0;
	}
	for (until = start + bpfprog.look; !ret && look_now() < until && !ring_over(run, until);)
		poll(NULL, 0, (until - look_now()) / MSEC < 100 ? (until - look_now()) / MSEC + 1 : 100);
	if (!ret)
		ret = refresh(prog, &after);
	close(stats);
	if (ret)
		return ret;
	runs = after.run_cnt - before.run_cnt;
	ns = after.run_time_ns - before.run_time_ns;
	fact(run, "runs", "%llu in %.3f s", runs, (look_now() - start) / 1e9);
	if (runs)
		fact(run, "ns per run", "%.1f", (double)ns / runs);
	return 0;
}

int bpfprog_show(struct run *run)
{
	struct showing s = { run, 0 };
	const struct bpf_prog_info *info;
	struct prog prog;
	int ret = prog_find(&prog, run->args[0]);

	if (ret)
		return ret;
	info = &prog.info;
	s.id = info->id;
	out_header(run);
	fact(run, "id", "%u", info->id);
	fact(run, "type", "%s", prog.type);
	fact(run, "name", "%s", prog.name);
	fact(run, "tag", "%s", prog.tag);
	fact(run, "licence", "%s", info->gpl_compatible ? "GPL compatible" : "not GPL compatible");
	fact(run, "loaded", "%.3f s ago, by user %u", (look_now() - prog.loaded) / 1e9, info->created_by_uid);
	fact(run, "xlated", "%u bytes, %u instructions", info->xlated_prog_len, info->xlated_prog_len / 8);
	if (info->jited_prog_len)
		fact(run, "jited", "%u bytes", info->jited_prog_len);
	else
		fact(run, "jited", "no: it is interpreted");
	fact(run, "memory", "%llu bytes", prog.memory);
	if (info->verified_insns)
		fact(run, "verified", "%u instructions processed", info->verified_insns);
	if (info->btf_id)
		fact(run, "btf", "%u", info->btf_id);
	if (info->ifindex)
		fact(run, "interface", "%u", info->ifindex);
	ret = show_runs(run, &prog);
	if (!ret) {
		fact(run, "misses", "%llu", info->recursion_misses);
		owner_each_process(show_owner, &s);
		owner_each_pin(show_owner, &s);
		owner_each_cgroup(show_owner, &s);
		show_links(run, info->id);
		show_maps(run, &prog);
	}
	prog_close(&prog);
	return ret;
}

/* --- top --- */

struct reading {
	__u32 id;
	__u64 runs, ns, misses;
};

struct readings {
	struct reading *list;
	struct prog_row *rows;
	size_t n;
	__u64 at;
};

static int read_all(struct readings *r)
{
	struct prog prog;
	int ret = 0;

	memset(r, 0, sizeof(*r));
	for (__u32 id = 0; !ret && !(ret = prog_next_id(&id));) {
		void *list, *rows;

		if (prog_open(&prog, id))
			continue;
		list = realloc(r->list, (r->n + 1) * sizeof(*r->list));
		r->list = list ?: r->list;
		rows = realloc(r->rows, (r->n + 1) * sizeof(*r->rows));
		r->rows = rows ?: r->rows;
		if (!list || !rows) {
			ret = -ENOMEM;
		} else {
			r->list[r->n] = (struct reading){ id, prog.info.run_cnt, prog.info.run_time_ns, prog.info.recursion_misses };
			r->rows[r->n] = (struct prog_row){ .prog = prog };
			r->n++;
		}
		prog_close(&prog);
	}
	r->at = look_now();
	return ret == -ENOENT ? 0 : ret;
}

static void forget(struct readings *r)
{
	free(r->list);
	free(r->rows);
}

static int by_time(const void *a, const void *b)
{
	const struct prog_row *x = a, *y = b;

	return x->ns != y->ns ? (x->ns < y->ns ? 1 : -1) : x->runs != y->runs ? (x->runs < y->runs ? 1 : -1) :
	       x->prog.info.id < y->prog.info.id ? -1 : 1;
}

/* Ids are in order, so one pass finds each of now in before; a new one began at 0. */
static int compare(struct run *run, const struct readings *before, struct readings *now)
{
	int ret = find_holders();

	for (size_t i = 0, j = 0; i < now->n; i++) {
		struct reading was = {};

		while (j < before->n && before->list[j].id < now->list[i].id)
			j++;
		if (j < before->n && before->list[j].id == now->list[i].id)
			was = before->list[j];
		now->rows[i].runs = now->list[i].runs - was.runs;
		now->rows[i].ns = now->list[i].ns - was.ns;
		now->rows[i].misses = now->list[i].misses - was.misses;
		now->rows[i].seconds_ns = now->at - before->at;
		name_holders(&now->rows[i]);
	}
	qsort(now->rows, now->n, sizeof(*now->rows), by_time);
	out_header(run);
	for (size_t i = 0; i < now->n && (!run->rows || i < run->rows); i++)
		if (now->rows[i].runs || now->rows[i].misses)
			out_row(run, &now->rows[i]);
	if (run->format == OUT_TEXT)
		out_str(out_open(run), "\n");
	out_flush();
	run->shown++;
	return ret;
}

int bpfprog_top(struct run *run)
{
	__u64 interval = run->interval ?: SEC_, deadline, next;
	struct readings before, now;
	int stats = prog_stats(), ret;

	if (stats < 0)
		return not_permitted(stats);
	ret = read_all(&before);
	deadline = run->duration ? before.at + run->duration : 0;
	next = before.at + interval;
	if (!ret)
		ret = ring_ready(run);
	while (!ret && !ring_over(run, 0)) {
		__u64 clock = look_now(), until = deadline && deadline < next ? deadline : next;

		if (clock < until) {
			poll(NULL, 0, until - clock < 100 * MSEC ? (until - clock) / MSEC + 1 : 100);
			out_look();
			continue;
		}
		ret = read_all(&now);
		if (!ret)
			ret = compare(run, &before, &now);
		forget(&before);
		before = now;
		next += interval;
		if (deadline && clock >= deadline)
			break;
	}
	forget(&before);
	free(holders);
	close(stats);
	return ret;
}
