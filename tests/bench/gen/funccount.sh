# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="getppid(2), by its tracepoint"
load="getppid 4000000"
args="t:raw_syscalls:sys_exit"
empties=("tp/raw_syscalls/sys_exit")
bpftrace='tracepoint:raw_syscalls:sys_exit { @[probe] = count(); }'
shown() { awk '$1 == "sys_exit" { n += $2 } /^@\[/ { n += $NF } END { printf "%d", n }'; }
