// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Expressions: text to a tree whose nodes have types. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <linux/btf.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "lib/expr_node.h"
#include "lib/lib.h"

#define DEEP 64		/* parentheses and operators in one another */

struct parser {
	const char *text, *at;
	struct expr_scope *scope;
	struct expr_error *e;
	struct expr *expr;
	int depth;
	bool failed;
};

static struct node *fail(struct parser *p, const char *at, const char *format, ...) __attribute__((format(printf, 3, 4)));

static struct node *fail(struct parser *p, const char *at, const char *format, ...)
{
	va_list args;

	if (p->failed)
		return NULL;
	p->failed = true;
	p->e->at = at - p->text;
	va_start(args, format);
	vsnprintf(p->e->text, sizeof(p->e->text), format, args);
	va_end(args);
	return NULL;
}

int expr_complain(const char *text, const struct expr_error *e)
{
	err("'%s': at %zu%s%.16s%s: %s", text, e->at + 1, e->at < strlen(text) ? " '" : "", e->at < strlen(text) ? text + e->at : "",
	    e->at < strlen(text) ? "'" : ", the end", e->text);
	return -EINVAL;
}

static struct node *node_new(struct parser *p, enum node_kind kind, const char *at)
{
	struct node *n = calloc(1, sizeof(*n));

	if (!n)
		return fail(p, at, "out of memory");
	n->kind = kind;
	n->at = at - p->text;
	n->next = p->expr->all;
	p->expr->all = n;
	return n;
}

static const struct expr_type number = { .kind = EXPR_NUMBER, .size = 8, .is_signed = true };

static void space(struct parser *p)
{
	while (isspace((unsigned char)*p->at))
		p->at++;
}

static bool take(struct parser *p, const char *what)
{
	size_t len = strlen(what);

	space(p);
	if (strncmp(p->at, what, len))
		return false;
	p->at += len;
	return true;
}

static size_t word(const char *at)
{
	size_t n = 0;

	if (!isalpha((unsigned char)*at) && *at != '_')
		return 0;
	while (isalnum((unsigned char)at[n]) || at[n] == '_')
		n++;
	return n;
}

/* --- Types --- */

static int need_btf(struct parser *p)
{
	return p->scope->btf ? 0 : btf_open(&p->scope->btf, NULL);
}

/* What a thing of this BTF type is as a value; `user`: where its pointers point. */
static bool type_of(struct parser *p, __u32 id, bool user, struct expr_type *type)
{
	struct btf_look look, to;

	*type = (struct expr_type){ .user = user };
	if (btf_look(p->scope->btf, id, &look))
		return false;
	switch (look.kind) {
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
		type->kind = EXPR_NUMBER;
		type->size = look.size;
		type->is_signed = look.is_signed;
		type->is_char = look.is_char;
		type->enum_id = look.kind == BTF_KIND_ENUM ? id : 0;
		return look.size == 1 || look.size == 2 || look.size == 4 || look.size == 8;
	case BTF_KIND_PTR:
		type->kind = EXPR_POINTER;
		type->id = look.type;
		type->size = 8;
		type->is_char = !btf_look(p->scope->btf, look.type, &to) && to.is_char;
		return true;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ARRAY:
		type->kind = EXPR_PLACE;
		type->id = id;
		type->is_char = look.kind == BTF_KIND_ARRAY && !btf_look(p->scope->btf, look.type, &to) && to.is_char;
		type->size = 8;
		return true;
	}
	return false;
}

/* Bytes from one to the next; 0: it isn't known. */
static __u32 size_of(struct parser *p, __u32 id)
{
	struct btf_look look;
	__u64 count = 1;

	for (int i = 0; i < 8; i++) {
		if (btf_look(p->scope->btf, id, &look))
			return 0;
		if (look.kind != BTF_KIND_ARRAY)
			return count * look.size > INT32_MAX ? 0 : count * look.size;
		count *= look.count;
		if (count > INT32_MAX)
			return 0;
		id = look.type;
	}
	return 0;
}

static struct node *offset(struct parser *p, struct node *base, __u64 bytes, const char *at)
{
	struct node *n;

	if (base->kind == NODE_CONTEXT) {
		n = node_new(p, NODE_CONTEXT, at);
		if (n)
			n->number = base->number + bytes;
		return n;
	}
	n = node_new(p, NODE_OFFSET, at);
	if (!n)
		return NULL;
	n->a = base;
	n->number = bytes;
	return n;
}

/* What lies at an address, of a type of BTF; `width` bits from `bit` on, where that is a bit field. */
static struct node *at_address(struct parser *p, struct node *address, __u32 id, bool user, __u32 bit, __u32 width, const char *at)
{
	struct expr_type type;
	struct node *n;

	if (!type_of(p, id, user, &type))
		return fail(p, at, "a type that has no value here");
	if (type.kind == EXPR_PLACE) {
		address->type = type;
		return address;
	}
	n = node_new(p, NODE_LOAD, at);
	if (!n)
		return NULL;
	n->a = address;
	n->type = type;
	n->bit = bit;
	n->width = width;
	n->user = user;
	if (width && width < 32)
		n->type.size = 4;
	return n;
}

