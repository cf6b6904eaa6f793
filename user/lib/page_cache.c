// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/btf.h"
#include "lib/page_cache_user.h"

static void put_cast(struct bpf_program *program, int id)
{
	struct bpf_insn *insns = (struct bpf_insn *)bpf_program__insns(program);

	for (size_t i = 0; i < bpf_program__insn_cnt(program); i++)
		if (insns[i].code == (BPF_JMP | BPF_CALL) && insns[i].imm == RDONLY_CAST) {
			insns[i].src_reg = BPF_PSEUDO_KFUNC_CALL;
			insns[i].imm = id;
		}
}

int page_cache_setup(struct run *run, bool *knows_regs, __u32 *file_type)
{
	struct bpf_object *obj = run->skel->obj;
	struct btf_types *types;
	int ret = btf_open(&types, NULL), cast, file;

	if (!ret && btf_own()) {
		cast = btf_find(types, "bpf_rdonly_cast", BTF_KIND_FUNC);
		file = btf_find(types, "file", BTF_KIND_STRUCT);
		if (cast > 0 && file > 0) {
			put_cast(bpf_object__find_program_by_name(obj, "tp_btf__page_cache_call"), cast);
			*file_type = file;
		}
	}
	*knows_regs = libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_task_pt_regs, NULL) == 1;
	if (!*knows_regs)
		return 0;
	return bpf_program__set_autoload(bpf_object__find_program_by_name(obj, "page_cache_enter"), false) ?:
	       bpf_program__set_autoload(bpf_object__find_program_by_name(obj, "page_cache_exit"), false);
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
