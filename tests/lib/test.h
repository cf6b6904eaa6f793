/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tests that know the truth: start a tool, do something countable, stop it, compare.
 *
 *	TEST(opensnoop, "every open is shown once")
 *	{
 *		struct job *job = tool_start("opensnoop", "-p", text("%d", getpid()));
 *
 *		close(open(tmp("x"), O_RDWR | O_CREAT, 0600));
 *		tool_stop(job);
 *		CHECK_EQ(rows(job, IS("path", tmp("x")), IS("pid", getpid())), 1);
 *		CHECK_NO_LOSS(job);
 *	}
 *
 * A test runs in a child with a process group, a temporary directory and a deadline of its own.
 * What it leaves behind (processes, files, cgroups, mounts) the runner removes, so a test never cleans up.
 */
#ifndef TEST_H
#define TEST_H

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* --- A test. Its domain and file come from __FILE__, so tests are listed nowhere. --- */

struct test {
	const char *file, *subject, *what;
	int line;
	unsigned int timeout; /* seconds; 0: 60 */
	void (*body)(void);
	bool each_tool; /* run once for each tool that corekit lists; the_tool tells which */
	bool traces;	/* of them, only those that trace: not commands like doctor */
};

/* clang-format off: it knows no _Generic and no macros that make initializers */
#define TEST_JOIN_(a, b) a##b
#define TEST_JOIN(a, b)	 TEST_JOIN_(a, b)

#define TEST_DECLARE(...)                                                                                              \
	static void TEST_JOIN(test_at_, __LINE__)(void);                                                               \
	static const struct test TEST_JOIN(test_entry_, __LINE__) = {                                                  \
		.file = __FILE__, .line = __LINE__, .body = TEST_JOIN(test_at_, __LINE__), __VA_ARGS__};                \
	static const struct test *const TEST_JOIN(test_pointer_, __LINE__)                                             \
		__attribute__((used, section("tests"))) = &TEST_JOIN(test_entry_, __LINE__);                           \
	static void TEST_JOIN(test_at_, __LINE__)(void)

/* Further arguments: .timeout = SECONDS. TIMEOUT and every other deadline is multiplied by $TEST_SLOW. */
#define TEST(name, sentence, ...)      TEST_DECLARE(.subject = #name, .what = sentence, ##__VA_ARGS__)
#define TEST_EACH_TOOL(sentence, ...) TEST_DECLARE(.each_tool = true, .what = sentence, ##__VA_ARGS__)

/* What `corekit --json` says of the tool under a TEST_EACH_TOOL. */
struct listed {
	const char *domain, *name, *summary;
	char *args[8]; /* what the tool needs to run at all; mostly nothing */
	bool traces;
};
extern const struct listed *the_tool;

/* --- Checks. CHECK notes a failure and goes on, REQUIRE ends the test. Both count in forked children too. --- */

