// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* bpftable: what goes on until it is told to end: watch, top, follow. */
#include <bpf/btf.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/bpftable.h"
#include "lib/lib.h"

/* Until the next look, or the end. */
static bool wait_until(struct run *run, __u64 when, __u64 deadline)
{
	while (!ring_over(run, deadline)) {
		__u64 now = look_now(), left;

		if (now >= when)
			return true;
		left = (when - now) / MSEC + 1;
		if (deadline && deadline > now && (deadline - now) / MSEC + 1 < left)
			left = (deadline - now) / MSEC + 1;
		poll(NULL, 0, left < 100 ? left : 100);
		out_look();
	}
	return false;
}

static bool same(const struct typed *t, const char *a, const char *b)
{
	for (int cpu = 0; cpu < t->map.cpus; cpu++)
		if (memcmp(a + cpu * t->map.stride, b + cpu * t->map.stride, t->map.info.value_size))
			return false;
	return true;
}

static void show_changes(struct run *run, const struct snapshot *before, const struct snapshot *now, double seconds)
{
	size_t i = 0, j = 0, key_size = now->t->map.info.key_size;

	while ((i < before->n || j < now->n) && !(run->count && run->shown >= run->count)) {
		const char *x = before->entries + i * before->size, *y = now->entries + j * now->size;
		int order = i == before->n ? 1 : j == now->n ? -1 : memcmp(x, y, key_size);
		struct entry e = { .t = now->t, .key = order <= 0 ? x : y, .seconds = seconds };

		e.old = order <= 0 ? x + before->value_at : NULL;
		e.value = order >= 0 ? y + now->value_at : NULL;
		e.change = order < 0 ? "-" : order > 0 ? "+" : "~";
		i += order <= 0;
		j += order >= 0;
		if (!order && same(now->t, e.old, e.value))
			continue;
		out_row(run, &e);
		run->shown++;
	}
}

int bpftable_watch(struct run *run)
{
	__u64 start = look_now(), deadline = run->duration ? start + run->duration : 0, last = start, now;
	__u64 interval = run->interval ?: SEC_, next = start + interval;
	struct snapshot before = {}, current;
	struct where *where;
	struct typed t;
	int ret = bpftable_open(run, &t, false, &where);

	if (ret)
		return ret;
	ret = snapshot_take(&before, &t, where);
	if (!ret) {
		out_header(run);
		out_flush();
		ret = ring_ready(run);
	}
	while (!ret && wait_until(run, next, deadline)) {
		now = look_now();
		ret = snapshot_take(&current, &t, where);
		if (ret)
			break;
		show_changes(run, &before, &current, (now - last) / 1e9);
		out_flush();
		snapshot_free(&before);
		before = current;
		last = now;
		next += interval;
	}
	snapshot_free(&before);
	where_free(where);
	typed_close(&t);
	return ret;
}

/* --- top --- */

static int by_largest(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->by < y->by) - (x->by > y->by);
}

static double number_of(const struct typed *t, const struct typed_field *f, const char *key, const char *value)
{
	double sum = 0;

	if (f->of_key)
		return value_number(&f->field, key);
	for (int cpu = 0; cpu < t->map.cpus; cpu++)
		sum += value_number(&f->field, value + cpu * t->map.stride);
	return sum;
}

static int show_top(struct run *run, const struct snapshot *before, const struct snapshot *now, const struct typed_field *f,
		    double seconds)
{
	struct entry *list = calloc(now->n + 1, sizeof(*list));
	__u64 rows = run->rows ?: 20;

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < now->n; i++) {
		const char *key = now->entries + i * now->size, *value = key + now->value_at, *old;

		list[i] = (struct entry){ .t = now->t, .key = key, .value = value };
		list[i].by = number_of(now->t, f, key, value);
		if (!bpftable.rate)
			continue;
		old = snapshot_find(before, key);
		if (old)
			list[i].by -= number_of(now->t, f, old, old + before->value_at);
		list[i].by /= seconds;
	}
	qsort(list, now->n, sizeof(*list), by_largest);
	out_header(run);
	for (size_t i = 0; i < now->n && i < rows; i++)
		out_row(run, &list[i]);
	if (run->format == OUT_TEXT)
		out_str(out_open(run), "\n");
	free(list);
	return 0;
}

int bpftable_top(struct run *run)
{
	__u64 start = look_now(), deadline = run->duration ? start + run->duration : 0, last = start, now;
	__u64 interval = run->interval ?: SEC_, next = start + (bpftable.rate ? interval : 0);
	struct snapshot before = {}, current;
	struct typed_field field = {};
	struct where *where;
	struct typed t;
	char path[256];
	int ret = bpftable_open(run, &t, false, &where);

	if (ret)
		return ret;
	if (bpftable.by)
		ret = typed_field(&t, bpftable.by, &field);
	else if (value_numeric(t.value, 0, &field.field, path, sizeof(path)))
		ret = -EINVAL;
	if (ret || !value_is_number(&field.field)) {
		if (!ret || !bpftable.by)
			err("top: %s is no number: --by FIELD says what to sort by", bpftable.by ?: "the value");
		ret = -EINVAL;
	}
	if (!ret)
		ret = snapshot_take(&before, &t, where);
	if (!ret)
		ret = ring_ready(run);
	while (!ret && wait_until(run, next, deadline)) {
		now = look_now();
		ret = snapshot_take(&current, &t, where);
		if (!ret)
			ret = show_top(run, &before, &current, &field, (now - last) / 1e9);
		if (ret)
			break;
		out_flush();
		run->shown++;
		snapshot_free(&before);
		before = current;
		last = now;
		next += interval;
	}
	snapshot_free(&before);
	where_free(where);
	typed_close(&t);
	return ret;
}

