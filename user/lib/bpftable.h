/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The subcommands of bpftable, by group; user/bpf/bpftable.c names them and their options. */
#ifndef BPFTABLE_H
#define BPFTABLE_H

#include "lib/tool.h"
#include "lib/typed.h"

/* What the options say. */
struct bpftable {
	struct typed_how how;
	const char *where, *by, *flags, *name, *inner;
	const char *lend, *lend_key;
	bool keys_only, drain, partial, only_new, only_old, rate, force, linear;
	bool has_cpu;
	__u32 cpu;
};

extern struct bpftable bpftable;
extern const struct column bpftable_entry_columns[], bpftable_list_columns[], bpftable_show_columns[],
	bpftable_count_columns[], bpftable_watch_columns[], bpftable_top_columns[], bpftable_diff_columns[],
	bpftable_record_columns[], bpftable_check_columns[], bpftable_hist_columns[], bpftable_program_columns[];

/* An entry as it is shown; what belongs to another command is NULL. */
struct entry {
	struct typed *t;
	const void *key, *value;
	struct typed *inner;		/* of a map of maps */
	const void *inner_key;
	const char *change;		/* "+", "-", "~" */
	const void *old;
	double seconds;			/* between old and value */
	double by;
	bool rate;
};

/* Opens args[0] with --as, --type; where is --where, or NULL. */
int bpftable_open(struct run *run, struct typed *t, bool write, struct where **where);
void bpftable_header(struct run *run, const char *columns);	/* these, unless -o says which */
void bpftable_restarts(struct run *run, __u64 restarts);

/* All entries, sorted by key. */
struct snapshot {
	struct typed *t;
	const struct where *where;
	char *entries;			/* key, value */
	size_t n, room, size, value_at;
};
int snapshot_take(struct snapshot *s, struct typed *t, const struct where *where);
int snapshot_read(struct snapshot *s, struct typed *t, const char *path);	/* a file of dump's */
const char *snapshot_find(const struct snapshot *s, const void *key);
void snapshot_free(struct snapshot *s);
int snapshot_sort(struct snapshot *s);
int snapshot_add(struct snapshot *s, const void *key, const void *value);

int bpftable_flags(const char *text, __u32 *bits);	/* "no_prealloc,mmapable", or a number */

int bpftable_ls(struct run *run);
int bpftable_show(struct run *run);
int bpftable_check(struct run *run);
int bpftable_get(struct run *run);
int bpftable_dump(struct run *run);
int bpftable_count(struct run *run);
int bpftable_diff(struct run *run);
int bpftable_hist(struct run *run);
int bpftable_set(struct run *run);
int bpftable_del(struct run *run);
int bpftable_load(struct run *run);
int bpftable_push(struct run *run);
int bpftable_pop(struct run *run);
int bpftable_peek(struct run *run);
int bpftable_create(struct run *run);
int bpftable_pin(struct run *run);
int bpftable_unpin(struct run *run);
int bpftable_freeze(struct run *run);
int bpftable_watch(struct run *run);
int bpftable_top(struct run *run);
int bpftable_follow(struct run *run);

#endif
