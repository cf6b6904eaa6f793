// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/disasm.h"

#include <stdbool.h>
#include <stdio.h>

/* Documentation/bpf/standardization/instruction-set.rst; what linux/bpf.h of an older system lacks is written as a number. */
#define MODE_MEMSX 0x80
#define ATOMIC_FETCH 0x01
#define ATOMIC_XCHG 0xe1
#define ATOMIC_CMPXCHG 0xf1
#define LOAD_ACQUIRE 0x100
#define STORE_RELEASE 0x110
#define JMP_JCOND 0xe0

static const char *const sizes[] = { "u32", "u16", "u8", "u64" };
static const char *const signed_sizes[] = { "s32", "s16", "s8", "s64" };
static const char *const alu[] = { "+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", NULL, "%=", "^=", "=", "s>>=" };
static const char *const jumps[] = { NULL, "==", ">", ">=", "&", "!=", "s>", "s>=", NULL, NULL, "<", "<=", "s<", "s<=" };

static const char *size_of(const struct bpf_insn *i)
{
	return sizes[BPF_SIZE(i->code) >> 3];
}

static void arithmetic(char *text, size_t size, const struct bpf_insn *i, bool wide)
{
	unsigned int op = BPF_OP(i->code);
	char r = wide ? 'r' : 'w';

	if (op == BPF_NEG)
		snprintf(text, size, "%c%u = -%c%u", r, i->dst_reg, r, i->dst_reg);
	else if (op == BPF_END)
		snprintf(text, size, "r%u = %s%d r%u", i->dst_reg, wide ? "bswap" : BPF_SRC(i->code) == BPF_X ? "be" : "le", i->imm,
			 i->dst_reg);
	else if (op >> 4 >= sizeof(alu) / sizeof(*alu) || !alu[op >> 4])
		snprintf(text, size, "unknown code 0x%02x", i->code);
	else if (BPF_SRC(i->code) == BPF_K)
		snprintf(text, size, "%c%u %s%s %d", r, i->dst_reg, (op == BPF_DIV || op == BPF_MOD) && i->off ? "s" : "", alu[op >> 4],
			 i->imm);
	else if (op == BPF_MOV && i->off)
		snprintf(text, size, "%c%u = (s%d)%c%u", r, i->dst_reg, i->off, r, i->src_reg);
	else
		snprintf(text, size, "%c%u %s%s %c%u", r, i->dst_reg, (op == BPF_DIV || op == BPF_MOD) && i->off ? "s" : "",
			 alu[op >> 4], r, i->src_reg);
}

static void atomic(char *text, size_t size, const struct bpf_insn *i)
{
	const char *type = size_of(i);
	unsigned int op = i->imm & ~ATOMIC_FETCH;

	if (i->imm == ATOMIC_XCHG)
		snprintf(text, size, "r%u = xchg((%s *)(r%u %+d), r%u)", i->src_reg, type, i->dst_reg, i->off, i->src_reg);
	else if (i->imm == ATOMIC_CMPXCHG)
		snprintf(text, size, "r0 = cmpxchg((%s *)(r%u %+d), r0, r%u)", type, i->dst_reg, i->off, i->src_reg);
	else if (i->imm == LOAD_ACQUIRE)
		snprintf(text, size, "r%u = load_acquire((%s *)(r%u %+d))", i->dst_reg, type, i->src_reg, i->off);
	else if (i->imm == STORE_RELEASE)
		snprintf(text, size, "store_release((%s *)(r%u %+d), r%u)", type, i->dst_reg, i->off, i->src_reg);
	else if (op != BPF_ADD && op != BPF_AND && op != BPF_OR && op != BPF_XOR)
		snprintf(text, size, "unknown atomic 0x%x", i->imm);
	else if (i->imm & ATOMIC_FETCH)
		snprintf(text, size, "r%u = fetch((%s *)(r%u %+d) %s r%u)", i->src_reg, type, i->dst_reg, i->off, alu[op >> 4], i->src_reg);
	else
		snprintf(text, size, "lock *(%s *)(r%u %+d) %s r%u", type, i->dst_reg, i->off, alu[op >> 4], i->src_reg);
}

