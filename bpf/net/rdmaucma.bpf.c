// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/sock.bpf.h"
#include "lib/event.bpf.h"
#include "lib/task.bpf.h"
#include "rdmaucma.h"

/* Types of the module rdma_cm. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct rdma_addr___own {
	struct __kernel_sockaddr_storage src_addr, dst_addr;
};

struct rdma_route___own {
	struct rdma_addr___own addr;
};

struct rdma_cm_id___own {
	struct rdma_route___own route;
};

struct rdma_restrack_entry___own {
	struct task_struct *task;
};

struct rdma_id_private___own {
	struct rdma_cm_id___own id;
	struct rdma_restrack_entry___own res;
};

enum rdma_cm_event_type___own { RDMA_CM_EVENT___own };

struct rdma_cm_event___own {
	enum rdma_cm_event_type___own event;
	int status;
};
#pragma clang attribute pop

/* sockaddr_in and sockaddr_in6: the kernel's interface. */
struct address {
	__u16 family;
	__be16 port;
	__u32 v4, v6[4];
};

static __always_inline void take(const struct address *from, struct flow *flow, __u32 *to, __u16 *port)
{
	*port = bpf_ntohs(from->port);
	if (from->family != AF_INET && from->family != AF_INET6)
		return;
	flow->family = from->family == AF_INET ? 4 : 6;
	if (from->family == AF_INET)
		to[0] = from->v4;
	else
		__builtin_memcpy(to, from->v6, sizeof(from->v6));
}

/* In a kernel thread; whose connection it is, is written down in it. */
ON_CALL(ucma_event_handler, struct rdma_cm_id___own *id, struct rdma_cm_event___own *event)
{
	const struct rdma_id_private___own *private = (void *)id - bpf_core_field_offset(struct rdma_id_private___own, id);
	struct address local = {}, remote = {};
	struct rdmaucma_event *e;
	struct task_struct *task;
	struct flow flow = {};

	bpf_core_read(&local, sizeof(local), &id->route.addr.src_addr);
	bpf_core_read(&remote, sizeof(remote), &id->route.addr.dst_addr);
	take(&local, &flow, flow.laddr, &flow.lport);
	take(&remote, &flow, flow.raddr, &flow.rport);
	task = BPF_CORE_READ(private, res.task);
	if (!filter_flow(&flow) || (task ? !filter_task(false, task) : SOCK_OWNER_FILTERS))
		return 0;
	e = event_reserve(struct rdmaucma_event);
	if (!e)
		return 0;
	e->origin.pid = task ? task_tgid(task) : 0;
	e->origin.tid = task ? task_tid(task) : 0;
	e->origin.uid = task && common.want_uid ? BPF_CORE_READ(task, cred, uid.val) : 0;
	e->origin.cgroup = task && common.want_cgroup ? BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id) : 0;
	e->origin.comm[0] = 0;
	if (task && common.want_comm)
		bpf_probe_read_kernel_str(e->origin.comm, COMM_LEN, &task->comm);
	e->flow = flow;
	e->event = BPF_CORE_READ(event, event);
	e->status = BPF_CORE_READ(event, status);
	event_submit(e);
	return 0;
}
