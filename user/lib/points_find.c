// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a user's word for places means, and which places there are. */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <linux/perf_event.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "lib/btf.h"
#include "lib/ksym.h"
#include "lib/lib.h"
#include "lib/points.h"
#include "lib/uprobe.h"

/* Where instructions have different lengths a probe that isn't at the first byte of one would change what the program does. */
#if defined(__aarch64__) || defined(__powerpc64__)
#define INSTRUCTION 4
#else
#define INSTRUCTION 0
#endif

struct matcher {
	char pattern[256];
	bool is_regex, is_glob;
	regex_t regex;
};

struct point {
	enum point_kind kind;
	bool at_return, has_offset;
	const char *text;
	char where[4096];	/* module, category or file */
	char provider[256];	/* of a marker; "": any */
	struct matcher name, category;
	__u64 offset;
	struct perf_event_attr attr;
};

const char *point_text(const struct point *p)
{
	return p->text;
}

const char *point_name(const struct point *p)
{
	return p->name.pattern;
}

enum point_kind point_kind(const struct point *p)
{
	return p->kind;
}

bool point_is_pattern(const struct point *p)
{
	return p->name.is_regex || p->name.is_glob || p->category.is_regex || p->category.is_glob;
}

bool point_is_whole(const struct point *p)
{
	return (p->kind == POINT_KERNEL || p->kind == POINT_USER) && !p->at_return && !p->has_offset;
}

int point_attr(const struct point *p, struct perf_event_attr *attr)
{
	*attr = p->attr;
	return p->kind == POINT_PERF ? 0 : -EINVAL;
}

/* --- Matching --- */

static int matcher_new(struct matcher *m, const char *pattern, size_t len, bool regex)
{
	char text[128];
	int ret;

	if (!len || len >= sizeof(m->pattern))
		return -ENAMETOOLONG;
	memcpy(m->pattern, pattern, len);
	m->pattern[len] = 0;
	m->is_glob = !regex && strpbrk(m->pattern, "*?[");
	if (!regex)
		return 0;
	ret = regcomp(&m->regex, m->pattern, REG_EXTENDED | REG_NOSUB);
	if (!ret) {
		m->is_regex = true;
		return 0;
	}
	regerror(ret, &m->regex, text, sizeof(text));
	err("'%s': no regular expression: %s", m->pattern, text);
	return -EINVAL;
}

static bool matches(const struct matcher *m, const char *name)
{
	if (m->is_regex)
		return !regexec(&m->regex, name, 0, NULL, 0);
	return m->is_glob ? !fnmatch(m->pattern, name, 0) : !strcmp(m->pattern, name);
}

/* --- Parsing --- */

