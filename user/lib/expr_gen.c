// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Expressions as BPF instructions, of the oldest set. A value is in R0; what waits for another value waits on the stack. Each
 * tree is as good as the verifier wants it: jumps go forward only, and nothing is read but what a helper has fetched.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include "lib/expr_node.h"
#include "lib/lib.h"

#define SLOTS	24			/* values that wait */
#define IDS	16			/* process and thread id; before it what code_enter() takes */
#define CALL	24			/* where a call's latency is, and behind it its values */
#define WAITING 32
#define FETCHED (WAITING + 8 * SLOTS)	/* in the room: what a helper has read */

_Static_assert(FETCHED + TEXT_MAX <= CODE_ROOM, "");

static int slot_at(int slot)
{
	return WAITING + 8 * slot;
}

void code_put(struct code *c, __u8 op, __u8 to, __u8 from, __s16 off, __s32 imm)
{
	if (c->n >= CODE_MAX)
		c->failed = -E2BIG;
	else
		c->insns[c->n++] = (struct bpf_insn){ .code = op, .dst_reg = to, .src_reg = from, .off = off, .imm = imm };
}

void code_call(struct code *c, __s32 helper)
{
	code_put(c, BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}

void code_map(struct code *c, __u8 to, int fd)
{
	code_put(c, BPF_LD | BPF_IMM | BPF_DW, to, BPF_PSEUDO_MAP_FD, 0, fd);
	code_put(c, 0, 0, 0, 0, 0);
}

void code_value(struct code *c, __u8 to, __u64 value)
{
	if ((__s64)value == (__s32)value) {
		code_put(c, BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value);
		return;
	}
	code_put(c, BPF_LD | BPF_IMM | BPF_DW, to, 0, 0, value);
	code_put(c, 0, 0, 0, 0, value >> 32);
}

int code_jump(struct code *c, __u8 op, __u8 left, __u8 right, __s32 imm)
{
	code_put(c, BPF_JMP | op, left, right, 0, imm);
	return c->n - 1;
}

void code_here(struct code *c, int jump)
{
	if (c->n - jump - 1 > INT16_MAX)
		c->failed = -E2BIG;
	else
		c->insns[jump].off = c->n - jump - 1;
}

static void alu(struct code *c, __u8 op, __u8 to, __u8 from)
{
	code_put(c, BPF_ALU64 | op | BPF_X, to, from, 0, 0);
}

static void alu_k(struct code *c, __u8 op, __u8 to, __s32 imm)
{
	code_put(c, BPF_ALU64 | op | BPF_K, to, 0, 0, imm);
}

#define MOVE(c, to, from) alu(c, BPF_MOV, to, from)

/* To 64 bits, as its type has it. */
static void narrow(struct code *c, __u8 reg, __u8 size, bool is_signed)
{
	if (size >= 8)
		return;
	alu_k(c, BPF_LSH, reg, 64 - size * 8);
	alu_k(c, is_signed ? BPF_ARSH : BPF_RSH, reg, 64 - size * 8);
}

static void word_of_context(struct code *c, __u8 to, __u32 at, __u8 size);

/* Of text whose place in the record the record tells: its address. */
static void told_address(struct code *c, __u32 at)
{
	word_of_context(c, BPF_REG_1, at, 4);
	alu_k(c, BPF_AND, BPF_REG_1, 0xffff);
	MOVE(c, BPF_REG_0, BPF_REG_6);
	alu(c, BPF_ADD, BPF_REG_0, BPF_REG_1);
}

static __u8 width_of(__u8 size)
{
	return size == 1 ? BPF_B : size == 2 ? BPF_H : size == 4 ? BPF_W : BPF_DW;
}

/* `size` bytes at the address in R0, to the stack. */
static void fetch(struct code *c, bool user, __u32 size, bool text)
{
	MOVE(c, BPF_REG_3, BPF_REG_0);
	MOVE(c, BPF_REG_1, BPF_REG_8);
	alu_k(c, BPF_ADD, BPF_REG_1, FETCHED);
	code_value(c, BPF_REG_2, size);
	code_call(c, text ? user ? BPF_FUNC_probe_read_user_str : BPF_FUNC_probe_read_kernel_str :
			    user ? BPF_FUNC_probe_read_user : BPF_FUNC_probe_read_kernel);
}

/* How much of memory it is: of a pointer, `size` is that of what it points at. */
static __u32 bytes_of(const struct node *n)
{
	return n->width ? (n->bit + n->width + 7) / 8 : n->type.kind == EXPR_POINTER ? 8 : n->type.size;
}

static void gen(struct code *c, const struct node *n, int slot);

static void clear(struct code *c, __u32 size)
{
	for (__u32 i = 0; i < size; i += 8)
		code_put(c, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_8, 0, FETCHED + i, 0);
}

static void load(struct code *c, const struct node *n, int slot)
{
	__u32 bytes = bytes_of(n);

	gen(c, n->a, slot);
	if (bytes > 8) {
		c->failed = -E2BIG;
		return;
	}
	if (n->width)
		code_put(c, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_8, 0, FETCHED, 0);
	fetch(c, n->user, bytes, false);
	if (!n->width) {
		code_put(c, BPF_LDX | BPF_MEM | width_of(bytes), BPF_REG_0, BPF_REG_8, FETCHED, 0);
		if (n->type.is_signed)
			narrow(c, BPF_REG_0, bytes, true);
		return;
	}
	code_put(c, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_0, BPF_REG_8, FETCHED, 0);
	alu_k(c, BPF_LSH, BPF_REG_0, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? n->bit : 64 - n->bit - n->width);
	alu_k(c, n->type.is_signed ? BPF_ARSH : BPF_RSH, BPF_REG_0, 64 - n->width);
}

/* The context's words are checked by the verifier: each is read as large as it is there. */
static void word_of_context(struct code *c, __u8 to, __u32 at, __u8 size)
{
	code_put(c, BPF_LDX | BPF_MEM | width_of(size), to, BPF_REG_6, at, 0);
}

static void marker(struct code *c, const struct node *n)
{
	const struct expr_usdt *m = &n->marker;

	code_value(c, BPF_REG_0, m->add);
	if (m->base >= 0) {
		word_of_context(c, BPF_REG_1, m->base, 8);
		alu(c, BPF_ADD, BPF_REG_0, BPF_REG_1);
	}
	if (m->index >= 0) {
		word_of_context(c, BPF_REG_1, m->index, 8);
		alu_k(c, BPF_MUL, BPF_REG_1, m->scale);
		alu(c, BPF_ADD, BPF_REG_0, BPF_REG_1);
	}
	if (m->memory) {
		fetch(c, true, n->type.size, false);
		code_put(c, BPF_LDX | BPF_MEM | width_of(n->type.size), BPF_REG_0, BPF_REG_8, FETCHED, 0);
	}
	narrow(c, BPF_REG_0, n->type.size, n->type.is_signed);
}

static void builtin(struct code *c, enum builtin is)
{
	static const __s32 helpers[] = {
		[IS_UID] = BPF_FUNC_get_current_uid_gid,
		[IS_GID] = BPF_FUNC_get_current_uid_gid, [IS_CPU] = BPF_FUNC_get_smp_processor_id, [IS_TIME] = BPF_FUNC_ktime_get_ns,
		[IS_CGROUP] = BPF_FUNC_get_current_cgroup_id, [IS_RANDOM] = BPF_FUNC_get_prandom_u32,
	};

	if (is == IS_PID || is == IS_TID)	/* in the room: as the tool has them, by the namespace it is in */
		code_put(c, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_0, BPF_REG_8, IDS, 0);
	else
		code_call(c, helpers[is]);
	if (is == IS_PID || is == IS_GID)
		alu_k(c, BPF_RSH, BPF_REG_0, 32);
	else if (is == IS_TID || is == IS_UID || is == IS_RANDOM || is == IS_CPU)
		narrow(c, BPF_REG_0, 4, false);
}

static bool is_immediate(const struct node *n)
{
	return n->kind == NODE_NUMBER && (__s64)n->number == (__s32)n->number;
}

/* A truth of R0 and R1, to R0. */
static void compare(struct code *c, __u8 op)
{
	int yes = code_jump(c, op | BPF_X, BPF_REG_0, BPF_REG_1, 0), end;

	code_value(c, BPF_REG_0, 0);
	end = code_jump(c, BPF_JA, 0, 0, 0);
	code_here(c, yes);
	code_value(c, BPF_REG_0, 1);
	code_here(c, end);
}

/* R0 is made positive; R4 is changed by what says its sign. */
static void make_positive(struct code *c, __u8 reg, bool counts)
{
	int positive = code_jump(c, BPF_JSGE | BPF_K, reg, 0, 0);

	alu_k(c, BPF_NEG, reg, 0);
	if (counts)
		alu_k(c, BPF_XOR, BPF_REG_4, 1);
	code_here(c, positive);
}

/* R0 / R1 and R0 % R1; the instruction knows no signs. By 0: 0, and R0. */
static void divide(struct code *c, char op, bool is_unsigned)
{
	int skip;

	if (!is_unsigned) {
		code_value(c, BPF_REG_4, 0);
		make_positive(c, BPF_REG_0, true);
		make_positive(c, BPF_REG_1, op == '/');
	}
	alu(c, op == '/' ? BPF_DIV : BPF_MOD, BPF_REG_0, BPF_REG_1);
	if (is_unsigned)
		return;
	skip = code_jump(c, BPF_JEQ | BPF_K, BPF_REG_4, 0, 0);
	alu_k(c, BPF_NEG, BPF_REG_0, 0);
	code_here(c, skip);
}

static void operate(struct code *c, const struct node *n)
{
	static const struct { char op; __u8 code; } plain[] = {
		{ '+', BPF_ADD }, { '-', BPF_SUB }, { '*', BPF_MUL }, { '&', BPF_AND }, { '|', BPF_OR }, { '^', BPF_XOR },
	};
	static const struct { char op; __u8 is_signed, is_unsigned; } tests[] = {
		{ '=', BPF_JEQ, BPF_JEQ }, { '#', BPF_JNE, BPF_JNE }, { '<', BPF_JSLT, BPF_JLT }, { '>', BPF_JSGT, BPF_JGT },
		{ 'l', BPF_JSLE, BPF_JLE }, { 'g', BPF_JSGE, BPF_JGE },
	};

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		if (plain[i].op == n->op)
			alu(c, plain[i].code, BPF_REG_0, BPF_REG_1);
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
		if (tests[i].op == n->op)
			compare(c, n->is_unsigned ? tests[i].is_unsigned : tests[i].is_signed);
	if (n->op == '/' || n->op == '%')
		divide(c, n->op, n->is_unsigned);
	if (n->op == 'L' || n->op == 'R') {
		alu_k(c, BPF_AND, BPF_REG_1, 63);
		alu(c, n->op == 'L' ? BPF_LSH : n->is_unsigned ? BPF_RSH : BPF_ARSH, BPF_REG_0, BPF_REG_1);
	}
}

static void binary(struct code *c, const struct node *n, int slot)
{
	gen(c, n->a, slot);
	if (is_immediate(n->b)) {
		code_value(c, BPF_REG_1, n->b->number);
	} else {
		code_put(c, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_8, BPF_REG_0, slot_at(slot), 0);
		gen(c, n->b, slot + 1);
		MOVE(c, BPF_REG_1, BPF_REG_0);
		code_put(c, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_0, BPF_REG_8, slot_at(slot), 0);
	}
	operate(c, n);
}

/* The second operand isn't looked at where the first has decided. */
static void logic(struct code *c, const struct node *n, int slot)
{
	__u8 op = n->op == 'A' ? BPF_JEQ : BPF_JNE;
	int first, second, end;

	gen(c, n->a, slot);
	first = code_jump(c, op | BPF_K, BPF_REG_0, 0, 0);
	gen(c, n->b, slot);
	second = code_jump(c, op | BPF_K, BPF_REG_0, 0, 0);
	code_value(c, BPF_REG_0, n->op == 'A');
	end = code_jump(c, BPF_JA, 0, 0, 0);
	code_here(c, first);
	code_here(c, second);
	code_value(c, BPF_REG_0, n->op != 'A');
	code_here(c, end);
}

static void choice(struct code *c, const struct node *n, int slot)
{
	int no, end;

	gen(c, n->a, slot);
	no = code_jump(c, BPF_JEQ | BPF_K, BPF_REG_0, 0, 0);
	gen(c, n->b, slot);
	end = code_jump(c, BPF_JA, 0, 0, 0);
	code_here(c, no);
	gen(c, n->c, slot);
	code_here(c, end);
}

/* Where text is: its address in R0, the kernel's or the program's; false: comm, which has none. */
static bool text_address(struct code *c, const struct node *n, int slot, bool *user, __u32 *most)
{
	*user = n->type.user;
	*most = TEXT_MAX;
	switch (n->kind) {
	case NODE_COMM: return false;
	case NODE_CONTEXT:
		MOVE(c, BPF_REG_0, BPF_REG_6);
		alu_k(c, BPF_ADD, BPF_REG_0, n->number);
		*user = false;
		*most = n->count;
		return true;
	case NODE_CONTEXT_AT:
		told_address(c, n->number);
		*user = false;
		return true;
	default: gen(c, n, slot); return true;
	}
}

/* Eight bytes of a constant as a load from memory gives them. */
static __u64 eight(const char *text)
{
	__u64 value;

	memcpy(&value, text, 8);
	return value;
}

/* With its NUL, unless the text may fill its place without one. */
static void text_is(struct code *c, const struct node *n, int slot)
{
	__u32 size = n->b->count + 2, most, room = (size + 7) & ~7U;	/* what goes on behind the constant is seen to be different */
	int differs[TEXT_MAX / 8], jumps = 0, end;
	bool user;

	if (!text_address(c, n->a, slot, &user, &most)) {
		clear(c, room > 16 ? room : 16);
		MOVE(c, BPF_REG_1, BPF_REG_8);
		alu_k(c, BPF_ADD, BPF_REG_1, FETCHED);
		code_value(c, BPF_REG_2, 16);
		code_call(c, BPF_FUNC_get_current_comm);
		room = room > 16 ? room : 16;
	} else {
		clear(c, room);		/* R0 stays */
		fetch(c, user, size < most ? size : most, true);
	}
	for (__u32 i = 0; i < room; i += 8) {
		char text[8] = "";

		for (__u32 j = 0; j < 8 && i + j < n->b->count; j++)
			text[j] = n->b->text[i + j];
		code_put(c, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_1, BPF_REG_8, FETCHED + i, 0);
		code_value(c, BPF_REG_2, eight(text));
		differs[jumps++] = code_jump(c, BPF_JNE | BPF_X, BPF_REG_1, BPF_REG_2, 0);
	}
	code_value(c, BPF_REG_0, n->op == '=');
	end = code_jump(c, BPF_JA, 0, 0, 0);
	while (jumps)
		code_here(c, differs[--jumps]);
	code_value(c, BPF_REG_0, n->op != '=');
	code_here(c, end);
}

static void of_call(struct code *c, int at)
{
	code_put(c, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_1, BPF_REG_8, CALL, 0);
	code_put(c, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_0, BPF_REG_1, at, 0);
}

static void gen(struct code *c, const struct node *n, int slot)
{
	int skip;

	if (slot >= SLOTS) {
		c->failed = -E2BIG;
		return;
	}
	switch (n->kind) {
	case NODE_NUMBER: code_value(c, BPF_REG_0, n->number); break;
	case NODE_WORD:
		word_of_context(c, BPF_REG_0, n->number, 8);
		if (n->type.kind == EXPR_NUMBER)
			narrow(c, BPF_REG_0, n->type.size, n->type.is_signed);
		break;
	case NODE_FIELD:
		word_of_context(c, BPF_REG_0, n->number, bytes_of(n));
		if (n->type.is_signed)
			narrow(c, BPF_REG_0, bytes_of(n), true);
		break;
	case NODE_CONTEXT_AT: told_address(c, n->number); break;
	case NODE_MARKER: marker(c, n); break;
	case NODE_BUILTIN: builtin(c, n->number); break;
	case NODE_UNARY:
		gen(c, n->a, slot);
		if (n->op == '-') {
			alu_k(c, BPF_NEG, BPF_REG_0, 0);
		} else if (n->op == '~') {
			alu_k(c, BPF_XOR, BPF_REG_0, -1);
		} else {
			skip = code_jump(c, BPF_JEQ | BPF_K, BPF_REG_0, 0, 0);
			code_value(c, BPF_REG_0, 1);
			code_here(c, skip);
			alu_k(c, BPF_XOR, BPF_REG_0, 1);
		}
		break;
	case NODE_BINARY: binary(c, n, slot); break;
	case NODE_LOGIC: logic(c, n, slot); break;
	case NODE_CHOICE: choice(c, n, slot); break;
	case NODE_TEXT_IS: text_is(c, n, slot); break;
	case NODE_OFFSET:
		gen(c, n->a, slot);
		if (n->number)
			alu_k(c, BPF_ADD, BPF_REG_0, n->number);
		break;
	case NODE_LOAD: load(c, n, slot); break;
	case NODE_NARROW:
		gen(c, n->a, slot);
		narrow(c, BPF_REG_0, n->type.size, n->type.is_signed);
		break;
	case NODE_SAME: gen(c, n->a, slot); break;
	case NODE_ENTRY: of_call(c, 8 + 8 * n->number); break;
	case NODE_LATENCY: of_call(c, 0); break;
	default: c->failed = -EINVAL;
	}
}

/* The room is at R1, and in it is the rest. */
void code_enter(struct code *c)
{
	MOVE(c, BPF_REG_8, BPF_REG_1);
	code_put(c, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_6, BPF_REG_8, 0, 0);
	code_put(c, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_7, BPF_REG_8, 8, 0);
}

void expr_gen(struct code *c, const struct expr *expr)
{
	gen(c, expr->root, 0);
}

void code_entries(struct code *c, const struct node *const *entries, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		gen(c, entries[i], 0);
		code_put(c, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_7, BPF_REG_0, 8 * i, 0);
	}
	code_value(c, BPF_REG_0, 0);
}