static void jump(char *text, size_t size, const struct bpf_insn *i, size_t at, bool wide, const char *(*call)(__s32))
{
	unsigned int op = BPF_OP(i->code);
	char r = wide ? 'r' : 'w';
	const char *name;

	if (op == BPF_EXIT) {
		snprintf(text, size, "exit");
	} else if (op == BPF_CALL && i->src_reg == BPF_PSEUDO_CALL) {
		snprintf(text, size, "call %+d (to %zd)", i->imm, (ssize_t)at + 1 + i->imm);
	} else if (op == BPF_CALL) {
		name = call && !i->src_reg ? call(i->imm) : NULL;
		if (name)
			snprintf(text, size, "call %s", name);
		else
			snprintf(text, size, "call %s#%d", i->src_reg ? "kfunc" : "helper", i->imm);
	} else if (op == BPF_JA) {
		snprintf(text, size, "goto %zd", (ssize_t)at + 1 + (wide ? i->off : i->imm));
	} else if (op == JMP_JCOND) {
		snprintf(text, size, "may_goto %zd", (ssize_t)at + 1 + i->off);
	} else if (op >> 4 >= sizeof(jumps) / sizeof(*jumps) || !jumps[op >> 4]) {
		snprintf(text, size, "unknown code 0x%02x", i->code);
	} else if (BPF_SRC(i->code) == BPF_X) {
		snprintf(text, size, "if %c%u %s %c%u goto %zd", r, i->dst_reg, jumps[op >> 4], r, i->src_reg, (ssize_t)at + 1 + i->off);
	} else {
		snprintf(text, size, "if %c%u %s %d goto %zd", r, i->dst_reg, jumps[op >> 4], i->imm, (ssize_t)at + 1 + i->off);
	}
}

static int load_constant(char *text, size_t size, const struct bpf_insn *i)
{
	unsigned long long constant = (__u32)i->imm | (unsigned long long)(__u32)i[1].imm << 32;

	switch (i->src_reg) {
	case BPF_PSEUDO_MAP_FD:
		snprintf(text, size, "r%u = map[id:%d]", i->dst_reg, i->imm);
		break;
	case BPF_PSEUDO_MAP_VALUE:
		snprintf(text, size, "r%u = map[id:%d][0] +%d", i->dst_reg, i->imm, i[1].imm);
		break;
	default:
		snprintf(text, size, "r%u = 0x%llx", i->dst_reg, constant);
	}
	return 2;
}

int disasm(char *text, size_t size, const struct bpf_insn *i, size_t at, const char *(*call)(__s32 imm))
{
	unsigned int mode = BPF_MODE(i->code);

	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		arithmetic(text, size, i, BPF_CLASS(i->code) == BPF_ALU64);
		break;
	case BPF_JMP:
	case BPF_JMP32:
		jump(text, size, i, at, BPF_CLASS(i->code) == BPF_JMP, call);
		break;
	case BPF_LD:
		if (i->code == (BPF_LD | BPF_IMM | BPF_DW))
			return load_constant(text, size, i);
		if (mode == BPF_ABS)
			snprintf(text, size, "r0 = *(%s *)skb[%d]", size_of(i), i->imm);
		else if (mode == BPF_IND)
			snprintf(text, size, "r0 = *(%s *)skb[r%u %+d]", size_of(i), i->src_reg, i->imm);
		else
			snprintf(text, size, "unknown code 0x%02x", i->code);
		break;
	case BPF_LDX:
		snprintf(text, size, "r%u = *(%s *)(r%u %+d)", i->dst_reg,
			 mode == MODE_MEMSX ? signed_sizes[BPF_SIZE(i->code) >> 3] : size_of(i), i->src_reg, i->off);
		break;
	case BPF_ST:
		snprintf(text, size, "*(%s *)(r%u %+d) = %d", size_of(i), i->dst_reg, i->off, i->imm);
		break;
	case BPF_STX:
		if (mode == BPF_MEM)
			snprintf(text, size, "*(%s *)(r%u %+d) = r%u", size_of(i), i->dst_reg, i->off, i->src_reg);
		else
			atomic(text, size, i);
		break;
	}
	return 1;
}
