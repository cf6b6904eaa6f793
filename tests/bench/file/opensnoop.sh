# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="open and close of one file"
load="open 1000000 $mark"
empties=("tp/syscalls/sys_enter_openat tp/syscalls/sys_exit_openat" raw_tp/sys_exit)
bpftrace='
tracepoint:syscalls:sys_enter_openat { @path[tid] = args->filename; }
tracepoint:syscalls:sys_exit_openat /@path[tid]/ {
	printf("%-7d %-16s %4d %s\n", pid, comm, args->ret, str(@path[tid]));
	delete(@path[tid]);
}'
shown() { grep -acF "$mark" || true; }
