/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The whole contract between a tool and the suite.
 *
 * A tool is data: which BPF object, which options, which columns, which words.  What
 * every tool does - parse, load, attach, poll, print, count losses, explain itself - is
 * done once, in user/lib.  The tables bind with offsetof into the skeleton's own types,
 * so that a misspelt member or BPF global stops the build at the right line.
 */
#ifndef TOOL_H
#define TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <linux/types.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "lib/shared.h"

#define MEMBER(type, m) (((type *)0)->m)

struct run;
struct out;

/* --- Options: each writes straight into a BPF global of the tool, or into a variable of its user side. --- */

enum value { V_END, V_BOOL, V_U32, V_U64, V_CHARS };

enum unit {
	UNIT_NONE,
	UNIT_NSEC,	/* 10ms, 5us, 1.5s; a bare number is in the option's own unit */
	UNIT_SIZE,	/* 4k, 1m: powers of 1024 */
};

#define VALUE_OF(x) _Generic((x), bool: V_BOOL, __u32: V_U32, __u64: V_U64, unsigned long: V_U64, default: V_CHARS)

struct opt {
	char letter;			/* 0: long name only */
	const char *name, *arg, *help;	/* arg == NULL: the option is a switch */
	enum value value;
	enum unit unit;
	__u64 bare;			/* ns that a bare number stands for */
	__u64 min, max;			/* both 0: what the type holds */
	size_t offset, size;		/* of the global in .rodata */
	void *here;			/* in its place a variable of user space; of V_CHARS, a const char * */
	__u32 set;			/* a list for filter_set: the kind of its keys */
	int (*find)(const char *word, __u64 *id);	/* ... by name; -ENOENT */
	int (*parse)(struct run *run, const char *arg, void *to);	/* NULL: by `value` */
	const char *shows, *hides;	/* columns, "pid comm", that the option shows as well, or hides */
	bool keyed;			/* histograms: one for each value of those columns */
	bool many;			/* may be given more than once: parse() is called for each */
	__u64 set_to;			/* a switch for a __u64: what it sets */
	const char *complete;		/* what the argument is, for shell completion */
};

