/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef PAGE_CACHE_H
#define PAGE_CACHE_H

#define RDONLY_CAST 0x7ca57	/* stands for bpf_rdonly_cast(): no helper's number */

/* In pages.  What is brought in for a read is there for it or for later ones: read ahead. */
struct page_cache_counts {
	__u64 read;		/* by read(2) and its like, from files that have pages in the cache */
	__u64 brought;		/* into the cache, by such calls */
	__u64 written;		/* by write(2) and its like */
	__u64 added;		/* to the cache, by such calls */
	__u64 otherwise;	/* added by anything else: page faults, readahead(2), the kernel */
	__u64 dirtied;		/* of files */
};

#endif
