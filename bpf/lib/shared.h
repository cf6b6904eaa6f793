/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What both sides know: fixed-width types only, padding written out. */
#ifndef SHARED_H
#define SHARED_H

#define COMM_LEN 16	/* TASK_COMM_LEN, include/linux/sched.h */
#define PATH_LEN 4096	/* PATH_MAX, with its NUL */

/* Who did it, and when: the first member of every event. */
struct origin {
	__u64 time;		/* CLOCK_BOOTTIME, ns */
	__u64 cgroup;		/* cgroup v2 id; 0 unless the column is shown */
	__u32 pid;		/* process (thread group), as the tool's user sees it */
	__u32 tid;
	__u32 uid;		/* 0 unless the column is shown */
	__u32 cpu;
	char comm[COMM_LEN];
};

/* Why something is missing from the output; the words are in user/lib/ring.c. */
enum loss {
	LOSS_RING,		/* no room in the ring buffer */
	LOSS_MAP,		/* no room in a map */
	LOSS_START,		/* a thread's state could not be kept from entry to exit */
	LOSS_STACK,		/* no room for a stack */
	LOSS_READ,		/* memory that should have been there could not be read */
	LOSS_UNTOLD,		/* the kernel counted it and told nobody */
	LOSS_KINDS
};

/* One bucket a power of two, or 2^bits of them: see hist_slot(). */
#define HIST_BITS 4				/* of a percentile histogram: 6.25 % wide */
#define HIST_SLOTS(bits) ((65 - (bits)) << (bits))
#define HIST_MAX HIST_SLOTS(HIST_BITS)

struct hist {
	__u64 sum;
	__u64 slot[HIST_MAX];
};

/* The highest value since the last reading: bpf/lib/peak.bpf.h. */
struct peak {
	__u64 most;
	__u64 of, before, before_of;	/* the reading that `most` came after; and those of the time before */
};

enum {
	ONLY_PIDS = 1 << 0,
	ONLY_TIDS = 1 << 1,
	ONLY_UIDS = 1 << 2,
	ONLY_COMM = 1 << 3,
	ONLY_FOLLOW = 1 << 4,
	ONLY_MNTNS = 1 << 5,
	ONLY_NETNS = 1 << 6,
	ONLY_PIDNS = 1 << 7,
	ONLY_CGROUPS = 1 << 8,
	ONLY_SYSCALLS = 1 << 9,
	ONLY_CPUS = 1 << 10,
	ONLY_CAPS = 1 << 11,
};

struct filter_key {
	__u32 kind;		/* ONLY_* */
	__u32 global;		/* --follow in a pid namespace: 1 for the first namespace's id */
	__u64 id;
};

/*
 * Settings that every program shares, written by user space before the load.
 * The verifier knows their values and drops the code that they switch off.
 */
struct common {
	__u32 filters;		/* FILTER_* in use */
	__u32 self;		/* the tool's own process: never traced */
	__u32 cgroups;		/* number of entries in filter_cgroups */
	__u32 wakeup;		/* bytes, a power of two: wake the reader this often */
	__u64 pidns_dev;	/* the pid namespace that ids are shown in; 0: the first one */
	__u64 pidns_ino;
	__u64 filter_pidns_dev;
	__u64 filter_pidns_ino;
	__u32 filter_mntns;
	__u32 filter_netns;
	/* offsets in the kernel's structs, for filters that are rarely used */
	__u32 task_pid, task_thread_pid, task_nsproxy, pid_level, pid_numbers;
	__u32 nsproxy_mnt, nsproxy_net, mnt_inum, net_inum;
	__u32 comm_stars;	/* states that repeat: see filter_comm() */
	__u32 comm_end;
	__u32 comm_match[256];	/* states that each byte can leave */
	__u32 hist_bits;
	__u32 hist_slots;
	__u32 page_size;
	__u8 hist_keyed;
	__u8 want_uid, want_cgroup, want_comm;
	__u8 compat;		/* this kernel runs 32-bit programs: user/lib/kernel.c */
	__u8 task_storage;	/* bpf_task_storage_get() is there for tracing */
	__u8 want_netns;
	__u8 frags;		/* XDP programs get packets in several pieces */
	__u8 no_ether;		/* packets of the interface begin with IP's header, not with Ethernet's */
};

#endif
