// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The filters that every tool has: from words to what bpf/lib/filter.bpf.h reads. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/magic.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <wctype.h>
#include "lib/btf.h"
#include "lib/filter.h"
#include "lib/lib.h"

enum { OPT_PID, OPT_TID, OPT_UID, OPT_NAME, OPT_CGROUP, OPT_CONTAINER, OPT_FOLLOW, OPT_MNTNS, OPT_NETNS, OPT_PIDNS };

const struct opt filter_opts[] = {
	[OPT_PID] = { 'p', "pid", "PIDS", "only these processes: 181,202", V_U32, .complete = "pid" },
	[OPT_TID] = { 't', "tid", "TIDS", "only these threads", V_U32 },
	[OPT_UID] = { 'u', "uid", "USERS", "only these users, by name or id", V_U32, .complete = "user" },
	[OPT_NAME] = { 'n', "name", "GLOB", "only commands of this name: nginx, 'kworker*'", V_CHARS },
	[OPT_CGROUP] = { 'c', "cgroup", "CGROUP", "only this cgroup and those below it: path or id, or a list",
			 V_CHARS, .complete = "cgroup" },
	[OPT_CONTAINER] = { 0, "container", "NAME", "only this container: name, or the start of its id", V_CHARS },
	[OPT_FOLLOW] = { 0, "follow", "PID", "only this process and what it starts from now on", V_U32, .complete = "pid" },
	[OPT_MNTNS] = { 0, "mntns", "NS", "only this mount namespace: a pid in it, or its number", V_CHARS },
	[OPT_NETNS] = { 0, "netns", "NS", "only this network namespace", V_CHARS },
	[OPT_PIDNS] = { 0, "pidns", "NS", "only this pid namespace", V_CHARS },
	{}
};

/* What goes into filter_set and filter_cgroups after the load. */
static struct filter_key *keys;
static size_t n_keys;
static int *cgroups;		/* descriptors of cgroup directories */
static size_t n_cgroups;
static __u32 filters;
static const char *glob;
static __u64 ns_inode[3], ns_dev[3];
static char cgroup_mount[PATH_LEN];

static int add_key(__u32 kind, __u64 id)
{
	struct filter_key *more = realloc(keys, (n_keys + 1) * sizeof(*keys));

	if (!more)
		return -ENOMEM;
	keys = more;
	keys[n_keys++] = (struct filter_key){ kind, 0, id };
	filters |= kind;
	return 0;
}

int filter_pids(int (*fn)(void *ctx, int pid), void *ctx)
{
	int ret = 0;

	for (size_t i = 0; i < n_keys && !ret; i++)
		ret = keys[i].kind == ONLY_PIDS ? fn(ctx, keys[i].id) : 0;
	return ret;
}

/* Calls fn for each word between commas; an empty one is an error. */
static int each_word(const struct opt *o, const char *list, int (*fn)(const struct opt *, const char *))
{
	char *copy = strdup(list), *rest = copy, *word;
	int ret = copy ? 0 : -ENOMEM;

	while (!ret && (word = strsep(&rest, ","))) {
		if (!*word) {
			err("--%s: '%s': nothing between two commas", o->name, list);
			ret = -EINVAL;
		} else {
			ret = fn(o, word);
		}
	}
	free(copy);
	return ret;
}

static int add_number(const struct opt *o, const char *word)
{
	char name[64];
	__u64 value;

	if (o->find) {
		if (!o->find(word, &value))
			return add_key(o->set, value);
		err("--%s: '%s' is unknown: see --help", o->name, word);
		return -EINVAL;
	}
	snprintf(name, sizeof(name), "--%s", o->name);
	return opt_number(name, word, o, &value) ?: add_key(o->set, value);
}

static int number(const struct opt *o, const char *word, __u32 *id)
{
	const struct opt pid = { .value = V_U32, .min = o->letter == 'u' ? 0 : 1, .max = o->letter == 'u' ? 0 : 1 << 22 };
	char name[64];
	__u64 value;
	int ret;

	snprintf(name, sizeof(name), "--%s", o->name);
	ret = opt_number(name, word, &pid, &value);
	*id = value;
	return ret;
}

