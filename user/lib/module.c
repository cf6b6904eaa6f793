// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A file is opened when it is first met, by what can't be mistaken for another: /proc/PID/map_files, else its path as the
 * process sees it if that has the same inode. It stays open, so that it is there when its process and its name are
 * gone, and no other file gets its number. Tables of functions are made when a name is asked for, and the least used go
 * when all take more than a limit.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <zlib.h>
#include "lib/elf_file.h"
#include "lib/ksym.h"
#include "lib/module.h"
#include "lib/perf_map.h"
#include "lib/symbol.h"

#define LIMIT (64 << 20)
#define BUCKETS 1024
#define READERS 8		/* of lines, at a time: each holds what it has read */

enum kind { NONE, KERNEL, LIBRARY, VDSO, JIT };

struct module {
	enum kind kind;
	char *path;
	__u64 inode, image;		/* or of a JIT, whose */
	__u32 major, minor, pid;
	__u32 next;			/* in its bucket */
	int fd, debug_fd;
	struct elf_file own, debug;
	bool opened, failed, loaded;	/* loaded: its tables are in memory */
	bool no_lines;			/* it has none, or they could not be read */
	struct lines lines;
	size_t memory;
	__u64 used;
	struct perf_map map;
};

static struct module *modules;
static __u32 n_modules, room;
static __u32 buckets[BUCKETS];
static size_t memory, limit = LIMIT;
static __u64 clock_now;
static char *root_folder;
static bool want_lines, ask_servers;

static struct module *get(__u32 module)
{
	return &modules[module];
}

static __u32 make(enum kind kind, const char *path)
{
	struct module *more;

	if (n_modules == room) {
		room = room ? room * 2 : 64;
		more = realloc(modules, room * sizeof(*modules));
		if (!more)
			return NO_MODULE;
		modules = more;
	}
	if (!n_modules)
		modules[n_modules++] = (struct module){ .path = strdup(""), .fd = -1, .debug_fd = -1 };
	modules[n_modules] = (struct module){ .kind = kind, .path = strdup(path), .fd = -1, .debug_fd = -1, .map.fd = -1 };
	return modules[n_modules].path ? n_modules++ : NO_MODULE;
}

/* A regular file, and nothing that opening it could wake or wait for. */
static int open_regular(int folder, const char *path, __u64 resolve, __u64 inode)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = resolve };
	int fd = syscall(SYS_openat2, folder, path, &how, sizeof(how)), file;
	char self[32];
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || (inode && st.st_ino != inode)) {
		close(fd);
		return -ENOENT;
	}
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	file = open(self, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	file = file < 0 ? -errno : file;
	close(fd);
	return file;
}

/* Links are followed as the process would, within its own root. */
static int open_in_root(__u32 pid, const char *path, __u64 inode)
{
	char root[32];
	int folder, fd;

	snprintf(root, sizeof(root), "/proc/%u/root", pid);
	folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return -errno;
	fd = open_regular(folder, path, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS, inode);
	close(folder);
	return fd;
}

static int open_mapped(const struct mapped *m)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/map_files/%llx-%llx", m->pid, m->start, m->end);
	fd = open_regular(AT_FDCWD, path, 0, 0);
	if (fd < 0)
		fd = open_in_root(m->pid, m->path, m->inode);
	if (fd < 0) {
		snprintf(path, sizeof(path), "/proc/%u/exe", m->pid);
		fd = open_regular(AT_FDCWD, path, 0, m->inode);
	}
	return fd;
}

static __u32 *bucket(__u64 a, __u64 b)
{
	return &buckets[(a * 0x9e3779b97f4a7c15ULL + b) % BUCKETS];
}

__u32 module_of_file(const struct mapped *m)
{
	__u32 *first = bucket(m->inode, m->minor), i;

	for (i = *first; i; i = modules[i].next)
		if (modules[i].kind == LIBRARY && modules[i].inode == m->inode && modules[i].major == m->major &&
		    modules[i].minor == m->minor && modules[i].fd >= 0)
			return i;
	i = make(LIBRARY, m->path);
	if (!i)
		return NO_MODULE;
	modules[i].inode = m->inode;
	modules[i].major = m->major;
	modules[i].minor = m->minor;
	modules[i].fd = open_mapped(m);
	modules[i].failed = modules[i].fd < 0;
	modules[i].next = *first;
	*first = i;
	return i;
}

/* The kernel gives each process the same one, but 32-bit ones: those have it below 4 GB. */
__u32 module_vdso(const struct mapped *m)
{
	unsigned long own = getauxval(AT_SYSINFO_EHDR);
	static __u32 ours, other;
	__u32 *which = m->start >> 32 || !(own >> 32) ? &ours : &other;

	if (*which >= n_modules || !*which || modules[*which].kind != VDSO) {
		*which = make(VDSO, "[vdso]");
		if (!own || which == &other || elf_file_open_memory(&modules[*which].own, (void *)own, m->end - m->start))
			modules[*which].failed = true;
		modules[*which].opened = true;
	}
	return *which;
}

