// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>
#include "lib/btf.h"
#include "lib/layout.h"
#include "lib/lib.h"
#include "lib/names.h"
#include "lib/points.h"
#include "gen/ksnoop.h"
#include "gen/ksnoop.skel.h"

#define EVENT struct ksnoop_event

/* An argument of a function, or what it returns. */
struct known {
	const char *name;
	__u8 kind, size;		/* BTF_KIND_INT, _PTR; 0: nothing is known */
	bool is_signed;
	struct layout *layout;		/* of what it points at, or of itself if it is an enum */
};

struct function {
	struct known args[KSNOOP_ARGS], returned;
	int n;				/* -1: not known */
};

static struct function *functions;	/* by place */

static const struct opt opts[] = {
	OPT('x', "failed", NULL, ksnoop, only_failed, "only calls that return an error, and what was called in them"),
	OPT('D', "structs", NULL, ksnoop, structs, "what the outermost call's arguments point at, whole, as it is when it returns"),
	OPT_TIME('m', "min", "TIME", ksnoop, shortest, MSEC, "only calls that took at least that long; a bare number is milliseconds"),
	OPT('E', "regexp", NULL, ksnoop, with_regex, "FUNCTIONs are regular expressions"),
	{}
};

/* --- Before the load: what the kernel's types say of the functions --- */

static void learn_value(struct known *v, struct btf_types *btf, __u32 id, const char *name, bool structs)
{
	struct btf_look look, to;

	if (btf_look(btf, id, &look))
		return;
	v->name = keep_text(name);
	v->size = look.size;
	v->is_signed = look.is_signed;
	v->kind = look.kind == BTF_KIND_ENUM ? BTF_KIND_INT : look.kind;
	if (look.kind == BTF_KIND_ENUM)
		layout_new(&v->layout, btf, id, 8);
	else if (look.kind == BTF_KIND_PTR && structs && !btf_look(btf, look.type, &to) &&
		 (to.kind == BTF_KIND_STRUCT || to.kind == BTF_KIND_UNION))
		layout_new(&v->layout, btf, look.type, KSNOOP_STRUCT);
}

static void learn(struct function *f, const struct place *p, bool structs)
{
	struct btf_types *btf;
	int proto = (*p->in ? btf_open_module(&btf, p->in) : btf_open(&btf, NULL)) ?: btf_func_proto(btf, p->name);
	struct btf_look look;
	const char *name;
	__u32 id;

	f->n = -1;
	if (proto < 0 || btf_look(btf, proto, &look))
		return;
	learn_value(&f->returned, btf, look.type, "", false);
	for (f->n = 0; f->n < KSNOOP_ARGS && !btf_param(btf, proto, f->n, &name, &id); f->n++)
		learn_value(&f->args[f->n], btf, id, name, structs);
}

/* All names in one pass over the types. */
static int learn_all(const struct places *all, bool structs)
{
	struct btf_want *wants = calloc(all->n + 1, sizeof(*wants));
	struct btf_types *btf;
	int ret = wants ? btf_open(&btf, NULL) : -ENOMEM;

	for (size_t i = 0; !ret && i < all->n; i++)
		wants[i] = (struct btf_want){ all->all[i].name, BTF_KIND_FUNC, 0 };
	if (!ret)
		ret = btf_find_many(btf, wants, all->n);
	free(wants);
	for (size_t i = 0; !ret && i < all->n; i++)
		learn(&functions[i], &all->all[i], structs);
	return ret;
}

static int setup(struct run *run)
{
	struct ksnoop_bpf__rodata *rodata = run->rodata;
	const struct places *all = points_places();
	int ret = points_setup_calls(run, rodata->with_regex);

	for (size_t i = 0; !ret && i < all->n; i++)
		if (all->all[i].kind != POINT_KERNEL) {
			err("'%s': a function of the kernel is needed: see --help, and funcslower or trace for others", run->args[all->all[i].of]);
			return -EINVAL;
		}
	if (ret)
		return ret;
	free(functions);
	functions = calloc(all->n + 1, sizeof(*functions));
	if (!functions)
		return -ENOMEM;
	return learn_all(all, rodata->structs) ?:
	       bpf_map__set_max_entries(bpf_object__find_map_by_name(run->skel->obj, "shapes"), all->n);
}

static int attach(struct run *run)
{
	int fd = bpf_object__find_map_fd_by_name(run->skel->obj, "shapes");

	for (__u32 i = 0; i < points_places()->n; i++) {
		const struct known *r = &functions[i].returned;
		struct ksnoop_shape shape = {
			.returns = r->kind == BTF_KIND_PTR ? KSNOOP_POINTER : r->kind == BTF_KIND_INT && r->is_signed && r->size >= 4 ? r->size : 0,
		};

		for (int a = 0; a < functions[i].n; a++)
			shape.sizes[a] = functions[i].args[a].kind == BTF_KIND_PTR && functions[i].args[a].layout ?
				layout_size(functions[i].args[a].layout) : 0;
		if (bpf_map_update_elem(fd, &i, &shape, BPF_ANY))
			return -errno;
	}
	return points_attach(run);
}

/* --- Rows: one for each call of a chain --- */

