// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What functions a type of file system has, asked of the kernel: /proc/kallsyms says where its tables of operations are,
 * BTF where the functions stand in them, and reading the tables which functions these are.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lib/btf.h"
#include "lib/fs_user.h"
#include "lib/ksym.h"
#include "lib/lib.h"
#include "lib/path_user.h"

#define MOST 4		/* functions that all tables of a type together have for one call */

static const char *const calls[] = { "read", "write", "open", "fsync", "getattr", "atomic_open", "commit" };

/* Where the kernel's names don't begin as the type is called. */
static const struct {
	const char *type, *prefixes;
} others[] = {
	{ "tmpfs", "shmem" },  { "devtmpfs", "shmem ramfs" }, { "rootfs", "shmem ramfs" }, { "zfs", "zpl" },  { "bcachefs", "bch" },
	{ "vfat", "fat" },     { "msdos", "fat" },	      { "9p", "v9fs" },		   { "overlay", "ovl" }, { "nfs4", "nfs" },
	{ "ext3", "ext4" },    { "fuseblk", "fuse" },
};

struct symbol_at {
	__u64 address;
	char *name;
};

struct symbols {
	struct symbol_at *at;
	size_t n;
};

static struct {
	char type[64];
	const char *prefixes;
	struct symbols functions, tables, inode_tables, folder_tables;
	const char *found[FS_CALLS][MOST];
	bool direct[FS_CALLS];
} fs;

const struct alias fs_slower_aliases[] = {
	{ "btrfsslower", "--fs=btrfs" }, { "ext4slower", "--fs=ext4" }, { "f2fsslower", "--fs=f2fs" },
	{ "fuseslower", "--fs=fuse" },	 { "nfsslower", "--fs=nfs" },	{ "xfsslower", "--fs=xfs" },
	{ "zfsslower", "--fs=zfs" },	 { "bcachefsslower", "--fs=bcachefs" }, {},
};

const struct alias fs_dist_aliases[] = {
	{ "btrfsdist", "--fs=btrfs" }, { "ext4dist", "--fs=ext4" }, { "f2fsdist", "--fs=f2fs" },
	{ "fusedist", "--fs=fuse" },   { "nfsdist", "--fs=nfs" },   { "xfsdist", "--fs=xfs" },
	{ "zfsdist", "--fs=zfs" },     { "bcachefsdist", "--fs=bcachefs" }, {},
};

const char *fs_call_name(__u32 call)
{
	return call <= FS_COMMIT ? calls[call] : "";
}

int fs_type(struct run *run, const char *arg, void *to)
{
	for (const char *at = arg; *at; at++)
		if (!isalnum(*at) && *at != '_' && *at != '-' && *at != '.')
			goto wrong;
	if (!*arg || strlen(arg) >= sizeof(fs.type))
		goto wrong;
	strcpy(fs.type, arg);
	return 0;
wrong:
	err("--fs: '%s' is no type of file system: see /proc/filesystems", arg);
	return -EINVAL;
}

/* What the current folder is on. */
static int type_here(void)
{
	char *line = path_mount("."), *behind = line ? strstr(line, " - ") : NULL;

	if (behind)
		sscanf(behind, " - %63s", fs.type);
	free(line);
	if (*fs.type)
		return 0;
	err("which file system the current folder is on is not known: give its type with --fs");
	return -EOPNOTSUPP;
}

static int keep(struct symbols *to, __u64 address, const char *name)
{
	if (!(to->n & (to->n - 1))) {
		struct symbol_at *more = realloc(to->at, (to->n ? to->n * 2 : 1) * sizeof(*more));

		if (!more)
			return -ENOMEM;
		to->at = more;
	}
	to->at[to->n].address = address;
	to->at[to->n].name = strdup(name);
	return to->at[to->n++].name ? 0 : -ENOMEM;
}

static void forget(struct symbols *symbols)
{
	for (size_t i = 0; i < symbols->n; i++)
		free(symbols->at[i].name);
	free(symbols->at);
	*symbols = (struct symbols){};
}

/* "nfs" begins nfs_file_read and nfs4_file_open. */
static bool begins(const char *name, const char *prefixes)
{
	for (const char *at = prefixes; *at; at += *at == ' ') {
		size_t n = strcspn(at, " ");

		if (!strncmp(name, at, n) && name[n + strspn(name + n, "0123456789")] == '_')
			return true;
		at += n;
	}
	return false;
}

static bool ends(const char *name, const char *with)
{
	size_t n = strlen(name), m = strlen(with);

	return n >= m && !strcmp(name + n - m, with);
}