static int add_task(const struct opt *o, const char *word)
{
	char path[64];
	__u32 id;

	if (number(o, word, &id))
		return -EINVAL;
	snprintf(path, sizeof(path), "/proc/%u", id);
	if (reach(path, F_OK)) {
		err("--%s: no %s %u: see ps -e%s", o->name, o->letter == 't' ? "thread" : "process", id,
		    o->letter == 't' ? "L" : "");
		return -EINVAL;
	}
	return add_key(o->letter == 't' ? ONLY_TIDS : ONLY_PIDS, id);
}

/* Reads /etc/passwd itself: getpwnam() would load shared objects, which a static binary can't. */
int filter_user(const char *name, __u32 *uid, char *found, size_t size)
{
	FILE *f = fopen("/etc/passwd", "re");
	struct passwd *p = NULL;

	while (f && (p = fgetpwent(f)))
		if (name ? !strcmp(p->pw_name, name) : p->pw_uid == *uid)
			break;
	if (p) {
		*uid = p->pw_uid;
		snprintf(found, size, "%s", p->pw_name);
	}
	if (f)
		fclose(f);
	return p ? 0 : -ENOENT;
}

static int add_user(const struct opt *o, const char *word)
{
	char name[64];
	__u32 id;

	if (isdigit((unsigned char)*word))
		return number(o, word, &id) ?: add_key(ONLY_UIDS, id);
	if (!filter_user(word, &id, name, sizeof(name)))
		return add_key(ONLY_UIDS, id);
	err("--uid: no user '%s': see /etc/passwd, or give the number", word);
	return -EINVAL;
}

/* All threads of a process: each of them may fork. */
int filter_follow(__u32 pid)
{
	struct dirent *entry;
	char path[64];
	DIR *dir;
	int ret = 0;

	snprintf(path, sizeof(path), "/proc/%u/task", pid);
	dir = opendir(path);
	if (!dir) {
		err("--follow: no process %u: see ps -e", pid);
		return -EINVAL;
	}
	while (!ret && (entry = readdir(dir)))
		if (isdigit((unsigned char)*entry->d_name))
			ret = add_key(ONLY_FOLLOW, atoi(entry->d_name));
	closedir(dir);
	return ret;
}

/* Where cgroup v2 is mounted: "/sys/fs/cgroup", or ".../unified" on hybrid hosts. */
const char *filter_cgroup_mount(void)
{
	char line[2 * PATH_LEN], at[PATH_LEN];
	FILE *f;

	if (*cgroup_mount)
		return cgroup_mount;
	f = fopen("/proc/self/mountinfo", "re");
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, " - cgroup2 ") && sscanf(line, "%*s %*s %*s %*s %4095s", at) == 1) {
			strcpy(cgroup_mount, at);
			break;
		}
	if (f)
		fclose(f);
	return *cgroup_mount ? cgroup_mount : NULL;
}

static int add_cgroup_dir(const char *path)
{
	int *more, fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) || fs.f_type != CGROUP2_SUPER_MAGIC) {
		close(fd);
		return -ENOENT;
	}
	more = realloc(cgroups, (n_cgroups + 1) * sizeof(*cgroups));
	if (!more)
		return -ENOMEM;
	cgroups = more;
	cgroups[n_cgroups++] = fd;
	return fstat(fd, &st) ? -errno : add_key(ONLY_CGROUPS, st.st_ino);
}

static __u64 wanted_inode;
static const char *wanted_name;
static size_t n_found;
static char found[PATH_LEN];

static int match_inode(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	if (type != FTW_D || st->st_ino != wanted_inode)
		return 0;
	snprintf(found, sizeof(found), "%s", path);
	return 1;
}

/* The path of a cgroup id below the mount, or NULL. */
const char *filter_cgroup_path(__u64 id)
{
	const char *mount = filter_cgroup_mount();

	wanted_inode = id;
	*found = 0;
	if (mount && nftw(mount, match_inode, 16, FTW_PHYS | FTW_MOUNT) == 1)
		return found[strlen(mount)] ? found + strlen(mount) : "/";
	return NULL;
}

