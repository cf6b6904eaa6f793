/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files of the library know of each other, and no tool needs. */
#ifndef LIB_H
#define LIB_H

#include "lib/tool.h"

#define VERSION "0.1"
#define RELEASED "2026-11-22"

/* opt.c */
const struct opt *opt_common(const struct tool *tool);
int opt_parse(struct run *run, int argc, char **argv);
int opt_apply(struct run *run);
bool opt_has_word(const char *list, const char *word);	/* "pid comm"; no list: false */
bool opt_keyed(void);
bool opt_hides(const char *column);
bool opt_shows(const char *column);	/* by an option other than -o */

/* filter.c */
extern const struct opt filter_opts[];
int filter_option(struct run *run, const struct opt *o, const char *arg);
int filter_apply(struct run *run);	/* between open and load */
int filter_fill(struct run *run);	/* after the load */

/* attach.c: which programs, and why not the others. */
int attach_select(struct run *run);
bool attach_failed(struct run *run, int error);	/* rule the failing program out; true: try again */
int attach_all(struct run *run);
void attach_detach(void);
void attach_drop(struct bpf_link *link);	/* one that was kept */
__u64 attach_missed(void);		/* returns, by links of attach_keep_fd() */
int attach_programs(const int **fds);	/* those of attach_keep_program() */
void attach_explain(struct run *run);
bool attach_lesser(void);
void attach_lesser_why(void);		/* on stderr */
const char *attach_why(void);
void attach_log(const char *line);

/* out.c */
int out_init(struct run *run);
int out_want(struct run *run);
void out_header(struct run *run);
void out_flush(void);
bool out_closed(void);
void out_look(void);	/* is the reader still there? */
bool out_is_shown(const struct column *c);
void out_close(void);
struct out *out_open(struct run *run);
void out_json_key(struct out *out, const char *key);
const struct column *out_find(const struct run *run, const char *key);
long long out_number(const struct column *c, const void *row);
int out_utf8(const unsigned char *s, size_t n);	/* length of a printable sequence, or 0 */
bool out_has(struct out *out);		/* the opposite of out_nothing(), once */
bool out_cells(struct out *out, const void *row);
void out_cell(struct out *out, const struct column *c, const void *row);

/* look.c */
extern const char *const look_types[L_KINDS];	/* JSON Schema types */
bool look_quoted(const struct column *c);
bool look_time_hidden(void);
bool look_write(struct out *out, const struct column *c, const void *row);	/* false: nothing to show */
int look_time_format(const char *name);
void look_time(struct out *out, __u64 boot_ns);
__u64 look_now(void);			/* the boot clock, ns */


/* table.c */
int table_prepare(struct run *run);
int table_show(struct run *run);
void table_again(struct run *run);
int table_begin(struct run *run);	/* where intervals are to be exact, the first one begins here */

/* ring.c */
int ring_run(struct run *run);
int ring_ready(struct run *run);
__u64 ring_lost(struct run *run);
void ring_signals(void);
bool ring_over(struct run *run, __u64 deadline);	/* a signal, a closed pipe, enough rows, or the time */

/* command.c: what stands after "--" */
int command_start(struct run *run);
int command_go(struct run *run);
bool command_done(struct run *run);
void command_end(struct run *run);

/* kernel.c */
int kernel_caps_check(char *why, size_t size);
bool kernel_caps_all(void);	/* what the kernel refuses is no matter of rights */
int kernel_caps_drop(__u64 keep);
bool kernel_has_program(const char *section, char *why, size_t size);
bool kernel_task_storage(void);
bool kernel_fentry(void);	/* BPF trampolines, by a trial */
__u8 kernel_compat(void);
const char *kernel_lockdown(void);
int kernel_doctor(int argc, char **argv);

/* doc.c */
int doc_print(const struct tool *tool, const char *what);	/* -EINVAL: no such topic */
int doc_list(const char *what);					/* the same of all tools */

/* main.c */
#define DOCTOR_LESSER 9	/* with `doctor`: attached, but not in the best way */
int tool_run(const struct tool *tool, int argc, char **argv, bool doctor);

/* keep.c: a copy that lives as long as the process, the same for the same text: for few different ones. NULL: no memory. */
const char *keep_text(const char *text);

#endif
