/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The subcommands of bpfprog; user/bpf/bpfprog.c names them and their options. */
#ifndef BPFPROG_H
#define BPFPROG_H

#include "lib/tool.h"

/* What the options say. */
struct bpfprog {
	__u64 look;		/* ns */
	const char *baseline;
	bool jited;
};

extern struct bpfprog bpfprog;
extern const struct column bpfprog_list_columns[], bpfprog_show_columns[], bpfprog_top_columns[], bpfprog_verify_columns[],
	bpfprog_dump_columns[];

int bpfprog_ls(struct run *run);
int bpfprog_show(struct run *run);
int bpfprog_top(struct run *run);
int bpfprog_verify(struct run *run);
int bpfprog_dump(struct run *run);

#endif
