/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Folios of the page cache; before 5.16 they are pages, of which all that is read here is at the same place. */
#ifndef FOLIO_BPF_H
#define FOLIO_BPF_H

#include "lib/file.bpf.h"

struct page___before_folios {
	struct address_space *mapping;
	unsigned long index;
} __attribute__((preserve_access_index));

struct folio___any {
	struct address_space *mapping;
	unsigned long index;
	unsigned int _folio_nr_pages;	/* until 6.14 */
	unsigned int _nr_pages;
	unsigned long _flags_1;		/* its lowest byte is the order, since 6.6 */
} __attribute__((preserve_access_index));

struct page___any {
	unsigned long compound_head;	/* bit 0 set: where its folio begins */
	unsigned long compound_info;	/* since 7.1; the same, or bit 0 set in a mask for the page's own address */
} __attribute__((preserve_access_index));

/* The folio that a page is in. */
static __always_inline void *folio_of_page(void *page)
{
	struct page___any *any = page;
	__u64 info = bpf_core_field_exists(any->compound_info) ? BPF_CORE_READ(any, compound_info) :
								 BPF_CORE_READ(any, compound_head);

	if (!(info & 1))
		return page;
	/* No struct page is in the last terabyte, so what looks like an address there is a mask. */
	return (__s64)info > -(1LL << 40) ? (void *)((__u64)page & info) : (void *)(info - 1);
}

/* The flags come first in all of them. */
static __always_inline __u64 folio_flags(void *folio)
{
	__u64 flags = 0;

	bpf_probe_read_kernel(&flags, sizeof(flags), folio);
	return flags;
}

static __always_inline struct address_space *folio_mapping(void *folio)
{
	struct page___before_folios *page = folio;
	struct folio___any *any = folio;

	return bpf_core_field_exists(any->mapping) ? BPF_CORE_READ(any, mapping) : BPF_CORE_READ(page, mapping);
}

/* In its file, in pages. */
static __always_inline __u64 folio_index(void *folio)
{
	struct page___before_folios *page = folio;
	struct folio___any *any = folio;

	return bpf_core_field_exists(any->index) ? BPF_CORE_READ(any, index) : BPF_CORE_READ(page, index);
}

static __always_inline bool folio_is_of_file(void *folio)
{
	struct address_space *mapping = folio_mapping(folio);

	return (BPF_CORE_READ(mapping, host, i_mode) & S_IFMT) == S_IFREG;
}

static __always_inline __u64 folio_pages(void *folio)
{
	struct folio___any *any = folio;

	if (!bpf_core_field_exists(any->mapping) || !(folio_flags(folio) & 1ULL << bpf_core_enum_value(enum pageflags, PG_head)))
		return 1;
	if (bpf_core_field_exists(any->_nr_pages))
		return BPF_CORE_READ(any, _nr_pages);
	if (bpf_core_field_exists(any->_folio_nr_pages))
		return BPF_CORE_READ(any, _folio_nr_pages);
	if (bpf_core_field_exists(any->_flags_1))
		return 1ULL << (BPF_CORE_READ(any, _flags_1) & 0xff);
	return 1;
}

#endif
