# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="getppid(2), which has nothing to do with it: there are no events, only start and memory compare"
load="getppid 1000000"
bpftrace='
interval:s:1 {
	$loads = kaddr("avenrun");
	printf("%d\n", *$loads);
}'
shown() { grep -acE '^ *[0-9]' || true; }
