# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="getppid(2)"
load="getppid 4000000"
empties=("raw_tp/sys_exit" "tp/raw_syscalls/sys_exit")
bpftrace='tracepoint:raw_syscalls:sys_exit { @[args->id] = count(); }'
# By name, or by number: 110 on x86-64, 173 elsewhere.
shown() { awk '$1 == "getppid" { n += $2 } $1 ~ /^@\[(110|173)\]:$/ { n += $2 } END { printf "%d", n }'; }
