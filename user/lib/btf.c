// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "btf.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "lib/lib.h"
#include "lib/tool.h"

#define BTF_FOLDER "/sys/kernel/btf"
#define BTF_MARK   16	       /* the place of every 16th type is remembered */
#define BTF_DEPTH  32	       /* of modifiers, typedefs and anonymous members, against loops in hostile input */
#define BTF_LIMIT  (16U << 20) /* bytes of types or strings in a minimal BTF */

struct btf_found {
	char *name;
	__u32 kind;
	__u32 id; /* 0: looked for, and not there */
};

struct btf_types {
	char *map;
	size_t size;
	bool mapped;
	const char *types;
	const char *strings;
	__u32 types_len;
	__u32 strings_len;
	struct btf_types *base; /* a module's BTF goes on where the kernel's ends */
	__u32 first_id;
	__u32 end_id; /* 0 until the types were walked through once */
	__u32 first_string;
	__u32 *marks;
	struct btf_found *found;
	size_t found_nr;
	struct btf_types *next; /* of vmlinux: the modules something was found in */
	int fd;
	char name[64];
};

static struct btf_types *btf_kernel;

/* What follows a struct btf_type: a fixed part, and a part for each of vlen. */
static const struct {
	unsigned char fixed, each;
} btf_tail[] = {
	[BTF_KIND_INT] = {4, 0},
	[BTF_KIND_ARRAY] = {sizeof(struct btf_array), 0},
	[BTF_KIND_STRUCT] = {0, sizeof(struct btf_member)},
	[BTF_KIND_UNION] = {0, sizeof(struct btf_member)},
	[BTF_KIND_ENUM] = {0, sizeof(struct btf_enum)},
	[BTF_KIND_FUNC_PROTO] = {0, sizeof(struct btf_param)},
	[BTF_KIND_VAR] = {sizeof(struct btf_var), 0},
	[BTF_KIND_DATASEC] = {0, sizeof(struct btf_var_secinfo)},
	[BTF_KIND_DECL_TAG] = {sizeof(struct btf_decl_tag), 0},
	[BTF_KIND_ENUM64] = {0, sizeof(struct btf_enum64)},
};

static const struct btf_type btf_void;

static __u32 btf_kind_of(const struct btf_type *t)
{
	return BTF_INFO_KIND(t->info);
}

static __u32 btf_same_kind(__u32 kind)
{
	return kind == BTF_KIND_ENUM64 ? BTF_KIND_ENUM : kind;
}

static const char *btf_string(const struct btf_types *b, __u32 off)
{
	while (b->base && off < b->first_string)
		b = b->base;
	off -= b->first_string;
	return off < b->strings_len ? b->strings + off : "";
}

/* The size of a type's record, or 0 if it doesn't fit in what is left. */
static size_t btf_record(const char *p, size_t left)
{
	const struct btf_type *t = (const void *)p;
	__u32 kind;
	size_t len;

	if (left < sizeof(*t))
		return 0;
	kind = btf_kind_of(t);
	if (kind == BTF_KIND_UNKN || kind >= sizeof(btf_tail) / sizeof(btf_tail[0]))
		return 0;
	len = sizeof(*t) + btf_tail[kind].fixed + (size_t)btf_tail[kind].each * BTF_INFO_VLEN(t->info);
	return len <= left ? len : 0;
}

static struct btf_found *btf_known(const struct btf_types *b, const char *name, __u32 kind)
{
	size_t i;

	for (i = 0; i < b->found_nr; i++)
		if (b->found[i].kind == btf_same_kind(kind) && !strcmp(b->found[i].name, name))
			return &b->found[i];
	return NULL;
}

static int btf_keep(struct btf_types *b, const char *name, __u32 kind, __u32 id)
{
	struct btf_found *f = b->found;

	if (!(b->found_nr & 63)) {
		f = realloc(f, (b->found_nr + 64) * sizeof(*f));
		if (!f)
			return -ENOMEM;
		b->found = f;
	}
	f += b->found_nr;
	f->name = strdup(name);
	if (!f->name)
		return -ENOMEM;
	f->kind = btf_same_kind(kind);
	f->id = id;
	b->found_nr++;
	return 0;
}

/* Two letters and the kind tell nearly all types apart from the wanted ones: a bit of 65,536. */
static __u32 btf_hint(const char *s, __u32 kind)
{
	return ((unsigned char)s[0] | (unsigned char)s[1] << 8) ^ kind << 11;
}

/*
 * The one pass: it checks every record once, so that a known id is safe to read from then on. What it costs is waiting
 * for a record's length to know where the next one is, and each branch that can't be predicted: so there is only one.
 */
static int btf_walk(struct btf_types *b, struct btf_want *wants, size_t n)
{
	__u32 first = b->first_string, last = b->strings_len > 1 ? b->strings_len - 1 : 0;
	__u32 id = b->first_id, kind, hint, off;
	__u64 hints[1 << 10] = {};
	__u32 *marks = NULL;
	size_t i, at, len;
	const char *s;
	int err = 0;

	if (!b->end_id) {
		marks = malloc((b->types_len / sizeof(struct btf_type) / BTF_MARK + 1) * sizeof(*marks));
		if (!marks)
			return -ENOMEM;
	}
	for (i = 0; i < n; i++) {
		if (wants[i].id != UINT_MAX)
			continue;
		hint = btf_hint(wants[i].name, btf_same_kind(wants[i].kind));
		hints[hint / 64] |= 1ULL << hint % 64;
	}
	for (at = 0; at < b->types_len; at += len, id++) {
		const struct btf_type *t = (const void *)(b->types + at);

		len = btf_record(b->types + at, b->types_len - at);
		if (!len) {
			err = -EINVAL;
			goto out;
		}
		if (marks && !((id - b->first_id) % BTF_MARK))
			marks[(id - b->first_id) / BTF_MARK] = at;
		/* a module may share its name with the kernel, of which it has no copy: that is left to strcmp() */
		kind = btf_same_kind(btf_kind_of(t));
		off = t->name_off - first;
		hint = off < last ? btf_hint(b->strings + off, kind) : 0;
		if (!((hints[hint / 64] >> hint % 64 & 1) | (t->name_off < first)))
			continue;
		s = btf_string(b, t->name_off);
		for (i = 0; i < n && !err; i++) {
			if (wants[i].id != UINT_MAX || kind != btf_same_kind(wants[i].kind) || strcmp(s, wants[i].name))
				continue;
			err = btf_keep(b, wants[i].name, kind, id);
			break;
		}
		if (err)
			goto out;
	}
	if (marks) {
		b->marks = marks;
		b->end_id = id;
		marks = NULL;
	}
out:
	free(marks);
	return err;
}

