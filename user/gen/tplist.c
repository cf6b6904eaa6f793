// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* No BPF: tracefs, the kernel's types and the notes of programs say what can be traced. */
#include <errno.h>
#include <linux/btf.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/btf.h"
#include "lib/lib.h"
#include "lib/points.h"
#include "lib/uprobe.h"

#define ROW struct tplist_row

ROW {
	const struct place *place;
	char arguments[2048];
};

static bool with_arguments, with_regex;
static __u32 pid;

static void put(ROW *r, const char *between, const char *type, const char *name)
{
	size_t at = strlen(r->arguments), len = strlen(type);

	snprintf(r->arguments + at, sizeof(r->arguments) - at, "%s%s%s%s", at && r->arguments[at - 1] != '(' ? between : "", type,
		 *name && len && type[len - 1] != '*' ? " " : "", name);
}

static int put_field(void *ctx, const struct tracepoint_field *field)
{
	put(ctx, ", ", field->type, field->name);
	return 0;
}

/* The BTF of a module has its functions; the kernel's own has the rest. */
static void prototype(ROW *r, const struct place *p)
{
	char type[256], name[32];
	const char *said;
	struct btf_look look;
	struct btf_types *b;
	size_t len;
	__u32 id;
	int proto;

	if (btf_open(&b, NULL))
		return;
	proto = p->kind == POINT_RAW ? btf_tracepoint_proto(b, p->name) : btf_func_proto(b, p->name);
	if (proto < 0)
		return;
	btf_look(b, proto, &look);
	if (p->kind == POINT_KERNEL) {
		btf_type_text(b, look.type, r->arguments, 256);
		put(r, " ", "", p->name);
		strcat(r->arguments, "(");
	}
	for (__u32 i = p->kind == POINT_RAW; !btf_param(b, proto, i, &said, &id); i++) {
		btf_type_text(b, id, type, sizeof(type));
		snprintf(name, sizeof(name), "arg%u", i - (p->kind == POINT_RAW));
		put(r, ", ", id ? type : "...", id ? *said ? said : name : "");
	}
	len = strlen(r->arguments);
	if (p->kind == POINT_KERNEL)
		strcpy(r->arguments + (len < sizeof(r->arguments) - 1 ? len : sizeof(r->arguments) - 2), ")");
}

static void show_arguments(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	if (*r->arguments)
		out_bytes(out, r->arguments, strlen(r->arguments));
	else
		out_nothing(out);
}

static void show_place(struct out *out, const struct column *c, const void *row)
{
	place_show(out, ((const ROW *)row)->place);
}

static const struct column columns[] = {
	COL_OWN("place", show_place, -44, "how to ask for it"),
	COL_OWN("arguments", show_arguments, 0, "what is known of its arguments: types and names; of a marker, size and where it is", HIDDEN),
	{}
};

/* The same marker at several places is told once, unless its arguments differ. */
static bool again(const struct place *p, const struct place *before)
{
	return p->kind == POINT_MARKER && before && before->kind == POINT_MARKER && p->in == before->in && p->provider == before->provider &&
	       !strcmp(p->name, before->name) && (!with_arguments || p->args == before->args);
}

static int by_marker(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int ret = strcmp(x->provider, y->provider) ?: strcmp(x->name, y->name);

	return ret ?: strcmp(x->args, y->args) ?: (x->offset > y->offset) - (x->offset < y->offset);
}

static void show(struct run *run, const struct place *p)
{
	static ROW r;

	r.place = p;
	*r.arguments = 0;
	if (with_arguments && p->kind == POINT_TRACEPOINT)
		tracepoint_fields(p->in, p->name, put_field, &r);
	else if (with_arguments && p->kind == POINT_MARKER)
		put(&r, "", p->args, "");
	else if (with_arguments && (p->kind == POINT_KERNEL || p->kind == POINT_RAW))
		prototype(&r, p);
	out_row(run, &r);
}

static int list_one(struct run *run, const char *text, bool maybe)
{
	struct places places = {};
	struct btf_types *types;
	struct point *point;
	int ret = point_new(&point, text, with_regex);

	if (ret)
		return ret;
	ret = places_find(&places, point, 0);
	if (!ret && places.n == 1 && point_kind(point) == POINT_KERNEL && !places.all[0].is_listed && !btf_open(&types, NULL) && btf_func_proto(types, point_name(point)) < 0)
		ret = -ENOENT;
	if (ret == -ENOENT && !maybe)
		err("'%s': there is no such place: see --help", text);
	if (!ret && point_kind(point) == POINT_MARKER)
		qsort(places.all, places.n, sizeof(*places.all), by_marker);
	for (size_t i = 0; i < places.n && !ret; i++)
		if (!again(&places.all[i], i ? &places.all[i - 1] : NULL))
			show(run, &places.all[i]);
	places_free(&places);
	places_found();
	point_free(point);
	return ret == -ENOENT ? maybe ? 0 : -EINVAL : ret;
}

static int any(void *ctx, const struct uprobe_marker *marker)
{
	return 1;
}

static int list_file(void *ctx, const char *path)
{
	char text[4400];

	snprintf(text, sizeof(text), "/proc/%u/exe", pid);
	if (!strcmp(path, text) || uprobe_markers(path, any, NULL) <= 0)
		return 0;	/* the program is mapped too; and so is what is no program */
	snprintf(text, sizeof(text), "u:%s:*", path);
	return list_one(ctx, text, true);
}

static int list(struct run *run)
{
	char path[64];
	static const char *const all[] = { "", NULL };
	int ret = 0;

	if (pid && run->n_args) {
		err("either --pid or PLACEs");
		return -EINVAL;
	}
	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	if (pid && reach(path, R_OK)) {
		err("--pid: process %u: %s", pid, strerror(errno));
		return -EINVAL;
	}
	out_header(run);
	if (pid)
		ret = uprobe_objects(pid, all, list_file, run);
	else if (!run->n_args)
		ret = list_one(run, "t:*:*", true);
	for (int i = 0; i < run->n_args && !ret; i++)
		ret = list_one(run, run->args[i], false);
	out_flush();
	return ret;
}

static const struct opt opts[] = {
	{ .letter = 'a', .name = "arguments", .value = V_BOOL, .here = &with_arguments, .shows = "arguments",
	  .help = "what is known of their arguments too" },
	{ .letter = 'E', .name = "regexp", .value = V_BOOL, .here = &with_regex, .help = "names are regular expressions" },
	{ .letter = 'p', .name = "pid", .arg = "PID", .value = V_U32, .here = &pid, .complete = "pid",
	  .help = "markers of this process's program and libraries" },
	{}
};

static const struct example examples[] = {
	{ "", "all tracepoints" },
	{ "-a 't:sched:sched_w*' raw:sched_wakeup", "some, with what their records hold, and the arguments of one" },
	{ "'u:c:*'", "markers (USDT) of libc" },
	{ "-p 181", "those of a process, with its libraries" },
	{ "-a 'tcp_*' 'k:ext4:ext4_sync_*'", "functions of the kernel and of a module, with their types" },
	{}
};

COMMAND(tplist,
	.summary  = "list what can be traced: tracepoints, markers (USDT) and functions",
	.about    = "A row for each place, as other tools take it. " POINTS_HELP,
	.cost     = "None while it doesn't run.",
	.caveats  = "Functions that only BTF knows, but that can't be probed, aren't listed; where the compiler has dropped arguments "
		    "(f.isra.0) no types are told.",
	.caps     = 1ULL << CAP_DAC_READ_SEARCH,
	.examples = examples, .opts = opts, .columns = columns, .command = list, .once = true, .args = "[PLACE...]");