/* From R0 on; the address waits in the first slot. */
static void copy(struct code *c, bool user, int from, int at, int size, bool text)
{
	code_put(c, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_3, BPF_REG_8, slot_at(0), 0);
	alu_k(c, BPF_ADD, BPF_REG_3, from);
	MOVE(c, BPF_REG_1, BPF_REG_7);
	alu_k(c, BPF_ADD, BPF_REG_1, at + from);
	code_value(c, BPF_REG_2, size);
	code_call(c, text ? user ? BPF_FUNC_probe_read_user_str : BPF_FUNC_probe_read_kernel_str :
			    user ? BPF_FUNC_probe_read_user : BPF_FUNC_probe_read_kernel);
}

/* Of a struct sockaddr as much as its family has: what comes behind it may be another page. */
static void gen_sockaddr(struct code *c, bool user, int at, int size)
{
	int local, four, end;

	copy(c, user, 0, at, 2, false);
	code_put(c, BPF_LDX | BPF_MEM | BPF_H, BPF_REG_0, BPF_REG_7, at, 0);
	local = code_jump(c, BPF_JEQ | BPF_K, BPF_REG_0, 0, AF_UNIX);
	copy(c, user, 2, at, 14, false);
	code_put(c, BPF_LDX | BPF_MEM | BPF_H, BPF_REG_0, BPF_REG_7, at, 0);
	four = code_jump(c, BPF_JNE | BPF_K, BPF_REG_0, 0, AF_INET6);
	copy(c, user, 16, at, 12, false);
	end = code_jump(c, BPF_JA, 0, 0, 0);
	code_here(c, local);
	copy(c, user, 2, at, size - 2, true);
	code_here(c, four);
	code_here(c, end);
}