int btf_find_many(struct btf_types *b, struct btf_want *wants, size_t n)
{
	struct btf_found *f;
	bool walk = false;
	int err = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		f = btf_known(b, wants[i].name, wants[i].kind);
		wants[i].id = f ? f->id : UINT_MAX;
		if (!*wants[i].name || wants[i].kind > BTF_KIND_MAX)
			wants[i].id = 0;
		walk |= wants[i].id == UINT_MAX;
	}
	if (walk)
		err = btf_walk(b, wants, n);
	for (i = 0; i < n; i++) {
		if (wants[i].id != UINT_MAX)
			continue;
		wants[i].id = 0;
		f = err ? NULL : btf_known(b, wants[i].name, wants[i].kind);
		if (f)
			wants[i].id = f->id;
		else if (!err)
			err = btf_keep(b, wants[i].name, wants[i].kind, 0);
	}
	return err;
}

int btf_find(struct btf_types *b, const char *name, __u32 kind)
{
	struct btf_want want = {name, kind, 0};
	int err = btf_find_many(b, &want, 1);

	if (!err && !want.id && b->base)
		return btf_find(b->base, name, kind);
	return err ? err : want.id ? (int)want.id : -ENOENT;
}

static const struct btf_type *btf_type_at(struct btf_types *b, __u32 id)
{
	const char *p;
	__u32 n;

	if (!id)
		return &btf_void;
	if (id < b->first_id)
		return btf_type_at(b->base, id);
	if ((!b->end_id && btf_walk(b, NULL, 0)) || id >= b->end_id)
		return NULL;
	n = id - b->first_id;
	p = b->types + b->marks[n / BTF_MARK];
	for (n %= BTF_MARK; n; n--)
		p += btf_record(p, SIZE_MAX);
	return (const void *)p;
}

static bool btf_is_modifier(__u32 kind)
{
	return kind == BTF_KIND_CONST || kind == BTF_KIND_VOLATILE || kind == BTF_KIND_RESTRICT ||
	       kind == BTF_KIND_TYPE_TAG;
}

/* Goes through modifiers, and through typedefs where asked to; NULL where that doesn't end. */
static const struct btf_type *btf_strip(struct btf_types *b, __u32 *id, bool typedefs)
{
	const struct btf_type *t = NULL;
	int depth;

	for (depth = 0; depth < BTF_DEPTH; depth++) {
		t = btf_type_at(b, *id);
		if (!t)
			return NULL;
		if (!btf_is_modifier(btf_kind_of(t)) && !(typedefs && btf_kind_of(t) == BTF_KIND_TYPEDEF))
			return t;
		*id = t->type;
	}
	return NULL;
}

static const struct btf_type *btf_composite(struct btf_types *b, __u32 id)
{
	const struct btf_type *t = btf_strip(b, &id, true);

	return t && (btf_kind_of(t) == BTF_KIND_STRUCT || btf_kind_of(t) == BTF_KIND_UNION) ? t : NULL;
}

/* Adds the member's place to *bits and gives its type; looks into anonymous members as C does. width: of bit fields. */
static int btf_member(struct btf_types *b, const struct btf_type *t, const char *name, size_t len, __u64 *bits,
		      int depth, __u32 *type, __u32 *width)
{
	const struct btf_member *m = (const void *)(t + 1);
	bool flag = BTF_INFO_KFLAG(t->info);
	const struct btf_type *inner;
	const char *s;
	__u32 i, off;

	for (i = 0; i < BTF_INFO_VLEN(t->info); i++, m++) {
		off = flag ? BTF_MEMBER_BIT_OFFSET(m->offset) : m->offset;
		s = btf_string(b, m->name_off);
		if (*s) {
			if (strncmp(s, name, len) || s[len])
				continue;
			if (flag && width)
				*width = BTF_MEMBER_BITFIELD_SIZE(m->offset);
			else if (off % 8 || (flag && BTF_MEMBER_BITFIELD_SIZE(m->offset)))
				return -EINVAL;
			*type = m->type;
		} else {
			int err;

			inner = depth ? btf_composite(b, m->type) : NULL;
			if (!inner)
				continue;
			err = btf_member(b, inner, name, len, bits, depth - 1, type, width);
			if (err == -ENOENT)
				continue;
			if (err)
				return err;
		}
		*bits += off;
		return 0;
	}
	return -ENOENT;
}

int btf_member_offset(struct btf_types *b, const char *type, const char *path)
{
	struct btf_want wants[] = {{type, BTF_KIND_STRUCT, 0}, {type, BTF_KIND_UNION, 0}, {type, BTF_KIND_TYPEDEF, 0}};
	const struct btf_type *t;
	__u64 bits = 0;
	__u32 id;
	int err;

	err = btf_find_many(b, wants, 3);
	if (err)
		return err;
	id = wants[0].id ?: wants[1].id ?: wants[2].id;
	for (;;) {
		size_t len = strcspn(path, ".");

		t = id ? btf_composite(b, id) : NULL;
		if (!t)
			return -ENOENT;
		/* anonymous members nest 4 deep in Linux; each level can multiply the work that hostile input makes */
		err = btf_member(b, t, path, len, &bits, 8, &id, NULL);
		if (err)
			return err;
		if (!path[len])
			break;
		path += len + 1;
	}
	return bits / 8 > INT_MAX ? -EINVAL : (int)(bits / 8);
}

static int btf_args(struct btf_types *b, const struct btf_type *proto, __u32 skip, struct btf_arg *args, int max)
{
	const struct btf_param *p = (const void *)(proto + 1);
	__u32 i, n = BTF_INFO_VLEN(proto->info);

	for (i = skip; i < n && (int)(i - skip) < max; i++) {
		struct btf_arg *a = &args[i - skip];
		const struct btf_type *t;
		__u32 id = p[i].type;

		*a = (struct btf_arg){.name = btf_string(b, p[i].name_off), .type = ""};
		t = btf_strip(b, &id, false);
		while (t && btf_kind_of(t) == BTF_KIND_PTR && a->pointers < BTF_DEPTH) {
			a->pointers++;
			id = t->type;
			t = btf_strip(b, &id, false);
		}
		if (t && t != &btf_void)
			a->type = btf_string(b, t->name_off);
	}
	return n > skip ? (int)(n - skip) : 0;
}

int btf_func_args(struct btf_types *b, const char *func, struct btf_arg *args, int max)
{
	const struct btf_type *t;
	int id;

	id = btf_find(b, func, BTF_KIND_FUNC);
	if (id < 0)
		return id;
	t = btf_type_at(b, btf_type_at(b, id)->type);
	return t && btf_kind_of(t) == BTF_KIND_FUNC_PROTO ? btf_args(b, t, 0, args, max) : -EINVAL;
}

