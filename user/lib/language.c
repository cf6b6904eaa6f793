// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/expr.h"
#include "lib/filter.h"
#include "lib/language_user.h"
#include "lib/lib.h"
#include "lib/uprobe.h"

#define WORDS 512
#define FILES 1024

const char *language_wanted;

static const struct language_way ways[] = {
	{ "java", "hotspot", "method__entry", NULL, LANGUAGE_ENTRY, NULL, "arg1", "(s32)arg2", "arg3", "(s32)arg4" },
	{ "java", "hotspot", "method__return", NULL, LANGUAGE_RETURN, NULL, "arg1", "(s32)arg2", "arg3", "(s32)arg4" },
	{ "java", "hotspot", "gc__begin", NULL, LANGUAGE_GC_BEGIN, "collection", .number = "(u8)arg0" },
	{ "java", "hotspot", "gc__end", NULL, LANGUAGE_GC_END, "collection" },
	{ "java", "hotspot", "mem__pool__gc__begin", NULL, LANGUAGE_GC_BEGIN, "pool", "arg0", "(s32)arg1", "arg2", "(s32)arg3", "arg5" },
	{ "java", "hotspot", "mem__pool__gc__end", NULL, LANGUAGE_GC_END, "pool", "arg0", "(s32)arg1", "arg2", "(s32)arg3", "arg5" },
	{ "java", "hotspot", "object__alloc", NULL, LANGUAGE_NEW, NULL, "arg1", "(s32)arg2", .number = "(s32)arg3" },
	{ "java", "hotspot", "class__loaded", NULL, LANGUAGE_LOAD, NULL, "arg0", "(s32)arg1" },
	{ "java", "hotspot", "thread__start", NULL, LANGUAGE_START, NULL, .name = "arg0", .name_size = "(s32)arg1" },
	{ "java", "hotspot", "thread__stop", NULL, LANGUAGE_STOP, NULL, .name = "arg0", .name_size = "(s32)arg1" },
	{ "node", "node", "gc__start", NULL, LANGUAGE_GC_BEGIN, "collection", .number = "arg0" },
	{ "node", "node", "gc__done", NULL, LANGUAGE_GC_END, "collection" },
	/* (this, enum GarbageCollector, enum GarbageCollectionReason, const char *reason) */
	{ "node", NULL, NULL, "_ZN2v88internal4Heap24PerformGarbageCollectionENS0_16GarbageCollectorENS0_23GarbageCollectionReasonEPKc*",
	  LANGUAGE_GC_BEGIN, "collector", .number = "(u32)arg1" },
	{ "node", NULL, NULL, "_ZN2v88internal4Heap24PerformGarbageCollectionENS0_16GarbageCollectorENS0_23GarbageCollectionReasonEPKc*",
	  LANGUAGE_GC_END, "collector", .at_return = true },
	{ "perl", "perl", "sub__entry", NULL, LANGUAGE_ENTRY, NULL, "arg3", NULL, "arg0" },
	{ "perl", "perl", "sub__return", NULL, LANGUAGE_RETURN, NULL, "arg3", NULL, "arg0" },
	{ "php", "php", "function__entry", NULL, LANGUAGE_ENTRY, NULL, "arg3", NULL, "arg0", .number = "(s32)arg2" },
	{ "php", "php", "function__return", NULL, LANGUAGE_RETURN, NULL, "arg3", NULL, "arg0", .number = "(s32)arg2" },
	{ "php", "php", "compile__file__entry", NULL, LANGUAGE_LOAD, NULL, "arg0" },
	{ "php", "php", "exception__thrown", NULL, LANGUAGE_RAISE, NULL, "arg0" },
	{ "python", "python", "function__entry", NULL, LANGUAGE_ENTRY, NULL, "arg0", NULL, "arg1", .number = "(s32)arg2" },
	{ "python", "python", "function__return", NULL, LANGUAGE_RETURN, NULL, "arg0", NULL, "arg1", .number = "(s32)arg2" },
	{ "python", "python", "gc__start", NULL, LANGUAGE_GC_BEGIN, "generation", .number = "(s32)arg0" },
	{ "python", "python", "gc__done", NULL, LANGUAGE_GC_END, "generation", .number = "arg0" },
	/* since 3.9: (PyThreadState *tstate, int generation, ...), and what it gives is how many it found */
	{ "python", NULL, NULL, "gc_collect_main*", LANGUAGE_GC_BEGIN, "generation", .number = "(s32)arg1" },
	{ "python", NULL, NULL, "gc_collect_main*", LANGUAGE_GC_END, "generation", .number = "retval", .at_return = true },
	{ "python", "python", "import__find__load__start", NULL, LANGUAGE_LOAD, NULL, "arg0" },
	{ "ruby", "ruby", "method__entry", NULL, LANGUAGE_ENTRY, NULL, "arg0", NULL, "arg1", .number = "(s32)arg3" },
	{ "ruby", "ruby", "method__return", NULL, LANGUAGE_RETURN, NULL, "arg0", NULL, "arg1", .number = "(s32)arg3" },
	{ "ruby", "ruby", "cmethod__entry", NULL, LANGUAGE_ENTRY, NULL, "arg0", NULL, "arg1", .number = "(s32)arg3" },
	{ "ruby", "ruby", "cmethod__return", NULL, LANGUAGE_RETURN, NULL, "arg0", NULL, "arg1", .number = "(s32)arg3" },
	{ "ruby", "ruby", "gc__mark__begin", NULL, LANGUAGE_GC_BEGIN, "mark" },
	{ "ruby", "ruby", "gc__mark__end", NULL, LANGUAGE_GC_END, "mark" },
	{ "ruby", "ruby", "gc__sweep__begin", NULL, LANGUAGE_GC_BEGIN, "sweep" },
	{ "ruby", "ruby", "gc__sweep__end", NULL, LANGUAGE_GC_END, "sweep" },
	{ "ruby", "ruby", "object__create", NULL, LANGUAGE_NEW, NULL, "arg0" },
	{ "ruby", "ruby", "string__create", NULL, LANGUAGE_NEW, "String", .number = "arg0" },
	{ "ruby", "ruby", "array__create", NULL, LANGUAGE_NEW, "Array" },
	{ "ruby", "ruby", "hash__create", NULL, LANGUAGE_NEW, "Hash" },
	{ "ruby", "ruby", "symbol__create", NULL, LANGUAGE_NEW, "Symbol" },
	{ "ruby", "ruby", "require__entry", NULL, LANGUAGE_LOAD, NULL, "arg0" },
	{ "ruby", "ruby", "load__entry", NULL, LANGUAGE_LOAD, NULL, "arg0" },
	{ "ruby", "ruby", "raise", NULL, LANGUAGE_RAISE, NULL, "arg0" },
	{ "tcl", "tcl", "proc__entry", NULL, LANGUAGE_ENTRY, NULL, .name = "arg0" },
	{ "tcl", "tcl", "proc__return", NULL, LANGUAGE_RETURN, NULL, .name = "arg0" },
	{ "tcl", "tcl", "obj__create", NULL, LANGUAGE_NEW, "Tcl_Obj" },
	{ "c", NULL, NULL, "malloc", LANGUAGE_NEW, "malloc", .number = "arg0" },
	{ "c", NULL, NULL, "calloc", LANGUAGE_NEW, "calloc", .number = "arg0 * arg1" },
	{ "c", NULL, NULL, "realloc", LANGUAGE_NEW, "realloc", .number = "arg1" },
	{ "c", "libpthread", "pthread_start", NULL, LANGUAGE_START, NULL, .number = "arg1" },
	{ "c", "libc", "pthread_start", NULL, LANGUAGE_START, NULL, .number = "arg1" },
	{ "c", NULL, NULL, "pthread_create", LANGUAGE_CREATE, NULL, .number = "arg2" },
};

