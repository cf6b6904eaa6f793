/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Expressions in a program that is run by hand, whose arguments are known: for the unit test and the fuzzer. */
#ifndef EXPR_RUN_H
#define EXPR_RUN_H

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/expr.h"

#define RUN_ARGS 10
#define RUN_HALF 9	/* the argument that says which half of the result is wanted */

static inline void run_arg(struct expr_scope *scope, const char *name, struct expr_type type)
{
	struct expr_arg *arg = &scope->args[scope->n];

	*arg = (struct expr_arg){.type = type, .from = ARG_WORD, .at = scope->n * 8};
	snprintf(arg->name, sizeof(arg->name), "%s", name);
	scope->n++;
}

/* Numbers of each kind, a pointer to a struct iovec and one to chars: all of this process's. */
static inline void run_scope(struct expr_scope *scope)
{
	static const struct expr_type numbers[] = {
		{.kind = EXPR_NUMBER, .size = 8, .is_signed = true}, {.kind = EXPR_NUMBER, .size = 8},
		{.kind = EXPR_NUMBER, .size = 4, .is_signed = true}, {.kind = EXPR_NUMBER, .size = 4},
		{.kind = EXPR_NUMBER, .size = 1, .is_signed = true}, {.kind = EXPR_NUMBER, .size = 2},
	};
	struct expr_type pointer = {.kind = EXPR_POINTER, .size = 8, .user = true};
	int id;

	*scope = (struct expr_scope){.user = true};
	for (int i = 0; i < 6; i++) {
		char name[3] = {'a', '0' + i};

		run_arg(scope, name, numbers[i]);
	}
	if (!btf_open(&scope->btf, NULL)) {
		id = btf_find(scope->btf, "iovec", BTF_KIND_STRUCT);
		pointer.id = id > 0 ? id : 0;
	}
	run_arg(scope, "p", pointer);
	pointer.id = 0;
	pointer.stars = 1;
	pointer.size = 1;
	pointer.is_signed = pointer.is_char = true;
	run_arg(scope, "s", pointer);
}

/* The program's descriptor, or -errno. */
static inline int run_load(const struct expr *expr, char *log, size_t size)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .log_buf = log, .log_size = size, .log_level = log ? 1 : 0);
	struct code *c = calloc(1, sizeof(*c));
	int fd, low;

	code_put(c, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0, 0);
	code_put(c, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_8, BPF_REG_10, 0, 0);
	code_put(c, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_8, 0, 0, -CODE_ROOM);
	expr_gen(c, expr);
	code_put(c, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_1, BPF_REG_6, RUN_HALF * 8, 0);
	low = code_jump(c, BPF_JEQ | BPF_K, BPF_REG_1, 0, 0);
	code_put(c, BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_0, 0, 0, 32);
	code_here(c, low);
	code_put(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	fd = c->failed ?: bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "expr", "GPL", c->insns, c->n, &opts);
	fd = fd == -1 ? -errno : fd;
	free(c);
	return fd;
}

static inline int run_program(int fd, __u64 *args, __u64 *result)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = RUN_ARGS * 8);
	int ret;

	args[RUN_HALF] = 0;
	ret = bpf_prog_test_run_opts(fd, &opts);
	*result = opts.retval;
	args[RUN_HALF] = 1;
	if (!ret)
		ret = bpf_prog_test_run_opts(fd, &opts);
	*result |= (__u64)opts.retval << 32;
	return ret ? -errno : 0;
}

#endif
