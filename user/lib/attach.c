// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Chooses among the '?' programs of an object, named WAY__GROUP or WAY__GROUP__VARIANT:
 * of each group the first way that this kernel has and that loads and attaches.  A
 * program that fails is ruled out with its reason, and the object is opened anew.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/btf.h"
#include "lib/lib.h"
#include "lib/perf.h"

#define MAX_RULED 128

struct name {
	char way[24], group[64], variant[64];
};

static struct {
	char program[96], why[192];
} ruled[MAX_RULED];
static int n_ruled;

static struct bpf_link **links;	/* with perf events, one for each CPU */
static int n_links;
static bool lesser;
static struct run *the_run;
static const char *skipped;
static char failing[96], last_line[160];

/* "tp_btf__issue__args2": way, group, variant; "kprobe__enter__G" and "kprobe__leave__G" are one way. */
static bool split(const char *program, struct name *n)
{
	const char *group = strstr(program, "__"), *variant;

	if (!group)
		return false;
	snprintf(n->way, sizeof(n->way), "%.*s", (int)(group - program), program);
	group += 2;
	if (!strncmp(group, "enter__", 7) || !strncmp(group, "leave__", 7))
		group += 7;
	variant = strstr(group, "__");
	snprintf(n->group, sizeof(n->group), "%.*s", variant ? (int)(variant - group) : (int)strlen(group), group);
	snprintf(n->variant, sizeof(n->variant), "%s", variant ? variant + 2 : "");
	return true;
}

static void rule_out(const char *program, const char *why)
{
	if (n_ruled == MAX_RULED)
		return;
	snprintf(ruled[n_ruled].program, sizeof(ruled->program), "%s", program);
	snprintf(ruled[n_ruled++].why, sizeof(ruled->why), "%s", why);
}

static const char *why_not(const char *program)
{
	for (int i = 0; i < n_ruled; i++)
		if (!strcmp(ruled[i].program, program))
			return ruled[i].why;
	return NULL;
}

/* "args2": the hook must have so many arguments; a raw_tp program would load with any number. */
static bool args_fit(struct bpf_program *p, const struct name *n, char *why, size_t size)
{
	const char *section = bpf_program__section_name(p), *target = strchr(section, '/');
	struct btf_types *types;
	struct btf_arg args[16];
	int want, have;

	if (sscanf(n->variant, "args%d", &want) != 1 || !target)
		return true;
	if (btf_open(&types, NULL))
		return false;
	have = strstr(section, "tp") && !strstr(section, "probe") ? btf_tracepoint_args(types, target + 1, args, 16) :
								     btf_func_args(types, target + 1, args, 16);
	if (have != want)
		snprintf(why, size, have < 0 ? "not in this kernel" : "it has %d arguments here", have);
	return have == want;
}

static bool is_direct(const char *way)
{
	return !strcmp(way, "tp_btf") || !strcmp(way, "fentry") || !strcmp(way, "fexit");
}

static bool usable(struct run *run, struct bpf_program *p, const struct name *n)
{
	const char *section = bpf_program__section_name(p), *name = bpf_program__name(p);
	char why[160] = "";
	struct bpf_map *map;

	if (why_not(name))
		return false;
	if (*section == '?')
		section++;
	if (opt_has_word(getenv("COREKIT_WITHOUT"), n->way))	/* so that tests can go each way */
		snprintf(why, sizeof(why), "left out by COREKIT_WITHOUT");
	bpf_object__for_each_map(map, run->skel->obj)
		if (is_direct(n->way) && bpf_map__type(map) == BPF_MAP_TYPE_TASK_STORAGE && !kernel_task_storage())
			snprintf(why, sizeof(why), "no task storage for tracing in this kernel");
	if (!*why && kernel_has_program(section, why, sizeof(why)) && args_fit(p, n, why, sizeof(why)))
		return true;
	rule_out(name, why);
	return false;
}

/* One line that names the hook and why each way to it is closed. */
static void complain(struct run *run, const char *group)
{
	char text[512] = "";
	struct bpf_program *p;
	struct name n;
	size_t at = 0;

	bpf_object__for_each_program(p, run->skel->obj) {
		const char *why = why_not(bpf_program__name(p)), *section = bpf_program__section_name(p);

		if (!why || !split(bpf_program__name(p), &n) || strcmp(n.group, group) || at >= sizeof(text) - 1)
			continue;
		if (strstr(bpf_program__name(p), "__leave__") || strstr(text, why))
			continue;
		at += snprintf(text + at, sizeof(text) - at, "%s%s: %s", at ? "; " : "", section + (*section == '?'), why);
	}
	err("can't run here: %s", text);
}