static __u32 inner_pid(__u32 pid)
{
	__u32 inner = pid;
	char path[48], line[256], *last;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "NSpid:", 6))
			continue;
		last = strrchr(line, '\t');
		if (last)
			inner = strtoul(last + 1, NULL, 10);
	}
	if (f)
		fclose(f);
	return inner;
}

static void open_perf_map(struct module *m)
{
	char path[64];

	if (m->map.fd >= 0)
		return;
	snprintf(path, sizeof(path), "/tmp/perf-%u.map", inner_pid(m->pid));
	m->map.fd = open_in_root(m->pid, path, 0);
	if (m->map.fd >= 0)
		return;
	snprintf(path, sizeof(path), "/tmp/perf-%u.map", m->pid);
	m->map.fd = open_regular(AT_FDCWD, path, RESOLVE_NO_SYMLINKS, 0);
}

__u32 module_of_jit(__u32 pid, __u64 image)
{
	__u32 *first = bucket(pid, image), i;

	for (i = *first; i; i = modules[i].next)
		if (modules[i].kind == JIT && modules[i].pid == pid && modules[i].image == image)
			break;
	if (!i) {
		i = make(JIT, "[anon]");
		if (!i)
			return NO_MODULE;
		modules[i].pid = pid;
		modules[i].image = image;
		modules[i].next = *first;
		*first = i;
	}
	open_perf_map(get(i));	/* it may have come since */
	return i;
}

__u32 module_kernel(void)
{
	static __u32 kernel;

	if (!kernel || kernel >= n_modules || modules[kernel].kind != KERNEL)
		kernel = make(KERNEL, "");
	return kernel;
}

bool module_is_jit(__u32 module)
{
	return get(module)->kind == JIT;
}

bool module_is_kernel(__u32 module)
{
	return get(module)->kind == KERNEL;
}

const char *module_path(__u32 module)
{
	return get(module)->path;
}