int btf_tracepoint_args(struct btf_types *b, const char *tracepoint, struct btf_arg *args, int max)
{
	const struct btf_type *t;
	char name[256];
	__u32 type;
	int id;

	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	id = btf_find(b, name, BTF_KIND_TYPEDEF);
	if (id < 0)
		return id;
	type = id;
	t = btf_strip(b, &type, true);
	if (t && btf_kind_of(t) == BTF_KIND_PTR)
		t = btf_type_at(b, t->type);
	/* the first argument is the tracepoint's own void * */
	return t && btf_kind_of(t) == BTF_KIND_FUNC_PROTO ? btf_args(b, t, 1, args, max) : -EINVAL;
}

int btf_enum_values(struct btf_types *b, __u32 id, struct btf_value *values, int max)
{
	const struct btf_type *t = btf_strip(b, &id, true);
	const struct btf_enum64 *e64 = (const void *)(t + 1);
	const struct btf_enum *e = (const void *)(t + 1);
	int i;

	if (!t || btf_same_kind(btf_kind_of(t)) != BTF_KIND_ENUM)
		return -ENOENT;
	for (i = 0; i < (int)BTF_INFO_VLEN(t->info) && i < max; i++) {
		bool wide = btf_kind_of(t) == BTF_KIND_ENUM64;

		/* shown when the types have been given up */
		values[i].name = keep_text(btf_string(b, wide ? e64[i].name_off : e[i].name_off)) ?: "";
		if (wide)
			values[i].value = (__s64)((__u64)e64[i].val_hi32 << 32 | e64[i].val_lo32);
		else
			values[i].value = BTF_INFO_KFLAG(t->info) ? e[i].val : (__s64)(__u32)e[i].val;
	}
	return BTF_INFO_VLEN(t->info);
}

int btf_enum_names(struct btf_types *b, const char *name, struct btf_value *values, int max)
{
	int id = btf_find(b, name, BTF_KIND_ENUM);

	return id < 0 ? id : btf_enum_values(b, id, values, max);
}

int btf_enumerator(struct btf_types *b, const char *name, size_t len, __s64 *value)
{
	size_t at, size;

	if (!b->end_id && btf_walk(b, NULL, 0))
		return -EINVAL;
	for (at = 0; at < b->types_len; at += size) {
		const struct btf_type *t = (const void *)(b->types + at);
		bool wide = btf_kind_of(t) == BTF_KIND_ENUM64;
		const struct btf_enum64 *e64 = (const void *)(t + 1);
		const struct btf_enum *e = (const void *)(t + 1);

		size = btf_record((const char *)t, SIZE_MAX);
		if (btf_same_kind(btf_kind_of(t)) != BTF_KIND_ENUM)
			continue;
		for (__u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
			const char *has = btf_string(b, wide ? e64[i].name_off : e[i].name_off);

			if (strncmp(has, name, len) || has[len])
				continue;
			*value = wide ? (__s64)((__u64)e64[i].val_hi32 << 32 | e64[i].val_lo32) :
				 BTF_INFO_KFLAG(t->info) ? e[i].val : (__s64)(__u32)e[i].val;
			return 0;
		}
	}
	return b->base ? btf_enumerator(b->base, name, len, value) : -ENOENT;
}

/* One by one. */

int btf_look(struct btf_types *b, __u32 id, struct btf_look *look)
{
	const struct btf_type *t = btf_strip(b, &id, true);
	const struct btf_array *array;
	__u32 bits;

	*look = (struct btf_look){.name = ""};
	if (!t)
		return -EINVAL;
	if (t == &btf_void)
		return 0;
	look->kind = btf_same_kind(btf_kind_of(t));
	look->name = btf_string(b, t->name_off);
	look->count = BTF_INFO_VLEN(t->info);
	switch (look->kind) {
	case BTF_KIND_INT:
		bits = *(const __u32 *)(t + 1);
		look->size = t->size;
		look->is_signed = BTF_INT_ENCODING(bits) & BTF_INT_SIGNED;
		look->is_bool = BTF_INT_ENCODING(bits) & BTF_INT_BOOL;
		look->is_char = t->size == 1 && !look->is_bool;
		break;
	case BTF_KIND_ENUM: look->is_signed = BTF_INFO_KFLAG(t->info); /* fall through */
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_FLOAT: look->size = t->size; break;
	case BTF_KIND_PTR: look->size = sizeof(void *); /* fall through */
	case BTF_KIND_FUNC_PROTO: look->type = t->type; break;
	case BTF_KIND_ARRAY:
		array = (const void *)(t + 1);
		look->type = array->type;
		look->count = array->nelems;
		break;
	}
	return 0;
}

int btf_member_find(struct btf_types *b, __u32 id, const char *name, size_t len, struct btf_member_at *at)
{
	const struct btf_type *t = btf_composite(b, id);
	__u64 bits = 0;
	int err;

	*at = (struct btf_member_at){0};
	if (!t)
		return -ENOENT;
	err = btf_member(b, t, name, len, &bits, 8, &at->type, &at->width);
	at->bits = bits;
	return err == -EINVAL ? -ENOENT : err;
}

int btf_member_nth(struct btf_types *b, __u32 id, __u32 n, const char **name, struct btf_member_at *at)
{
	const struct btf_type *t = btf_composite(b, id);
	const struct btf_member *m = (const struct btf_member *)(t + 1) + n;

	if (!t || n >= BTF_INFO_VLEN(t->info))
		return -ENOENT;
	*name = btf_string(b, m->name_off);
	*at = (struct btf_member_at){ .type = m->type, .bits = m->offset };
	if (BTF_INFO_KFLAG(t->info)) {
		at->bits = BTF_MEMBER_BIT_OFFSET(m->offset);
		at->width = BTF_MEMBER_BITFIELD_SIZE(m->offset);
	}
	return 0;
}

int btf_func_proto(struct btf_types *b, const char *func)
{
	const struct btf_type *t;
	int id;

	id = btf_find(b, func, BTF_KIND_FUNC);
	if (id < 0)
		return id;
	id = btf_type_at(b, id)->type;
	t = btf_type_at(b, id);
	return t && btf_kind_of(t) == BTF_KIND_FUNC_PROTO ? id : -EINVAL;
}

int btf_tracepoint_proto(struct btf_types *b, const char *tracepoint)
{
	struct btf_look look = {};
	char name[256];
	int id;

	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	id = btf_find(b, name, BTF_KIND_TYPEDEF);
	if (id < 0)
		return id;
	if (btf_look(b, id, &look) || look.kind != BTF_KIND_PTR)
		return -EINVAL;
	id = look.type;
	return !btf_look(b, id, &look) && look.kind == BTF_KIND_FUNC_PROTO ? id : -EINVAL;
}

