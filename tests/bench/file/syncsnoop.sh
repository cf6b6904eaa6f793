# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="fsync of a file in memory"
load="sync 1000000 $mark"
empties=(tp/syscalls/sys_enter_fsync raw_tp/sys_exit)
bpftrace='tracepoint:syscalls:sys_enter_fsync { printf("%-7d %-16s fsync\n", pid, comm); }'
shown() { grep -acE '(^|[0-9 ]+)load ' || true; }