const char *module_name(__u32 module)
{
	const char *path = get(module)->path, *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* --- Functions of files --- */

/* A debug file that belongs to this one, by its build id or, without one, by the checksum. */
static bool belongs(struct module *m, int fd, const __u32 *want)
{
	static unsigned char chunk[64 << 10];
	__u32 crc = crc32(0, NULL, 0);
	__u64 at = 0;
	ssize_t n;

	if (elf_file_open(&m->debug, fd))
		return false;
	if (m->own.build_id_size)
		return m->debug.build_id_size == m->own.build_id_size &&
		       !memcmp(m->debug.build_id, m->own.build_id, m->own.build_id_size);
	if (!want)
		return false;
	while ((n = pread(fd, chunk, sizeof(chunk), at)) > 0) {
		crc = crc32(crc, chunk, n);
		at += n;
	}
	return crc == *want;
}

static bool try_debug(struct module *m, const char *path, const __u32 *crc)
{
	int fd = open_regular(AT_FDCWD, path, 0, 0);

	if (fd < 0)
		return false;
	if (belongs(m, fd, crc)) {
		m->debug_fd = fd;
		return true;
	}
	elf_file_close(&m->debug);
	close(fd);
	return false;
}

#define HEX_MAX (2 * BUILD_ID_MAX + 1)

static bool build_id_text(const struct module *m, char hex[HEX_MAX])
{
	for (size_t i = 0; i < m->own.build_id_size; i++)
		sprintf(hex + 2 * i, "%02x", m->own.build_id[i]);
	return m->own.build_id_size >= 2;
}

static bool debug_by_build_id(struct module *m, const char *root)
{
	char path[512], hex[HEX_MAX];

	if (!build_id_text(m, hex))
		return false;
	if (snprintf(path, sizeof(path), "%s/usr/lib/debug/.build-id/%.2s/%s.debug", root, hex, hex + 2) >= (int)sizeof(path))
		return false;
	return try_debug(m, path, NULL);
}

/* .gnu_debuglink: a name, filled up to four bytes, and a checksum. */
static bool debug_by_link(struct module *m, const char *root)
{
	static const char *const where[] = { "%s%.*s/%s", "%s%.*s/.debug/%s", "%s/usr/lib/debug%.*s/%s" };
	const char *slash = strrchr(m->path, '/');
	char link[256], path[1024];
	struct elf_section s;
	size_t name;
	__u32 crc;

	if (!slash || elf_file_section(&m->own, ".gnu_debuglink", &s) || s.size > sizeof(link) || s.size < 8 ||
	    elf_file_read(&m->own, s.at, link, s.size))
		return false;
	name = strnlen(link, s.size);
	if (name + 1 + sizeof(crc) > s.size || ((name + 4) & ~3ULL) + sizeof(crc) > s.size || strchr(link, '/') || !name)
		return false;
	memcpy(&crc, link + ((name + 4) & ~3ULL), sizeof(crc));
	for (int i = 0; i < 3; i++)
		if (snprintf(path, sizeof(path), where[i], root, (int)(slash - m->path), m->path, link) < (int)sizeof(path) &&
		    try_debug(m, path, &crc))
			return true;
	return false;
}

/* elfutils' own program asks the servers of $DEBUGINFOD_URLS, keeps what they send, and says where. */
static bool debug_by_server(struct module *m)
{
	char command[64 + HEX_MAX] = "exec debuginfod-find debuginfo ", hex[HEX_MAX], path[PATH_MAX] = "";
	bool found = false;
	FILE *f;

	if (!ask_servers || !build_id_text(m, hex))
		return false;
	strcat(strcat(command, hex), " 2>/dev/null");
	f = popen(command, "re");
	if (!f)
		return false;
	if (fgets(path, sizeof(path), f)) {
		path[strcspn(path, "\n")] = 0;
		found = try_debug(m, path, NULL);
	}
	pclose(f);
	return found;
}

/* With --symfs the file of that name there, if it is the same one or the one that runs can't be read. */
static void open_symfs(struct module *m)
{
	char path[PATH_MAX];
	struct elf_file other;
	int fd;

	if (!root_folder || snprintf(path, sizeof(path), "%s%s", root_folder, m->path) >= (int)sizeof(path))
		return;
	fd = open_regular(AT_FDCWD, path, 0, 0);
	if (fd < 0)
		return;
	if (!elf_file_open(&other, fd)) {
		if (m->failed) {
			m->fd = fd;
			m->own = other;
			m->failed = false;
			return;
		}
		if (other.build_id_size && other.build_id_size == m->own.build_id_size &&
		    !memcmp(other.build_id, m->own.build_id, other.build_id_size)) {
			m->debug_fd = fd;
			m->debug = other;
			return;
		}
	}
	close(fd);
}

static bool has_lines(const struct elf_file *file)
{
	struct elf_section s;

	return !elf_file_section(file, ".debug_info", &s) && s.size;
}

static void open_files(struct module *m)
{
	m->opened = true;
	if (!m->failed && m->kind == LIBRARY && elf_file_open(&m->own, m->fd))
		m->failed = true;
	if (m->kind == LIBRARY)
		open_symfs(m);
	if (m->failed || m->kind != LIBRARY || m->debug_fd >= 0)
		return;
	elf_file_functions(&m->own);
	if (m->own.has_symtab && (!want_lines || has_lines(&m->own)))
		return;
	if (root_folder && (debug_by_build_id(m, root_folder) || debug_by_link(m, root_folder)))
		return;
	if (!debug_by_build_id(m, "") && !debug_by_link(m, ""))
		debug_by_server(m);
}

static void forget(struct module *m)
{
	free(m->own.functions);
	free(m->debug.functions);
	m->own.functions = m->debug.functions = NULL;
	m->own.n = m->debug.n = 0;
	if (m->debug.unpacked)
		elf_file_close(&m->debug);
	memory -= m->memory;
	m->memory = 0;
	m->loaded = false;
}

static void make_room(const struct module *keep)
{
	while (memory > limit) {
		struct module *oldest = NULL;

		for (struct module *m = modules; m < modules + n_modules; m++)
			if (m->loaded && m != keep && (!oldest || m->used < oldest->used))
				oldest = m;
		if (!oldest)
			return;
		forget(oldest);
	}
}

static bool has_debug(const struct module *m)
{
	return m->debug_fd >= 0 || m->debug.unpacked;
}

static bool load(struct module *m)
{
	long size;

	m->used = ++clock_now;
	if (m->loaded)
		return true;
	if (!m->opened)
		open_files(m);
	if (m->failed)
		return false;
	size = elf_file_functions(&m->own);
	if (m->debug_fd < 0 && !m->own.has_symtab && !elf_file_mini(&m->own, &m->debug))
		size += m->debug.size;
	if (has_debug(m))
		size += elf_file_functions(&m->debug);
	m->memory = size;
	m->loaded = true;
	memory += size;
	make_room(m);
	return true;
}

static int find_jit(struct module *m, __u64 at, char *name, size_t size, __u64 *into)
{
	const char *found;
	int ret = perf_map_find(&m->map, at, &found, into);

	if (ret) {
		open_perf_map(m);
		perf_map_read(&m->map);
		ret = perf_map_find(&m->map, at, &found, into);
	}
	if (!ret)
		snprintf(name, size, "%s", found);
	return ret;
}

static int find_kernel(__u64 at, char *name, size_t size, __u64 *into)
{
	const char *found, *of;
	int ret = ksym_find(at, &found, &of, into);

	if (!ret)
		snprintf(name, size, "%s", found);
	return ret;
}

int module_find(__u32 module, __u64 at, char *name, size_t size, __u64 *into)
{
	struct module *m = get(module);
	__u64 address;

	switch (m->kind) {
	case KERNEL: return find_kernel(at, name, size, into);
	case JIT: return find_jit(m, at, name, size, into);
	case NONE: return -ENOENT;
	default: break;
	}
	if (!load(m) || elf_file_address(&m->own, at, &address))
		return -ENOENT;
	if (has_debug(m) && !elf_file_name(&m->debug, address, name, size, into))
		return 0;
	return elf_file_name(&m->own, address, name, size, into);
}

void module_want_lines(void)
{
	want_lines = true;
}

/* One more process that reads; the one that was asked longest ago goes, if there are too many. */
static void open_lines(struct module *m)
{
	bool other = m->debug_fd >= 0 && has_lines(&m->debug);
	struct module *oldest = NULL;
	int n = 0;

	for (struct module *each = modules; each < modules + n_modules; each++)
		if (each->lines.pid) {
			n++;
			oldest = !oldest || each->used < oldest->used ? each : oldest;
		}
	if (n >= READERS)
		lines_close(&oldest->lines);
	m->no_lines = (!other && !has_lines(&m->own)) || lines_open(&m->lines, other ? m->debug_fd : m->fd, LINES_PATIENCE);
}

int module_lines(__u32 module, __u64 at, struct line_place to[LINES_DEEP])
{
	struct module *m = get(module);
	__u64 address;
	int n;

	if (m->kind != LIBRARY || m->no_lines || !load(m) || elf_file_address(&m->own, at, &address))
		return 0;
	if (!m->lines.pid)
		open_lines(m);
	n = m->lines.pid ? lines_find(&m->lines, address, to) : 0;
	m->no_lines |= !m->lines.pid;	/* what made it end would again */
	return n;
}

#define ENTRY 64	/* bytes that the code at a program's entry has at most */

bool module_is_entry(__u32 module, __u64 at)
{
	struct module *m = get(module);
	__u64 address;

	return m->kind == LIBRARY && load(m) && !elf_file_address(&m->own, at, &address) && address - m->own.entry < ENTRY;
}

/* x86: "call" as e8 and four bytes, or as ff /2 of any length; and where signal handlers return to. */
bool module_is_return(__u32 module, __u64 at)
{
#ifdef __x86_64__
	static const unsigned char back_from_signal[] = { 0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05 };
	static const __u8 lengths[] = { 2, 3, 4, 6, 7 };
	struct module *m = get(module);
	unsigned char code[7 + sizeof(back_from_signal)], *end = code + 7;

	if (m->kind != LIBRARY || m->fd < 0 || at < 6 || pread(m->fd, code, sizeof(code), at - 6) != sizeof(code))
		return true;
	if (end[-5] == 0xe8 || !memcmp(end, back_from_signal, sizeof(back_from_signal)))
		return true;
	for (size_t i = 0; i < sizeof(lengths); i++)
		if (end[-lengths[i]] == 0xff && (end[1 - lengths[i]] & 0x38) == 0x10)
			return true;
	return false;
#else
	return true;
#endif
}

int symbol_root(const char *folder)
{
	struct stat st;

	if (stat(folder, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	free(root_folder);
	root_folder = strdup(folder);
	return root_folder ? 0 : -ENOMEM;
}

int symbol_servers(void)
{
	const char *urls = getenv("DEBUGINFOD_URLS");

	if (!urls || !*urls)
		return -EDESTADDRREQ;
	if (system("command -v debuginfod-find >/dev/null"))
		return -ENOENT;
	ask_servers = true;
	return 0;
}

size_t symbol_memory(void)
{
	return memory;
}

void symbol_limit(size_t bytes)
{
	limit = bytes;
}

void module_free(void)
{
	for (struct module *m = modules; m < modules + n_modules; m++) {
		forget(m);
		lines_close(&m->lines);
		if (m->fd >= 0)
			close(m->fd);
		if (m->debug_fd >= 0)
			close(m->debug_fd);
		if (m->kind == JIT)
			perf_map_free(&m->map);
		free(m->path);
	}
	free(modules);
	free(root_folder);
	root_folder = NULL;
	want_lines = ask_servers = false;
	modules = NULL;
	n_modules = room = 0;
	memset(buckets, 0, sizeof(buckets));
}
