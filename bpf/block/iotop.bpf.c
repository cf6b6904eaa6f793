// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/folio.bpf.h"
#include "lib/kernel.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/readwrite.bpf.h"
#include "iotop.h"

#define MAX_PAGES 256	/* of a request, that are looked at one by one */
#define S_IFBLK	  0060000

const volatile bool per_file;
const volatile __u32 only_disk;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct iotop_key);
	__type(value, struct iotop_value);
} rows SEC(".maps");

/* A new entry is too long for the stack. */
static const struct iotop_value zero;

struct who {
	__u32 pid;
	__u32 passes;		/* the filters */
	char comm[COMM_LEN];
};

struct file_id {
	__u64 inode, dev;
};

/*
 * Who made pages of a file dirty: one process, mostly, so that is kept by file. Pages of other processes, as long as
 * there are some of the first, are kept one by one. What is in no map any more is laid to who writes it to the disk.
 */
struct dirty_file {
	struct who who;
	__s64 bytes;		/* that are dirty */
	__u64 shared;
};

struct dirty_folio {
	struct file_id file;
	struct who who;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct file_id);
	__type(value, struct dirty_file);
} dirty_files SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct dirty_folio);
} dirty_folios SEC(".maps");

/* Files that threads read or write past the page cache now: their requests don't tell. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct inode *);
} direct_calls SEC(".maps");

static __always_inline void who_is_current(struct who *who)
{
	who->pid = current_ids() >> 32;
	who->passes = filter_current();
	bpf_get_current_comm(who->comm, sizeof(who->comm));
}

static __always_inline struct file_id id_of(struct inode *inode)
{
	return (struct file_id){ BPF_CORE_READ(inode, i_ino), BPF_CORE_READ(inode, i_sb, s_dev) };
}

static __noinline struct iotop_value *value_of(const struct who *who, struct inode *inode)
{
	struct iotop_key key = { .pid = who->pid };
	struct iotop_value *value;

	if (per_file && inode) {
		key.inode = BPF_CORE_READ(inode, i_ino);
		key.dev = BPF_CORE_READ(inode, i_sb, s_dev);
	}
	value = map_get_or_init(&rows, &key, &zero);
	if (value && !value->comm[0]) {
		__builtin_memcpy(value->comm, who->comm, sizeof(value->comm));
		if (per_file && inode)
			inode_name(value->name, sizeof(value->name), inode);
	}
	return value;
}

/* What is on a disk, if a system call can read and write it there; NULL else. */
static __always_inline struct inode *inode_of(struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_mapping, host);
	__u32 type = BPF_CORE_READ(inode, i_mode) & S_IFMT;

	return type == S_IFREG || type == S_IFBLK ? inode : NULL;
}

SEC("?raw_tp/sys_enter")
int off__call(struct raw_args *ctx)
{
	__u32 nr = SYSCALL_NR(ctx->args[1]), tid = bpf_get_current_pid_tgid();
	struct syscall call = { .nr = nr };
	struct inode *inode;
	struct file *file;

	if (!READS_OR_WRITES(nr))
		return 0;
	syscall_read(&call, (void *)ctx->args[0]);
	file = file_of(call.arg[0]);
	if (!(BPF_CORE_READ(file, f_flags) & O_DIRECT))
		return 0;
	inode = inode_of(file);
	return inode ? map_put(&direct_calls, &tid, &inode) : 0;
}

SEC("?raw_tp/sched_process_exit")
int off__exit(void *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&direct_calls, &tid);
	return 0;
}

