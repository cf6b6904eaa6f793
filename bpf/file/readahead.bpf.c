// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/folio.bpf.h"
#include "lib/hist.bpf.h"
#include "lib/probe.bpf.h"
#include "readahead.h"

const volatile bool dist;

/* What a thread reads ahead, from the call on; it stays until the next one, which harms nothing. */
struct ahead {
	struct address_space *mapping;
	__u64 from, to;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct ahead);
} ranges SEC(".maps");

struct waiting {
	__u64 since;
	__u32 pages, pid;
};

/* What was read ahead and not used yet. One that falls out of it is taken for unused. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, __u64);
	__type(value, struct waiting);
} waiting SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32);
	__type(value, struct readahead_value);
} rows SEC(".maps");

HISTOGRAMS(hists, __u32);

static __always_inline int begin(struct readahead_control *ractl, __u64 pages)
{
	struct ahead ahead = { .mapping = BPF_CORE_READ(ractl, mapping), .from = BPF_CORE_READ(ractl, _index) };
	__u32 tid = bpf_get_current_pid_tgid();

	ahead.to = ahead.from + pages;
	return filter_current() ? map_put(&ranges, &tid, &ahead) : 0;
}

ON_CALL(page_cache_ra_unbounded, struct readahead_control *ractl, unsigned long pages)
{
	return begin(ractl, pages);
}

/* 5.18; where it gives up it calls the other one. */
ON_CALL(page_cache_ra_order, struct readahead_control *ractl, struct file_ra_state *ra)
{
	return begin(ractl, BPF_CORE_READ(ra, size));
}

/* Histograms do without rows: of the two maps only one is there. */
static __always_inline struct readahead_value *value_of(__u32 pid)
{
	return dist ? NULL : bpf_map_lookup_elem(&rows, &pid);
}

static __always_inline void count_new(__u32 pid, __u64 pages)
{
	static const struct readahead_value zero;
	struct readahead_value *value;

	if (dist)
		return;
	value = map_get_or_init(&rows, &pid, &zero);
	if (!value)
		return;
	add(&value->read, pages);
	if (!value->comm[0])
		bpf_get_current_comm(value->comm, sizeof(value->comm));
}

ON_TRACE(mm_filemap_add_to_page_cache, void *folio)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct ahead *ahead = bpf_map_lookup_elem(&ranges, &tid);
	__u64 key = (__u64)folio, index;
	struct waiting new = {};

	if (!ahead || folio_mapping(folio) != ahead->mapping)
		return 0;
	index = folio_index(folio);
	new.pages = folio_pages(folio);
	if (index + new.pages <= ahead->from || index >= ahead->to)
		return 0;
	new.since = bpf_ktime_get_ns();
	new.pid = current_ids() >> 32;
	count_new(new.pid, new.pages);
	return map_put(&waiting, &key, &new);
}

static __always_inline int used(void *folio)
{
	struct readahead_value *value;
	struct waiting *old, copy;
	__u64 key = (__u64)folio, age;
	__u32 all = 0;

	old = bpf_map_lookup_elem(&waiting, &key);
	if (!old)
		return 0;
	copy = *old;
	if (bpf_map_delete_elem(&waiting, &key))
		return 0;	/* another CPU was faster */
	age = bpf_ktime_get_ns() - copy.since;
	if (dist) {
		hist_add(hists, &all, age / 1000000, 1);
		return 0;
	}
	value = value_of(copy.pid);
	if (!value)
		return 0;
	add(&value->used, copy.pages);
	add(&value->age, age);
	add(&value->folios, 1);
	return 0;
}

ON_CALL_AS(used__folio, folio_mark_accessed, void *folio)
{
	return used(folio);
}

ON_CALL_AS(used__page, mark_page_accessed, void *page)
{
	return used(page);
}

ON_TRACE(mm_filemap_delete_from_page_cache, void *folio)
{
	__u64 key = (__u64)folio;
	struct waiting *old = bpf_map_lookup_elem(&waiting, &key);
	struct readahead_value *value = old ? value_of(old->pid) : NULL;

	if (value)
		add(&value->dropped, old->pages);
	if (old)
		bpf_map_delete_elem(&waiting, &key);
	return 0;
}

SEC("raw_tp/sched_process_exit")
int forget(void *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&ranges, &tid);
	return 0;
}