static struct node *member(struct parser *p, struct node *base, bool arrow, const char *at)
{
	struct btf_member_at m;
	size_t len;
	__u32 bytes;

	space(p);
	len = word(p->at);
	if (!len)
		return fail(p, p->at, "the name of a member is missing");
	if (arrow && base->type.kind != EXPR_POINTER)
		return fail(p, at, base->type.kind == EXPR_PLACE ? "it is no pointer: use ." : "it is no pointer");
	if (!arrow && base->type.kind != EXPR_PLACE)
		return fail(p, at, base->type.kind == EXPR_POINTER ? "it is a pointer: use ->" : "it is no struct");
	if (!base->type.id)
		return fail(p, at, "nothing is known of its type: cast it, as ((struct file *)arg0)->f_flags");
	if (btf_member_find(p->scope->btf, base->type.id, p->at, len, &m)) {
		char text[96];

		btf_type_text(p->scope->btf, base->type.id, text, sizeof(text));
		return fail(p, p->at, "%s has no such member", text);
	}
	at = p->at;
	p->at += len;
	bytes = m.bits / 8;
	base = offset(p, base, bytes, at);
	return base ? at_address(p, base, m.type, base->kind == NODE_CONTEXT ? false : base->a->type.user, m.bits % 8, m.width, at) : NULL;
}

/* An element, or with index 0 what a pointer points at. */
static struct node *element(struct parser *p, struct node *base, struct node *index, const char *at)
{
	struct expr_type type = base->type;
	struct node *n, *scaled;
	__u32 id = type.id, size;
	struct btf_look look;

	if (type.kind != EXPR_POINTER && type.kind != EXPR_PLACE)
		return fail(p, at, "it is no pointer and no array");
	if (index->type.kind != EXPR_NUMBER)
		return fail(p, at, "the index is no number");
	if (type.kind == EXPR_PLACE && id) {
		if (btf_look(p->scope->btf, id, &look) || look.kind != BTF_KIND_ARRAY)
			return fail(p, at, "it is no array");
		id = look.type;
	}
	if (!id && type.kind == EXPR_POINTER && !type.stars)
		return fail(p, at, "nothing is known of what it points at: cast it, as *(u32 *)arg0");
	size = id ? size_of(p, id) : type.stars > 1 ? 8 : type.size;
	if (!size)
		return fail(p, at, "the size of what it points at isn't known");
	if (base->kind == NODE_CONTEXT) {
		if (index->kind != NODE_NUMBER || index->number >= base->count / size)
			return fail(p, at, "an element of this is to be had by a constant number only, below %u", base->count / size);
		n = node_new(p, NODE_FIELD, at);
		if (!n)
			return NULL;
		n->number = base->number + index->number * size;
		n->type = (struct expr_type){ .kind = EXPR_NUMBER, .size = size, .is_signed = type.is_signed, .is_char = type.is_char };
		return n;
	}
	if (base->kind == NODE_CONTEXT_AT && (index->kind != NODE_NUMBER || index->number > UINT16_MAX))
		return fail(p, at, "an element of this is to be had by a constant number only");
	if (index->kind == NODE_NUMBER && (__s64)index->number >= -(1 << 20) && (__s64)index->number <= (1 << 20) && size <= 1 << 10) {
		n = offset(p, base, index->number * size, at);
	} else {
		scaled = node_new(p, NODE_NUMBER, at);
		n = node_new(p, NODE_BINARY, at);
		if (!scaled || !n)
			return NULL;
		scaled->number = size;
		scaled->type = number;
		n->op = '*';
		n->a = index;
		n->b = scaled;
		n->type = number;
		scaled = n;
		n = node_new(p, NODE_BINARY, at);
		if (!n)
			return NULL;
		n->op = '+';
		n->a = base;
		n->b = scaled;
	}
	if (!n)
		return NULL;
	n->type = type;		/* of an address: whose it is */
	if (id)
		return at_address(p, n, id, type.user, 0, 0, at);
	scaled = node_new(p, NODE_LOAD, at);
	if (!scaled)
		return NULL;
	scaled->a = n;
	scaled->user = type.user;
	scaled->type = type;
	if (type.stars > 1) {
		scaled->type.stars--;
		scaled->type.kind = EXPR_POINTER;
	} else {
		scaled->type.stars = 0;
		scaled->type.kind = EXPR_NUMBER;
	}
	return scaled;
}

