// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/foreign.h"
#include "lib/hook.h"
#include "lib/lib.h"
#include "pkt/xdpload.h"
#include "pkt/xdpload.skel.h"

#define XDP_DEVMAP_TYPE 35	/* include/uapi/linux/bpf.h: BPF_XDP_DEVMAP, BPF_XDP_CPUMAP */
#define XDP_CPUMAP_TYPE 38
#define PRIORITY 50

struct row {
	__u32 place;
	__u32 pad;
	struct xdpload_value value;
	struct xdpload_program program;
	char interface[64];
};

static const char *const verdicts[XDPLOAD_OTHER + 1] = { "aborted", "drop", "pass", "tx", "redirect", NULL };

/* What was asked for, in the order in which they run. */
static struct asked {
	const char *word;
	char file[4096], name[XDPLOAD_NAME];
	__u32 priority, chain, at;
	struct bpf_object *object;	/* of the first one with this file */
	struct bpf_program *program;
	bool own;			/* and this is that one */
} asked[XDPLOAD_MOST];
static int n_asked;
static struct xdpload_program places[XDPLOAD_MOST];
static bool status;

/* --- FILE[:PROGRAM[:PRIO[:VERDICTS]]] --- */

static int parse_verdicts(const char *word, char *list, __u32 *bits)
{
	char *save = NULL;

	*bits = 0;
	for (char *verdict = strtok_r(list, ",", &save); verdict; verdict = strtok_r(NULL, ",", &save)) {
		int i = 0;

		while (verdicts[i] && strcmp(verdicts[i], verdict))
			i++;
		if (!verdicts[i] && strcmp(verdict, "none")) {
			err("%s: '%s' is none of aborted, drop, pass, tx, redirect and none", word, verdict);
			return -EINVAL;
		}
		*bits |= verdicts[i] ? 1U << i : 0;
	}
	return 0;
}

static int parse(const char *word, struct asked *a)
{
	char *copy = strdupa(word), *file, *name, *priority, *chain, *end;
	bool tool = !strncmp(word, "tool:", 5);

	copy += tool ? 5 : 0;
	file = strsep(&copy, ":");
	name = strsep(&copy, ":");
	priority = strsep(&copy, ":");
	chain = strsep(&copy, ":");
	a->word = word;
	snprintf(a->file, sizeof(a->file), "%s%s", tool ? "tool:" : "", file);
	snprintf(a->name, sizeof(a->name), "%s", name ?: "");
	a->priority = priority && *priority ? strtoul(priority, &end, 10) : PRIORITY;
	a->chain = 1U << 2;	/* XDP_PASS */
	if (!*file || copy || (priority && *priority && (*end || *priority < '0' || *priority > '9'))) {
		err("'%s': FILE[:PROGRAM[:PRIO[:VERDICTS]]] is wanted, as drop.bpf.o:drop_dns:10:pass,aborted", word);
		return -EINVAL;
	}
	return chain && *chain ? parse_verdicts(word, chain, &a->chain) : 0;
}

static int in_order(const void *a, const void *b)
{
	const struct asked *x = a, *y = b;

	return (x->priority > y->priority) - (x->priority < y->priority) ?: (x->at > y->at) - (x->at < y->at);
}

static int parse_all(struct run *run)
{
	int ret = 0;

	n_asked = 0;
	memset(asked, 0, sizeof(asked));
	if (!run->n_args) {
		err("which programs? FILE[:PROGRAM[:PRIO[:VERDICTS]]]..., or --status, or --detach");
		return -EINVAL;
	}
	if (run->n_args > XDPLOAD_MOST) {
		err("%d programs are the most", XDPLOAD_MOST);
		return -EINVAL;
	}
	for (int i = 0; i < run->n_args && !ret; i++) {
		asked[i].at = i;
		ret = parse(run->args[i], &asked[i]);
	}
	n_asked = run->n_args;
	qsort(asked, n_asked, sizeof(*asked), in_order);
	return ret;
}

/* --- The user's objects. --- */

/* Older objects have sections that libbpf no longer knows: "xdp_drop", "xdp/drop". */
static bool is_xdp(const struct bpf_program *p)
{
	int type = bpf_program__expected_attach_type(p);

	if (bpf_program__type(p) == BPF_PROG_TYPE_UNSPEC)
		return !strncmp(bpf_program__section_name(p), "xdp", 3);
	return bpf_program__type(p) == BPF_PROG_TYPE_XDP && type != XDP_DEVMAP_TYPE && type != XDP_CPUMAP_TYPE;
}

