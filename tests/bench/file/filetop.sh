# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="read of 4 KiB that are in memory"
cached_blocks
load="cached 1000000 $blocks"
empties=("tp/syscalls/sys_enter_pread64 tp/syscalls/sys_exit_pread64" raw_tp/sys_exit)
peer_args="-C 1000"
bpftrace='
tracepoint:syscalls:sys_enter_pread64 { @fd[tid] = args->fd; }
tracepoint:syscalls:sys_exit_pread64 /args->ret > 0/ {
	@reads[pid, comm, @fd[tid]] = count();
	@bytes[pid, comm, @fd[tid]] = sum(args->ret);
}
END { clear(@fd); }'
shown() { awk '$2 == "load" && /cached-blocks/ { n += $3 } /^@reads.*load/ { n += $NF } END { printf "%d", n }'; }