static const struct { const char *name; __u8 size; bool is_signed, is_char; } simple[] = {
	{ "char", 1, true, true }, { "short", 2, true, false }, { "int", 4, true, false }, { "long", 8, true, false },
	{ "unsigned", 4, false, false }, { "signed", 4, true, false }, { "bool", 1, false, false },
	{ "u8", 1, false, false }, { "u16", 2, false, false }, { "u32", 4, false, false }, { "u64", 8, false, false },
	{ "s8", 1, true, false }, { "s16", 2, true, false }, { "s32", 4, true, false }, { "s64", 8, true, false },
	{ "__s8", 1, true, false }, { "__s16", 2, true, false }, { "__s32", 4, true, false }, { "__s64", 8, true, false },
	{ "__u8", 1, false, false }, { "__u16", 2, false, false }, { "__u32", 4, false, false }, { "__u64", 8, false, false },
	{ "size_t", 8, false, false }, { "ssize_t", 8, true, false }, { "pid_t", 4, true, false }, { "void", 0, false, false },
};

/* "int", "struct file *": as it stands in a cast, by its first word. */
bool expr_is_cast(const char *text)
{
	static const char *const words[] = { "struct", "union", "enum" };
	size_t len;
	bool is = false;

	text += strspn(text, " \t");
	len = word(text);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		is |= strlen(words[i]) == len && !strncmp(text, words[i], len);
	for (size_t i = 0; i < sizeof(simple) / sizeof(*simple); i++)
		is |= strlen(simple[i].name) == len && !strncmp(text, simple[i].name, len);
	while (is && len) {
		text += len;
		text += strspn(text, " \t*");
		len = word(text);
	}
	return is && !*text;
}

static const struct expr_arg *find_arg(const struct expr_scope *scope, const char *name, size_t len)
{
	for (size_t i = 0; i < scope->n; i++)
		if (strlen(scope->args[i].name) == len && !strncmp(scope->args[i].name, name, len))
			return &scope->args[i];
	return NULL;
}

/* "(struct file *)": true, and the type; p->at is behind it then. */
static bool cast(struct parser *p, struct expr_type *type)
{
	static const struct { const char *word; __u32 kind; } kinds[] = {
		{ "struct", BTF_KIND_STRUCT }, { "union", BTF_KIND_UNION }, { "enum", BTF_KIND_ENUM },
	};
	const char *start = p->at, *name;
	__u32 kind = 0, stars = 0;
	bool is_unsigned = false, found = false;
	char text[128];
	size_t len;
	int id;

	*type = (struct expr_type){ .user = p->scope->user };
	space(p);
	len = word(p->at);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (len == strlen(kinds[i].word) && !strncmp(p->at, kinds[i].word, len))
			kind = kinds[i].kind;
	if (kind) {
		p->at += len;
		space(p);
		len = word(p->at);
	}
	name = p->at;
	if (!len || len >= sizeof(text) || (!kind && find_arg(p->scope, name, len)))
		goto no;
	for (bool more = !kind; more && len;) {		/* "unsigned long long int" */
		more = false;
		for (size_t i = 0; i < sizeof(simple) / sizeof(*simple); i++)
			if (strlen(simple[i].name) == len && !strncmp(p->at, simple[i].name, len)) {
				bool sign = simple[i].name[0] == 'u' && simple[i].name[1] == 'n', only = sign || !strcmp(simple[i].name, "signed");

				if (!found || !(only || (!strcmp(simple[i].name, "int") && type->size)))
					type->size = simple[i].size;
				type->is_signed = simple[i].is_signed;
				type->is_char |= simple[i].is_char;
				is_unsigned |= sign;
				found = more = true;
			}
		if (more) {
			p->at += len;
			space(p);
			len = word(p->at);
		}
	}
	type->is_signed &= !is_unsigned;
	if (!found) {
		snprintf(text, sizeof(text), "%.*s", (int)len, name);
		p->at += len;
		space(p);
		if (!kind && *p->at != ')' && *p->at != '*')
			goto no;
		if (need_btf(p))
			goto no;
		id = btf_find(p->scope->btf, text, kind ?: BTF_KIND_TYPEDEF);
		if (id < 0) {
			if (kind)
				fail(p, name, "this kernel has no such type");
			goto no;
		}
		type->id = id;
	}
	while (take(p, "*"))
		stars++;
	if (!take(p, ")"))
		goto no;
	if (found) {
		type->kind = stars ? EXPR_POINTER : EXPR_NUMBER;
		type->stars = type->size ? stars : stars ? stars - 1 : 0;
		if (!stars && !type->size) {
			fail(p, start, "nothing can be made void");
			return true;
		}
		type->size = type->size ?: 8;
	} else if (stars > 1) {	/* a pointer to a pointer: what is behind is of this type only by one more cast */
		*type = (struct expr_type){ .kind = EXPR_POINTER, .stars = stars, .size = 8, .user = p->scope->user };
	} else if (stars) {
		type->kind = EXPR_POINTER;
		type->size = 8;
	} else {
		__u32 of = type->id;

		if (!type_of(p, of, p->scope->user, type) || type->kind == EXPR_PLACE)
			fail(p, start, "a struct can't be made by a cast: point at it");
	}
	return true;
no:
	if (!p->failed)
		p->at = start;
	return p->failed;
}

