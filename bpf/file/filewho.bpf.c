// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/file.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/path.bpf.h"
#include "lib/readwrite.bpf.h"
#include "filewho.h"

#define AT_FDCWD (-100)
#define MAP_ANONYMOUS 0x20
#define MAX_DEPTH 64

const volatile bool subtree, changes_only;
const volatile struct filewho_id own_root;

/* Another one, once another file has taken the path's place. */
struct filewho_id target SEC(".data.target");

EVENT_SCRATCH(struct filewho_event);

#define TWO_PATHS(nr) (syscall_in(nr, rename, renameat, renameat2, link, linkat))
#define ONE_PATH(nr)  (syscall_in(nr, unlink, unlinkat, rmdir, truncate, truncate64, chmod, fchmodat, fchmodat2) || \
		       syscall_in(nr, chown, lchown, chown32, lchown32, fchownat, setxattr, lsetxattr, removexattr) || \
		       syscall_in(nr, lremovexattr, symlink, symlinkat, mkdir, mkdirat, mknod, mknodat))
#define OPENED(nr)    (syscall_in(nr, open, openat, openat2, creat))
#define FD(nr)	      (syscall_in(nr, mmap, mmap2, getdents, getdents64, ftruncate, ftruncate64, fallocate, fchmod) || \
		       syscall_in(nr, fchown, fchown32, fsetxattr, fremovexattr))

static __always_inline bool is_target(struct inode *inode)
{
	return BPF_CORE_READ(inode, i_ino) == target.inode && BPF_CORE_READ(inode, i_sb, s_dev) == target.dev;
}

/* An open file, or one below the folder. */
static __noinline bool is_wanted(struct file *file)
{
	unsigned long mnt = path_follow((unsigned long)file + path_offsets.file_path, path_offsets.path_mnt);
	unsigned long dentry = path_follow((unsigned long)file + path_offsets.file_path, path_offsets.path_dentry);

	if (is_target(BPF_CORE_READ(file, f_inode)))
		return true;
	if (!subtree)
		return false;
#pragma clang loop unroll(disable)
	for (int i = 0; i < MAX_DEPTH; i++) {
		if (path_up(&mnt, &dentry) == PATH_TOP)
			return false;
		if (is_target(BPF_CORE_READ((struct dentry *)dentry, d_inode)))
			return true;
	}
	return false;
}

static __always_inline bool is_elsewhere(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct inode *root = BPF_CORE_READ(task, fs, root.dentry, d_inode);

	return BPF_CORE_READ(root, i_ino) != own_root.inode || BPF_CORE_READ(root, i_sb, s_dev) != own_root.dev;
}

struct touch {
	__u32 how;
	__s32 fd;
	struct path_start path[2];
};

/* Of a descriptor: -1 for what is none of these calls. */
static __always_inline __s32 how_by_fd(const struct syscall *call, __s32 *fd)
{
	*fd = call->arg[0];
	if (is_read(call))
		return WHO_READ;
	if (is_write(call))
		return WHO_WRITE;
	if (syscall_is(call, open) || syscall_is(call, openat) || syscall_is(call, openat2) || syscall_is(call, creat)) {
		*fd = call->ret;
		return WHO_OPEN;
	}
	if (syscall_is(call, mmap2) || (!call->is_32 && syscall_is(call, mmap))) {
		*fd = call->arg[4];
		return call->arg[3] & MAP_ANONYMOUS ? -1 : WHO_MMAP;
	}
	if (syscall_is(call, getdents) || syscall_is(call, getdents64))
		return WHO_LIST;
	if (syscall_is(call, ftruncate) || syscall_is(call, ftruncate64))
		return WHO_TRUNCATE;
	if (syscall_is(call, fallocate))
		return WHO_ALLOCATE;
	if (syscall_is(call, fchmod))
		return WHO_CHMOD;
	if (syscall_is(call, fchown) || syscall_is(call, fchown32))
		return WHO_CHOWN;
	return syscall_is(call, fsetxattr) || syscall_is(call, fremovexattr) ? WHO_SETXATTR : -1;
}

