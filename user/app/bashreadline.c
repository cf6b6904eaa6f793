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
#include <unistd.h>
#include "lib/tool.h"
#include "app/bashreadline.h"
#include "app/bashreadline.skel.h"

#define EVENT struct bashreadline_event
#define FILES 64	/* different shells and libraries that can be probed at once */

static const char *shared;	/* -s */

static int parse_shared(struct run *run, const char *arg, void *to)
{
	shared = arg;
	return 0;
}

/* A function's address in a table of symbols, 0 if it isn't there. */
static __u64 symbol(Elf *elf, Elf_Scn *scn, const GElf_Shdr *table, const char *name)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	GElf_Sym sym;

	for (size_t i = 0; data && i < table->sh_size / table->sh_entsize; i++) {
		const char *is = gelf_getsym(data, i, &sym) ? elf_strptr(elf, table->sh_link, sym.st_name) : NULL;

		if (is && !strcmp(is, name) && GELF_ST_TYPE(sym.st_info) == STT_FUNC && sym.st_shndx != SHN_UNDEF)
			return sym.st_value;
	}
	return 0;
}

static __u64 function(Elf *elf, const char *name)
{
	Elf_Scn *scn = NULL;
	__u64 address = 0;
	GElf_Shdr table;

	while (!address && (scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &table) && (table.sh_type == SHT_DYNSYM || table.sh_type == SHT_SYMTAB) &&
		    table.sh_entsize)
			address = symbol(elf, scn, &table, name);
	return address;
}

/*
 * Where to see what readline() returns: an offset in the file, 0 if it has no such function, or a
 * negative errno.  readline_internal_teardown() returns the same to readline(), and is called when the
 * line is complete: with it, lines are seen of shells that waited for one when the tool started.
 */
static long readline_in(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	__u64 address;
	GElf_Phdr part;
	long at = 0;
	size_t n;
	Elf *elf;

	if (fd < 0)
		return -errno;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF && !elf_getphdrnum(elf, &n)) {
		address = function(elf, "readline_internal_teardown") ?: function(elf, "readline");
		for (size_t i = 0; address && i < n; i++)
			if (gelf_getphdr(elf, i, &part) && part.p_type == PT_LOAD && address >= part.p_vaddr &&
			    address < part.p_vaddr + part.p_filesz)
				at = address - part.p_vaddr + part.p_offset;
	}
	elf_end(elf);
	close(fd);
	return at;
}

/* 1 when the file has readline() and is now probed, once however often it is met; 0 when it has none. */
static int probe(struct run *run, const char *path)
{
	struct bashreadline_bpf *skel = (void *)run->skel;
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
	at = readline_in(path);
	if (at <= 0 || n == FILES)
		return at;
	ret = attach_keep(bpf_program__attach_uprobe(skel->progs.readline_return, true, -1, path, at));
	if (ret)
		return ret;
	known[n].dev = st.st_dev;
	known[n++].ino = st.st_ino;
	return 1;
}

static bool is_library(const char *path)
{
	const char *name = strrchr(path, '/');

	return name && !strncmp(name, "/libreadline.so", 15);
}

/* A running shell: its program, or the library that it has mapped, as it sees them. */
static int probe_process(struct run *run, const char *pid)
{
	char path[PATH_LEN + 64], line[PATH_LEN + 256], *file;
	int ret;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	ret = probe(run, path);
	if (ret)
		return ret;
	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	f = fopen(path, "re");
	while (!ret && f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		file = strchr(line, '/');
		if (file && is_library(file)) {
			snprintf(path, sizeof(path), "/proc/%s/root%s", pid, file);
			ret = probe(run, path);
		}
	}
	if (f)
		fclose(f);
	return ret;
}

static bool is_bash(const char *pid)
{
	char path[64], exe[PATH_LEN];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	if (n < 0)
		return false;
	exe[n] = 0;
	return strrchr(exe, '/') && !strncmp(strrchr(exe, '/'), "/bash", 5);
}