#define WAYS (sizeof(ways) / sizeof(*ways))

#define NO_MARKERS "no build of it has markers for that"

static const struct runtime {
	const char *language;
	const char *files[3];	/* how their last names begin */
	const char *installed[3];
	const char *without;	/* what one without markers needs */
	const char *never;	/* where no build of it has any */
} runtimes[] = {
	{ "java", { "libjvm.so" }, { "/usr/lib/jvm/*/lib/server/libjvm.so" }, "it needs a JDK that is built with --enable-dtrace", NO_MARKERS },
	{ "node", { "node", "libnode.so" }, { "/usr/bin/node", "/usr/local/bin/node" },
	  "its program needs symbols", "only collections of garbage can be seen of it" },
	{ "perl", { "perl", "libperl.so" }, { "/usr/lib/*/libperl.so.*", "/usr/bin/perl" }, "it needs a perl that is built with -Dusedtrace", NO_MARKERS },
	{ "php", { "php", "libphp" }, { "/usr/bin/php[0-9]*", "/usr/lib/*/libphp*.so" }, "it needs a PHP that is built with --enable-dtrace", NO_MARKERS },
	{ "python", { "python", "libpython" }, { "/usr/bin/python[0-9].*[0-9]", "/usr/lib/*/libpython*.so.*" },
	  "it needs a Python that is built with --with-dtrace", NO_MARKERS },
	{ "ruby", { "ruby", "libruby" }, { "/usr/lib/*/libruby*.so.*", "/usr/bin/ruby" }, "it needs a Ruby that is built with --enable-dtrace", NO_MARKERS },
	{ "tcl", { "tclsh", "wish", "libtcl" }, { "/usr/lib/*/libtcl*.so*" }, "it needs a Tcl that is built with --enable-dtrace", NO_MARKERS },
	{ "c", { "libc", "ld-musl", "libpthread" }, {}, "it needs a C library with its own functions", NO_MARKERS },
};

