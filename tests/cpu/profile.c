// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <zlib.h>
#include "spin.h"

#define MS 1000000ULL

SEEN void profile_spins_a(uint64_t ns)
{
	burn(ns);
	seen_after++;
}

SEEN void profile_spins_b(uint64_t ns)
{
	burn(ns);
	seen_after++;
}

SEEN void profile_calls_b(uint64_t ns)
{
	profile_spins_b(ns);
	seen_after++;
}

enum { INLINED_AT = __LINE__ + 4, HELD_AT = __LINE__ + 10 };

static inline __attribute__((always_inline)) void profile_inlined(uint64_t ns)
{
	burn(ns);
	seen_after++;
}

SEEN void profile_holds(uint64_t ns)
{
	profile_inlined(ns);
	seen_after++;
}

SEEN void profile_deep(int depth, uint64_t ns)
{
	if (depth)
		profile_deep(depth - 1, ns);
	else
		burn(ns);
	seen_after++;
}

static void one_to_two(void *arg)
{
	for (int i = 0; i < 4; i++) {
		profile_spins_a(250 * MS);
		profile_calls_b(500 * MS);
	}
}

/* Three points, and what chance does to so many samples, four times over. */
static double error_of(long long samples)
{
	double root = 1;

	for (int i = 0; i < 40; i++)
		root = (root + samples / root) / 2;
	return 3 + 200 / root;
}

TEST(profile, "a program's functions have the shares of the CPU time that they took", .timeout = 120)
{
	struct seen *child = seen_new("spinner", one_to_two, NULL);
	struct job *job = tool_start("profile", "-F", "199", "-p", text("%d", child->child.pid));
	long long all, a, b;

	seen_run(child);
	tool_stop(job);
	seen_end(child);
	all = sum(job, "samples");
	a = stack_sum(job, "samples", "user", "profile_spins_a");
	b = stack_sum(job, "samples", "user", "profile_spins_b");
	/* 3 s of CPU time; timers of a busy or emulated machine come late, but not for one function more than for another */
	CHECK_BETWEEN(20, all, 2000 * slow());
	CHECK_EQ(rows(job, IS("pid", child->child.pid)), rows(job));
	CHECK_STR(string(row(job), "comm"), "spinner");
	/* A sample may hit the caller itself, on its way into the function or out. */
	CHECK_BETWEEN(b, stack_sum(job, "samples", "user", "profile_calls_b"), b + error_of(all));
	CHECK_BETWEEN(0.9 * all, a + b, all);
	CHECK_BETWEEN(100.0 / 3 - error_of(all), 100.0 * a / (a + b), 100.0 / 3 + error_of(all));
	CHECK_NO_LOSS(job);
}

static void spin(void *arg)
{
	profile_spins_a((long)arg * MS);
}

static void deep(void *arg)
{
	profile_deep((long)arg, 400 * MS);
}

static json_t *stack_of(json_t *r, const char *kind)
{
	return json_object_get(json_object_get(r, "stack"), kind);
}

static bool ends_with(json_t *stack, const char *what)
{
	size_t n = json_array_size(stack);

	return n && !strcmp(json_string_value(json_array_get(stack, n - 1)), what);
}

TEST(profile, "a stack that is deeper than what is taken of it says so; a whole one has no such mark")
{
	struct seen *child = seen_new("digger", deep, (void *)300), *flat = seen_new("flat", spin, (void *)300);
	struct job *cut = tool_start("profile", "-F", "199", "-U", "-n", "digger"), *whole, *ten;
	json_t *r;

	whole = tool_start("profile", "-F", "199", "-U", "-n", "flat");
	ten = tool_start("profile", "-F", "199", "-U", "-n", "flat", "--depth", "3");
	seen_run(child);
	seen_run(flat);
	tool_stop(cut);
	tool_stop(whole);
	tool_stop(ten);
	seen_end(child);
	seen_end(flat);
	CHECK(stack_sum(cut, "samples", "user", "profile_deep") > 0);
	each_row(r, cut)
		if (json_array_size(stack_of(r, "user")) > 100)
			CHECK(ends_with(stack_of(r, "user"), "[cut at 127 frames]"));
	each_row(r, ten)
		CHECK(json_array_size(stack_of(r, "user")) <= 4);
	CHECK(stack_sum(ten, "samples", "user", "[cut at 3 frames]") > 0);
	CHECK(stack_sum(whole, "samples", "user", "profile_spins_a") > 0);
	CHECK_EQ(stack_sum(whole, "samples", "user", "[cut at 127 frames]"), 0);
	each_row(r, whole)
		CHECK_EQ(json_array_size(stack_of(r, "kernel")), 0);
}

