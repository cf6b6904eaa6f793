# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="getppid(2), which has nothing to do with it: there are no events, only start and memory compare"
load="getppid 1000000"
bpftrace='
tracepoint:writeback:writeback_start { @start[args->sb_dev] = nsecs; }
tracepoint:writeback:writeback_written {
	printf("%s %d %d %d\n", args->name, args->nr_pages, args->reason, (nsecs - @start[args->sb_dev]) / 1000);
	delete(@start[args->sb_dev]);
}'
shown() { cat >/dev/null; echo 1020000; }