/* The word at the address in R0 + offset, to R0. */
static void follow(struct code *c, __s32 offset)
{
	alu_k(c, BPF_ADD, BPF_REG_0, offset);
	fetch(c, false, 8, false);
	code_put(c, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_0, BPF_REG_8, FETCHED, 0);
}

static void keep(struct code *c, int slot)
{
	code_put(c, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_8, BPF_REG_0, slot_at(slot), 0);
}

static void take(struct code *c, __u8 to, int slot)
{
	code_put(c, BPF_LDX | BPF_MEM | BPF_DW, to, BPF_REG_8, slot_at(slot), 0);
}

/*
 * From a struct path at R0 its names, from the last on, over mounts up to the first one of the namespace: a loop, whose
 * turns R9 counts. What is said of the length is kept in memory, where the verifier forgets it.
 */
static void gen_path(struct code *c, int at)
{
	enum { MNT, DENTRY, PARENT };
	const struct expr_path *o = &expr_path;
	int again, top, name, ends[4], n_ends = 0;

	keep(c, PARENT);
	follow(c, o->mnt);
	keep(c, MNT);
	take(c, BPF_REG_0, PARENT);
	follow(c, o->dentry);
	keep(c, DENTRY);
	code_put(c, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_7, 0, at, 0);
	code_value(c, BPF_REG_9, PATH_PARTS);
	again = c->n;
	take(c, BPF_REG_0, DENTRY);
	follow(c, o->parent);
	keep(c, PARENT);
	take(c, BPF_REG_1, DENTRY);
	top = code_jump(c, BPF_JEQ | BPF_X, BPF_REG_0, BPF_REG_1, 0);
	take(c, BPF_REG_0, MNT);
	follow(c, o->root);
	take(c, BPF_REG_1, DENTRY);
	name = code_jump(c, BPF_JNE | BPF_X, BPF_REG_0, BPF_REG_1, 0);
	/* what it is mounted on; that is itself where it ends */
	code_here(c, top);
	take(c, BPF_REG_0, MNT);
	follow(c, o->above - o->in_mount);
	alu_k(c, BPF_ADD, BPF_REG_0, o->in_mount);
	take(c, BPF_REG_1, MNT);
	ends[n_ends++] = code_jump(c, BPF_JEQ | BPF_X, BPF_REG_0, BPF_REG_1, 0);
	keep(c, PARENT);
	take(c, BPF_REG_0, MNT);
	follow(c, o->mountpoint - o->in_mount);
	keep(c, DENTRY);
	ends[n_ends++] = code_jump(c, BPF_JEQ | BPF_K, BPF_REG_0, 0, 0);
	take(c, BPF_REG_0, PARENT);
	keep(c, MNT);
	alu_k(c, BPF_SUB, BPF_REG_9, 1);
	code_put(c, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_9, 0, again - c->n - 1, 0);
	ends[n_ends++] = code_jump(c, BPF_JA, 0, 0, 0);
	/* a name */
	code_here(c, name);
	take(c, BPF_REG_0, DENTRY);
	follow(c, o->name);
	MOVE(c, BPF_REG_3, BPF_REG_0);
	code_put(c, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_1, BPF_REG_7, at, 0);
	ends[n_ends++] = code_jump(c, BPF_JGT | BPF_K, BPF_REG_1, 0, PATH_ROOM - 8 - PATH_NAME);
	alu(c, BPF_ADD, BPF_REG_1, BPF_REG_7);
	alu_k(c, BPF_ADD, BPF_REG_1, at + 8);
	code_value(c, BPF_REG_2, PATH_NAME);
	code_call(c, BPF_FUNC_probe_read_kernel_str);
	top = code_jump(c, BPF_JSLE | BPF_K, BPF_REG_0, 0, 0);
	code_put(c, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_1, BPF_REG_7, at, 0);
	alu(c, BPF_ADD, BPF_REG_1, BPF_REG_0);
	code_put(c, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_7, BPF_REG_1, at, 0);
	take(c, BPF_REG_0, PARENT);
	keep(c, DENTRY);
	alu_k(c, BPF_SUB, BPF_REG_9, 1);
	code_put(c, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_9, 0, again - c->n - 1, 0);
	code_here(c, top);
	while (n_ends)
		code_here(c, ends[--n_ends]);
}

