// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The user side of bpf/lib/path.bpf.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/btf.h"
#include "lib/lib.h"
#include "lib/path_user.h"

int path_setup(struct run *run, struct path_offsets *to)
{
	const struct {
		__u32 *to;
		const char *type, *member, *other;	/* other: the member's name in other kernels */
	} wanted[] = {
		{ &to->task_files, "task_struct", "files", NULL },
		{ &to->files_fdt, "files_struct", "fdt", NULL },
		{ &to->fdt_fd, "fdtable", "fd", NULL },
		{ &to->task_fs, "task_struct", "fs", NULL },
		{ &to->fs_root, "fs_struct", "root", NULL },
		{ &to->fs_pwd, "fs_struct", "pwd", NULL },
		{ &to->file_path, "file", "f_path", "__f_path" },
		{ &to->path_mnt, "path", "mnt", NULL },
		{ &to->path_dentry, "path", "dentry", NULL },
		{ &to->dentry_parent, "dentry", "d_parent", NULL },
		{ &to->dentry_name, "dentry", "d_name.name", "__d_name.name" },
		{ &to->mount_mnt, "mount", "mnt", NULL },
		{ &to->mount_parent, "mount", "mnt_parent", NULL },
		{ &to->mount_mountpoint, "mount", "mnt_mountpoint", NULL },
		{ &to->vfsmount_root, "vfsmount", "mnt_root", NULL },
	};
	struct btf_types *types;
	int ret = btf_open(&types, run->btf);

	if (ret) {
		err("full paths need the kernel's BTF, which is not here: give it with --btf");
		return -EOPNOTSUPP;
	}
	for (unsigned int i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		ret = btf_member_offset(types, wanted[i].type, wanted[i].member);
		if (ret < 0 && wanted[i].other)
			ret = btf_member_offset(types, wanted[i].type, wanted[i].other);
		if (ret < 0) {
			err("full paths need %s.%s, which this kernel lacks", wanted[i].type, wanted[i].member);
			return -EOPNOTSUPP;
		}
		*wanted[i].to = ret;
	}
	return 0;
}

/* Names from the last to the first, each with its NUL, as one path. */
void path_write(struct out *out, const char *names, size_t size, bool cut)
{
	const char *end = names + size;

	if (cut)
		out_str(out, "...");
	if (!size)
		out_str(out, "/");
	while (end > names) {
		const char *start = --end;	/* on the NUL of the last name */

		while (start > names && start[-1])
			start--;
		if (start != end && *start != '/')
			out_str(out, "/");
		out_bytes(out, start, end - start);
		end = start;
	}
}

/* A path as it was given, with where it begins before it unless it is absolute. */
void path_write_from(struct out *out, const char *base, size_t size, bool cut, const char *path, size_t len)
{
	if (!len || *path != '/') {
		path_write(out, base, size, cut);
		if (len && size)
			out_str(out, "/");
	}
	out_bytes(out, path, len);
}

const char *path_pair_given(const struct path_pair *pair, int i)
{
	return pair->len[i] ? pair->data + (i ? pair->len[0] + pair->base_len[0] : 0) : NULL;
}

void path_pair_write(struct out *out, const struct path_pair *pair, int i)
{
	const char *path = path_pair_given(pair, i);

	path_write_from(out, path + pair->len[i], pair->base_len[i], pair->cut[i], path, pair->len[i] - 1);
}

int path_device(const char *path, __u32 *dev)
{
	char *line = path_mount(path);
	unsigned int major, minor;
	int ret = !line ? -errno : sscanf(line, "%*s %*s %u:%u", &major, &minor) == 2 ? 0 : -ENOENT;

	if (!ret)
		*dev = major << 20 | minor;
	free(line);
	return ret;
}

/* As the kernel tells of a descriptor; statx(2) would do, which not every C library has. */
static unsigned long long mount_id(const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	unsigned long long id = 0;
	char name[64], line[128];
	FILE *f;

	if (fd < 0)
		return 0;
	snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", fd);
	f = fopen(name, "re");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "mnt_id: %llu", &id);
	if (f)
		fclose(f);
	close(fd);
	return id;
}

char *path_mount(const char *path)
{
	unsigned long long id = mount_id(path);
	FILE *f = id ? fopen("/proc/self/mountinfo", "re") : NULL;
	bool found = false;
	char *line = NULL;
	size_t size = 0;
	int error = f ? 0 : errno ?: ENOENT;

	while (f && !error && !found) {
		if (getline(&line, &size, f) <= 0)
			error = ENOENT;
		else
			found = strtoull(line, NULL, 10) == id;
	}
	if (f)
		fclose(f);
	if (found)
		return line;
	free(line);
	errno = error;
	return NULL;
}
