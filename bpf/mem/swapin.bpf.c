// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/folio.bpf.h"
#include "lib/probe.bpf.h"
#include "swapin.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, struct swapin_key);
	__type(value, struct swapin_value);
} processes SEC(".maps");

static __always_inline int swapped_in(void *folio)
{
	struct swapin_key key = { current_ids() >> 32, 0 };
	static const struct swapin_value zero;
	struct swapin_value *value;

	if (!filter_current())
		return 0;
	value = map_get_or_init(&processes, &key, &zero);
	if (!value)
		return 0;
	add(&value->count, 1);
	add(&value->pages, folio_pages(folio));
	if (!*value->comm)
		bpf_get_current_comm(value->comm, sizeof(value->comm));
	return 0;
}

/* Renamed in 6.8, commit c9bdf768dd93 */
ON_CALL_AS(swap__folio, swap_read_folio, void *folio)
{
	return swapped_in(folio);
}

ON_CALL_AS(swap__page, swap_readpage, void *page)
{
	return swapped_in(page);
}
