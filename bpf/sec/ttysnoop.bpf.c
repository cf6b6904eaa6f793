// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/file.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/syscall.bpf.h"
#include "lib/data.bpf.h"
#include "ttysnoop.h"

#define S_IFCHR	      0020000
#define OWN_TERMINAL  (5U << 20)	/* /dev/tty: another name for a process's own */
#define SYSTEM_OUTPUT (5U << 20 | 1)	/* /dev/console: another name for one of them */

const volatile __u32 terminal;		/* device number */
const volatile __u32 file_system;	/* of pseudoterminals: the devpts that it is in, since each counts from 0; 0: any */
const volatile __u32 most_parts = DATA_PARTS;
const volatile bool want_input;

struct terminal_call {
	__u32 input;
};

#define DATA_FROM struct terminal_call

static __always_inline void data_fill(struct ttysnoop_event *e, const DATA_FROM *call)
{
	e->input = call->input;
	e->pad = 0;
}

DATA_SEND(struct ttysnoop_event)
#include "lib/data_parts.bpf.h"

static __always_inline bool is_alias(struct file *file)
{
	struct tty_file_private *private = BPF_CORE_READ(file, private_data);
	struct tty_struct *tty = BPF_CORE_READ(private, tty);
	struct tty_driver *driver = BPF_CORE_READ(tty, driver);
	struct dentry *name;
	__u32 minor = BPF_CORE_READ(driver, minor_start) + BPF_CORE_READ(tty, index);

	if ((BPF_CORE_READ(driver, major) << 20 | minor) != terminal)
		return false;
	name = BPF_CORE_READ(tty, driver_data);	/* of a pseudoterminal */
	return !file_system || BPF_CORE_READ(name, d_sb, s_dev) == file_system;
}

static __always_inline bool is_wanted(struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	__u32 dev = BPF_CORE_READ(inode, i_rdev);

	if (dev != terminal && dev != OWN_TERMINAL && dev != SYSTEM_OUTPUT)
		return false;
	if ((BPF_CORE_READ(inode, i_mode) & S_IFMT) != S_IFCHR)
		return false;
	if (dev == terminal)
		return !file_system || BPF_CORE_READ(inode, i_sb, s_dev) == file_system;
	return is_alias(file);
}

ON_SYSCALL_IF(syscall_in(nr, write, writev) || (want_input && syscall_in(nr, read, readv)))
{
	bool parts = syscall_is(call, writev) || syscall_is(call, readv);
	struct terminal_call from = { syscall_is(call, read) || syscall_is(call, readv) };
	__u64 n = call->arg[2] < most_parts ? call->arg[2] : most_parts;

	if (call->ret <= 0 || !filter_current() || !is_wanted(file_of(call->arg[0])))
		return 0;
	if (!parts || call->is_32)	/* of 32-bit iovecs, which are others, only the length */
		data_send_all(&from, parts ? 0 : call->arg[1], call->ret);
	else
		data_send_parts(&from, call->arg[1], n, call->ret);
	return 0;
}
