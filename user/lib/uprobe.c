// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <bpf/btf.h>
#include "lib/btf.h"
#include "lib/uprobe.h"

#define FILES 256	/* different ones that can be probed at once */
#define UPROBES 256	/* functions, in each of them */

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
	struct stat st;

	/* whoever has mapped it may have put a pipe in its place */
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*fd < 0)
		return NULL;
	if (fstat(*fd, &st) || !S_ISREG(st.st_mode)) {
		close(*fd);
		*fd = -1;
		errno = EINVAL;
		return NULL;
	}
	elf_version(EV_CURRENT);
	return elf_begin(*fd, ELF_C_READ_MMAP, NULL);
}

struct by_name {
	const struct uprobe *u;
	size_t n;
	struct uprobe_place { __u64 address; size_t rank; } *found;	/* rank: 1 more than which of its names that is */
};

static bool is_named(void *ctx, const char *name, const GElf_Sym *sym)
{
	struct by_name *want = ctx;

	for (size_t i = 0; i < want->n; i++)
		for (size_t j = 0; j < UPROBE_NAMES && want->u[i].functions[j]; j++) {
			if (strcmp(name, want->u[i].functions[j]) || (want->found[i].rank && want->found[i].rank <= j + 1))
				continue;
			want->found[i] = (struct uprobe_place){ sym->st_value, j + 1 };
		}
	return false;
}

/* For each probe the offset of the first of its functions, 0: none is there. How many there are, or a negative errno. */
static int offsets_of(const char *path, const struct uprobe *u, size_t n, long *at)
{
	struct uprobe_place *found = calloc(n, sizeof(*found));
	int fd, ret = 0;
	Elf *elf = open_elf(path, &fd);

	if (fd < 0 || !found) {
		ret = fd < 0 ? -errno : -ENOMEM;
		free(found);
		return ret;
	}
	if (elf && elf_kind(elf) == ELF_K_ELF)
		each_function(elf, is_named, &(struct by_name){ u, n, found });
	for (size_t i = 0; i < n; i++) {
		at[i] = found[i].rank ? convert(elf, found[i].address, true) : 0;
		ret += at[i] != 0;
	}
	elf_end(elf);
	close(fd);
	free(found);
	return ret;
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

void uprobe_where_is(int pid, __u64 address, char *name, size_t size, char *file, size_t file_size)
{
	char path[PATH_LEN + 64], line[PATH_LEN + 256];
	unsigned long long from, to, offset;
	FILE *f;

	snprintf(name, size, "0x%llx", address);
	*file = 0;
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		const char *there = strchr(line, '/');

		if (sscanf(line, "%llx-%llx %*s %llx", &from, &to, &offset) != 3 || address < from || address >= to)
			continue;
		line[strcspn(line, "\n")] = 0;
		if (!there)
			break;
		snprintf(file, file_size, "%s", there);
		offset += address - from;
		snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", pid, from, to);
		if (uprobe_name(path, offset, name, size)) {
			snprintf(path, sizeof(path), "/proc/%d/root%s", pid, file);
			if (uprobe_name(path, offset, name, size))
				snprintf(name, size, "%.200s+0x%llx", strrchr(file, '/') + 1, offset);
		}
		break;
	}
	if (f)
		fclose(f);
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
	const char *provider, *name, *args;
};

static bool read_marker(Elf *elf, const char *desc, size_t size, struct marker *m)
{
	size_t wide = gelf_getclass(elf) == ELFCLASS64 ? 8 : 4, provider, name;
	__u64 address[3] = {};

	if (size <= 3 * wide)
		return false;
	for (int i = 0; i < 3; i++)	/* of this machine's order: others don't run here */
		memcpy((char *)&address[i] + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 8 - wide : 0), desc + i * wide, wide);
	provider = strnlen(desc + 3 * wide, size - 3 * wide) + 1;
	if (3 * wide + provider >= size || strnlen(desc + 3 * wide + provider, size - 3 * wide - provider) == size - 3 * wide - provider)
		return false;
	name = strlen(desc + 3 * wide + provider) + 1;
	*m = (struct marker){ address[0], address[1], address[2], desc + 3 * wide, desc + 3 * wide + provider, "" };
	desc += 3 * wide + provider + name;
	size -= 3 * wide + provider + name;
	if (strnlen(desc, size) < size)
		m->args = desc;
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
static int each_marker(Elf *elf, int (*fn)(void *, const struct uprobe_marker *), void *ctx)
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
			ret = fn(ctx, &(struct uprobe_marker){ m.provider, m.name, m.args, offset,
							       m.counter ? convert(elf, m.counter + moved, true) : 0 });
	}
	return ret;
}