/* --- The tree, by precedence --- */

static struct node *ternary(struct parser *p);
static struct node *unary(struct parser *p);

static struct node *leaf(struct parser *p, enum node_kind kind, __u64 value, const struct expr_type *type, const char *at)
{
	struct node *n = node_new(p, kind, at);

	if (n) {
		n->number = value;
		n->type = *type;
	}
	return n;
}

static struct node *literal(struct parser *p)
{
	struct expr_type type = { .kind = EXPR_STRING };
	struct node *n = node_new(p, NODE_STRING, p->at);
	const char *start = p->at;
	size_t len = 0;

	if (!n)
		return NULL;
	n->type = type;
	for (p->at++; *p->at && *p->at != '"'; p->at++) {
		if (*p->at == '\\' && p->at[1])
			p->at++;
		if (len == TEXT_MAX - 2)	/* one more, and a NUL, are read of what is compared with it */
			return fail(p, start, "more than %d characters", TEXT_MAX - 2);
		n->text[len++] = p->at[-1] != '\\' ? *p->at : *p->at == 'n' ? '\n' : *p->at == 't' ? '\t' : *p->at;
	}
	if (*p->at != '"')
		return fail(p, start, "a string that doesn't end");
	p->at++;
	n->count = len;
	return n;
}

static struct node *read_number(struct parser *p)
{
	struct expr_type type = number;
	const char *start = p->at;
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(p->at, &end, 0);
	end += strspn(end, "uUlL");
	if (errno || isalnum((unsigned char)*end) || *end == '_')
		return fail(p, start, "no number");
	p->at = end;
	type.is_signed = value <= INT64_MAX;
	return leaf(p, NODE_NUMBER, value, &type, start);
}

static struct node *named(struct parser *p)
{
	static const struct { const char *name; enum builtin is; __u8 size; } builtins[] = {
		{ "pid", IS_PID, 4 }, { "tid", IS_TID, 4 }, { "uid", IS_UID, 4 }, { "gid", IS_GID, 4 }, { "cpu", IS_CPU, 4 },
		{ "time", IS_TIME, 8 }, { "cgroup", IS_CGROUP, 8 }, { "random", IS_RANDOM, 4 },
	};
	const char *start = p->at;
	size_t len = word(p->at);
	const struct expr_arg *arg = find_arg(p->scope, start, len);
	struct expr_type type = {};
	struct node *n;
	__s64 value;

	p->at += len;
	if (arg) {
		n = leaf(p, arg->from == ARG_TEXT ? NODE_CONTEXT : arg->from == ARG_TEXT_AT ? NODE_CONTEXT_AT :
			    arg->from == ARG_FIELD ? NODE_FIELD : arg->from == ARG_MARKER ? NODE_MARKER : NODE_WORD, arg->at, &arg->type, start);
		if (n) {
			n->count = arg->count;
			n->marker = arg->marker;
		}
		return n;
	}
	if (len == 4 && !strncmp(start, "comm", 4)) {
		type.kind = EXPR_STRING;
		return leaf(p, NODE_COMM, 0, &type, start);
	}
	for (size_t i = 0; i < sizeof(builtins) / sizeof(*builtins); i++)
		if (strlen(builtins[i].name) == len && !strncmp(start, builtins[i].name, len)) {
			type = (struct expr_type){ .kind = EXPR_NUMBER, .size = builtins[i].size, .is_signed = false };
			return leaf(p, NODE_BUILTIN, builtins[i].is, &type, start);
		}
	if (len == 7 && !strncmp(start, "latency", 7)) {
		if (!p->scope->entry)
			return fail(p, start, "latency is known at the return of a function or system call only");
		p->scope->wants_call = true;
		type = (struct expr_type){ .kind = EXPR_NUMBER, .size = 8 };
		return leaf(p, NODE_LATENCY, 0, &type, start);
	}
	if (!need_btf(p) && !btf_enumerator(p->scope->btf, start, len, &value)) {
		type = number;
		type.is_signed = value >= 0 || value == (__s32)value;
		return leaf(p, NODE_NUMBER, value, &type, start);
	}
	return fail(p, start, "there is no '%.*s' here%s", (int)len, start,
		    !p->scope->n ? "" : ": see corekit tplist -a");
}

/* entry(x): what x was worth as the call began. x is read in the scope of that, which can't ask for the same again. */
static struct node *entry(struct parser *p, const char *start)
{
	struct expr_scope *scope = p->scope;
	struct node *a, *n;

