/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names for addresses. In two steps: where an address is, a file and a place in it, is asked while the process lives;
 * the name of that place at any later time, since the file is kept open. What both steps found is a frame, by number;
 * the same place has always the same one.
 *
 *	struct symbol_process *p = symbol_process(pid, image);
 *	__u32 frame = symbol_user(p, address, false);
 *	...
 *	symbol_get(frame, &symbol);
 */
#ifndef SYMBOL_H
#define SYMBOL_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct symbol_process;

struct symbol {
	const char *name;	/* NULL: not known */
	const char *module;	/* the file's last name, "" for the kernel itself, "[vdso]", "[anon]"; NULL: not even that */
	const char *path;	/* of the file, as its process sees it; "" where there is none */
	__u64 into;		/* how far into the function; or without a name, where in the file, or the address itself */
	__u64 address;		/* in the file, or the kernel's */
	bool kernel, is_entry;	/* is_entry: the code that a program or a thread begins with */
	bool inlined;		/* it was put into another one, which is the next frame */
	const char *file;	/* the source's, as the compiler was told; NULL: not known, or not asked for */
	__u32 line;
};

/*
 * `image` tells a process's programs before and after an exec apart: where its stack begins, as bpf/lib/stack.bpf.h and
 * field 28 of /proc/PID/stat have it; 0: whatever it is now. Never NULL: of one that has gone nothing is known.
 */
struct symbol_process *symbol_process(__u32 pid, __u64 image);
/* The frame of an address; `returns`: the address is where a call returns to, so the call is before it. */
__u32 symbol_user(struct symbol_process *process, __u64 address, bool returns);
/* No call can have left that address: it is in no code of the process, or no call stands before it. */
bool symbol_is_wrong(const struct symbol_process *process, __u32 frame);
__u32 symbol_kernel(__u64 address, bool returns);
__u32 symbol_said(const char *text);		/* a frame that is only this text, as "[cut]" */

void symbol_get(__u32 frame, struct symbol *symbol);
/*
 * To be said before names are asked for, since it costs: where in the source frames are, and which functions the compiler
 * has put into others. -ENOTSUP: built without what reads that.
 */
int symbol_want(bool lines, bool inlined);
/* From the innermost: functions that were put into that frame's, and itself as the last; how many. */
int symbol_inlined(__u32 frame, __u32 *to, int most);
/*
 * "function", else "file+0x12"; with `offset` always how far into it, and the file; then "(file.c:12)" where lines are
 * wanted. A number for each different text.
 */
__u32 symbol_text(__u32 frame, bool offset);
const char *symbol_word(__u32 text);

/* Files are looked for under this folder, where it has them; -errno. */
int symbol_root(const char *folder);
/* Debug files that aren't here are fetched; -EDESTADDRREQ: $DEBUGINFOD_URLS names no server; -ENOENT: no debuginfod-find. */
int symbol_servers(void);
bool symbol_kernel_hidden(void);		/* the kernel has not told where its functions are */
size_t symbol_memory(void);			/* bytes that tables of files take now */
void symbol_limit(size_t bytes);		/* ... and may take, before the least used goes: 64 MB unless told */
void symbol_free(void);

/* Capabilities to see other processes' files once attached: for tool.keep_caps. */
#define SYMBOL_CAPS (1ULL << 2 /* DAC_READ_SEARCH */ | 1ULL << 19 /* SYS_PTRACE */ | 1ULL << 34 /* SYSLOG */ | \
		     1ULL << 40 /* CHECKPOINT_RESTORE */)

#endif