int btf_param(struct btf_types *b, __u32 proto, __u32 n, const char **name, __u32 *type)
{
	const struct btf_type *t = btf_type_at(b, proto);
	const struct btf_param *p;

	if (!t || btf_kind_of(t) != BTF_KIND_FUNC_PROTO || n >= BTF_INFO_VLEN(t->info))
		return -ENOENT;
	p = (const struct btf_param *)(t + 1) + n;
	*name = btf_string(b, p->name_off);
	*type = p->type;
	return 0;
}

static void btf_text(struct btf_types *b, __u32 id, char *text, size_t size, int depth)
{
	const struct btf_type *t = btf_strip(b, &id, false);
	static const char *const words[] = {[BTF_KIND_STRUCT] = "struct ", [BTF_KIND_UNION] = "union ", [BTF_KIND_ENUM] = "enum "};
	const struct btf_array *array;
	__u32 kind;
	size_t len;

	*text = 0;
	if (!t || depth > BTF_DEPTH)
		return;
	kind = btf_same_kind(btf_kind_of(t));
	if (t == &btf_void) {
		snprintf(text, size, "void");
	} else if (kind == BTF_KIND_PTR) {
		btf_text(b, t->type, text, size, depth + 1);
		len = strlen(text);
		snprintf(text + len, size - len, "%s", len && text[len - 1] == '*' ? "*" : " *");
	} else if (kind == BTF_KIND_ARRAY) {
		array = (const void *)(t + 1);
		btf_text(b, array->type, text, size, depth + 1);
		len = strlen(text);
		snprintf(text + len, size - len, "[%u]", array->nelems);
	} else if (kind == BTF_KIND_FUNC_PROTO) {
		snprintf(text, size, "function");
	} else if (kind == BTF_KIND_FWD) {
		snprintf(text, size, "%s%s", BTF_INFO_KFLAG(t->info) ? "union " : "struct ", btf_string(b, t->name_off));
	} else {
		snprintf(text, size, "%s%s", kind < sizeof(words) / sizeof(words[0]) && words[kind] ? words[kind] : "",
			 *btf_string(b, t->name_off) ? btf_string(b, t->name_off) : "{...}");
	}
}

void btf_type_text(struct btf_types *b, __u32 id, char *text, size_t size)
{
	btf_text(b, id, text, size, 0);
}

/* Opening. */

/* Linux 7's headers have a longer struct than BTF has had: what follows is not needed. */
#define HEADER_LEN (offsetof(struct btf_header, str_len) + sizeof(__u32))

static int btf_parse(struct btf_types *b)
{
	const struct btf_header *h = (const void *)b->map;
	size_t left;

	if (b->size < HEADER_LEN || h->magic != BTF_MAGIC || h->version != BTF_VERSION || h->hdr_len < HEADER_LEN ||
	    h->hdr_len > b->size)
		return -EINVAL;
	left = b->size - h->hdr_len;
	if (h->type_off > left || h->type_len > left - h->type_off || h->str_off > left ||
	    h->str_len > left - h->str_off || (h->hdr_len + h->type_off) % 4 || h->type_len > INT_MAX)
		return -EINVAL;
	b->types = b->map + h->hdr_len + h->type_off;
	b->types_len = h->type_len;
	b->strings = b->map + h->hdr_len + h->str_off;
	b->strings_len = h->str_len;
	if (b->strings_len ? b->strings[b->strings_len - 1] != '\0' : !b->base)
		return -EINVAL;
	if (!b->base && b->strings[0])
		return -EINVAL;
	b->first_id = b->base ? b->base->end_id : 1;
	b->first_string = b->base ? b->base->first_string + b->base->strings_len : 0;
	return 0;
}

static int btf_reserve(struct btf_types *b, size_t size)
{
	b->map = malloc(size);
	b->size = size;
	return b->map ? 0 : -ENOMEM;
}

static int btf_read(struct btf_types *b, int fd, size_t size)
{
	size_t done = 0;
	ssize_t n;
	int err;

	err = btf_reserve(b, size);
	while (!err && done < size) {
		n = read(fd, b->map + done, size - done);
		if (n > 0)
			done += n;
		else if (!n)
			err = -EINVAL;
		else if (errno != EINTR)
			err = -errno;
	}
	return err;
}

static Elf_Data *btf_section(Elf *elf, const char *name)
{
	Elf_Scn *scn = NULL;
	const char *s;
	GElf_Shdr sh;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &sh) || sh.sh_type == SHT_NOBITS)
			continue;
		s = elf_strptr(elf, names, sh.sh_name);
		if (s && !strcmp(s, name))
			return elf_rawdata(scn, NULL);
	}
	return NULL;
}

/* A copy, as a section may lie at any address and the rest of the ELF file isn't wanted. */
static int btf_from_elf(struct btf_types *b, Elf *elf)
{
	Elf_Data *data = elf ? btf_section(elf, ".BTF") : NULL;
	int err;

	if (!data || !data->d_size || !data->d_buf)
		return -ENODATA;
	err = btf_reserve(b, data->d_size);
	if (!err)
		memcpy(b->map, data->d_buf, data->d_size);
	return err;
}

static int btf_load(struct btf_types **out, const char *path, struct btf_types *base)
{
	struct btf_types *b = calloc(1, sizeof(*b));
	char magic[SELFMAG] = {};
	Elf *elf = NULL;
	struct stat st;
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (!b || fd < 0 || fstat(fd, &st)) {
		err = b ? -errno : -ENOMEM;
		goto out;
	}
	b->base = base;
	if (st.st_size <= 0 || st.st_size > UINT_MAX) {
		err = -EINVAL;
		goto out;
	}
	/* only sysfs is mapped: another file can be cut short by somebody while it is in use, which would be SIGBUS */
	if (!strncmp(path, BTF_FOLDER, sizeof(BTF_FOLDER) - 1)) {
		b->map = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		b->size = st.st_size;
		b->mapped = b->map != MAP_FAILED;
		if (!b->mapped)
			b->map = NULL;
	}
	if (pread(fd, magic, sizeof(magic), 0) == sizeof(magic) && !memcmp(magic, ELFMAG, SELFMAG)) {
		elf_version(EV_CURRENT);
		elf = elf_begin(fd, ELF_C_READ, NULL);
		err = btf_from_elf(b, elf);
	} else {
		err = b->map ? 0 : btf_read(b, fd, st.st_size);
	}
	if (!err)
		err = btf_parse(b);
out:
	elf_end(elf);
	if (fd >= 0)
		close(fd);
	if (err) {
		btf_close(b);
		b = NULL;
	}
	*out = b;
	return err;
}

static const char *lent;

void btf_lend(const char *path)
{
	lent = path;
}

bool btf_own(void)
{
	return !reach(BTF_FOLDER "/vmlinux", R_OK);
}