	if (!scope->entry)
		return fail(p, start, "entry() goes with the return of a function or system call only");
	scope->entry->btf = scope->entry->btf ?: scope->btf;
	p->scope = scope->entry;
	a = ternary(p);
	p->scope = scope;
	scope->btf = scope->btf ?: scope->entry->btf;	/* its type is asked for by what comes behind */
	if (!a)
		return NULL;
	if (!take(p, ")"))
		return fail(p, p->at, ") is missing");
	if ((a->type.kind != EXPR_NUMBER && a->type.kind != EXPR_POINTER) || a->kind == NODE_CONTEXT || a->kind == NODE_CONTEXT_AT)
		return fail(p, start, "numbers and addresses are kept of a call: text is str(entry(pointer))");
	if (scope->n_entries == EXPR_ENTRIES)
		return fail(p, start, "more than %d values of how a call began", EXPR_ENTRIES);
	n = leaf(p, NODE_ENTRY, scope->n_entries, &a->type, start);
	if (!n)
		return NULL;
	n->a = a;
	scope->wants_call = true;
	scope->entries[scope->n_entries++] = a;
	return n;
}

/* ip(x): 4 or 16 bytes, in the network's order. sockaddr(x): at that address. */
static struct node *address(struct parser *p, struct node *a, enum expr_look look, const char *start)
{
	bool place = a->type.kind == EXPR_PLACE, pointer = a->type.kind == EXPR_POINTER;
	__u32 size = a->kind == NODE_CONTEXT ? a->count : a->type.id && (place || pointer) ? size_of(p, a->type.id) : 0;
	struct node *n;

	if (look == LOOK_IP && a->type.kind == EXPR_NUMBER && a->type.size >= 4) {
		n = leaf(p, NODE_NARROW, 0, &(struct expr_type){ .kind = EXPR_NUMBER, .size = 4, .look = LOOK_IP }, start);
		if (n)
			n->a = a;
		return n;
	}
	if (look == LOOK_IP && (size != 4 && size != 16))
		return fail(p, start, "ip() takes a number of 4 bytes, or an array or struct of 4 or 16");
	if (a->kind == NODE_CONTEXT_AT || a->type.kind == EXPR_STRING || (look == LOOK_SOCKADDR && a->kind == NODE_CONTEXT))
		return fail(p, start, "it is no address of that");
	n = leaf(p, NODE_BYTES, 0, &(struct expr_type){ .kind = EXPR_BYTES, .look = look, .user = a->type.user }, start);
	if (!n)
		return NULL;
	n->a = a;
	n->type.size = look == LOOK_IP ? size : 112;
	if (a->type.kind == EXPR_NUMBER)
		n->type.user = p->scope->user;
	if (a->kind == NODE_CONTEXT)
		n->type.user = false;
	return n;
}

struct expr_path expr_path;

static bool find_path(void)
{
	struct btf_types *btf;

	if (btf_open(&btf, NULL))
		return false;
	expr_path = (struct expr_path){
		.mnt = btf_member_offset(btf, "path", "mnt"), .dentry = btf_member_offset(btf, "path", "dentry"),
		.parent = btf_member_offset(btf, "dentry", "d_parent"), .name = btf_member_offset(btf, "dentry", "d_name.name"),
		.root = btf_member_offset(btf, "vfsmount", "mnt_root"), .in_mount = btf_member_offset(btf, "mount", "mnt"),
		.above = btf_member_offset(btf, "mount", "mnt_parent"), .mountpoint = btf_member_offset(btf, "mount", "mnt_mountpoint"),
	};
	return expr_path.mnt >= 0 && expr_path.dentry >= 0 && expr_path.parent >= 0 && expr_path.name >= 0 && expr_path.root >= 0 &&
	       expr_path.in_mount >= 0 && expr_path.above >= 0 && expr_path.mountpoint >= 0;
}

/* path(x): of a struct file or struct path. */
static struct node *path(struct parser *p, struct node *a, const char *start)
{
	struct btf_member_at at = {};
	struct btf_look look = {};
	struct node *n;

	if ((a->type.kind != EXPR_POINTER && a->type.kind != EXPR_PLACE) || !a->type.id || btf_look(p->scope->btf, a->type.id, &look) ||
	    (strcmp(look.name, "file") && strcmp(look.name, "path")) ||
	    (!strcmp(look.name, "file") && btf_member_find(p->scope->btf, a->type.id, "f_path", 6, &at)))
		return fail(p, start, "path() takes a struct file or struct path of the kernel's, or a pointer to one");
	if (!find_path())
		return fail(p, start, "this kernel's types don't tell what paths are");
	n = leaf(p, NODE_BYTES, 0, &(struct expr_type){ .kind = EXPR_BYTES, .look = LOOK_PATH }, start);
	if (!n)
		return NULL;
	n->a = offset(p, a, at.bits / 8, start);
	return n->a ? n : NULL;
}

/* str(x): text at an address. user(x), kernel(x): whose address it is. */
static struct node *function(struct parser *p)
{
	static const char *const names[] = { "str", "user", "kernel", "ip", "sockaddr", "path", "entry" };
	const char *start = p->at;
	size_t len = word(p->at);
	struct node *a, *n;
	size_t which;