#define RUNTIMES (sizeof(runtimes) / sizeof(*runtimes))

static struct word {
	char *text;
	const struct language_way *way;
} words[WORDS];

static int n_words;
static __u32 whats;
static bool with_c;
static char missing[512];		/* of a runtime without what is asked for */
static struct asked { struct expr *of[5]; } *asked;	/* by place */

const struct language_way *language_way(__u32 way)
{
	return &ways[way < WAYS ? way : 0];
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static enum language_what begins(enum language_what what)
{
	return what == LANGUAGE_RETURN || what == LANGUAGE_GC_END || what == LANGUAGE_STOP ? what - 1 : what;
}

/* What begins and what ends, and what has several markers, goes by the same number. */
static __u32 number_of(const struct language_way *way)
{
	for (__u32 i = 0; i < WAYS; i++)
		if (is_same(ways[i].language, way->language) && is_same(ways[i].kind, way->kind) && !ways[i].marker == !way->marker &&
		    begins(ways[i].what) == begins(way->what))
			return i;
	return 0;
}

static bool is_asked(const struct language_way *way)
{
	bool c = !strcmp(way->language, "c");

	return whats & LANGUAGE_MASK(way->what) && (language_wanted ? !strcmp(language_wanted, way->language) : !c || with_c);
}

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const struct runtime *runtime_of(const char *file)
{
	const char *name = last_name(file);

	if (uprobe_is_libc(file))
		return &runtimes[RUNTIMES - 1];
	for (size_t i = 0; i < RUNTIMES - 1; i++)
		for (size_t j = 0; j < 3 && runtimes[i].files[j]; j++)
			if (!strncmp(name, runtimes[i].files[j], strlen(runtimes[i].files[j])))
				return &runtimes[i];
	return NULL;
}

/* --- What a file has --- */

struct search {
	bool has[WAYS];
	const char *language;
};

static int is_marker(void *ctx, const struct uprobe_marker *m)
{
	struct search *search = ctx;

	for (size_t i = 0; i < WAYS; i++)
		if (ways[i].marker && !strcmp(ways[i].provider, m->provider) && !strcmp(ways[i].marker, m->name) && is_asked(&ways[i]))
			search->has[i] = true;
	return 0;
}

/* Only where no marker tells the same. */
static bool is_wanted(const struct search *search, const struct language_way *way)
{
	if (!way->function || strcmp(way->language, search->language) || !is_asked(way))
		return false;
	for (size_t i = 0; i < WAYS; i++)
		if (search->has[i] && ways[i].marker && !strcmp(ways[i].language, way->language) &&
		    (ways[i].what == way->what || (way->what == LANGUAGE_CREATE && ways[i].what == LANGUAGE_START)))
			return false;
	return true;
}

static int is_function(void *ctx, const char *name, __u64 offset)
{
	struct search *search = ctx;

	for (size_t i = 0; i < WAYS; i++)
		if (is_wanted(search, &ways[i]) && !fnmatch(ways[i].function, name, 0))
			search->has[i] = true;
	return 0;
}

static int add_word(const struct language_way *way, const char *file)
{
	char text[4400];

	if (n_words == WORDS) {
		err("more than %d places: name a process, or a --language", WORDS);
		return -EINVAL;
	}
	if (way->marker)
		snprintf(text, sizeof(text), "u:%s:%s:%s", file, way->provider, way->marker);
	else
		snprintf(text, sizeof(text), "p:%s:%s%s", file, way->function, way->at_return ? "%return" : "");
	words[n_words] = (struct word){ strdup(text), way };
	return words[n_words++].text ? 0 : -ENOMEM;
}

static int add_file(struct run *run, const char *file, const struct runtime *runtime)
{
	struct search search = { .language = runtime ? runtime->language : "" };
	bool by_marker = false, by_function = false, could = false;
	const char *language = search.language;
	int ret = uprobe_markers(file, is_marker, &search);

	for (size_t i = 0; !ret && i < WAYS && runtime; i++) {
		could |= is_asked(&ways[i]) && !strcmp(ways[i].language, runtime->language);
		if (is_wanted(&search, &ways[i])) {
			ret = uprobe_functions(file, is_function, &search);
			break;
		}
	}
	if (ret < 0)
		return 0;	/* gone, or no ELF file */
	for (size_t i = 0; i < WAYS; i++) {
		if (!search.has[i])
			continue;
		ret = add_word(&ways[i], file);
		if (ret)
			return ret;
		language = ways[i].language;
		by_marker |= ways[i].marker != NULL;
		by_function |= !ways[i].marker;
	}
	if (by_marker || by_function) {
		if (run->verbose || run->explain)
			note("%s: %s, by %s%s%s", language, file, by_marker ? "its markers (USDT)" : "", by_marker && by_function ? " and " : "",
			     by_function ? "functions" : "");
		return 1;
	}
	if (runtime && !*missing && (language_wanted ? !strcmp(language_wanted, runtime->language) : strcmp(runtime->language, "c") != 0))
		snprintf(missing, sizeof(missing), "%s: %.300s doesn't tell of it: %s", runtime->language, file,
			 could ? runtime->without : runtime->never);
	return 0;
}

/* --- Which files --- */

static struct { dev_t dev; ino_t ino; } met[FILES];
static size_t n_met;

/* Many processes run the same file. */
static bool is_new(const struct stat *st)
{
	static int said;

	for (size_t i = 0; i < n_met; i++)
		if (met[i].dev == st->st_dev && met[i].ino == st->st_ino)
			return false;
	if (n_met == FILES) {
		if (!said++)
			note("processes here run over %d different files: name processes with -p, the others are not looked at", FILES);
		return false;
	}
	met[n_met].dev = st->st_dev;
	met[n_met++].ino = st->st_ino;
	return true;
}

struct files {
	struct run *run;
	bool all;		/* libraries of any name too */
	bool exe;		/* it may have a C library in it */
	int found;
};

/* A file of a process, by the path that it has there and by one that reaches it from here. */
static int meet(struct files *files, const char *name, const char *through)
{
	const struct runtime *runtime = runtime_of(name) ?: files->exe && with_c ? &runtimes[RUNTIMES - 1] : NULL;
	struct stat st, here;
	int ret;

	if (stat(through, &st) || !S_ISREG(st.st_mode) || !is_new(&st))
		return 0;
	/* what has that name here may be another file */
	ret = add_file(files->run, !stat(name, &here) && here.st_dev == st.st_dev && here.st_ino == st.st_ino ? name : through, runtime);
	files->found += ret > 0;
	return ret < 0 ? ret : 0;
}

static int meet_process(void *ctx, int pid)
{
	char path[64], line[PATH_LEN + 256], through[PATH_LEN + 64], *name;
	struct files *files = ctx;
	ssize_t n;
	FILE *f;
	int ret;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, line, sizeof(line) - 1);
	if (n < 0)
		return 0;
	line[n] = 0;
	files->exe = files->run->common->filters & ONLY_PIDS;
	ret = meet(files, line, path);
	files->exe = false;
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = ret ? NULL : fopen(path, "re");
	while (!ret && f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		name = strchr(line, '/');
		if (!name || !strstr(line, "r-xp") || (!files->all && !runtime_of(name)))
			continue;
		snprintf(through, sizeof(through), "/proc/%d/root%s", pid, name);
		ret = meet(files, name, through);
	}
	if (f)
		fclose(f);
	return ret;
}

