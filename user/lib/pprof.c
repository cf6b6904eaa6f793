// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A profile as pprof reads it: the message Profile of its profile.proto, written by hand, and gzip'd. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>
#include "lib/graph.h"
#include "lib/lib.h"
#include "lib/symbol.h"

struct bytes {
	char *at;
	size_t size, room;
	bool failed;
};

/* Fields of the messages, by their numbers. */
enum { SAMPLE_TYPE = 1, SAMPLE = 2, MAPPING = 3, LOCATION = 4, FUNCTION = 5, STRING = 6, TIME = 9, DURATION = 10,
       PERIOD_TYPE = 11, PERIOD = 12 };

static void put(struct bytes *b, const void *data, size_t size)
{
	char *more;

	if (b->size + size > b->room) {
		b->room = (b->size + size) * 2 + 64;
		more = realloc(b->at, b->room);
		if (!more) {
			b->failed = true;
			b->room = b->size;
			return;
		}
		b->at = more;
	}
	if (b->failed)
		return;
	memcpy(b->at + b->size, data, size);
	b->size += size;
}

static void put_varint(struct bytes *b, __u64 v)
{
	unsigned char byte;

	do {
		byte = (v & 127) | (v > 127 ? 128 : 0);
		put(b, &byte, 1);
	} while (v >>= 7);
}

static void put_number(struct bytes *b, int field, __u64 v)
{
	put_varint(b, field << 3);
	put_varint(b, v);
}

static void put_bytes(struct bytes *b, int field, const void *data, size_t size)
{
	put_varint(b, field << 3 | 2);
	put_varint(b, size);
	put(b, data, size);
}

/* A message in a message; what it was made in is empty again. */
static void put_message(struct bytes *b, int field, struct bytes *message)
{
	put_bytes(b, field, message->at, message->size);
	b->failed |= message->failed;
	message->size = 0;
}

/* Strings have numbers, in the order in which they are written; those of words go by the word's own number. */
struct strings {
	__u32 *of_word;
	__u32 words, n;
};

static __u32 string(struct bytes *b, struct strings *s, const char *text)
{
	struct bytes clean = {};
	size_t length = strlen(text);
	int n;

	for (size_t i = 0; i < length; i += n ?: 1) {
		n = out_utf8((const unsigned char *)text + i, length - i);
		put(&clean, n ? text + i : "?", n ?: 1);
	}
	put_bytes(b, STRING, clean.at, clean.size);
	b->failed |= clean.failed;
	free(clean.at);
	return s->n++;
}

static __u32 string_of_word(struct bytes *b, struct strings *s, __u32 word)
{
	__u32 *more;

	if (word >= s->words) {
		more = realloc(s->of_word, (word + 1) * 2 * sizeof(*more));
		if (!more) {
			b->failed = true;
			return 0;
		}
		memset(more + s->words, 0, ((word + 1) * 2 - s->words) * sizeof(*more));
		s->of_word = more;
		s->words = (word + 1) * 2;
	}
	if (!s->of_word[word])
		s->of_word[word] = string(b, s, symbol_word(word));
	return s->of_word[word];
}

/* Mappings are files: one for each path, in the order in which they are met. */
struct files {
	struct { const char *path; bool kernel; } *list;
	__u32 n;
};

static __u32 file(struct bytes *b, struct files *f, const struct symbol *s)
{
	void *more;

	if (!s->module)
		return 0;
	for (__u32 i = 0; i < f->n; i++)
		if (f->list[i].kernel == s->kernel && !strcmp(f->list[i].path, s->path))
			return i + 1;
	more = realloc(f->list, (f->n + 1) * sizeof(*f->list));
	if (!more) {
		b->failed = true;
		return 0;
	}
	f->list = more;
	f->list[f->n].path = s->path;
	f->list[f->n].kernel = s->kernel;
	return ++f->n;
}

static void put_type(struct bytes *b, struct bytes *part, struct strings *s, int field, const char *type, const char *unit)
{
	__u32 type_at = string(b, s, type), unit_at = string(b, s, unit);

	put_number(part, 1, type_at);
	put_number(part, 2, unit_at);
	put_message(b, field, part);
}