void test_failed(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
void test_end(void) __attribute__((noreturn));
void test_blinded(void);	/* called where the kernel tells of programs that it skipped */
void test_skip(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
bool check_eq(const char *file, int line, const char *what, long long got, long long want);
bool check_str(const char *file, int line, const char *what, const char *got, const char *want);
bool check_has(const char *file, int line, const char *what, const char *got, const char *part);
bool check_between(const char *file, int line, const char *what, double low, double got, double high);

#define FAIL(...)    test_failed(__FILE__, __LINE__, __VA_ARGS__)
#define CHECK(cond)  ((cond) ? true : (FAIL("not true: %s", #cond), false))
#define REQUIRE(cond) ((cond) ? (void)0 : (FAIL("not true: %s (errno: %m)", #cond), test_end()))
#define CHECK_EQ(got, want)   check_eq(__FILE__, __LINE__, #got, got, want)
#define CHECK_STR(got, want)  check_str(__FILE__, __LINE__, #got, got, want)
#define CHECK_HAS(got, part)  check_has(__FILE__, __LINE__, #got, got, part)
#define CHECK_BETWEEN(low, got, high) check_between(__FILE__, __LINE__, #got, low, got, high)

/*
 * Nothing was lost. A preemptible kernel skips a program on a CPU while another task is stopped inside it, and
 * counts that; an emulated CPU is stopped so often that some are allowed there. What else is missing in such a test
 * proves nothing either: if it fails, it is skipped for that reason. Not so here, where CPUs are real.
 */
#define CHECK_NO_LOSS(job) check_eq(__FILE__, __LINE__, "lost(" #job ")", lost(job) - missed_allowed(job), 0)

/* So many rows, each of one event: fewer only if so many are counted as missed, see above. */
#define CHECK_ROWS(job, n, ...) \
	check_between(__FILE__, __LINE__, "rows(" #job ", " #__VA_ARGS__ ")", (n) - missed_allowed(job), \
		      rows(job, ##__VA_ARGS__), n)

/* Only for what this machine truly has not: a hook, a system call, a file system. */
#define SKIP(...) test_skip(__VA_ARGS__)

/* --- Commands. Output goes to memory that never fills a pipe, so nothing blocks however much it is. --- */

struct job {
	char *name;
	pid_t pid;
	int status;	   /* exit status, 128 + signal; -1 while it runs */
	bool late;	   /* it had to be killed */
	bool json;	   /* a tool that was not started with -f */
	char *out, *err;   /* complete and terminated once it has ended */
	size_t out_length; /* stdout may hold zero bytes */
	int pidfd, out_fd, err_fd;
};

struct how {
	uid_t uid;	 /* 0: as the test is */
	uint64_t caps;	 /* capabilities (bits) that such a user has */
	int out;	 /* a descriptor to be its stdout; 0: captured */
	double deadline; /* seconds; 0: 20 */
};

/* What this machine refuses of such a user, or NULL. */
const char *how_refused(const struct how *how);
struct job *job_start(const struct how *how, const char *const *argv);
int job_wait(struct job *job, double seconds); /* its status; kills it when it is late */
int job_end(struct job *job, int signal);      /* 0: let it end by itself */
char *job_now(struct job *job);		       /* its stdout up to now */
struct job *job_run(const struct how *how, const char *const *argv);

#define BIG_ENDIAN_HERE (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})

/* run("sh", "-c", "…") to its end. A first word "corekit" is the program under test, $COREKIT. */
#define run(...)	  job_run(NULL, ARGV(__VA_ARGS__))
#define run_as(user, ...) job_run(&(struct how){.uid = user}, ARGV(__VA_ARGS__))

int lines(const char *text);

/* --- Tools. --- */

/*
 * Starts `corekit NAME --json --ready-fd N ARGS…` and returns when it is attached; with -f among ARGS there is no
 * --json. One that cannot run on this kernel (status 3) skips the test, if `corekit doctor` says so too; anything
 * else ends it as failed.
 */
struct job *tool_start_argv(const char *const *argv);
#define tool_start(...) tool_start_argv(ARGV(__VA_ARGS__))

void tool_stop(struct job *job);      /* SIGINT; it must end with status 0 and each line must be JSON */
void tool_wait(struct job *job);      /* the same for one that ends by itself: -d, -N, -- COMMAND */
void tool_check_json(struct job *job); /* for those ended by job_end() */
void needs(const char *tool);	      /* skips where doctor says it cannot run, and the tool itself says why */

struct listed *tools_listed(size_t *count);

/*
 * --- Rows: the JSON objects of a stopped tool, without its loss lines. ---
 * Strings hold the bytes that the tool saw, also those that are no UTF-8.
 */

struct where {
	const char *key, *text; /* text NULL: absent, or null */
	long long number;
	bool is_number;
};

static inline struct where where_text(const char *key, const char *text)
{
	return (struct where){key, text, 0, false};
}

static inline struct where where_number(const char *key, long long number)
{
	return (struct where){key, NULL, number, true};
}

#define IS(key, value)                                                                                                 \
	_Generic((value), char *: where_text, const char *: where_text, default: where_number)(key, value)
#define NOTHING ((const char *)NULL) /* IS("error", NOTHING) */
#define WHERE(...) (const struct where[]){{0}, ##__VA_ARGS__, {0}}

long rows_count(struct job *job, const struct where *where);
json_t *rows_first(struct job *job, const struct where *where);
long long rows_sum(struct job *job, const char *key, const struct where *where);
json_t *row_next(struct job *job, size_t *at, const struct where *where);

#define rows(job, ...)	    rows_count(job, WHERE(__VA_ARGS__))	     /* how many */
#define row(job, ...)	    rows_first(job, WHERE(__VA_ARGS__))	     /* the first; none ends the test */
#define sum(job, key, ...) rows_sum(job, key, WHERE(__VA_ARGS__)) /* of a number */
#define each_row(r, job, ...)                                                                                          \
	for (size_t at_ = 0; (r = row_next(job, &at_, WHERE(__VA_ARGS__))); json_decref(r))

long long lost(struct job *job);		     /* what the loss lines add up to */
long long missed_allowed(struct job *job);   /* of it, for CHECK_NO_LOSS */
long long missed_up_to(struct job *job, long long most); /* 0 if there were more */
long long number(const json_t *row, const char *key); /* a missing key fails the test */
const char *string(const json_t *row, const char *key);

/* --- The world. --- */

/*
 * Of what the kernel itself accounts for, how much a program sees at the least: all, but the kernel of one machine that
 * tests run on themselves (a 6.18) calls no program while a thread of its process 1 runs, neither for its switches nor
 * for the interrupts that hit it. Tracefs shows them, so it is not the tracepoint.
 */
#define SEEN_OF_SWITCHES (slow() > 1 ? 0.85 : 0.5)
#define SEEN_OF_INTERRUPTS (slow() > 1 ? 1 : 0.5)
/* So a request to a disk whose end interrupts such a thread: few, as the one who waits for it has the CPU mostly. */
#define CHECK_REQUESTS(got, n) CHECK_BETWEEN(slow() > 1 ? (n) : (n) * 0.95 - 1, got, n)
double slow(void);		      /* $TEST_SLOW: how much slower than usual this machine is */
const char *tmp(const char *name);    /* its path in this test's own directory; NULL: the directory */
const char *text(const char *format, ...) __attribute__((format(printf, 1, 2))); /* never freed */
char *file_text(const char *path);    /* all of it, terminated */
/* A file in the test's own directory, of what a skeleton's NAME__elf_bytes() gives. */
const char *object_file(const char *name, const void *(*bytes)(size_t *size));
uint64_t now_ns(void);		      /* the monotonic clock */
void busy(uint64_t ns);		      /* burns CPU */
void burn(uint64_t ns);		      /* ... this much CPU time, however long that takes */
void nap(uint64_t ns);		      /* sleeps */
void pin(int cpu);		      /* this thread, to the n-th CPU that it may use */
void occupy(int cpu, uint64_t ns);     /* a process keeps that CPU to itself: whom interrupts hit is known, see above */
int cpus(void);			      /* how many it may use */
bool until(double seconds, bool (*done)(void *), void *arg); /* polls with a deadline */

/* A child that waits, already named and with its pid known, until it is let go. */
struct child {
	pid_t pid;
	int go;
};
struct child child_new(const char *comm, uid_t uid, void (*work)(void *), void *arg);
void child_go(struct child *child);   /* let it work */
int child_wait(struct child *child);  /* its status */
void child_run(struct child *child);  /* both; the status must be 0 */

pid_t thread_run(const char *comm, int cpu, void (*work)(void *), void *arg); /* to its end; its tid. cpu -1: any */

/* What the kernel counted in /proc/interrupts or /proc/softirqs under this name; cpu -1: on all. */
long long interrupts(const char *file, const char *name, int cpu);

/* A TCP connection over lo, of which every byte is known. */
struct tcp {
	int client, server, family;
	int client_port, server_port;
};
struct tcp tcp_open(int family);
void tcp_send(struct tcp *tcp, size_t to_server, size_t to_client);
void tcp_close(struct tcp *tcp); /* the client first */

/* Cgroup v2, mounted for the test where the machine has it nowhere. */
const char *cgroup_new(const char *name); /* made for this test; its path */
uint64_t cgroup_id(const char *path);
void cgroup_enter(const char *path, pid_t pid); /* 0: the caller */

void mount_tmpfs(const char *path); /* makes it, in a mount namespace of this test's own */

/*
 * Disks. A loop device on a file, of this test's own or that one, opened past the page cache; its name. It goes with
 * the test. A null_blk device that takes 10 ms for each request: only where modules can be loaded.
 */
const char *loop_new(int *fd);
const char *loop_on(const char *path, int *fd);
int null_disk(const char *depth, const char *scheduler, int ms);
/* A new file system of that type (ext4, xfs, btrfs) on such a loop device, mounted for this test; where. */
const char *fs_new(const char *type);
/* "file" in that folder, of so many times 4,096 bytes: safe on its disk, and nothing of it in the page cache. */
int cold_file(const char *where, int pages);
/* One of FUSE, with one file of 1,000 bytes, "slow", of which each read takes so long; where it is. */
const char *nfs_new(void); /* over loopback; takes ten seconds */
void nfs_end(const char *where);
const char *fuse_new(uint64_t ns);
enum { DISK_READS = 0, DISK_READ_SECTORS = 2, DISK_WRITES = 4, DISK_WRITE_SECTORS = 6, DISK_FLUSHES = 15 };
long long disk_stat(const char *disk, int field); /* a number of /sys/block/DISK/stat */

/* Requests of 4 KiB, each waited for before the next, and none next to another: nothing is merged. */
struct io {
	int fd;
	int reads, writes, syncs;
	off_t from;
};
void io_run(void *io);

/* What a 32-bit program would call. Pointers must come from low(). */
bool int80_works(void);
long int80(long nr, long a, long b, long c, long d);
void *low(size_t size);
long socketcall(int which, long a, long b, long c); /* by int80(); which as net/socket.c has it: SYS_BIND is 2 */

/* BPF objects that the kernel holds: programs, maps and links with an id, as one sorted text. */
char *bpf_ids(void);
bool bpf_ids_gone(const char *before, double seconds); /* nothing newer than `before` is left */

/* --- For main.c and the tests of this library itself. --- */

enum result { PASSED, FAILED, SKIPPED };
struct outcome {
	enum result result;
	char *output, *reason;
	double seconds;
};
struct outcome test_run(const struct test *test);
extern const char *corekit_path;
/* clang-format on */

#endif