static int meet_running(struct files *files)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int ret = 0;

	while (proc && !ret && (entry = readdir(proc)))
		if (isdigit((unsigned char)*entry->d_name) && atoi(entry->d_name) != getpid())
			ret = meet_process(files, atoi(entry->d_name));
	if (proc)
		closedir(proc);
	return ret;
}

/* For programs that start later: of the language that was named, since each probe takes its time to go. */
static int meet_installed(struct files *files)
{
	char libc[PATH_LEN];
	int ret = 0;

	for (size_t i = 0; i < RUNTIMES && !ret && language_wanted; i++)
		for (size_t j = 0; j < 3 && runtimes[i].installed[j] && !ret && !strcmp(language_wanted, runtimes[i].language); j++) {
			glob_t found;

			if (glob(runtimes[i].installed[j], 0, NULL, &found))
				continue;
			for (size_t k = 0; k < found.gl_pathc && !ret; k++)
				ret = meet(files, found.gl_pathv[k], found.gl_pathv[k]);
			globfree(&found);
		}
	if (!ret && with_c && !uprobe_libc(libc, sizeof(libc)))
		ret = meet(files, libc, libc);
	return ret;
}

static bool file_has(int pid, const char *file, const char *word)
{
	char path[64], text[8192];
	bool has = false;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	f = fopen(path, "re");
	if (!f)
		return true;
	while (!has && (n = fread(text, 1, sizeof(text), f)))
		has = memmem(text, n, word, strlen(word)) != NULL;
	fclose(f);
	return has;
}

