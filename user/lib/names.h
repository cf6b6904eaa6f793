/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers of the kernel's interfaces and their names. */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>
#include <stddef.h>

#define NAMES_32 0x40000000	/* L_SYSCALL: from the table of 32-bit programs */

const char *names_errno(int error);			/* "ENOENT"; NULL when unknown */
const char *names_signal(int signal);			/* "TERM"; NULL when unknown, and for real-time ones */
const char *names_syscall(unsigned int nr, bool is_32);
int names_syscall_find(const char *name);		/* -1 when unknown */
int names_errno_find(const char *name);			/* "ENOENT" or "2"; -1 when unknown */
/* "O_RDWR|O_CREAT|0x40": bits without a name in hex; a mask that is more than one bit is compared whole. */
struct names_flag {
	unsigned long mask, value;
	const char *name;
};
int names_flags(char *to, size_t size, const struct names_flag *flags, unsigned long value);

#endif
