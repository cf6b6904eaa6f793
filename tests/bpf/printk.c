// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include "test.h"

/* A program that prints "hello NUMBER" whenever it is run by hand. */
static int printer(void)
{
	static const char format[] = "hello %d";
	union { char text[16]; __u64 words[2]; } f = {};
	LIBBPF_OPTS(bpf_prog_load_opts, opts);

	strcpy(f.text, format);
	struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .imm = f.words[0] }, { .imm = f.words[0] >> 32 },
		{ .code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = 10, .src_reg = 1, .off = -16 },
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .imm = f.words[1] }, { .imm = f.words[1] >> 32 },
		{ .code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = 10, .src_reg = 1, .off = -8 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 1, .src_reg = 10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 1, .imm = -16 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2, .imm = sizeof(format) },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = 4711 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_trace_printk },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "printer", "GPL", insns, sizeof(insns) / sizeof(*insns), &opts);
}

static bool all_seen(void *job)
{
	return lines(job_now(job)) >= 7;
}

TEST(printk, "each bpf_printk() of a program is a row, with its thread and message")
{
	int prog = printer();
	struct job *job;

	REQUIRE(prog >= 0);
	job = tool_start("printk");
	for (int i = 0; i < 7; i++)
		REQUIRE(!bpf_prog_test_run_opts(prog, &(struct bpf_test_run_opts){ .sz = sizeof(struct bpf_test_run_opts) }));
	until(10, all_seen, job);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("message", "hello 4711"), IS("tid", getpid())), 7);
}