int uprobe_markers(const char *path, int (*fn)(void *ctx, const struct uprobe_marker *marker), void *ctx)
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

bool uprobe_is_libc(const char *path)
{
	static const char *const names[] = { "/libc.so.", "/libc-2.", "/libpthread.so.", "/libpthread-2.", "/ld-musl-", "/libc.musl-" };
	const char *name = strrchr(path, '/');

	for (size_t i = 0; name && i < sizeof(names) / sizeof(*names); i++)
		if (!strncmp(name, names[i], strlen(names[i])))
			return true;
	return name && (!strcmp(name, "/libc.so") || !strcmp(name, "/libc.so\n"));	/* musl's, as its own loader */
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

/* include/uapi/linux/bpf.h, of kernels newer than the headers that this may be built with */
#define UPROBE_MULTI	    48		/* BPF_TRACE_UPROBE_MULTI */
#define UPROBE_MULTI_RETURN 1		/* BPF_F_UPROBE_MULTI_RETURN */

struct uprobe_multi {
	__u32 prog_fd, target_fd, attach_type, flags;
	__u64 path, offsets, ref_ctr_offsets, cookies;
	__u32 count, multi_flags, pid, pad;
};

static bool many;

bool uprobe_many(struct bpf_program *const *programs)
{
	int fd;

	many = btf_find_kernel("bpf_uprobe_multi_link_attach", BTF_KIND_FUNC, &fd) >= 0;
	for (; many && *programs; programs++)
		if (bpf_program__set_expected_attach_type(*programs, UPROBE_MULTI))
			many = false;
	return many;
}

/* Each program at all of its places in the file, in the order in which the programs come. */
static int attach_many(const struct uprobe *u, size_t n, const char *path, const long *at)
{
	__u64 offsets[UPROBES], cookies[UPROBES];

	for (size_t i = 0; i < n; i++) {
		struct uprobe_multi attr = { .prog_fd = bpf_program__fd(u[i].program), .attach_type = UPROBE_MULTI,
					     .path = (__u64)(uintptr_t)path, .offsets = (__u64)(uintptr_t)offsets,
					     .cookies = (__u64)(uintptr_t)cookies,
					     .multi_flags = u[i].at_return ? UPROBE_MULTI_RETURN : 0 };
		bool before = false;
		int ret;

		for (size_t j = 0; j < n; j++) {
			if (!at[j] || u[j].program != u[i].program)
				continue;
			before |= j < i;
			offsets[attr.count] = at[j];
			cookies[attr.count++] = u[j].cookie;
		}
		if (!at[i] || before)
			continue;
		ret = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
		ret = ret < 0 ? -errno : attach_keep_fd(ret);
		if (ret)
			return ret;
	}
	return 0;
}

int uprobe_attach_at(const struct uprobe *u, size_t n, const char *path, int pid, const long *at)
{
	int ret = n > UPROBES ? -E2BIG : 0;

	if (many && !ret)
		return attach_many(u, n, path, at);
	for (size_t i = 0; i < n && !ret; i++)
		ret = at[i] ? attach_keep(bpf_program__attach_uprobe(u[i].program, u[i].at_return, pid, path, at[i])) : 0;
	return ret;
}

int uprobe_files(const struct uprobe *u, size_t n, const char *path)
{
	static struct { const struct uprobe *u; dev_t dev; ino_t ino; } known[FILES], without[FILES];
	static int n_known, n_without;
	long at[UPROBES];
	struct stat st;
	int ret;

	if (stat(path, &st))
		return -errno;
	for (int i = 0; i < n_known; i++)
		if (known[i].u == u && known[i].dev == st.st_dev && known[i].ino == st.st_ino)
			return 1;
	for (int i = 0; i < n_without; i++)	/* many processes run the same programs */
		if (without[i].u == u && without[i].dev == st.st_dev && without[i].ino == st.st_ino)
			return 0;
	ret = n > UPROBES ? -E2BIG : offsets_of(path, u, n, at);
	if (!ret && n_without < FILES) {
		without[n_without].u = u;
		without[n_without].dev = st.st_dev;
		without[n_without++].ino = st.st_ino;
	}
	if (ret <= 0)
		return ret;
	if (n_known == FILES) {
		note("more than %d files have it: those that were met later are not probed", FILES);
		return 1;
	}
	ret = uprobe_attach_at(u, n, path, -1, at);
	if (ret)
		return ret;
	known[n_known].u = u;
	known[n_known].dev = st.st_dev;
	known[n_known++].ino = st.st_ino;
	return 1;
}

int uprobe_file(const struct uprobe *u, const char *path)
{
	return uprobe_files(u, 1, path);
}

int uprobe_process_all(const struct uprobe *u, size_t n, const char *pid)
{
	char path[PATH_LEN + 64], line[PATH_LEN + 256], *file;
	int ret, found;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	ret = uprobe_files(u, n, path);
	if (ret < 0)
		return ret;
	found = ret;
	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	f = fopen(path, "re");
	while (ret >= 0 && f && fgets(line, sizeof(line), f) && !(found && n == 1)) {
		line[strcspn(line, "\n")] = 0;
		file = strchr(line, '/');
		if (file && u->is_library(file)) {
			snprintf(path, sizeof(path), "/proc/%s/root%s", pid, file);
			ret = uprobe_files(u, n, path);
			found |= ret > 0;
		}
	}
	if (f)
		fclose(f);
	return found ?: ret;
}

int uprobe_process(const struct uprobe *u, const char *pid)
{
	return uprobe_process_all(u, 1, pid);
}

/* Where the loader looks. */
static bool installed(const struct uprobe *u, size_t n, const char *name)
{
	static const char *const folders[] = { "/lib/*-linux-*", "/usr/lib/*-linux-*", "/lib64", "/usr/lib64", "/lib", "/usr/lib",
					       "/usr/local/lib" };
	bool found = false;
	char pattern[96];
	glob_t files;

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		snprintf(pattern, sizeof(pattern), "%s/%s", folders[i], name);
		if (glob(pattern, 0, NULL, &files))
			continue;
		for (size_t j = 0; j < files.gl_pathc; j++)
			found |= uprobe_files(u, n, files.gl_pathv[j]) > 0;
		globfree(&files);
	}
	return found;
}

