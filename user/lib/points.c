// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Programs at places: one link for many where the kernel can, else each with an event of its own. */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "lib/btf.h"
#include "lib/cpu.h"
#include "lib/expr.h"
#include "lib/ksym.h"
#include "lib/lib.h"
#include "lib/points.h"

#define MOST	5000		/* places, where each takes a probe of its own */
#define THREADS 2048		/* that are in calls at a time; --max-entries */

/* include/uapi/linux/bpf.h, of kernels newer than the headers that this may be built with */
#define KPROBE_MULTI	   42
#define KPROBE_MULTI_RETURN 1
#define UPROBE_MULTI	   48
#define UPROBE_MULTI_RETURN 1

static struct point **points;
static struct places places;
static int (*generate)(struct code *c, const struct place *place, int which);
static const char *(*word)(int i);
static bool calls;		/* functions only, each as it begins and as it returns */
static __u32 n_points;

const struct places *points_places(void)
{
	return &places;
}

bool places_at_once(enum point_kind kind)
{
	static int can[2] = { -1, -1 };
	bool user = kind == POINT_USER || kind == POINT_MARKER;
	int fd;

	if (!user && kind != POINT_KERNEL)
		return false;
	if (opt_has_word(getenv("COREKIT_WITHOUT"), "multi"))	/* so that tests can go each way */
		return false;
	if (can[user] < 0)
		can[user] = user ? btf_find_kernel("bpf_uprobe_multi_link_attach", BTF_KIND_FUNC, &fd) >= 0 :
				   btf_find_kernel("bpf_kprobe_multi_link_attach", BTF_KIND_FUNC, &fd) >= 0 &&
				   btf_find_kernel("register_fprobe_ips", BTF_KIND_FUNC, &fd) >= 0;
	return can[user];
}

/* --- One by one --- */

/* A number in a file of sysfs of a kind of events; `word`: what stands before it. */
static int event_number(const char *kind, const char *file, const char *word)
{
	char path[128], text[64] = "", *at;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/%s", kind, file);
	f = fopen(path, "re");
	if (!f)
		return -EOPNOTSUPP;
	at = fgets(text, sizeof(text), f) ? strstr(text, word) : NULL;
	fclose(f);
	return at ? atoi(at + strlen(word)) : -EOPNOTSUPP;
}

static int event_open(struct perf_event_attr *attr, int cpu, int program)
{
	int fd, link, ret;

	attr->size = sizeof(*attr);
	fd = syscall(SYS_perf_event_open, attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	link = bpf_link_create(program, fd, BPF_PERF_EVENT, NULL);	/* since 5.15: it tells what it has missed */
	ret = link >= 0 ? attach_keep_fd(link) : 0;
	if (ret) {
		close(fd);
		return ret;
	}
	if ((link < 0 && ioctl(fd, PERF_EVENT_IOC_SET_BPF, program)) || ioctl(fd, PERF_EVENT_IOC_ENABLE, 0)) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return attach_keep_fd(fd);
}

static int attach_probe(const struct place *p, int program)
{
	const char *kind = p->kind == POINT_KERNEL ? "kprobe" : "uprobe";
	struct perf_event_attr attr = {};
	char name[512];
	int type = event_number(kind, "type", ""), bit = event_number(kind, "format/retprobe", "config:");

	if (type < 0 || bit < 0)
		return -EOPNOTSUPP;
	attr.type = type;
	if (p->at_return)
		attr.config |= 1ULL << bit;
	if (p->counter) {
		bit = event_number(kind, "format/ref_ctr_offset", "config:");
		if (bit < 0)
			return -EOPNOTSUPP;
		attr.config |= p->counter << bit;
	}
	snprintf(name, sizeof(name), p->kind == POINT_KERNEL && *p->in ? "%s:%s" : "%.0s%s", p->in, p->name);
	attr.config1 = (__u64)(uintptr_t)(p->kind == POINT_KERNEL ? name : p->in);
	attr.config2 = p->offset;
	return event_open(&attr, 0, program);
}

static int attach_tracepoint(const struct place *p, int program)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT };
	char path[512], id[32];

	if (p->is_call && !p->at_return)
		snprintf(path, sizeof(path), "events/%s/sys_enter_%s/id", p->in, p->name + strlen("sys_exit_"));
	else
		snprintf(path, sizeof(path), "events/%s/%s/id", p->in, p->name);
	if (kernel_tracefs(path, id, sizeof(id)))
		return -ENOENT;
	attr.config = strtoul(id, NULL, 10);
	return event_open(&attr, 0, program);
}

