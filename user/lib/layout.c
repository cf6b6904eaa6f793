// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <linux/btf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/layout.h"
#include "lib/lib.h"

#define NESTED	8	/* structs in structs */
#define ELEMENTS 8	/* of an array */
#define NAMES	256

enum { PART_OPEN, PART_CLOSE, PART_NUMBER, PART_POINTER, PART_TEXT, PART_MORE };

struct part {
	const char *name;		/* "" */
	const struct btf_value *names;	/* of an enum */
	__u32 n_names;
	__u32 bits, width;		/* from its start */
	__u8 kind;
	bool is_signed;
};

struct layout {
	struct part *parts;
	size_t n;
	__u32 size, most;
};

static struct part *add(struct layout *l, __u8 kind, const char *name, __u32 bits, __u32 width)
{
	struct part *more;

	if (!(l->n & (l->n - 1))) {
		more = realloc(l->parts, (l->n ? l->n * 2 : 1) * sizeof(*more));
		if (!more)
			return NULL;
		l->parts = more;
	}
	l->parts[l->n] = (struct part){ .name = keep_text(name) ?: "", .kind = kind, .bits = bits, .width = width };
	if (width && (bits + width + 7) / 8 > l->size)
		l->size = (bits + width + 7) / 8;
	return &l->parts[l->n++];
}

static int names(struct part *p, struct btf_types *btf, __u32 id)
{
	struct btf_value *values = calloc(NAMES, sizeof(*values));
	int n = values ? btf_enum_values(btf, id, values, NAMES) : -ENOMEM;

	if (n <= 0) {
		free(values);
		return n;
	}
	p->names = values;
	p->n_names = n < NAMES ? n : NAMES;
	return 0;
}

static __u32 bytes_of(struct btf_types *btf, __u32 id)
{
	struct btf_look look;
	__u64 count = 1;

	for (int i = 0; i < NESTED && !btf_look(btf, id, &look); i++) {
		if (look.kind != BTF_KIND_ARRAY)
			return count * look.size > INT32_MAX ? 0 : count * look.size;
		count *= look.count;
		id = look.type;
	}
	return 0;
}

static int value(struct layout *l, struct btf_types *btf, __u32 id, const char *name, __u32 bits, __u32 width, int depth);

static int array(struct layout *l, struct btf_types *btf, const struct btf_look *of, const char *name, __u32 bits, int depth)
{
	__u32 size = bytes_of(btf, of->type), i;
	struct btf_look look;
	int ret = 0;

	if (!size || !of->count)
		return 0;
	if (!btf_look(btf, of->type, &look) && look.is_char && of->count > 1 && bits / 8 + of->count <= l->most)
		return add(l, PART_TEXT, name, bits, of->count * 8) ? 0 : -ENOMEM;
	if (!add(l, PART_OPEN, name, bits, 0))
		return -ENOMEM;
	for (i = 0; i < of->count && i < ELEMENTS && !ret; i++)
		ret = value(l, btf, of->type, "", bits + i * size * 8, 0, depth + 1);
	if (i < of->count && !add(l, PART_MORE, "", bits, 0))
		return -ENOMEM;
	return ret ?: add(l, PART_CLOSE, "", bits, 0) ? 0 : -ENOMEM;
}

static int members(struct layout *l, struct btf_types *btf, __u32 id, const char *name, __u32 bits, int depth)
{
	struct btf_member_at at;
	const char *member;
	int ret = 0;

	if (!add(l, PART_OPEN, name, bits, 0))
		return -ENOMEM;
	for (__u32 i = 0; !ret && !btf_member_nth(btf, id, i, &member, &at); i++)
		ret = value(l, btf, at.type, member, bits + at.bits, at.width, depth + 1);
	return ret ?: add(l, PART_CLOSE, "", bits, 0) ? 0 : -ENOMEM;
}

