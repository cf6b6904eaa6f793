# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="nanosleep(2) for no time at all"
load="nap 300000"
empties=(raw_tp/sys_enter tp/syscalls/sys_enter_nanosleep)
bpftrace='
tracepoint:syscalls:sys_enter_nanosleep {
	printf("%-7d %-16s %d.%03d\n", pid, comm, args->rqtp->tv_sec, args->rqtp->tv_nsec / 1000000);
}'
shown() { grep -acE ' load ' || true; }
