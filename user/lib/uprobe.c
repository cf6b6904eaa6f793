// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/uprobe.h"

#define FILES 64	/* different ones that can be probed at once */

static bool symbol_name(Elf *elf, const GElf_Shdr *table, const GElf_Sym *sym, const char **name)
{
	*name = elf_strptr(elf, table->sh_link, sym->st_name);
	return *name && GELF_ST_TYPE(sym->st_info) == STT_FUNC && sym->st_shndx != SHN_UNDEF;
}

/* Calls fn for each function until it gives true. */
static bool each_function(Elf *elf, bool (*fn)(void *ctx, const char *name, const GElf_Sym *sym), void *ctx)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr table;
	GElf_Sym sym;

	while ((scn = elf_nextscn(elf, scn))) {
		Elf_Data *data;

		if (!gelf_getshdr(scn, &table) || (table.sh_type != SHT_DYNSYM && table.sh_type != SHT_SYMTAB) ||
		    !table.sh_entsize)
			continue;
		data = elf_getdata(scn, NULL);
		for (size_t i = 0; data && i < table.sh_size / table.sh_entsize; i++) {
			const char *name;

			if (gelf_getsym(data, i, &sym) && symbol_name(elf, &table, &sym, &name) && fn(ctx, name, &sym))
				return true;
		}
	}
	return false;
}

/* From an address to an offset in the file, or back; 0 when no part of the file is there. */
static __u64 convert(Elf *elf, __u64 at, bool to_offset)
{
	GElf_Phdr part;
	size_t n;

	if (elf_getphdrnum(elf, &n))
		return 0;
	for (size_t i = 0; i < n; i++) {
		__u64 from, to;

		if (!gelf_getphdr(elf, i, &part) || part.p_type != PT_LOAD)
			continue;
		from = to_offset ? part.p_vaddr : part.p_offset;
		to = to_offset ? part.p_offset : part.p_vaddr;
		if (at >= from && at < from + part.p_filesz)
			return at - from + to;
	}
	return 0;
}

static Elf *open_elf(const char *path, int *fd)
{
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return NULL;
	elf_version(EV_CURRENT);
	return elf_begin(*fd, ELF_C_READ_MMAP, NULL);
}

struct by_name {
	const char *name;
	__u64 address;
};

static bool is_named(void *ctx, const char *name, const GElf_Sym *sym)
{
	struct by_name *want = ctx;

	if (strcmp(name, want->name))
		return false;
	want->address = sym->st_value;
	return true;
}

/* Offset of the first of these functions; 0: none is there; or a negative errno. */
static long offset_of(const char *path, const char *const *names)
{
	long at = 0;
	int fd;
	Elf *elf = open_elf(path, &fd);

	if (fd < 0)
		return -errno;
	for (; elf && elf_kind(elf) == ELF_K_ELF && *names && !at; names++) {
		struct by_name want = { *names, 0 };

		if (each_function(elf, is_named, &want))
			at = convert(elf, want.address, true);
	}
	elf_end(elf);
	close(fd);
	return at;
}

struct by_address {
	__u64 address;
	char *name;
	size_t size;
};

static bool has_address(void *ctx, const char *name, const GElf_Sym *sym)
{
	struct by_address *want = ctx;

	if (want->address < sym->st_value || want->address >= sym->st_value + (sym->st_size ?: 1))
		return false;
	snprintf(want->name, want->size, "%s", name);
	return true;
}

int uprobe_name(const char *path, __u64 offset, char *name, size_t size)
{
	struct by_address want = { 0, name, size };
	int fd, ret = -ENOENT;
	Elf *elf = open_elf(path, &fd);

	if (fd < 0)
		return -errno;
	if (elf && elf_kind(elf) == ELF_K_ELF) {
		want.address = convert(elf, offset, false);
		if (each_function(elf, has_address, &want))
			ret = 0;
	}
	elf_end(elf);
	close(fd);
	return ret;
}