static int btf_lent(void)
{
	static const char *const places[] = {"/boot/vmlinux-%s", "/usr/lib/debug/boot/vmlinux-%s", "/usr/lib/debug/lib/modules/%s/vmlinux",
					     "/usr/lib/debug/usr/lib/modules/%s/vmlinux", "/lib/modules/%s/vmlinux",
					     "/lib/modules/%s/build/vmlinux", "/usr/share/corekit/btf/%s.btf"};
	static char path[256];
	struct utsname name;
	int err = -ENOENT;

	if (lent)
		return btf_load(&btf_kernel, lent, NULL);
	uname(&name);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places) && err; i++) {
		snprintf(path, sizeof(path), places[i], name.release);
		if (!reach(path, R_OK))
			err = btf_load(&btf_kernel, path, NULL);
	}
	if (!err)
		lent = path;
	return err;
}

int btf_open(struct btf_types **b, const char *path)
{
	int err = 0;

	if (path)
		return btf_load(b, path, NULL);
	if (!btf_kernel)
		err = btf_own() ? btf_load(&btf_kernel, BTF_FOLDER "/vmlinux", NULL) : btf_lent();
	*b = btf_kernel;
	return err;
}

const char *btf_file(void)
{
	struct btf_types *types;

	return btf_own() || btf_open(&types, NULL) ? NULL : lent;
}

void btf_rest(void)
{
	if (btf_kernel && !btf_kernel->mapped)
		btf_close(btf_kernel);
#ifdef __GLIBC__
	malloc_trim(0);	/* libbpf may have had a copy too */
#endif
}

void btf_close(struct btf_types *b)
{
	struct btf_types *next;
	size_t i;

	for (; b; b = next) {
		next = b->next;
		if (b == btf_kernel)
			btf_kernel = NULL;
		for (i = 0; i < b->found_nr; i++)
			free(b->found[i].name);
		free(b->found);
		free(b->marks);
		if (b->mapped)
			munmap(b->map, b->size);
		else
			free(b->map);
		if (b->fd > 0)
			close(b->fd);
		free(b);
	}
}

/* Calls fn for each module's BTF until it returns something else than 0; fn may keep the BTF by taking *m. */
static int btf_modules(struct btf_types *b, int (*fn)(struct btf_types **m, void *arg), void *arg)
{
	char path[PATH_MAX];
	struct btf_types *m;
	struct dirent *d;
	DIR *dir = NULL;
	int err = 0;

	/* a file of the user's has no modules */
	if (b != btf_kernel || !btf_own())
		return 0;
	if (!b->end_id)
		err = btf_walk(b, NULL, 0);
	if (!err)
		dir = opendir(BTF_FOLDER);
	while (dir && !err && (d = readdir(dir))) {
		if (d->d_name[0] == '.' || !strcmp(d->d_name, "vmlinux"))
			continue;
		snprintf(path, sizeof(path), BTF_FOLDER "/%s", d->d_name);
		/* a module may go, or be one that can't be read: it isn't what we look for then */
		if (btf_load(&m, path, b))
			continue;
		snprintf(m->name, sizeof(m->name), "%.63s", d->d_name);
		err = fn(&m, arg);
		btf_close(m);
	}
	if (dir)
		closedir(dir);
	return err;
}

/* The kernel takes a module's BTF as a descriptor, which is found by walking all BTF objects. */
static int btf_module_fd(struct btf_types *m)
{
	__u32 id = 0, len;
	int fd;

	while (!m->fd && !bpf_btf_get_next_id(id, &id)) {
		struct bpf_btf_info info = {};
		char name[64] = "";

		fd = bpf_btf_get_fd_by_id(id);
		if (fd < 0)
			continue;
		info.name = (unsigned long)name;
		info.name_len = sizeof(name);
		len = sizeof(info);
		if (!bpf_obj_get_info_by_fd(fd, &info, &len) && info.kernel_btf && !strcmp(name, m->name))
			m->fd = fd;
		else
			close(fd);
	}
	return m->fd ? m->fd : -ENOENT;
}

static int btf_try_module(struct btf_types **m, void *arg)
{
	struct btf_want *want = arg;

	if (btf_find_many(*m, want, 1) || !want->id)
		return 0;
	(*m)->next = btf_kernel->next;
	btf_kernel->next = *m;
	*m = NULL;
	return 1;
}

int btf_find_any(struct btf_types **b, const char *name, __u32 kind)
{
	struct btf_want want = {name, kind, 0};
	struct btf_types *m;
	int id;

	id = btf_open(b, NULL);
	if (!id)
		id = btf_find(*b, name, kind);
	if (id != -ENOENT || !*b)
		return id;
	for (m = (*b)->next; m; m = m->next)
		if (!btf_find_many(m, &want, 1) && want.id)
			break;
	if (!m && btf_modules(*b, btf_try_module, &want) == 1)
		m = (*b)->next;
	if (!m)
		return -ENOENT;
	*b = m;
	return want.id;
}

int btf_find_kernel(const char *name, __u32 kind, int *module_fd)
{
	struct btf_types *b;
	int id = btf_find_any(&b, name, kind);

	*module_fd = 0;
	if (id >= 0 && b != btf_kernel)
		*module_fd = btf_module_fd(b);
	return *module_fd < 0 ? *module_fd : id;
}

int btf_open_module(struct btf_types **b, const char *module)
{
	struct btf_types *base, *m;
	char path[PATH_MAX];
	int err = btf_open(&base, NULL);

	if (!err && !base->end_id)
		err = btf_walk(base, NULL, 0);
	if (err)
		return err;
	for (m = base->next; m && strcmp(m->name, module); m = m->next)
		;
	if (!m) {
		if (base != btf_kernel || !btf_own())
			return -ENOENT;
		snprintf(path, sizeof(path), BTF_FOLDER "/%s", module);
		err = btf_load(&m, path, base);
		if (err)
			return err;
		snprintf(m->name, sizeof(m->name), "%.63s", module);
		m->next = base->next;
		base->next = m;
	}
	*b = m;
	return 0;
}

/* The programs whose target is a type of the kernel's. The BTF name is the prefix and what follows the '/'. */
static const struct btf_handler {
	const char *section;
	const char *prefix;
	__u32 kind;
	enum bpf_attach_type attach;
	bool sleepable;
} btf_handler[] = {
	{"fentry+", "", BTF_KIND_FUNC, BPF_TRACE_FENTRY, false},
	{"fentry.s+", "", BTF_KIND_FUNC, BPF_TRACE_FENTRY, true},
	{"fexit+", "", BTF_KIND_FUNC, BPF_TRACE_FEXIT, false},
	{"fexit.s+", "", BTF_KIND_FUNC, BPF_TRACE_FEXIT, true},
	{"fmod_ret+", "", BTF_KIND_FUNC, BPF_MODIFY_RETURN, false},
	{"fmod_ret.s+", "", BTF_KIND_FUNC, BPF_MODIFY_RETURN, true},
	{"tp_btf+", "btf_trace_", BTF_KIND_TYPEDEF, BPF_TRACE_RAW_TP, false},
	{"iter+", "bpf_iter_", BTF_KIND_FUNC, BPF_TRACE_ITER, false},
	{"iter.s+", "bpf_iter_", BTF_KIND_FUNC, BPF_TRACE_ITER, true},
	{"lsm+", "bpf_lsm_", BTF_KIND_FUNC, BPF_LSM_MAC, false},
	{"lsm.s+", "bpf_lsm_", BTF_KIND_FUNC, BPF_LSM_MAC, true},
};

