/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events of the runtimes of languages: what user/lib/language.c and bpf/lib/language.bpf.h both know. */
#ifndef LANGUAGE_H
#define LANGUAGE_H

#include "lib/shared.h"

enum language_what {
	LANGUAGE_ENTRY = 1, LANGUAGE_RETURN,	/* of a method: its class or file, its name */
	LANGUAGE_GC_BEGIN, LANGUAGE_GC_END,
	LANGUAGE_NEW,				/* an object: its class, and bytes */
	LANGUAGE_LOAD,				/* a class, module or file */
	LANGUAGE_RAISE,				/* an exception: its class */
	LANGUAGE_START, LANGUAGE_STOP,		/* the current thread: its name, or the function that it begins with */
	LANGUAGE_CREATE,			/* the current thread is about to make one, which begins with that function */
	LANGUAGE_WHATS
};

#define LANGUAGE_CLASS 128	/* with its NUL */
#define LANGUAGE_NAME  64

/* What it is about. `way`: a number that language_ways[] in user/lib/language.c is known by. */
struct language_key {
	__u32 pid, way;
	__u64 number;		/* 0 unless it belongs to the key */
	char class[LANGUAGE_CLASS];
	char name[LANGUAGE_NAME];
};

#endif