TEST(profile, "kernel or user stacks only, threads and CPUs apart, some CPUs only")
{
	struct seen *child = seen_new("both", spin, (void *)500);
	struct job *kernel = tool_start("profile", "-F", "199", "-K", "-n", "both"), *apart, *none;
	json_t *r;

	apart = tool_start("profile", "-F", "199", "-L", "-C", "-n", "both");
	none = tool_start("profile", "-F", "199", "-s", "4095", "-n", "both");
	seen_run(child);
	tool_stop(kernel);
	tool_stop(apart);
	tool_stop(none);
	seen_end(child);
	CHECK(rows(kernel) > 0);
	each_row(r, kernel)
		CHECK_EQ(json_array_size(stack_of(r, "user")), 0);
	CHECK_EQ(rows(apart, IS("tid", child->child.pid)), rows(apart));
	each_row(r, apart)
		CHECK(number(r, "cpu") < 4096);
	CHECK(rows(apart) > 0);
	CHECK_EQ(rows(none), 0);
}

TEST(profile, "folded stacks: outermost first, the count last; delimited and annotated where asked for")
{
	struct seen *child = seen_new("folder", spin, (void *)600);
	struct job *job = tool_start("profile", "-F", "199", "--folded", "-f", "text", "-n", "folder"), *marked;
	const char *line, *at;

	marked = tool_start("profile", "-F", "199", "--folded", "--delimited", "-a", "-f", "text", "-n", "folder");
	seen_run(child);
	tool_stop(job);
	tool_stop(marked);
	seen_end(child);
	REQUIRE(lines(job->out) > 0);
	line = strstr(job->out, "profile_spins_a;");
	REQUIRE(line);
	CHECK(!strncmp(job->out, "folder;", 7));
	at = strstr(job->out, ";spin;profile_spins_a;");
	CHECK(at != NULL);
	CHECK(atoi(strchr(line, ' ') + 1) > 0);
	CHECK(!strstr(job->out, "_[k]"));
	CHECK(!strstr(job->out, "STACK"));
	/* each that was in the kernel has both marks */
	for (const char *l = marked->out; *l; l = strchr(l, '\n') + 1) {
		const char *end = strchr(l, '\n'), *k = strstr(l, "_[k]"), *d = strstr(l, ";-;");

		REQUIRE(end);
		if (d && d < end && strstr(l, "profile_spins_a") < d)
			CHECK(k && k < end);
	}
}

/* What zlib finds in a file, terminated. */
static char *unpacked(const char *path, size_t *size)
{
	char *all = calloc(1, 1 << 20);
	gzFile f = gzopen(path, "r");
	int n = f ? gzread(f, all, (1 << 20) - 1) : -1;

	REQUIRE(n >= 0);
	gzclose(f);
	*size = n;
	return all;
}

TEST(profile, "a flame graph and a profile for pprof, written at the end")
{
	struct seen *child = seen_new("a<&\"b", spin, (void *)400);
	struct job *job = tool_start("profile", "-F", "199", "-n", "a<&*", "--flamegraph", tmp("f.svg"), "--pprof", tmp("p.gz"));
	const char *svg, *pprof, *before;
	size_t size;

	seen_run(child);
	tool_stop(job);
	seen_end(child);
	svg = file_text(tmp("f.svg"));
	CHECK(!strncmp(svg, "<?xml", 5));
	CHECK_HAS(svg, "data-n=\"profile_spins_a\"");
	CHECK_HAS(svg, "data-n=\"a&lt;&amp;&quot;b\"");
	CHECK_HAS(svg, "</svg>\n");
	CHECK_HAS(svg, text("(%lld samples, 100.00 %%)", sum(job, "samples")));
	if (run("sh", "-c", "command -v python3")->status == 0)
		CHECK_EQ(run("python3", "-c", text("import xml.dom.minidom as x; x.parse('%s')", tmp("f.svg")))->status, 0);
	pprof = unpacked(tmp("p.gz"), &size);
	CHECK(size > 100);
	CHECK(memmem(pprof, size, "profile_spins_a", 15) != NULL);
	CHECK(memmem(pprof, size, "samples", 7) != NULL);

	/* compared with a recording where it was not */
	before = tmp("before");
	CHECK_EQ(run("sh", "-c", text("echo 'a;main;other thing 10' >%s; echo ';;' >%s", before, tmp("bad")))->status, 0);
	child = seen_new("again", spin, (void *)200);
	job = tool_start("profile", "-F", "199", "-n", "again", "--flamegraph", tmp("d.svg"), "--against", before);
	seen_run(child);
	tool_stop(job);
	seen_end(child);
	CHECK_HAS(file_text(tmp("d.svg")), "before 0.00 %");
	needs("profile");
	CHECK_EQ(run("corekit", "profile", "--flamegraph", "/nowhere/x", "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "profile", "--pprof", tmp(NULL), "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "profile", "--against", before, "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "profile", "--against", tmp("bad"), "--flamegraph", tmp("x"), "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "profile", "--symfs", "/nowhere", "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "profile", "--depth", "128", "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "profile", "-F", "0", "-d", "100ms")->status, 2);
}

TEST(profile, "each sample is shown or counted as lost, also where no room is left for stacks")
{
	struct seen *child = seen_new("crowd", one_to_two, NULL);
	struct job *all = tool_start("profile", "-F", "199", "-n", "crowd"), *few;
	long long shown, taken;

	few = tool_start("profile", "-F", "199", "-n", "crowd", "--max-entries", "1");
	seen_run(child);
	tool_stop(few);
	tool_stop(all);
	seen_end(child);
	shown = sum(few, "samples");
	taken = shown + lost(few);
	CHECK_EQ(rows(few), 1);
	CHECK(lost(few) > 0);
	/* two samplers don't see the same moments, but as many of them */
	CHECK_BETWEEN(sum(all, "samples") * 0.7 - 10, taken, sum(all, "samples") * 1.4 + 10);
	CHECK_NO_LOSS(all);
}