/* The one of that name, or of that section, or the only one. */
static int choose(struct asked *a)
{
	struct bpf_program *p, *found = NULL;
	char names[256] = "";
	int n = 0;

	bpf_object__for_each_program(p, a->object) {
		if (!is_xdp(p))
			continue;
		if (strlen(names) < sizeof(names) - 2)
			snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", n ? ", " : "", bpf_program__name(p));
		n++;
		if (!*a->name || !strcmp(bpf_program__name(p), a->name) || !strcmp(bpf_program__section_name(p), a->name))
			found = p;
	}
	if (!found || (!*a->name && n > 1)) {
		if (!n)
			err("%s: it has no XDP program", a->file);
		else
			err("%s: %s%s: it has %s", a->file, *a->name ? "no XDP program " : "which one", *a->name ? a->name : "", names);
		return -EINVAL;
	}
	for (struct asked *other = asked; other < a; other++)
		if (other->program == found) {
			err("%s: '%s' is named twice", a->file, bpf_program__name(found));
			return -EINVAL;
		}
	a->program = found;
	snprintf(a->name, sizeof(a->name), "%s", bpf_program__name(found));
	return 0;
}

static bool has_frags(const struct bpf_program *p)
{
	return !strncmp(bpf_program__section_name(p) + (*bpf_program__section_name(p) == '?'), "xdp.frags", 9);
}

static void close_all(void)
{
	for (int i = 0; i < n_asked; i++)
		if (asked[i].own)
			bpf_object__close(asked[i].object);
	n_asked = 0;
}

/* One object for all words with the same file: its maps are shared. */
static int open_one(struct asked *a)
{
	struct bpf_program *p;

	for (struct asked *other = asked; other < a; other++)
		if (!strcmp(other->file, a->file))
			a->object = other->object;
	if (!a->object) {
		a->object = foreign_open(a->file);
		if (!a->object)
			return -EINVAL;
		a->own = true;
		bpf_object__for_each_program(p, a->object)
			bpf_program__set_autoload(p, false);
	}
	return choose(a);
}

static int setup(struct run *run)
{
	struct xdpload_bpf__rodata *rodata = run->rodata;
	struct xdpload_bpf *skel = (void *)run->skel;
	bool frags = true;
	int ret = parse_all(run);

	for (int i = 0; i < n_asked && !ret; i++) {
		ret = open_one(&asked[i]);
		rodata->chain[i] = asked[i].chain;
		frags = !ret && frags && has_frags(asked[i].program);
	}
	rodata->n_programs = n_asked;
	rodata->alone = !kernel_fentry();
	if (!ret && rodata->alone && n_asked > 1) {
		err("%d programs one after the other need BPF trampolines (freplace), which this kernel hasn't: one alone works", n_asked);
		return -EOPNOTSUPP;
	}
	hook.kind = "xdp";
	ret = ret ?: hook_setup(run);
	if (!ret && !frags) {	/* all of them must take packets in pieces */
		hook.frags = false;
		bpf_program__set_flags(skel->progs.on_xdp, 0);
	}
	return ret;
}

static int refuse(const struct asked *a, int error)
{
	err("%s: '%s' can't be loaded here: %s: see 'corekit bpfprog verify %s'", a->file, a->name, strerror(-error), a->file);
	return error;
}

/* As it is, or in place of one of the dispatcher's functions. */
static int prepare(struct asked *a, int place, int dispatcher)
{
	char function[16];
	int ret;

	snprintf(function, sizeof(function), "place%d", place);
	bpf_program__set_autoload(a->program, true);
	if (hook.frags)
		bpf_program__set_flags(a->program, BPF_F_XDP_HAS_FRAGS);
	if (dispatcher < 0)
		return bpf_program__set_type(a->program, BPF_PROG_TYPE_XDP);
	ret = bpf_program__set_type(a->program, BPF_PROG_TYPE_EXT);
	ret = ret ?: bpf_program__set_expected_attach_type(a->program, 0);
	return ret ?: bpf_program__set_attach_target(a->program, dispatcher, function);
}

