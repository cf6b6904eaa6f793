// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * From BTF to a tree of what is where.  All that could be wrong with BTF - references in a circle, members beyond the
 * end, sizes that nobody has - is looked at here, once, so that who reads or writes values needs not.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/value_node.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

struct tag {
	__u32 type;
	int member;	/* -1: the type itself */
	enum value_as as;
};

struct builder {
	const struct btf *btf;
	struct value_hint *hints;
	size_t n_hints;
	struct tag *tags;
	size_t n_tags;
	__u32 nodes;
	char path[512];
	struct value_error *e;
};

static const struct {
	const char *name;
	enum value_as as;
	__u32 bits;	/* 0: any */
} as_words[] = {
	{ "ip4", AS_IP4, 32 }, { "ip6", AS_IP6, 128 }, { "mac", AS_MAC, 48 }, { "be16", AS_BE16, 16 },
	{ "be32", AS_BE32, 32 }, { "be64", AS_BE64, 64 }, { "ns", AS_NS, 64 }, { "str", AS_STR, 0 }, { "hex", AS_HEX, 0 },
}, as_types[] = {
	{ "__be16", AS_BE16, 16 }, { "__be32", AS_IP4, 32 }, { "__be64", AS_BE64, 64 },
	{ "in_addr", AS_IP4, 32 }, { "in6_addr", AS_IP6, 128 },
};

static const char *const kernel_types[] = {
	"bpf_spin_lock", "bpf_res_spin_lock", "bpf_timer", "bpf_wq", "bpf_task_work", "bpf_list_head", "bpf_list_node",
	"bpf_rb_root", "bpf_rb_node", "bpf_refcount",
};

static const char *const kptr_tags[] = { "kptr", "kptr_ref", "kptr_untrusted", "percpu_kptr", "uptr" };

int value_as_find(const char *name)
{
	for (size_t i = 0; i < COUNT(as_words); i++)
		if (!strcmp(name, as_words[i].name))
			return as_words[i].as;
	return -ENOENT;
}