static void show_value(struct out *out, const struct known *v, __u64 value)
{
	char text[256];

	if (v->kind == BTF_KIND_INT && v->size && v->size < 8)
		value = v->is_signed ? (__u64)((__s64)(value << (64 - v->size * 8)) >> (64 - v->size * 8)) : value & ((1ULL << v->size * 8) - 1);
	if (v->kind == BTF_KIND_INT && v->layout) {
		/* an enum's bytes, as they would be in memory */
		__u64 bytes = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? value << (64 - v->size * 8) : value;

		layout_show(v->layout, &bytes, text, sizeof(text));
		out_str(out, text);
	} else if (v->kind == BTF_KIND_INT && v->is_signed) {
		out_s64(out, value);
	} else if (v->kind == BTF_KIND_INT) {
		out_u64(out, value);
	} else {
		out_printf(out, "0x%llx", value);
	}
}

static void show_function(struct out *out, const struct column *c, const void *row)
{
	const struct ksnoop_call *call = &((const EVENT *)row)->call;
	const char *name = points_places()->all[call->place].name;

	if (out_is_text(out))
		out_printf(out, "%*s", (int)call->depth * 2, "");
	out_bytes(out, name, strlen(name));
}

/* "-ENOENT" of what can be an error. */
static void show_returned(struct out *out, const struct column *c, const void *row)
{
	const struct ksnoop_call *call = &((const EVENT *)row)->call;
	const struct known *v = &functions[call->place].returned;
	__s64 value = v->kind == BTF_KIND_INT && v->size == 4 ? (__s32)call->returned : (__s64)call->returned;

	if (!call->took || (functions[call->place].n >= 0 && !v->kind))
		out_nothing(out);
	else if (value < 0 && value >= -4095 && (v->kind == BTF_KIND_PTR || v->is_signed) && names_errno(-value))
		out_printf(out, "-%s", names_errno(-value));
	else
		show_value(out, v, call->returned);
}

static void show_args(struct out *out, const struct column *c, const void *row)
{
	static char text[8192];
	const EVENT *e = row;
	const struct ksnoop_call *call = &e->call;
	const struct function *f = &functions[call->place];

	for (int i = 0; i < f->n; i++) {
		out_printf(out, "%s%s=", i ? ", " : "", f->args[i].name ?: "");
		if (!call->depth && f->args[i].kind == BTF_KIND_PTR && f->args[i].layout && call->args[i])
			out_bytes(out, text, layout_show(f->args[i].layout, e->structs[i], text, sizeof(text)));
		else
			show_value(out, &f->args[i], call->args[i]);
	}
	if (f->n <= 0)
		out_nothing(out);
}

static void show_latency(struct out *out, const struct column *c, const void *row)
{
	const struct ksnoop_call *call = &((const EVENT *)row)->call;

	if (!call->took)
		out_nothing(out);
	else if (out_is_json(out))
		out_u64(out, call->took);
	else
		out_fixed(out, call->took, USEC, 1);
}

static bool event(struct run *run, void *event, size_t size)
{
	EVENT *e = event;
	__u64 n = e->all.n < KSNOOP_CALLS ? e->all.n : KSNOOP_CALLS;

	for (__u64 i = 0; i < n; i++) {
		e->call = e->all.calls[i];
		if (i + 1 < n)
			out_row(run, e);
	}
	if (e->all.n > n)
		note("%llu calls in one %s are not shown: %d are kept", e->all.n - n, points_places()->all[e->all.calls[0].place].name, KSNOOP_CALLS);
	return n > 0;
}

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_OWN("latency", show_latency, 11, "from its beginning to its return: microseconds, in JSON nanoseconds", .bare_json = true),
	COL_OWN("returned", show_returned, 18, "what it returned: an error by name, else the value"),
	COL("depth", EVENT, call.depth, 5, "in how many others of these functions it is", HIDDEN),
	COL_OWN("function", show_function, -32, "function, further in for each that it is in"),
	COL_OWN("args", show_args, 0, "its arguments by name, as they were when it was called; with --structs what they point at"),
	{}
};

static const struct example examples[] = {
	{ "-x do_sys_openat2 do_filp_open path_openat 'may_open*'", "opens that fail, and what in them did" },
	{ "-D -p 181 vfs_fsync_range", "with the whole struct file that is synced" },
	{ "-x -m 10 'k:ext4:ext4_*'", "calls into a file system that fail after 10 ms or more" },
	{ "-N 1 vfs_statx", "one call, with its arguments" },
	{}
};

TOOL(ksnoop,
	.summary  = "trace kernel functions: arguments, results, what they call",
	.about    = "Of FUNCTIONs that call one another a row for each, below the outermost, when that returns: arguments by name and type, "
		    "the result, how long it took. With --failed only where the outermost returns an error: which of those in it "
		    "returned it first is where it comes from. " POINTS_HELP,
	.cost     = "Two probes for each call, and a look-up by thread in two maps at each.",
	.caveats  = "Arguments are those that the kernel's types tell of, five at most; what they point at is shown as it is at the "
		    "return, 512 bytes of each. Of calls in one outermost call the first 64 are kept, 16 deep. Calls of functions "
		    "that the compiler has put into their caller are not seen.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach, .event = event, .state = "threads",
	.caps     = POINTS_CAPS, .args = "FUNCTION...", .trial = "vfs_fsync_range");
