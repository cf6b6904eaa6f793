// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/language.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/task.bpf.h"
#include "uthreads.h"

struct begun {
	__u64 since;
	__u64 start;
	__u32 way, pad;
	char name[LANGUAGE_NAME];
};

/* Threads that were seen to start: a runtime's, by name, is one of the C library as well. */
#define NAMED (1ULL << 32)

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct begun);
} begun SEC(".maps");

/* Threads that are about to make one: the function that it begins with. */
struct creating {
	__u64 start;
	__u64 way;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct creating);
} creating SEC(".maps");

static __always_inline struct uthreads_event *event_of(const struct begun *b, bool stops)
{
	struct uthreads_event *e = event_reserve(struct uthreads_event);

	if (!e)
		return NULL;
	e->start = b->start;
	e->age = stops ? bpf_ktime_get_ns() - b->since : 0;
	e->way = b->way;
	e->stops = stops;
	__builtin_memcpy(e->name, b->name, sizeof(e->name));
	return e;
}

static __always_inline void stop(__u64 thread)
{
	const struct begun *b = bpf_map_lookup_elem(&begun, &thread);
	struct uthreads_event *e = b ? event_of(b, true) : NULL;

	if (e)
		event_submit(e);
	if (b)
		bpf_map_delete_elem(&begun, &thread);
}

static __always_inline void see(const struct language_said *said, struct language_thread *t)
{
	struct creating make = { said->number, said->what >> 8 };
	__u32 tid = bpf_get_current_pid_tgid();
	__u64 thread = tid | (said->name ? NAMED : 0);
	struct uthreads_event *e;
	struct begun new = {};

	switch (said->what & 0xff) {
	case LANGUAGE_CREATE:
		map_put(&creating, &tid, &make);
		break;
	case LANGUAGE_START:
		new.since = bpf_ktime_get_ns();
		new.start = said->number;
		new.way = said->what >> 8;
		language_text(new.name, sizeof(new.name), said->name, said->name_size);
		e = event_of(&new, false);
		if (e)
			event_submit(e);
		map_put(&begun, &thread, &new);
		break;
	case LANGUAGE_STOP:
		stop(thread);
	}
}

LANGUAGES(see)

/* The new thread, in the context of the one that makes it. */
SEC("raw_tp/sched_process_fork")
int thread_made(struct raw_args *ctx)
{
	struct task_struct *child = (struct task_struct *)ctx->args[1];
	__u64 ids = bpf_get_current_pid_tgid();
	__u64 thread = BPF_CORE_READ(child, pid);
	__u32 tid = ids;
	struct creating *make = bpf_map_lookup_elem(&creating, &tid);
	struct uthreads_event *e;
	struct begun new = {};

	if (!make)
		return 0;
	if (BPF_CORE_READ(child, tgid) == ids >> 32) {	/* else it is a process */
		new.since = bpf_ktime_get_ns();
		new.start = make->start;
		new.way = make->way;
		e = event_of(&new, false);
		if (e) {
			e->origin.tid = task_tid(child);
			event_submit(e);
		}
		map_put(&begun, &thread, &new);
	}
	bpf_map_delete_elem(&creating, &tid);
	return 0;
}

SEC("raw_tp/sched_process_exit")
int thread_ended(void *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&creating, &tid);
	stop(tid | NAMED);
	stop(tid);
	return 0;
}