struct on_cpus {
	struct perf_event_attr attr;
	int program, attached;
};

static int attach_on(void *ctx, int cpu)
{
	struct on_cpus *on = ctx;
	int ret = event_open(&on->attr, cpu, on->program);

	on->attached += !ret;
	return ret == -ENODEV ? 0 : ret;	/* it has gone offline since */
}

static int attach_perf(const struct point *point, int program)
{
	struct on_cpus on = { .program = program };
	int ret = point_attr(point, &on.attr) ?: cpu_each("online", attach_on, &on);

	if (ret == -ENOENT || (!ret && !on.attached)) {
		err("can't run here: %s: this machine has no such counter", point_text(point));
		return -EOPNOTSUPP;
	}
	return ret;
}

int place_attach(const struct place *p, const struct point *point, int program)
{
	int fd;

	switch (p->kind) {
	case POINT_TRACEPOINT: return attach_tracepoint(p, program);
	case POINT_PERF: return attach_perf(point, program);
	case POINT_RAW:
		fd = bpf_raw_tracepoint_open(p->name, program);
		return fd < 0 ? -errno : attach_keep_fd(fd);
	default: return attach_probe(p, program);
	}
}

/* --- Many at once --- */

struct kernel_multi {
	__u32 prog_fd, target_fd, attach_type, flags;
	__u32 multi_flags, count;
	__u64 names, addresses, cookies;
};

struct user_multi {
	__u32 prog_fd, target_fd, attach_type, flags;
	__u64 path, offsets, counters, cookies;
	__u32 count, multi_flags, pid, pad;
};

struct arrays {
	const char **names;
	__u64 *offsets, *counters, *cookies;
};

static int link_many(const struct place *p, size_t n, int program, const struct arrays *a)
{
	union { struct kernel_multi kernel; struct user_multi user; } attr = {};
	bool counted = false;
	int fd;

	for (size_t i = 0; i < n; i++)
		counted |= p[i].counter != 0;
	if (p->kind == POINT_KERNEL)
		attr.kernel = (struct kernel_multi){ .prog_fd = program, .attach_type = KPROBE_MULTI, .count = n,
						     .multi_flags = p->at_return ? KPROBE_MULTI_RETURN : 0,
						     .names = (uintptr_t)a->names, .cookies = (uintptr_t)a->cookies };
	else
		attr.user = (struct user_multi){ .prog_fd = program, .attach_type = UPROBE_MULTI, .count = n,
						 .multi_flags = p->at_return ? UPROBE_MULTI_RETURN : 0, .path = (uintptr_t)p->in,
						 .offsets = (uintptr_t)a->offsets, .cookies = (uintptr_t)a->cookies,
						 .counters = counted ? (uintptr_t)a->counters : 0 };
	fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
	return fd < 0 ? -errno : attach_keep_fd(fd);
}

/* The kernel takes all or none: those that it refuses are found by halves. */
static int link_most(struct run *run, const struct place *p, size_t n, int program, const struct arrays *a, int *error)
{
	struct arrays rest = { a->names + n / 2, a->offsets + n / 2, a->counters + n / 2, a->cookies + n / 2 };
	int ret, more;

	if (ring_over(run, 0))	/* the user doesn't wait for the rest */
		return 0;
	ret = link_many(p, n, program, a);
	if (!ret)
		return 0;
	if (ret == -EOPNOTSUPP || ret == -EPERM || ret == -ENOMEM || ret == -EBADF || ret == -EINTR)
		return ret;
	*error = ret;
	if (n == 1)
		return 1;
	ret = link_most(run, p, n / 2, program, a, error);
	if (ret < 0)
		return ret;
	more = link_most(run, p + n / 2, n - n / 2, program, &rest, error);
	return more < 0 ? more : ret + more;
}

int places_attach(struct run *run, const struct place *p, size_t n, int program, __u64 first)
{
	struct arrays a = { calloc(n, sizeof(*a.names)), calloc(n, 8), calloc(n, 8), calloc(n, 8) };
	int ret = a.names && a.offsets && a.counters && a.cookies ? 0 : -ENOMEM, error = 0;

	for (size_t i = 0; !ret && i < n; i++) {
		a.names[i] = p[i].name;
		a.offsets[i] = p[i].offset;
		a.counters[i] = p[i].counter;
		a.cookies[i] = first + i;
	}
	if (!ret)
		ret = link_most(run, p, n, program, &a, &error);
	free(a.names);
	free(a.offsets);
	free(a.counters);
	free(a.cookies);
	return ret == (int)n ? error : ret;
}

