// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include <bpf/bpf_endian.h>
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/path.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/task.bpf.h"
#include "lsmsnoop.h"

#define AF_UNIX	 1	/* include/linux/socket.h */
#define AF_INET	 2
#define AF_INET6 10

const volatile bool allowed_too;

#define PATHLESS offsetof(struct lsmsnoop_event, names_len)

/* NULL: nobody wants to know. */
static __always_inline struct lsmsnoop_event *begin(enum lsm_hook hook, long ret, __u32 number, __u32 object)
{
	struct lsmsnoop_event *e;

	if ((!allowed_too && (__s32)ret >= 0) || !filter_current())
		return NULL;
	e = event_reserve_bytes(object == OBJECT_PATH ? sizeof(*e) : PATHLESS);
	if (!e)
		return NULL;
	__builtin_memset(&e->to, 0, PATHLESS - offsetof(struct lsmsnoop_event, to));
	e->hook = hook;
	e->error = ret;
	e->number = number;
	e->object = object;
	return e;
}

static __always_inline int about_nothing(enum lsm_hook hook, long ret, __u32 number, __u32 object)
{
	struct lsmsnoop_event *e = begin(hook, ret, number, object);

	if (e)
		event_submit_bytes(e, PATHLESS);
	return 0;
}

/* `path` is that of the folder where `dentry` isn't 0. */
static __always_inline int about_path(enum lsm_hook hook, long ret, __u32 number, unsigned long path, unsigned long dentry)
{
	struct lsmsnoop_event *e = begin(hook, ret, number, OBJECT_PATH);

	if (!e)
		return 0;
	if (dentry)
		path_names(e->names, path_follow(path, path_offsets.path_mnt), dentry, &e->names_len, &e->cut);
	else
		path_of(e->names, path, &e->names_len, &e->cut);
	event_submit_bytes(e, sizeof(*e));
	return 0;
}

static __always_inline int about_file(enum lsm_hook hook, long ret, __u32 number, unsigned long file)
{
	return about_path(hook, ret, number, file + path_offsets.file_path, 0);
}

static __always_inline int about_task(enum lsm_hook hook, long ret, __u32 number, struct task_struct *task)
{
	struct lsmsnoop_event *e = begin(hook, ret, number, OBJECT_TASK);

	if (!e)
		return 0;
	e->pid = task_tgid(task);
	bpf_probe_read_kernel_str(e->text, COMM_LEN, &task->comm);
	event_submit_bytes(e, PATHLESS);
	return 0;
}

/* What connect(2) and bind(2) were given: the kernel's interface. */
union address {
	__u16 family;
	struct {
		__u16 family;
		char path[108];
	} local;
	struct {
		__u16 family;
		__be16 port;
		__u32 addr;
	} v4;
	struct {
		__u16 family;
		__be16 port;
		__u32 label, addr[4];
	} v6;
	char room[128];		/* a power of two, for the verifier */
};

static __always_inline int about_address(enum lsm_hook hook, long ret, void *from, __u64 len)
{
	struct lsmsnoop_event *e = begin(hook, ret, 0, OBJECT_NONE);
	union address address = {};

	if (!e)
		return 0;
	if (len >= sizeof(address))
		len = sizeof(address) - 1;
	barrier_var(len);
	if (bpf_probe_read_kernel(&address, len & (sizeof(address) - 1), from))
		lose(LOSS_READ);
	e->number = address.family;
	if (address.family == AF_INET) {
		e->object = OBJECT_ADDRESS;
		e->to.family = 4;
		e->to.rport = bpf_ntohs(address.v4.port);
		e->to.raddr[0] = address.v4.addr;
	} else if (address.family == AF_INET6) {
		e->object = OBJECT_ADDRESS;
		e->to.family = 6;
		e->to.rport = bpf_ntohs(address.v6.port);
		__builtin_memcpy(e->to.raddr, address.v6.addr, sizeof(address.v6.addr));
	} else if (address.family == AF_UNIX) {
		e->object = OBJECT_LOCAL;
		__builtin_memcpy(e->text, address.local.path, sizeof(address.local.path));
	}
	event_submit_bytes(e, PATHLESS);
	return 0;
}

#define HOOK(name, args...) ON_RETURN_AS(name, security_##name, ##args)