	for (which = 0; which < 7; which++)
		if (strlen(names[which]) == len && !strncmp(start, names[which], len))
			break;
	if (which == 7)
		return fail(p, start, "no such function: there are str(), ip(), sockaddr(), path(), entry(), user() and kernel()");
	p->at += len;
	take(p, "(");
	if (which == 6)
		return entry(p, start);
	a = ternary(p);
	if (!a)
		return NULL;
	if (!take(p, ")"))
		return fail(p, p->at, ") is missing");
	if (a->type.kind == EXPR_STRING || a->type.kind == EXPR_BYTES)
		return fail(p, start, "it is no address");
	if (which == 5)
		return path(p, a, start);
	if (which >= 3)
		return address(p, a, which == 3 ? LOOK_IP : LOOK_SOCKADDR, start);
	n = node_new(p, NODE_SAME, start);
	if (!n)
		return NULL;
	n->a = a;
	n->type = a->type;
	if (a->kind == NODE_CONTEXT || a->kind == NODE_CONTEXT_AT) {
		if (which)
			return fail(p, start, "it lies in the record");
		return a;
	}
	if (a->type.kind == EXPR_NUMBER)
		n->type = (struct expr_type){ .kind = EXPR_POINTER, .size = 8, .user = p->scope->user };
	if (which)
		n->type.user = which == 1;
	if (!which && n->type.kind == EXPR_POINTER)
		n->type = (struct expr_type){ .kind = EXPR_POINTER, .size = 1, .stars = 1, .is_signed = true, .is_char = true, .user = n->type.user };
	else if (!which && !n->type.is_char)
		return fail(p, start, "it is no text");
	return n;
}

static struct node *primary(struct parser *p)
{
	struct node *n;
	size_t len;

	space(p);
	if (*p->at == '"')
		return literal(p);
	if (isdigit((unsigned char)*p->at))
		return read_number(p);
	if (*p->at == '\'' && p->at[1] && p->at[1] != '\\' && p->at[2] == '\'') {
		p->at += 3;
		return leaf(p, NODE_NUMBER, (unsigned char)p->at[-2], &number, p->at - 3);
	}
	if (take(p, "(")) {
		n = ternary(p);
		if (n && !take(p, ")"))
			return fail(p, p->at, ") is missing");
		return n;
	}
	len = word(p->at);
	if (!len)
		return fail(p, p->at, *p->at ? "a value is missing" : "there is nothing");
	return p->at[len] == '(' ? function(p) : named(p);
}

static struct node *postfix(struct parser *p)
{
	struct node *n = primary(p), *index;
	const char *at;

	while (n && !p->failed) {
		space(p);
		at = p->at;
		if (take(p, "->")) {
			n = member(p, n, true, at);
		} else if (*at == '.' && ++p->at) {
			n = member(p, n, false, at);
		} else if (take(p, "[")) {
			index = ternary(p);
			if (index && !take(p, "]"))
				return fail(p, p->at, "] is missing");
			n = index ? element(p, n, index, at) : NULL;
		} else {
			break;
		}
	}
	return p->failed ? NULL : n;
}

static bool is_value(struct parser *p, const struct node *n, const char *at)
{
	if (n->type.kind == EXPR_NUMBER || n->type.kind == EXPR_POINTER)
		return true;
	fail(p, at, n->type.kind == EXPR_STRING ? "text is no number" : n->type.kind == EXPR_BYTES ? "an address like that is no number" :
	     "a struct or array is no number");
	return false;
}

static struct node *unary(struct parser *p)
{
	struct expr_type type;
	struct node *n, *zero;
	const char *at;
	char op;

	space(p);
	at = p->at;
	op = *at;
	if (++p->depth > DEEP)
		return fail(p, at, "too deep");
	if (op == '(') {
		p->at++;
		if (cast(p, &type)) {
			struct node *a = p->failed ? NULL : unary(p);

			if (!a)
				return NULL;
			if (a->type.kind == EXPR_STRING || a->type.kind == EXPR_BYTES || a->kind == NODE_CONTEXT || a->kind == NODE_CONTEXT_AT)
				return fail(p, at, "text can't be made something else");
			if (a->type.kind != EXPR_NUMBER)
				type.user = a->type.user;
			n = node_new(p, type.kind == EXPR_NUMBER && type.size < 8 ? NODE_NARROW : NODE_SAME, at);
			if (!n)
				return NULL;
			n->a = a;
			n->type = type;
			p->depth--;
			return n;
		}
		p->at = at;
	} else if (op == '*' || op == '!' || op == '~' || op == '-' || op == '&') {
		p->at++;
		n = unary(p);
		if (!n)
			return NULL;
		p->depth--;
		if (op == '*') {
			zero = leaf(p, NODE_NUMBER, 0, &number, at);
			return zero ? element(p, n, zero, at) : NULL;
		}
		if (op == '&') {
			if (n->type.kind == EXPR_PLACE && n->kind != NODE_CONTEXT && n->kind != NODE_CONTEXT_AT) {
				zero = leaf(p, NODE_SAME, 0, &n->type, at);
				if (zero) {
					zero->a = n;
					zero->type.kind = EXPR_POINTER;
				}
				return zero;
			}
			if (n->kind != NODE_LOAD || n->width)
				return fail(p, at, "it has no address");
			zero = leaf(p, NODE_SAME, 0, &(struct expr_type){ .kind = EXPR_POINTER, .size = 8, .user = n->user }, at);
			if (zero)
				zero->a = n->a;
			return zero;
		}
		if (!is_value(p, n, at))
			return NULL;
		zero = leaf(p, NODE_UNARY, 0, &number, at);
		if (zero) {
			zero->op = op;
			zero->a = n;
			if (op != '!' && !n->type.is_signed && n->type.size == 8)
				zero->type.is_signed = false;
		}
		return zero;
	}
	n = postfix(p);
	p->depth--;
	return n;
}