/* Functions that several types have in their tables. */
static bool is_common(const char *name)
{
	return !strncmp(name, "generic_", 8) || !strncmp(name, "filemap_", 8) || !strncmp(name, "simple_", 7) ||
	       !strncmp(name, "noop_", 5) || !strncmp(name, "blkdev_", 7);
}

/* Tables of inodes that are no files have other functions, and those may call the files'. */
static bool is_of_files(const char *table)
{
	static const char *const no[] = { "dir", "symlink", "special", "mountpoint", "referral", "namespace", "null" };

	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		if (strstr(table, no[i]))
			return false;
	return true;
}

static int keep_symbol(__u64 address, char type, const char *name)
{
	bool ours = begins(name, fs.prefixes);

	if ((type | 32) == 't' || (type | 32) == 'w')
		return ours || is_common(name) ? keep(&fs.functions, address, name) : 0;
	if (!ours)
		return 0;
	if (ends(name, "inode_operations") || ends(name, "inode_ops") || ends(name, "iops"))
		return is_of_files(name) ? keep(&fs.inode_tables, address, name) :
		       strstr(name, "dir") ? keep(&fs.folder_tables, address, name) : 0;
	if (ends(name, "file_operations") || ends(name, "fops") || (!strncmp(name, "cifs_file_", 10) && ends(name, "_ops")))
		return keep(&fs.tables, address, name);
	return 0;
}

/* One pass; by hand, as sscanf would take half a second. */
static int read_symbols(void)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char *line = NULL, *at;
	bool shown = false;
	size_t size = 0;
	int ret = 0;

	while (f && !ret && getline(&line, &size, f) > 0) {
		__u64 address = strtoull(line, &at, 16);

		shown |= address != 0;
		if (*at != ' ' || !at[1] || at[2] != ' ')
			continue;
		at[3 + strcspn(at + 3, "\t\n")] = 0;
		ret = keep_symbol(address, at[1], at + 3);
	}
	free(line);
	if (f)
		fclose(f);
	return ret ?: shown ? 0 : ksym_hidden();
}

static const char *function_at(__u64 address)
{
	const char *common = NULL;

	for (size_t i = 0; i < fs.functions.n && address; i++)
		if (fs.functions.at[i].address == address) {
			if (begins(fs.functions.at[i].name, fs.prefixes))
				return fs.functions.at[i].name;
			common = fs.functions.at[i].name;
		}
	return common;
}

static void found(enum fs_call call, const char *function)
{
	for (int i = 0; function && i < MOST; i++) {
		if (fs.found[call][i] && strcmp(fs.found[call][i], function))
			continue;
		fs.found[call][i] = function;
		return;
	}
}

static const char *entry(const struct symbol_at *table, int offset)
{
	__u64 address = 0;

	if (offset < 0 || kernel_read(table->address + offset, &address, sizeof(address)))
		return NULL;
	return function_at(address);
}

static int read_tables(struct btf_types *types, __u64 *tables)
{
	static const char *const members[] = { "read_iter", "write_iter", "open", "fsync" };
	int at[4], getattr = btf_member_offset(types, "inode_operations", "getattr"), n = 0;
	int atomic_open = btf_member_offset(types, "inode_operations", "atomic_open");

	for (int i = 0; i < 4; i++)
		at[i] = btf_member_offset(types, "file_operations", members[i]);
	for (size_t i = 0; i < fs.tables.n && n < FS_TABLES; i++) {
		if (!entry(&fs.tables.at[i], at[0]) && !entry(&fs.tables.at[i], at[1]))
			continue;	/* folders' and the like */
		tables[n++] = fs.tables.at[i].address;
		for (int call = 0; call < 4; call++)
			found(call, entry(&fs.tables.at[i], at[call]));
	}
	/* An inode has no table that is known, so only what is this type's own. */
	for (size_t i = 0; i < fs.inode_tables.n && n; i++) {
		const char *function = entry(&fs.inode_tables.at[i], getattr);

		if (function && begins(function, fs.prefixes))
			found(FS_GETATTR, function);
	}
	for (size_t i = 0; i < fs.folder_tables.n && n; i++) {
		const char *function = entry(&fs.folder_tables.at[i], atomic_open);

		if (function && begins(function, fs.prefixes))
			found(FS_ATOMIC_OPEN, function);
	}
	return n;
}

static struct bpf_program *program(struct run *run, const char *way, enum fs_call call)
{
	char name[64];

	snprintf(name, sizeof(name), "off__%s_%s", way, calls[call]);
	return bpf_object__find_program_by_name(run->skel->obj, name);
}

