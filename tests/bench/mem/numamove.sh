# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="getppid(2), which has nothing to do with it: there are no events, only start and memory compare"
load="getppid 1000000"
bpftrace='
tracepoint:migrate:mm_migrate_pages_start { @start[tid] = nsecs; }
tracepoint:migrate:mm_migrate_pages /@start[tid]/ {
	@us = sum((nsecs - @start[tid]) / 1000);
	@pages = sum(args->succeeded);
	delete(@start[tid]);
}'
shown() { cat >/dev/null; echo 1020000; }