/* Maps that only one way needs are not made for the other. */
static int fit_maps(struct run *run)
{
	bool direct = false, by_id = false;
	struct bpf_program *p;
	struct bpf_map *map;
	struct name n;
	int ret = 0;

	bpf_object__for_each_program(p, run->skel->obj)
		if (bpf_program__autoload(p) && split(bpf_program__name(p), &n) && strcmp(n.way, "follow")) {
			direct |= is_direct(n.way);
			by_id |= !is_direct(n.way);
		}
	if (!direct && !by_id)		/* programs that act on the current task only */
		by_id = !(direct = run->common->task_storage);
	bpf_object__for_each_program(p, run->skel->obj)
		if (split(bpf_program__name(p), &n) && !strcmp(n.way, "by_tid"))
			bpf_program__set_autoload(p, by_id);
	bpf_object__for_each_map(map, run->skel->obj) {
		const char *name = bpf_map__name(map), *end = strrchr(name, '_');
		bool wanted = true;

		if (!strncmp(name, "kprobe__", 8)) {
			char program[128];

			snprintf(program, sizeof(program), "kprobe__leave__%s", name + 8);
			p = bpf_object__find_program_by_name(run->skel->obj, program);
			wanted = p && bpf_program__autoload(p);
		} else if (end && !strcmp(end - 1, "__task")) {
			wanted = direct;
		} else if (end && !strcmp(end - 1, "__tid")) {
			wanted = by_id;
		} else if (end && !strcmp(end - 1, "__cpu")) {
			wanted = !run->common->hist_keyed;
		}
		if (!ret && !wanted)
			ret = bpf_map__set_autocreate(map, false);
	}
	return ret;
}

/* Take p unless its group has a way already; false when this kernel closes it. */
static bool choose(struct run *run, struct bpf_program *p, const struct name *n)
{
	bool first = true, before = true;
	struct bpf_program *q;
	struct name m;

	bpf_object__for_each_program(q, run->skel->obj) {
		before &= q != p;
		if (q == p || !split(bpf_program__name(q), &m) || strcmp(m.group, n->group) || !strcmp(m.way, "follow"))
			continue;	/* follow__exit is no way to a group "exit" */
		if (bpf_program__autoload(q) && (strcmp(m.way, n->way) || strcmp(m.variant, n->variant)))
			return true;
		if (strcmp(m.way, n->way) && (is_direct(m.way) == is_direct(n->way) ? before : is_direct(m.way)))
			first = false;
	}
	if (!usable(run, p, n))
		return false;
	bpf_program__set_autoload(p, true);
	lesser |= !first;
	return true;
}

/*
 * Iterators need the kernel's own BTF. Those called NAME_meet, which look at what was there before, a tool can do without.
 */
static int select_iterators(struct run *run)
{
	struct bpf_program *p;
	char why[160];

	bpf_object__for_each_program(p, run->skel->obj) {
		const char *section = bpf_program__section_name(p), *name = bpf_program__name(p);

		section += *section == '?';
		if (strncmp(section, "iter/", 5) || !bpf_program__autoload(p) || kernel_has_program(section, why, sizeof(why)))
			continue;
		if (strlen(name) < 5 || strcmp(name + strlen(name) - 5, "_meet")) {
			err("can't run here: %s: %s", section, why);
			return -EOPNOTSUPP;
		}
		rule_out(name, why);
		bpf_program__set_autoload(p, false);
		lesser = true;
	}
	return 0;
}

/*
 * Of each group the first usable way; 0, -EOPNOTSUPP after one line on stderr, or an error.
 * Ways that follow pointers as they are come first; else it is the object's order, which is
 * by section: programs of one section stand together, wherever they were written.
 */
int attach_select(struct run *run)
{
	static char open_groups[64][64];
	struct bpf_program *p;
	struct name n;
	int n_open = 0;

	lesser = false;
	the_run = run;
	for (int direct = 1; direct >= 0; direct--) {
		bpf_object__for_each_program(p, run->skel->obj) {
			if (bpf_program__autoload(p) || !split(bpf_program__name(p), &n) || is_direct(n.way) != direct)
				continue;
			if (!strcmp(n.way, "follow"))
				bpf_program__set_autoload(p, run->common->filters & ONLY_FOLLOW);
			else if (!strcmp(n.way, "by_tid") || !strcmp(n.way, "off") || opt_has_word(skipped, n.group))
				continue;	/* for fit_maps(), for the tool's setup() to turn on */
			else if (!choose(run, p, &n) && n_open < 64)
				strcpy(open_groups[n_open++], n.group);
		}
	}
	for (int i = 0; i < n_open; i++) {
		bool done = opt_has_word(run->tool->optional, open_groups[i]);

		bpf_object__for_each_program(p, run->skel->obj)
			done |= bpf_program__autoload(p) && split(bpf_program__name(p), &n) &&
				!strcmp(n.group, open_groups[i]);
		if (!done) {
			complain(run, open_groups[i]);
			return -EOPNOTSUPP;
		}
	}
	return select_iterators(run) ?: fit_maps(run);
}