/* By trampoline where there is one function, and the kernel can. */
static bool is_direct(enum fs_call call, __u32 getattr_args)
{
	char section[128], why[160];

	snprintf(section, sizeof(section), "fentry/%s", fs.found[call][0]);
	return !fs.found[call][1] && (call != FS_GETATTR || getattr_args == 5) &&
	       !opt_has_word(getenv("COREKIT_WITHOUT"), "fentry") && kernel_has_program(section, why, sizeof(why));
}

static int choose(struct run *run, enum fs_call call, __u32 getattr_args)
{
	struct bpf_program *in, *out;
	int ret = 0;

	fs.direct[call] = is_direct(call, getattr_args);
	in = program(run, fs.direct[call] ? "fentry" : "kprobe", call);
	out = program(run, fs.direct[call] ? "fexit" : "kretprobe", call);
	for (int i = 0; i < MOST && fs.found[call][i] && run->verbose; i++)
		note("%s: %s", calls[call], fs.found[call][i]);
	if (fs.direct[call])
		ret = btf_target(in, fs.found[call][0]) ?: btf_target(out, fs.found[call][0]);
	return ret ?: bpf_program__set_autoload(in, true) ?: bpf_program__set_autoload(out, true);
}

/* An NFS client's commits are no call of a table's: it has tracepoints for them. */
static int choose_commits(struct run *run)
{
	return bpf_program__set_autoload(bpf_object__find_program_by_name(run->skel->obj, "off__commit"), true) ?:
	       bpf_program__set_autoload(bpf_object__find_program_by_name(run->skel->obj, "off__committed"), true);
}

int fs_setup(struct run *run, __u64 *tables, __u32 *getattr_args, __u32 without)
{
	struct btf_types *types;
	struct btf_arg args[8];
	char why[160];
	int ret;

	if (!kernel_has_program("kprobe/vfs_read", why, sizeof(why)) && !kernel_has_program("fentry/vfs_read", why, sizeof(why))) {
		err("can't run here: kprobe and fentry of a file system's functions: %s", why);
		return -EOPNOTSUPP;
	}
	if (btf_open(&types, run->btf)) {
		err("it needs the kernel's BTF, which is not here: give it with --btf");
		return -EOPNOTSUPP;
	}
	ret = *fs.type ? 0 : type_here();
	fs.prefixes = fs.type;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (!strcmp(fs.type, others[i].type))
			fs.prefixes = others[i].prefixes;
	ret = ret ?: read_symbols();
	if (ret)
		return ret;
	if (!read_tables(types, tables)) {
		err("'%s': this kernel has no such file system, or not yet: load its module, see /proc/filesystems", fs.type);
		return -EOPNOTSUPP;
	}
	if (btf_func_args(types, "simple_getattr", args, 8) == 4)
		*getattr_args = 4;
	for (int call = 0; call < FS_CALLS && !ret; call++)
		if (*fs.found[call] && !(without & 1 << (call == FS_ATOMIC_OPEN ? FS_OPEN : call)))
			ret = choose(run, call, *getattr_args);
	if (!ret && !strcmp(fs.prefixes, "nfs") && !(without & 1 << FS_COMMIT))
		ret = choose_commits(run);
	return ret;
}

/* What ends first, so that nothing begins without its end. */
static int attach_call(struct run *run, enum fs_call call)
{
	struct bpf_program *in = program(run, "kprobe", call), *out = program(run, "kretprobe", call);
	int ret = 0, n = 0;

	if (fs.direct[call])
		return attach_keep(btf_attach(program(run, "fexit", call))) ?: attach_keep(btf_attach(program(run, "fentry", call)));
	for (int i = 0; i < MOST && fs.found[call][i] && bpf_program__autoload(in); i++) {
		ret = attach_keep(bpf_program__attach_kprobe(out, true, fs.found[call][i])) ?:
		      attach_keep(bpf_program__attach_kprobe(in, false, fs.found[call][i]));
		n += !ret;
	}
	return n ? 0 : ret;
}

int fs_attach(struct run *run)
{
	int ret = 0;

	for (int call = 0; call < FS_CALLS && !ret; call++) {
		if (!bpf_program__autoload(program(run, fs.direct[call] ? "fentry" : "kprobe", call)))
			continue;
		ret = attach_call(run, call);
		if (ret)
			err("%s can't be probed: %s", fs.found[call][0], strerror(-ret));
	}
	forget(&fs.functions);
	forget(&fs.tables);
	forget(&fs.inode_tables);
	forget(&fs.folder_tables);
	return ret;
}
