// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* user/lib/symbol.c and what is below it: programs of every kind, made here, whose functions' addresses are known. */
#include <sched.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "lib/demangle.h"
#include "lib/elf_file.h"
#include "lib/ksym.h"
#include "lib/lines.h"
#include "lib/module.h"
#include "lib/perf_map.h"
#include "lib/symbol.h"
#include "unit.h"

/* Says where its function is, and waits to be told to go on. */
static const char workload[] =
	"#include <stdio.h>\n#include <unistd.h>\n#include <stdlib.h>\n#include <dlfcn.h>\n#include <string.h>\n"
	"static __attribute__((noinline)) int known_local(int n) { return n > 0 ? known_local(n - 1) + n : n; }\n"
	"__attribute__((noinline)) int known_function(int n) { return known_local(n) + 1; }\n"
	"int main(int argc, char **argv) {\n"
	"	void *at = (char *)known_function + 1; char c;\n"
	"#ifdef LIBRARY\n"
	"	void *library = dlopen(argv[1], RTLD_NOW); at = (char *)dlsym(library, \"in_library\") + 1;\n"
	"#endif\n"
	"	if (known_function(argc) < 0) return 1;\n"
	"	printf(\"%p\\n%p\\n\", at, (char *)known_local + 1); fflush(stdout);\n"
	"	if (read(0, &c, 1) != 1) return 2;\n"
	"#ifdef LIBRARY\n"
	"	dlclose(library); puts(\"closed\"); fflush(stdout);\n"
	"	if (read(0, &c, 1) != 1) return 2;\n"
	"#endif\n"
	"	return 0;\n}\n";

struct program {
	pid_t pid;
	unsigned long at, local;	/* known_function, known_local: a byte behind where they begin */
	FILE *out;
	int in;
};

