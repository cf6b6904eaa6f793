# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="open, close and unlink of a new file"
load="unlink 200000 $mark-2"
empties=("tp/syscalls/sys_enter_unlink tp/syscalls/sys_exit_unlink" raw_tp/sys_exit)
bpftrace='
tracepoint:syscalls:sys_enter_unlink { @path[tid] = args->pathname; }
tracepoint:syscalls:sys_exit_unlink /@path[tid]/ {
	printf("%-7d %-16s %s %d\n", pid, comm, str(@path[tid]), args->ret);
	delete(@path[tid]);
}'
shown() { grep -acF "$mark-2" || true; }