HOOK(file_open, unsigned long file) { return about_file(LSM_file_open, ret, 0, file); }
HOOK(file_truncate, unsigned long file) { return about_file(LSM_file_truncate, ret, 0, file); }
HOOK(path_truncate, unsigned long path) { return about_path(LSM_path_truncate, ret, 0, path, 0); }
HOOK(path_unlink, unsigned long dir, unsigned long dentry) { return about_path(LSM_path_unlink, ret, 0, dir, dentry); }
HOOK(path_rmdir, unsigned long dir, unsigned long dentry) { return about_path(LSM_path_rmdir, ret, 0, dir, dentry); }

HOOK(path_mkdir, unsigned long dir, unsigned long dentry, umode_t mode)
{
	return about_path(LSM_path_mkdir, ret, mode, dir, dentry);
}

HOOK(path_mknod, unsigned long dir, unsigned long dentry, umode_t mode, unsigned int dev)
{
	return about_path(LSM_path_mknod, ret, mode, dir, dentry);
}

HOOK(path_rename, unsigned long dir, unsigned long dentry, void *new_dir, void *new_dentry, unsigned int flags)
{
	return about_path(LSM_path_rename, ret, 0, dir, dentry);
}

HOOK(path_chmod, unsigned long path, umode_t mode) { return about_path(LSM_path_chmod, ret, mode, path, 0); }
HOOK(path_chroot, unsigned long path) { return about_path(LSM_path_chroot, ret, 0, path, 0); }

HOOK(sb_mount, void *device, unsigned long path, void *type, unsigned long flags, void *data)
{
	return about_path(LSM_sb_mount, ret, flags, path, 0);
}

HOOK(bprm_check, struct linux_binprm *bprm)
{
	return about_file(LSM_bprm_check, ret, 0, (unsigned long)READ(bprm, file));
}

HOOK(kernel_read_file, unsigned long file, int id, bool contents)
{
	return about_file(LSM_kernel_read_file, ret, id, file);
}

HOOK(kernel_load_data, int id, bool contents) { return about_nothing(LSM_kernel_load_data, ret, id, OBJECT_NONE); }

HOOK(task_kill, struct task_struct *task, void *info, int sig, void *cred)
{
	return about_task(LSM_task_kill, ret, sig, task);
}

HOOK(ptrace_access_check, struct task_struct *child, unsigned int mode)
{
	return about_task(LSM_ptrace_access_check, ret, mode, child);
}

HOOK(ptrace_traceme, struct task_struct *parent) { return about_task(LSM_ptrace_traceme, ret, 0, parent); }

HOOK(socket_create, int family, int type, int protocol, int kern)
{
	return about_nothing(LSM_socket_create, ret, family, OBJECT_NONE);
}

HOOK(socket_bind, void *socket, void *address, int len) { return about_address(LSM_socket_bind, ret, address, len); }
HOOK(socket_connect, void *socket, void *address, int len) { return about_address(LSM_socket_connect, ret, address, len); }

HOOK(capable, void *cred, void *ns, int cap, unsigned int opts)
{
	return about_nothing(LSM_capable, ret, cap, OBJECT_CAPABILITY);
}

/* args4: whether the kernel itself asks; in 6.18 */
ON_RETURN_AS(bpf__args3, security_bpf, int cmd, void *attr, unsigned int size)
{
	return about_nothing(LSM_bpf, ret, cmd, OBJECT_NONE);
}

ON_RETURN_AS(bpf__args4, security_bpf, int cmd, void *attr, unsigned int size, bool kernel)
{
	return about_nothing(LSM_bpf, ret, cmd, OBJECT_NONE);
}

/* args1: without the attributes; in 6.18 */
ON_RETURN_AS(perf_event_open__args2, security_perf_event_open, void *attr, int type)
{
	return about_nothing(LSM_perf_event_open, ret, type, OBJECT_NONE);
}

ON_RETURN_AS(perf_event_open__args1, security_perf_event_open, int type)
{
	return about_nothing(LSM_perf_event_open, ret, type, OBJECT_NONE);
}

HOOK(locked_down, int what) { return about_nothing(LSM_locked_down, ret, what, OBJECT_NONE); }
HOOK(create_user_ns, void *cred) { return about_nothing(LSM_create_user_ns, ret, 0, OBJECT_NONE); }
HOOK(syslog, int type) { return about_nothing(LSM_syslog, ret, type, OBJECT_NONE); }
HOOK(settime64, void *time, void *zone) { return about_nothing(LSM_settime64, ret, 0, OBJECT_NONE); }