static void put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	REQUIRE(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void needs_compiler(void)
{
	if (run("sh", "-c", "command -v gcc && command -v objcopy")->status)
		SKIP("no compiler here");
}

static const char *sh(const char *command)
{
	struct job *job = job_run(&(struct how){.deadline = 120}, ARGV("sh", "-c", command));

	if (job->status)
		FAIL("%s: %s", command, job->err);
	return job->out;
}

/* Made with these flags; its path. */
static const char *make(const char *name, const char *flags)
{
	const char *source = tmp(text("%s.c", name));

	put_file(source, workload);
	sh(text("cd %s && gcc -g -O1 -Wl,--build-id %s -o %s %s.c -ldl", tmp(NULL), flags, name, name));
	return tmp(name);
}

static struct program start(const char *path, const char *arg)
{
	struct program p = {};
	int in[2], out[2];
	char *end;

	REQUIRE(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
	p.pid = fork();
	REQUIRE(p.pid >= 0);
	if (!p.pid) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		execl(path, path, arg, NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	p.in = in[1];
	p.out = fdopen(out[0], "r");
	REQUIRE(p.out && fscanf(p.out, "%lx %lx", &p.at, &p.local) == 2);
	(void)end;
	return p;
}

static void finish(struct program *p)
{
	int status;

	REQUIRE(write(p->in, "x", 1) == 1);
	close(p->in);
	REQUIRE(waitpid(p->pid, &status, 0) == p->pid);
	fclose(p->out);
}

static const char *name_at(struct symbol_process *process, unsigned long address)
{
	struct symbol s;

	symbol_get(symbol_user(process, address, false), &s);
	return s.name ?: "(none)";
}

static const char *text_at(struct symbol_process *process, unsigned long address)
{
	return symbol_word(symbol_text(symbol_user(process, address, false), false));
}

static unsigned long image_of(pid_t pid)
{
	char *stat = strrchr(file_text(text("/proc/%d/stat", pid)), ')');

	for (int i = 2; i < 28; i++)
		stat = strchr(stat, ' ') + 1;
	return strtoul(stat, NULL, 10);
}

static void both_names(const char *flags, const char *local)
{
	struct program p = start(make("program", flags), "x");
	struct symbol_process *process = symbol_process(p.pid, image_of(p.pid));
	struct symbol s;

	CHECK_STR(name_at(process, p.at), "known_function");
	CHECK_STR(name_at(process, p.local), local);
	symbol_get(symbol_user(process, p.at, false), &s);
	CHECK_EQ(s.into, 1);
	CHECK_STR(s.module, "program");
	CHECK_STR(s.path, tmp("program"));
	/* where a call returns to is behind the call, maybe in another function */
	symbol_get(symbol_user(process, p.at - 1, true), &s);
	CHECK(!s.name || strcmp(s.name, "known_function"));
	CHECK_HAS(symbol_word(symbol_text(symbol_user(process, p.at, false), true)), "known_function+0x1 (program)");
	finish(&p);
	symbol_free();
}

TEST(symbol, "a program that is moved, one that is not, static ones, and one for 32 bits")
{
	needs_compiler();
	both_names("-fpie -pie", "known_local");
	both_names("-no-pie", "known_local");
	both_names("-static", "known_local");
	both_names("-static-pie", "known_local");
	if (run("sh", "-c", text("echo 'int main(void){return 0;}' | gcc -m32 -x c - -o %s", tmp("m32")))->status == 0)
		both_names("-m32", "known_local");
}

TEST(symbol, "without symbols there is no name but those for the loader, and never a wrong one")
{
	struct symbol_process *process;
	struct program p;

	needs_compiler();
	p = start(make("exports", "-s -rdynamic"), "x");
	process = symbol_process(p.pid, image_of(p.pid));
	CHECK_STR(name_at(process, p.at), "known_function");
	CHECK_STR(name_at(process, p.local), "(none)");
	CHECK(!strncmp(text_at(process, p.local), "exports+0x", 10));
	finish(&p);
	p = start(make("bare", "-s"), "x");
	process = symbol_process(p.pid, image_of(p.pid));
	CHECK(!strncmp(text_at(process, p.at), "bare+0x", 7));
	CHECK(!strncmp(text_at(process, 16), "[unknown]+0x10", 14));
	finish(&p);
}

TEST(symbol, "symbols in a file of their own: by build id or by the link, if it is the right one")
{
	struct symbol_process *process;
	struct program p;
	const char *folder;

	needs_compiler();
	make("whole", "");
	/* by the link, beside the program */
	sh(text("cd %s && objcopy --only-keep-debug whole linked.debug && objcopy -S --add-gnu-debuglink=linked.debug whole linked",
		tmp(NULL)));
	p = start(tmp("linked"), "x");
	process = symbol_process(p.pid, image_of(p.pid));
	CHECK_STR(name_at(process, p.local), "known_local");
	finish(&p);
	symbol_free();
	/* the same name, but another program's */
	make("other", "-DLIBRARY");
	sh(text("cd %s && cp linked wrong && objcopy --only-keep-debug other linked.debug", tmp(NULL)));
	p = start(tmp("wrong"), "x");
	process = symbol_process(p.pid, image_of(p.pid));
	CHECK_STR(name_at(process, p.local), "(none)");
	finish(&p);
	symbol_free();
	/* without a build id the checksum tells */
	sh(text("cd %s && gcc -g -O1 -Wl,--build-id=none -o plain whole.c -ldl && objcopy --only-keep-debug plain sum.debug && "
		"objcopy -S --add-gnu-debuglink=sum.debug plain summed", tmp(NULL)));
	p = start(tmp("summed"), "x");
	process = symbol_process(p.pid, image_of(p.pid));
	CHECK_STR(name_at(process, p.local), "known_local");
	finish(&p);
	symbol_free();
	sh(text("cd %s && cp summed changed && echo >>sum.debug", tmp(NULL)));
	p = start(tmp("changed"), "x");
	process = symbol_process(p.pid, image_of(p.pid));
	CHECK_STR(name_at(process, p.local), "(none)");
	finish(&p);
	symbol_free();
	/* by build id, under a folder */
	folder = tmp("symbols");
	sh(text("cd %s && strip -o bare whole && id=$(readelf -n whole | sed -n 's/.*Build ID: //p') && "
		"mkdir -p symbols/usr/lib/debug/.build-id/$(echo $id | cut -c1-2) && "
		"objcopy --only-keep-debug whole symbols/usr/lib/debug/.build-id/$(echo $id | cut -c1-2)/$(echo $id | cut -c3-).debug",
		tmp(NULL)));
	p = start(tmp("bare"), "x");
	CHECK_EQ(symbol_root(folder), 0);
	process = symbol_process(p.pid, image_of(p.pid));
	CHECK_STR(name_at(process, p.local), "known_local");
	finish(&p);
	symbol_free();
	/* the whole program, where it would be */
	sh(text("mkdir -p %s%s && cp %s %s%s", folder, tmp(NULL), tmp("whole"), folder, tmp("bare")));
	p = start(tmp("bare"), "x");
	CHECK_EQ(symbol_root(folder), 0);
	process = symbol_process(p.pid, image_of(p.pid));
	CHECK_STR(name_at(process, p.local), "known_local");
	CHECK_EQ(symbol_root("/nowhere"), -ENOENT);
	CHECK_EQ(symbol_root("/dev/null"), -ENOTDIR);
	finish(&p);
	symbol_free();
}

TEST(symbol, "symbols that a server has, once they are asked for, and only those of the same program")
{
	struct program p;

	needs_compiler();
	make("whole", "");
	make("other", "-DLIBRARY");
	/* what stands for elfutils' program knows one build id, and gives another file for all else */
	sh(text("cd %s && strip -o bare whole && strip -o odd other && objcopy --only-keep-debug whole whole.debug && mkdir bin && "
		"printf '#!/bin/sh\\n[ \"$1\" = debuginfo ] && echo asked >>%s/asked && echo %s/whole.debug\\n' >bin/debuginfod-find && "
		"chmod +x bin/debuginfod-find", tmp(NULL), tmp(NULL), tmp(NULL)));
	unsetenv("DEBUGINFOD_URLS");
	CHECK_EQ(symbol_servers(), -EDESTADDRREQ);
	setenv("DEBUGINFOD_URLS", "http://localhost:1", 1);
	setenv("PATH", text("%s:%s", tmp("bin"), getenv("PATH")), 1);
	p = start(tmp("bare"), "x");
	CHECK_STR(name_at(symbol_process(p.pid, image_of(p.pid)), p.local), "(none)");
	finish(&p);
	symbol_free();
	CHECK(access(tmp("asked"), F_OK));
	CHECK_EQ(symbol_servers(), 0);
	p = start(tmp("bare"), "x");
	CHECK_STR(name_at(symbol_process(p.pid, image_of(p.pid)), p.local), "known_local");
	finish(&p);
	CHECK(!access(tmp("asked"), F_OK));
	p = start(tmp("odd"), "x");
	CHECK_STR(name_at(symbol_process(p.pid, image_of(p.pid)), p.local), "(none)");
	finish(&p);
	symbol_free();
}

TEST(symbol, "a program that was replaced or deleted, and one that has ended since it was seen")
{
	struct symbol_process *process;
	struct program p;
	__u32 at, local;
	struct symbol s;

	needs_compiler();
	p = start(make("old", ""), "x");
	make("new", "-DLIBRARY -DMORE");
	sh(text("cd %s && mv new old", tmp(NULL)));
	process = symbol_process(p.pid, image_of(p.pid));
	CHECK_STR(name_at(process, p.at), "known_function");
	CHECK_STR(name_at(process, p.local), "known_local");
	finish(&p);
	symbol_free();

	p = start(make("brief", ""), "x");
	process = symbol_process(p.pid, image_of(p.pid));
	at = symbol_user(process, p.at, false);
	local = symbol_user(process, p.local, false);
	sh(text("rm %s", tmp("brief")));
	finish(&p);
	symbol_get(at, &s);
	CHECK_STR(s.name, "known_function");
	symbol_get(local, &s);
	CHECK_STR(s.name, "known_local");
	/* what was not seen in time is not known, and not that of whoever has the number now */
	process = symbol_process(p.pid, 12345);
	CHECK_STR(name_at(process, p.at), "(none)");
	process = symbol_process(getpid(), image_of(getpid()) + 16);
	CHECK_STR(name_at(process, (unsigned long)finish), "(none)");
	symbol_free();
}

TEST(symbol, "a library that is loaded, and unloaded again")
{
	struct symbol_process *process;
	char line[16];
	struct program p;
	struct symbol s;
	__u32 frame;

	needs_compiler();
	put_file(tmp("library.c"), "__attribute__((noinline)) int in_library(int n) { return n + 1; }\n");
	sh(text("cd %s && gcc -shared -fPIC -O1 -o library.so library.c", tmp(NULL)));
	p = start(make("loader", "-DLIBRARY"), tmp("library.so"));
	process = symbol_process(p.pid, image_of(p.pid));
	frame = symbol_user(process, p.at, false);
	REQUIRE(write(p.in, "x", 1) == 1 && fscanf(p.out, "%15s", line) == 1);
	CHECK_STR(line, "closed");
	symbol_get(frame, &s);
	CHECK_STR(s.name, "in_library");
	CHECK_STR(s.module, "library.so");
	finish(&p);
}

TEST(symbol, "a library that came after the mappings were read")
{
	struct symbol_process *process = symbol_process(getpid(), 0);
	struct symbol s;
	char *code;
	FILE *f;

	CHECK_STR(name_at(process, (unsigned long)image_of + 1), "image_of");
	nap(50000000);
	code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(code != MAP_FAILED);
	f = fopen(text("/tmp/perf-%d.map", getpid()), "w");
	REQUIRE(f);
	fprintf(f, "%lx 20 a name; with spaces\n0x%lx 0x10 made_later\ngarbage\n", (long)code, (long)code + 0x40);
	REQUIRE(fflush(f) == 0);
	CHECK_STR(name_at(process, (long)code + 3), "a name; with spaces");
	CHECK_STR(name_at(process, (long)code + 0x45), "made_later");
	CHECK_STR(name_at(process, (long)code + 0x50), "(none)");
	/* the program goes on, and its map grows */
	fprintf(f, "%lx 10 more\n%lx 10 again\n", (long)code + 0x60, (long)code);
	REQUIRE(fclose(f) == 0);
	CHECK_STR(name_at(process, (long)code + 0x61), "more");
	CHECK_STR(name_at(process, (long)code + 4), "again");
	symbol_get(symbol_user(process, (long)code + 4, false), &s);
	CHECK_EQ(s.into, 4);
	unlink(text("/tmp/perf-%d.map", getpid()));
}

TEST(symbol, "what the kernel gives each process, and this one's own functions")
{
	struct symbol_process *process = symbol_process(getpid(), image_of(getpid()));
	unsigned long at = getauxval(AT_SYSINFO_EHDR);
	int named = 0;

	CHECK_STR(name_at(process, (unsigned long)put_file + 2), "put_file");
	if (!at)
		SKIP("no vdso here");
	for (int i = 0; i < 8192; i += 8)
		named += !!strstr(name_at(process, at + i), "clock_gettime");
	CHECK(named > 0);
}

TEST(symbol, "a program in another mount namespace, whose file nobody else sees")
{
	struct symbol_process *process;
	struct program p;
	int ready[2];
	char c;

	needs_compiler();
	make("inside", "-static");
	REQUIRE(mkdir(tmp("hidden"), 0700) == 0 && pipe2(ready, O_CLOEXEC) == 0);
	put_file(tmp("run.sh"), text("mount -t tmpfs none %s/hidden && cp %s/inside %s/hidden/prog && exec %s/hidden/prog x\n",
				     tmp(NULL), tmp(NULL), tmp(NULL), tmp(NULL)));
	put_file(tmp("go.sh"), text("#!/bin/sh\nexec unshare -m sh %s\n", tmp("run.sh")));
	REQUIRE(chmod(tmp("go.sh"), 0700) == 0);
	p = start(tmp("go.sh"), NULL);
	(void)c;
	CHECK(access(text("%s/prog", tmp("hidden")), F_OK) != 0);
	process = symbol_process(p.pid, image_of(p.pid));
	CHECK_STR(name_at(process, p.at), "known_function");
	finish(&p);
}

/* --- The kernel --- */

TEST(symbol, "the kernel's functions are found by address, between two of them the first")
{
	const char *name, *module;
	__u64 at = ksym_address("schedule"), into;
	struct symbol s;

	if (!at)
		SKIP("the kernel hides its addresses here");
	CHECK_EQ(ksym_find(at + 5, &name, &module, &into), 0);
	CHECK_STR(name, "schedule");
	CHECK_STR(module, "");
	CHECK_EQ(into, 5);
	symbol_get(symbol_kernel(at + 5, true), &s);
	CHECK_STR(s.name, "schedule");
	CHECK_EQ(s.into, 5);
	CHECK(s.kernel);
	CHECK_EQ(ksym_find(0x1000, &name, &module, &into), -ENOENT);
	ksym_free();
}

/* --- Names --- */

TEST(symbol, "C++ and Rust names as their source has them, and what is none is left as it is")
{
#ifdef HAVE_LIBIBERTY
	static const char *const names[][2] = {
		{"_ZN3foo3barEi", "foo::bar"},
		{"_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector<int, std::allocator<int> >::push_back"},
		{"_ZN4core3ptr13drop_in_place17h0123456789abcdefE", "core::ptr::drop_in_place"},
		{"_RNvCs1234_7mycrate3foo", "mycrate::foo"},
	};
	char to[256], *deep = malloc(5001);

	for (size_t i = 0; i < COUNT(names); i++) {
		CHECK(demangle(names[i][0], to, sizeof(to)));
		CHECK_STR(to, names[i][1]);
	}
	CHECK(!demangle("main", to, sizeof(to)));
	CHECK(!demangle("_Z", to, sizeof(to)));
	CHECK(!demangle("", to, sizeof(to)));
	CHECK(!demangle("_ZNSt6vectorIiSaIiEE9push_backERKi", to, 10));	/* no room: as it is */
	memset(deep, 'P', 5000);
	memcpy(deep, "_Z1f", 4);
	deep[5000] = 0;
	CHECK(!demangle(deep, to, sizeof(to)));
	free(deep);
#else
	SKIP("built without libiberty");
#endif
}

/* --- Files of functions that are made at run time --- */

TEST(symbol, "a perf map: both ways to write addresses, what was made last, and garbage")
{
	static const char lines_of[] = "1000 100 first\n0x2000 0x10 second name\n1000 10 newer\nno 12 x\n3000\n3000 0 empty\n"
				       "ffffffffffffffff 10 over the end\n4000 10\n12345678901234567 1 long\n5000 8 last";
	struct perf_map map = PERF_MAP_NONE;
	const char *name;
	__u64 into;

	CHECK_EQ(perf_map_add(&map, lines_of, sizeof(lines_of) - 1), 0);
	CHECK_EQ(perf_map_find(&map, 0x1005, &name, &into), 0);
	CHECK_STR(name, "newer");
	CHECK_EQ(perf_map_find(&map, 0x1050, &name, &into), 0);
	CHECK_STR(name, "first");
	CHECK_EQ(into, 0x50);
	CHECK_EQ(perf_map_find(&map, 0x200f, &name, &into), 0);
	CHECK_STR(name, "second name");
	CHECK_EQ(perf_map_find(&map, 0x2010, &name, &into), -ENOENT);
	CHECK_EQ(perf_map_find(&map, 0x3000, &name, &into), -ENOENT);
	CHECK_EQ(perf_map_find(&map, 0xfff, &name, &into), -ENOENT);
	CHECK_EQ(perf_map_find(&map, -1ULL, &name, &into), -ENOENT);
	CHECK_EQ(perf_map_find(&map, 0x5007, &name, &into), 0);
	CHECK_STR(name, "last");
	perf_map_free(&map);
}

/* --- Debug information --- */

static const char inlines[] =
	"#include <stdio.h>\n#include <unistd.h>\n"
	"static inline __attribute__((always_inline)) int innermost(int n) {\n"
	"	char c; int got = read(0, &c, 1);\n"		/* 4 */
	"	return got + n; }\n"
	"namespace place { struct thing { int n;\n"
	"	inline __attribute__((always_inline)) int between(int m) {\n"
	"		return innermost(m) + n; } }; }\n"	/* 8 */
	"extern \"C\" __attribute__((noinline)) void *known_function(int n) {\n"
	"	place::thing t = { n };\n"
	"	if (t.between(n) < 0) return 0;\n"		/* 11 */
	"	return __builtin_return_address(0); }\n"
	"int main(void) {\n"
	"	printf(\"%p\\n%p\\n\", (void *)known_function, (void *)known_function); fflush(stdout);\n"
	"	return known_function(0) == (void *)0; }\n";

/* Frames of all of a function's bytes: one of them has those three. */
static bool all_three(struct symbol_process *process, unsigned long at, const char *const *want)
{
	__u32 frames[8];

	for (int i = 0; i < 200; i++)
		if (symbol_inlined(symbol_user(process, at + i, false), frames, 8) == 3) {
			for (int j = 0; j < 3; j++)
				CHECK_STR(symbol_word(symbol_text(frames[j], false)), want[j]);
			return true;
		}
	return false;
}

static struct symbol_process *wanted(const struct program *p, bool lines_too, bool inlined)
{
	if (symbol_want(lines_too, inlined))
		SKIP("built without libdw");
	return symbol_process(p->pid, image_of(p->pid));
}

static const char *make_inlines(const char *name, const char *compiler)
{
	put_file(tmp("inlines.cc"), inlines);
	sh(text("cd %s && %s -O1 -o %s inlines.cc", tmp(NULL), compiler, name));
	return tmp(name);
}

static const char *const three[] = { "innermost (inlines.cc:4)", "place::thing::between (inlines.cc:8)",
				     "known_function (inlines.cc:11)" };

TEST(symbol, "functions that were put into others, and lines: every version of DWARF, in the program or in a file of its own",
     .timeout = 120)
{
	static const char *const flags[] = { "-gdwarf-5", "-gdwarf-4", "-gdwarf-3", "-g -gz=zlib", "-g -no-pie", "-g -O2 -ffunction-sections" };
	struct symbol s;
	struct program p;
	__u32 frames[8];

	needs_compiler();
	if (run("sh", "-c", "command -v g++")->status)
		SKIP("no C++ compiler here");
	for (unsigned int i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		p = start(make_inlines("inlined", text("g++ %s", flags[i])), NULL);
		CHECK(all_three(wanted(&p, true, true), p.at, three));
		finish(&p);
		symbol_free();
	}
	if (!run("sh", "-c", "command -v clang++")->status) {	/* has no list of which unit has which addresses */
		p = start(make_inlines("inlined", "clang++ -g"), NULL);
		CHECK(all_three(wanted(&p, true, true), p.at, three));
		finish(&p);
		symbol_free();
	}
	make_inlines("whole", "g++ -g -Wl,--build-id");
	sh(text("cd %s && objcopy --only-keep-debug whole inlined.debug && objcopy -g --add-gnu-debuglink=inlined.debug whole inlined",
		tmp(NULL)));
	p = start(tmp("inlined"), NULL);
	CHECK(all_three(wanted(&p, true, true), p.at, three));
	finish(&p);
	symbol_free();
	/* only the one, only the other, and not at all */
	p = start(tmp("whole"), NULL);
	CHECK(all_three(wanted(&p, false, true), p.at,
			(const char *const[]){ "innermost", "place::thing::between", "known_function" }));
	symbol_free();
	CHECK(!all_three(wanted(&p, true, false), p.at, three));
	CHECK_STR(text_at(symbol_process(p.pid, image_of(p.pid)), p.at), "known_function (inlines.cc:9)");
	symbol_get(symbol_user(symbol_process(p.pid, image_of(p.pid)), p.at, false), &s);
	CHECK_EQ(s.line, 9);
	CHECK_HAS(s.file, "inlines.cc");
	symbol_free();
	CHECK_EQ(symbol_inlined(symbol_user(symbol_process(p.pid, image_of(p.pid)), p.at + 4, false), frames, 8), 1);
	CHECK_STR(text_at(symbol_process(p.pid, image_of(p.pid)), p.at), "known_function");
	finish(&p);
	symbol_free();
}

TEST(symbol, "debug information that is cut, or has any byte changed, ends nothing and hangs nothing", .timeout = 240)
{
	static struct line_place found[LINES_DEEP];
	struct lines reader;
	char *whole, *copy;
	size_t size;
	FILE *f;

	needs_compiler();
	make("dwarf", "");
	f = fopen(tmp("dwarf"), "r");
	REQUIRE(f && fseek(f, 0, SEEK_END) == 0);
	size = ftell(f);
	rewind(f);
	whole = malloc(size);
	copy = malloc(size);
	REQUIRE(fread(whole, 1, size, f) == size);
	for (int i = 0; i < 100; i++) {
		size_t length = i % 4 ? size : any() % size;
		int fd = memfd_create("dwarf", MFD_CLOEXEC);

		memcpy(copy, whole, size);
		for (int j = 0; j < 20; j++)	/* the second half is what is not loaded */
			copy[size / 2 + any() % (size / 2)] = any();
		REQUIRE(fd >= 0 && write(fd, copy, length) == (ssize_t)length);
		if (lines_open(&reader, fd, 5))
			SKIP("built without libdw");
		for (__u64 at = 0x1000; at < 0x1400 && reader.pid; at += 0x33) {
			int n = lines_find(&reader, at, found);

			CHECK(n >= 0 && n <= LINES_DEEP);
		}
		lines_close(&reader);
		close(fd);
	}
	free(whole);
	free(copy);
	/* no ELF file at all; and one that has ended gives no more answers */
	REQUIRE(!lines_open(&reader, open("/dev/null", O_RDONLY), 5));
	CHECK_EQ(lines_find(&reader, 1, found), 0);
	CHECK_EQ(reader.pid, 0);
	CHECK_EQ(lines_find(&reader, 1, found), 0);
	lines_close(&reader);
}

TEST(symbol, "symbols that are packed into a stripped program; nothing where what is packed is none, or bursts")
{
	struct symbol_process *process;
	struct elf_file file, mini;
	struct program p;
	int fd;

	needs_compiler();
	if (run("sh", "-c", "command -v xz")->status)
		SKIP("no xz here");
	make("full", "");
	/* as Fedora does it */
	sh(text("cd %s && objcopy -S full packed && objcopy -S -K known_local -K known_function full mini && xz -f mini && "
		"objcopy --add-section .gnu_debugdata=mini.xz packed", tmp(NULL)));
	fd = open(tmp("packed"), O_RDONLY);
	REQUIRE(!elf_file_open(&file, fd));
	if (elf_file_mini(&file, &mini) == -ENOTSUP)
		SKIP("built without liblzma");
	elf_file_close(&mini);
	p = start(tmp("packed"), "x");
	process = symbol_process(p.pid, image_of(p.pid));
	CHECK_STR(name_at(process, p.local), "known_local");
	CHECK_STR(name_at(process, p.at), "known_function");
	CHECK(symbol_memory() > 1000);
	finish(&p);
	symbol_free();
	CHECK_EQ(symbol_memory(), 0);
	elf_file_close(&file);
	close(fd);
	/* half of it; another thing; 70 MB of nothing */
	sh(text("cd %s && head -c 500 mini.xz >half && head -c 2000 /dev/urandom >random && head -c 70M /dev/zero | xz -0 >bomb && "
		"for x in half random bomb; do objcopy -S --add-section .gnu_debugdata=$x full with_$x; done", tmp(NULL)));
	for (int i = 0; i < 3; i++) {
		fd = open(tmp((const char *const[]){ "with_half", "with_random", "with_bomb" }[i]), O_RDONLY);
		REQUIRE(fd >= 0 && !elf_file_open(&file, fd));
		CHECK(elf_file_mini(&file, &mini) < 0);
		elf_file_close(&file);
		close(fd);
	}
}

/* --- Bounds --- */

TEST(symbol, "tables of files make room for others, and are made again", .timeout = 120)
{
	struct program p[6];
	__u32 frames[6];
	struct symbol s;

	needs_compiler();
	symbol_limit(40000);	/* a static program's take about 60,000 bytes */
	for (int i = 0; i < 6; i++) {
		p[i] = start(make(text("many%d", i), "-static"), "x");
		frames[i] = symbol_user(symbol_process(p[i].pid, image_of(p[i].pid)), p[i].at, false);
	}
	for (int i = 0; i < 6; i++) {
		symbol_get(frames[i], &s);
		CHECK_STR(s.name, "known_function");
		CHECK(symbol_memory() < 200000);
		CHECK_STR(name_at(symbol_process(p[0].pid, image_of(p[0].pid)), p[0].local + i), "known_local");
	}
	for (int i = 0; i < 6; i++)
		finish(&p[i]);
	symbol_free();
	symbol_limit(64 << 20);
}

TEST(symbol, "files cut at any place, or with any byte changed, give an error or no name")
{
	char *whole, *copy, name[256];
	struct elf_file file;
	size_t size;
	__u64 into;
	FILE *f;

	needs_compiler();
	f = fopen(make("cut", "-Wl,-z,noseparate-code"), "r");
	REQUIRE(f && fseek(f, 0, SEEK_END) == 0);
	size = ftell(f);
	rewind(f);
	whole = malloc(size);
	REQUIRE(fread(whole, 1, size, f) == size);
	for (int i = 0; i < 3000; i++) {
		size_t length = i & 1 ? size : any() % size;

		copy = malloc(length ?: 1);
		memcpy(copy, whole, length);
		for (int j = 0; j < 8 && length && i & 1; j++)	/* mostly in what the headers say */
			copy[j & 1 ? any() % length : any() % (length < 1000 ? length : 1000)] = any();
		if (!elf_file_open_memory(&file, copy, length)) {
			elf_file_functions(&file);
			for (__u64 at = 0; at < 0x5000; at += 0x331)
				elf_file_name(&file, at, name, sizeof(name), &into);
			elf_file_close(&file);
		}
		free(copy);
	}
	free(whole);
}