#define BTF_HANDLERS (sizeof(btf_handler) / sizeof(btf_handler[0]))

/* A small BTF, made of copies: a queue of types to copy, in the order of their new ids. */

struct btf_buffer {
	char *p;
	size_t len, room;
};

struct btf_copy {
	__u32 id;
	bool deep; /* through pointers, but with no more of a struct or enum than its size: to compare types by shape */
	__u32 next;
};

struct btf_out {
	struct btf_types *from;
	struct btf_buffer types, strings, queue, wants;
	struct btf_buffer members; /* names that some relocation goes through, each with its NUL */
	size_t copied, roots;
	__u32 heads[1024]; /* hash table of what is queued from this BTF: an index into queue, plus 1 */
	int err;
};

static size_t btf_put(struct btf_out *o, struct btf_buffer *b, const void *data, size_t len)
{
	size_t at = b->len;
	char *p;

	if (len > BTF_LIMIT - at) {
		o->err = o->err ?: -E2BIG;
		return 0;
	}
	if (at + len > b->room) {
		size_t room = (at + len) * 2 + 4096;

		p = realloc(b->p, room);
		if (!p) {
			o->err = -ENOMEM;
			return 0;
		}
		b->p = p;
		b->room = room;
	}
	memcpy(b->p + at, data, len);
	b->len += len;
	return at;
}

static __u32 btf_put_name(struct btf_out *o, __u32 off)
{
	const char *s = btf_string(o->from, off);

	return *s ? btf_put(o, &o->strings, s, strlen(s) + 1) : 0;
}

/* The new id of a type, which is queued to be copied where it wasn't yet. Modifiers make no difference to CO-RE. */
static __u32 btf_refer(struct btf_out *o, __u32 id, bool deep)
{
	const struct btf_type *t = btf_strip(o->from, &id, false);
	struct btf_copy *q, add = {id, deep, 0};
	__u32 kind, i, *head;

	if (!t)
		o->err = o->err ?: -EINVAL;
	kind = t ? btf_kind_of(t) : BTF_KIND_UNKN;
	if (kind == BTF_KIND_UNKN || (kind == BTF_KIND_FUNC_PROTO && !deep))
		return 0;
	if (kind == BTF_KIND_PTR && !deep)
		return 1;
	head = &o->heads[(id * 2654435761U) >> 22];
	q = (void *)o->queue.p;
	for (i = *head; i; i = q[i - 1].next)
		if (q[i - 1].id == id && q[i - 1].deep == deep)
			return i + 1;
	add.next = *head;
	btf_put(o, &o->queue, &add, sizeof(add));
	if (o->err)
		return 0;
	*head = o->queue.len / sizeof(add);
	return *head + 1;
}

/* libbpf looks for members by name only, so no other is copied; the anonymous ones may hold it. */
static bool btf_passed(const struct btf_out *o, const char *name)
{
	size_t i;

	for (i = 0; *name && i < o->members.len; i += strlen(o->members.p + i) + 1)
		if (!strcmp(o->members.p + i, name))
			return true;
	return !*name;
}

static void btf_copy_one(struct btf_out *o, __u32 id, bool deep)
{
	const struct btf_type *t = btf_type_at(o->from, id);
	size_t at, len = btf_record((const char *)t, SIZE_MAX);
	__u32 i, kind = btf_kind_of(t), vlen = BTF_INFO_VLEN(t->info);
	struct btf_member *m;
	struct btf_enum *e;
	struct btf_enum64 *e64;
	struct btf_param *p;
	struct btf_array *a;
	struct btf_type *r;

	if (deep && btf_tail[kind].each && kind != BTF_KIND_FUNC_PROTO) {
		struct btf_type shell = {.info = t->info & ~0xffffU, .size = t->size};

		btf_put(o, &o->types, &shell, sizeof(shell));
		return;
	}
	at = btf_put(o, &o->types, t, len);
	if (o->err)
		return;
	/* what follows adds to the other buffers only, so this stays where it is */
	r = (void *)(o->types.p + at);
	r->name_off = btf_put_name(o, r->name_off);
	switch (kind) {
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
	case BTF_KIND_FWD: break;
	case BTF_KIND_PTR:
	case BTF_KIND_TYPEDEF: r->type = btf_refer(o, r->type, deep); break;
	case BTF_KIND_ARRAY:
		a = (void *)(r + 1);
		a->type = btf_refer(o, a->type, deep);
		a->index_type = 0;
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		m = (void *)(r + 1);
		for (i = 0; i < vlen && !o->err; i++) {
			const struct btf_member *from = (const struct btf_member *)(t + 1) + i;

			if (!btf_passed(o, btf_string(o->from, from->name_off)))
				continue;
			m->name_off = btf_put_name(o, from->name_off);
			m->type = btf_refer(o, from->type, false);
			m->offset = from->offset;
			m++;
		}
		vlen = m - (struct btf_member *)(r + 1);
		r->info = (r->info & ~0xffffU) | vlen;
		o->types.len = (char *)m - o->types.p;
		break;
	case BTF_KIND_ENUM:
		e = (void *)(r + 1);
		for (i = 0; i < vlen && !o->err; i++, e++)
			e->name_off = btf_put_name(o, e->name_off);
		break;
	case BTF_KIND_ENUM64:
		e64 = (void *)(r + 1);
		for (i = 0; i < vlen && !o->err; i++, e64++)
			e64->name_off = btf_put_name(o, e64->name_off);
		break;
	case BTF_KIND_FUNC_PROTO:
		r->type = btf_refer(o, r->type, true);
		p = (void *)(r + 1);
		for (i = 0; i < vlen && !o->err; i++, p++) {
			p->name_off = 0;
			p->type = btf_refer(o, p->type, true);
		}
		break;
	default: o->err = -EINVAL;
	}
}