ON_SYSCALL_IF(READS_OR_WRITES(nr))
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct iotop_value *value;
	struct inode *inode;
	struct file *file;
	struct who who;
	bool read;

	if (per_file)
		bpf_map_delete_elem(&direct_calls, &tid);
	read = is_read(call);
	if (call->ret <= 0 || (!read && !is_write(call)) || !filter_current())
		return 0;
	file = file_of(call->arg[0]);
	inode = inode_of(file);
	/* Files of no disk, as those in /proc, have nothing in the page cache. */
	if (!inode || (!BPF_CORE_READ(inode, i_mapping, nrpages) && !(BPF_CORE_READ(file, f_flags) & O_DIRECT)))
		return 0;
	who_is_current(&who);
	value = value_of(&who, inode);
	if (value)
		add(read ? &value->read : &value->written, call->ret);
	return 0;
}

static __noinline int dirtied(void *folio, struct address_space *mapping)
{
	struct inode *inode = BPF_CORE_READ(mapping, host);
	struct file_id file = id_of(inode);
	struct dirty_file *dirty = bpf_map_lookup_elem(&dirty_files, &file);
	struct dirty_file new = {};
	struct dirty_folio one = {};
	struct iotop_value *value;
	__u64 key = (__u64)folio, pages = folio_pages(folio);

	who_is_current(&new.who);
	new.bytes = pages * common.page_size;
	if (new.who.passes) {
		value = value_of(&new.who, inode);
		if (value)
			add(&value->dirtied, new.bytes);
	}
	/* Nothing of others is left, or it was forgotten without being written. */
	if (!dirty || dirty->bytes <= 0 || BPF_CORE_READ(mapping, nrpages) <= pages)
		return map_put(&dirty_files, &file, &new);
	add((__u64 *)&dirty->bytes, new.bytes);
	if (dirty->who.pid != new.who.pid) {
		dirty->shared = 1;
		one.file = file;
		one.who = new.who;
		return map_put(&dirty_folios, &key, &one);
	}
	if (dirty->shared)
		bpf_map_delete_elem(&dirty_folios, &key);
	return 0;
}

/* 5.16 renamed it. The verifier of some kernels takes no typed pointers for what dirtied() does. */
SEC("?raw_tp/writeback_dirty_folio")
int raw_tp__dirty__folio(struct raw_args *ctx)
{
	return dirtied((void *)ctx->args[0], (void *)ctx->args[1]);
}

SEC("?raw_tp/writeback_dirty_page")
int raw_tp__dirty__page(struct raw_args *ctx)
{
	return dirtied((void *)ctx->args[0], (void *)ctx->args[1]);
}

static __always_inline void charge(const struct who *who, struct inode *inode, bool write, __u64 bytes)
{
	struct iotop_value *value;

	if (!who->passes || !bytes)
		return;
	value = value_of(who, inode);
	if (value)
		add(write ? &value->disk_written : &value->disk_read, bytes);
}

static __always_inline void *page_at(struct bio_vec *vec, __u32 offset)
{
	return (void *)BPF_CORE_READ(vec, bv_page) + offset / common.page_size * bpf_core_type_size(struct page);
}

/* Whose page of the page cache it is; NULL for memory of processes and the kernel's own. */
static __always_inline struct inode *inode_of_folio(void *folio)
{
	struct address_space *mapping = folio_mapping(folio);

	return (__u64)mapping & 3 ? NULL : BPF_CORE_READ(mapping, host);
}

/*
 * The first page of what is still to come of a bio; how much of it that is. A global function with numbers for
 * pointers, since the verifier looks at that once, not at each turn of the loop.
 */
__noinline __u64 charge_page(__u64 vec, __u64 done, __u64 left, __u64 host)
{
	struct bio_vec *at = (void *)vec;
	struct inode *inode = (void *)host;
	__u32 offset = BPF_CORE_READ(at, bv_offset) + done, length = BPF_CORE_READ(at, bv_len) - done;
	__u64 key = (__u64)folio_of_page(page_at(at, offset)), bytes = common.page_size - offset % common.page_size;
	struct dirty_folio *one = bpf_map_lookup_elem(&dirty_folios, &key);
	struct file_id file = id_of(inode);
	struct dirty_file *dirty;

	bytes = bytes < length ? bytes : length;
	bytes = bytes < left ? bytes : left;
	if (one && one->file.inode == file.inode && one->file.dev == file.dev) {
		charge(&one->who, inode, true, bytes);
		return bytes;
	}
	dirty = bpf_map_lookup_elem(&dirty_files, &file);
	if (dirty)
		charge(&dirty->who, inode, true, bytes);
	return bytes;
}

