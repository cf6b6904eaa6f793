// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include "lib/filter.h"
#include "lib/owner.h"

const char *const object_names[OBJECTS] = { "prog", "map", "link", "btf", "probe" };

__u32 owner_hidden;

typedef int (*owner_fn)(void *ctx, const struct owner *owner);

/* What a descriptor's fdinfo says: "prog_id:\t12". A link's names its program's id too, so its own comes first. */
static bool read_fdinfo(const char *pid, const char *fd, struct owner *owner)
{
	static const struct {
		const char *key;
		enum object object;
	} keys[] = {
		{ "link_id:", OBJECT_LINK }, { "prog_id:", OBJECT_PROG }, { "map_id:", OBJECT_MAP }, { "btf_id:", OBJECT_BTF },
	};
	char path[300], text[2048];
	ssize_t n;
	int info;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", pid, fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return false;
	n = read(info, text, sizeof(text) - 1);
	close(info);
	if (n <= 0)
		return false;
	text[n] = 0;
	for (unsigned int i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const char *at = strstr(text, keys[i].key);

		if (at && (at == text || at[-1] == '\n')) {
			owner->object = keys[i].object;
			owner->id = strtoul(at + strlen(keys[i].key), NULL, 10);
			return true;
		}
	}
	return false;
}

static void read_comm(const char *pid, char *comm, size_t size)
{
	char path[64];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, comm, size - 1);
		close(fd);
	}
	comm[n > 0 ? n - (comm[n - 1] == '\n') : 0] = 0;
}

/* A perf event with a program: what it is. -ENOENT and others: it has none, or may not be looked at. */
static bool read_probe(const char *pid, const char *fd, struct owner *owner, char *text, size_t size)
{
	static const char *const types[] = { "raw_tracepoint", "tracepoint", "kprobe", "kretprobe", "uprobe", "uretprobe" };
	__u32 length = 4096, type;
	__u64 offset, address;
	char name[4096] = "";

	if (bpf_task_fd_query(atoi(pid), atoi(fd), 0, name, &length, &owner->id, &type, &offset, &address) ||
	    type >= sizeof(types) / sizeof(*types))
		return false;
	if (!*name)
		snprintf(text, size, "%s 0x%llx", types[type], address);
	else if (type == BPF_FD_TYPE_TRACEPOINT || !offset)
		snprintf(text, size, "%s %s", types[type], name);
	else
		snprintf(text, size, "%s %s+0x%llx", types[type], name, offset);
	owner->object = OBJECT_PROBE;
	owner->probe = text;
	return true;
}

/* Only anonymous inodes of BPF are asked for their fdinfo: reading all of a busy server's takes seconds. */
static int each_fd(const char *pid, owner_fn fn, void *ctx)
{
	struct owner owner = { .pid = atoi(pid) };
	char path[300], target[64], probe[4200];
	struct dirent *entry;
	DIR *dir;
	int ret = 0;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	owner_hidden += !dir && errno == EACCES;
	while (!ret && dir && (entry = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		if (n < 0)
			continue;
		target[n] = 0;
		owner.probe = NULL;
		if (!strcmp(target, "anon_inode:[perf_event]")) {
			if (!read_probe(pid, entry->d_name, &owner, probe, sizeof(probe)))
				continue;
		} else if (strncmp(target, "anon_inode:", 11) || !(strstr(target, "bpf") || strstr(target, "btf")) ||
			   !read_fdinfo(pid, entry->d_name, &owner)) {
			continue;
		}
		if (!*owner.comm)
			read_comm(pid, owner.comm, sizeof(owner.comm));
		owner.fd = atoi(entry->d_name);
		ret = fn(ctx, &owner);
	}
	if (dir)
		closedir(dir);
	return ret;
}

int owner_each_process(owner_fn fn, void *ctx)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int ret = 0;

	if (!proc)
		return -errno;
	while (!ret && (entry = readdir(proc)))
		if (isdigit((unsigned char)*entry->d_name))
			ret = each_fd(entry->d_name, fn, ctx);
	closedir(proc);
	return ret;
}