static void gen_bytes(struct code *c, const struct node *n, int at, int size)
{
	if (n->type.look == LOOK_PATH) {
		gen(c, n->a, 0);
		gen_path(c, at);
		return;
	}
	if (n->a->kind == NODE_CONTEXT) {
		MOVE(c, BPF_REG_0, BPF_REG_6);
		alu_k(c, BPF_ADD, BPF_REG_0, n->a->number);
	} else {
		gen(c, n->a, 0);
	}
	code_put(c, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_8, BPF_REG_0, slot_at(0), 0);
	if (n->type.look == LOOK_SOCKADDR)
		gen_sockaddr(c, n->type.user, at, size);
	else
		copy(c, n->type.user, 0, at, size, false);
}

void expr_gen_bytes(struct code *c, const struct expr *expr, int at, int size)
{
	const struct node *n = expr->root;
	bool user, has_address;
	__u32 most;
	int ok;

	if (n->type.kind == EXPR_BYTES) {
		gen_bytes(c, n, at, size);
		return;
	}

	if (n->kind == NODE_STRING) {
		for (int i = 0; i < size && i <= (int)n->count; i++)
			code_put(c, BPF_ST | BPF_MEM | BPF_B, BPF_REG_7, 0, at + i, i < size - 1 ? n->text[i] : 0);
		return;
	}
	has_address = text_address(c, n, 0, &user, &most);
	if (has_address)
		MOVE(c, BPF_REG_3, BPF_REG_0);
	MOVE(c, BPF_REG_1, BPF_REG_7);
	alu_k(c, BPF_ADD, BPF_REG_1, at);
	code_value(c, BPF_REG_2, !has_address ? size < 16 ? size : 16 : n->kind == NODE_CONTEXT && (int)most < size ? (int)most : size);
	code_call(c, !has_address ? BPF_FUNC_get_current_comm : user ? BPF_FUNC_probe_read_user_str : BPF_FUNC_probe_read_kernel_str);
	ok = code_jump(c, BPF_JSGE | BPF_K, BPF_REG_0, 0, 0);
	code_put(c, BPF_ST | BPF_MEM | BPF_B, BPF_REG_7, 0, at, 0);
	code_here(c, ok);
}

