/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* For measuring programs: BPF instructions put together by hand, run by BPF_PROG_TEST_RUN, their own time taken inside. */
#ifndef BENCH_CODE_H
#define BENCH_CODE_H

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define OPS	1000	/* in a program, one after another: what is around them doesn't count */
#define ROOM	(OPS * 20)

struct code {
	struct bpf_insn insns[ROOM];
	int n;
};

static inline void put(struct code *c, uint8_t code, int dst, int src, int off, int imm)
{
	c->insns[c->n++] = (struct bpf_insn){.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm};
}

static inline void put_copy(struct code *c, int dst, int src)
{
	put(c, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

static inline void put_value(struct code *c, int dst, int value)
{
	put(c, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, value);
}

/* The address of a place on the stack. */
static inline void put_stack(struct code *c, int dst, int at)
{
	put_copy(c, dst, 10);
	put(c, BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, at);
}

static inline void put_map(struct code *c, int dst, int kind, int fd)
{
	put(c, BPF_LD | BPF_IMM | BPF_DW, dst, kind, 0, fd);
	put(c, 0, 0, 0, 0, 0);
}

static inline void put_call(struct code *c, int helper)
{
	put(c, BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}

/*
 * Begins and ends a program: what is between takes `took` ns, of all its runs; r9 is the context, r8 the state (a value of
 * 16 bytes: the time, and a number that goes on from run to run, which is in r6).
 */
static inline void put_begin(struct code *c, int state)
{
	c->n = 0;
	put_copy(c, 9, 1);
	put_map(c, 8, BPF_PSEUDO_MAP_VALUE, state);
	put(c, BPF_LDX | BPF_MEM | BPF_DW, 6, 8, 8, 0);
	put_call(c, BPF_FUNC_ktime_get_ns);
	put_copy(c, 7, 0);
}

static inline void put_end(struct code *c)
{
	put_call(c, BPF_FUNC_ktime_get_ns);
	put(c, BPF_ALU64 | BPF_SUB | BPF_X, 0, 7, 0, 0);
	put(c, BPF_LDX | BPF_MEM | BPF_DW, 1, 8, 0, 0);
	put(c, BPF_ALU64 | BPF_ADD | BPF_X, 1, 0, 0, 0);
	put(c, BPF_STX | BPF_MEM | BPF_DW, 8, 1, 0, 0);
	put(c, BPF_STX | BPF_MEM | BPF_DW, 8, 6, 8, 0);
	put_value(c, 0, 0);
	put(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static inline int load(const struct code *c, const char *name)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts);
	int fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, name, "GPL", c->insns, c->n, &opts);

	if (fd < 0) {
		static char log[1 << 16];

		opts.log_buf = log;
		opts.log_size = sizeof(log);
		opts.log_level = 1;
		fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, name, "GPL", c->insns, c->n, &opts);
		if (fd < 0 && getenv("BENCH_VERBOSE"))
			fprintf(stderr, "%s: %s\n%s\n", name, strerror(-fd), log);
	}
	return fd;
}

struct state {
	uint64_t took, number;
};

static inline int state_new(void)
{
	return bpf_map_create(BPF_MAP_TYPE_ARRAY, "state", 4, sizeof(struct state), 1, NULL);
}

static inline struct state state_of(int fd)
{
	struct state state = {0};

	bpf_map_lookup_elem(fd, &(int){0}, &state);
	return state;
}

static inline void state_set(int fd, struct state state)
{
	bpf_map_update_elem(fd, &(int){0}, &state, BPF_ANY);
}

static inline int run_once(int program)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	return bpf_prog_test_run_opts(program, &opts) ? -errno : 0;
}

static inline uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static inline int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static inline double median(double *values, int n)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[n / 2];
}

#endif
