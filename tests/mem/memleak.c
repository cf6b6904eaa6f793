// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "spin.h"

/* What the compiler can't see into, so that no allocation is left out. */
static void *(*volatile the_malloc)(size_t) = malloc;
static void *(*volatile the_calloc)(size_t, size_t) = calloc;
static void *(*volatile the_realloc)(void *, size_t) = realloc;
static void (*volatile the_free)(void *) = free;

SEEN void memleak_keeps(void)
{
	for (int i = 0; i < 7; i++)
		the_malloc(1000 + i);
	seen_after++;
}

SEEN void memleak_frees(void)
{
	for (int i = 0; i < 7; i++)
		the_free(the_malloc(500));
	seen_after++;
}

SEEN void memleak_zeroes(void)
{
	the_calloc(3, 11);
	seen_after++;
}

SEEN void memleak_grows(void)
{
	void *p = the_malloc(10);

	p = the_realloc(p, 100);
	p = the_realloc(p, 5000);
	the_realloc(NULL, 13);
	seen_after += !p;
}

SEEN void memleak_aligns(void)
{
	void *p = NULL;

	REQUIRE(posix_memalign(&p, 64, 640) == 0);
	REQUIRE(aligned_alloc(128, 1280));
	seen_after += !p;
}

/* Too large for the heap: the allocator maps it, which is no other allocation. */
SEEN void memleak_maps(void)
{
	void *p = mmap(NULL, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(p != MAP_FAILED);
	p = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(p != MAP_FAILED && munmap(p, 8192) == 0);
	the_malloc(300000);
	the_free(the_malloc(400000));
	seen_after++;
}

static void allocates(void *arg)
{
	memleak_keeps();
	memleak_frees();
	memleak_zeroes();
	memleak_grows();
	memleak_aligns();
	memleak_maps();
}

static long long bytes_of(struct job *job, const char *function, long long *count)
{
	*count = stack_sum(job, "count", "user", function);
	return stack_sum(job, "bytes", "user", function);
}

static struct job *start(struct seen *child, const char *a, const char *b)
{
	return tool_start("memleak", "-p", text("%d", child->child.pid), "--older", "0", "-r", "1000", a, b);
}

TEST(memleak, "what a program holds, to the byte, by who asked for it", .timeout = 120)
{
	struct seen *child = seen_new("holds", allocates, NULL);
	struct job *job = start(child, NULL, NULL), *each;
	long long count;
	json_t *r;

	each = start(child, "--show-allocs", "--min-size=1001");
	seen_run(child);
	tool_stop(job);
	tool_stop(each);
	seen_end(child);
	CHECK_EQ(bytes_of(job, "memleak_keeps", &count), 7 * 1000 + 21);
	CHECK_EQ(count, 7);
	CHECK_EQ(bytes_of(job, "memleak_frees", &count), 0);
	CHECK_EQ(bytes_of(job, "memleak_zeroes", &count), 33);
	CHECK_EQ(count, 1);
	CHECK_EQ(bytes_of(job, "memleak_grows", &count), 5013);
	CHECK_EQ(count, 2);
	CHECK_EQ(bytes_of(job, "memleak_aligns", &count), 640 + 1280);
	CHECK_EQ(count, 2);
	CHECK_EQ(bytes_of(job, "memleak_maps", &count), 65536 + 300000);
	CHECK_EQ(count, 2);
	CHECK_EQ(rows(job, IS("pid", child->child.pid), IS("comm", "holds"), IS("kind", "program")), rows(job));
	CHECK_EQ(bytes_of(each, "memleak_keeps", &count), 6 * 1000 + 21);
	CHECK_EQ(count, 6);
	CHECK_EQ(bytes_of(each, "memleak_zeroes", &count), 0);
	each_row(r, each) {
		CHECK_EQ(number(r, "count"), 1);
		CHECK(json_object_get(r, "address") != NULL);
	}
	CHECK_NO_LOSS(job);
}

static void many(void *arg)
{
	for (int i = 0; i < 2000; i++)
		the_malloc(16);
}

TEST(memleak, "a sample is about what it says; and what has no room is counted as lost")
{
	struct seen *child = seen_new("many", many, NULL);
	struct job *sample = start(child, "-s", "10"), *full = start(child, "--max-entries", "100");
	long long held;

	seen_run(child);
	tool_stop(sample);
	tool_stop(full);
	seen_end(child);
	/* 200, give or take 13 by chance */
	CHECK_BETWEEN(100, sum(sample, "count"), 320);
	held = sum(full, "count");
	CHECK_BETWEEN(50, held, 200);
	CHECK(lost(full) + held >= 2000);
}

static void files(void *arg)
{
	for (int i = 0; i < 200; i++)
		REQUIRE(eventfd(0, EFD_CLOEXEC) >= 0);
}

TEST(memleak, "what the kernel holds for a program that has files open")
{
	struct seen *open = seen_new("opens", files, NULL);
	struct job *job = tool_start("memleak", "-n", "opens", "--older", "0", "-r", "1000"), *few, *percpu;

	few = tool_start("memleak", "-n", "opens", "--older", "1h");
	percpu = tool_start("memleak", "-P", "--older", "0");
	seen_run(open);
	tool_stop(job);
	tool_stop(few);
	tool_stop(percpu);
	seen_end(open);
	/* a file and what it is about, for each */
	CHECK(sum(job, "count", IS("kind", "slab")) >= 200);
	CHECK(sum(job, "bytes", IS("kind", "slab")) >= 200 * 100);
	CHECK_EQ(rows(few), 0);
	CHECK_EQ(rows(percpu, IS("kind", "percpu")), rows(percpu));
}

TEST(memleak, "what it can't do is told")
{
	struct job *job;

	needs("memleak");
	job = run("corekit", "memleak", "-O", "/dev/null", "-d", "100ms");
	CHECK_EQ(job->status, 2);
	CHECK_EQ(lines(job->err), 1);
	CHECK_EQ(run("corekit", "memleak", "-z", "2", "-Z", "1", "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "memleak", "-P", "-p", text("%d", getpid()), "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "memleak", "-s", "0", "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "memleak", "-p", text("%d", getpid()), "-S", "no_such_", "-d", "100ms")->status, 2);
}

/* --- What ends in between --- */

/* An allocator that never returns: with --symbols-prefix it is one. */
SEEN void *memleak_test_malloc(size_t size)
{
	*(volatile pid_t *)size = gettid();
	syscall(SYS_exit, 0);
	return NULL;
}

static void *ends_inside(void *arg)
{
	return memleak_test_malloc((size_t)arg);
}

static pid_t *ended;

static void ends_often(void *arg)
{
	for (int i = 0; i < 3; i++) {
		pthread_t thread;

		REQUIRE(pthread_create(&thread, NULL, ends_inside, &ended[i]) == 0);
		REQUIRE(pthread_join(thread, NULL) == 0);
	}
}

/* In any tool's map of calls. */
static bool is_calling(pid_t tid)
{
	bool found = false;

	for (__u32 id = 0; !bpf_map_get_next_id(id, &id);) {
		struct bpf_map_info info = {};
		__u32 size = sizeof(info);
		char value[256];
		int fd = bpf_map_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &size) && !strcmp(info.name, "calls") && info.value_size <= sizeof(value) &&
		    info.key_size == sizeof(tid))
			found |= !bpf_map_lookup_elem(fd, &tid, value);
		close(fd);
	}
	return found;
}

static bool calls_no_more(void *arg)
{
	return !is_calling(*(pid_t *)arg);
}

TEST(memleak, "a thread that ends within the allocator leaves nothing behind")
{
	struct seen *child;
	struct job *job;

	ended = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(ended != MAP_FAILED);
	child = seen_new("ends", ends_often, NULL);
	job = tool_start("memleak", "-S", "memleak_test_", "-p", text("%d", child->child.pid), "--older", "0");
	seen_run(child);
	for (int i = 0; i < 3; i++) {
		CHECK(ended[i] > 0);
		CHECK(until(20, calls_no_more, &ended[i])); /* it is joined before its end is told */
	}
	tool_stop(job);
	seen_end(child);
	CHECK_EQ(stack_sum(job, "count", "user", "memleak_test_malloc"), 0);
	CHECK_NO_LOSS(job);
}

/* ... and one that does: few functions, so few probes. */
SEEN void *memleak_test_calloc(size_t n, size_t size)
{
	void *p = the_calloc(n, size);

	seen_after++;
	return p;
}

static void keeps_few(void *arg)
{
	for (int i = 0; i < 7; i++)
		memleak_test_calloc(10, 100 + i);
}

TEST(memleak, "what a process held that has ended is forgotten while others are watched, and kept where it was the only one")
{
	struct seen *one = seen_new("one", keeps_few, NULL), *two = seen_new("two", keeps_few, NULL);
	const char *pids = text("%d,%d", one->child.pid, two->child.pid), *pid = text("%d", one->child.pid);
	struct job *both = tool_start("memleak", "-S", "memleak_test_", "-p", pids, "--older", "0", "-r", "1000"), *only;

	only = tool_start("memleak", "-S", "memleak_test_", "-p", pid, "--older", "0", "-r", "1000");
	seen_run(one);
	seen_end(one);
	seen_run(two);
	tool_stop(both);
	tool_stop(only);
	seen_end(two);
	CHECK_EQ(rows(both, IS("pid", one->child.pid)), 0);
	CHECK_EQ(sum(both, "bytes", IS("pid", two->child.pid)), 7 * 1000 + 210);
	CHECK_EQ(sum(only, "bytes", IS("pid", one->child.pid)), 7 * 1000 + 210);
	CHECK_NO_LOSS(both);
}

/* --- Allocators, and C++ --- */

static const char allocator[] =
	"#include <cstdio>\n#include <cstdlib>\n#include <new>\n#include <malloc.h>\n#include <unistd.h>\n"
	"void *volatile kept; struct alignas(64) wide { char bytes[1984]; }; struct plain { char bytes[2002]; };\n"
	"static void keep(void *p) { kept = p; }\n"
	"int main() { char c; void *p; puts(\"ready\"); fflush(stdout);\n"
	"	if (read(0, &c, 1) != 1) return 1;\n"
	"	for (int i = 0; i < 10; i++) keep(malloc(10001));\n"
	"	for (int i = 0; i < 7; i++) keep(new char[3003]);\n"
	"	for (int i = 0; i < 6; i++) keep(new plain);\n"
	"	for (int i = 0; i < 5; i++) keep(calloc(3, 707));\n"
	"	for (int i = 0; i < 4; i++) keep(realloc(malloc(105), 5005));\n"
	"	for (int i = 0; i < 3; i++) { if (posix_memalign(&p, 64, 4004)) return 2; keep(p); }\n"
	"	for (int i = 0; i < 3; i++) keep(aligned_alloc(64, 6400));\n"
	"	for (int i = 0; i < 2; i++) keep(new wide);\n"
	"	for (int i = 0; i < 2; i++) keep(new (std::nothrow) char[3333]);\n"
	/* and as many ways to give back */
	"	for (int i = 0; i < 20; i++) { keep(malloc(10007)); free(kept); }\n"
	"	for (int i = 0; i < 20; i++) { char *a = new char[3017]; keep(a); delete[] a; }\n"
	"	for (int i = 0; i < 20; i++) { struct { char x[2017]; } typedef t; t *a = new t; keep(a); delete a; }\n"
	"	for (int i = 0; i < 20; i++) { struct alignas(64) s { char x[1920]; }; s *a = new s; keep(a); delete a; }\n"
	"	for (int i = 0; i < 20; i++) { keep(calloc(7, 111)); free(kept); }\n"
	"	for (int i = 0; i < 20; i++) { if (posix_memalign(&p, 128, 4444)) return 2; free(p); }\n"
	"	puts(\"done\"); fflush(stdout);\n"
	"	return read(0, &c, 1) != 1; }\n";

static const char *const libraries[] = {NULL, "libjemalloc.so.2", "libtcmalloc_minimal.so.4", "libmimalloc.so.2.0", "libmimalloc.so.3"};

#define LIBRARIES (sizeof(libraries) / sizeof(*libraries))

struct program {
	pid_t pid;
	int in[2], out[2];
};

/* With that library in place of libc's allocator; pid 0: it isn't here. */
static void program_start(struct program *p, const char *library)
{
	char *path = library ? run("sh", "-c", text("ls /usr/lib/*-linux-*/%s 2>/dev/null | head -n 1", library))->out : NULL;
	char line[8];

	if (path && !*path)
		return;
	if (path)
		path[strcspn(path, "\n")] = 0;
	REQUIRE(pipe2(p->in, O_CLOEXEC) == 0 && pipe2(p->out, O_CLOEXEC) == 0);
	p->pid = fork();
	REQUIRE(p->pid >= 0);
	if (!p->pid) {
		dup2(p->in[0], 0);
		dup2(p->out[1], 1);
		if (path)
			setenv("LD_PRELOAD", path, 1);
		execl(tmp("allocator"), "allocator", NULL);
		_exit(127);
	}
	REQUIRE(read(p->out[0], line, 6) == 6);	/* its libraries are there */
}

static void program_go(struct program *p)
{
	char line[8];

	REQUIRE(write(p->in[1], "x", 1) == 1 && read(p->out[0], line, 5) == 5);
}

static void program_check(struct program *p, const char *library, struct job *job)
{
	static const struct { int bytes, count; } want[] = {
		{10001, 10}, {3003, 7}, {2002, 6}, {3 * 707, 5}, {5005, 4}, {4004, 3}, {6400, 3}, {1984, 2}, {3333, 2},
		{105, 0}, {10007, 0}, {3017, 0}, {2017, 0}, {1920, 0}, {777, 0}, {4444, 0},
	};

	REQUIRE(write(p->in[1], "x", 1) == 1);
	REQUIRE(waitpid(p->pid, NULL, 0) == p->pid);
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		long long pieces = sum(job, "count", IS("pid", p->pid), IS("bytes", want[i].bytes));

		if (pieces != want[i].count)
			FAIL("%s: %lld pieces of %d bytes, not %d", library ?: "libc", pieces, want[i].bytes, want[i].count);
	}
}

TEST(memleak, "each allocator, with C++'s new and delete in all their forms: what is held, to the piece", .timeout = 240)
{
	struct program p;
	struct job *job;
	FILE *f;

	needs("memleak");
	if (run("sh", "-c", "command -v g++")->status)
		SKIP("no C++ compiler here");
	f = fopen(tmp("allocator.cc"), "w");
	REQUIRE(f && fputs(allocator, f) >= 0 && fclose(f) == 0);
	REQUIRE(run("sh", "-c", text("g++ -O1 -fno-builtin -std=c++17 -o %s %s", tmp("allocator"), tmp("allocator.cc")))->status == 0);
	for (size_t i = 0; i < LIBRARIES; i++) {
		p = (struct program){};
		program_start(&p, libraries[i]);
		if (!p.pid)
			continue;
		job = tool_start("memleak", "-p", text("%d", p.pid), "--older", "0", "-a", "-r", "100000");
		program_go(&p);
		tool_stop(job);
		program_check(&p, libraries[i], job);
		CHECK_NO_LOSS(job);
	}
}
