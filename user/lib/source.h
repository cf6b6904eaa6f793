/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The buffers, maps and global variables of any BPF object, with the types of what is in them. */
#ifndef SOURCE_H
#define SOURCE_H

#include <bpf/libbpf.h>
#include "lib/value.h"

#define SOURCE_MANY 64

struct source {
	const char *name;
	struct bpf_map *map;
	struct value_type *key, *value;	/* a map has a key, a buffer or a variable none */
	struct ring_buffer *ring;
	struct perf_buffer *perf;
	void *record;			/* of a buffer: one that is shorter than its type is filled up with zeros here */
	size_t offset;			/* a global variable: where it is in its section */
	void *ctx;
};

struct sources {
	bool maps;			/* maps and variables too, not only buffers */
	const char *events[SOURCE_MANY];	/* "MAP=struct NAME": what the records of a buffer are */
	int n_events;
	struct value_hint hints[SOURCE_MANY];
	int n_hints;
	void *ctx;			/* handed to each source */
	struct source *at;
	int n;
};

/* Of a loaded object. -EINVAL after a line on stderr: an event that isn't there. */
int sources_find(struct sources *all, struct bpf_object *object);
/* The context of each call is its source. */
int sources_open(struct sources *all, ring_buffer_sample_fn on_record, perf_buffer_sample_fn on_perf, perf_buffer_lost_fn on_lost);
void sources_read(const struct sources *all);	/* what has come since */
void sources_close(struct sources *all);

#endif
