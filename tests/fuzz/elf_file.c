// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* ELF files, what is packed in them, their debug information, and perf maps from anywhere; and names to demangle. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "fuzz.h"
#include "lib/demangle.h"
#include "lib/elf_file.h"
#include "lib/lines.h"
#include "lib/perf_map.h"

static void one_elf(const uint8_t *data, size_t size)
{
	struct elf_section section;
	struct elf_file file, mini;
	__u64 into, address;
	char name[64];

	if (elf_file_open_memory(&file, data, size))
		return;
	MUST(file.build_id_size <= BUILD_ID_MAX);
	elf_file_functions(&file);
	elf_file_section(&file, ".gnu_debuglink", &section);
	for (__u64 at = 0; at < 0x4000; at += 0x111) {
		if (elf_file_address(&file, at, &address))
			address = at;
		if (!elf_file_name(&file, address, name, sizeof(name), &into))
			MUST(*name && strlen(name) < sizeof(name) && into <= address);
	}
	if (!elf_file_mini(&file, &mini)) {
		elf_file_functions(&mini);
		elf_file_close(&mini);
	}
	elf_file_close(&file);
}

/* Another process reads it: that may end, but not wait for ever, and what it answers is text. */
static void one_dwarf(const uint8_t *data, size_t size)
{
	static struct line_place found[LINES_DEEP];
	int fd = memfd_create("dwarf", MFD_CLOEXEC), n;
	struct lines reader;

	MUST(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	if (!lines_open(&reader, fd, 2)) {
		for (__u64 at = 0; at < 0x80 && reader.pid; at += 7) {
			n = lines_find(&reader, at, found);
			MUST(n >= 0 && n <= LINES_DEEP);
			for (int i = 0; i < n; i++)
				MUST(strlen(found[i].function) < LINES_TEXT && strlen(found[i].file) < LINES_TEXT);
		}
		lines_close(&reader);
	}
	close(fd);
}

static void one_map(const uint8_t *data, size_t size)
{
	struct perf_map map = PERF_MAP_NONE;
	const char *name;
	__u64 into;

	perf_map_add(&map, (const char *)data, size);
	for (__u64 at = 0; at < 0x10000; at += 0x333)
		if (!perf_map_find(&map, at, &name, &into))
			MUST(into <= at && strlen(name) <= size);
	perf_map_free(&map);
}

static void one_name(const uint8_t *data, size_t size)
{
	char *name = calloc(1, size + 1), to[512];

	memcpy(name, data, size);
	if (demangle(name, to, sizeof(to)))
		MUST(strlen(to) < sizeof(to));
	free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	switch (*data) {
	case 'd': one_dwarf(data + 1, size - 1); break;
	case 'm': one_map(data + 1, size - 1); break;
	case 'n': one_name(data + 1, size - 1); break;
	default: one_elf(data, size);
	}
	return 0;
}
