/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A map with the types of its keys and values: from its BTF, from a file that lends them, or known of its kind. */
#ifndef TYPED_H
#define TYPED_H

#include "lib/map.h"
#include "lib/value.h"

struct btf;
struct out;

/* How the user wants it: --as, --type */
struct typed_how {
	struct value_hint hints[32];
	size_t n_hints;
	const char *lend;	/* FILE:MAP, FILE:TYPE for the value; FILE empty: the kernel */
	const char *lend_key;	/* FILE:TYPE */
};

struct typed {
	struct map map;
	struct value_type *key, *value;
	struct btf *btf[3];	/* what they are made of */
	int key_fd;		/* of a key that is a task, a cgroup, a file or a socket; -1 */
	char key_name[256];	/* ... and what it is called */
};

/* One line on stderr if it fails. */
int typed_open(struct typed *t, const char *name, bool write, struct typed_how *how);
void typed_close(struct typed *t);
int typed_as(struct typed_how *how, const char *list);	/* "src=ip4,key.port=be16" */
int typed_hints_used(const struct typed_how *how);	/* -EINVAL after a line: a field that isn't there */

/*
 * The types that FILE:NAME says: of a map's key and value, or of a type as the value (key NULL then). 0 for an id: none.
 * The BTF is the caller's.
 */
int typed_lend(const char *what, struct btf **btf, __u32 *key, __u32 *value);

/* A key from the command line; what it must be is known. One line on stderr if it fails. */
int typed_key(struct typed *t, const char *text, void *key);
bool typed_key_is_fd(const struct typed *t);
/* A value, for all CPUs; the rest of it stays if partial. Maps of descriptors: id:N or a path. */
int typed_value(struct typed *t, const char *text, bool partial, void *value, void *mask);	/* mask may be NULL */
void typed_complain(const char *what, const char *text, const struct value_error *e);

/* An entry's parts as cells. */
void typed_write_key(struct value_buf *to, const struct typed *t, const void *key, enum value_format format);
void typed_write_value(struct value_buf *to, const struct typed *t, const void *value, enum value_format format);

/*
 * Set the bits of the mask in an entry that is there, where it lies, by a BPF program of a few instructions: what others
 * change meanwhile stays, and so does what the kernel keeps in it. -ENOENT: no such entry; -EOPNOTSUPP: not this map.
 */
int typed_patch(const struct typed *t, const void *key, const void *value, const void *mask);

/* All entries, also of the storages of tasks, cgroups and sockets. */
int typed_walk(struct typed *t, map_fn fn, void *ctx, __u64 *restarts);
int typed_walk_failed(const char *what, const struct typed *t, int ret);	/* one line on stderr; what to return */

/* --where: 'port == 53 && (src == 10.0.0.1 || comm != "x")', of the fields of key and value. */
struct where;
int where_new(struct where **w, const struct typed *t, const char *text);
bool where_matches(const struct where *w, const struct typed *t, const void *key, const void *value);
void where_free(struct where *w);

/* A field of key or value, "key.src", "packets"; one line on stderr if there is none. */
struct typed_field {
	bool of_key;
	struct value_field field;
};
int typed_field(const struct typed *t, const char *path, struct typed_field *f);

#endif