/* "<=" and "<<" before "<": each operator with its strength and what it is called here. */
static const struct { char text[3]; char op; int strength; } operators[] = {
	{ "||", 'O', 1 }, { "&&", 'A', 2 }, { "|", '|', 3 }, { "^", '^', 4 }, { "&", '&', 5 }, { "==", '=', 6 }, { "!=", '#', 6 },
	{ "<<", 'L', 8 }, { ">>", 'R', 8 }, { "<=", 'l', 7 }, { ">=", 'g', 7 }, { "<", '<', 7 }, { ">", '>', 7 },
	{ "+", '+', 9 }, { "-", '-', 9 }, { "*", '*', 10 }, { "/", '/', 10 }, { "%", '%', 10 },
};

bool node_is_text(const struct node *n)
{
	return n->type.kind == EXPR_STRING || ((n->type.kind == EXPR_PLACE || (n->type.kind == EXPR_POINTER && n->type.stars <= 1)) && n->type.is_char);
}

static bool is_wide(const struct node *n)
{
	return n->type.kind == EXPR_POINTER || (n->type.size == 8 && !n->type.is_signed);
}

static struct node *text_comparison(struct parser *p, struct node *a, struct node *b, char op, const char *at)
{
	struct node *n, *swap = a;
	struct in_addr ip;

	if (op != '=' && op != '#')
		return fail(p, at, "text can be compared by == and != only");
	if (a->kind == NODE_STRING) {
		a = b;
		b = swap;
	}
	if (b->kind != NODE_STRING)
		return fail(p, at, "text can be compared with a \"constant\" only");
	if (a->type.look == LOOK_IP && a->type.kind == EXPR_NUMBER) {
		if (inet_pton(AF_INET, b->text, &ip) != 1)
			return fail(p, at, "\"%s\" is no IPv4 address", b->text);
		n = leaf(p, NODE_BINARY, 0, &number, at);
		if (n) {
			n->op = op;
			n->a = a;
			n->b = leaf(p, NODE_NUMBER, ip.s_addr, &number, at);
		}
		return n && n->b ? n : NULL;
	}
	if (!node_is_text(a) || a->kind == NODE_STRING)
		return fail(p, at, "it is no text: str() takes an address for that of text");
	n = leaf(p, NODE_TEXT_IS, 0, &number, at);
	if (n) {
		n->op = op;
		n->a = a;
		n->b = b;
	}
	return n;
}

/* Pointers go by what they point at, as in C; where nothing is known of it, by bytes. */
static __u32 step_of(struct parser *p, const struct expr_type *type)
{
	struct btf_look look;

	if (!type->id)
		return type->stars > 1 ? 8 : type->stars ? type->size : 1;
	if (btf_look(p->scope->btf, type->id, &look))
		return 0;
	return look.kind == 0 || look.kind == BTF_KIND_FUNC_PROTO ? 1 : size_of(p, type->id);
}

static struct node *operation(struct parser *p, char op, struct node *a, struct node *b, const struct expr_type *type, const char *at)
{
	struct node *n = leaf(p, NODE_BINARY, 0, type, at);

	if (n) {
		n->op = op;
		n->a = a;
		n->b = b;
	}
	return n && a && b ? n : NULL;
}

static struct node *step(struct parser *p, char op, struct node *a, struct node *b, const char *at)
{
	struct node *swap = a;
	__u32 bytes;

	if (op == '+' && b->type.kind == EXPR_POINTER && a->type.kind == EXPR_NUMBER) {
		a = b;
		b = swap;
	}
	bytes = step_of(p, &a->type);
	if (!bytes)
		return fail(p, at, "the size of what it points at isn't known: cast it, as (u64)arg0");
	if (b->type.kind == EXPR_NUMBER) {
		if (bytes > 1)
			b = operation(p, '*', b, leaf(p, NODE_NUMBER, bytes, &number, at), &number, at);
		return operation(p, op, a, b, &a->type, at);
	}
	a = operation(p, '-', a, b, &number, at);
	return bytes > 1 ? operation(p, '/', a, leaf(p, NODE_NUMBER, bytes, &number, at), &number, at) : a;
}