/* --- follow --- */

struct record {
	struct origin origin;
	__u32 size;
	const void *data;
	const struct value_type *type;
};

struct following {
	struct run *run;
	struct value_type *type;
	__u64 lost;
};

static void show_record(struct out *out, const struct column *c, const void *row)
{
	const struct record *r = row;
	struct value_buf b = {};

	/* what is shorter than its type, or longer than it by more than the kernel's rounding, is bytes */
	if (r->type && value_size(r->type) <= r->size) {
		value_write(&b, r->type, r->data, out_is_json(out) ? VALUE_JSON : VALUE_TEXT);
	} else {
		value_puts(&b, out_is_json(out) ? "\"hex:" : "hex:");
		for (__u32 i = 0; i < r->size; i++)
			value_printf(&b, "%02x", ((const __u8 *)r->data)[i]);
		value_puts(&b, out_is_json(out) ? "\"" : "");
	}
	out_str(out, b.text ?: "");
	free(b.text);
}

const struct column bpftable_record_columns[] = {
	COL_AS(L_TIME, "time", struct record, origin.time, -12, "when it was read", HIDDEN),
	COL("cpu", struct record, origin.cpu, 3, "processor, for perf event arrays", HIDDEN),
	COL("size", struct record, size, 6, "bytes"),
	COL_OWN("record", show_record, 0, "the record, by --type, or its bytes", .bare_json = true),
	{}
};

static void record(struct following *f, int cpu, const void *data, __u32 size)
{
	struct record r = { .origin = { .time = look_now(), .cpu = cpu }, .size = size, .data = data, .type = f->type };

	if (f->run->count && f->run->shown >= f->run->count)
		return;
	out_row(f->run, &r);
	f->run->shown++;
}

static int on_ring(void *ctx, void *data, size_t size)
{
	struct following *f = ctx;

	record(f, 0, data, size);
	return f->run->count && f->run->shown >= f->run->count ? -EINTR : 0;
}

static void on_perf(void *ctx, int cpu, void *data, __u32 size)
{
	record(ctx, cpu, data, size);
}

static void on_lost(void *ctx, int cpu, __u64 n)
{
	struct following *f = ctx;

	f->lost += n;
	if (f->run->format == OUT_JSON)
		out_printf(out_open(f->run), "{\"lost\":%llu,\"why\":\"the buffer of CPU %d was full\"}\n", n, cpu);
	else
		err("lost %llu: the buffer of CPU %d was full", n, cpu);
}

int bpftable_follow(struct run *run)
{
	__u64 deadline = run->duration ? look_now() + run->duration : 0;
	struct following f = { .run = run };
	struct ring_buffer *ring = NULL;
	struct perf_buffer *perf = NULL;
	struct btf *btf = NULL;
	__u32 key, type = 0;
	struct value_error e;
	struct map map;
	int ret = map_open(&map, run->args[0], true), n;

	if (ret)
		return ret;
	if (!(map_can(&map) & MAP_FOLLOW)) {
		err("follow: a %s has no records: dump and watch are for it", map_type_name(map.info.type));
		ret = -EOPNOTSUPP;
	}
	if (!ret && bpftable.lend) {
		ret = typed_lend(bpftable.lend, &btf, &key, &type);
		if (!ret)
			ret = value_type_new(&f.type, btf, type, 0, bpftable.how.hints, bpftable.how.n_hints, &e);
		if (ret == -EINVAL && type)
			err("--type: %s", e.text);
		if (!ret)
			ret = typed_hints_used(&bpftable.how);
	}
	if (!ret && map.info.type == BPF_MAP_TYPE_RINGBUF)
		ring = ring_buffer__new(map.fd, on_ring, &f, NULL);
	else if (!ret)
		perf = perf_buffer__new(map.fd, 64, on_perf, on_lost, &f, NULL);
	if (!ret && !ring && !perf) {
		ret = -errno;
		err("follow: %s", ret == -EPERM ? "not permitted: run it as root" : strerror(errno));
	}
	if (!ret) {
		out_header(run);
		out_flush();
		ret = ring_ready(run);
	}
	while (!ret && !ring_over(run, deadline)) {
		n = ring ? ring_buffer__poll(ring, 100) : perf_buffer__poll(perf, 100);
		out_flush();
		if (n < 0 && n != -EINTR)
			ret = n;
	}
	if (ring)
		ring_buffer__free(ring);
	if (perf)
		perf_buffer__free(perf);
	value_type_free(f.type);
	btf__free(btf);
	map_close(&map);
	if (!ret && f.lost && run->strict)
		run->status = EXIT_LOST;
	return ret;
}