/* --- For the programs of points.bpf.h --- */

static struct bpf_program *program(struct run *run, const char *name)
{
	return bpf_object__find_program_by_name(run->skel->obj, name);
}

/* Instructions, where the probe is, know no frame but their function's own; at a function's entry that is not there yet. */
static const char *program_name(const struct place *p, bool many)
{
	if (p->is_call && p->kind == POINT_TRACEPOINT)
		return p->at_return ? "tracepoint_leave" : "tracepoint_enter";
	if (p->is_call && p->kind == POINT_KERNEL)
		return p->at_return ? many ? "kernel_many_leave" : "kernel_leave" : many ? "kernel_many_enter" : "kernel_enter";
	if (p->is_call)
		return p->at_return ? many ? "user_many_leave" : "user_leave" : many ? "user_many_enter" : "user_enter";
	switch (p->kind) {
	case POINT_KERNEL: return many ? "kernel_functions" : "kernel_function";
	case POINT_TRACEPOINT: return "tracepoint";
	case POINT_RAW: return "raw_tracepoint";
	case POINT_PERF: return "perf_event";
	default:
		if (p->kind == POINT_USER && !p->at_return)
			return many ? "user_functions" : "user_function";
		return many ? "user_places" : "user_place";
	}
}

/* One function of the kernel is sooner probed by an event of its own, without what it takes to ask for the other way. */
static bool is_many(const struct place *p, size_t n)
{
	if (word && p->kind == POINT_MARKER)	/* each has its arguments elsewhere */
		return false;
	return !(p->kind == POINT_KERNEL && (p->offset || n == 1)) && places_at_once(p->kind);
}

/* How many of the places from there on are of one point, kind and file. */
static size_t alike(size_t from)
{
	const struct place *first = &places.all[from];
	size_t n = 1;

	while (from + n < places.n && first[n].of == first->of && (first->kind == POINT_KERNEL || first[n].in == first->in))
		n++;
	return n;
}

static int refuse(struct run *run, const struct point *p)
{
	static const char *const sections[] = { "kprobe/", "tp/sched/sched_switch", "raw_tp/", "uprobe/", "uprobe/", "perf_event" };
	char why[160] = "";

	if (kernel_has_program(sections[point_kind(p)], why, sizeof(why)))
		return 0;
	/* what isn't there at all is the user's mistake before it is the kernel's */
	if (point_kind(p) == POINT_KERNEL && !point_is_pattern(p) && !ksym_address(point_name(p)))
		return -ENOENT;
	err("can't run here: %s: %s", point_text(p), why);
	return -EOPNOTSUPP;
}

static int find(struct run *run, bool regex)
{
	int ret = 0;

	places_free(&places);
	for (__u32 i = 0; i < n_points; i++)
		point_free(points[i]);
	free(points);
	n_points = 0;
	points = calloc(run->n_args, sizeof(*points));
	if (!points)
		return -ENOMEM;
	for (int i = 0; i < run->n_args && !ret; i++) {
		ret = point_new(&points[i], word ? word(i) : run->args[i], regex);
		if (ret)
			return ret;
		n_points++;
		if (calls && !point_is_whole(points[i])) {
			err("'%s': not with this tool: it takes a function, from where it begins to where it returns", point_text(points[i]));
			return -EINVAL;
		}
		ret = refuse(run, points[i]) ?: places_find(&places, points[i], i);
		if (ret == -ENOENT) {
			err("'%s': there is no such place: see --help", point_text(points[i]));
			ret = -EINVAL;
		}
	}
	places_found();
	return ret;
}

static bool is_system_call(const struct place *p)
{
	return p->kind == POINT_TRACEPOINT && !strcmp(p->in, "syscalls");
}

/* Functions of a set have no more in common than where their arguments are. */
int points_scope(struct expr_scope *scope, size_t place)
{
	static struct expr_scope entry;
	struct place p = places.all[place];
	bool several = (place && places.all[place - 1].of == p.of) || (place + 1 < places.n && places.all[place + 1].of == p.of);
	char name[256];
	int ret;

	if (several && (p.kind == POINT_KERNEL || p.kind == POINT_USER))
		p.name = "";
	ret = expr_scope_of(scope, &p);
	if (!ret && (p.at_return || (is_system_call(&p) && !strncmp(p.name, "sys_exit_", 9)))) {
		if (is_system_call(&p)) {
			snprintf(name, sizeof(name), "sys_enter_%s", p.name + 9);
			p.name = name;
		}
		p.at_return = false;
		ret = expr_scope_of(&entry, &p);
		scope->entry = &entry;
	}
	if (ret)
		err("'%s': nothing is known of its arguments: %s", point_text(points[p.of]), strerror(-ret));
	return ret ? -EINVAL : 0;
}

