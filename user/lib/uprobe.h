/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Functions of user programs: in which files they are, and probes at them. */
#ifndef UPROBE_H
#define UPROBE_H

#include "lib/tool.h"

/* The function that has the code at this offset of the file; -ENOENT, or another error. */
int uprobe_name(const char *path, __u64 offset, char *name, size_t size);

/*
 * The function of a process at that address, and its file: asked while the process is there. "name", else "file+0x12", else
 * the address; file: "" where there is none.
 */
void uprobe_where_is(int pid, __u64 address, char *name, size_t size, char *file, size_t file_size);

/* Each function's name and offset, also several names of one place, until fn gives something else than 0. */
int uprobe_functions(const char *path, int (*fn)(void *ctx, const char *name, __u64 offset), void *ctx);

/* A marker (USDT): where it stands in the file, and where the word is that counts who watches it, or 0. */
struct uprobe_marker {
	const char *provider, *name, *args;	/* args: "-4@%edi 8@-8(%rbp)" */
	__u64 offset, counter;
};

/* Each of them, until fn gives something else than 0. */
int uprobe_markers(const char *path, int (*fn)(void *ctx, const struct uprobe_marker *marker), void *ctx);

/*
 * Files that a process has mapped, by how their last names begin, in the order of the list and then its program, until fn
 * gives something else than 0, which is returned.
 */
int uprobe_objects(int pid, const char *const *names, int (*fn)(void *ctx, const char *path), void *ctx);

bool uprobe_is_libc(const char *path);	/* or libpthread; glibc's or musl's */
int uprobe_libc(char *path, size_t size);	/* of programs that start later; -ENOENT */

#define UPROBE_NAMES 3

struct uprobe {
	struct bpf_program *program;
	bool at_return;
	const char *functions[UPROBE_NAMES];	/* the first of them that a file has */
	__u64 cookie;			/* for bpf_get_attach_cookie(), where uprobe_many() said yes */
	bool (*is_library)(const char *path);
};

/* Each file is probed once, however often it is met. 1: it is probed; 0: it has no such function; or an error. */
int uprobe_file(const struct uprobe *u, const char *path);
int uprobe_files(const struct uprobe *u, size_t n, const char *path);	/* at several functions, in this order */
int uprobe_process(const struct uprobe *u, const char *pid);	/* its program, or a library that it has mapped */
int uprobe_installed(const struct uprobe *u, const char *const *names);	/* libraries where the loader looks for them */

int uprobe_process_all(const struct uprobe *u, size_t n, const char *pid);

/* At places that the caller has found, 0: not this one; in one process, or -1: in all, which uprobe_many() asks for. */
int uprobe_attach_at(const struct uprobe *u, size_t n, const char *path, int pid, const long *at);

/*
 * In .setup: can this kernel attach a program at many places with one link (6.6)?  Then `programs` (until NULL), which must
 * be all that the tool has at uprobes, are made ready for it: each perf event less is a grace period less at the end.
 */
bool uprobe_many(struct bpf_program *const *programs);

/* For .attach of a tool: the processes of -p, or the file of --library, or all that run and what is installed. */
struct uprobe_where {
	const char *const *installed;	/* "libc.so.6"; ends at NULL */
	const char *library;		/* that the user named; else NULL */
	const char *option;		/* which names it; NULL: --library */
	bool found;			/* what the tool has probed already is enough */
	const char *what;		/* for messages: "function pthread_create" */
};

int uprobe_attach(struct run *run, const struct uprobe *u, size_t n, const struct uprobe_where *where);

#endif