struct walk {
	Elf *elf;
	int (*fn)(void *ctx, const char *name, __u64 offset);
	void *ctx;
	int ret;
};

static bool walk_one(void *ctx, const char *name, const GElf_Sym *sym)
{
	struct walk *walk = ctx;
	__u64 offset = convert(walk->elf, sym->st_value, true);

	if (offset)
		walk->ret = walk->fn(walk->ctx, name, offset);
	return walk->ret;
}

int uprobe_functions(const char *path, int (*fn)(void *ctx, const char *name, __u64 offset), void *ctx)
{
	struct walk walk = { .fn = fn, .ctx = ctx, .ret = -EINVAL };
	int fd;

	walk.elf = open_elf(path, &fd);
	if (fd < 0)
		return -errno;
	if (walk.elf && elf_kind(walk.elf) == ELF_K_ELF) {
		walk.ret = 0;
		each_function(walk.elf, walk_one, &walk);
	}
	elf_end(walk.elf);
	close(fd);
	return walk.ret;
}

/* SystemTap's notes: three addresses, then provider, name and arguments as text. */
#define NOTE_STAPSDT 3

struct marker {
	__u64 at, base, counter;
	const char *provider, *name;
};

static bool read_marker(Elf *elf, const char *desc, size_t size, struct marker *m)
{
	size_t wide = gelf_getclass(elf) == ELFCLASS64 ? 8 : 4, provider;
	__u64 address[3] = {};

	if (size <= 3 * wide)
		return false;
	for (int i = 0; i < 3; i++)	/* of this machine's order: others don't run here */
		memcpy((char *)&address[i] + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 8 - wide : 0), desc + i * wide, wide);
	provider = strnlen(desc + 3 * wide, size - 3 * wide) + 1;
	if (3 * wide + provider >= size || strnlen(desc + 3 * wide + provider, size - 3 * wide - provider) == size - 3 * wide - provider)
		return false;
	*m = (struct marker){ address[0], address[1], address[2], desc + 3 * wide, desc + 3 * wide + provider };
	return true;
}

static bool find_section(Elf *elf, const char *name, Elf_Scn **found, GElf_Shdr *header)
{
	const char *have;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return false;
	for (*found = NULL; (*found = elf_nextscn(elf, *found));) {
		have = gelf_getshdr(*found, header) ? elf_strptr(elf, names, header->sh_name) : NULL;
		if (have && !strcmp(have, name))
			return true;
	}
	return false;
}

/* What has moved the program since it was linked (prelink) has moved the base with it. */
static int each_marker(Elf *elf, int (*fn)(void *, const char *, const char *, __u64, __u64), void *ctx)
{
	size_t at = 0, next, name, desc;
	__u64 moved, offset;
	Elf_Data *data;
	GElf_Shdr notes, base;
	bool has_base;
	Elf_Scn *section;
	GElf_Nhdr note;
	struct marker m;
	int ret = 0;

	has_base = find_section(elf, ".stapsdt.base", &section, &base);
	data = find_section(elf, ".note.stapsdt", &section, &notes) && notes.sh_type == SHT_NOTE ? elf_getdata(section, NULL) : NULL;
	for (; data && !ret && (next = gelf_getnote(data, at, &note, &name, &desc)); at = next) {
		const char *text = data->d_buf;

		if (note.n_type != NOTE_STAPSDT || note.n_namesz != 8 || memcmp(text + name, "stapsdt", 8) ||
		    !read_marker(elf, text + desc, note.n_descsz, &m))
			continue;
		moved = has_base && m.base ? base.sh_addr - m.base : 0;
		offset = convert(elf, m.at + moved, true);
		if (offset)
			ret = fn(ctx, m.provider, m.name, offset, m.counter ? convert(elf, m.counter + moved, true) : 0);
	}
	return ret;
}

