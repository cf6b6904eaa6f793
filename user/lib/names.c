// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/names.h"
#include "syscalls.h"

#define NAME(nr, name) [nr] = #name,
#define NAME32(nr, name) [nr] = #name,

static const char *const native[] = { SYSCALLS(NAME) };
static const char *const other[] = { SYSCALLS32(NAME32) };

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

const char *names_syscall(unsigned int nr, bool is_32)
{
	if (is_32)
		return nr < COUNT(other) ? other[nr] : NULL;
	return nr < COUNT(native) ? native[nr] : NULL;
}

int names_syscall_find(const char *name)
{
	for (unsigned int i = 0; i < COUNT(native); i++)
		if (native[i] && !strcmp(native[i], name))
			return i;
	return -1;
}

/* include/linux/errno.h: most of these leave the kernel only through probes */
static const char *const internal[] = {
	[0] = "ERESTARTSYS", [1] = "ERESTARTNOINTR", [2] = "ERESTARTNOHAND", [3] = "ENOIOCTLCMD",
	[4] = "ERESTART_RESTARTBLOCK", [5] = "EPROBE_DEFER", [6] = "EOPENSTALE", [7] = "ENOPARAM",
	[9] = "EBADHANDLE", [10] = "ENOTSYNC", [11] = "EBADCOOKIE", [12] = "ENOTSUPP", [13] = "ETOOSMALL",
	[14] = "ESERVERFAULT", [15] = "EBADTYPE", [16] = "EJUKEBOX", [17] = "EIOCBQUEUED", [18] = "ERECALLCONFLICT",
	[19] = "ENOGRACE",
};

const char *names_errno(int error)
{
	if (error >= 512 && error < 512 + (int)COUNT(internal))
		return internal[error - 512];
#ifdef __GLIBC__
	return error > 0 ? strerrorname_np(error) : NULL;
#else
	return NULL;
#endif
}

int names_errno_find(const char *name)
{
	if (isdigit((unsigned char)*name)) {
		char *end;
		long n = strtol(name, &end, 10);

		return *end || n < 1 || n > 4095 ? -1 : n;
	}
	for (int i = 1; i < 512 + (int)COUNT(internal); i++)
		if (names_errno(i) && !strcmp(names_errno(i), name))
			return i;
	return -1;
}

int names_flags(char *to, size_t size, const struct names_flag *flags, unsigned long value)
{
	size_t at = 0;

	*to = 0;
	for (; flags->name; flags++)
		if ((value & flags->mask) == flags->value && at < size) {
			at += snprintf(to + at, size - at, "%s%s", at ? "|" : "", flags->name);
			value &= ~flags->mask;
		}
	if ((value || !at) && at < size)
		at += snprintf(to + at, size - at, "%s0x%lx", at ? "|" : "", value);
	return at;
}