/* libbpf tells only its log which program failed and why; the verifier's last words come before its statistics. */
void attach_log(const char *line)
{
	const char *at = strstr(line, "prog '"), *end = strstr(line, "\nprocessed "), *start = end;
	static bool verdict;
	char name[96];

	if (!at || sscanf(at, "prog '%95[^']'", name) != 1)
		return;
	if (strcmp(name, failing))
		verdict = false;
	snprintf(failing, sizeof(failing), "%s", name);
	while (start && start > line && start[-1] != '\n')
		start--;
	if (end)
		snprintf(last_line, sizeof(last_line), "%.*s", (int)(end - start), start);
	else if (!verdict)
		snprintf(last_line, sizeof(last_line), "%s", strchr(at + 6, '\'') + 3);
	last_line[strcspn(last_line, "\n")] = 0;
	verdict |= end != NULL;
}

bool attach_failed(struct run *run, int error)
{
	struct bpf_program *p = *failing ? bpf_object__find_program_by_name(run->skel->obj, failing) : NULL;
	char why[192];
	struct name n;

	if (!p || !split(failing, &n) || !strcmp(n.way, "follow") || why_not(failing))
		return false;
	snprintf(why, sizeof(why), "%s", error == -ENOENT ? "not in this kernel" : *last_line ? last_line : strerror(-error));
	rule_out(failing, why);
	*failing = 0;
	return true;
}

const char *attach_why(void)
{
	return *last_line ? last_line : NULL;
}

static int attach_one(struct bpf_program *p)
{
	int ret = attach_keep(btf_attach(p));

	if (!ret)
		return 0;
	snprintf(failing, sizeof(failing), "%s", bpf_program__name(p));
	if (!*last_line)
		snprintf(last_line, sizeof(last_line), "%s", strerror(-ret));
	return ret;
}

/* In the object's order, which is that of their calls; but who ends is followed until the tool's own have seen it. */
int attach_all(struct run *run)
{
	struct bpf_program *p;
	int ret = 0;

	for (int last = 0; last < 2; last++)
		bpf_object__for_each_program(p, run->skel->obj) {
			const char *section = bpf_program__section_name(p);

			section += *section == '?';
			if (last != !strcmp(bpf_program__name(p), "follow__exit"))
				continue;
			if (!bpf_program__autoload(p) || *section == 'u' || !strchr(section, '/') ||
			    !strncmp(bpf_program__name(p), "on_", 3))
				continue;	/* uprobes, programs without a target and those of hook.h are attached by others */
			ret = attach_one(p);
			if (ret)
				return ret;
		}
	return run->tool->attach ? run->tool->attach(run) : 0;
}

void attach_skip(const char *groups)
{
	skipped = groups;
}

void attach_drop(struct bpf_link *link)
{
	for (int i = 0; i < n_links; i++)
		if (links[i] == link) {
			links[i] = NULL;
			bpf_link__destroy(link);
		}
}

/* For tools that attach by themselves. */
int attach_keep(struct bpf_link *link)
{
	if (!link)
		return -errno;
	if (!(n_links & (n_links - 1))) {
		struct bpf_link **more = realloc(links, (n_links ? n_links * 2 : 1) * sizeof(*links));

		if (!more) {
			bpf_link__destroy(link);
			return -ENOMEM;
		}
		links = more;
	}
	links[n_links++] = link;
	return 0;
}

/* One may come in several parts, and a read that was interrupted by nothing but its length is made again. */
int attach_read(struct bpf_program *iterator, size_t size, int (*fn)(void *ctx, const void *row), void *ctx)
{
	struct bpf_link *link = bpf_program__attach_iter(iterator, NULL);
	int fd = link ? bpf_iter_create(bpf_link__fd(link)) : -1, ret = 0;
	size_t have = 0;
	ssize_t n = -1;
	char buf[16384];

	while (fd >= 0 && !ret && ((n = read(fd, buf + have, sizeof(buf) - have)) > 0 || (n < 0 && errno == EAGAIN))) {
		char *row = buf;

		have += n > 0 ? n : 0;
		for (; size && have >= size && !ret; row += size, have -= size)
			ret = fn(ctx, row);
		have = size ? have : 0;
		memmove(buf, row, have);
	}
	n = n < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return ret ?: n;
}

