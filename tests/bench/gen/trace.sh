# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="open and close of one file, a row each with name and result"
load="open 1000000 $mark"
args="sys:openat%return(ret>0)str(entry(filename)),ret"
empties=("tp/syscalls/sys_enter_openat tp/syscalls/sys_exit_openat")
bpftrace='
tracepoint:syscalls:sys_enter_openat { @path[tid] = args->filename; }
tracepoint:syscalls:sys_exit_openat /@path[tid] && args->ret > 0/ {
	printf("%-7d %-16s %s, %d\n", pid, comm, str(@path[tid]), args->ret);
	delete(@path[tid]);
}'
shown() { grep -acF "$mark" || true; }
