// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/path_user.h"
#include "lib/tool.h"
#include "file/filewho.h"
#include "file/filewho.skel.h"

#define EVENT	  struct filewho_event
#define MAX_DEPTH 64

/* What is watched, as stat(2) has it; and the folder that has its name. */
static struct {
	char path[PATH_MAX];
	const char *name;
	struct stat self, folder;
	bool gone;
} target;

static bool subtree;
static __u64 only_inode;

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* Is it the target, by its words alone, or below it? */
static bool named(const char *path)
{
	size_t n = strlen(target.path);

	return !strcmp(path, target.path) || (subtree && !strncmp(path, target.path, n) && (path[n] == '/' || n == 1));
}

/* Without "//", "." and "..": a symbolic link before ".." makes another path of it. */
static void shorten(char *path)
{
	char *from = path, *to = path;

	while (*from) {
		size_t n;

		from += strspn(from, "/");
		n = strcspn(from, "/");
		if (n == 2 && !memcmp(from, "..", 2)) {
			while (to > path && *--to != '/')
				;
		} else if (n && !(n == 1 && *from == '.')) {
			*to++ = '/';
			memmove(to, from, n);
			to += n;
		}
		from += n;
	}
	if (to == path)
		*to++ = '/';
	*to = 0;
}

/* Names from the last to the first, and the path as it was given, as one from the root; it begins with one slash. */
static bool absolute(const EVENT *e, int i, char *to)
{
	const char *given = path_pair_given(&e->paths, i), *start = given ? given + e->paths.len[i] : NULL, *end;
	size_t n = 0, length;

	if (!given || e->paths.cut[i])
		return false;
	given += strspn(given, "/");
	for (end = start + e->paths.base_len[i]; end > start;) {
		const char *name = --end;

		while (name > start && name[-1])
			name--;
		length = strlen(name);
		if (n + length + 1 >= PATH_MAX)
			return false;
		to[n++] = '/';
		memcpy(to + n, name, length);
		n += length;
		end = name;
	}
	length = strlen(given);
	if (n + length + 2 > PATH_MAX)
		return false;
	to[n++] = '/';
	memcpy(to + n, given, length + 1);
	return true;
}

/* Is this folder the target, or below it?  The descriptor is used up. */
static bool below(int fd)
{
	struct stat before = {}, now;
	bool found = false;

	for (int i = 0; i < MAX_DEPTH && fd >= 0 && !fstat(fd, &now) && (!i || !same(&before, &now)) && !found; i++) {
		int above = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

		found = same(&now, &target.self);
		before = now;
		close(fd);
		fd = above;
	}
	if (fd >= 0)
		close(fd);
	return found;
}

/* These follow a symbolic link at the end of the path. */
static bool follows(__u32 how)
{
	return how == WHO_CHMOD || how == WHO_CHOWN || how == WHO_TRUNCATE || how == WHO_SETXATTR;
}

/* What is at the path now: a file, and where its folder is. */
static bool led_to(const EVENT *e, char *path)
{
	char *name = strrchr(path, '/'), root[64], real[PATH_MAX];
	struct stat folder, self;
	bool found = false;
	ssize_t n;
	int fd, at;

	snprintf(root, sizeof(root), "/proc/%u/root", e->origin.pid);
	at = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at < 0 && e->elsewhere)
		return false;	/* it has ended, and its root is not ours */
	*name++ = 0;
	fd = at < 0 ? open(*path ? path : "/", O_PATH | O_DIRECTORY | O_CLOEXEC) :
		      openat(at, *path ? path + 1 : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at >= 0)
		close(at);
	if (fd < 0 || fstat(fd, &folder)) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (!fstatat(fd, name, &self, AT_SYMLINK_NOFOLLOW) && (same(&self, &target.self) ||
	    (follows(e->how) && !fstatat(fd, name, &self, 0) && same(&self, &target.self))))
		found = true;
	else if (target.name && same(&folder, &target.folder) && !strcmp(name, target.name))
		found = true;	/* it was there */
	if (!found && subtree && follows(e->how)) {
		at = openat(fd, name, O_PATH | O_CLOEXEC);
		snprintf(root, sizeof(root), "/proc/self/fd/%d", at);
		n = at < 0 ? -1 : readlink(root, real, sizeof(real) - 1);
		real[n < 0 ? 0 : n] = 0;
		found = n > 0 && named(real);
		if (at >= 0)
			close(at);
	}
	if (!found && subtree)
		return below(fd);
	close(fd);
	return found;
}

static bool event(struct run *run, void *event, size_t size)
{
	char path[PATH_MAX];
	EVENT *e = event;

	if (!e->paths.len[0])	/* by a descriptor: the program knew */
		return true;
	for (int i = 0; i < 2; i++) {
		if (!absolute(e, i, path))
			continue;
		if (!e->elsewhere && target.name) {
			char words[PATH_MAX];

			strcpy(words, path);
			shorten(words);
			if (named(words))
				return true;
		}
		for (char *end = path + strlen(path); end > path + 1 && end[-1] == '/';)
			*--end = 0;
		if (led_to(e, path))
			return true;
	}
	return false;
}

/* To the program: which inode it is now. */
static int tell(struct filewho_id *to)
{
	int ret = path_device(target.path, &to->dev);

	to->inode = only_inode ?: target.self.st_ino;
	return ret;
}

static int tick(struct run *run)
{
	struct filewho_bpf *skel = (void *)run->skel;
	struct filewho_id id = {};
	struct stat now;

	if (!target.name || stat(target.path, &now) || same(&now, &target.self))
		return 0;
	target.self = now;
	if (!tell(&id))
		skel->data_target->target = id;
	return 0;
}

