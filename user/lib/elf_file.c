// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef HAVE_LZMA
#include <lzma.h>
#endif
#include "lib/elf_file.h"

#define MOST_SECTIONS 65536
#define MOST_SEGMENTS 1024
#define MOST_SYMBOLS (16 << 20)
#define CHUNK 4096		/* symbols read at a time */
#define NOTES (64 << 10)
#define MOST_PACKED (16 << 20)
#define MOST_UNPACKED (64 << 20)

struct elf_function {
	__u64 address;
	__u64 names;		/* where the file has their names */
	__u32 name, room;	/* ... the one among them, and how many bytes may follow it */
	__u32 size;		/* 0: up to the next one */
	__u16 section;
	__u8 rank;		/* of several at one address: the lower the better */
};

/* Both classes in the wider one's terms. */
union header {
	Elf64_Ehdr wide;
	Elf32_Ehdr narrow;
};

int elf_file_read(const struct elf_file *file, __u64 at, void *to, size_t size)
{
	size_t done = 0;

	if (at > file->size || size > file->size - at)
		return -EINVAL;
	if (file->fd < 0) {
		memcpy(to, file->memory + at, size);
		return 0;
	}
	while (done < size) {
		ssize_t n = pread(file->fd, (char *)to + done, size - done, at + done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EINVAL;
		done += n;
	}
	return 0;
}

static int section_read(const struct elf_file *file, __u32 i, struct elf_section *s)
{
	Elf64_Shdr wide;
	Elf32_Shdr narrow;
	int ret;

	if (i >= file->sections)
		return -EINVAL;
	if (file->wide) {
		ret = elf_file_read(file, file->sections_at + (__u64)i * sizeof(wide), &wide, sizeof(wide));
		*s = (struct elf_section){ wide.sh_name, wide.sh_type, wide.sh_link, wide.sh_flags, wide.sh_addr,
					   wide.sh_offset, wide.sh_size, wide.sh_entsize };
	} else {
		ret = elf_file_read(file, file->sections_at + (__u64)i * sizeof(narrow), &narrow, sizeof(narrow));
		*s = (struct elf_section){ narrow.sh_name, narrow.sh_type, narrow.sh_link, narrow.sh_flags, narrow.sh_addr,
					   narrow.sh_offset, narrow.sh_size, narrow.sh_entsize };
	}
	return ret;
}

static int segment_read(const struct elf_file *file, __u32 i, Elf64_Phdr *p)
{
	Elf32_Phdr narrow;
	int ret;

	if (file->wide)
		return elf_file_read(file, file->segments_at + (__u64)i * sizeof(*p), p, sizeof(*p));
	ret = elf_file_read(file, file->segments_at + (__u64)i * sizeof(narrow), &narrow, sizeof(narrow));
	*p = (Elf64_Phdr){ .p_type = narrow.p_type, .p_offset = narrow.p_offset, .p_vaddr = narrow.p_vaddr,
			   .p_filesz = narrow.p_filesz, .p_flags = narrow.p_flags };
	return ret;
}

/* Notes in `size` bytes at `at`: the build id, if it is among them. */
static void find_build_id(struct elf_file *file, __u64 at, __u64 size)
{
	char notes[512];
	Elf64_Nhdr note;		/* the same in both classes */
	__u64 pos = 0;

	if (size > NOTES)
		return;
	while (!file->build_id_size && size - pos >= sizeof(note) && pos < size) {
		__u64 name, desc;

		if (elf_file_read(file, at + pos, &note, sizeof(note)))
			return;
		pos += sizeof(note);
		name = (note.n_namesz + 3ULL) & ~3ULL;
		desc = (note.n_descsz + 3ULL) & ~3ULL;
		if (name > size - pos || desc > size - pos - name)
			return;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && note.n_descsz && note.n_descsz <= BUILD_ID_MAX &&
		    !elf_file_read(file, at + pos, notes, name + desc) && !memcmp(notes, "GNU", 4)) {
			memcpy(file->build_id, notes + name, note.n_descsz);
			file->build_id_size = note.n_descsz;
		}
		pos += name + desc;
	}
}

