/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An expression's tree: what expr_parse.c makes and expr_gen.c carries out. */
#ifndef EXPR_NODE_H
#define EXPR_NODE_H

#include "lib/expr.h"

#define TEXT_MAX 64

enum builtin { IS_PID, IS_TID, IS_UID, IS_GID, IS_CPU, IS_TIME, IS_CGROUP, IS_RANDOM };

enum node_kind {
	NODE_NUMBER,		/* number */
	NODE_STRING,		/* text */
	NODE_WORD,		/* a register, or an argument of a raw tracepoint: 8 bytes of the context at `number` */
	NODE_FIELD,		/* type.size bytes of it */
	NODE_CONTEXT,		/* the address in the context: text of `count` bytes there */
	NODE_CONTEXT_AT,	/* a word at that place says where the text is */
	NODE_MARKER,		/* marker */
	NODE_COMM,
	NODE_BUILTIN,		/* number: which */
	NODE_UNARY,		/* op a */
	NODE_BINARY,		/* a op b */
	NODE_LOGIC,		/* a && b, a || b */
	NODE_CHOICE,		/* a ? b : c */
	NODE_TEXT_IS,		/* a == b, a != b */
	NODE_OFFSET,		/* a + number, an address */
	NODE_LOAD,		/* what is at a */
	NODE_NARROW,		/* a, as much of it as type holds */
	NODE_SAME,		/* a, by another type */
	NODE_ENTRY,		/* what a was worth as the call began: value `number` of it */
	NODE_LATENCY,		/* how long it took */
	NODE_BYTES,		/* for user space: type.size bytes at a, by type.look */
};

struct node {
	enum node_kind kind;
	char op;
	bool user, is_unsigned;
	struct expr_type type;
	struct node *a, *b, *c, *next;
	__u64 number;
	__u32 bit, width;	/* of a bit field */
	__u32 count;
	size_t at;
	struct expr_usdt marker;	/* a copy: the scope is that of the next place by the time of the code */
	char text[TEXT_MAX];
};

/* Of path(): a length, then names from the last to the first, each with its NUL. */
#define PATH_PARTS 32		/* names and mounts */
#define PATH_NAME  64
#define PATH_ROOM  (8 + 256 + PATH_NAME)

/* Where in the kernel's structs it is: of a struct path, a dentry, a vfsmount, a mount. */
struct expr_path {
	__s32 mnt, dentry, parent, name, root, in_mount, above, mountpoint;
};

extern struct expr_path expr_path;

struct expr {
	struct node *root, *all;
	struct expr_names *names;
};

bool node_is_text(const struct node *n);
/* Those of an expression's value: expr_show.c */
int expr_find_names(struct expr *expr, struct btf_types *btf);

#endif
