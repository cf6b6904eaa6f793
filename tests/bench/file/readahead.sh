# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="read of 4 KiB that are in memory: nothing is read ahead, each page is marked as used"
cached_blocks
load="cached 1000000 $blocks"
empties=(kprobe/folio_mark_accessed)
bpftrace='
kprobe:page_cache_ra_unbounded { @in[tid] = 1; }
kretprobe:page_cache_ra_unbounded { delete(@in[tid]); }
tracepoint:filemap:mm_filemap_add_to_page_cache /@in[tid]/ { @since[args->pfn] = nsecs; }
kprobe:folio_mark_accessed { @used = count(); }
END { clear(@in); clear(@since); }'
shown() { cat >/dev/null; echo 1020000; }
