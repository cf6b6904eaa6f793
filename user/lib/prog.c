// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/prog.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "lib/lib.h"
#include "lib/owner.h"

const char *prog_type_name(__u32 type)
{
	const char *name = libbpf_bpf_prog_type_str(type);
	static char number[32];

	if (name)
		return name;
	snprintf(number, sizeof(number), "type %u", type);
	return number;
}

/* The kernel keeps 15 characters of a name; the function's in its BTF is whole. */
static void whole_name(struct prog *prog)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	struct bpf_func_info *funcs = NULL;
	struct btf *btf = NULL;
	const struct btf_type *t;

	snprintf(prog->name, sizeof(prog->name), "%s", prog->info.name);
	if (strlen(prog->info.name) < BPF_OBJ_NAME_LEN - 1 || !prog->info.btf_id || !prog->info.nr_func_info)
		return;
	funcs = calloc(prog->info.nr_func_info, prog->info.func_info_rec_size);
	info.nr_func_info = prog->info.nr_func_info;
	info.func_info_rec_size = prog->info.func_info_rec_size;
	info.func_info = (unsigned long)funcs;
	if (funcs && !bpf_obj_get_info_by_fd(prog->fd, &info, &size))
		btf = btf__load_from_kernel_by_id(prog->info.btf_id);
	t = btf ? btf__type_by_id(btf, funcs[0].type_id) : NULL;
	if (t)
		snprintf(prog->name, sizeof(prog->name), "%s", btf__name_by_offset(btf, t->name_off));
	btf__free(btf);
	free(funcs);
}

static int fill(struct prog *prog)
{
	__u32 size = sizeof(prog->info);

	memset(&prog->info, 0, sizeof(prog->info));
	if (bpf_obj_get_info_by_fd(prog->fd, &prog->info, &size))
		return -errno;
	snprintf(prog->type, sizeof(prog->type), "%s", prog_type_name(prog->info.type));
	for (int i = 0; i < BPF_TAG_SIZE; i++)
		sprintf(prog->tag + 2 * i, "%02x", prog->info.tag[i]);
	prog->loaded = prog->info.load_time;
	prog->memory = object_memory(prog->fd);
	whole_name(prog);
	return 0;
}

int prog_open(struct prog *prog, __u32 id)
{
	int ret;

	prog->fd = bpf_prog_get_fd_by_id(id);
	if (prog->fd < 0)
		return -errno;
	ret = fill(prog);
	if (ret)
		prog_close(prog);
	return ret;
}

void prog_close(struct prog *prog)
{
	if (prog->fd >= 0)
		close(prog->fd);
	prog->fd = -1;
}

int prog_next_id(__u32 *id)
{
	return bpf_prog_get_next_id(*id, id) ? -errno : 0;
}

int prog_stats(void)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	return fd < 0 ? -errno : fd;
}

static bool matches(const struct prog *prog, const char *name)
{
	if (!strncmp(name, "tag:", 4))
		return !strcmp(prog->tag, name + 4);
	if (!strncmp(name, "name:", 5))
		name += 5;
	return !strcmp(prog->name, name) || !strcmp(prog->info.name, name);
}

static int find_by_name(struct prog *found, const char *name)
{
	struct prog prog;
	int n = 0;

	found->fd = -1;
	for (__u32 id = 0; !prog_next_id(&id);) {
		if (prog_open(&prog, id))
			continue;	/* gone by now */
		if (!matches(&prog, name)) {
			prog_close(&prog);
			continue;
		}
		if (n++)
			prog_close(found);
		*found = prog;
	}
	if (n == 1)
		return 0;
	if (n)
		err("%s: %d programs are called so: give one of their ids, see bpfprog ls", name, n);
	else
		err("%s: no program is called so: see bpfprog ls", name);
	prog_close(found);
	return -EINVAL;
}

int prog_find(struct prog *prog, const char *name)
{
	const char *number = strncmp(name, "id:", 3) ? name : name + 3;
	char *end;
	unsigned long id = strtoul(number, &end, 10);
	int ret = 0;

	if (isdigit((unsigned char)*number) && !*end) {
		ret = id <= UINT32_MAX ? prog_open(prog, id) : -ENOENT;
	} else if (strchr(name, '/')) {
		prog->fd = bpf_obj_get(name);
		ret = prog->fd < 0 ? -errno : fill(prog);
	} else {
		return find_by_name(prog, name);
	}
	if (ret == -EPERM || ret == -EACCES) {
		err("%s: not permitted: run it as root", name);
		return -EPERM;
	}
	if (ret)
		err("%s: no such program: %s", name, strerror(-ret));
	return ret ? -EINVAL : 0;
}