static bool uses(const char *language)
{
	for (int i = 0; i < n_words; i++)
		if (!strcmp(words[i].way->language, language))
			return true;
	return false;
}

/* Runtimes that have markers, but don't come by them unless they were told to as they were started. */
static int warn_of(void *ctx, int pid)
{
	if (uses("java") && whats & (LANGUAGE_MASK(LANGUAGE_ENTRY) | LANGUAGE_MASK(LANGUAGE_NEW)) && !file_has(pid, "cmdline", "DTrace"))
		note("process %d: java tells of methods and objects only with -XX:+ExtendedDTraceProbes", pid);
	if (uses("ruby") && whats & LANGUAGE_MASK(LANGUAGE_ENTRY))
		note("process %d: ruby tells of methods that are written in Ruby only while a TracePoint of calls is on", pid);
	if (uses("python") && whats & LANGUAGE_MASK(LANGUAGE_ENTRY))
		note("process %d: Python 3.11 tells of functions only while sys.setprofile() is on", pid);
	if (uses("php") && !file_has(pid, "environ", "USE_ZEND_DTRACE="))
		note("process %d: php tells of functions only with USE_ZEND_DTRACE=1 in its environment", pid);
	return 0;
}

/* --- What is asked there --- */

static const char *place_word(int i)
{
	return words[i].text;
}

static int ask(struct expr_scope *scope, const char *text, struct expr **expr)
{
	struct expr_error e;

	return text && expr_new(expr, scope, text, &e) ? expr_complain(text, &e) : 0;
}

static int ask_all(void)
{
	static struct expr_scope scope;
	int ret = 0;

	free(asked);
	asked = calloc(points_places()->n + 1, sizeof(*asked));
	if (!asked)
		return -ENOMEM;
	for (size_t i = 0; i < points_places()->n && !ret; i++) {
		const struct language_way *way = words[points_places()->all[i].of].way;
		const char *const texts[] = { way->class, way->class_size, way->name, way->name_size, way->number };

		ret = points_scope(&scope, i);
		for (int j = 0; j < 5 && !ret; j++)
			ret = ask(&scope, texts[j], &asked[i].of[j]);
	}
	return ret;
}