#define OPT(l, n, a, skel, m, h, ...)						\
	{ .letter = l, .name = n, .arg = a, .help = h,				\
	  .value = VALUE_OF(MEMBER(struct skel##_bpf__rodata, m)),		\
	  .offset = offsetof(struct skel##_bpf__rodata, m),			\
	  .size = sizeof(MEMBER(struct skel##_bpf__rodata, m)), __VA_ARGS__ }

/* A duration, kept in ns; `b` is what a bare number means. */
#define NSEC  1ULL
#define USEC  1000ULL
#define MSEC  1000000ULL
#define SEC_  1000000000ULL
#define OPT_TIME(l, n, a, skel, m, b, h, ...) OPT(l, n, a, skel, m, h, .unit = UNIT_NSEC, .bare = b, ##__VA_ARGS__)

/* A list of numbers that BPF looks for with filter_has(kind, id). */
#define OPT_SET(l, n, a, kind, h, ...) { .letter = l, .name = n, .arg = a, .help = h, .value = V_U32, .set = kind, ##__VA_ARGS__ }

/* A switch that only shows a column. */
#define OPT_SHOW(l, n, col, h) { .letter = l, .name = n, .help = h, .value = V_BOOL, .shows = col, .parse = opt_show }

/* A histogram's unit, in ns. */
#define OPT_UNIT(l, n, skel, m, ns, h) OPT(l, n, NULL, skel, m, h, .set_to = ns)

#define KEYED(columns) .keyed = true, .shows = columns

/* --- Columns: one description for text, JSON, CSV, the schema and the manual. --- */

enum look {
	L_NUM, L_STR,
	L_TIME,		/* boot-clock ns */
	L_NSEC,		/* a duration in ns: text in `unit`, JSON as an integer with _ns behind the key */
	L_SIZE,		/* bytes */
	L_FD,		/* nothing when negative */
	L_ERRNO,	/* a name when negative, nothing else */
	L_OCT, L_HEX, L_USER, L_CGROUP, L_DEV, L_SYSCALL, L_SIGNAL, L_BOOL,
	L_OWN,		/* show() writes it */
	L_KINDS
};

struct column {
	const char *key, *help;		/* the heading is the key in capitals */
	short width;			/* < 0: left-aligned; 0: the rest of the line */
	bool is_signed, hidden, blank, bare_json;	/* bare_json: an L_OWN column that is no JSON string */
	enum look look;
	const char *unit;		/* L_NSEC: "s", "ms", "us"; shown in the heading */
	size_t offset, size;
	size_t needs;			/* a bool in struct common, or ... */
	size_t needs_own;		/* ... in the tool's .rodata, plus 1: set when the column is shown */
	void (*show)(struct out *out, const struct column *c, const void *row);
};

#define LOOK_OF(x) _Generic((x), char *: L_STR, default: L_NUM)
#define SIGNED(x) _Generic((x), __s8: true, __s16: true, __s32: true, __s64: true, long: true, default: false)

#define COL_AS(l, k, type, m, w, h, ...)					\
	{ .key = k, .help = h, .width = w, .look = l,				\
	  .is_signed = SIGNED(MEMBER(type, m)),					\
	  .offset = offsetof(type, m), .size = sizeof(MEMBER(type, m)), ##__VA_ARGS__ }

#define COL(k, type, m, ...) COL_AS(LOOK_OF(MEMBER(type, m)), k, type, m, __VA_ARGS__)
#define COL_NSEC(k, u, type, m, ...) COL_AS(L_NSEC, k, type, m, __VA_ARGS__, .unit = u)
#define COL_OWN(k, fn, w, h, ...) { .key = k, .help = h, .width = w, .look = L_OWN, .show = fn, ##__VA_ARGS__ }

/* `m` is a sum of ns, and the __u64 behind it of how many. */
#define COL_AVERAGE(type, m, w, h, ...)						\
	COL_OWN("avg", out_average, w, h ": microseconds, in JSON nanoseconds", .offset = offsetof(type, m), .bare_json = true, ##__VA_ARGS__)

#define HIDDEN .hidden = true
#define BLANK .blank = true	/* 0, or no text: not known, so nothing is shown */
#define WANTS(m) .needs = offsetof(struct common, m)
#define NEEDS(skel, m) .needs_own = offsetof(struct skel##_bpf__rodata, m) + 1

#define COL_ORIGIN(type) COL_ORIGIN_AS(type, false)

#define COL_ORIGIN_AS(type, hide_comm)						\
	COL_AS(L_TIME, "time", type, origin.time, -12, "when it happened", HIDDEN), \
	COL_AS(L_USER, "user", type, origin.uid, -8, "user name", HIDDEN, .needs = offsetof(struct common, want_uid)), \
	COL("uid", type, origin.uid, 6, "user id", HIDDEN, .needs = offsetof(struct common, want_uid)), \
	COL_AS(L_CGROUP, "cgroup", type, origin.cgroup, -24, "cgroup v2 path", HIDDEN, \
	       .needs = offsetof(struct common, want_cgroup)),			\
	COL("cpu", type, origin.cpu, 3, "processor that it happened on", HIDDEN), \
	COL("tid", type, origin.tid, 7, "thread id", HIDDEN),			\
	COL("pid", type, origin.pid, 7, "process id"),				\
	COL("comm", type, origin.comm, -16, "command name", .hidden = hide_comm, .needs = offsetof(struct common, want_comm))

/* --- Tables: what a tool counts in maps, shown at the end or at an interval. --- */

struct table {
	const char *map;		/* hash or array, per CPU or not; HISTOGRAMS() map */
	const char *sort;		/* rows: the column to sort by */
	const char *unit;		/* histograms: the word for their values */
	size_t size, value_at;		/* of a row: the key, then the value at value_at */
	size_t divide;			/* histograms: a __u64 in .rodata plus 1, the ns that a unit has */
	size_t adds;			/* rows: bytes of the value that are counters (__u64); 0: all of it */
	__u32 per_cpu;			/* rows: an array with so many entries for each CPU */
	bool apart;			/* ... that are not added up: the key is CPU * per_cpu + entry */
	bool up;			/* rows: the smallest first */
	bool screen;			/* rows: on a terminal, as top does it; every second unless told */
	size_t peak;			/* of a struct peak in the value plus 1; after what `adds` counts */
	size_t identity;		/* of a __u64 in the value plus 1: another one, another thing */
	int (*read)(void *value, __u64 now);	/* what it was at that time; -EAGAIN: it was being changed */
	int (*gather)(struct run *run);		/* before each reading: puts into the map what is counted elsewhere */
	bool (*row)(struct run *run, void *row);	/* complete a row; false: leave it out */
	void (*all)(struct run *run, void *rows, size_t n);	/* what needs them all: shares */
	size_t (*merge)(struct run *run, void *rows, size_t n);	/* make one of rows that are the same after row(); how many are left */
	bool (*line)(struct run *run, const void *row);	/* writes a row its own way; NULL: the heading; false: as usual */
	bool keyed;			/* histograms: always one a key */
	bool average;			/* ... with a line below: average, sum, how many */
	bool idle;			/* rows: those that had nothing in an interval as well */
};

#define ROWS(m, type, by, ...) { .map = m, .sort = by, .size = sizeof(type), .value_at = offsetof(type, value), ##__VA_ARGS__ }
#define DIVIDE(skel, m) .divide = offsetof(struct skel##_bpf__rodata, m) + 1
#define HISTS(m, type, u, ...) { .map = m, .unit = u, .size = sizeof(type), .value_at = sizeof(type), ##__VA_ARGS__ }

/* --- Subcommands: "bpftable dump MAP". --- */

struct command {
	const char *name, *args, *help;	/* args: "MAP [KEY]..." */
	const char *takes;		/* which of the tool's own options: "where as" */
	const struct column *columns;
	int min, max;			/* how many arguments; max < 0: any number */
	bool hist;			/* what it shows is histograms */
	bool live;			/* runs on until it is told to end, so it takes -i, -d, -N, -T as well */
	int (*run)(struct run *run);
};

/* --- The tool. --- */

struct example {
	const char *args, *what;
};

/* Another name for it: in argv[0], or after corekit. */
struct alias {
	const char *name;
	const char *option;			/* given first: "--calls"; NULL: none */
};

struct tool {
	char name[24];				/* here, not pointed at: looking for one among all touches no other page */
	const char *file, *summary, *about;
	const struct alias *aliases;		/* ends at name == NULL */
	const char *cost;			/* what it does per event, at start and in memory */
	const char *caveats;			/* what it can't see */
	const char *twice;			/* groups that see each event twice: what one misses is no loss */
	const char *state;			/* a map that programs keep state in: --max-entries is for it */
	const char *optional;			/* groups of probes that may be missing: "a b" */
	const struct example *examples;		/* ends at args == NULL */
	const struct opt *opts;			/* ends at name == NULL */
	const struct column *columns;		/* ends at key == NULL */
	void *(*open)(const struct bpf_object_open_opts *opts);
	const void *(*elf)(size_t *size);
	int (*first)(struct run *run);		/* before anything is opened; 1: that was all */
	int (*setup)(struct run *run);		/* between open and load */
	int (*attach)(struct run *run);		/* after the library's own attaching: uprobes */
	bool (*early)(struct run *run, const void *event, size_t size);	/* at once, as it comes: true: it is done with */
	bool (*event)(struct run *run, void *event, size_t size);	/* derive, or false: drop it */
	int (*tick)(struct run *run);		/* ten times a second or more often: what times out */
	int (*end)(struct run *run);		/* after the last event */
	int (*show)(struct run *run);		/* instead of the table */
	struct table table;	/* setup() may choose another: run->table */
	const struct table *hists;	/* ... this one, of histograms */
	int (*command)(struct run *run);	/* instead of BPF programs: does it all */
	const struct command *commands;		/* or one of these does, the first argument; ends at name == NULL */
	bool once;				/* a command that answers and ends; with BPF programs: attach() asks them, show() answers */
	const char *args;			/* a command's words: "FILE..."; in run->args */
	bool packets;				/* what it sees belongs to no task: without the filters of tasks */
	bool intervals;				/* a command that takes --interval, [INTERVAL [COUNT]] */
	const char *trial;			/* such words, with tabs between them, for tests of all tools */
	__u64 keep_caps;			/* capabilities (bits) that it needs while it runs */
	__u64 caps;				/* ... to begin, beyond those that its programs' kinds take: user/lib/rights.c */
};

#define TOOL_ENTRY(n)								\
	static const struct tool *const n##_entry				\
	__attribute__((used, section("tools"))) = &n##_tool

/* Side by side in memory. */
#define TOOL_STRUCT(n) static const struct tool __attribute__((section("tool_structs"))) n##_tool

#define TOOL(n, ...)								\
	static void *n##_open(const struct bpf_object_open_opts *o)		\
	{									\
		return n##_bpf__open_opts(o);					\
	}									\
	TOOL_STRUCT(n) = {							\
		.name = #n, .file = __FILE__, .open = n##_open,		\
		.elf = n##_bpf__elf_bytes, __VA_ARGS__	\
	};									\
	TOOL_ENTRY(n)

#define COMMAND(n, ...)								\
	TOOL_STRUCT(n) = { .name = #n, .file = __FILE__, __VA_ARGS__ };	\
	TOOL_ENTRY(n)

extern const struct tool *const __start_tools[], *const __stop_tools[];

enum format { OUT_TEXT, OUT_JSON, OUT_CSV };

enum exit_code {
	EXIT_FINE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_CANNOT = 3,	/* this kernel or this user can't */
	EXIT_LOST = 4,		/* --strict, and something was lost */
};

/* One run of one tool; the typed skeleton begins like `skel`. */
struct run {
	const struct tool *tool;
	const struct table *table;
	struct { struct bpf_object_skeleton *skeleton; struct bpf_object *obj; } *skel;
	struct common *common;
	void *rodata;			/* the tool's own globals, before the load */
	__u64 *lost;			/* by enum loss, shared with the programs */
	enum format format;
	__u64 interval, duration;	/* ns; 0: none */
	__u64 count;			/* rows or intervals to stop after; 0: no end */
	__u64 rows, buffer, max_entries;
	__u64 shown;			/* rows or intervals so far */
	bool verbose, quiet, explain, strict, percentiles, doctor;
	const char *columns, *btf, *sort;
	int ready_fd;
	char **args;			/* words that are no options; n_args of them, then NULL */
	int n_args;
	char **command;			/* after "--" */
	bool stays;			/* it is pinned: attached, and done */
	bool over;			/* set by tick(): there is no more to come, so what was counted is shown, and that was all */
	int child;			/* its pid while it waits; 0: none */
	int status;			/* to exit with where nothing failed, as diff does */
};

/* main.c */
void err(const char *fmt, ...) __attribute__((format(printf, 1, 2)));	/* "NAME: ...\n" on stderr */
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));	/* the same, silenced by -q */
const struct tool *tool_find(const char *name);
int tool_domain(const struct tool *tool, char *domain, size_t size);

/* opt.c */
int opt_show(struct run *run, const char *arg, void *to);
int opt_number(const char *name, const char *arg, const struct opt *o, __u64 *value);

/* out.c: everything that goes to stdout. */
void out_str(struct out *out, const char *s);			/* as it is */
void out_raw(struct out *out, const char *s, size_t n);		/* the same, NULs and all */
void out_bytes(struct out *out, const char *s, size_t n);	/* escaped for the format in use */
void out_u64(struct out *out, __u64 v);
void out_s64(struct out *out, __s64 v);
void out_fixed(struct out *out, __u64 v, __u32 divide, int decimals);	/* v / divide */
void out_printf(struct out *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void out_nothing(struct out *out);		/* "-" in text, null in JSON */
bool out_is_json(const struct out *out);
bool out_is_text(const struct out *out);
int out_column(const struct out *out);		/* in a cell: where it begins in its line */
void out_average(struct out *out, const struct column *c, const void *row);	/* COL_AVERAGE */
void out_rate(struct out *out, const struct column *c, const void *row);	/* the __u64 at .offset, in a second of the interval */
void out_row(struct run *run, const void *row);

/* map.c: every entry, also while the map changes; restarts are counted in map_restarts. */
extern __u64 map_restarts;
int map_each(int fd, int (*fn)(void *ctx, const void *key, void *value), void *ctx);

/* table.c: ns from the last reading to this one, for row() and all() */
__u64 table_interval(void);
void table_rows(struct run *run, void *rows, size_t n);	/* for show(): sorted and shown; they are its own from now on */
int table_by_cpu(struct bpf_map *map);	/* in setup(): a per-CPU hash whose keys have the CPU */

/* attach.c: a link that the tool made; NULL gives -errno */
int attach_keep(struct bpf_link *link);
int attach_keep_fd(int fd);		/* the same of one that libbpf knows nothing of */
void attach_at_end(void (*fn)(void));	/* called before all links go */
int attach_keep_program(int fd);	/* a program that libbpf knows nothing of: what it misses is told */
int attach_walk(struct bpf_program *iterator);	/* runs it to its end, once */
/* ... and fn for each record of this size that it writes (at most 16 KB), until fn gives something else than 0 */
int attach_read(struct bpf_program *iterator, size_t size, int (*fn)(void *ctx, const void *row), void *ctx);
void attach_skip(const char *groups);	/* in setup(): "a b" are not needed in this run; a literal */

/* kernel.c */
int kernel_tracefs(const char *path, char *buf, size_t size);	/* a line of a file under it; -ENOENT */
int reach(const char *path, int mode);	/* access(2) with the capabilities that the process has: 0, or -1 and errno */
FILE *kernel_tracefs_open(const char *path);			/* NULL: there is none */
int kernel_read(__u64 address, void *to, size_t size);		/* the kernel's memory, by a program run once; -errno */

#endif