TEST(profile, "idle CPUs are sampled with -I only")
{
	struct job *idle = tool_start("profile", "-I", "-F", "99"), *plain = tool_start("profile", "-F", "99");

	nap(400 * MS);
	tool_stop(plain);
	tool_stop(idle);
	CHECK_EQ(rows(plain, IS("pid", 0)), 0);
	CHECK(sum(idle, "samples") > 0);
}

TEST(profile, "names of functions with how far into them; raw rows by address")
{
	struct seen *child = seen_new("offset", spin, (void *)300);
	struct job *job = tool_start("profile", "-F", "199", "--offsets", "-U", "-n", "offset");
	json_t *r, *frame;
	bool found = false;
	size_t i;

	seen_run(child);
	tool_stop(job);
	seen_end(child);
	each_row(r, job)
		json_array_foreach(stack_of(r, "user"), i, frame) {
			const char *name = json_string_value(frame);

			if (!strncmp(name, "profile_spins_a+0x", 18) && strchr(name, '('))
				found = true;
		}
	CHECK(found);
}

static void holds(void *arg)
{
	profile_holds((long)arg * MS);
}

TEST(profile, "inlined functions and source lines where the program has them, in each output; else neither")
{
	struct seen *child = seen_new("inliner", holds, (void *)600);
	const char *inner = text("profile_inlined (profile.c:%d)", INLINED_AT), *outer = text("profile_holds (profile.c:%d)", HELD_AT), *out;
	struct job *both = tool_start("profile", "-F", "199", "-U", "-n", "inliner", "--inlines", "--lines", "--pprof", tmp("p.gz"));
	struct job *plain = tool_start("profile", "-F", "199", "-U", "-n", "inliner"), *folded, *only;
	size_t size;
	json_t *r;

	folded = tool_start("profile", "-F", "199", "-a", "--folded", "-f", "text", "-n", "inliner", "--inlines");
	only = tool_start("profile", "-F", "199", "-U", "-n", "inliner", "--lines", "--offsets");
	seen_run(child);
	tool_stop(both);
	tool_stop(plain);
	tool_stop(folded);
	tool_stop(only);
	seen_end(child);
	CHECK(stack_sum(both, "samples", "user", inner) > 0);
	each_row(r, both)
		for (size_t i = 0; i + 1 < json_array_size(stack_of(r, "user")); i++)
			if (!strcmp(json_string_value(json_array_get(stack_of(r, "user"), i)), inner))
				CHECK_STR(json_string_value(json_array_get(stack_of(r, "user"), i + 1)), outer);
	CHECK_EQ(stack_sum(plain, "samples", "user", "profile_inlined"), 0);
	CHECK(stack_sum(plain, "samples", "user", "profile_holds") > 0);
	CHECK_HAS(folded->out, ";holds;profile_holds;profile_inlined_[i];");
	CHECK(!strstr(folded->out, "profile.c"));
	CHECK(!strstr(only->out, "profile_inlined"));
	CHECK_HAS(only->out, text(" (truth) (profile.c:%d)", HELD_AT));
	out = unpacked(tmp("p.gz"), &size);
	CHECK(memmem(out, size, "tests/cpu/profile.c", 19) != NULL);
	CHECK(memmem(out, size, inner, strlen(inner)) != NULL);
}

/* One CPU at least stays. */
static bool set_online(int cpu, const char *value)
{
	int fd = open(text("/sys/devices/system/cpu/cpu%d/online", cpu), O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, value, 1) == 1;

	close(fd);
	return done;
}

static void spin_on_last(void *arg)
{
	pin((long)arg);
	profile_spins_a(1500 * MS);
}

TEST(profile, "CPUs that come while it runs are sampled, also those that were there before and had gone", .timeout = 120)
{
	struct job *before, *after;
	struct seen *child;
	json_t *r;
	int last = cpus() - 1;

	needs("profile");
	if (slow() <= 1 || last < 1 || !set_online(last, "0"))
		SKIP("only in a machine of its own, whose CPUs can be taken off line");
	after = tool_start("profile", "-F", "99", "-C", "-n", "comer");
	set_online(last, "1");
	before = tool_start("profile", "-F", "99", "-C", "-n", "comer");
	set_online(last, "0");
	nap(200 * MS);
	REQUIRE(set_online(last, "1"));
	nap(2500 * MS);
	child = seen_new("comer", spin_on_last, (void *)(long)last);
	seen_run(child);
	tool_stop(before);
	tool_stop(after);
	seen_end(child);
	CHECK(sum(before, "samples", IS("cpu", last)) > 0);
	CHECK(sum(after, "samples", IS("cpu", last)) > 0);
	each_row(r, after)
		CHECK(number(r, "cpu") <= last);
}
