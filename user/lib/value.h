/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Values of any C type, told by BTF: as text, JSON and CSV, and read from what a person or a file says.
 *
 *	{src: 10.0.0.1, port: 53, comm: "dig", state: ESTABLISHED, slots: [1, 2, 3]}
 *
 * What is read is what is written, and JSON as well: names may be quoted, a string is a word or quoted, = is as good as
 * a colon. "hex:0a000001" stands for the bytes of any type. Whatever is written can be read back to the same bytes: what
 * no field shows (padding that isn't zero) is written as one more field, "@hex".
 */
#ifndef VALUE_H
#define VALUE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct btf;
struct value_type;
struct value_node;

/* How a field is meant, where its type doesn't say: --as FIELD=ip4, or a BTF decl tag "ip4" on it. */
enum value_as {
	AS_NONE,
	AS_IP4,		/* also a __be32, a struct in_addr */
	AS_IP6,		/* a struct in6_addr */
	AS_MAC,
	AS_BE16,	/* a __be16 */
	AS_BE32,
	AS_BE64,	/* a __be64 */
	AS_NS,		/* text: seconds; JSON: ns */
	AS_STR,		/* bytes that are text, as a char array is */
	AS_HEX,
};

struct value_hint {
	const char *field;	/* a name, or a path from the outermost type: "port", "flow.port"; "": the value itself */
	enum value_as as;
	bool used;		/* out: there is such a field */
};

/* What is wrong, and where in the text: a count of bytes from its start. */
struct value_error {
	size_t at;
	char text[192];
};

/* Text that grows; `failed` once memory ran out. */
struct value_buf {
	char *text;
	size_t len, room;
	bool failed;
};

enum value_format { VALUE_TEXT, VALUE_JSON };

/* A part of a value, found by its path. */
struct value_field {
	const struct value_node *node;
	__u32 at;		/* bits from the start of the value */
};

void value_printable(char *text);	/* control characters become "?" */
int value_as_find(const char *name);		/* enum value_as, or -ENOENT */

/*
 * What is to be known of a type, checked once: BTF may come from anyone. It must outlive the type. id 0: bytes without a
 * type, `size` of them; else size, where it isn't 0, is what the type must have. -EINVAL, -E2BIG: e says why.
 */
int value_type_new(struct value_type **type, const struct btf *btf, __u32 id, size_t size, struct value_hint *hints,
		   size_t n_hints, struct value_error *e);
void value_type_free(struct value_type *type);
void value_type_lpm(struct value_type *type);	/* a key of an LPM trie: 10.0.0.0/8, if it is length and address */
size_t value_size(const struct value_type *type);
bool value_is_raw(const struct value_type *type);	/* nothing is known of it but its size */
bool value_is_plain(const struct value_type *type);	/* no struct, so it has no named fields */
bool value_has_kernel(const struct value_type *type);	/* a timer, a kptr: what the kernel keeps in it */
int value_lock(const struct value_type *type);		/* where its struct bpf_spin_lock is, in bytes; -1: it has none */
const __u8 *value_known(const struct value_type *type);	/* a bit for each that user space may set */

void value_write(struct value_buf *to, const struct value_type *type, const void *bytes, enum value_format format);
/* The sum, the least or the most of each number over CPUs; what is no number, if it is the same on all. */
enum value_over { OVER_SUM, OVER_MIN, OVER_MAX };
void value_write_over(struct value_buf *to, const struct value_type *type, const void *bytes, size_t stride, int cpus,
		      enum value_over over, enum value_format format);
void value_write_field(struct value_buf *to, const struct value_field *f, const void *bytes, enum value_format format);

/* CSV: a cell for each field of a struct, and of structs in it. */
void value_csv_names(struct value_buf *to, const struct value_type *type, const char *prefix);
void value_csv(struct value_buf *to, const struct value_type *type, const void *bytes);
/* A cell for one field, by its path; the same path once more must say the same. */
int value_csv_parse(const struct value_type *type, const char *path, const char *cell, void *bytes, void *mask,
		    struct value_error *e);
/* After all the cells: is each field given? */
int value_complete(const struct value_type *type, const void *mask, struct value_error *e);

/*
 * bytes are to be zeroed, or what is to be changed; mask, zeroed, gets the bits that were given. A field that is not
 * given is an error unless partial. -EINVAL: e says what and where; bytes are then in any state.
 */
int value_parse(const struct value_type *type, const char *text, bool partial, void *bytes, void *mask, struct value_error *e);

/* "flow.port", "slots[3]", "": all of it; -ENOENT. */
int value_find(const struct value_type *type, const char *path, struct value_field *f);
bool value_is_number(const struct value_field *f);
double value_number(const struct value_field *f, const void *bytes);
bool value_is_signed(const struct value_field *f);
int value_compare(const struct value_field *f, const void *a, const void *b);	/* numbers by size, the rest by bytes */
int value_parse_field(const struct value_field *f, const struct value_type *type, const char *text, size_t *used,
		      void *bytes, struct value_error *e);	/* to the end of the literal; *used is its length */
/* The n-th field that has a number; paths are the caller's to free. -ENOENT after the last. */
int value_numeric(const struct value_type *type, unsigned int n, struct value_field *f, char *path, size_t size);

/* Offset, size, type and name of each field, a line each, indented. */
void value_layout(struct value_buf *to, const struct value_type *type);

/* For the text around values. */
void value_put(struct value_buf *to, const char *text, size_t len);
void value_puts(struct value_buf *to, const char *text);
void value_printf(struct value_buf *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
void value_quote(struct value_buf *to, const char *text, size_t len, enum value_format format);	/* with the quotes */

#endif
