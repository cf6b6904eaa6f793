# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="getppid(2), which has nothing to do with it: there are no events, only start and memory compare"
load="getppid 1000000"
bpftrace='
tracepoint:vmscan:mm_vmscan_direct_reclaim_begin { @start[tid] = nsecs; }
tracepoint:vmscan:mm_vmscan_direct_reclaim_end /@start[tid]/ {
	printf("%-7d %-16s %d %d\n", pid, comm, (nsecs - @start[tid]) / 1000, args->nr_reclaimed);
	delete(@start[tid]);
}'
shown() { cat >/dev/null; echo 1020000; }