int attach_walk(struct bpf_program *iterator)
{
	return bpf_program__autoload(iterator) ? attach_read(iterator, 0, NULL, NULL) : 0;
}

/* Descriptors of links and events, and of programs. */
static struct fds {
	int *all, n;
} link_fds, program_fds;

static int keep_fd(struct fds *fds, int fd)
{
	if (!(fds->n & (fds->n - 1))) {
		int *more = realloc(fds->all, (fds->n ? fds->n * 2 : 1) * sizeof(*more));

		if (!more) {
			close(fd);
			return -ENOMEM;
		}
		fds->all = more;
	}
	fds->all[fds->n++] = fd;
	return 0;
}

int attach_keep_fd(int fd)
{
	return keep_fd(&link_fds, fd);
}

int attach_keep_program(int fd)
{
	return keep_fd(&program_fds, fd);
}

/* include/uapi/linux/bpf.h since 6.7: what a link of kernel probes missed for want of room for a return. */
#define LINK_PERF_EVENT	  7
#define LINK_KPROBE_MULTI 8
#define PERF_KRETPROBE	  4

struct link_info {
	__u32 type, id, program, pad;
	union {
		struct { __u64 addresses; __u32 count, flags; __u64 missed, cookies; } multi;
		struct { __u32 kind, pad; __u64 name; __u32 name_size, offset; __u64 address, missed, cookie; } perf;
	};
	__u64 more[8];
};

__u64 attach_missed(void)
{
	__u64 sum = 0;

	for (int i = 0; i < link_fds.n; i++) {
		struct link_info info = {};
		__u32 size = sizeof(info);

		if (bpf_obj_get_info_by_fd(link_fds.all[i], &info, &size))
			continue;
		if (info.type == LINK_KPROBE_MULTI)
			sum += info.multi.missed;
		else if (info.type == LINK_PERF_EVENT && info.perf.kind == PERF_KRETPROBE)
			sum += info.perf.missed;
	}
	return sum;
}

int attach_programs(const int **fds)
{
	*fds = program_fds.all;
	return program_fds.n;
}

static void (*at_end)(void);

void attach_at_end(void (*fn)(void))
{
	at_end = fn;
}

void attach_detach(void)
{
	perf_end();
	if (at_end)
		at_end();
	while (link_fds.n)
		close(link_fds.all[--link_fds.n]);
	while (program_fds.n)
		close(program_fds.all[--program_fds.n]);
	while (n_links)
		bpf_link__destroy(links[--n_links]);
}

/* The best way of each group that isn't used, in one line. */
void attach_lesser_why(void)
{
	struct bpf_program *p;
	char text[256] = "";
	size_t at = 0;

	/* ruled-out programs are in the order in which they were tried */
	for (int i = 0; i < n_ruled && at < sizeof(text); i++) {
		const char *section;

		p = bpf_object__find_program_by_name(the_run->skel->obj, ruled[i].program);
		if (!p || strstr(text, ruled[i].why) || strstr(ruled[i].why, "arguments here"))
			continue;
		section = bpf_program__section_name(p);
		at += snprintf(text + at, sizeof(text) - at, "%sno %s: %s", at ? "; " : "", section + (*section == '?'),
			       ruled[i].why);
	}
	err("%s", text);
}

bool attach_lesser(void)
{
	return lesser;
}

/* What is attached, and for each way that is better, why it isn't. */
void attach_explain(struct run *run)
{
	struct out *out = out_open(run);
	struct bpf_program *p;

	bpf_object__for_each_program(p, run->skel->obj) {
		const char *section = bpf_program__section_name(p), *why = why_not(bpf_program__name(p));
		bool used = bpf_program__autoload(p);

		section += *section == '?';
		if (!used && !why)
			why = strstr(bpf_program__name(p), "follow") == bpf_program__name(p) ? "only with --follow" : "not needed";
		if (run->format == OUT_JSON) {
			out_str(out, "{");
			out_json_key(out, "hook");
			out_printf(out, "\"%s\",\"used\":%s,\"why\":\"", section, used ? "true" : "false");
			out_bytes(out, used ? "" : why, used ? 0 : strlen(why));
			out_str(out, "\"}\n");
		} else {
			out_printf(out, "%-7s %-40s %s\n", used ? "used" : "unused", section, used ? "" : why);
		}
	}
	out_flush();
}
