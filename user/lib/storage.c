// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The entries of storages: kept with tasks, cgroups and sockets, not in the map, so the kernel's calls list no keys.
 * Tasks and cgroups are tried one by one; sockets, which no process may hold, are listed by the kernel's iterator.
 */
#include <bpf/bpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "lib/btf.h"
#include "lib/filter.h"
#include "lib/lib.h"
#include "lib/storage.h"

struct walk {
	struct typed *t;
	map_fn fn;
	void *ctx;
	char *value;
	int ret;
};

static struct walk *walking;	/* nftw() hands nothing through */

static void see(struct walk *w, int fd, const char *name)
{
	if (fd < 0)
		return;
	if (!map_get(&w->t->map, &fd, w->value)) {
		snprintf(w->t->key_name, sizeof(w->t->key_name), "%s", name);
		w->ret = w->fn(w->ctx, &fd, w->value);
	}
	close(fd);
}

static int see_cgroup(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	if (type == FTW_D)
		see(walking, open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), path);
	return walking->ret;
}

static void each_cgroup(struct walk *w)
{
	walking = w;
	if (filter_cgroup_mount())
		nftw(filter_cgroup_mount(), see_cgroup, 16, FTW_PHYS | FTW_MOUNT);
}

static void each_task(struct walk *w)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (!w->ret && proc && (entry = readdir(proc)))
		if (isdigit((unsigned char)*entry->d_name))
			see(w, syscall(SYS_pidfd_open, atoi(entry->d_name), 0), entry->d_name);
	if (proc)
		closedir(proc);
}

/* --- Sockets --- */

struct held {
	__u64 cookie;
	int pid, fd;
};

struct held_sockets {
	struct held *at;
	size_t n, room;
};

static int hold(struct held_sockets *all, __u64 cookie, int pid, int fd)
{
	if (all->n == all->room) {
		size_t room = all->room ? 2 * all->room : 64;
		struct held *more = realloc(all->at, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		all->at = more;
		all->room = room;
	}
	all->at[all->n++] = (struct held){ cookie, pid, fd };
	return 0;
}

/* A socket has no cookie before it is asked for one. */
static int each_socket_of(struct held_sockets *all, int pid)
{
	int task = syscall(SYS_pidfd_open, pid, 0), ret = 0;
	struct dirent *entry;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	while (!ret && dir && task >= 0 && (entry = readdir(dir))) {
		char target[16] = "";
		__u64 cookie;
		socklen_t size = sizeof(cookie);
		int fd;

		if (readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1) < 0 || strncmp(target, "socket:", 7))
			continue;
		fd = syscall(SYS_pidfd_getfd, task, atoi(entry->d_name), 0);
		if (fd >= 0 && !getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size))
			ret = hold(all, cookie, pid, atoi(entry->d_name));
		if (fd >= 0)
			close(fd);
	}
	if (dir)
		closedir(dir);
	if (task >= 0)
		close(task);
	return ret;
}

static int by_cookie(const void *a, const void *b)
{
	const struct held *x = a, *y = b;

	return (x->cookie > y->cookie) - (x->cookie < y->cookie) ?: x->pid - y->pid ?: x->fd - y->fd;
}

/* Who holds which socket: of several, the first. */
static int find_held(struct held_sockets *all)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int ret = 0;

	while (!ret && proc && (entry = readdir(proc)))
		if (isdigit((unsigned char)*entry->d_name))
			ret = each_socket_of(all, atoi(entry->d_name));
	if (proc)
		closedir(proc);
	if (all->n)
		qsort(all->at, all->n, sizeof(*all->at), by_cookie);
	return ret;
}

/* "PID/DESCRIPTOR", as keys are given; a socket that no process holds goes by its cookie, which is 0 if it has none. */
static void name_socket(const struct held_sockets *all, __u64 cookie, char *name, size_t size)
{
	size_t low = 0, high = all->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (all->at[middle].cookie < cookie)
			low = middle + 1;
		else
			high = middle;
	}
	if (cookie && low < all->n && all->at[low].cookie == cookie)
		snprintf(name, size, "%d/%d", all->at[low].pid, all->at[low].fd);
	else
		snprintf(name, size, "cookie:%llu", cookie);
}

