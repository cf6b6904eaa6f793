# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="read of 4 KiB that are in memory"
cached_blocks
load="cached 1000000 $blocks"
empties=("raw_tp/sys_enter raw_tp/sys_exit" tp/syscalls/sys_exit_pread64)
peer_args="1000"
bpftrace='
tracepoint:syscalls:sys_exit_pread64 /args->ret > 0/ { @pages = sum((args->ret + 4095) / 4096); }
tracepoint:filemap:mm_filemap_add_to_page_cache { @added = count(); }
tracepoint:writeback:writeback_dirty_folio { @dirtied = count(); }'
shown() { awk '$1 ~ /^[0-9]+$/ { n += $1 } /^@pages:/ { n += $2 } END { printf "%d", n }'; }