static int setup(struct run *run)
{
	struct filewho_bpf *skel = (void *)run->skel;
	struct filewho_bpf__rodata *rodata = run->rodata;
	char folder[PATH_MAX];
	struct stat root;
	__u32 dev;
	int ret;

	if (run->n_args != 1) {
		err("which file? One, see --help");
		return -EINVAL;
	}
	subtree = rodata->subtree;
	if (!realpath(run->args[0], target.path) || stat(target.path, &target.self)) {
		err("'%s': %s", run->args[0], strerror(errno));
		return -EINVAL;
	}
	if (subtree && !S_ISDIR(target.self.st_mode)) {
		err("'%s': --subtree is for a folder", run->args[0]);
		return -EINVAL;
	}
	if (only_inode) {
		target.self.st_ino = only_inode;
	} else {
		strcpy(folder, target.path);
		target.name = strrchr(target.path, '/') + 1;
		strrchr(folder, '/')[1] = 0;
		ret = stat(folder, &target.folder);
		if (ret) {
			err("'%s': %s", folder, strerror(errno));
			return -EINVAL;
		}
	}
	ret = tell(&skel->data_target->target);
	if (!ret)
		ret = stat("/", &root) ? -errno : path_device("/", &dev);
	if (ret) {
		err("'%s': its file system can't be told: %s", run->args[0], strerror(-ret));
		return ret;
	}
	rodata->own_root = (struct filewho_id){ root.st_ino, dev };
	return path_setup(run, (struct path_offsets *)&rodata->path_offsets);
}

static void show_how(struct out *out, const struct column *c, const void *row)
{
	static const char *const names[] = {
		[WHO_OPEN] = "open", [WHO_READ] = "read", [WHO_MMAP] = "mmap", [WHO_LIST] = "list", [WHO_WRITE] = "write",
		[WHO_TRUNCATE] = "truncate", [WHO_ALLOCATE] = "allocate", [WHO_CHMOD] = "chmod", [WHO_CHOWN] = "chown",
		[WHO_SETXATTR] = "setxattr", [WHO_UNLINK] = "unlink", [WHO_RENAME] = "rename", [WHO_LINK] = "link",
		[WHO_MAKE] = "make",
	};

	out_str(out, names[((const EVENT *)row)->how & 15] ?: "");
}

static void show_bytes(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->how == WHO_READ || e->how == WHO_WRITE)
		out_s64(out, e->bytes);
	else
		out_nothing(out);
}

static void show_file(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->paths.len[c->offset])
		path_pair_write(out, &e->paths, c->offset);
	else if (!c->offset)
		path_write(out, e->paths.data, e->paths.base_len[0], e->paths.cut[0]);
	else
		out_nothing(out);
}

static const struct opt opts[] = {
	OPT('s', "subtree", NULL, filewho, subtree, "a folder, and all that is below it"),
	OPT('w', "changes", NULL, filewho, changes_only, "only what changes a file or its names"),
	{ .name = "inode", .arg = "NUMBER", .value = V_U64, .min = 1, .max = ~0ULL, .here = &only_inode,
	  .help = "in its place the file with this inode, in the same file system" },
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_OWN("how", show_how, -8, "open, read, write, mmap, list (a folder), truncate, allocate, chmod, chown, setxattr, unlink, "
		"rename, link, make (a folder or something special)"),
	COL_OWN("bytes", show_bytes, 9, "how much was read or written", .bare_json = true),
	COL_OWN("new_file", show_file, -24, "of a rename or link, the new path", HIDDEN, .offset = 1),
	COL_OWN("file", show_file, 0, "its path; as the caller gave it, with where that begins, where the call takes a path"),
	{}
};

static const struct example examples[] = {
	{ "/etc/passwd", "who opens, reads, changes, replaces a file" },
	{ "-w -s /srv/www", "who changes what is below a folder" },
	{ "--inode 181 /var", "who uses this inode of the file system that /var is on" },
	{}
};

TOOL(filewho,
	.summary  = "trace who touches a file, or what is in a folder, and how",
	.about    = "One line for each system call that succeeded and used the file that PATH leads to: by a descriptor (open, read, "
		    "write, mmap, ftruncate, fallocate, fchmod, fchown, fsetxattr and their like), or by a path (unlink, rename, "
		    "link, chmod, chown, truncate, setxattr, mkdir and their like).",
	.cost     = "One raw tracepoint at the return of each system call, which reads its number; for calls with a descriptor a look at "
		    "the open file, with --subtree at each folder above it; for calls with a path a record in the ring buffer, "
		    "and a look at where it leads to.",
	.caveats  = "A descriptor tells exactly which file it is. Where a path led to is asked after the call: by its words, then by the "
		    "inodes of its folder and of what is there; what another name of the file (a hard link) was, once it is deleted, "
		    "is not found out, nor a path through symbolic links, or of a process with another root, whose folder is gone by "
		    "then. When another file takes the place of PATH, that is watched within a tenth of a second; with --inode "
		    "never. Calls that fail, io_uring, sendfile(2), splice(2), copy_file_range(2), what is done through a "
		    "mapping, the start of programs and 32-bit programs' old mmap(2) are not seen. "
		    "On overlay file systems a descriptor may be of a layer's inode that stat(2) doesn't show.",
	.args     = "PATH", .trial = "/tmp", .keep_caps = 1ULL << 2 /* DAC_READ_SEARCH */ | 1ULL << 19 /* SYS_PTRACE */,
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .event = event, .tick = tick);
