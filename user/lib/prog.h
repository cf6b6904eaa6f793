/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A loaded BPF program, as the kernel tells of it. */
#ifndef PROG_H
#define PROG_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

struct prog {
	int fd;
	struct bpf_prog_info info;	/* its arrays are not filled in */
	char name[128];			/* whole, by its BTF; else the 15 characters that the kernel keeps */
	char type[32], tag[2 * BPF_TAG_SIZE + 1];
	__u64 loaded;			/* the boot clock, ns */
	__u64 memory;			/* bytes locked, as fdinfo says */
};

const char *prog_type_name(__u32 type);		/* "kprobe"; "type 40" for what is newer than this */
int prog_open(struct prog *prog, __u32 id);	/* -errno; -ENOENT when it has gone */
/* "id:12", "12", a path of a pin (with a slash), "tag:…", or a name; one line on stderr if it fails. */
int prog_find(struct prog *prog, const char *name);
void prog_close(struct prog *prog);
int prog_next_id(__u32 *id);			/* -ENOENT after the last */
int prog_stats(void);				/* run counts and times, while this descriptor is open; -errno */

#endif