static int wrong(struct builder *b, int error, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static int wrong(struct builder *b, int error, const char *fmt, ...)
{
	va_list args;
	int n = *b->path ? snprintf(b->e->text, sizeof(b->e->text), "%.60s: ", b->path) : 0;

	va_start(args, fmt);
	vsnprintf(b->e->text + n, sizeof(b->e->text) - n, fmt, args);
	va_end(args);
	value_printable(b->e->text);
	b->e->at = 0;
	return error;
}

static const char *name_at(const struct builder *b, __u32 offset)
{
	return btf__name_by_offset(b->btf, offset) ?: "";
}

/* The tags on members and types that say how they look; one pass. */
static int read_tags(struct builder *b)
{
	__u32 n = btf__type_cnt(b->btf);

	for (__u32 id = 1; id < n; id++) {
		const struct btf_type *t = btf__type_by_id(b->btf, id);
		struct tag *more;
		int as;

		if (!t || !btf_is_decl_tag(t))
			continue;
		as = value_as_find(name_at(b, t->name_off));
		if (as < 0)
			continue;
		more = realloc(b->tags, (b->n_tags + 1) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		b->tags = more;
		b->tags[b->n_tags++] = (struct tag){ t->type, btf_decl_tag(t)->component_idx, as };
	}
	return 0;
}

static enum value_as tagged(const struct builder *b, __u32 type, int member)
{
	for (size_t i = 0; i < b->n_tags; i++)
		if (b->tags[i].type == type && b->tags[i].member == member)
			return b->tags[i].as;
	return AS_NONE;
}

static enum value_as as_by_type(const char *name)
{
	for (size_t i = 0; i < COUNT(as_types); i++)
		if (!strcmp(name, as_types[i].name))
			return as_types[i].as;
	return AS_NONE;
}

/* What the user says of this field comes before all else. */
static enum value_as hinted(struct builder *b)
{
	const char *last = strrchr(b->path, '.');
	enum value_as as = AS_NONE;

	last = last ? last + 1 : b->path;
	for (size_t i = 0; i < b->n_hints; i++)
		if (!strcmp(b->hints[i].field, b->path) || !strcmp(b->hints[i].field, last)) {
			b->hints[i].used = true;
			as = b->hints[i].as;
		}
	return as;
}

/* Through typedefs and const; the first that says how it looks wins. NULL: nowhere, or in a circle. */
static const struct btf_type *resolve(struct builder *b, __u32 *id, enum value_as *as)
{
	const struct btf_type *t = btf__type_by_id(b->btf, *id);

	for (int i = 0; t && i < VALUE_DEPTH; i++) {
		if (btf_is_typedef(t) && !*as)
			*as = tagged(b, *id, -1) ?: as_by_type(name_at(b, t->name_off));
		if (!btf_is_mod(t) && !btf_is_typedef(t) && !btf_is_var(t) && !btf_is_type_tag(t))
			return t;
		*id = t->type;
		t = btf__type_by_id(b->btf, t->type);
	}
	return NULL;
}

/* The name that C has for a type, without its members. */
static void c_name(struct builder *b, __u32 id, char *to, size_t size)
{
	const struct btf_type *t = btf__type_by_id(b->btf, id);
	const char *name, *word = "";
	char stars[VALUE_DEPTH + 1] = "";
	char dims[64] = "";
	size_t used = 0;
	int n = 0;

	for (int i = 0; t && i < VALUE_DEPTH; i++) {
		if (btf_is_ptr(t)) {
			stars[n++] = '*';
		} else if (btf_is_array(t) && !n) {
			used += snprintf(dims + used, sizeof(dims) - used, "[%u]", btf_array(t)->nelems);
			if (used >= sizeof(dims))
				used = sizeof(dims) - 1;
			t = btf__type_by_id(b->btf, btf_array(t)->type);
			continue;
		} else if (!btf_is_mod(t) && !btf_is_var(t) && !btf_is_type_tag(t)) {
			break;
		}
		t = btf__type_by_id(b->btf, t->type);
	}
	if (!t || btf_is_void(t)) {
		snprintf(to, size, "void%s%s%s", n ? " " : "", stars, dims);
		return;
	}
	name = name_at(b, t->name_off);
	if (btf_is_struct(t) || btf_is_union(t))
		word = btf_is_struct(t) ? "struct " : "union ";
	else if (btf_is_fwd(t))
		word = btf_kflag(t) ? "union " : "struct ";
	else if (btf_is_any_enum(t))
		word = "enum ";
	else if (btf_is_func_proto(t))
		name = "function";
	snprintf(to, size, "%s%s%s%s%s", word, *name ? name : "{...}", n ? " " : "", stars, dims);
}

static bool is_kernels(const struct builder *b, const struct btf_type *t)
{
	const char *name = name_at(b, t->name_off);

	if (btf_is_ptr(t)) {
		const struct btf_type *tag = btf__type_by_id(b->btf, t->type);

		for (size_t i = 0; tag && btf_is_type_tag(tag) && i < COUNT(kptr_tags); i++)
			if (!strcmp(name_at(b, tag->name_off), kptr_tags[i]))
				return true;
		return false;
	}
	for (size_t i = 0; btf_is_struct(t) && i < COUNT(kernel_types); i++)
		if (!strcmp(name, kernel_types[i]))
			return true;
	return false;
}

static void free_parts(struct value_node *n)
{
	__u32 parts = !n->parts ? 0 : n->kind == K_ARRAY ? 1 : n->n;

	for (__u32 i = 0; i < parts; i++)
		free_parts(&n->parts[i]);
	free(n->parts);
	free(n->names);
	free(n->type);
	n->parts = NULL;
	n->names = NULL;
	n->type = NULL;
}

/* From now on a whole, whatever it was made of. */
static void make_leaf(struct value_node *n, enum value_kind kind)
{
	char *type = n->type;

	n->type = NULL;
	free_parts(n);
	n->type = type;
	n->n = 0;
	n->kind = kind;
}

/* Can this be shown so?  If it can, the node becomes what that needs. */
static bool take_as(struct value_node *n, enum value_as as)
{
	__u32 bits = 0;

	for (size_t i = 0; i < COUNT(as_words); i++)
		if (as_words[i].as == as)
			bits = as_words[i].bits;
	if (as == AS_NS || (as == AS_HEX && n->kind == K_INT)) {
		if (n->kind != K_INT || n->bits > 64)
			return false;
	} else {
		if (n->kind == K_KERNEL || n->kind == K_FLOAT || n->at % 8 || n->bits % 8 || (bits && bits != n->bits))
			return false;
		make_leaf(n, as == AS_STR ? K_STRING : K_BYTES);
	}
	n->as = as;
	return true;
}

static int build(struct builder *b, struct value_node *n, __u32 id, __u32 bits, enum value_as as, int depth);

static int build_part(struct builder *b, struct value_node *parent, struct value_node *n, const char *name, __u32 id,
		      __u32 at, __u32 bits, enum value_as as, int depth)
{
	size_t len = strlen(b->path);
	int ret;

	n->name = name;
	n->at = at;
	if (*name)
		snprintf(b->path + len, sizeof(b->path) - len, "%s%s", len ? "." : "", name);
	ret = build(b, n, id, bits, as, depth + 1);
	if (!ret && (__u64)n->at + n->bits > parent->bits)
		ret = wrong(b, -EINVAL, "it ends beyond what it is part of: the BTF is damaged");
	b->path[len] = 0;
	return ret;
}

static int build_members(struct builder *b, struct value_node *n, const struct btf_type *t, __u32 id, int depth)
{
	bool datasec = btf_is_datasec(t);
	int ret = 0;

	n->kind = btf_is_union(t) ? K_UNION : K_STRUCT;
	n->bits = t->size * 8;
	n->parts = calloc(btf_vlen(t) ?: 1, sizeof(*n->parts));
	if (!n->parts)
		return -ENOMEM;
	for (__u32 i = 0; !ret && i < btf_vlen(t); i++) {
		const struct btf_var_secinfo *var = datasec ? btf_var_secinfos(t) + i : NULL;
		const struct btf_member *m = datasec ? NULL : btf_members(t) + i;
		const struct btf_type *of = btf__type_by_id(b->btf, datasec ? var->type : m->type);
		const char *name = name_at(b, m ? m->name_off : of ? of->name_off : 0);
		__u32 at = datasec ? var->offset * 8 : btf_member_bit_offset(t, i);

		if (datasec && var->offset >= VALUE_BYTES)
			return wrong(b, -EINVAL, "it begins beyond the end: the BTF is damaged");
		if (!*name && of && btf_is_int(of))
			continue;	/* a bit field without a name is padding */
		n->n++;
		ret = build_part(b, n, &n->parts[n->n - 1], name, datasec ? var->type : m->type, at,
				 m ? btf_member_bitfield_size(t, i) : 0, datasec ? AS_NONE : tagged(b, id, i), depth);
	}
	return ret;
}

static int build_array(struct builder *b, struct value_node *n, const struct btf_type *t, int depth)
{
	const struct btf_array *array = btf_array(t);
	struct value_node *one;
	const struct btf_type *of;
	enum value_as as = AS_NONE;
	size_t len = strlen(b->path);
	__u32 id = array->type;
	__u64 bits;
	int ret;

	n->kind = K_ARRAY;
	n->parts = one = calloc(1, sizeof(*one));
	if (!one)
		return -ENOMEM;
	one->name = "";
	of = resolve(b, &id, &as);
	snprintf(b->path + len, sizeof(b->path) - len, "[]");	/* a hint for the array isn't one for its elements */
	ret = build(b, one, array->type, 0, AS_NONE, depth + 1);
	b->path[len] = 0;
	if (ret)
		return ret;
	bits = (__u64)one->bits * array->nelems;
	if (bits > VALUE_BYTES * 8ULL)
		return wrong(b, -E2BIG, "an array of %llu bytes", bits / 8);
	n->bits = bits;
	n->n = one->bits ? array->nelems : 0;
	if (of && one->kind == K_INT && one->bits == 8 &&
	    (btf_int_encoding(of) & BTF_INT_CHAR || !strcmp(name_at(b, of->name_off), "char")))
		make_leaf(n, K_STRING);
	return 0;
}

static int build_enum(struct builder *b, struct value_node *n, const struct btf_type *t, __u32 bits)
{
	n->kind = K_ENUM;
	n->is_signed = btf_kflag(t);
	n->bits = bits ?: t->size * 8;
	n->names = calloc(btf_vlen(t) ?: 1, sizeof(*n->names));
	if (!n->names)
		return -ENOMEM;
	for (__u32 i = 0; i < btf_vlen(t); i++) {
		u128 v = btf_is_enum(t) ? (u128)(__s64)btf_enum(t)[i].val : (u128)btf_enum64_value(btf_enum64(t) + i);

		n->names[n->n].name = name_at(b, btf_is_enum(t) ? btf_enum(t)[i].name_off : btf_enum64(t)[i].name_off);
		n->names[n->n].value = n->bits < 128 ? v & (((u128)1 << n->bits) - 1) : v;
		n->n += *n->names[n->n].name != 0;
	}
	return 0;
}

static bool is_size(__u32 bits)
{
	return bits == 8 || bits == 16 || bits == 32 || bits == 64 || bits == 128;
}

static int build(struct builder *b, struct value_node *n, __u32 id, __u32 bits, enum value_as as, int depth)
{
	enum value_as own = AS_NONE, user = hinted(b);
	const struct btf_type *t;
	char type[128];
	int ret = 0;

	if (depth > VALUE_DEPTH)
		return wrong(b, -E2BIG, "types within types without end");
	if (++b->nodes > VALUE_NODES)
		return wrong(b, -E2BIG, "more than %d fields", VALUE_NODES);
	c_name(b, id, type, sizeof(type));
	value_printable(type);
	n->type = strdup(type);
	if (!n->type)
		return -ENOMEM;
	t = resolve(b, &id, &own);
	if (!t)
		return wrong(b, -EINVAL, "a type that isn't there: the BTF is damaged");
	if (t->size > VALUE_BYTES && !btf_is_ptr(t) && !btf_is_array(t))
		return wrong(b, -E2BIG, "%u bytes", t->size);
	if (is_kernels(b, t)) {
		n->kind = K_KERNEL;
		n->bits = btf_is_ptr(t) ? 64 : t->size * 8;
		return n->at % 8 ? wrong(b, -EINVAL, "it doesn't begin at a byte") : 0;
	}
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		n->kind = btf_int_encoding(t) & BTF_INT_BOOL ? K_BOOL : K_INT;
		n->is_signed = btf_int_encoding(t) & BTF_INT_SIGNED;
		n->bits = bits ?: btf_int_bits(t);
		n->at += btf_int_offset(t);	/* bit fields as compilers told them once */
		break;
	case BTF_KIND_PTR:
		n->kind = K_POINTER;
		n->bits = 64;
		break;
	case BTF_KIND_FLOAT:
		n->kind = t->size == 4 || t->size == 8 ? K_FLOAT : K_BYTES;
		n->bits = t->size * 8;
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		ret = build_enum(b, n, t, bits);
		break;
	case BTF_KIND_ARRAY:
		ret = build_array(b, n, t, depth);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		own = own ?: as_by_type(name_at(b, t->name_off));
		/* fall through */
	case BTF_KIND_DATASEC:
		ret = build_members(b, n, t, id, depth);
		break;
	default:
		return wrong(b, -EINVAL, "no value has the type '%s'", n->type);
	}
	if (ret)
		return ret;
	if (n->kind == K_INT || n->kind == K_BOOL || n->kind == K_ENUM) {
		if (!n->bits || n->bits > 128 || (n->bits > 64 && (n->bits != 128 || n->at % 8)))
			return wrong(b, -EINVAL, "a number of %u bits", n->bits);
	} else if (n->at % 8) {
		return wrong(b, -EINVAL, "it doesn't begin at a byte");
	}
	if (n->at > VALUE_BYTES * 8)
		return wrong(b, -EINVAL, "it begins beyond the end: the BTF is damaged");
	if (user) {
		if (!take_as(n, user))
			return wrong(b, -EINVAL, "%s, %u bits, can't be shown so", n->type, n->bits);
	} else if ((as ?: own) != AS_NONE && is_size(n->bits)) {
		take_as(n, as ?: own);
	} else if (as == AS_MAC || as == AS_STR || as == AS_HEX) {
		take_as(n, as);
	}
	return 0;
}

/* How much there is to show: a union of many large arrays is no more than its size, and yet without end. */
static __u64 weight(const struct value_node *n)
{
	__u64 sum = 0;

	switch (n->kind) {
	case K_STRUCT:
	case K_UNION:
		for (__u32 i = 0; i < n->n; i++)
			sum += weight(&n->parts[i]);
		return sum;
	case K_ARRAY:
		return n->n ? (sum = weight(n->parts)) > VALUE_WEIGHT / n->n ? VALUE_WEIGHT + 1 : sum * n->n : 0;
	default:
		return 1 + n->bits / 64;
	}
}

/* A bit for each that a field shows: the rest is padding. */
static void mark_known(const struct value_node *n, __u32 at, __u8 *known, bool *has_kernel)
{
	static const u128 all = ~(u128)0;

	switch (n->kind) {
	case K_STRUCT:
	case K_UNION:
		for (__u32 i = 0; i < n->n; i++)
			mark_known(&n->parts[i], at + n->parts[i].at, known, has_kernel);
		break;
	case K_ARRAY:
		if (!value_inner(n->parts) && n->parts->kind != K_ARRAY && n->parts->kind != K_KERNEL && n->parts->bits % 8 == 0) {
			memset(known + at / 8, 0xff, n->bits / 8);
			break;
		}
		for (__u32 i = 0; i < n->n; i++)
			mark_known(n->parts, at + i * n->parts->bits, known, has_kernel);
		break;
	case K_KERNEL:
		*has_kernel = true;
		/* fall through */
	case K_STRING:
	case K_BYTES:
		memset(known + at / 8, 0xff, n->bits / 8);
		break;
	default:
		value_set_bits(known, at, n->bits, all);
	}
}

static struct value_node raw_node(size_t size)
{
	return (struct value_node){ .name = "", .kind = K_BYTES, .as = AS_HEX, .bits = size * 8 };
}

int value_type_new(struct value_type **type, const struct btf *btf, __u32 id, size_t size, struct value_hint *hints,
		   size_t n_hints, struct value_error *e)
{
	struct builder b = { .btf = btf, .hints = hints, .n_hints = n_hints, .e = e };
	struct value_type *t = calloc(1, sizeof(*t));
	int ret = t ? 0 : -ENOMEM;

	*e = (struct value_error){};
	if (!ret && size > VALUE_BYTES)
		ret = wrong(&b, -E2BIG, "%zu bytes", size);
	if (!ret && (!btf || !id)) {
		t->raw = true;
		t->root = raw_node(size);
		if (n_hints && hinted(&b) && !take_as(&t->root, hinted(&b)))
			ret = wrong(&b, -EINVAL, "%zu bytes can't be shown so", size);
	} else if (!ret) {
		t->root.name = "";
		ret = read_tags(&b);
		if (!ret)
			ret = build(&b, &t->root, id, 0, AS_NONE, 0);
		if (!ret && (t->root.at || t->root.bits % 8))
			ret = wrong(&b, -EINVAL, "a part of a byte");
		if (!ret && size && size * 8 != t->root.bits)
			ret = wrong(&b, -EINVAL, "%s has %u bytes, not %zu", t->root.type, t->root.bits / 8, size);
	}
	if (!ret && weight(&t->root) > VALUE_WEIGHT)
		ret = wrong(&b, -E2BIG, "too much to show");
	free(b.tags);
	if (!ret) {
		t->size = t->root.bits / 8;
		t->known = calloc(1, t->size ?: 1);
		if (t->known)
			mark_known(&t->root, 0, t->known, &t->has_kernel);
		else
			ret = -ENOMEM;
	}
	if (ret) {
		if (ret == -ENOMEM)
			wrong(&b, ret, "out of memory");
		value_type_free(t);
		return ret;
	}
	*type = t;
	return 0;
}

void value_type_free(struct value_type *type)
{
	if (!type)
		return;
	free_parts(&type->root);
	free(type->known);
	free(type);
}

/* A length and one address after it: other keys of tries are shown as the struct that they are. */
void value_type_lpm(struct value_type *type)
{
	struct value_node *n = &type->root;

	if (type->size < 5)
		return;
	if (!type->raw && (n->kind != K_STRUCT || n->n != 2 || n->parts[0].bits != 32 || n->parts[1].at != 32 ||
			   n->parts[1].bits != (type->size - 4) * 8 ||
			   (n->parts[1].kind == K_STRUCT && n->parts[1].n > 1)))
		return;
	n->lpm = true;
	type->raw = false;
}

size_t value_size(const struct value_type *type)
{
	return type->size;
}

bool value_is_raw(const struct value_type *type)
{
	return type->raw;
}

bool value_is_plain(const struct value_type *type)
{
	return !value_inner(&type->root) || type->root.lpm;
}

bool value_has_kernel(const struct value_type *type)
{
	return type->has_kernel;
}

int value_lock(const struct value_type *type)
{
	const struct value_node *n = &type->root;

	for (__u32 i = 0; value_inner(n) && i < n->n; i++)
		if (n->parts[i].kind == K_KERNEL && !strcmp(n->parts[i].type, "struct bpf_spin_lock"))
			return n->parts[i].at / 8;
	return -1;
}

const __u8 *value_known(const struct value_type *type)
{
	return type->known;
}