/* For shells that start later: /bin/bash, or the library that the loader would give it. */
static int probe_installed(struct run *run)
{
	static const char *const folders[] = { "/lib/*-linux-*", "/usr/lib/*-linux-*", "/lib64", "/usr/lib64", "/usr/lib",
					       "/usr/local/lib" };
	int ret = probe(run, "/bin/bash");
	char pattern[64];
	glob_t found;

	for (unsigned int i = 0; !ret && i < sizeof(folders) / sizeof(*folders); i++) {
		snprintf(pattern, sizeof(pattern), "%s/libreadline.so.*", folders[i]);
		if (glob(pattern, 0, NULL, &found))
			continue;
		for (size_t j = 0; j < found.gl_pathc; j++)
			if (probe(run, found.gl_pathv[j]) > 0)
				ret = 1;
		globfree(&found);
	}
	return ret;
}

/* -p: whatever the program's name is. */
static int probe_wanted(void *run, const void *key, void *value)
{
	const struct filter_key *wanted = key;
	char pid[24];
	int ret;

	if (wanted->kind != ONLY_PIDS)
		return 0;
	snprintf(pid, sizeof(pid), "%llu", wanted->id);
	ret = probe_process(run, pid);
	if (!ret)
		err("--pid: process %s has no function readline: name its file with --shared", pid);
	else if (ret < 0)
		err("--pid: process %s: %s", pid, strerror(-ret));
	return ret > 0 ? 0 : -EINVAL;
}

static int attach(struct run *run)
{
	int set = bpf_object__find_map_fd_by_name(run->skel->obj, "filter_set");
	int found = 0, last = 0, ret;
	struct dirent *entry;
	DIR *proc;

	if (shared) {
		ret = probe(run, shared);
		if (ret > 0)
			return 0;
		err("--shared: '%s': %s", shared, ret ? strerror(-ret) : "has no function readline");
		return -EINVAL;
	}
	if (run->common->filters & ONLY_PIDS)
		return map_each(set, probe_wanted, run);
	proc = opendir("/proc");
	while (proc && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)*entry->d_name) || !is_bash(entry->d_name))
			continue;
		ret = probe_process(run, entry->d_name);
		found += ret > 0;
		last = ret < 0 && ret != -ENOENT && ret != -ESRCH ? ret : last;
	}
	if (proc)
		closedir(proc);
	ret = probe_installed(run);
	if (ret > 0 || found)
		return 0;
	last = ret < 0 && ret != -ENOENT ? ret : last;
	if (last)
		return last;
	err("no bash runs or is installed here, or none that uses readline: name its file with --shared");
	return -EOPNOTSUPP;
}

static const struct opt opts[] = {
	{ .letter = 's', .name = "shared", .arg = "FILE", .value = V_CHARS, .parse = parse_shared, .complete = "file",
	  .help = "the program or library that has readline()" },
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_AS(L_BOOL, "cut", EVENT, cut, -3, "the line is longer than 4,095 bytes", HIDDEN),
	COL("command", EVENT, line, 0, "the line that was entered"),
	{}
};

static const struct example examples[] = {
	{ "-T", "what is typed into all shells, with the time" },
	{ "-u alice -o time,user,pid,command", "what alice enters, with the time" },
	{ "-s /opt/bash/bin/bash", "one that is installed elsewhere" },
	{}
};

TOOL(bashreadline,
	.summary  = "trace the lines that are entered in bash",
	.about    = "One line for each that bash's readline() returned, in every bash that runs when the tool starts, "
		    "in containers as well, and in those that start later from the same files or from /bin/bash.",
	.cost     = "One uprobe for each line entered.",
	.caveats  = "Scripts and 'bash -c' use no readline and are not shown. Lines entered in other programs that use "
		    "the same shared library are; -n bash leaves them out. Where readline_internal_teardown() is not "
		    "exported, a line that a shell waited for when the tool started is not shown.",
	.examples = examples, .opts = opts, .columns = columns, .attach = attach);