static int value(struct layout *l, struct btf_types *btf, __u32 id, const char *name, __u32 bits, __u32 width, int depth)
{
	struct btf_look look;
	struct part *p;

	if (btf_look(btf, id, &look) || depth > NESTED || bits / 8 >= l->most)
		return 0;
	if (look.kind == BTF_KIND_STRUCT || look.kind == BTF_KIND_UNION)
		return members(l, btf, id, name, bits, depth);
	if (look.kind == BTF_KIND_ARRAY)
		return array(l, btf, &look, name, bits, depth);
	width = width ?: look.size * 8;
	if (!width || width > 64 || (bits + width + 7) / 8 > l->most || (bits % 8) + width > 64)
		return 0;
	if (look.kind != BTF_KIND_INT && look.kind != BTF_KIND_ENUM && look.kind != BTF_KIND_PTR)
		return 0;
	p = add(l, look.kind == BTF_KIND_PTR ? PART_POINTER : PART_NUMBER, name, bits, width);
	if (!p)
		return -ENOMEM;
	p->is_signed = look.is_signed;
	return look.kind == BTF_KIND_ENUM ? names(p, btf, id) : 0;
}

int layout_new(struct layout **layout, struct btf_types *btf, __u32 id, __u32 size)
{
	struct layout *l = calloc(1, sizeof(*l));
	int ret = l ? 0 : -ENOMEM;

	*layout = l;
	if (!ret) {
		l->most = size;
		ret = value(l, btf, id, "", 0, 0, 0);
	}
	if (!ret && !l->n)
		ret = -EINVAL;
	if (ret) {
		layout_free(l);
		*layout = NULL;
	}
	return ret;
}

void layout_free(struct layout *l)
{
	for (size_t i = 0; l && i < l->n; i++)
		free((void *)l->parts[i].names);
	if (l)
		free(l->parts);
	free(l);
}

__u32 layout_size(const struct layout *l)
{
	return l->size;
}

static __u64 number(const struct part *p, const char *bytes)
{
	__u32 first = p->bits / 8, shift = p->bits % 8;
	__u64 value = 0;

	memcpy((char *)&value + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 8 - (shift + p->width + 7) / 8 : 0), bytes + first,
	       (shift + p->width + 7) / 8);
	value <<= __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 64 - (shift + p->width + 7) / 8 * 8 + shift : 64 - shift - p->width;
	return p->is_signed ? (__u64)((__s64)value >> (64 - p->width)) : value >> (64 - p->width);
}

static const char *name_of(const struct part *p, __u64 value)
{
	for (__u32 i = 0; i < p->n_names; i++)
		if ((__u64)p->names[i].value == value)
			return p->names[i].name;
	return NULL;
}

struct to {
	char *text;
	size_t len, room;
};

static void put(struct to *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct to *to, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(to->text + to->len, to->room - to->len, format, args);
	va_end(args);
	to->len += n;
	if (to->len >= to->room)
		to->len = to->room - 1;
}

size_t layout_show(const struct layout *l, const void *bytes, char *text, size_t room)
{
	struct to to = { text, 0, room };
	bool first = true;

	for (size_t i = 0; i < l->n; i++) {
		const struct part *p = &l->parts[i];
		const char *at = (const char *)bytes + p->bits / 8, *name;

		if (p->kind == PART_CLOSE) {
			put(&to, "}");
			first = false;
			continue;
		}
		put(&to, "%s%s%s", first ? "" : ",", p->name, *p->name ? "=" : "");
		first = p->kind == PART_OPEN;
		switch (p->kind) {
		case PART_OPEN: put(&to, "{"); break;
		case PART_MORE: put(&to, "..."); break;
		case PART_POINTER: put(&to, "0x%llx", number(p, bytes)); break;
		case PART_TEXT: put(&to, "\"%.*s\"", (int)strnlen(at, p->width / 8), at); break;
		default:
			name = name_of(p, number(p, bytes));
			if (name)
				put(&to, "%s", name);
			else
				put(&to, p->is_signed ? "%lld" : "%llu", number(p, bytes));
		}
	}
	return to.len;
}
