/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Expressions over what a probe sees, as C has them, made into BPF instructions for the running kernel:
 *
 *	retval < 0 && file->f_path.dentry->d_name.len > 20 || comm == "dd"
 *
 * All arithmetic is in 64 bits; a type narrower than that keeps its value, so that -1 < x holds of an unsigned int too. Only
 * where an operand is an unsigned 64-bit number or a pointer is a comparison, division or >> unsigned. x / 0 is 0 and x % 0
 * is x. What can't be read is 0.
 */
#ifndef EXPR_H
#define EXPR_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include "lib/btf.h"
#include "lib/points.h"

struct expr_error {
	size_t at;		/* bytes from the start of the text */
	char text[192];
};

enum expr_kind { EXPR_NUMBER, EXPR_POINTER, EXPR_STRING, EXPR_PLACE, EXPR_BYTES /* for user space to make text of */ };
enum expr_look { LOOK_NUMBER, LOOK_IP, LOOK_SOCKADDR, LOOK_PATH };

/* A type of C. In memory (EXPR_PLACE: a struct, union or array) the value is its address. */
struct expr_type {
	enum expr_kind kind;
	__u32 id;		/* of BTF: what a pointer points at, what lies at a place; 0: a simple type, or unknown */
	__u32 stars;		/* of a pointer to a simple type: how deep; 0: void */
	__u8 size;		/* of a number, or the simple type: 1, 2, 4, 8; of EXPR_BYTES */
	enum expr_look look;
	bool is_signed, is_char;
	bool user;		/* the address is one of the program's, not the kernel's */
	__u32 enum_id;		/* a number that has names: of BTF, or ... */
	const char *names;	/* ... as a tracepoint's format has them: "__print_flags(REC->flags, "|", { 1, "A" }, ...)" */
};

/* What a number can be, by name. */
struct expr_names {
	size_t n;
	bool flags;		/* each is one bit, or several */
	struct { __u64 value; const char *name; } all[];
};

struct expr_arg {
	char name[64];
	struct expr_type type;
	enum { ARG_WORD, ARG_FIELD, ARG_TEXT, ARG_TEXT_AT, ARG_MARKER } from;	/* a register's 8 bytes; of a record: number, text, __data_loc */
	__u32 at;		/* where in the context */
	__u32 count;		/* ARG_TEXT: bytes */
	struct expr_usdt {
		__s64 add;	/* a constant, or what is added to the registers */
		int base, index;	/* where in the context; -1: none */
		__u32 scale;
		bool memory;
	} marker;
};

struct node;

#define EXPR_ARGS    64
#define EXPR_ENTRIES 6		/* CALL_VALUES in bpf/lib/generated.bpf.h */

/* The names that an expression may use at a place. */
struct expr_scope {
	struct btf_types *btf;	/* may be NULL until a type is asked for */
	struct expr_arg args[EXPR_ARGS];
	size_t n;
	bool user;		/* pointers that nothing says more of are the program's */
	struct expr_scope *entry;	/* at a return: what there was as the call began; NULL: that isn't known */
	const struct node *entries[EXPR_ENTRIES];	/* what expressions ask of it: code_entry() */
	size_t n_entries;
	bool wants_call;	/* they ask for something of it, or for its latency */
};

int expr_scope_of(struct expr_scope *scope, const struct place *place);	/* -errno: nothing is known of its arguments */

struct expr;
/* -EINVAL: e says what, and where. */
int expr_new(struct expr **expr, struct expr_scope *scope, const char *text, struct expr_error *e);
void expr_free(struct expr *expr);
const struct expr_type *expr_type(const struct expr *expr);
bool expr_is_cast(const char *text);		/* no expression, but a type as it stands in brackets before one */
bool expr_is_text(const struct expr *expr);	/* a string, or chars in memory */
bool expr_is_bytes(const struct expr *expr);	/* no number, but such text or what becomes text: expr_gen_bytes() */
__u32 expr_size(const struct expr *expr, __u32 most);	/* bytes that it takes; of text, with its NUL, at most so many */
const struct expr_names *expr_names(const struct expr *expr);	/* NULL: it has none */
/* What expr_gen() or expr_gen_bytes() has left, as text; of numbers without names or look, decimal. Its length. */
size_t expr_show(const struct expr *expr, const char *bytes, size_t size, char *text, size_t room);
int expr_complain(const char *text, const struct expr_error *e);	/* one line on stderr; -EINVAL */

/* What it is worth, where nothing but these arguments is asked: the plain model that programs are compared with. */
__u64 expr_model(const struct expr *expr, const __u64 *args);

/* --- Instructions --- */

#define CODE_MAX 4096
#define CODE_ROOM 288		/* bytes of the stack that expressions use */

struct code {
	struct bpf_insn insns[CODE_MAX];
	int n;
	int failed;		/* -errno */
};

void code_put(struct code *c, __u8 op, __u8 to, __u8 from, __s16 off, __s32 imm);
void code_call(struct code *c, __s32 helper);
void code_map(struct code *c, __u8 to, int fd);
void code_value(struct code *c, __u8 to, __u64 value);
int code_jump(struct code *c, __u8 op, __u8 left, __u8 right, __s32 imm);	/* forward: to be given to code_here() */
void code_here(struct code *c, int jump);

/*
 * The beginning of code that stands in for generated() of bpf/lib/generated.bpf.h: R6 is then the context, R7 memory to
 * write to, R8 the room on the stack. All others are free.
 */
void code_enter(struct code *c);

/* The value in R0. */
void expr_gen(struct code *c, const struct expr *expr);
/* Text or bytes to R7 + at, `size` bytes, text with a NUL; R7 is memory that a program may write to. */
void expr_gen_bytes(struct code *c, const struct expr *expr, int at, int size);
/* What is to be known of a call when it returns, to R7. */
void code_entries(struct code *c, const struct node *const *entries, size_t n);

#endif
