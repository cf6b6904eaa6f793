// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/file.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/inflight.bpf.h"
#include "lib/path.bpf.h"
#include "lib/readwrite.bpf.h"
#include "fileslower.h"

const volatile __u64 min = 10000000;
const volatile bool all_types;

struct start {
	__u64 ns;
};

INFLIGHT(starts, struct start);

EVENT_SCRATCH(struct fileslower_event);

SEC("raw_tp/sys_enter")
int entered(struct raw_args *ctx)
{
	const bool direct = common.task_storage;
	struct start now = { bpf_ktime_get_ns() };
	__u32 nr = SYSCALL_NR(ctx->args[1]);

	if (READS_OR_WRITES(nr) && filter_current())
		inflight_put(starts, bpf_get_current_task_btf(), (__u32)bpf_get_current_pid_tgid(), &now);
	return 0;
}

ON_SYSCALL_IF(READS_OR_WRITES(nr))
{
	const bool direct = common.task_storage;
	bool read = is_read(call);
	struct fileslower_event *e;
	struct start start = {};
	struct file *file;
	__u32 mode;

	if (!inflight_take(starts, bpf_get_current_task_btf(), (__u32)bpf_get_current_pid_tgid(), &start))
		return 0;
	start.ns = bpf_ktime_get_ns() - start.ns;
	if (start.ns < min || call->ret == -9 || (!read && !is_write(call)))	/* EBADF: there is no file */
		return 0;
	file = file_of(call->arg[0]);
	mode = file_mode(file);
	if ((!all_types && (mode & S_IFMT) != S_IFREG) || !(e = event_scratch(struct fileslower_event)))
		return 0;
	origin_fill(&e->origin);
	e->latency = start.ns;
	e->ret = call->ret;
	e->offset = offset_of(call, BPF_CORE_READ(file, f_pos));
	e->mode = mode;
	e->is_write = !read;
	e->names_len = e->cut = 0;
	path_of_file(e->names, (unsigned long)file, &e->names_len, &e->cut);
	event_output(e, offsetof(struct fileslower_event, names) + (e->names_len & 0x1fff));
	return 0;
}

INFLIGHT_EXIT(starts)
