// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* user/lib/path.c: what programs wrote from the last name to the first, as a path. */
#include "lib/path_user.h"
#include "unit.h"

static const char *path_of(const char *names, size_t size, bool cut)
{
	path_write(out_to(OUT_TEXT, NULL, NULL), names, size, cut);
	return written();
}

/* Copied to memory of exactly that size, so that the sanitizers see a byte too far. */
static const char *exact(const char *names, size_t size, bool cut)
{
	char *copy = memcpy(malloc(size ?: 1), names, size);
	const char *path = path_of(copy, size, cut);

	free(copy);
	return path;
}

#define PATH(names, cut) exact(names, sizeof(names) - 1, cut)

TEST(path, "names become a path")
{
	CHECK_STR(PATH("", false), "/");
	CHECK_STR(PATH("etc\0", false), "/etc");
	CHECK_STR(PATH("passwd\0etc\0", false), "/etc/passwd");
	CHECK_STR(PATH("c\0b\0a\0", false), "/a/b/c");
	/* of a file in no folder, the kernel's own name may have a slash */
	CHECK_STR(PATH("/anon_hugepage\0", false), "/anon_hugepage");
	CHECK_STR(PATH("memfd:x\0", false), "/memfd:x");
	CHECK_STR(PATH("c\0b\0", true), ".../b/c");
	CHECK_STR(PATH("new\nline\0", false), "/new\\nline");
}

TEST(path, "any path comes back")
{
	for (int i = 0; i < 2000; i++) {
		char want[4096] = "", names[4096];
		size_t size = 0, n = 1 + any() % 30;
		const char *parts[30];

		for (size_t p = 0; p < n; p++) {
			char *name = strdup(text("%.*s", (int)(1 + any() % 100), "abcdefghijklmnopqrstuvwxyz.-_+ 0123456789"
									      "abcdefghijklmnopqrstuvwxyz.-_+ 0123456789"));

			strcat(strcat(want, "/"), name);
			parts[p] = name;
		}
		while (n--) {
			strcpy(names + size, parts[n]);
			size += strlen(parts[n]) + 1;
		}
		if (!CHECK_STR(exact(names, size, false), want))
			return;
	}
}
