/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The filters that every tool shares; a filter that isn't used costs nothing. */
#ifndef FILTER_BPF_H
#define FILTER_BPF_H

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);		/* user space makes room for what was asked for */
	__type(key, struct filter_key);
	__type(value, __u8);
} filter_set SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} filter_cgroups SEC(".maps");

static __always_inline bool filter_has(__u32 kind, __u64 id)
{
	struct filter_key key = { kind, 0, id };

	return bpf_map_lookup_elem(&filter_set, &key);
}

/* A glob as a bit-parallel automaton: user space made its tables (user/lib/filter.c). */
static __always_inline bool filter_comm(const char *comm)
{
	__u32 states = 1;

	if (!(common.filters & ONLY_COMM))
		return true;
	for (int i = 0; i < COMM_LEN; i++) {
		__u8 c = comm[i];

		if (!c)
			break;
		states = (states & common.comm_match[c]) << 1 | (states & common.comm_stars);
	}
	return states & common.comm_end;
}

/* Filters on ids alone: for tasks other than the current one. */
static __always_inline bool filter_ids(__u32 pid, __u32 tid)
{
	if (pid == common.self)
		return false;
	if (!common.filters)	/* the usual case: saves the loads of what is volatile */
		return true;
	if (common.filters & ONLY_PIDS && !filter_has(ONLY_PIDS, pid))
		return false;
	if (common.filters & ONLY_TIDS && !filter_has(ONLY_TIDS, tid))
		return false;
	return !(common.filters & ONLY_FOLLOW) || filter_has(ONLY_FOLLOW, tid);
}

static __always_inline __u32 filter_namespace(__u32 nsproxy_ns, __u32 ns_inum)
{
	void *at = (void *)bpf_get_current_task();
	__u32 inum = 0;

	bpf_probe_read_kernel(&at, sizeof(at), at + common.task_nsproxy);
	bpf_probe_read_kernel(&at, sizeof(at), at + nsproxy_ns);
	bpf_probe_read_kernel(&inum, sizeof(inum), at + ns_inum);
	return inum;
}

/* Tools that show sockets ask them, not the task, for their network namespace: lib/sock.bpf.h. */
#ifndef FILTER_NETNS_OF_FLOW
#define FILTER_NETNS_OF_FLOW false
#endif

static __always_inline bool filter_place(void)
{
	struct pidns_ids ids;

	if (common.cgroups) {
		__u32 i;

		for (i = 0; i < common.cgroups; i++)
			if (bpf_current_task_under_cgroup(&filter_cgroups, i) == 1)
				break;
		if (i == common.cgroups)
			return false;
	}
	if (common.filters & ONLY_MNTNS &&
	    filter_namespace(common.nsproxy_mnt, common.mnt_inum) != common.filter_mntns)
		return false;
	if (common.filters & ONLY_NETNS && !FILTER_NETNS_OF_FLOW &&
	    filter_namespace(common.nsproxy_net, common.net_inum) != common.filter_netns)
		return false;
	return !(common.filters & ONLY_PIDNS) ||
	       !bpf_get_ns_current_pid_tgid(common.filter_pidns_dev, common.filter_pidns_ino, (void *)&ids, sizeof(ids));
}

/* For tools that know better than the current thread what the name is. */
static __always_inline bool filter_current_but_name(void)
{
	__u64 ids = current_ids();

	if (!filter_ids(ids >> 32, ids))
		return false;
	if (!common.filters && !common.cgroups)
		return true;
	if (common.filters & ONLY_UIDS && !filter_has(ONLY_UIDS, (__u32)bpf_get_current_uid_gid()))
		return false;
	return filter_place();
}

/* True when the current task passes every filter that the user gave. */
static __always_inline bool filter_current(void)
{
	char comm[COMM_LEN];

	if (!filter_current_but_name())
		return false;
	if (!(common.filters & ONLY_COMM))
		return true;
	bpf_get_current_comm(comm, sizeof(comm));
	return filter_comm(comm);
}

/*
 * --follow: a set of threads that grows with each fork and shrinks with each exit.
 * Offsets come from user space, so that tools without CO-RE stay without it.
 */
static __always_inline __u32 filter_task_id(unsigned long task, __u32 offset)
{
	__u32 id = 0;

	bpf_probe_read_kernel(&id, sizeof(id), (void *)(task + offset));
	return id;
}

static __always_inline unsigned long filter_task_pid(unsigned long task)
{
	unsigned long pid = 0;

	bpf_probe_read_kernel(&pid, sizeof(pid), (void *)(task + common.task_thread_pid));
	return pid;
}

/* A new thread's id in the namespace of its maker, which is the current task: struct upid has 16 bytes, its id first. */
static __always_inline __u32 filter_child_id(unsigned long task)
{
	__u32 level;

	if (!common.pidns_ino)
		return filter_task_id(task, common.task_pid);
	level = filter_task_id(filter_task_pid(bpf_get_current_task()), common.pid_level);
	return filter_task_id(filter_task_pid(task), common.pid_numbers + level * 16);
}

SEC("?raw_tp/sched_process_fork")
int follow__fork(struct raw_args *ctx)
{
	struct filter_key child = { ONLY_FOLLOW, 0, 0 };
	__u8 yes = 1;

	if (!filter_has(ONLY_FOLLOW, (__u32)current_ids()))
		return 0;
	child.id = filter_child_id(ctx->args[1]);
	map_put(&filter_set, &child, &yes);
	if (common.pidns_ino) {
		child.global = 1;
		child.id = filter_task_id(ctx->args[1], common.task_pid);
		map_put(&filter_set, &child, &yes);
	}
	return 0;
}

/*
 * An exec from a thread that doesn't lead its process takes over the leader's id. The old one is known by its
 * number in the first namespace only.
 */
SEC("?raw_tp/sched_process_exec")
int follow__exec(struct raw_args *ctx)
{
	struct filter_key old = { ONLY_FOLLOW, !!common.pidns_ino, (__u32)ctx->args[1] };
	struct filter_key now = { ONLY_FOLLOW, !!common.pidns_ino, filter_task_id(ctx->args[0], common.task_pid) };
	__u8 yes = 1;

	if (old.id == now.id || bpf_map_delete_elem(&filter_set, &old))
		return 0;
	map_put(&filter_set, &now, &yes);
	if (common.pidns_ino) {
		now.global = 0;
		now.id = (__u32)current_ids();
		map_put(&filter_set, &now, &yes);
	}
	return 0;
}

SEC("?raw_tp/sched_process_exit")
int follow__exit(struct raw_args *ctx)
{
	struct filter_key key = { ONLY_FOLLOW, 0, (__u32)current_ids() };

	bpf_map_delete_elem(&filter_set, &key);
	if (common.pidns_ino) {
		key.global = 1;
		key.id = filter_task_id(ctx->args[0], common.task_pid);
		bpf_map_delete_elem(&filter_set, &key);
	}
	return 0;
}

#endif
