# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="open and close of one file, which is one call of vfs_open"
load="open 500000 $mark"
empties=(kprobe/vfs_open)
bpftrace='kprobe:vfs_* { @[func] = count(); }'
shown() { awk '$1 == "vfs_open" { n += $2 } /^@\[vfs_open\]/ { n += $NF } END { printf "%d", n }'; }
