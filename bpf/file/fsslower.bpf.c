// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/fs.bpf.h"
#include "lib/path.bpf.h"
#include "fsslower.h"

const volatile __u64 min = 10000000;
const volatile bool want_path;

ON_FS_CALL
{
	__u64 size = want_path ? sizeof(struct fsslower_event) : offsetof(struct fsslower_event, path_cut);
	struct dentry *dentry = (void *)call->dentry;
	struct fsslower_event *e;

	if (call->ns < min)
		return 0;
	e = event_reserve_bytes(size);
	if (!e)
		return 0;
	if (call->who) {
		__u64 time = e->origin.time;

		e->origin = *call->who;
		e->origin.time = time;
	}
	e->latency = call->ns;
	e->offset = call->offset;
	e->ret = what == FS_READ || what == FS_WRITE ? ret : (int)ret;
	e->call = what;
	e->path_len = 0;
	if (bpf_probe_read_kernel_str(e->name, sizeof(e->name), BPF_CORE_READ(dentry, d_name.name)) < 0)
		e->name[0] = 0;
	if (want_path)
		e->path_cut = 0;
	if (want_path && dentry)
		path_names(e->path, call->mnt, call->dentry, &e->path_len, &e->path_cut);
	event_submit_bytes(e, size);
	return 0;
}
