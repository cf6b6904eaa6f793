# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="setuid(2) to what it is already"
load="setuid 200000"
empties=("tp/syscalls/sys_enter_setuid tp/syscalls/sys_exit_setuid" raw_tp/sys_exit)
bpftrace='
tracepoint:syscalls:sys_enter_setuid { @to[tid] = args->uid; @asked[tid] = 1; }
tracepoint:syscalls:sys_exit_setuid /@asked[tid]/ {
	printf("%-7d %-16s %d setuid %d %d\n", pid, comm, uid, @to[tid], args->ret);
	delete(@to[tid]);
	delete(@asked[tid]);
}'
shown() { grep -acE ' load .*setuid' || true; }