static int join(struct xdpload_bpf *skel, struct asked *a, __u32 place, bool alone)
{
	struct xdpload_program *p = &places[place];
	int fd = bpf_program__fd(a->program), link, ret;
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	char name[16];

	if (alone) {
		ret = bpf_map_update_elem(bpf_map__fd(skel->maps.only), &place, &fd, BPF_ANY);
	} else {
		/* the function that it was loaded for: libbpf would ask for its type again */
		link = bpf_raw_tracepoint_open(NULL, fd);
		snprintf(name, sizeof(name), "place_%u", place);
		ret = link < 0 ? link : attach_keep_fd(link) ?: hook_pin_too(link, name);
	}
	ret = ret ?: bpf_obj_get_info_by_fd(fd, &info, &size);
	if (ret) {
		err("%s: '%s' can't be put there: %s", a->file, a->name, strerror(-ret));
		return ret;
	}
	*p = (struct xdpload_program){ .id = info.id, .priority = a->priority, .chain = a->chain, .blind = alone };
	snprintf(p->name, sizeof(p->name), "%s", a->name);
	return bpf_map_update_elem(bpf_map__fd(skel->maps.programs), &place, p, BPF_ANY);
}

static int attach(struct run *run)
{
	const struct xdpload_bpf__rodata *rodata = run->rodata;
	struct xdpload_bpf *skel = (void *)run->skel;
	bool alone = rodata->alone;
	int ret = 0;

	memset(places, 0, sizeof(places));
	attach_at_end(close_all);
	for (int i = 0; i < n_asked && !ret; i++) {
		ret = prepare(&asked[i], i, alone ? -1 : bpf_program__fd(skel->progs.on_xdp));
		if (ret)
			refuse(&asked[i], ret);
	}
	for (int i = 0; i < n_asked && !ret; i++) {
		ret = asked[i].own ? bpf_object__load(asked[i].object) : 0;
		if (ret)
			refuse(&asked[i], ret);
	}
	for (int i = 0; i < n_asked && !ret; i++)
		ret = join(skel, &asked[i], i, alone);
	return ret ?: hook_attach(run);
}

/* --- What is pinned. --- */

static int open_pinned(const char *folder, const char *name)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return bpf_obj_get(path);
}

/* All that is pinned in this folder, a row for each place. */
static int show_folder(struct run *run, const char *folder, const char *interface)
{
	int programs = open_pinned(folder, "map_programs"), counts = open_pinned(folder, "map_counts"), cpus = libbpf_num_possible_cpus();
	struct xdpload_value *values = calloc(cpus, sizeof(*values));
	int ret = !values ? -ENOMEM : programs < 0 ? programs : counts < 0 ? counts : 0;

	for (__u32 place = 0; place < XDPLOAD_MOST && !ret; place++) {
		struct row row = { .place = place };

		ret = bpf_map_lookup_elem(programs, &place, &row.program) ?: bpf_map_lookup_elem(counts, &place, values);
		if (ret || !row.program.id)
			break;
		for (int cpu = 0; cpu < cpus; cpu++) {
			row.value.runs += values[cpu].runs;
			for (int i = 0; i < XDPLOAD_VERDICTS; i++)
				row.value.verdicts[i] += values[cpu].verdicts[i];
		}
		snprintf(row.interface, sizeof(row.interface), "%s", interface);
		out_row(run, &row);
	}
	if (ret)
		err("%s: %s", folder, strerror(-ret));
	if (programs >= 0)
		close(programs);
	if (counts >= 0)
		close(counts);
	free(values);
	return ret;
}

static int show_pinned(void *ctx, const char *folder, const char *interface)
{
	return show_folder(ctx, folder, interface);
}

static int first(struct run *run)
{
	int ret;

	if (!status)
		return hook_first(run);
	if (hook.detach || hook.pin || run->n_args) {
		err("--status: it only shows what --pin left");
		return -EINVAL;
	}
	out_header(run);
	ret = hook_each_pinned(run, show_pinned, run);
	out_flush();
	return ret ?: 1;
}

/* --- Columns. --- */

static bool complete(struct run *run, void *data)
{
	struct row *row = data;

	row->program = places[row->place];
	snprintf(row->interface, sizeof(row->interface), "%s", hook.interfaces ?: "");
	return row->program.id;
}

static void show_verdict(struct out *out, const struct column *c, const void *data)
{
	if (((const struct row *)data)->program.blind)
		out_nothing(out);
	else
		out_u64(out, *(const __u64 *)((const char *)data + c->offset));
}

