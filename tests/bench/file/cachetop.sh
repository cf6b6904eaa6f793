# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="read of 4 KiB that are in memory"
cached_blocks
load="cached 1000000 $blocks"
empties=("raw_tp/sys_enter raw_tp/sys_exit" tp/syscalls/sys_exit_pread64)
bpftrace='
tracepoint:syscalls:sys_exit_pread64 /args->ret > 0/ { @pages[pid, uid, comm] = sum((args->ret + 4095) / 4096); }
tracepoint:filemap:mm_filemap_add_to_page_cache { @added[pid, uid, comm] = count(); }
tracepoint:writeback:writeback_dirty_folio { @dirtied[pid, uid, comm] = count(); }'
shown() { awk '$3 == "load" { n += $4 } /^@pages.*load/ { n += $NF } END { printf "%d", n }'; }