/* Pages that several processes made dirty: each to its own, and what is too much to look at to the first. */
static __noinline int charge_each(struct bio *bio, struct inode *inode, const struct who *first)
{
	struct bio_vec *at = BPF_CORE_READ(bio, bi_io_vec) + BPF_CORE_READ(bio, bi_iter.bi_idx);
	__u64 done = BPF_CORE_READ(bio, bi_iter.bi_bvec_done), left = BPF_CORE_READ(bio, bi_iter.bi_size), bytes;

#pragma clang loop unroll(disable)
	for (int i = 0; i < MAX_PAGES && left; i++) {
		bytes = charge_page((__u64)at, done, left, (__u64)inode);
		left -= bytes;
		done += bytes;
		if (done >= BPF_CORE_READ(at, bv_len)) {
			at++;
			done = 0;
		}
	}
	charge(first, inode, true, left);
	return 0;
}

/* A bio that goes to a disk now, by itself or as part of a request. */
static __noinline int to_disk(struct bio *bio)
{
	const bool direct = false;
	__u32 op = BPF_CORE_READ(bio, bi_opf) & 0xff, bytes = BPF_CORE_READ(bio, bi_iter.bi_size), offset;
	__u32 tid = bpf_get_current_pid_tgid();
	struct bio_vec *first = BPF_CORE_READ(bio, bi_io_vec) + BPF_CORE_READ(bio, bi_iter.bi_idx);
	struct dirty_file *dirty = NULL;
	struct inode *inode, **called;
	struct file_id file;
	struct who who;

	if (op > 1 || !bytes)	/* REQ_OP_READ, REQ_OP_WRITE */
		return 0;
	offset = BPF_CORE_READ(first, bv_offset) + BPF_CORE_READ(bio, bi_iter.bi_bvec_done);
	inode = inode_of_folio(folio_of_page(page_at(first, offset)));
	if (per_file && !inode) {
		called = bpf_map_lookup_elem(&direct_calls, &tid);
		if (called)
			inode = *called;
	}
	if (op == 1 && inode) {
		file = id_of(inode);
		dirty = bpf_map_lookup_elem(&dirty_files, &file);
	}
	if (dirty)
		add((__u64 *)&dirty->bytes, -(__u64)bytes);
	if (only_disk && bio_disk(bio) != only_disk)
		return 0;
	if (!dirty) {
		who_is_current(&who);
		charge(&who, inode, op == 1, bytes);
		return 0;
	}
	who = dirty->who;	/* it may be another one's meanwhile */
	if (dirty->shared)
		charge_each(bio, inode, &who);
	else
		charge(&who, inode, true, bytes);
	return 0;
}

/* args3: the queue came first until commit e8a676d61c07, 5.11 */
ON_TRACE_AS(new__args1, block_getrq, struct bio *bio)
{
	return to_disk(bio);
}

ON_TRACE_AS(new__args3, block_getrq, struct request_queue *q, struct bio *bio, int rw)
{
	return to_disk(bio);
}

ON_TRACE_AS(behind__args1, block_bio_backmerge, struct bio *bio)
{
	return to_disk(bio);
}

ON_TRACE_AS(behind__args3, block_bio_backmerge, struct request_queue *q, struct request *rq, struct bio *bio)
{
	return to_disk(bio);
}

ON_TRACE_AS(before__args1, block_bio_frontmerge, struct bio *bio)
{
	return to_disk(bio);
}

ON_TRACE_AS(before__args3, block_bio_frontmerge, struct request_queue *q, struct request *rq, struct bio *bio)
{
	return to_disk(bio);
}