static void whole_path(const char *mount, const char *word, char *path, size_t size)
{
	snprintf(path, size, "%s%s%s", strncmp(word, mount, strlen(mount)) ? mount : "", *word == '/' ? "" : "/", word);
}

static const char *need_mount(void)
{
	const char *mount = filter_cgroup_mount();

	if (!mount)
		err("--cgroup: no cgroup v2 hierarchy is mounted: mount -t cgroup2 none /sys/fs/cgroup");
	return mount;
}

int filter_cgroup_open(const char *word)
{
	const char *mount = need_mount();
	char path[2 * PATH_LEN];
	int fd;

	if (!mount)
		return -EOPNOTSUPP;
	whole_path(mount, word, path, sizeof(path));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	err("--cgroup: '%s': %s", word, errno == ENOENT ? "there is no such cgroup" : strerror(errno));
	return -EINVAL;
}

int filter_cgroup_attach(struct bpf_program *program, const char *path)
{
	int fd = filter_cgroup_open(path ?: "/"), ret;

	if (fd < 0)
		return fd;
	ret = attach_keep(bpf_program__attach_cgroup(program, fd));
	close(fd);
	if (ret == -EBADF)
		err("--cgroup: '%s' is no cgroup (v2)", path);
	else if (ret)
		err("cgroup %s: %s%s", path ?: "/", strerror(-ret),
		    ret == -EPERM ? ": run it as root; or a program there, or above it, allows no other" : "");
	return ret;
}

static int add_cgroup(const struct opt *o, const char *word)
{
	const char *mount = need_mount();
	char path[2 * PATH_LEN], *end;
	__u64 id = strtoull(word, &end, 0);

	if (!mount)
		return -EINVAL;
	if (!*end) {
		if (!filter_cgroup_path(id))
			goto missing;
		strcpy(path, found);
	} else {
		whole_path(mount, word, path, sizeof(path));
	}
	if (!add_cgroup_dir(path))
		return 0;
missing:
	err("--cgroup: no cgroup '%s' below %s: see systemd-cgls", word, mount);
	return -EINVAL;
}

/*
 * Container managers name the cgroup after the container: docker-ID.scope, crio-ID.scope,
 * libpod-ID.scope, cri-containerd-ID.scope, /docker/ID, lxc.payload.NAME, machine-NAME.scope.
 */
static bool is_container(const char *dir, const char *name)
{
	static const char *const prefixes[] = { "docker-", "crio-", "libpod-", "cri-containerd-", "lxc.payload.",
						"machine-", "containerd-", "systemd-nspawn@", "" };
	size_t len = strlen(name);

	for (unsigned int i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		size_t n = strlen(prefixes[i]);
		const char *rest = dir + n;
		bool id = strspn(rest, "0123456789abcdef") >= 32;

		if (strncmp(dir, prefixes[i], n) || strncmp(rest, name, len))
			continue;
		if (id && len >= 4)
			return true;
		if (*prefixes[i] && (!rest[len] || !strcmp(rest + len, ".scope") || !strcmp(rest + len, ".service")))
			return true;
	}
	return false;
}

static int match_container(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	if (type != FTW_D || !is_container(path + ftw->base, wanted_name))
		return 0;
	n_found++;
	return add_cgroup_dir(path);
}

static int add_container(const char *name)
{
	const char *mount = filter_cgroup_mount();

	wanted_name = name;
	n_found = 0;
	if (mount)
		nftw(mount, match_container, 16, FTW_PHYS | FTW_MOUNT);
	if (n_found)
		return 0;
	err("--container: no cgroup is named after a container '%s': give its name or the start of its id", name);
	return -EINVAL;
}