/* Of paths, which are put into `touch`; the second one's descriptor is there only where it has one. */
static __always_inline __s32 how_by_path(const struct syscall *call, struct path_start *path)
{
	const unsigned long *arg = call->arg;

	/* "at" and what is before the path: a descriptor. */
	path[0] = (struct path_start){ arg[0], arg[1] };
	path[1] = (struct path_start){ arg[2], arg[3] };
	if (syscall_is(call, unlinkat))
		return WHO_UNLINK;
	if (syscall_is(call, renameat) || syscall_is(call, renameat2))
		return WHO_RENAME;
	if (syscall_is(call, linkat))
		return WHO_LINK;
	path[1].path = 0;
	if (syscall_is(call, fchmodat) || syscall_is(call, fchmodat2))
		return WHO_CHMOD;
	if (syscall_is(call, fchownat))
		return WHO_CHOWN;
	if (syscall_is(call, mkdirat) || syscall_is(call, mknodat))
		return WHO_MAKE;
	path[0] = (struct path_start){ arg[1], arg[2] };
	if (syscall_is(call, symlinkat))
		return WHO_MAKE;
	path[0] = (struct path_start){ AT_FDCWD, arg[1] };
	if (syscall_is(call, symlink))
		return WHO_MAKE;
	path[0].path = arg[0];
	if (syscall_is(call, unlink) || syscall_is(call, rmdir))
		return WHO_UNLINK;
	if (syscall_is(call, truncate) || syscall_is(call, truncate64))
		return WHO_TRUNCATE;
	if (syscall_is(call, chmod))
		return WHO_CHMOD;
	if (syscall_is(call, chown) || syscall_is(call, lchown) || syscall_is(call, chown32) || syscall_is(call, lchown32))
		return WHO_CHOWN;
	if (syscall_is(call, setxattr) || syscall_is(call, lsetxattr) || syscall_is(call, removexattr) ||
	    syscall_is(call, lremovexattr))
		return WHO_SETXATTR;
	if (syscall_is(call, mkdir) || syscall_is(call, mknod))
		return WHO_MAKE;
	path[1] = (struct path_start){ AT_FDCWD, arg[1] };
	return syscall_is(call, rename) ? WHO_RENAME : syscall_is(call, link) ? WHO_LINK : -1;
}

static __always_inline bool failed(const struct syscall *call)
{
	return (unsigned long)call->ret >= -4095UL;	/* mmap(2) may return what looks negative */
}

static __always_inline void send(struct filewho_event *e, const struct syscall *call, __u32 how, __u32 used)
{
	__u64 size = used;

	origin_fill(&e->origin);
	e->how = how;
	e->bytes = how == WHO_READ || how == WHO_WRITE ? call->ret : 0;
	e->elsewhere = is_elsewhere();
	barrier_var(size);	/* of 64 bits: else clang bounds one copy of it and hands over another */
	if (size <= sizeof(e->paths.data))
		event_output(e, offsetof(struct filewho_event, paths.data) + size);
}

/*
 * The names of a struct path, at `at` in the record's data; how many bytes. A global function, of numbers: the verifier
 * looks at it once.
 */
__noinline __u32 add_names(__u64 path, __u32 i, __u32 at)
{
	struct filewho_event *e = event_scratch(struct filewho_event);

	if (!e)
		return 0;
	i &= 1;
	path_of(e->paths.data + (at & (4 * PATH_LEN - 1)), path, &e->paths.base_len[i], &e->paths.cut[i]);
	return e->paths.base_len[i] & 0x1fff;
}

static __always_inline __u32 add_path(struct filewho_event *e, __u32 i, const struct path_start *from, __u32 at)
{
	__u32 start = at & (4 * PATH_LEN - 1);

	at = path_pair_add(&e->paths, i, from, at, false);
	return e->paths.data[start] == '/' ? at : at + add_names(path_base(from->dirfd), i, at);
}

static __noinline int by_fd(const struct syscall *call)
{
	struct filewho_event *e;
	struct file *file;
	__s32 fd, how;

	if (!call)
		return 0;
	how = how_by_fd(call, &fd);
	if (how < 0 || (changes_only && how < WHO_CHANGES) || !filter_current())
		return 0;
	file = file_of(fd);
	if (!is_wanted(file) || !(e = event_scratch(struct filewho_event)))
		return 0;
	for (int i = 0; i < 2; i++)
		e->paths.len[i] = e->paths.base_len[i] = e->paths.cut[i] = 0;
	send(e, call, how, add_names((unsigned long)file + path_offsets.file_path, 0, 0));
	return 0;
}

static __noinline int by_path(const struct syscall *call)
{
	struct filewho_event *e;
	struct path_start path[2];
	__s32 how;
	__u32 used;

	if (!call)
		return 0;
	how = how_by_path(call, path);
	if (how < 0 || !filter_current() || !(e = event_scratch(struct filewho_event)))
		return 0;
	used = add_path(e, 0, &path[0], 0);
	e->paths.len[1] = e->paths.base_len[1] = e->paths.cut[1] = 0;
	if (how == WHO_RENAME || how == WHO_LINK)
		used = add_path(e, 1, &path[1], used);
	send(e, call, how, used);
	return 0;
}

/* A descriptor tells which file it is; which one a path led to is for user space to find out. */
ON_SYSCALL_IF(READS_OR_WRITES(nr) || OPENED(nr) || FD(nr) || ONE_PATH(nr) || TWO_PATHS(nr))
{
	__u32 nr = call->nr;

	if (failed(call))
		return 0;
	if (ONE_PATH(nr) || TWO_PATHS(nr))
		by_path(call);
	if (READS_OR_WRITES(nr) || OPENED(nr) || FD(nr))
		by_fd(call);	/* a number of the other table may be one of these */
	return 0;
}