/* From the leaf; its thread's name is a label. A node of the tree is a location and a function of its own number. */
static void put_sample(struct bytes *b, struct bytes *part, struct strings *s, const struct graph *g, __u32 i, __u32 comm_key)
{
	struct bytes label = {};
	__u32 at;

	put_number(part, 2, g->nodes[i].self);
	for (at = i; at; at = g->nodes[at].parent)
		if (!g->nodes[at].is_comm || g->nodes[at].parent)
			put_number(part, 1, at);
		else {
			put_number(&label, 1, comm_key);
			put_number(&label, 2, string_of_word(b, s, g->nodes[at].text));
			put_message(part, 3, &label);
		}
	free(label.at);
	put_message(b, SAMPLE, part);
}

static void put_place(struct bytes *b, struct bytes *part, struct strings *s, struct files *f, const struct graph *g, __u32 i)
{
	const struct graph_node *node = &g->nodes[i];
	struct bytes line = {};
	struct symbol symbol;
	__u32 name = string_of_word(b, s, node->text), source;

	symbol_get(node->frame, &symbol);
	source = symbol.file ? string(b, s, symbol.file) : 0;
	put_number(part, 1, i);
	put_number(part, 2, name);
	put_number(part, 3, name);
	put_number(part, 4, source);
	put_message(b, FUNCTION, part);
	put_number(part, 1, i);
	put_number(part, 2, file(b, f, &symbol));
	put_number(part, 3, symbol.address);
	put_number(&line, 1, i);
	put_number(&line, 2, symbol.line);
	put_message(part, 4, &line);
	put_message(b, LOCATION, part);
	free(line.at);
}

static void put_profile(struct bytes *b, const struct graph *g, __u64 ns, __u64 period)
{
	struct strings strings = {};
	struct bytes part = {};
	struct files files = {};
	struct timespec now;
	__u32 comm;

	string(b, &strings, "");
	comm = string(b, &strings, "comm");
	put_type(b, &part, &strings, SAMPLE_TYPE, g->type, g->unit);
	for (__u32 i = 1; i < g->n; i++)
		if (g->nodes[i].self)
			put_sample(b, &part, &strings, g, i, comm);
	for (__u32 i = 1; i < g->n; i++)
		if (g->nodes[i].all && (!g->nodes[i].is_comm || g->nodes[i].parent))
			put_place(b, &part, &strings, &files, g, i);
	for (__u32 i = 0; i < files.n; i++) {
		__u32 path = string(b, &strings, files.list[i].kernel ? "[kernel]" : files.list[i].path);

		put_number(&part, 1, i + 1);
		put_number(&part, 3, -1ULL >> 1);	/* its end: addresses are those in the file */
		put_number(&part, 5, path);
		put_number(&part, 7, 1);		/* it has functions */
		put_message(b, MAPPING, &part);
	}
	clock_gettime(CLOCK_REALTIME, &now);
	put_number(b, TIME, now.tv_sec * 1000000000ULL + now.tv_nsec - ns);
	put_number(b, DURATION, ns);
	if (period) {
		put_type(b, &part, &strings, PERIOD_TYPE, "cpu", "nanoseconds");
		put_number(b, PERIOD, period);
	}
	b->failed |= part.failed;
	free(part.at);
	free(files.list);
	free(strings.of_word);
}

static int write_all(int fd, const char *at, size_t size)
{
	while (size) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		at += n;
		size -= n;
	}
	return 0;
}

int pprof_write(struct graph *g, int fd, __u64 ns, __u64 period)
{
	z_stream z = {};
	struct bytes b = {};
	char *packed = NULL;
	size_t room;
	int ret = -ENOMEM;

	put_profile(&b, g, ns, period);
	if (b.failed || deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16 /* gzip */, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		goto out;
	room = deflateBound(&z, b.size);
	packed = malloc(room);
	if (packed) {
		z.next_in = (void *)b.at;
		z.avail_in = b.size;
		z.next_out = (void *)packed;
		z.avail_out = room;
		ret = deflate(&z, Z_FINISH) == Z_STREAM_END ? write_all(fd, packed, room - z.avail_out) : -EIO;
	}
	deflateEnd(&z);
out:
	free(packed);
	free(b.at);
	return ret;
}
