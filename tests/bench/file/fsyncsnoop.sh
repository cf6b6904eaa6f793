# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="fsync of a file in memory"
load="sync 500000 $mark"
empties=("tp/syscalls/sys_enter_fsync tp/syscalls/sys_exit_fsync" "raw_tp/sys_enter raw_tp/sys_exit")
bpftrace='
tracepoint:syscalls:sys_enter_fsync { @start[tid] = nsecs; @fd[tid] = args->fd; }
tracepoint:syscalls:sys_exit_fsync /@start[tid]/ {
	printf("%-7d %-16s fsync %d %d %d\n", pid, comm, @fd[tid], (nsecs - @start[tid]) / 1000, args->ret);
	delete(@start[tid]);
	delete(@fd[tid]);
}'
shown() { grep -acE ' load +fsync' || true; }
