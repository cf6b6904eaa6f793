/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

/* The kernel's security_*() functions that are seen; those that deny most often come first. */
#define LSM_USUAL 12
#define LSM_HOOKS(_)							\
	_(file_open) _(path_unlink) _(path_mkdir) _(path_rename) _(bprm_check) _(kernel_read_file)	\
	_(task_kill) _(ptrace_access_check) _(socket_bind) _(socket_connect) _(capable) _(locked_down)	\
	_(file_truncate) _(path_truncate) _(path_rmdir) _(path_mknod) _(path_chmod) _(path_chroot) _(sb_mount)	\
	_(kernel_load_data) _(ptrace_traceme) _(socket_create) _(bpf) _(perf_event_open) _(create_user_ns)	\
	_(syslog) _(settime64)

#define LSM_ENUM(name) LSM_##name,
enum lsm_hook { LSM_HOOKS(LSM_ENUM) LSM_COUNT };

/* What it is asked about. */
enum lsm_object { OBJECT_NONE, OBJECT_PATH, OBJECT_TASK, OBJECT_ADDRESS, OBJECT_LOCAL, OBJECT_CAPABILITY };

#define LSM_TEXT 112	/* sun_path has 108 */

struct lsmsnoop_event {
	struct origin origin;	/* who asked */
	struct flow to;		/* raddr and rport */
	__s32 error;		/* -errno; 0: allowed */
	__u32 hook, object;
	__u32 number;		/* signal, mode, command, capability, ... */
	__u32 pid, pad;		/* of the task that it is about */
	char text[LSM_TEXT];	/* its name, or a local socket's */
	/* only where it is about a path */
	__u32 names_len, cut;
	char names[2 * PATH_LEN];
};
