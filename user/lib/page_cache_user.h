/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Columns of tools that count pages of the page cache. */
#ifndef PAGE_CACHE_USER_H
#define PAGE_CACHE_USER_H

#include "lib/tool.h"
#include "lib/page_cache.h"

/* Sets *knows_regs and *file_type where the kernel can; with the first two of the programs are not needed. */
int page_cache_setup(struct run *run, bool *knows_regs, __u32 *file_type);

/* `offset`: of struct page_cache_counts in the row */
void page_cache_hits(struct out *out, const struct column *c, const void *row);
void page_cache_ratio(struct out *out, const struct column *c, const void *row);
void page_cache_write_ratio(struct out *out, const struct column *c, const void *row);

#define PAGE_CACHE_COLUMNS(type, counts)							\
	COL_OWN("hits", page_cache_hits, 9, "pages that were read and were there", .bare_json = true, .offset = offsetof(type, counts)), \
	COL("misses", type, counts.brought, 9, "pages that were brought in by reads, with those that were read ahead"), \
	COL_OWN("hit_pct", page_cache_ratio, 7, "of pages read, how many were there, in percent", .bare_json = true, .offset = offsetof(type, counts)), \
	COL("read", type, counts.read, 9, "pages that were read from files, hits and misses", HIDDEN), \
	COL("written", type, counts.written, 9, "pages that were written to files", HIDDEN),		\
	COL("added", type, counts.added, 9, "pages that writes added to the cache", HIDDEN),		\
	COL("other", type, counts.otherwise, 8, "pages brought in otherwise: by page faults, readahead(2), the kernel"), \
	COL("dirtied", type, counts.dirtied, 8, "pages of files that became dirty")

#define PAGE_CACHE_COST "A raw tracepoint at the return of each system call, which reads its number, and for reads and writes looks at the " \
	"open file; a tracepoint for each page that is added or becomes dirty. Before 5.15 another one at the beginning of each call, " \
	"and an entry of a map for those that read or write."
#define PAGE_CACHE_CAVEATS "Pages are counted as missed when they are brought in, in the call that reads ahead too, and as read in the " \
	"call that reads them: over short intervals, or where much is read ahead and never used, there are fewer hits shown than " \
	"there were, never more. Who reads through mappings, splice(2), sendfile(2) and io_uring is not seen reading: of that only what it " \
	"brings in is counted, under \"other\". Reads and writes with O_DIRECT, and folders and other metadata of file systems, are left out. " \
	"A page is as large as getconf PAGESIZE says."

#endif
