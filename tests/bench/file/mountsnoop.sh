# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="umount of what isn't mounted"
load="umount 200000 $mark"
empties=("tp/syscalls/sys_enter_umount tp/syscalls/sys_exit_umount" raw_tp/sys_exit)
bpftrace='
tracepoint:syscalls:sys_enter_umount { @path[tid] = args->name; }
tracepoint:syscalls:sys_exit_umount /@path[tid]/ {
	printf("%-16s %-7d %-7d umount(\"%s\") %d\n", comm, pid, tid, str(@path[tid]), args->ret);
	delete(@path[tid]);
}'
shown() { grep -acF "$mark" || true; }
