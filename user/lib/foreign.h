/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* BPF objects that are no tool of ours: opened, told their constants, attached by what their sections say. */
#ifndef FOREIGN_H
#define FOREIGN_H

#include <bpf/libbpf.h>

/* A file, or "tool:NAME" for the object of a tool in this binary; NULL after a line on stderr. */
struct bpf_object *foreign_open(const char *file);

/* "name=value": a global variable of the object, by its BTF, before the load. -EINVAL after a line on stderr. */
int foreign_set(struct bpf_object *object, const char *assignment);

/* What a section name leaves open; 0 and NULL where it isn't given. */
struct foreign_target {
	int pid;		/* uprobes, USDT, perf events; 0: all */
	const char *interface;	/* XDP, tc, socket filters */
	bool egress;		/* tc programs see what leaves it, not what comes in */
	const char *cgroup;	/* a path */
	unsigned int frequency;	/* perf events, in Hz; 0: 49 */
};

/*
 * Attaches one program, loaded before.  0: it is attached, until foreign_detach() or the end of the process;
 * else a negative errno, and `why` says in a few words what is missing.
 */
int foreign_attach(struct bpf_program *program, const struct foreign_target *target, char *why, size_t size);
int foreign_attach_map(struct bpf_map *map, char *why, size_t size);	/* a struct_ops map, in the same way */
void foreign_detach(void);

#endif