/* Copies all types of the wanted names, as libbpf looks at each, and what they are made of. */
static void btf_copy_found(struct btf_out *o, struct btf_types *from)
{
	const struct btf_want *w = (const void *)o->wants.p;
	size_t i, k;

	o->from = from;
	memset(o->heads, 0, sizeof(o->heads));
	for (i = 0; i < o->roots; i++) {
		for (k = 0; k < from->found_nr; k++) {
			const struct btf_found *f = &from->found[k];

			if (!f->id || f->kind != btf_same_kind(w[i].kind) || strcmp(f->name, w[i].name))
				continue;
			btf_refer(o, f->id, false);
			if (f->kind == BTF_KIND_TYPEDEF)
				btf_refer(o, f->id, true);
		}
	}
	for (; !o->err && o->copied < o->queue.len / sizeof(struct btf_copy); o->copied++) {
		struct btf_copy *q = (struct btf_copy *)(void *)o->queue.p + o->copied;

		btf_copy_one(o, q->id, q->deep);
	}
}

static int btf_copy_module(struct btf_types **m, void *arg)
{
	struct btf_want *w, *missing;
	struct btf_out *o = arg;
	size_t i, n = 0;
	int err = -ENOMEM;

	missing = calloc(o->roots, sizeof(*missing));
	if (!missing)
		return err;
	w = (void *)o->wants.p;
	for (i = 0; i < o->roots; i++)
		if (!w[i].id)
			missing[n++] = w[i];
	err = btf_find_many(*m, missing, n);
	for (i = 0; i < n && !err; i++) {
		if (!missing[i].id)
			continue;
		btf_copy_found(o, *m);
		break;
	}
	free(missing);
	return err ?: o->err;
}

static void btf_want_name(struct btf_out *o, const char *prefix, const char *name, size_t len, __u32 kind)
{
	struct btf_want *w = (void *)o->wants.p, add = {.kind = kind};
	size_t i, skip = strlen(prefix);
	char *s;

	for (i = 0; i < o->wants.len / sizeof(*w); i++)
		if (w[i].kind == kind && !strncmp(w[i].name, prefix, skip) && !strncmp(w[i].name + skip, name, len) &&
		    !w[i].name[skip + len])
			return;
	if (asprintf(&s, "%s%.*s", prefix, (int)len, name) < 0) {
		o->err = -ENOMEM;
		return;
	}
	add.name = s;
	btf_put(o, &o->wants, &add, sizeof(add));
	if (o->err)
		free(s);
}

/* A local type's name without its flavour: what precedes the last "___" inside it. */
static size_t btf_essential(const char *name)
{
	size_t i, n = strlen(name);

	for (i = n; i-- > 4;)
		if (name[i] != '_' && name[i - 4] != '_' && !memcmp(name + i - 3, "___", 3))
			return i - 3;
	return n;
}

/* Notes the members on the way of an access string as "0:5:2": a position in each struct, union or array. */
static void btf_want_members(struct btf_out *o, struct btf_types *local, __u32 id, const char *access)
{
	const struct btf_type *t;
	const char *name;
	unsigned long n;
	char *end;

	/* the first number counts whole objects */
	for (access = strchr(access, ':'); access; access = *end == ':' ? end : NULL) {
		n = strtoul(access + 1, &end, 10);
		t = btf_strip(local, &id, true);
		if (t && btf_kind_of(t) == BTF_KIND_ARRAY) {
			id = ((const struct btf_array *)(t + 1))->type;
			continue;
		}
		t = t ? btf_composite(local, id) : NULL;
		if (!t || n >= BTF_INFO_VLEN(t->info))
			return;
		name = btf_string(local, ((const struct btf_member *)(t + 1))[n].name_off);
		id = ((const struct btf_member *)(t + 1))[n].type;
		if (*name && !btf_passed(o, name))
			btf_put(o, &o->members, name, strlen(name) + 1);
	}
}

struct btf_ext {
	__u16 magic;
	__u8 version, flags;
	__u32 hdr_len, func_off, func_len, line_off, line_len, core_off, core_len;
};

static int btf_want_roots(struct btf_out *o, struct btf_types *local, const Elf_Data *ext)
{
	const char *p = ext->d_buf;
	struct btf_ext h;
	struct bpf_core_relo r;
	size_t left = ext->d_size;
	__u32 rec, count;

	if (left < sizeof(h.magic) + 2 * sizeof(__u8) + 5 * sizeof(__u32))
		return -EINVAL;
	memset(&h, 0, sizeof(h));
	memcpy(&h, p, left < sizeof(h) ? left : sizeof(h));
	if (h.magic != BTF_MAGIC || h.version != BTF_VERSION || h.hdr_len > left)
		return -EINVAL;
	/* compilers before CO-RE */
	if (h.hdr_len < sizeof(h) || !h.core_len)
		return 0;
	left -= h.hdr_len;
	if (h.core_off > left || h.core_len > left - h.core_off || h.core_len < sizeof(rec))
		return -EINVAL;
	p += h.hdr_len + h.core_off;
	left = h.core_len - sizeof(rec);
	memcpy(&rec, p, sizeof(rec));
	p += sizeof(rec);
	if (rec < sizeof(r))
		return -EINVAL;
	while (left >= 8) {
		memcpy(&count, p + 4, sizeof(count));
		p += 8;
		left -= 8;
		if (left / rec < count)
			return -EINVAL;
		for (; count && !o->err; count--, p += rec, left -= rec) {
			const struct btf_type *t;
			const char *name;

			memcpy(&r, p, sizeof(r));
			if (r.kind == BPF_CORE_TYPE_ID_LOCAL)
				continue;
			if (r.kind == BPF_CORE_TYPE_ID_TARGET || r.kind > BPF_CORE_ENUMVAL_VALUE)
				return -ENOTSUP;
			t = btf_type_at(local, r.type_id);
			name = t ? btf_string(local, t->name_off) : "";
			/* without a name there is nothing that libbpf could match either: let it complain */
			if (*name)
				btf_want_name(o, "", name, btf_essential(name), btf_same_kind(btf_kind_of(t)));
			if (r.kind <= BPF_CORE_FIELD_RSHIFT_U64)
				btf_want_members(o, local, r.type_id, btf_string(local, r.access_str_off));
		}
	}
	return o->err;
}

/* The targets of programs, for btf_handlers(): one pass gets them with the rest. */
static void btf_want_targets(struct btf_out *o, Elf *elf)
{
	Elf_Scn *scn = NULL;
	size_t names, i;
	GElf_Shdr sh;

	if (elf_getshdrstrndx(elf, &names))
		return;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *s = gelf_getshdr(scn, &sh) ? elf_strptr(elf, names, sh.sh_name) : NULL;
		const char *slash = s ? strchr(s, '/') : NULL;

		if (!slash || sh.sh_type != SHT_PROGBITS)
			continue;
		s += *s == '?';
		for (i = 0; i < BTF_HANDLERS; i++) {
			const struct btf_handler *h = &btf_handler[i];

			if (strlen(h->section) - 1 == (size_t)(slash - s) && !memcmp(h->section, s, slash - s))
				btf_want_name(o, h->prefix, slash + 1, strlen(slash + 1), h->kind);
		}
	}
}