int language_first(struct run *run)
{
	for (int i = 0; i < run->n_args; i++)
		if (filter_option(run, &filter_opts[0], run->args[i]))
			return -EINVAL;
	return 0;
}

static int find(struct run *run)
{
	struct files files = { .run = run };
	bool some = run->common->filters & ONLY_PIDS;
	int ret = some ? filter_pids(meet_process, &files) : meet_running(&files) ?: meet_installed(&files);

	for (int step = 0; step < 2 && some && !ret && !n_words; step++) {
		files.all = !step;	/* then as programs without a runtime of their own */
		with_c |= step;
		n_met = 0;
		ret = filter_pids(meet_process, &files);
	}
	return ret;
}

int language_setup(struct run *run, __u32 all)
{
	bool known = !language_wanted;
	int ret;

	for (size_t i = 0; i < RUNTIMES; i++)
		known |= language_wanted && !strcmp(runtimes[i].language, language_wanted);
	if (!known) {
		err("--language: '%s' is not known here: see --help", language_wanted);
		return -EINVAL;
	}
	while (n_words)
		free(words[--n_words].text);
	n_met = 0;
	*missing = 0;
	whats = all;
	with_c = all & LANGUAGE_MASK(LANGUAGE_CREATE) || (language_wanted && !strcmp(language_wanted, "c"));
	ret = find(run);
	if (!ret && !n_words) {
		err("can't run here: %s", *missing ? missing : run->common->filters & ONLY_PIDS ?
		    "these processes run no language that tells of it" :
		    "no program of a language that tells of it runs: --language also takes those that start later");
		ret = -EOPNOTSUPP;
	}
	if (ret)
		return ret;
	if (run->common->filters & ONLY_PIDS)
		filter_pids(warn_of, NULL);
	run->n_args = n_words;
	points_words(place_word);
	return points_setup(run, false) ?: ask_all();
}

/* A struct language_said. */
static int generate(struct code *c, const struct place *place, int which)
{
	const struct asked *a = &asked[place - points_places()->all];
	const struct language_way *way = words[place->of].way;

	if (which != 1)
		return 0;
	for (int i = 0; i < 6; i++) {
		if (i < 5 && a->of[i])
			expr_gen(c, a->of[i]);
		else
			code_value(c, BPF_REG_0, i == 5 ? way->what | number_of(way) << 8 : i == 1 || i == 3 ? ~0ULL : 0);
		code_put(c, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_7, BPF_REG_0, 8 * i, 0);
	}
	return 1;
}

int language_attach(struct run *run)
{
	points_generate(generate);
	return points_attach(run);
}

/* --- How it is shown --- */

static const struct language_key *key_of(const struct column *c, const void *row)
{
	return (const void *)((const char *)row + c->offset);
}

void language_show(struct out *out, const struct column *c, const void *row)
{
	out_str(out, language_way(key_of(c, row)->way)->language);
}

static void show_text(struct out *out, const char *text, size_t size)
{
	if (*text)
		out_bytes(out, text, strnlen(text, size));
	else
		out_nothing(out);
}

void language_show_class(struct out *out, const struct column *c, const void *row)
{
	const struct language_key *key = key_of(c, row);

	show_text(out, key->class, sizeof(key->class));
}

void language_show_name(struct out *out, const struct column *c, const void *row)
{
	const struct language_key *key = key_of(c, row);

	show_text(out, key->name, sizeof(key->name));
}

void language_show_method(struct out *out, const struct column *c, const void *row)
{
	static const struct { const char *language, *between; } all[] = { { "java", "." }, { "ruby", "#" }, { "python", ":" } };
	const struct language_key *key = key_of(c, row);
	const char *between = "::";

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (!strcmp(language_way(key->way)->language, all[i].language))
			between = all[i].between;
	if (*key->class) {
		out_bytes(out, key->class, strnlen(key->class, sizeof(key->class)));
		out_str(out, between);
	}
	show_text(out, key->name, sizeof(key->name));
}
