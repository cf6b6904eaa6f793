/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files that make, write and read values know of each other. */
#ifndef VALUE_NODE_H
#define VALUE_NODE_H

#include "lib/value.h"

#define VALUE_DEPTH 32
#define VALUE_NODES (1 << 16)		/* of one type, against hostile BTF */
#define VALUE_BYTES (32U << 20)
#define VALUE_WEIGHT (1ULL << 26)	/* fields, with those of each element */

typedef unsigned __int128 u128;

enum value_kind {
	K_INT, K_BOOL, K_ENUM, K_FLOAT, K_POINTER,
	K_STRING,	/* a char array */
	K_BYTES,	/* what a hint or nothing at all is known of: addresses, hex */
	K_STRUCT, K_UNION, K_ARRAY,
	K_KERNEL,	/* a lock, a timer, a kptr: the kernel keeps it, and shows it to nobody */
};

struct value_name {
	const char *name;
	u128 value;	/* as the bits stand */
};

struct value_node {
	const char *name;		/* of the member, the BTF's own */
	char *type;			/* as C says it: "struct in6_addr", "char[16]" */
	enum value_kind kind;
	enum value_as as;
	bool is_signed, lpm;
	__u32 at, bits;			/* place in what it is part of, and size */
	__u32 n;			/* members, elements or names */
	struct value_node *parts;	/* the members; of an array, one element */
	struct value_name *names;
};

struct value_type {
	struct value_node root;
	size_t size;
	__u8 *known;			/* a bit for each that some field shows */
	bool raw, has_kernel;
};

static inline bool value_inner(const struct value_node *n)
{
	return n->kind == K_STRUCT || n->kind == K_UNION;
}

/* Members of a struct without a name are those of what it is in. */
static inline bool value_transparent(const struct value_node *n)
{
	return value_inner(n) && !*n->name;
}

u128 value_bits(const void *bytes, __u32 at, __u32 bits);
void value_set_bits(void *bytes, __u32 at, __u32 bits, u128 v);
const struct value_node *value_member(const struct value_node *n, const char *name, size_t len, __u32 *at);
int value_path(const struct value_node *from, const char *path, size_t len, struct value_field *f);

#endif