/* --- The same in C --- */

static __u64 model(const struct node *n, const __u64 *args);

static __u64 narrowed(__u64 value, __u8 size, bool is_signed)
{
	if (size >= 8)
		return value;
	value <<= 64 - size * 8;
	return is_signed ? (__u64)((__s64)value >> (64 - size * 8)) : value >> (64 - size * 8);
}

static __u64 model_divide(__u64 a, __u64 b, bool modulo, bool is_unsigned)
{
	bool minus = !is_unsigned && ((__s64)a < 0) != (!modulo && (__s64)b < 0);
	__u64 result;

	if (!is_unsigned) {
		a = (__s64)a < 0 ? -a : a;
		b = (__s64)b < 0 ? -b : b;
	}
	result = modulo ? b ? a % b : a : b ? a / b : 0;
	return minus ? -result : result;
}

static __u64 model_binary(const struct node *n, __u64 a, __u64 b)
{
	bool u = n->is_unsigned;

	switch (n->op) {
	case '+': return a + b;
	case '-': return a - b;
	case '*': return a * b;
	case '&': return a & b;
	case '|': return a | b;
	case '^': return a ^ b;
	case '=': return a == b;
	case '#': return a != b;
	case '<': return u ? a < b : (__s64)a < (__s64)b;
	case '>': return u ? a > b : (__s64)a > (__s64)b;
	case 'l': return u ? a <= b : (__s64)a <= (__s64)b;
	case 'g': return u ? a >= b : (__s64)a >= (__s64)b;
	case 'L': return a << (b & 63);
	case 'R': return u ? a >> (b & 63) : (__u64)((__s64)a >> (b & 63));
	default: return model_divide(a, b, n->op == '%', u);
	}
}