#define INSN(op, d, s, o, i) { .code = op, .dst_reg = d, .src_reg = s, .off = o, .imm = i }

/* Writes each socket's cookie and value: struct bpf_iter__bpf_sk_storage_map has meta, map, sk and value, 8 bytes each. */
static int load_lister(__u32 value_size)
{
	struct btf_types *kernel = NULL;
	int cookie = btf_open(&kernel, NULL) ?: btf_member_offset(kernel, "sock", "__sk_common.skc_cookie");
	int target = btf_find_kernel("bpf_iter_bpf_sk_storage_map", BTF_KIND_FUNC, &(int){ 0 });
	struct bpf_insn insns[] = {
		INSN(BPF_LDX | BPF_MEM | BPF_DW, 6, 1, 16, 0),
		INSN(BPF_LDX | BPF_MEM | BPF_DW, 7, 1, 24, 0),
		INSN(BPF_LDX | BPF_MEM | BPF_DW, 8, 1, 0, 0),
		INSN(BPF_LDX | BPF_MEM | BPF_DW, 8, 8, 0, 0),	/* meta->seq */
		INSN(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 12, 0),	/* the end has no socket */
		INSN(BPF_JMP | BPF_JEQ | BPF_K, 7, 0, 11, 0),
		INSN(BPF_LDX | BPF_MEM | BPF_DW, 1, 6, cookie, 0),
		INSN(BPF_STX | BPF_MEM | BPF_DW, 10, 1, -8, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 1, 8, 0, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -8),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0, 8),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_seq_write),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 1, 8, 0, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 2, 7, 0, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0, value_size),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_seq_write),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_ITER);
	int fd;

	btf_close(kernel);
	if (cookie < 0 || target < 0)
		return -EOPNOTSUPP;
	opts.attach_btf_id = target;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "list", "GPL", insns, sizeof(insns) / sizeof(*insns), &opts);
	return fd < 0 ? -errno : fd;
}

static int open_list(const struct map *map)
{
	union bpf_iter_link_info info = { .map = { .map_fd = map->fd } };
	LIBBPF_OPTS(bpf_link_create_opts, opts, .iter_info = &info, .iter_info_len = sizeof(info));
	int prog = load_lister(map->info.value_size), link, fd, ret;

	if (prog < 0)
		return prog;
	link = bpf_link_create(prog, 0, BPF_TRACE_ITER, &opts);
	ret = link < 0 ? -errno : 0;
	fd = ret ? -1 : bpf_iter_create(link);
	ret = ret ?: fd < 0 ? -errno : fd;
	if (link >= 0)
		close(link);
	close(prog);
	return ret;
}

static void each_socket(struct walk *w)
{
	struct held_sockets held = {};
	size_t size = 8 + w->t->map.info.value_size;
	char *record = malloc(size);
	int list, none = -1;
	__u64 cookie;
	FILE *f;

	w->ret = record ? find_held(&held) : -ENOMEM;
	list = w->ret ? w->ret : open_list(&w->t->map);
	f = list < 0 ? NULL : fdopen(list, "r");
	w->ret = list < 0 ? list : f ? 0 : -errno;
	while (!w->ret && fread(record, size, 1, f)) {
		memcpy(&cookie, record, 8);
		memcpy(w->value, record + 8, size - 8);
		name_socket(&held, cookie, w->t->key_name, sizeof(w->t->key_name));
		w->ret = w->fn(w->ctx, &none, w->value);
	}
	if (f && !w->ret && ferror(f))
		w->ret = -errno;
	if (f)
		fclose(f);
	free(held.at);
	free(record);
}

int storage_walk(struct typed *t, map_fn fn, void *ctx)
{
	struct walk w = { .t = t, .fn = fn, .ctx = ctx, .value = malloc(t->map.room ?: 1) };

	if (!w.value)
		return -ENOMEM;
	switch (t->map.info.type) {
	case BPF_MAP_TYPE_TASK_STORAGE: each_task(&w); break;
	case MAP_TYPE_CGRP_STORAGE: each_cgroup(&w); break;
	case BPF_MAP_TYPE_SK_STORAGE: each_socket(&w); break;
	default: w.ret = -EOPNOTSUPP;
	}
	free(w.value);
	return w.ret;
}