/* nftw() hands nothing through. */
static owner_fn walk_fn;
static void *walk_ctx;
static const char *walk_mount;

static int visit_pin(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct owner owner = { .fd = -1, .path = path };
	LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = BPF_F_RDONLY);
	char target[64], self[32];
	ssize_t n;
	int fd, ret = 0;

	if (type != FTW_F)
		return 0;
	fd = bpf_obj_get_opts(path, &opts);
	if (fd < 0)		/* links take no flags */
		fd = bpf_obj_get(path);
	if (fd < 0)
		return 0;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	n = readlink(self, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = 0;
	snprintf(self, sizeof(self), "%d", fd);
	if (strstr(target, "bpf") && read_fdinfo("self", self, &owner))
		ret = walk_fn(walk_ctx, &owner);
	close(fd);
	return ret;
}

int owner_each_pin(owner_fn fn, void *ctx)
{
	char line[8192], at[4096];
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	int ret = 0;

	if (!mounts)
		return -errno;
	walk_fn = fn;
	walk_ctx = ctx;
	while (!ret && fgets(line, sizeof(line), mounts))
		if (strstr(line, " - bpf ") && sscanf(line, "%*s %*s %*s %*s %4095s", at) == 1)
			ret = nftw(at, visit_pin, 16, FTW_PHYS | FTW_MOUNT);
	fclose(mounts);
	return ret;
}

/* What the kernel lets be asked of a cgroup: enum bpf_attach_type, as bpftool names them. */
static const struct {
	enum bpf_attach_type type;
	const char *name;
} attachments[] = {
	{ BPF_CGROUP_INET_INGRESS, "ingress" },		{ BPF_CGROUP_INET_EGRESS, "egress" },
	{ BPF_CGROUP_INET_SOCK_CREATE, "sock_create" }, { BPF_CGROUP_INET_SOCK_RELEASE, "sock_release" },
	{ BPF_CGROUP_SOCK_OPS, "sock_ops" },		{ BPF_CGROUP_DEVICE, "device" },
	{ BPF_CGROUP_INET4_BIND, "bind4" },		{ BPF_CGROUP_INET6_BIND, "bind6" },
	{ BPF_CGROUP_INET4_POST_BIND, "post_bind4" },	{ BPF_CGROUP_INET6_POST_BIND, "post_bind6" },
	{ BPF_CGROUP_INET4_CONNECT, "connect4" },	{ BPF_CGROUP_INET6_CONNECT, "connect6" },
	{ BPF_CGROUP_INET4_GETPEERNAME, "getpeername4" }, { BPF_CGROUP_INET6_GETPEERNAME, "getpeername6" },
	{ BPF_CGROUP_INET4_GETSOCKNAME, "getsockname4" }, { BPF_CGROUP_INET6_GETSOCKNAME, "getsockname6" },
	{ BPF_CGROUP_UDP4_SENDMSG, "sendmsg4" },	{ BPF_CGROUP_UDP6_SENDMSG, "sendmsg6" },
	{ BPF_CGROUP_UDP4_RECVMSG, "recvmsg4" },	{ BPF_CGROUP_UDP6_RECVMSG, "recvmsg6" },
	{ BPF_CGROUP_SYSCTL, "sysctl" },		{ BPF_CGROUP_GETSOCKOPT, "getsockopt" },
	{ BPF_CGROUP_SETSOCKOPT, "setsockopt" },
};