struct wanted {
	const struct uprobe *u;
	size_t n;
	const struct uprobe_where *where;
};

static const char *option(const struct uprobe_where *where)
{
	return where->option ?: "--library";
}

/* Those of -p, whatever they are linked with. */
static int probe_wanted(void *ctx, const void *key, void *value)
{
	const struct filter_key *wanted = key;
	const struct wanted *w = ctx;
	char pid[24];
	int ret;

	if (wanted->kind != ONLY_PIDS)
		return 0;
	snprintf(pid, sizeof(pid), "%llu", wanted->id);
	ret = uprobe_process_all(w->u, w->n, pid);
	if (!ret && w->where->found)
		return 0;
	if (!ret)
		err("--pid: process %s has no %s: name its file with %s", pid, w->where->what, option(w->where));
	else if (ret < 0)
		err("--pid: process %s: %s", pid, strerror(-ret));
	return ret > 0 ? 0 : -EINVAL;
}

int uprobe_attach(struct run *run, const struct uprobe *u, size_t n, const struct uprobe_where *where)
{
	int found = where->found, last = 0, ret;
	struct dirent *entry;
	bool looked = false;
	DIR *proc;

	if (where->library) {
		ret = uprobe_files(u, n, where->library);
		if (ret > 0)
			return 0;
		if (ret)
			err("%s: '%s': %s", option(where), where->library, strerror(-ret));
		else
			err("%s: '%s': has no %s", option(where), where->library, where->what);
		return -EINVAL;
	}
	if (run->common->filters & ONLY_PIDS)
		return map_each(bpf_object__find_map_fd_by_name(run->skel->obj, "filter_set"), probe_wanted,
				&(struct wanted){ u, n, where });
	for (const char *const *name = where->installed; *name; name++)
		found |= installed(u, n, *name);
	proc = opendir("/proc");
	while (proc && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)*entry->d_name))
			continue;
		ret = uprobe_process_all(u, n, entry->d_name);
		found |= ret > 0;
		looked |= ret >= 0;
		last = ret < 0 && ret != -ENOENT && ret != -ESRCH ? ret : last;
	}
	if (proc)
		closedir(proc);
	if (found)
		return 0;
	if (last && (!looked || *where->installed))	/* where programs are looked for, some may be hidden */
		return last;
	err("no file here has a %s: name one with %s", where->what, option(where));
	return -EOPNOTSUPP;
}

int uprobe_installed(const struct uprobe *u, const char *const *names)
{
	int found = 0;

	for (; *names; names++)
		found |= installed(u, 1, *names);
	return found;
}
