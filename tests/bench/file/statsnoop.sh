# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="stat of one file"
load="stat 1000000 $mark"
empties=("tp/syscalls/sys_enter_newfstatat tp/syscalls/sys_exit_newfstatat" raw_tp/sys_exit)
bpftrace='
tracepoint:syscalls:sys_enter_newfstatat { @path[tid] = args->filename; }
tracepoint:syscalls:sys_exit_newfstatat /@path[tid]/ {
	printf("%-7d %-16s %4d %s\n", pid, comm, args->ret, str(@path[tid]));
	delete(@path[tid]);
}'
shown() { grep -acF "$mark" || true; }
