/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What goes through the page cache and what is added to it, by the current task.  Who adds pages is known by the
 * system call that the thread is in.
 *
 *	ON_PAGE_CACHE { counts = ...; if (counts) add(&counts->...) }
 */
#ifndef PAGE_CACHE_BPF_H
#define PAGE_CACHE_BPF_H

#include "lib/file.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/folio.bpf.h"
#include "lib/page_cache.h"
#include "lib/probe.bpf.h"
#include "lib/readwrite.bpf.h"

/* Is what the current task entered the kernel with known at any time (bpf_task_pt_regs(), 5.15)?  Set by page_cache_setup(). */
const volatile bool knows_regs = false;

/* Where there is bpf_rdonly_cast(): the type of struct file. */
const volatile __u32 file_type = 0;

/* Threads that are in such a call: only where that is not known. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u32);	/* is it a write? */
} page_cache_calls SEC(".maps");

/* The tool's: where the current task is counted; NULL: nowhere. */
static __always_inline struct page_cache_counts *page_cache_counts(void);

SEC("raw_tp/sys_enter")
int page_cache_enter(struct raw_args *ctx)
{
	__u32 nr = SYSCALL_NR(ctx->args[1]), tid, writes;

	if (!READS_OR_WRITES(nr) || !filter_current())
		return 0;
	tid = bpf_get_current_pid_tgid();
	/* A number of the 32-bit table may be another call's in the other one: both are looked at where it may be so. */
	if (syscall_is_32((void *)ctx->args[0]))
		writes = nr == (__u32)NR32_write || nr == (__u32)NR32_pwrite64 || nr == (__u32)NR32_writev ||
			 nr == (__u32)NR32_pwritev || nr == (__u32)NR32_pwritev2;
	else
		writes = nr == (__u32)NR_write || nr == (__u32)NR_pwrite64 || nr == (__u32)NR_writev ||
			 nr == (__u32)NR_pwritev || nr == (__u32)NR_pwritev2;
	return map_put(&page_cache_calls, &tid, &writes);
}

/*
 * file_of() for a program with BTF pointers, where there is bpf_rdonly_cast() (6.2): this file can be followed. `type` is
 * that of struct file. The function's number is put in by user space, see page_cache_setup(): as an extern, libbpf would
 * read all of the kernel's types for it. Where it isn't, the verifier must not come here.
 */
static __always_inline struct file *file_of_direct(__u32 fd, __u32 type)
{
	void *(*rdonly_cast)(const void *object, __u32 type) = (void *)RDONLY_CAST;
	struct task_struct *task = bpf_get_current_task_btf();
	struct file **table = task->files->fdt->fd, *file = NULL;

	bpf_probe_read_kernel(&file, sizeof(file), table + fd);
	return rdonly_cast(file, type);
}

/* Pages of the cache that a call has read or written; `follows`: pointers are followed, not read. */
static __always_inline __u64 pages_of(const bool follows, const struct syscall *call, struct file *file)
{
	const bool direct = follows;
	__u64 offset;

	if ((READ(file, f_inode, i_mode) & S_IFMT) != S_IFREG || READ(file, f_flags) & O_DIRECT || !READ(file, f_mapping, nrpages))
		return 0;
	offset = offset_of(call, READ(file, f_pos));
	return (offset + call->ret - 1) / common.page_size - offset / common.page_size + 1;
}

ON_TRACE_AS(page_cache_call, sys_exit, struct pt_regs *regs, long ret)
{
	__u32 tid = bpf_get_current_pid_tgid(), nr = direct ? SYSCALL_NR(((struct syscall_regs *)regs)->nr) : syscall_nr(regs);
	struct syscall call = { .nr = nr, .ret = ret };
	struct page_cache_counts *counts;
	__u64 pages;
	bool read;

	if (!READS_OR_WRITES(nr))
		return 0;
	if (knows_regs ? !filter_current() : bpf_map_delete_elem(&page_cache_calls, &tid))
		return 0;	/* nobody wants to know, or it began before we did */
	if (direct)
		syscall_fill(&call, (struct syscall_regs *)regs);
	else
		syscall_read(&call, regs);
	read = is_read(&call);
	if (ret <= 0 || (!read && !is_write(&call)))
		return 0;
	if (direct && file_type)
		pages = pages_of(true, &call, file_of_direct(call.arg[0], file_type));
	else
		pages = pages_of(false, &call, file_of(call.arg[0]));
	if (!pages)
		return 0;
	counts = page_cache_counts();
	if (counts)
		add(read ? &counts->read : &counts->written, pages);
	return 0;
}

/* Where a page is counted that the current task adds. */
static __always_inline __u64 *page_cache_adder(struct page_cache_counts *counts)
{
	__u32 tid = bpf_get_current_pid_tgid(), *writes;
	struct syscall call;

	if (knows_regs) {
		if (!syscall_now(&call))
			return &counts->otherwise;
		return is_read(&call) ? &counts->brought : is_write(&call) ? &counts->added : &counts->otherwise;
	}
	writes = bpf_map_lookup_elem(&page_cache_calls, &tid);
	return !writes ? &counts->otherwise : *writes ? &counts->added : &counts->brought;
}

static __always_inline int page_cache_added(const bool direct, void *folio)
{
	struct page_cache_counts *counts;

	if (!filter_current() || !folio_is_of_file(folio))
		return 0;
	counts = page_cache_counts();
	if (counts)
		add(page_cache_adder(counts), folio_pages(folio));
	return 0;
}

ON_TRACE(mm_filemap_add_to_page_cache, void *folio)
{
	return page_cache_added(direct, folio);
}

static __always_inline int page_cache_dirtied(void *folio)
{
	struct page_cache_counts *counts;

	if (!filter_current() || !folio_is_of_file(folio))
		return 0;
	counts = page_cache_counts();
	if (counts)
		add(&counts->dirtied, folio_pages(folio));
	return 0;
}

/* 5.16 renamed it. */
ON_TRACE_AS(dirty__folio, writeback_dirty_folio, void *folio)
{
	return page_cache_dirtied(folio);
}

ON_TRACE_AS(dirty__page, writeback_dirty_page, void *page)
{
	return page_cache_dirtied(page);
}

/* A thread that is killed in a call. */
SEC("raw_tp/sched_process_exit")
int page_cache_exit(void *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&page_cache_calls, &tid);
	return 0;
}

#endif