static int open_common(struct elf_file *file)
{
	const union { __u16 word; __u8 byte; } order = { 1 };
	unsigned char ident[EI_NIDENT];
	struct elf_section first;
	union header h;
	Elf64_Phdr p;
	int ret = elf_file_read(file, 0, ident, sizeof(ident));

	if (ret)
		return ret;
	if (memcmp(ident, ELFMAG, SELFMAG) || (ident[EI_CLASS] != ELFCLASS32 && ident[EI_CLASS] != ELFCLASS64) ||
	    ident[EI_DATA] != (order.byte ? ELFDATA2LSB : ELFDATA2MSB))
		return -EINVAL;
	file->wide = ident[EI_CLASS] == ELFCLASS64;
	ret = elf_file_read(file, 0, &h, file->wide ? sizeof(h.wide) : sizeof(h.narrow));
	if (ret)
		return ret;
#define FIELD(m) (file->wide ? h.wide.m : h.narrow.m)
	file->entry = FIELD(e_entry);
	file->segments_at = FIELD(e_phoff);
	file->sections_at = FIELD(e_shoff);
	if (FIELD(e_phentsize) == (file->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
		file->segments = FIELD(e_phnum) < MOST_SEGMENTS ? FIELD(e_phnum) : MOST_SEGMENTS;
	if (FIELD(e_shentsize) == (file->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr)) && file->sections_at)
		file->sections = FIELD(e_shnum) ?: 1;
	file->section_names = FIELD(e_shstrndx);
#undef FIELD
	/* more sections than the header has bits for: the first one says how many */
	if (file->sections && !section_read(file, 0, &first)) {
		if (file->sections == 1 && first.size)
			file->sections = first.size < MOST_SECTIONS ? first.size : MOST_SECTIONS;
		if (file->section_names == SHN_XINDEX)
			file->section_names = first.link;
	} else {
		file->sections = 0;
	}
	for (__u32 i = 0; i < file->segments; i++)
		if (!segment_read(file, i, &p) && p.p_type == PT_NOTE)
			find_build_id(file, p.p_offset, p.p_filesz);
	for (__u32 i = 0; i < file->sections && !file->build_id_size; i++) {
		struct elf_section s;

		if (!section_read(file, i, &s) && s.type == SHT_NOTE)
			find_build_id(file, s.at, s.size);
	}
	return 0;
}

int elf_file_open(struct elf_file *file, int fd)
{
	struct stat st;

	*file = (struct elf_file){ .fd = fd };
	if (fstat(fd, &st))
		return -errno;
	file->size = st.st_size;
	return open_common(file);
}

int elf_file_open_memory(struct elf_file *file, const void *memory, size_t size)
{
	*file = (struct elf_file){ .fd = -1, .memory = memory, .size = size };
	return open_common(file);
}

/* xz'd: as large as it gets, up to the most that there may be. */
static int unpack(const void *packed, size_t size, void **to, size_t *n)
{
#ifdef HAVE_LZMA
	lzma_stream xz = LZMA_STREAM_INIT;
	size_t room = 4 * size + CHUNK;
	lzma_ret ret = lzma_stream_decoder(&xz, MOST_UNPACKED, 0);
	void *more;

	xz.next_in = packed;
	xz.avail_in = size;
	for (*to = NULL, *n = 0; ret == LZMA_OK && *n < MOST_UNPACKED; *n = xz.total_out) {
		more = realloc(*to, *to ? room *= 2 : room);
		if (!more)
			break;
		*to = more;
		xz.next_out = (unsigned char *)more + *n;
		xz.avail_out = room - *n;
		ret = lzma_code(&xz, LZMA_FINISH);
	}
	lzma_end(&xz);
	if (ret == LZMA_STREAM_END)
		return 0;
	free(*to);
	return -EINVAL;
#else
	return -ENOTSUP;
#endif
}

int elf_file_mini(const struct elf_file *file, struct elf_file *mini)
{
	struct elf_section s;
	void *packed = NULL, *unpacked;
	size_t size;
	int ret = elf_file_section(file, ".gnu_debugdata", &s);

	if (ret || s.type == SHT_NOBITS || !s.size || s.size > MOST_PACKED || s.size > file->size)
		return -ENOENT;
	packed = malloc(s.size);
	ret = packed ? elf_file_read(file, s.at, packed, s.size) : -ENOMEM;
	ret = ret ?: unpack(packed, s.size, &unpacked, &size);
	free(packed);
	if (ret)
		return ret;
	ret = elf_file_open_memory(mini, unpacked, size);
	mini->unpacked = unpacked;
	if (ret)
		elf_file_close(mini);
	return ret;
}

void elf_file_close(struct elf_file *file)
{
	free(file->functions);
	free(file->unpacked);
	*file = (struct elf_file){ .fd = -1 };
}

int elf_file_address(const struct elf_file *file, __u64 offset, __u64 *address)
{
	Elf64_Phdr p;

	for (__u32 i = 0; i < file->segments; i++) {
		if (segment_read(file, i, &p))
			break;
		if (p.p_type != PT_LOAD || !(p.p_flags & PF_X) || offset < p.p_offset || offset - p.p_offset >= p.p_filesz)
			continue;
		*address = offset - p.p_offset + p.p_vaddr;
		return 0;
	}
	return -ENOENT;
}

int elf_file_section(const struct elf_file *file, const char *name, struct elf_section *section)
{
	struct elf_section names;
	size_t size = strlen(name) + 1;
	char have[64];

	if (size > sizeof(have) || section_read(file, file->section_names, &names))
		return -ENOENT;
	for (__u32 i = 1; i < file->sections; i++) {
		if (section_read(file, i, section))
			break;
		if (section->name < names.size && size <= names.size - section->name &&
		    !elf_file_read(file, names.at + section->name, have, size) && !memcmp(have, name, size))
			return 0;
	}
	return -ENOENT;
}

static int by_address(const void *a, const void *b)
{
	const struct elf_function *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return (x->names > y->names) - (x->names < y->names) ?: (x->name > y->name) - (x->name < y->name);
}

static int keep(struct elf_file *file, const Elf64_Sym *sym, const struct elf_section *names, bool whole)
{
	static const __u8 ranks[] = { [STB_LOCAL] = 2, [STB_GLOBAL] = 0, [STB_WEAK] = 1 };
	int type = ELF64_ST_TYPE(sym->st_info), binding = ELF64_ST_BIND(sym->st_info);
	struct elf_function *more;

	if (sym->st_shndx == SHN_UNDEF || (sym->st_shndx >= SHN_LORESERVE && sym->st_shndx != SHN_XINDEX) || !sym->st_name ||
	    sym->st_name >= names->size)
		return 0;
	/* Assembler's functions may have neither type nor size; where all symbols are there, the next one ends them. */
	if (type != STT_FUNC && type != STT_GNU_IFUNC && !(whole && type == STT_NOTYPE && binding != STB_LOCAL))
		return 0;
	if (!sym->st_size && !whole)
		return 0;
	if (file->n >= MOST_SYMBOLS)
		return -E2BIG;
	if (!(file->n & (file->n - 1)) || !file->n) {
		more = realloc(file->functions, (file->n ? file->n * 2 : 64) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		file->functions = more;
	}
	file->functions[file->n++] = (struct elf_function){
		.address = sym->st_value, .names = names->at, .name = sym->st_name,
		.room = names->size - sym->st_name < UINT32_MAX ? names->size - sym->st_name : UINT32_MAX,
		.size = sym->st_size < UINT32_MAX ? sym->st_size : UINT32_MAX, .section = sym->st_shndx,
		.rank = (binding < 3 ? ranks[binding] : 2) + (type == STT_NOTYPE ? 4 : 0),
	};
	return 0;
}

static int read_table(struct elf_file *file, const struct elf_section *table, bool whole)
{
	size_t each = file->wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	__u64 n = table->size / each;
	struct elf_section names;
	char *chunk;
	int ret = section_read(file, table->link, &names);

	if (ret || table->each != each || names.type != SHT_STRTAB || names.at > file->size || names.size > file->size - names.at)
		return -EINVAL;
	chunk = malloc(CHUNK * each);
	if (!chunk)
		return -ENOMEM;
	for (__u64 i = 0; i < n && !ret; i += CHUNK) {
		size_t some = n - i < CHUNK ? n - i : CHUNK;

		ret = elf_file_read(file, table->at + i * each, chunk, some * each);
		for (size_t j = 0; j < some && !ret; j++) {
			Elf64_Sym sym;
			Elf32_Sym narrow;

			if (file->wide) {
				memcpy(&sym, chunk + j * each, each);
			} else {
				memcpy(&narrow, chunk + j * each, each);
				sym = (Elf64_Sym){ narrow.st_name, narrow.st_info, narrow.st_other, narrow.st_shndx, narrow.st_value,
						   narrow.st_size };
			}
			ret = keep(file, &sym, &names, whole);
		}
	}
	free(chunk);
	return ret;
}

long elf_file_functions(struct elf_file *file)
{
	struct elf_section s;
	struct elf_function *less;

	if (file->functions)
		return file->n * sizeof(*file->functions);
	/* with all symbols, those for the loader are among them */
	for (int whole = 1; whole >= 0 && !file->n; whole--)
		for (__u32 i = 0; i < file->sections; i++)
			if (!section_read(file, i, &s) && s.type == (whole ? SHT_SYMTAB : SHT_DYNSYM)) {
				read_table(file, &s, whole);
				file->has_symtab = whole;
			}
	if (!file->n)
		return 0;
	qsort(file->functions, file->n, sizeof(*file->functions), by_address);
	less = realloc(file->functions, file->n * sizeof(*less));
	file->functions = less ?: file->functions;
	return file->n * sizeof(*less);
}

static bool ends_after(const struct elf_file *file, size_t i, __u64 address)
{
	const struct elf_function *f = &file->functions[i];

	if (f->size)
		return address - f->address < f->size;
	for (i++; i < file->n && file->functions[i].address == f->address; i++)
		if (file->functions[i].size)
			return address - f->address < file->functions[i].size;
	return i < file->n && file->functions[i].section == f->section;	/* the next one begins after the address */
}

#define NESTED 32	/* functions that may begin inside of one */
#define ALIASES 16

static int underscores(const struct elf_file *file, const struct elf_function *f)
{
	char name[8];
	size_t size = f->room < sizeof(name) ? f->room : sizeof(name);
	int n = 0;

	if (elf_file_read(file, f->names + f->name, name, size))
		return sizeof(name);
	while (n < (int)size && name[n] == '_')
		n++;
	return n;
}

/* Of several names of a function the one that programs use: malloc, not __libc_malloc. */
static const struct elf_function *usual(const struct elf_file *file, const struct elf_function *f)
{
	const struct elf_function *end = file->functions + file->n, *best = f;
	int least, n;

	if (f + 1 == end || f[1].address != f->address)
		return f;
	least = underscores(file, f);
	for (int i = 1; i < ALIASES && f + i < end && f[i].address == f->address && least; i++) {
		n = underscores(file, f + i);
		if (n < least && (f[i].rank < 4 || f->rank >= 4)) {
			least = n;
			best = f + i;
		}
	}
	return best;
}

int elf_file_name(struct elf_file *file, __u64 address, char *name, size_t size, __u64 *into)
{
	const struct elf_function *found = NULL;
	size_t low = 0, high = file->n, room;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (file->functions[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t i = low, tries = 0; i-- && !found && tries < NESTED; tries++) {
		while (i && file->functions[i - 1].address == file->functions[i].address)
			i--;	/* the best of those that begin there */
		if (ends_after(file, i, address))
			found = &file->functions[i];
	}
	if (!found)
		return -ENOENT;
	found = usual(file, found);
	room = found->room < size ? found->room : size;
	if (!room || elf_file_read(file, found->names + found->name, name, room))
		return -ENOENT;
	name[room - 1] = 0;
	*into = address - found->address;
	return *name ? 0 : -ENOENT;
}
