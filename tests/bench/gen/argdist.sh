# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="getppid(2), by its tracepoint, with its number"
load="getppid 4000000"
args="t:raw_syscalls:sys_exit(ret>0)id"
empties=("tp/raw_syscalls/sys_exit")
bpftrace='tracepoint:raw_syscalls:sys_exit /args->ret > 0/ { @[args->id] = count(); }'
# By number: 110 on x86-64, 173 elsewhere.
shown() { awk '$NF == 110 || $NF == 173 { n += $(NF - 1) } $1 ~ /^@\[(110|173)\]:$/ { n += $2 } END { printf "%d", n }'; }
