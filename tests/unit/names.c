// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* user/lib/names.c: numbers of the kernel's interfaces and their names. */
#include <sys/syscall.h>
#include "lib/names.h"
#include "syscalls.h"
#include "unit.h"

#define PAIR(n, name) {n, #name},

static const struct {
	unsigned int nr;
	const char *name;
} native[] = {SYSCALLS(PAIR)}, other[] = {SYSCALLS32(PAIR){~0U, NULL}};

TEST(names, "each system call has its name, and by it its number")
{
	CHECK_BETWEEN(300, COUNT(native), 600);
	for (size_t i = 0; i < COUNT(native); i++) {
		CHECK_STR(names_syscall(native[i].nr, false), native[i].name);
		CHECK_EQ(names_syscall_find(native[i].name), native[i].nr);
	}
	for (size_t i = 0; other[i].name; i++)
		CHECK_STR(names_syscall(other[i].nr, true), other[i].name);
	/* as the C library's own headers have them */
	CHECK_STR(names_syscall(SYS_openat, false), "openat");
	CHECK_STR(names_syscall(SYS_execve, false), "execve");
	CHECK_EQ(names_syscall_find("openat2"), SYS_openat2);
#ifdef __x86_64__
	CHECK_STR(names_syscall(5, true), "open");
	CHECK_STR(names_syscall(437, true), "openat2");
#endif
}

TEST(names, "numbers and names that are no system call have none")
{
	unsigned int known = 0;

	for (unsigned int nr = 0; nr < 100000; nr++)
		known += names_syscall(nr, false) != NULL;
	CHECK_EQ(known, COUNT(native));
	CHECK(!names_syscall(~0U, false) && !names_syscall(~0U, true) && !names_syscall(NAMES_32, true));
	CHECK_EQ(names_syscall_find(""), -1);
	CHECK_EQ(names_syscall_find("open_at"), -1);
	CHECK_EQ(names_syscall_find("OPENAT"), -1);
}

TEST(names, "each error has its name, and by it its number")
{
	for (int i = -10; i < 5000; i++) {
		const char *name = names_errno(i);

		if (name)
			CHECK_EQ(names_errno_find(name), i);
		if (i > 0 && strerrorname_np(i))
			CHECK_STR(name, strerrorname_np(i));
	}
	CHECK(!names_errno(0) && !names_errno(-1) && !names_errno(-2));
	CHECK_STR(names_errno(ENOENT), "ENOENT");
	/* those that only the kernel knows */
	CHECK_STR(names_errno(512), "ERESTARTSYS");
	CHECK_STR(names_errno(516), "ERESTART_RESTARTBLOCK");
	CHECK_STR(names_errno(524), "ENOTSUPP");
	CHECK_STR(names_errno(529), "EIOCBQUEUED");
}

TEST(names, "errors are found by name or number, and nothing else")
{
	static const char *const bad[] = {"", "0", "4096", "-2", "2x", "ENO", "enoent", "E", "99999999999999999999"};

	CHECK_EQ(names_errno_find("ENOENT"), ENOENT);
	CHECK_EQ(names_errno_find("2"), 2);
	CHECK_EQ(names_errno_find("4095"), 4095);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (!CHECK_EQ(names_errno_find(bad[i]), -1))
			fprintf(stderr, "  '%s'\n", bad[i]);
}

static const struct names_flag flags[] = {
	{3, 0, "READ"}, {3, 1, "WRITE"}, {3, 2, "BOTH"}, {0x30, 0x30, "DOUBLE"}, {0x10, 0x10, "SINGLE"}, {0x40, 0x40, "X"}, {},
};

static const char *flags_of(unsigned long value)
{
	static char text[100];

	int n = names_flags(text, sizeof(text), flags, value);

	CHECK_EQ(n, strlen(text));
	return text;
}

TEST(names, "flags have their names, fields are compared whole, and what is left is a number")
{
	char cut[8];

	CHECK_STR(flags_of(0), "READ");
	CHECK_STR(flags_of(1), "WRITE");
	CHECK_STR(flags_of(2 | 0x40), "BOTH|X");
	CHECK_STR(flags_of(0x30), "READ|DOUBLE");
	CHECK_STR(flags_of(0x10), "READ|SINGLE");
	CHECK_STR(flags_of(0x20), "READ|0x20");
	CHECK_STR(flags_of(3), "0x3");
	CHECK_STR(flags_of(~0UL), text("DOUBLE|X|0x%lx", ~0x70UL));
	names_flags(cut, sizeof(cut), flags, ~0UL);
	CHECK_STR(cut, "DOUBLE|");
	names_flags(cut, 1, flags, 1);
	CHECK_STR(cut, "");
}
