// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/disasm.h"
#include "test.h"

static const char *named(__s32 imm)
{
	return imm == 1 ? "bpf_map_lookup_elem" : NULL;
}

TEST(disasm, "each kind of instruction reads as the verifier writes it")
{
	static const struct {
		struct bpf_insn insn[2];
		const char *text;
	} cases[] = {
		{ { { .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 6, .src_reg = 1 } }, "r6 = r1" },
		{ { { .code = BPF_ALU | BPF_MOV | BPF_K, .dst_reg = 0, .imm = -1 } }, "w0 = -1" },
		{ { { .code = BPF_ALU64 | BPF_ARSH | BPF_K, .dst_reg = 3, .imm = 32 } }, "r3 s>>= 32" },
		{ { { .code = BPF_ALU | BPF_NEG, .dst_reg = 2 } }, "w2 = -w2" },
		{ { { .code = BPF_ALU | BPF_END | BPF_X, .dst_reg = 1, .imm = 16 } }, "r1 = be16 r1" },
		{ { { .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 1, .src_reg = 6, .off = 8 } }, "r1 = *(u64 *)(r6 +8)" },
		{ { { .code = BPF_STX | BPF_MEM | BPF_W, .dst_reg = 10, .src_reg = 2, .off = -4 } }, "*(u32 *)(r10 -4) = r2" },
		{ { { .code = BPF_ST | BPF_MEM | BPF_B, .dst_reg = 10, .off = -1, .imm = 7 } }, "*(u8 *)(r10 -1) = 7" },
		{ { { .code = BPF_STX | BPF_ATOMIC | BPF_DW, .dst_reg = 0, .src_reg = 1, .imm = BPF_ADD } }, "lock *(u64 *)(r0 +0) += r1" },
		{ { { .code = BPF_STX | BPF_ATOMIC | BPF_W, .dst_reg = 0, .src_reg = 1, .imm = 0xe1 } }, "r1 = xchg((u32 *)(r0 +0), r1)" },
		{ { { .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .imm = 2 }, { .imm = 1 } }, "r1 = 0x100000002" },
		{ { { .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = 12 } }, "r1 = map[id:12]" },
		{ { { .code = BPF_LD | BPF_ABS | BPF_H, .imm = 12 } }, "r0 = *(u16 *)skb[12]" },
		{ { { .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 0, .imm = 0, .off = 5 } }, "if r0 == 0 goto 9" },
		{ { { .code = BPF_JMP32 | BPF_JSLT | BPF_X, .dst_reg = 1, .src_reg = 2, .off = -4 } }, "if w1 s< w2 goto 0" },
		{ { { .code = BPF_JMP | BPF_JA, .off = 1 } }, "goto 5" },
		{ { { .code = BPF_JMP | BPF_CALL, .imm = 1 } }, "call bpf_map_lookup_elem" },
		{ { { .code = BPF_JMP | BPF_CALL, .imm = 2 } }, "call helper#2" },
		{ { { .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL, .imm = 10 } }, "call +10 (to 14)" },
		{ { { .code = BPF_JMP | BPF_EXIT } }, "exit" },
		{ { { .code = BPF_ALU | 0xd0 | BPF_K, .dst_reg = 1, .imm = 64 } }, "r1 = le64 r1" },
		{ { { .code = BPF_ALU64 | 0xe0 } }, "unknown code 0xe7" },
		{ { { .code = BPF_JMP | 0xf0 } }, "unknown code 0xf5" },
	};
	char text[96];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int n = disasm(text, sizeof(text), cases[i].insn, 3, named);

		CHECK_STR(text, cases[i].text);
		CHECK_EQ(n, cases[i].insn[0].code == (BPF_LD | BPF_IMM | BPF_DW) ? 2 : 1);
	}
}

TEST(disasm, "no bytes of an instruction lead out of its tables")
{
	struct bpf_insn insn[2] = {};
	char text[96];

	for (int code = 0; code < 256; code++)
		for (int imm = -1; imm < 0x120; imm++) {
			insn[0] = (struct bpf_insn){ .code = code, .dst_reg = 15, .src_reg = imm & 15, .off = imm, .imm = imm };
			*text = 0;
			disasm(text, sizeof(text), insn, 0, NULL);
			REQUIRE(*text);
		}
}
