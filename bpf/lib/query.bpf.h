/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Queries of database servers, from where they begin to where they end: at the places of user/lib/query.c, by thread, as
 * a server's thread works at one query at a time. QUERIES(ended): `ended(begun, took)`. A tool that defines QUERY_TEXT, in
 * bytes, has the text, as it was when the query began (MariaDB overwrites it); it sets query_size.
 */
#ifndef QUERY_BPF_H
#define QUERY_BPF_H

#include "lib/generated.bpf.h"
#include "lib/points.bpf.h"

#define QUERY_BEGINS 1	/* what the code made by user/lib/query.c gives */
#define QUERY_ENDS   2

#ifndef QUERY_TEXT
#define QUERY_TEXT 0
#define query_size 0
#endif

struct query_begun {
	__u64 since;
	__s64 length;		/* with its NUL; negative: it couldn't be read */
	char text[QUERY_TEXT];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2048);
	__type(key, __u32);
	__type(value, struct query_begun);
} queries SEC(".maps");

#define QUERIES(ended)							\
static __always_inline int query_see(void *ctx, __u64 number)		\
{									\
	__u64 room[GENERATED_ROOM], now = bpf_ktime_get_ns(), what;	\
	static const struct query_begun none;				\
	struct query_begun *begun;					\
	__u32 tid = bpf_get_current_pid_tgid();				\
	__u64 query;							\
									\
	if (!filter_current())						\
		return 0;						\
	generated_begin(room, ctx);					\
	what = generated(GENERATED_IF, room, 0ULL);			\
	if (what == QUERY_BEGINS) {					\
		begun = map_get_or_init(&queries, &tid, &none);		\
		if (!begun)						\
			return 0;					\
		query = generated(GENERATED_VALUE, room, 0ULL);		\
		if (QUERY_TEXT)						\
			begun->length = read_user_str(begun->text, query_size, query); \
		begun->since = bpf_ktime_get_ns();			\
	} else if (what == QUERY_ENDS) {				\
		begun = bpf_map_lookup_elem(&queries, &tid);		\
		if (!begun)						\
			return 0;					\
		ended(begun, now - begun->since);			\
		bpf_map_delete_elem(&queries, &tid);			\
	}								\
	return 0;							\
}									\
									\
POINTS_NUMBERED(query_see)						\
									\
SEC("raw_tp/sched_process_exit")					\
int query_forget(void *ctx)						\
{									\
	__u32 tid = bpf_get_current_pid_tgid();				\
									\
	bpf_map_delete_elem(&queries, &tid);				\
	return 0;							\
}

#endif