static int visit_cgroup(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	size_t mount = strlen(walk_mount);
	struct owner owner = { .fd = -1, .path = path[mount] ? path + mount : "/" };
	__u32 ids[64], flags, n;
	int fd, ret = 0;

	if (type != FTW_D)
		return 0;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	for (unsigned int i = 0; !ret && i < sizeof(attachments) / sizeof(*attachments); i++) {
		n = sizeof(ids) / sizeof(*ids);
		if (bpf_prog_query(fd, attachments[i].type, 0, &flags, ids, &n))
			continue;	/* a kernel that lacks this one */
		owner.attached = attachments[i].name;
		for (__u32 j = 0; !ret && j < n; j++) {
			owner.id = ids[j];
			ret = walk_fn(walk_ctx, &owner);
		}
	}
	close(fd);
	return ret;
}

int owner_each_cgroup(owner_fn fn, void *ctx)
{
	walk_mount = filter_cgroup_mount();
	walk_fn = fn;
	walk_ctx = ctx;
	return walk_mount ? nftw(walk_mount, visit_cgroup, 16, FTW_PHYS | FTW_MOUNT) : 0;
}

int object_open(enum object object, __u32 id)
{
	LIBBPF_OPTS(bpf_get_fd_by_id_opts, opts, .open_flags = BPF_F_RDONLY);
	int fd = -1;

	switch (object) {
	case OBJECT_PROG: fd = bpf_prog_get_fd_by_id(id); break;
	case OBJECT_MAP: fd = bpf_map_get_fd_by_id_opts(id, &opts); break;
	case OBJECT_LINK: fd = bpf_link_get_fd_by_id(id); break;
	case OBJECT_BTF: fd = bpf_btf_get_fd_by_id(id); break;
	default: errno = EINVAL;
	}
	return fd < 0 ? -errno : fd;
}

int object_name(enum object object, __u32 id, char *name, size_t size)
{
	static const char *const link_types[] = { "unspec", "raw_tracepoint", "tracing", "cgroup", "iter", "netns", "xdp",
						  "perf_event", "kprobe_multi", "struct_ops", "netfilter", "tcx",
						  "uprobe_multi", "netkit", "sockmap" };
	union {
		struct bpf_prog_info prog;
		struct bpf_map_info map;
		struct bpf_link_info link;
		struct bpf_btf_info btf;
	} info = {};
	__u32 length = object == OBJECT_PROG ? sizeof(info.prog) : object == OBJECT_MAP ? sizeof(info.map) :
		       object == OBJECT_LINK ? sizeof(info.link) : sizeof(info.btf);
	int fd = object_open(object, id), ret;

	if (fd < 0)
		return fd;
	if (object == OBJECT_BTF) {
		info.btf.name = (unsigned long)name;
		info.btf.name_len = size;
	}
	*name = 0;
	ret = bpf_obj_get_info_by_fd(fd, &info, &length) ? -errno : 0;
	close(fd);
	if (ret || object == OBJECT_BTF)
		return ret;
	if (object != OBJECT_LINK)
		snprintf(name, size, "%s", object == OBJECT_PROG ? info.prog.name : info.map.name);
	else if (info.link.type < sizeof(link_types) / sizeof(*link_types))
		snprintf(name, size, "%s", link_types[info.link.type]);
	else
		snprintf(name, size, "link type %u", info.link.type);
	return 0;
}

__u64 object_memory(int fd)
{
	unsigned long long bytes = 0;
	char path[64], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f) && sscanf(line, "memlock: %llu", &bytes) != 1)
		;
	if (f)
		fclose(f);
	return bytes;
}

void owner_container(pid_t pid, char *id, size_t size)
{
	char path[64], line[4096];
	FILE *f;

	*id = 0;
	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	f = fopen(path, "re");
	while (f && !*id && fgets(line, sizeof(line), f))
		for (char *at = line; !*id && *at; at += strcspn(at, "/-.") ?: 1) {
			size_t n;

			at += strspn(at, "/-.");
			n = strspn(at, "0123456789abcdef");
			if (n >= 32 && strchr("./\n", at[n]))
				snprintf(id, size < 13 ? size : 13, "%s", at);
		}
	if (f)
		fclose(f);
}
