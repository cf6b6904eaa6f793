# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="socket, listen and close"
load="listen 50000"
empties=("tp/syscalls/sys_enter_listen tp/syscalls/sys_exit_listen" raw_tp/sys_exit)
bpftrace='
tracepoint:syscalls:sys_enter_listen { @backlog[tid] = args->backlog; @fd[tid] = args->fd; }
tracepoint:syscalls:sys_exit_listen /@backlog[tid]/ {
	printf("%-7d %-16s %d %d %d\n", pid, comm, @fd[tid], @backlog[tid], args->ret);
	delete(@backlog[tid]);
	delete(@fd[tid]);
}'
shown() { grep -acE ' load ' || true; }