static int want_program(struct run *run, const struct place *place, bool many)
{
	struct bpf_program *p = program(run, program_name(place, many));

	if (!p) {
		err("'%s': not with this tool", point_text(points[place->of]));
		return -EINVAL;
	}
	bpf_program__set_autoload(p, true);
	return many ? bpf_program__set_expected_attach_type(p, place->kind == POINT_KERNEL ? KPROBE_MULTI : UPROBE_MULTI) : 0;
}

int points_setup_calls(struct run *run, bool regex)
{
	calls = true;
	return points_setup(run, regex);
}

/* The way back first: what is called before the way in is there too is left out. */
static bool turn(struct place *all, size_t n, int step)
{
	for (size_t i = 0; all->is_call && i < n; i++)
		all[i].at_return = step != 1;
	return step < (all->is_call ? 2 : 1);
}

static int want_programs(struct run *run, size_t at, size_t n)
{
	static const char *const ends[] = { "calls_exec", "calls_exit" };
	bool many = is_many(&places.all[at], n);
	int ret = 0;

	for (int step = 0; turn(&places.all[at], n, step) && !ret; step++)
		ret = want_program(run, &places.all[at], many);
	for (size_t i = 0; i < 2 && !ret && places.all[at].is_call; i++)
		ret = bpf_program__set_autoload(program(run, ends[i]), true);
	if (!ret && places.all[at].is_call)
		ret = bpf_map__set_max_entries(bpf_object__find_map_by_name(run->skel->obj, "threads"), THREADS);
	return ret;
}

int points_call(struct run *run, size_t place)
{
	size_t n = alike(place);

	if (places.all[place].is_call)
		return 0;
	for (size_t i = 0; i < n; i++)
		places.all[place + i].is_call = true;
	return want_programs(run, place, n);
}

int points_setup(struct run *run, bool regex)
{
	size_t n, alone = 0;
	int ret = 0;
	bool many;

	if (!run->n_args) {
		err("which FUNCTION? See --help");
		return -EINVAL;
	}
	ret = find(run, regex);
	for (size_t i = 0; i < places.n && !ret; i += n) {
		n = alike(i);
		many = is_many(&places.all[i], n);
		alone += many ? 0 : n;
		for (size_t j = i; j < i + n; j++)
			places.all[j].is_call = calls;
		ret = want_programs(run, i, n);
	}
	if (!ret && alone > MOST) {
		err("%zu places: this kernel takes them one by one, and more than %d would keep it busy: name fewer", alone, MOST);
		ret = -EINVAL;
	}
	return ret;
}

/* A copy of a program that knows its place's number, and has the code that is made for it: point_number(), generated(). */
#define NUMBER	  0x636f72656c616365ULL
#define GENERATED 0x67656e6572617465ULL	/* and 1 more for each */
#define GENERATES 3

void points_words(const char *(*fn)(int i))
{
	word = fn;
}

void points_generate(int (*fn)(struct code *c, const struct place *place, int which))
{
	generate = fn;
}

static bool is_constant(const struct bpf_insn *insn, __u64 value)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) && !insn->src_reg && insn->imm == (__s32)value && insn[1].imm == (__s32)(value >> 32);
}

/* In place of the constant a jump to the code, which ends with a jump back. */
static int splice(struct code *c, int at, const struct place *p, int which)
{
	int from = c->n, ret;

	code_enter(c);
	ret = generate(c, p, which);
	if (ret <= 0) {
		c->n = from;
		c->insns[at].imm = 1;
		c->insns[at + 1].imm = 0;
		return ret;
	}
	code_put(c, BPF_JMP | BPF_JA, 0, 0, at + 1 - (c->n + 1), 0);
	c->insns[at] = (struct bpf_insn){ .code = BPF_JMP | BPF_JA, .off = from - at - 1 };
	c->insns[at + 1] = (struct bpf_insn){ .code = BPF_JMP | BPF_JA };
	return c->failed;
}

