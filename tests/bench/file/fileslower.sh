# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="read of 4 KiB that are in memory, which never takes long"
cached_blocks
load="cached 1000000 $blocks"
empties=("tp/syscalls/sys_enter_pread64 tp/syscalls/sys_exit_pread64" "raw_tp/sys_enter raw_tp/sys_exit")
bpftrace='
tracepoint:syscalls:sys_enter_pread64 { @start[tid] = nsecs; @fd[tid] = args->fd; }
tracepoint:syscalls:sys_exit_pread64 /@start[tid]/ {
	if (nsecs - @start[tid] > 10000000) {
		printf("%-7d %-16s %d %d %d\n", pid, comm, @fd[tid], args->ret, (nsecs - @start[tid]) / 1000);
	}
	delete(@start[tid]);
	delete(@fd[tid]);
}'
shown() { cat >/dev/null; echo 1020000; }	# there is nothing to show
