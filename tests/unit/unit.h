/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What unit tests of the user library share: its output into memory, and random numbers that are the same each time. */
#ifndef UNIT_H
#define UNIT_H

#include <sys/mman.h>
#include "lib/lib.h"
#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct tool unit_tool = {.name = "unit"};
static struct run unit_run;
static int unit_stdout = -1;

/* From now on stdout is memory; checks speak on stderr. */
static inline struct out *out_to(enum format format, const struct column *columns, const char *list)
{
	if (unit_stdout < 0) {
		unit_stdout = memfd_create("stdout", MFD_CLOEXEC);
		REQUIRE(unit_stdout >= 0 && dup2(unit_stdout, 1) == 1);
	}
	unit_tool.columns = columns;
	unit_run = (struct run){.tool = &unit_tool, .table = &unit_tool.table, .format = format, .columns = list};
	REQUIRE(out_init(&unit_run) == 0);
	return out_open(&unit_run);
}

/* What was written since the last time, terminated; NUL bytes may be part of it. */
static inline char *written_size(size_t *size)
{
	off_t end;
	char *text;

	out_flush();
	end = lseek(unit_stdout, 0, SEEK_END);
	text = malloc(end + 1);
	REQUIRE(end >= 0 && text && pread(unit_stdout, text, end, 0) == end);
	REQUIRE(ftruncate(unit_stdout, 0) == 0 && lseek(unit_stdout, 0, SEEK_SET) == 0);
	text[end] = 0;
	if (size)
		*size = end;
	return text;
}

static inline char *written(void)
{
	return written_size(NULL);
}

/* Steele and Vigna's splitmix64 */
static inline __u64 any(void)
{
	static __u64 state = 20261122;
	__u64 z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* Small, large and in between alike. */
static inline __u64 any_size(void)
{
	return any() >> any() % 64;
}

#endif