/* p + 1, 1 + p, p - 1, p - q */
static bool is_step(char op, const struct node *a, const struct node *b)
{
	bool left = a->type.kind == EXPR_POINTER, right = b->type.kind == EXPR_POINTER;

	return (op == '+' && left != right) || (op == '-' && left);
}

static struct node *binary(struct parser *p, int strength)
{
	struct node *a = unary(p), *b, *n;
	size_t which;
	const char *at;
	char op;

	while (a) {
		space(p);
		at = p->at;
		for (which = 0; which < sizeof(operators) / sizeof(*operators); which++)
			if (!strncmp(at, operators[which].text, strlen(operators[which].text)))
				break;
		if (which == sizeof(operators) / sizeof(*operators) || operators[which].strength < strength)
			return a;
		op = operators[which].op;
		p->at += strlen(operators[which].text);
		if (++p->depth > DEEP)
			return fail(p, at, "too deep");
		b = binary(p, operators[which].strength + 1);
		p->depth--;
		if (!b)
			return NULL;
		if (a->kind == NODE_STRING || b->kind == NODE_STRING) {
			a = text_comparison(p, a, b, op, at);
			continue;
		}
		if (!is_value(p, a, at) || !is_value(p, b, at))
			return NULL;
		if (is_step(op, a, b)) {
			a = step(p, op, a, b, at);
			continue;
		}
		if ((op == '/' || op == '%') && b->kind == NODE_NUMBER && !b->number)
			return fail(p, at, "a division by 0");
		n = leaf(p, op == 'O' || op == 'A' ? NODE_LOGIC : NODE_BINARY, 0, &number, at);
		if (!n)
			return NULL;
		n->op = op;
		n->a = a;
		n->b = b;
		n->is_unsigned = op == 'R' ? is_wide(a) : is_wide(a) || is_wide(b);
		if (!strchr("=#lg<>OA", op) && n->is_unsigned)
			n->type.is_signed = false;
		a = n;
	}
	return a;
}

static struct node *ternary(struct parser *p)
{
	struct node *a = binary(p, 1), *n;
	const char *at;

	space(p);
	at = p->at;
	if (!a || *at != '?')
		return a;
	p->at++;
	if (++p->depth > DEEP)
		return fail(p, at, "too deep");
	n = leaf(p, NODE_CHOICE, 0, &number, at);
	if (!n || !is_value(p, a, at))
		return NULL;
	n->a = a;
	n->b = ternary(p);
	if (!n->b)
		return NULL;
	if (!take(p, ":"))
		return fail(p, p->at, ": is missing");
	n->c = ternary(p);
	p->depth--;
	if (!n->c || !is_value(p, n->b, at) || !is_value(p, n->c, at))
		return NULL;
	n->type.is_signed = !is_wide(n->b) && !is_wide(n->c);
	return n;
}

int expr_new(struct expr **expr, struct expr_scope *scope, const char *text, struct expr_error *e)
{
	struct parser p = { .text = text, .at = text, .scope = scope, .e = e };

	*e = (struct expr_error){};
	p.expr = *expr = calloc(1, sizeof(**expr));
	if (!p.expr)
		return -ENOMEM;
	p.expr->root = ternary(&p);
	space(&p);
	if (!p.failed && *p.at)
		fail(&p, p.at, "an operator is missing");
	if (!p.failed && p.expr->root->type.kind == EXPR_PLACE && !node_is_text(p.expr->root))
		fail(&p, text, "a struct or array has no value: name a member, or &it");
	if (!p.failed && expr_find_names(p.expr, scope->btf))
		fail(&p, text, "out of memory");
	if (p.failed) {
		expr_free(p.expr);
		*expr = NULL;
		return -EINVAL;
	}
	return 0;
}

void expr_free(struct expr *expr)
{
	struct node *next;

	for (struct node *n = expr ? expr->all : NULL; n; n = next) {
		next = n->next;
		free(n);
	}
	if (expr)
		free(expr->names);
	free(expr);
}

const struct expr_type *expr_type(const struct expr *expr)
{
	return &expr->root->type;
}

bool expr_is_text(const struct expr *expr)
{
	return node_is_text(expr->root);
}

bool expr_is_bytes(const struct expr *expr)
{
	return expr_is_text(expr) || expr->root->type.kind == EXPR_BYTES;
}

__u32 expr_size(const struct expr *expr, __u32 most)
{
	const struct node *n = expr->root;
	__u32 size = n->kind == NODE_COMM ? 16 : n->kind == NODE_STRING ? n->count + 1 : n->kind == NODE_CONTEXT ? n->count : most;

	if (!expr_is_bytes(expr))
		return 8;
	if (n->type.look == LOOK_PATH)
		return PATH_ROOM;
	if (n->type.kind == EXPR_BYTES)		/* what is short enough is whole */
		return n->type.look == LOOK_IP ? n->type.size : most < 28 ? 28 : most < n->type.size ? most : n->type.size;
	return size < most ? size : most;
}