static int set_namespace(const struct opt *o, int which, const char *file, const char *word)
{
	char path[128], *end;
	struct stat st;
	__u64 n = strtoull(word, &end, 10);

	if (*end || !isdigit((unsigned char)*word) || n > UINT32_MAX)
		goto bad;
	if (n >= 0xeffffff8) {		/* the first namespaces' numbers begin here: include/linux/proc_ns.h */
		ns_inode[which] = n;
		if (stat("/proc/self/ns/pid", &st))
			goto bad;
		ns_dev[which] = st.st_dev;
		return 0;
	}
	snprintf(path, sizeof(path), "/proc/%llu/ns/%s", n, file);
	if (stat(path, &st))
		goto bad;
	ns_inode[which] = st.st_ino;
	ns_dev[which] = st.st_dev;
	return 0;
bad:
	err("--%s: '%s' is no process and no namespace: see lsns", o->name, word);
	return -EINVAL;
}

int filter_option(struct run *run, const struct opt *o, const char *arg)
{
	struct opt pid = filter_opts[OPT_FOLLOW];
	__u32 id;

	if (o->set)
		return each_word(o, arg, add_number);
	for (int i = 0; filter_opts[i].name; i++)
		if (filter_opts[i].name == o->name)
			switch (i) {
			case OPT_PID: case OPT_TID: return each_word(o, arg, add_task);
			case OPT_UID: return each_word(o, arg, add_user);
			case OPT_NAME: glob = arg; filters |= ONLY_COMM; return filter_glob(arg, NULL);
			case OPT_CGROUP: return each_word(o, arg, add_cgroup);
			case OPT_CONTAINER: return add_container(arg);
			case OPT_FOLLOW: return number(&pid, arg, &id) ?: filter_follow(id);
			case OPT_MNTNS: filters |= ONLY_MNTNS; return set_namespace(o, 0, "mnt", arg);
			case OPT_NETNS: filters |= ONLY_NETNS; return set_namespace(o, 1, "net", arg);
			case OPT_PIDNS: filters |= ONLY_PIDNS; return set_namespace(o, 2, "pid", arg);
			}
	return -EINVAL;
}

static unsigned char glob_byte(const char **s)
{
	*s += **s == '\\' && (*s)[1];
	return *(*s)++;
}

/* [a-z_], [!0-9], [[:digit:]]: the bytes that match; false where it has no end, and is but a bracket. */
static bool glob_class(const char **p, bool set[256])
{
	const char *s = *p + 1, *first;
	bool not = *s == '!' || *s == '^';

	s += not;
	for (first = s; *s && (*s != ']' || s == first);) {
		const char *end = *s == '[' && s[1] == ':' ? strstr(s + 2, ":]") : NULL;
		unsigned char from, to;
		char name[16];

		if (end) {
			wctype_t named;

			snprintf(name, sizeof(name), "%.*s", (int)(end - s - 2), s + 2);
			named = wctype(name);
			for (int c = 0; named && c < 256; c++)
				set[c] |= iswctype(c, named) != 0;
			s = end + 2;
			continue;
		}
		from = to = glob_byte(&s);
		if (*s == '-' && s[1] && s[1] != ']') {
			s++;
			to = glob_byte(&s);
		}
		for (int c = from; c <= to; c++)
			set[c] = true;
	}
	for (int c = 0; c < 256; c++)
		set[c] ^= not;
	if (*s)
		*p = s + 1;
	return *s;
}

/* One item of the glob at *p: the bytes that it matches, as a set. */
static void glob_item(const char **p, bool set[256])
{
	memset(set, 0, 256);
	if (**p == '[' && glob_class(p, set))
		return;
	memset(set, **p == '?', 256);
	if (**p == '?')
		(*p)++;
	else
		set[glob_byte(p)] = true;
}

/*
 * The glob as an automaton that BPF runs with two operations a byte: bit j of a state
 * set means that the first j items have matched.
 */
