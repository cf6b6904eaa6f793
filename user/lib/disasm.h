/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* BPF instructions as text, in the words of the verifier's log: "r1 = *(u64 *)(r6 +8)". */
#ifndef DISASM_H
#define DISASM_H

#include <linux/bpf.h>
#include <stddef.h>

/*
 * One instruction of a program at slot `at`; returns how many slots it takes (a 64-bit constant: 2).
 * `call` names what a helper call with this imm calls, or is NULL: see kernel/bpf/syscall.c, bpf_insn_prepare_dump().
 */
int disasm(char *text, size_t size, const struct bpf_insn *insn, size_t at, const char *(*call)(__s32 imm));

#endif