static int copy_of(struct bpf_program *p, const struct place *place, __u64 number)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = bpf_program__expected_attach_type(p));
	int n = bpf_program__insn_cnt(p), ret = 0;
	struct code *c = calloc(1, sizeof(*c));
	bool same = true;

	if (!c || n > CODE_MAX) {
		free(c);
		return c ? -E2BIG : -ENOMEM;
	}
	c->n = n;
	memcpy(c->insns, bpf_program__insns(p), n * sizeof(*c->insns));
	for (int i = 0; i + 1 < n && !ret; i++) {
		if (is_constant(&c->insns[i], NUMBER)) {
			c->insns[i].imm = number;
			c->insns[i + 1].imm = number >> 32;
			same = false;
		}
		for (int which = 0; generate && which < GENERATES; which++)
			if (is_constant(&c->insns[i], GENERATED + which)) {
				ret = splice(c, i, place, which);
				same = false;
			}
	}
	if (!ret && !same) {
		ret = bpf_prog_load(bpf_program__type(p), bpf_program__name(p), "GPL", c->insns, c->n, &opts);
		if (ret < 0 && getenv("COREKIT_VERIFIER")) {	/* for who looks for the reason */
			char *log = calloc(1, 1 << 20);

			opts.log_buf = log;
			opts.log_size = log ? 1 << 20 : 0;
			opts.log_level = 1;
			ret = bpf_prog_load(bpf_program__type(p), bpf_program__name(p), "GPL", c->insns, c->n, &opts);
			fputs(log ?: "", stderr);
			free(log);
		}
	}
	free(c);
	return ret;
}

static int attach_alone(struct run *run, size_t at)
{
	const struct place *p = &places.all[at];
	struct bpf_program *prog = program(run, program_name(p, false));
	int fd = copy_of(prog, p, at), ret;

	if (fd < 0)
		return fd;
	ret = place_attach(p, points[p->of], fd ?: bpf_program__fd(prog));
	if (fd && !ret)
		ret = attach_keep_program(fd);
	else if (fd)
		close(fd);
	return ret;
}

static int attach_at_once(struct run *run, size_t at, size_t n)
{
	const struct place *p = &places.all[at];
	struct bpf_program *prog = program(run, program_name(p, true));
	int fd = copy_of(prog, p, at), ret;

	if (fd < 0)
		return fd;
	ret = places_attach(run, p, n, fd ?: bpf_program__fd(prog), at);
	if (fd && attach_keep_program(fd))
		ret = -ENOMEM;
	return ret;
}

/* Each probe takes a descriptor or two. */
static void want_files(void)
{
	struct rlimit files;

	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

/* How many of them couldn't be probed. */
static int attach_some(struct run *run, size_t at, size_t n, int *error)
{
	struct place *p = &places.all[at];
	int failed = 0, ret;

	if (is_many(p, n)) {
		for (int step = 0; turn(p, n, step); step++) {
			ret = attach_at_once(run, at, n);
			if (ret < 0)
				*error = ret;
			failed = ret < 0 ? (int)n : ret > failed ? ret : failed;
		}
		return failed;
	}
	for (size_t i = 0; i < n && !ring_over(run, 0); i++) {
		ret = 0;
		for (int step = 0; turn(p + i, 1, step) && !ret; step++)
			ret = attach_alone(run, at + i);
		failed += ret != 0;
		*error = ret ?: *error;
	}
	return failed;
}

/* What the kernel said, with the place; rights and memory are told by who called. */
static int attach_error(const struct point *p, int error)
{
	if (error == -EPERM || error == -EACCES || error == -ENOMEM || error == -EINTR)
		return error;
	if (error == -ENOENT || error == -EADDRNOTAVAIL || error == -EILSEQ) {
		err("'%s': %s: see --help", point_text(p), error == -EILSEQ ? "no instruction begins there" : "there is no such place");
		return -EINVAL;
	}
	if (error == -E2BIG)
		err("'%s': its expressions are too long for one program: ask for less at a time", point_text(p));
	else
		err("can't run here: '%s': %s", point_text(p), error == -EINVAL ? "the kernel allows no probe there" : strerror(-error));
	return error == -E2BIG ? -EINVAL : -EOPNOTSUPP;
}

int points_attach(struct run *run)
{
	size_t n;

	want_files();
	for (size_t i = 0; i < places.n && !ring_over(run, 0); i += n) {
		const struct point *p = points[places.all[i].of];
		int failed, error = 0;

		n = alike(i);
		failed = attach_some(run, i, n, &error);
		if (failed && failed < (int)n)
			note("'%s': %d of %zu places can't be probed", point_text(p), failed, n);
		if (failed < (int)n)
			continue;
		return attach_error(p, error);
	}
	return 0;
}