int filter_glob(const char *pattern, struct common *to)
{
	static struct common none;
	struct common *c = to ?: &none;
	bool set[256];
	int n = 0;

	memset(c->comm_match, 0, sizeof(c->comm_match));
	c->comm_stars = 0;
	for (const char *p = pattern; *p;) {
		if (*p == '*') {
			c->comm_stars |= 1U << n;
			p++;
			continue;
		}
		if (n == 31) {
			err("--name: '%s' is too long: a command name has at most 15 characters", pattern);
			return -EINVAL;
		}
		glob_item(&p, set);
		for (int i = 0; i < 256; i++)
			c->comm_match[i] |= (__u32)set[i] << n;
		n++;
	}
	if (!*pattern) {
		err("--name: an empty name: give a name or a glob");
		return -EINVAL;
	}
	c->comm_end = 1U << n;
	return 0;
}

/* In a pid namespace of its own, a tool shows and takes that namespace's ids. */
static void own_namespace(struct common *c)
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st) || st.st_ino == 0xEFFFFFFC)	/* PROC_PID_INIT_INO */
		return;
	c->pidns_dev = st.st_dev;
	c->pidns_ino = st.st_ino;
}

static int offset(struct run *run, const char *type, const char *member, __u32 *to)
{
	struct btf_types *types;
	int ret = btf_open(&types, run->btf);

	if (!ret)
		ret = btf_member_offset(types, type, member);
	if (ret < 0) {
		err("this filter needs %s.%s from the kernel's BTF: %s", type, member, strerror(-ret));
		return ret;
	}
	*to = ret;
	return 0;
}

int filter_apply(struct run *run)
{
	struct common *c = run->common;
	struct bpf_map *set, *groups;
	int ret = 0;

	c->self = getpid();
	c->filters = filters;
	c->cgroups = n_cgroups;
	c->filter_mntns = ns_inode[0];
	c->filter_netns = ns_inode[1];
	c->filter_pidns_ino = ns_inode[2];
	c->filter_pidns_dev = ns_dev[2];
	own_namespace(c);
	if (glob)
		filter_glob(glob, c);
	if (filters & ONLY_FOLLOW)
		ret = offset(run, "task_struct", "pid", &c->task_pid);
	if (!ret && filters & ONLY_FOLLOW && c->pidns_ino)
		ret = offset(run, "task_struct", "thread_pid", &c->task_thread_pid) ?:
		      offset(run, "pid", "level", &c->pid_level) ?: offset(run, "pid", "numbers", &c->pid_numbers);
	if (!ret && filters & (ONLY_MNTNS | ONLY_NETNS))
		ret = offset(run, "task_struct", "nsproxy", &c->task_nsproxy);
	if (!ret && filters & ONLY_MNTNS)
		ret = offset(run, "nsproxy", "mnt_ns", &c->nsproxy_mnt) ?:
		      offset(run, "mnt_namespace", "ns.inum", &c->mnt_inum);
	if (!ret && filters & ONLY_NETNS)
		ret = offset(run, "nsproxy", "net_ns", &c->nsproxy_net) ?: offset(run, "net", "ns.inum", &c->net_inum);
	set = bpf_object__find_map_by_name(run->skel->obj, "filter_set");
	groups = bpf_object__find_map_by_name(run->skel->obj, "filter_cgroups");
	if (!ret && set)
		ret = bpf_map__set_max_entries(set, filters & ONLY_FOLLOW ? n_keys + (c->pidns_ino ? 32768 : 16384) : n_keys ?: 1);
	if (!ret && groups)
		ret = bpf_map__set_max_entries(groups, n_cgroups ?: 1);
	return ret;
}

int filter_fill(struct run *run)
{
	int set = bpf_object__find_map_fd_by_name(run->skel->obj, "filter_set");
	int groups = bpf_object__find_map_fd_by_name(run->skel->obj, "filter_cgroups");
	__u8 yes = 1;
	int ret = 0;

	for (size_t i = 0; i < n_keys && !ret; i++)
		ret = bpf_map_update_elem(set, &keys[i], &yes, BPF_ANY);
	for (__u32 i = 0; i < n_cgroups && !ret; i++)
		ret = bpf_map_update_elem(groups, &i, &cgroups[i], BPF_ANY);
	if (ret)
		err("filters: %s", strerror(-ret));
	return ret;
}