/* Bytes of this process stand for all memory. */
static __u64 model_load(const struct node *n, __u64 address)
{
	__u32 bytes = bytes_of(n);
	__u64 value = 0;
	__u8 one;

	if (n->width) {
		memcpy(&value, (void *)(uintptr_t)address, bytes);
		value <<= __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? n->bit : 64 - n->bit - n->width;
		return n->type.is_signed ? (__u64)((__s64)value >> (64 - n->width)) : value >> (64 - n->width);
	}
	for (__u32 i = 0; i < bytes; i++) {
		memcpy(&one, (char *)(uintptr_t)address + i, 1);
		value |= (__u64)one << (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? bytes - 1 - i : i) * 8;
	}
	return narrowed(value, bytes, n->type.is_signed);
}

static __u64 model(const struct node *n, const __u64 *args)
{
	__u64 a;

	switch (n->kind) {
	case NODE_NUMBER: return n->number;
	case NODE_WORD: return n->type.kind == EXPR_NUMBER ? narrowed(args[n->number / 8], n->type.size, n->type.is_signed) : args[n->number / 8];
	case NODE_UNARY: a = model(n->a, args); return n->op == '-' ? -a : n->op == '~' ? ~a : !a;
	case NODE_BINARY: return model_binary(n, model(n->a, args), model(n->b, args));
	case NODE_LOGIC: a = model(n->a, args); return n->op == 'A' ? a && model(n->b, args) : a || model(n->b, args);
	case NODE_CHOICE: return model(n->a, args) ? model(n->b, args) : model(n->c, args);
	case NODE_TEXT_IS: return (strcmp((const char *)(uintptr_t)model(n->a, args), n->b->text) == 0) == (n->op == '=');
	case NODE_OFFSET: return model(n->a, args) + n->number;
	case NODE_LOAD: return model_load(n, model(n->a, args));
	case NODE_NARROW: return narrowed(model(n->a, args), n->type.size, n->type.is_signed);
	case NODE_SAME: return model(n->a, args);
	default: return 0;
	}
}

__u64 expr_model(const struct expr *expr, const __u64 *args)
{
	return model(expr->root, args);
}