static const struct { const char *name; __u32 type; __u64 config, period; } counters[] = {
	{ "cpu-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, 1000000 },
	{ "task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, 1000000 },
	{ "page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, 1 },
	{ "minor-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN, 1 },
	{ "major-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ, 1 },
	{ "context-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES, 1 },
	{ "cpu-migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS, 1 },
	{ "alignment-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_ALIGNMENT_FAULTS, 1 },
	{ "emulation-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_EMULATION_FAULTS, 1 },
	{ "cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, 1000000 },
	{ "instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, 1000000 },
	{ "cache-references", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES, 100000 },
	{ "cache-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, 100000 },
	{ "branches", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS, 100000 },
	{ "branch-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES, 100000 },
	{ "bus-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BUS_CYCLES, 100000 },
};

static int parse_perf(struct point *p, const char *rest)
{
	static const struct opt period = { .value = V_U64, .min = 1, .max = ~0ULL >> 1 };
	const char *colon = strchr(rest, ':');
	size_t len = colon ? (size_t)(colon - rest) : strlen(rest);
	__u64 value = 0;

	if (colon && opt_number(p->text, colon + 1, &period, &value))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++)
		if (strlen(counters[i].name) == len && !strncmp(counters[i].name, rest, len)) {
			p->attr.type = counters[i].type;
			p->attr.config = counters[i].config;
			p->attr.sample_period = value ?: counters[i].period;
			return 0;
		}
	err("'%s': no such counter: cpu-clock, page-faults, context-switches, cpu-migrations, cycles, instructions, cache-misses ...", p->text);
	return -EINVAL;
}

static int parse_timer(struct point *p, const char *rest)
{
	static const struct opt every = { .value = V_U64, .unit = UNIT_NSEC, .bare = SEC_, .min = 10 * USEC, .max = 3600 * SEC_ };

	p->attr.type = PERF_TYPE_SOFTWARE;
	p->attr.config = PERF_COUNT_SW_CPU_CLOCK;
	return opt_number(p->text, rest, &every, (__u64 *)&p->attr.sample_period);
}

/* "c:malloc", "/bin/x:/re:gex/": where the last part begins. */
static const char *last_part(const char *rest)
{
	size_t len = strlen(rest);
	const char *at;

	if (len > 1 && rest[len - 1] == '/') {
		at = *rest == '/' && !strstr(rest, ":/") ? rest : strstr(rest, ":/");
		if (at && at < rest + len - 1)
			return at == rest ? rest : at + 1;
	}
	at = strrchr(rest, ':');
	return at ? at + 1 : rest;
}

static int parse_name(struct point *p, const char *name, bool regex)
{
	size_t len = strlen(name);
	const char *plus;
	char *end;

	if (len > 7 && !strcmp(name + len - 7, "%return")) {
		p->at_return = true;
		len -= 7;
	}
	if (len > 2 && *name == '/' && name[len - 1] == '/')
		return matcher_new(&p->name, name + 1, len - 2, true);
	plus = regex || (p->kind != POINT_KERNEL && p->kind != POINT_USER) ? NULL : strrchr(name, '+');
	if (plus && plus > name) {
		errno = 0;
		p->offset = strtoull(plus + 1, &end, 0);
		if (plus[1] < '0' || plus[1] > '9' || errno || end != name + len) {
			err("'%s': after + comes a number of bytes", p->text);
			return -EINVAL;
		}
		p->has_offset = true;
		len = plus - name;
		if (p->kind == POINT_USER && p->offset && (!INSTRUCTION || p->offset % (INSTRUCTION ?: 1))) {
			err("'%s': it isn't known where instructions begin in programs, and a probe elsewhere would break them", p->text);
			return -EINVAL;
		}
	}
	return matcher_new(&p->name, name, len, regex);
}

static int keep_where(struct point *p, const char *where, size_t len)
{
	if (len >= sizeof(p->where))
		return -ENAMETOOLONG;
	memcpy(p->where, where, len);
	p->where[len] = 0;
	return 0;
}

static int parse_system_call(struct point *p, const char *rest, bool regex)
{
	char name[192];
	int ret = parse_name(p, rest, regex);

	if (ret)
		return ret;
	if (p->name.is_regex) {
		err("'%s': system calls go by name or with * and ?", p->text);
		return -EINVAL;
	}
	snprintf(name, sizeof(name), "sys_%s_%.*s", p->at_return ? "exit" : "enter", 160, p->name.pattern);
	p->at_return = false;
	strcpy(p->where, "syscalls");
	return matcher_new(&p->category, p->where, strlen(p->where), false) ?: matcher_new(&p->name, name, strlen(name), false);
}

/* Of "X:FUNCTION", is X one of the kernel's modules? */
static bool is_module(const char *name, size_t len)
{
	char path[160];

	snprintf(path, sizeof(path), "/sys/module/%.*s/initstate", len > 100 ? 100 : (int)len, name);
	return !access(path, F_OK);
}

static int find_file(const char *name, char *path, size_t size);

static int parse(struct point *p, const char *text, bool regex)
{
	static const struct { const char *word; enum point_kind kind; } words[] = {
		{ "t:", POINT_TRACEPOINT }, { "u:", POINT_MARKER }, { "raw:", POINT_RAW }, { "k:", POINT_KERNEL }, { "p:", POINT_KERNEL },
		{ "r:", POINT_KERNEL }, { "sys:", POINT_TRACEPOINT }, { "perf:", POINT_PERF }, { "timer:", POINT_PERF },
	};
	const char *rest = text, *word = "", *name, *provider;
	char path[4096];
	size_t len;
	int ret;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words) && !*word; i++)
		if (!strncmp(text, words[i].word, strlen(words[i].word))) {
			word = words[i].word;
			p->kind = words[i].kind;
			rest += strlen(word);
		}
	p->at_return = *word == 'r' && word[1] == ':';
	if (p->kind == POINT_PERF)
		return *word == 'p' ? parse_perf(p, rest) : parse_timer(p, rest);
	if (!strcmp(word, "sys:"))
		return parse_system_call(p, rest, regex);
	if (p->kind == POINT_KERNEL && *word != 'k' && *rest == ':')
		rest++;			/* p::FUNCTION */
	name = last_part(rest);
	len = name > rest ? name - rest - 1 : 0;
	if (p->kind == POINT_RAW || (p->kind == POINT_KERNEL && name == rest))
		return name == rest ? parse_name(p, rest, regex) : -ENAMETOOLONG;
	if (p->kind == POINT_TRACEPOINT || p->kind == POINT_MARKER) {
		if (name == rest) {
			err("'%s': a %s", text, p->kind == POINT_MARKER ? "marker is u:FILE:[PROVIDER:]NAME" : "tracepoint is t:CATEGORY:EVENT");
			return -EINVAL;
		}
		if (p->kind == POINT_TRACEPOINT && memchr(rest, '/', len) && !regex)
			return -ENAMETOOLONG;
	}
	if (p->kind == POINT_MARKER) {
		provider = memchr(rest, ':', len);
		for (const char *slash = provider; slash && slash < rest + len; slash++)	/* a path may have a colon */
			provider = *slash == '/' ? memchr(slash, ':', rest + len - slash) : provider;
		if (provider) {
			snprintf(p->provider, sizeof(p->provider), "%.*s", (int)(rest + len - provider - 1), provider + 1);
			len = provider - rest;
		}
	}
	ret = keep_where(p, rest, len);
	if (ret)
		return ret;
	if (p->kind == POINT_TRACEPOINT)
		ret = matcher_new(&p->category, p->where, len, regex);
	if (p->kind == POINT_KERNEL && *word != 'k') {
		bool module = is_module(rest, len), file = !find_file(p->where, path, sizeof(path));

		if (module && file) {
			err("'%s': %s is a module and a file: say k:%s, or the file's path", text, p->where, rest);
			return -EINVAL;
		}
		p->kind = module ? POINT_KERNEL : POINT_USER;
	}
	return ret ?: parse_name(p, name, regex);
}

int point_new(struct point **point, const char *text, bool regex)
{
	struct point *p = calloc(1, sizeof(*p));
	int ret;

	*point = p;
	if (!p)
		return -ENOMEM;
	p->text = text;
	ret = parse(p, text, regex);
	if (ret == -ENAMETOOLONG) {
		err("'%s': which function? See --help", text);
		ret = -EINVAL;
	}
	if (!ret && p->at_return && (p->kind == POINT_MARKER || p->kind == POINT_TRACEPOINT || p->kind == POINT_RAW || p->has_offset)) {
		err("'%s': only functions return, and system calls", text);
		ret = -EINVAL;
	}
	if (!ret && p->has_offset && point_is_pattern(p)) {
		err("'%s': an offset goes with the name of one function", text);
		ret = -EINVAL;
	}
	if (ret) {
		point_free(p);
		*point = NULL;
	}
	return ret;
}

void point_free(struct point *p)
{
	if (p && p->name.is_regex)
		regfree(&p->name.regex);
	if (p && p->category.is_regex)
		regfree(&p->category.regex);
	free(p);
}

/* --- Finding --- */

static int add(struct places *places, const struct point *p, __u32 of, const char *in, const char *name, __u64 offset, __u64 counter)
{
	struct place *more;

	if (!(places->n & (places->n - 1))) {
		more = realloc(places->all, (places->n ? places->n * 2 : 1) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		places->all = more;
	}
	more = &places->all[places->n];
	*more = (struct place){ .kind = p->kind, .at_return = p->at_return, .of = of, .in = keep_text(in), .provider = "", .args = "",
				.name = strdup(name), .offset = offset, .counter = counter };
	if (!more->in || !more->name) {
		free(more->name);
		return -ENOMEM;
	}
	places->n++;
	return 0;
}

void places_free(struct places *places)
{
	for (size_t i = 0; i < places->n; i++)
		free(places->all[i].name);
	free(places->all);
	*places = (struct places){};
}

/* f.isra.0, f.constprop.0, f.part.0, f.llvm.123: the compiler has made them of f. */
static bool is_copy(const char *name, const char *of)
{
	size_t len = strlen(of);

	if (strncmp(name, of, len) || name[len] != '.')
		return false;
	name += len;
	return !strncmp(name, ".isra.", 6) || !strncmp(name, ".constprop.", 11) || !strncmp(name, ".part.", 6) || !strncmp(name, ".llvm.", 6);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct place *)a)->name, ((const struct place *)b)->name);
}

/* Functions of the same name can't be told apart by it: one of them has the probe. */
static void drop_twins(struct places *places, size_t from, const struct point *p)
{
	struct place *all = places->all + from;
	size_t n = places->n - from, kept = 0;

	if (n < 2)
		return;
	qsort(all, n, sizeof(*all), by_name);
	for (size_t i = 0; i < n; i++)
		if (kept && !strcmp(all[i].name, all[kept - 1].name) && !strcmp(all[i].in, all[kept - 1].in))
			free(all[i].name);
		else
			all[kept++] = all[i];
	if (kept < n)
		note("'%s': %zu functions have the name of another: only one of each is probed", p->text, n - kept);
	places->n = from + kept;
}

/* The kernel's list of functions, read once for all words: to write it takes the kernel longer than to look through it. */
static char *functions;

void places_found(void)
{
	free(functions);
	functions = NULL;
}

static int read_functions(void)
{
	FILE *f = functions ? NULL : kernel_tracefs_open("available_filter_functions"), *to;
	static char buf[65536];
	size_t size, n;

	if (!f)
		return functions ? 0 : -ENOENT;
	to = open_memstream(&functions, &size);
	while (to && (n = fread(buf, 1, sizeof(buf), f)))
		fwrite(buf, 1, n, to);
	fclose(f);
	return to && !fclose(to) ? 0 : -ENOMEM;
}

/* "name [module]" */
static int listed(struct places *places, const struct point *p, __u32 of, const char *line, size_t len, char *copies, size_t size)
{
	bool pattern = p->name.is_regex || p->name.is_glob;
	char name[512], *module;
	size_t at = strlen(copies);
	int ret;

	if (!pattern && strncmp(line, p->name.pattern, strlen(p->name.pattern)))
		return 0;
	snprintf(name, sizeof(name), "%.*s", (int)len, line);
	module = strchr(name, '[');
	name[strcspn(name, " \t")] = 0;
	if (pattern ? !matches(&p->name, name) : strcmp(name, p->name.pattern) && !is_copy(name, p->name.pattern))
		return 0;
	if (module)
		module[strcspn(module, "]")] = 0;
	if (*p->where && (!module || strcmp(module + 1, p->where)))
		return 0;
	if (!pattern && strcmp(name, p->name.pattern) && at + 72 < size)
		snprintf(copies + at, size - at, "%s%.64s", at ? ", " : "", name);
	ret = add(places, p, of, module ? module + 1 : "", name, 0, 0);
	if (!ret)
		places->all[places->n - 1].is_listed = true;
	return ret;
}

/* Is there such a function? To ask the kernel for a probe there takes it microseconds where it finds names by halves. */
static bool maybe_there(const char *name, int type)
{
	struct perf_event_attr attr = { .type = type, .size = sizeof(attr), .config1 = (__u64)(uintptr_t)name };
	int fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || (errno != ENOENT && errno != EINVAL);
}

/*
 * One of the kernel's own functions, that the compiler has made no copies of? That can be known without the list of all of
 * them, which takes the kernel longer to write than all else together. gcc numbers its copies; clang names them by a hash.
 */
static bool is_alone(const struct point *p)
{
	static const char *const ways[] = { "isra", "constprop", "part" };
	struct btf_types *types;
	char text[512];
	FILE *f = fopen("/proc/version", "re");
	bool clang = !f || !fgets(text, sizeof(text), f) || strstr(text, "clang version");
	int type = -1;

	if (f)
		fclose(f);
	if (clang || *p->where || functions || btf_open(&types, NULL) || btf_find(types, "kallsyms_lookup_names", BTF_KIND_FUNC) < 0 ||
	    btf_func_proto(types, p->name.pattern) < 0)
		return false;
	f = fopen("/sys/bus/event_source/devices/kprobe/type", "re");
	if (!f || fscanf(f, "%d", &type) != 1)
		type = -1;
	if (f)
		fclose(f);
	for (size_t i = 0; i < 6 && type >= 0; i++) {
		snprintf(text, sizeof(text), "%s.%s.%zu", p->name.pattern, ways[i / 2], i % 2);
		if (maybe_there(text, type))
			return false;
	}
	return type >= 0;
}

static int find_kernel(struct places *places, const struct point *p, __u32 of)
{
	bool pattern = p->name.is_regex || p->name.is_glob;
	int ret = p->has_offset || (!pattern && is_alone(p)) ? -ENOENT : read_functions();
	size_t from = places->n, len;
	char copies[128] = "";

	if (ret == -ENOENT && pattern) {
		err("the kernel's list of functions is in tracefs, which is not mounted, or not for you: mount -t tracefs none /sys/kernel/tracing");
		return -EINVAL;
	}
	for (const char *at = ret ? "" : functions; *at; at += len + (at[len] != 0)) {
		len = strcspn(at, "\n");
		ret = listed(places, p, of, at, len, copies, sizeof(copies));
		if (ret)
			return ret;
	}
	drop_twins(places, from, p);
	if (*copies)
		note("'%s' is, or is too: %s", p->text, copies);
	if (places->n == from && !pattern)	/* not all that can be probed is listed: the kernel will tell */
		ret = add(places, p, of, p->where, p->name.pattern, p->offset, 0);
	else
		ret = places->n > from ? 0 : -ENOENT;
	return ret;
}

static int find_tracepoints(struct places *places, const struct point *p, __u32 of)
{
	char path[512], root[] = "/sys/kernel/tracing";
	size_t from = places->n;
	int ret = 0;
	glob_t found;

	if (!point_is_pattern(p)) {
		snprintf(path, sizeof(path), "events/%.200s/%s/id", p->where, p->name.pattern);
		return kernel_tracefs(path, root, sizeof(root)) ? -ENOENT : add(places, p, of, p->where, p->name.pattern, 0, 0);
	}
	snprintf(path, sizeof(path), "%s/events/*/*/id", reach("/sys/kernel/tracing/events", F_OK) ? "/sys/kernel/debug/tracing" : root);
	if (glob(path, 0, NULL, &found))
		return -ENOENT;
	for (size_t i = 0; i < found.gl_pathc && !ret; i++) {
		char category[128] = "", event[128] = "", *at = strstr(found.gl_pathv[i], "/events/");

		if (at && sscanf(at, "/events/%127[^/]/%127[^/]/id", category, event) == 2 &&
		    (p->kind == POINT_RAW ? strcmp(category, "syscalls") : matches(&p->category, category)) && matches(&p->name, event) &&
		    strcmp(category, "ftrace"))
			ret = add(places, p, of, p->kind == POINT_RAW ? "" : category, event, 0, 0);
	}
	globfree(&found);
	return ret ?: places->n > from ? 0 : -ENOENT;
}

static bool elf_header(const char *path, Elf64_Ehdr *header)	/* what is before e_version is the same in 32 bits */
{
	FILE *f = fopen(path, "re");
	bool is_elf = f && fread(header, offsetof(Elf64_Ehdr, e_version), 1, f) == 1 && !memcmp(header->e_ident, ELFMAG, SELFMAG);

	if (f)
		fclose(f);
	return is_elf;
}

/* Folders are those of all architectures: the first library of this program's own. */
static int first_of(const char *pattern, char *path, size_t size)
{
	Elf64_Ehdr own, its;
	int ret = -ENOENT;
	glob_t found;

	if (!elf_header("/proc/self/exe", &own) || glob(pattern, 0, NULL, &found))
		return -ENOENT;
	for (size_t i = 0; i < found.gl_pathc && ret; i++)
		if (elf_header(found.gl_pathv[i], &its) && its.e_ident[EI_CLASS] == own.e_ident[EI_CLASS] && its.e_machine == own.e_machine) {
			snprintf(path, size, "%s", found.gl_pathv[i]);
			ret = 0;
		}
	globfree(&found);
	return ret;
}

/* "c": the first of libc.so*, of the kind that this program is, where the loader looks; "1234": that process's program; "bash": as the shell would find it. */
static int find_file(const char *name, char *path, size_t size)
{
	static const char *const folders[] = { "/lib/*-linux-*", "/usr/lib/*-linux-*", "/lib64", "/usr/lib64", "/lib", "/usr/lib",
					       "/usr/local/lib" };
	static const char *const commands[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin" };
	char pattern[4400];

	if (strchr(name, '/')) {
		snprintf(path, size, "%s", name);
		return reach(path, R_OK) ? -errno : 0;
	}
	if (*name && !name[strspn(name, "0123456789")]) {
		snprintf(path, size, "/proc/%s/exe", name);
		return reach(path, R_OK) ? -errno : 0;
	}
	for (unsigned int i = 0; i < 2 * sizeof(folders) / sizeof(*folders); i++) {
		snprintf(pattern, sizeof(pattern), i & 1 ? "%s/lib%s.so" : "%s/lib%s.so.*", folders[i / 2], name);
		if (!first_of(pattern, path, size))
			return 0;
	}
	for (unsigned int i = 0; *name && i < sizeof(commands) / sizeof(*commands); i++) {
		snprintf(path, size, "%s/%s", commands[i], name);
		if (!reach(path, R_OK))
			return 0;
	}
	return -ENOENT;
}

struct search {
	struct places *places;
	const struct point *point;
	__u32 of;
	size_t from;
	const char *path;
	int ret;
};

/* A place may have several names. */
static int found_place(struct search *s, const char *name, __u64 offset, __u64 counter)
{
	const struct point *p = s->point;

	if (!matches(&p->name, name) && !(!p->name.is_glob && !p->name.is_regex && is_copy(name, p->name.pattern)))
		return 0;
	for (size_t i = s->from; i < s->places->n; i++)
		if (s->places->all[i].offset == offset + p->offset)
			return 0;
	s->ret = add(s->places, p, s->of, s->path, name, offset + p->offset, counter);
	return s->ret;
}

static int found_function(void *ctx, const char *name, __u64 offset)
{
	return found_place(ctx, name, offset, 0);
}

static int found_marker(void *ctx, const struct uprobe_marker *m)
{
	struct search *s = ctx;
	size_t n = s->places->n;
	int ret = *s->point->provider && strcmp(s->point->provider, m->provider) ? 0 : found_place(s, m->name, m->offset, m->counter);

	if (!ret && s->places->n > n) {
		s->places->all[n].provider = keep_text(m->provider);
		s->places->all[n].args = keep_text(m->args);
	}
	return ret;
}

static int find_user(struct places *places, const struct point *p, __u32 of)
{
	char path[4096];
	struct search s = { places, p, of, places->n, path, 0 };
	int ret = find_file(p->where, path, sizeof(path));

	if (ret) {
		err("'%s': '%s': %s", p->text, p->where, strerror(-ret));
		return -EINVAL;
	}
	ret = p->kind == POINT_MARKER ? uprobe_markers(path, found_marker, &s) : uprobe_functions(path, found_function, &s);
	if (ret < 0 && !s.ret) {
		err("'%s': no program or library", path);
		return -EINVAL;
	}
	return s.ret ?: places->n > s.from ? 0 : -ENOENT;
}

/* Of one format file, its fields: "	field:char comm[16];	offset:8;	size:16;	signed:1;" */
int tracepoint_fields(const char *category, const char *event, int (*fn)(void *ctx, const struct tracepoint_field *field), void *ctx)
{
	struct tracepoint_field field;
	char path[256], *line = NULL, *at, *end, *name;
	size_t size = 0;
	int ret = 0;
	FILE *f;

	snprintf(path, sizeof(path), "events/%.100s/%.100s/format", category, event);
	f = kernel_tracefs_open(path);
	if (!f)
		return -ENOENT;
	while (!ret && getline(&line, &size, f) > 0) {
		at = strstr(line, "field:");
		end = at ? strchr(at, ';') : NULL;
		if (!end || sscanf(end, "; offset:%u; size:%u; signed:%d;", &field.offset, &field.size, &field.is_signed) != 3)
			continue;
		*end = 0;
		at += 6;
		name = strrchr(at, ' ');
		if (!name || !strncmp(name, " common_", 8))
			continue;
		*name++ = 0;
		end = strchr(name, '[');
		snprintf(field.type, sizeof(field.type), "%s%s", at, end ?: "");
		if (end)
			*end = 0;
		snprintf(field.name, sizeof(field.name), "%s", name);
		field.is_array = end != NULL;
		field.is_elsewhere = !strncmp(at, "__data_loc ", 11);
		ret = fn(ctx, &field);
	}
	free(line);
	fclose(f);
	return ret;
}

char *tracepoint_format(const char *category, const char *event)
{
	char path[256], *line = NULL, *found = NULL;
	size_t size = 0;
	FILE *f;

	snprintf(path, sizeof(path), "events/%.100s/%.100s/format", category, event);
	f = kernel_tracefs_open(path);
	while (f && !found && getline(&line, &size, f) > 0)
		if (!strncmp(line, "print fmt:", 10)) {
			found = line;
			line = NULL;
		}
	free(line);
	if (f)
		fclose(f);
	return found;
}

int places_find(struct places *places, const struct point *p, __u32 of)
{
	switch (p->kind) {
	case POINT_KERNEL: return find_kernel(places, p, of);
	case POINT_RAW:
		return point_is_pattern(p) ? find_tracepoints(places, p, of) : add(places, p, of, "", p->name.pattern, 0, 0);
	case POINT_TRACEPOINT: return find_tracepoints(places, p, of);
	case POINT_PERF: return add(places, p, of, "", p->text, 0, 0);
	default: return find_user(places, p, of);
	}
}

void place_show(struct out *out, const struct place *p)
{
	static const char *const words[] = { "", "t:", "raw:", "", "u:", "" };

	if (p->kind == POINT_KERNEL && *p->in)
		out_str(out, "k:");
	out_str(out, words[p->kind]);
	if (*p->in) {
		out_bytes(out, p->in, strlen(p->in));
		out_str(out, ":");
	}
	if (p->provider && *p->provider) {
		out_bytes(out, p->provider, strlen(p->provider));
		out_str(out, ":");
	}
	out_bytes(out, p->name, strlen(p->name));
	if (p->kind == POINT_KERNEL && p->offset)
		out_printf(out, "+%llu", p->offset);
	if (p->at_return)
		out_str(out, "%return");
}
