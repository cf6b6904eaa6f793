// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* ELF files and perf maps from anywhere; and names to demangle. */
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "lib/demangle.h"
#include "lib/elf_file.h"
#include "lib/perf_map.h"

static void one_elf(const uint8_t *data, size_t size)
{
	struct elf_section section;
	struct elf_file file;
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
	elf_file_close(&file);
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
	case 'm': one_map(data + 1, size - 1); break;
	case 'n': one_name(data + 1, size - 1); break;
	default: one_elf(data, size);
	}
	return 0;
}