static int btf_write(struct btf_out *o)
{
	struct btf_header h = {.magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = HEADER_LEN};
	size_t done = 0;
	ssize_t n;
	int fd;

	h.type_len = h.str_off = o->types.len;
	h.str_len = o->strings.len;
	btf_put(o, &o->types, o->strings.p, o->strings.len);
	if (o->err)
		return o->err;
	fd = memfd_create("btf", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, &h, HEADER_LEN) != (ssize_t)HEADER_LEN)
		goto err;
	while (done < o->types.len) {
		n = write(fd, o->types.p + done, o->types.len - done);
		if (n <= 0)
			goto err;
		done += n;
	}
	return fd;
err:
	close(fd);
	return -EIO;
}

int btf_minimal(struct btf_types *b, const void *elf, size_t size)
{
	const struct btf_type pointer = {.info = BTF_KIND_PTR << 24};
	struct btf_types *local = calloc(1, sizeof(*local));
	struct btf_out *o = calloc(1, sizeof(*o));
	Elf_Data *ext = NULL;
	struct btf_want *w;
	bool missing = false;
	Elf *e = NULL;
	size_t i, n;
	int err = -ENOMEM;

	if (!local || !o)
		goto out;
	elf_version(EV_CURRENT);
	e = elf_memory((char *)elf, size); /* which is only read: libelf lacks a const */
	err = -EINVAL;
	if (!e)
		goto out;
	ext = btf_section(e, ".BTF.ext");
	if (ext && ext->d_buf) {
		err = btf_from_elf(local, e);
		if (!err)
			err = btf_parse(local);
		if (!err)
			err = btf_want_roots(o, local, ext);
		if (err)
			goto out;
	}
	o->roots = o->wants.len / sizeof(*w);
	if (!b || b == btf_kernel)
		btf_want_targets(o, e);
	err = o->err;
	if (!err && !b && o->wants.len)
		err = btf_open(&b, NULL);
	w = (void *)o->wants.p;
	n = o->wants.len / sizeof(*w);
	if (!err && n)
		err = btf_find_many(b, w, n);
	if (!err && !o->roots)
		err = -ENODATA;
	if (err)
		goto out;
	btf_put(o, &o->strings, "", 1);
	btf_put(o, &o->types, &pointer, sizeof(pointer));
	btf_copy_found(o, b);
	for (i = 0; i < o->roots; i++)
		missing |= !w[i].id;
	err = o->err;
	if (!err && missing)
		err = btf_modules(b, btf_copy_module, o);
	if (!err)
		err = btf_write(o);
out:
	elf_end(e);
	btf_close(local);
	if (o) {
		w = (void *)o->wants.p;
		for (i = 0; i < o->wants.len / sizeof(*w); i++)
			free((char *)w[i].name);
		free(o->wants.p);
		free(o->members.p);
		free(o->queue.p);
		free(o->types.p);
		free(o->strings.p);
	}
	free(o);
	return err;
}

/* Loading and attaching. */

static struct btf_override {
	const struct bpf_program *prog;
	char *name;
} * btf_override;
static size_t btf_overrides;

static struct btf_override *btf_overridden(const struct bpf_program *prog)
{
	size_t i;

	for (i = 0; i < btf_overrides; i++)
		if (btf_override[i].prog == prog)
			return &btf_override[i];
	return NULL;
}

int btf_target(const struct bpf_program *prog, const char *name)
{
	struct btf_override *o = btf_overridden(prog);
	char *copy = strdup(name);

	if (copy && !o) {
		o = realloc(btf_override, (btf_overrides + 1) * sizeof(*o));
		if (o) {
			btf_override = o;
			o += btf_overrides++;
			*o = (struct btf_override){prog, NULL};
		}
	}
	if (!copy || !o) {
		free(copy);
		return -ENOMEM;
	}
	free(o->name);
	o->name = copy;
	return 0;
}

/*
 * libbpf reads the kernel's BTF if there is a tracing program that doesn't attach to another BPF program. So each is
 * made to look as if it did; btf_prepare() takes that back before the kernel sees it.
 */
static int btf_setup(struct bpf_program *prog, long cookie)
{
	struct btf_override *o = btf_overridden(prog);

	/* another object's program was at this address once */
	if (o)
		o->prog = NULL;
	if (btf_handler[cookie].attach == BPF_LSM_MAC)
		return 0;
	return bpf_program__set_attach_target(prog, STDOUT_FILENO, NULL);
}

static int btf_prepare(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	const struct btf_handler *h = &btf_handler[cookie];
	const struct btf_override *o = btf_overridden(prog);
	const char *target = strchr(bpf_program__section_name(prog), '/');
	char name[256];
	int id, fd;

	if (h->sleepable)
		opts->prog_flags |= BPF_F_SLEEPABLE;
	/* libbpf asks by type before the load, and only a change of type makes it accept an LSM program without BTF */
	if (h->attach == BPF_LSM_MAC)
		bpf_program__set_type(prog, BPF_PROG_TYPE_LSM);
	/* the tool used bpf_program__set_attach_target() */
	if (opts->attach_btf_id)
		return 0;
	if (!o && !target)
		return -EINVAL;
	snprintf(name, sizeof(name), "%s%s", h->prefix, o ? o->name : target + 1);
	id = btf_find_kernel(name, h->kind, &fd);
	if (id < 0)
		return id;
	opts->attach_prog_fd = 0;
	opts->attach_btf_obj_fd = fd;
	opts->attach_btf_id = id;
	return 0;
}

static int btf_link(const struct bpf_program *prog, long cookie, struct bpf_link **link)
{
	if (btf_handler[cookie].attach == BPF_TRACE_ITER)
		*link = bpf_program__attach_iter(prog, NULL);
	else
		*link = bpf_program__attach_trace(prog);
	return *link ? 0 : -errno;
}

int btf_handlers(void)
{
	static bool done;
	size_t i;
	int err;

	for (i = 0; i < BTF_HANDLERS && !done; i++) {
		const struct btf_handler *h = &btf_handler[i];
		bool lsm = h->attach == BPF_LSM_MAC;
		LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .cookie = i, .prog_setup_fn = btf_setup,
			    .prog_prepare_load_fn = btf_prepare, .prog_attach_fn = btf_link);

		err = libbpf_register_prog_handler(
			h->section, lsm ? BPF_PROG_TYPE_RAW_TRACEPOINT : BPF_PROG_TYPE_TRACING, h->attach, &opts);
		if (err < 0)
			return err;
	}
	done = true;
	return 0;
}

struct bpf_link *btf_attach(const struct bpf_program *prog)
{
	return bpf_program__type(prog) == BPF_PROG_TYPE_LSM ? bpf_program__attach_lsm(prog) : bpf_program__attach(prog);
}
