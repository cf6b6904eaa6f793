# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="time between calls of getppid(2), by its tracepoint"
load="getppid 4000000"
args="t:raw_syscalls:sys_exit"
empties=("tp/raw_syscalls/sys_exit")
bpftrace='tracepoint:raw_syscalls:sys_exit { if (@last) { @ = hist(nsecs - @last); } @last = nsecs; }'
shown() { histogram; }