int uprobe_markers(const char *path,
		   int (*fn)(void *ctx, const char *provider, const char *name, __u64 offset, __u64 counter), void *ctx)
{
	int fd, ret = -EINVAL;
	Elf *elf = open_elf(path, &fd);

	if (fd < 0)
		return -errno;
	if (elf && elf_kind(elf) == ELF_K_ELF)
		ret = each_marker(elf, fn, ctx);
	elf_end(elf);
	close(fd);
	return ret;
}

int uprobe_objects(int pid, const char *const *names, int (*fn)(void *ctx, const char *path), void *ctx)
{
	char path[PATH_LEN + 64], line[PATH_LEN + 256], last[PATH_LEN + 64] = "", *file, *name;
	int ret = 0;
	FILE *f;

	for (; *names && !ret; names++) {
		snprintf(path, sizeof(path), "/proc/%d/maps", pid);
		f = fopen(path, "re");
		while (!ret && f && fgets(line, sizeof(line), f)) {
			line[strcspn(line, "\n")] = 0;
			file = strchr(line, '/');
			name = file ? strrchr(file, '/') + 1 : NULL;
			if (!name || strncmp(name, *names, strlen(*names)))
				continue;
			snprintf(path, sizeof(path), "/proc/%d/root%s", pid, file);
			if (strcmp(path, last))
				ret = fn(ctx, path);
			strcpy(last, path);
		}
		if (f)
			fclose(f);
	}
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	return ret ?: fn(ctx, path);
}

int uprobe_libc(char *path, size_t size)
{
	static const char *const places[] = { "/lib/*-linux-gnu*/libc.so.6", "/lib64/libc.so.6", "/usr/lib/libc.so.6", "/lib/libc.so.6",
					      "/lib/ld-musl-*.so.1" };
	glob_t found;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if (glob(places[i], 0, NULL, &found))
			continue;
		snprintf(path, size, "%s", found.gl_pathv[0]);
		globfree(&found);
		return 0;
	}
	return -ENOENT;
}

int uprobe_file(const struct uprobe *u, const char *path)
{
	static struct { dev_t dev; ino_t ino; } known[FILES];
	static int n;
	struct stat st;
	long at;
	int ret;

	if (stat(path, &st))
		return -errno;
	for (int i = 0; i < n; i++)
		if (known[i].dev == st.st_dev && known[i].ino == st.st_ino)
			return 1;
	at = offset_of(path, u->functions);
	if (at <= 0 || n == FILES)
		return at;
	ret = attach_keep(bpf_program__attach_uprobe(u->program, u->at_return, -1, path, at));
	if (ret)
		return ret;
	known[n].dev = st.st_dev;
	known[n++].ino = st.st_ino;
	return 1;
}

int uprobe_process(const struct uprobe *u, const char *pid)
{
	char path[PATH_LEN + 64], line[PATH_LEN + 256], *file;
	int ret;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	ret = uprobe_file(u, path);
	if (ret)
		return ret;
	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	f = fopen(path, "re");
	while (!ret && f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		file = strchr(line, '/');
		if (file && u->is_library(file)) {
			snprintf(path, sizeof(path), "/proc/%s/root%s", pid, file);
			ret = uprobe_file(u, path);
		}
	}
	if (f)
		fclose(f);
	return ret;
}

int uprobe_installed(const struct uprobe *u, const char *const *names)
{
	static const char *const folders[] = { "/lib/*-linux-*", "/usr/lib/*-linux-*", "/lib64", "/usr/lib64", "/lib", "/usr/lib",
					       "/usr/local/lib" };
	char pattern[96];
	int ret = 0;
	glob_t found;

	for (; *names; names++)
		for (unsigned int i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
			snprintf(pattern, sizeof(pattern), "%s/%s", folders[i], *names);
			if (glob(pattern, 0, NULL, &found))
				continue;
			for (size_t j = 0; j < found.gl_pathc; j++)
				if (uprobe_file(u, found.gl_pathv[j]) > 0)
					ret = 1;
			globfree(&found);
		}
	return ret;
}
