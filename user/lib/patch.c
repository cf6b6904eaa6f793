// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Part of a value changed where it lies.  User space can only replace a whole value: what a program counts between
 * reading and writing is lost, and a timer or kptr in the entry is dropped.  A BPF program can store the bytes alone;
 * this one is made for one entry, run once, and forgotten.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/lib.h"
#include "lib/typed.h"

#define MAX_KEY 256	/* of the stack's 512 bytes */
#define MAX_PATCH 2048	/* instructions */

struct program {
	struct bpf_insn insns[MAX_PATCH + 64];
	int n;
};

static void add(struct program *p, __u8 code, __u8 dst, __u8 src, __s16 off, __s32 imm)
{
	if (p->n < MAX_PATCH + 63)
		p->insns[p->n++] = (struct bpf_insn){ .code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm };
}

static void call(struct program *p, __s32 helper)
{
	add(p, BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}

static void lock(struct program *p, int at, __s32 helper)
{
	add(p, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_6, 0, 0);
	add(p, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_1, 0, 0, at);
	call(p, helper);
}

/* Runs of four bytes at once, as long as none of them is left out. */
static void stores(struct program *p, const __u8 *value, const __u8 *mask, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		__s32 four;

		if (!mask[i])
			continue;
		if (i % 4 == 0 && i + 4 <= size && mask[i] == 0xff && mask[i + 1] == 0xff && mask[i + 2] == 0xff && mask[i + 3] == 0xff) {
			memcpy(&four, value + i, 4);
			add(p, BPF_ST | BPF_MEM | BPF_W, BPF_REG_6, 0, i, four);
			i += 3;
		} else if (mask[i] == 0xff) {
			add(p, BPF_ST | BPF_MEM | BPF_B, BPF_REG_6, 0, i, value[i]);
		} else {	/* a bit field */
			add(p, BPF_LDX | BPF_MEM | BPF_B, BPF_REG_1, BPF_REG_6, i, 0);
			add(p, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_1, 0, 0, (__u8)~mask[i]);
			add(p, BPF_ALU64 | BPF_OR | BPF_K, BPF_REG_1, 0, 0, value[i] & mask[i]);
			add(p, BPF_STX | BPF_MEM | BPF_B, BPF_REG_6, BPF_REG_1, i, 0);
		}
	}
}

static int run_once(struct program *p)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	char packet[64] = {};
	int fd, ret;

	/* of the types that can be run by hand, one that may take a lock and keep timers */
	fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "patch", "Dual BSD/GPL", p->insns, p->n, NULL);
	if (fd < 0)
		return errno == EPERM ? -EPERM : -EOPNOTSUPP;
	run.data_in = packet;
	run.data_size_in = sizeof(packet);
	ret = bpf_prog_test_run_opts(fd, &run) ? -errno : run.retval ? -ENOENT : 0;
	close(fd);
	return ret;
}

int typed_patch(const struct typed *t, const void *key, const void *value, const void *mask)
{
	size_t key_size = t->map.info.key_size, room = (key_size + 7) & ~(size_t)7, changed = 0;
	int at = value_lock(t->value), ret;
	struct program *p;
	__u8 padded[MAX_KEY] = {};

	switch (t->map.info.type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_ARRAY: break;
	default: return -EOPNOTSUPP;
	}
	for (size_t i = 0; i < t->map.info.value_size; i++)
		changed += ((const __u8 *)mask)[i] != 0;
	if (key_size > MAX_KEY || t->map.info.value_size > INT16_MAX || changed > MAX_PATCH / 4)
		return -EOPNOTSUPP;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	memcpy(padded, key, key_size);
	for (size_t i = 0; i < room; i += 4) {
		__s32 four;

		memcpy(&four, padded + i, 4);
		add(p, BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, (int)i - (int)room, four);
	}
	add(p, BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, t->map.fd);
	add(p, 0, 0, 0, 0, 0);
	add(p, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0);
	add(p, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -(int)room);
	call(p, BPF_FUNC_map_lookup_elem);
	add(p, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 2, 0);
	add(p, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 1);
	add(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	add(p, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_0, 0, 0);
	if (at >= 0)
		lock(p, at, BPF_FUNC_spin_lock);
	stores(p, value, mask, t->map.info.value_size);
	if (at >= 0)
		lock(p, at, BPF_FUNC_spin_unlock);
	add(p, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0);
	add(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	ret = run_once(p);
	free(p);
	return ret;
}
