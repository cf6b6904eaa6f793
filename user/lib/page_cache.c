// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/btf.h"
#include "lib/page_cache_user.h"

int page_cache_setup(struct run *run, bool *knows_regs, bool *can_cast, struct bpf_program *enter, struct bpf_program *exit)
{
	struct btf_types *types;
	int ret = btf_open(&types, run->btf);

	if (ret)
		return ret;
	*can_cast = btf_find(types, "bpf_rdonly_cast", BTF_KIND_FUNC) > 0;
	btf_close(types);
	*knows_regs = libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_task_pt_regs, NULL) == 1;
	return *knows_regs ? bpf_program__set_autoload(enter, false) ?: bpf_program__set_autoload(exit, false) : 0;
}

static const struct page_cache_counts *counts_of(const struct column *c, const void *row)
{
	return (const void *)((const char *)row + c->offset);
}

/* What was read ahead may be read in the next interval only, or never. */
static __u64 hits(const struct page_cache_counts *counts)
{
	return counts->read > counts->brought ? counts->read - counts->brought : 0;
}

void page_cache_hits(struct out *out, const struct column *c, const void *row)
{
	out_u64(out, hits(counts_of(c, row)));
}

void page_cache_ratio(struct out *out, const struct column *c, const void *row)
{
	const struct page_cache_counts *counts = counts_of(c, row);

	if (counts->read)
		out_fixed(out, hits(counts) * 1000 / counts->read, 10, 1);
	else
		out_nothing(out);
}

void page_cache_write_ratio(struct out *out, const struct column *c, const void *row)
{
	const struct page_cache_counts *counts = counts_of(c, row);

	if (counts->written)
		out_fixed(out, counts->added < counts->written ? (counts->written - counts->added) * 1000 / counts->written : 0,
			  10, 1);
	else
		out_nothing(out);
}
