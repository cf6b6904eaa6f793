/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who keeps BPF objects alive: descriptors of processes, pins in bpffs, attachments to cgroups.
 * The kernel keeps no such list; /proc/PID/fdinfo, the bpf file systems and BPF_PROG_QUERY tell.
 */
#ifndef OWNER_H
#define OWNER_H

#include <stdbool.h>
#include <sys/types.h>
#include <linux/types.h>

enum object { OBJECT_PROG, OBJECT_MAP, OBJECT_LINK, OBJECT_BTF, OBJECT_PROBE, OBJECTS };

extern const char *const object_names[OBJECTS];	/* "prog", "map", "link", "btf", "probe" */

struct owner {
	enum object object;
	__u32 id;
	pid_t pid;		/* 0: not a process */
	int fd;			/* of that process */
	char comm[16];
	const char *path;	/* of a pin or a cgroup; else NULL */
	const char *attached;	/* a cgroup's way of attachment: "egress"; else NULL */
	const char *probe;	/* a perf event that a program (the id) is attached to: "uprobe /bin/bash+0x1234"; else NULL */
};

/*
 * Call fn for each owner that this user may see, until it returns something else than 0, and
 * return that.  A process that ends meanwhile, or that is somebody else's, is left out.
 */
int owner_each_process(int (*fn)(void *ctx, const struct owner *owner), void *ctx);
int owner_each_pin(int (*fn)(void *ctx, const struct owner *owner), void *ctx);
int owner_each_cgroup(int (*fn)(void *ctx, const struct owner *owner), void *ctx);

extern __u32 owner_hidden;	/* processes that this user may not look into */

/* The name that the kernel holds for an object, "" if it has none; a link's is its type. -errno when it has gone. */
int object_name(enum object object, __u32 id, char *name, size_t size);
int object_open(enum object object, __u32 id);	/* a descriptor, close-on-exec; a map's is for reading only; -errno */

__u64 object_memory(int fd);	/* of a map or a program, in bytes, as its fdinfo tells; 0 where it doesn't */

/* "0123456789ab": the container that a process is in, by its cgroup's name; "" if none. */
void owner_container(pid_t pid, char *id, size_t size);

#endif
