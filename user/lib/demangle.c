// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * By libiberty, which takes 60 KB of a static program and nothing at run time; where the build has none (tools/check),
 * names stay as they are in the file. It hands the text out piece by piece, so that a hostile name can be left in the middle.
 */
#include <string.h>
#include "lib/demangle.h"

#ifdef HAVE_LIBIBERTY
#include <libiberty/demangle.h>
#include <setjmp.h>

#define PIECES 65536	/* most of them are one or two letters */

struct buffer {
	char *to;
	size_t size, at;
	int pieces;
	jmp_buf enough;
};

static void take(const char *piece, size_t n, void *arg)
{
	struct buffer *b = arg;

	if (n >= b->size - b->at || ++b->pieces > PIECES)
		longjmp(b->enough, 1);
	memcpy(b->to + b->at, piece, n);
	b->at += n;
}

int demangle(const char *name, char *to, size_t size)
{
	struct buffer b = { .to = to, .size = size };
	int ok;

	if (name[0] != '_' || (name[1] != 'Z' && name[1] != 'R') || strlen(name) > 4096 || setjmp(b.enough))
		return 0;
	ok = rust_demangle_callback(name, 0, take, &b);
	if (!ok) {
		b.at = 0;
		ok = name[1] == 'Z' && cplus_demangle_v3_callback(name, DMGL_ANSI, take, &b);
	}
	to[b.at] = 0;
	return ok && b.at;
}

#else

int demangle(const char *name, char *to, size_t size)
{
	return 0;
}

#endif