static void show_chain(struct out *out, const struct column *c, const void *data)
{
	const struct row *row = data;
	int n = 0;

	for (int i = 0; i < XDPLOAD_OTHER; i++)
		if (row->program.chain & 1U << i)
			out_printf(out, "%s%s", n++ ? "," : "", verdicts[i]);
	if (!n)
		out_str(out, "none");
}

#define COL_VERDICT(key, n, help)						\
	COL_OWN(key, show_verdict, 9, help, .bare_json = true, .offset = offsetof(struct row, value.verdicts[n]))

static const struct opt opts[] = {
	OPT_HOOK_INTERFACE, OPT_HOOK_MODE, OPT_HOOK_PIN,
	{ .name = "status", .value = V_BOOL, .here = &status, .help = "show what --pin left, and what it has counted" },
	{}
};

static const struct column columns[] = {
	COL("interface", struct row, interface, -12, "the interfaces"),
	COL("place", struct row, place, 5, "which one it is, from 0"),
	COL("priority", struct row, program.priority, 8, "the lower, the earlier"),
	COL("program", struct row, program.name, -18, "its name"),
	COL("id", struct row, program.id, 6, "the kernel's id of it", HIDDEN),
	COL("runs", struct row, value.runs, 10, "packets that it got"),
	COL_VERDICT("aborted", 0, "of them, those that it said XDP_ABORTED of, ..."),
	COL_VERDICT("drop", 1, "XDP_DROP"),
	COL_VERDICT("pass", 2, "XDP_PASS"),
	COL_VERDICT("tx", 3, "XDP_TX"),
	COL_VERDICT("redirect", 4, "XDP_REDIRECT"),
	COL_OWN("other", show_verdict, 9, "or what is no verdict", HIDDEN, .bare_json = true,
		.offset = offsetof(struct row, value.verdicts[XDPLOAD_OTHER])),
	COL_OWN("next", show_chain, 0, "verdicts after which the next program gets it; any other is the last word"),
	{}
};

static const struct example examples[] = {
	{ "-I eth0 count.bpf.o drop.bpf.o", "each packet to the only XDP program of one file, and if that lets it pass to that of the other" },
	{ "-I eth0 -m generic all.bpf.o:watch:10:pass,drop all.bpf.o:block:5", "two of one file, the second one first, as its priority is lower" },
	{ "--pin -I eth0,eth1 drop.bpf.o", "attach it to both and end" },
	{ "--status -j", "what is pinned and what it has done, as JSON" },
	{ "--detach -I eth0", "take it away there" },
	{}
};

TOOL(xdpload,
	.summary  = "run several XDP programs on one interface, in order",
	.about    = "An interface takes one XDP program. This one runs others, ten at most, one after the other: by priority (PRIO, 50 "
		    "unless told), then as they are given. One's verdict is the last word, unless it is among its VERDICTS, by default pass: then "
		    "the next program gets the packet. FILE is an object (or tool:NAME, of a tool of corekit's) with an XDP program, "
		    "or with several, of which PROGRAM names one, by its name or section; programs of one file share its maps. Each takes "
		    "the place of a function of the dispatcher (freplace), so that the kernel calls it as a function. It works for as "
		    "long as this runs, and shows what each of them decided; with --pin, until --detach.",
	.cost     = "A call of a function, and two counters of the CPU for each program that a packet gets to.",
	.caveats  = "Several need BPF trampolines; a kernel without runs one, by a tail call, and its verdicts aren't counted. What another "
		    "loader has put there, xdp-loader's dispatcher too, is named and left alone. What objects say of "
		    "priority and verdicts (XDP_RUN_CONFIG) is not read. Packets in pieces, of a large MTU, are taken where all programs are of xdp.frags. "
		    "To add a program, or to take one away, all are attached anew.",
	.packets = true, .caps = 1ULL << CAP_NET_ADMIN | 1ULL << CAP_SYS_ADMIN, .first = first, .args = "FILE[:PROGRAM[:PRIO[:VERDICTS]]]...",
	.trial = "--interface=lo\t--mode=generic\ttool:xdpcpu", .examples = examples, .opts = opts, .columns = columns,
	.setup = setup, .attach = attach, .tick = hook_tick,
	.table = ROWS("counts", struct row, "place", .up = true, .screen = true, .idle = true, .row = complete));
