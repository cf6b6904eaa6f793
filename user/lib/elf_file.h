/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Functions of an ELF file by address. Whatever the file holds is checked before it is used, and it is read, never
 * mapped: it may be hostile, or be cut while we read. Only addresses and sizes are kept; a name is read when it is asked for.
 */
#ifndef ELF_FILE_H
#define ELF_FILE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#define BUILD_ID_MAX 32

struct elf_function;

struct elf_file {
	int fd;			/* -1: it is in memory */
	const char *memory;
	void *unpacked;		/* ... of its own, to be freed */
	__u64 size;
	bool wide;		/* 64 bits */
	__u64 entry;		/* where the program begins */
	__u64 sections_at;
	__u32 sections, segments, section_names;
	__u64 segments_at;
	__u8 build_id[BUILD_ID_MAX];
	size_t build_id_size;
	bool has_symtab;	/* not only the symbols for the loader */
	struct elf_function *functions;
	size_t n;
};

struct elf_section {
	__u32 name, type, link;
	__u64 flags, address, at, size, each;
};

/* Takes a copy of neither: fd or memory must stay. -EINVAL: it is no ELF file that this machine could run. */
int elf_file_open(struct elf_file *file, int fd);
int elf_file_open_memory(struct elf_file *file, const void *memory, size_t size);
/* The ELF file with more symbols that is packed into this one, .gnu_debugdata; -ENOENT. It stays after this one has gone. */
int elf_file_mini(const struct elf_file *file, struct elf_file *mini);
void elf_file_close(struct elf_file *file);
/* The address that the loader gives an offset in the file, before it moves it all; -ENOENT. */
int elf_file_address(const struct elf_file *file, __u64 offset, __u64 *address);
/* Reads where the functions are. How much memory that takes. */
long elf_file_functions(struct elf_file *file);
/* The name of the function around an address, and how far into it that is; -ENOENT. */
int elf_file_name(struct elf_file *file, __u64 address, char *name, size_t size, __u64 *into);
int elf_file_section(const struct elf_file *file, const char *name, struct elf_section *section);
int elf_file_read(const struct elf_file *file, __u64 at, void *to, size_t size);	/* all of it, or -errno */

#endif
