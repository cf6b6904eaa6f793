# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="open and close of one file, which is one call of vfs_open"
load="open 500000 $mark"
empties=(kprobe/vfs_open)
bpftrace='kprobe:vfs_read*, kprobe:vfs_write*, kprobe:vfs_fsync, kprobe:vfs_open, kprobe:vfs_create { @[func] = count(); }'
# libbpf-tools' row of each second begins with the time.
shown() { awk '/^@\[vfs_open\]/ { n += $NF } $1 ~ /^[0-9]+$/ { n += $4 } $1 ~ /:.*:/ { n += $5 } END { printf "%d", n }'; }
