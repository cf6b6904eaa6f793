# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="stat of a name that isn't there, which is one miss"
load="missing 50000 $mark"
empties=("kprobe/d_alloc_parallel kretprobe/d_alloc_parallel")
bpftrace='
kprobe:d_lookup { @name[tid] = ((struct qstr *)arg1)->name; }
kretprobe:d_lookup /@name[tid]/ {
	if (!retval) {
		printf("%-7d %-16s M %s\n", pid, comm, str(@name[tid]));
	}
	delete(@name[tid]);
}'
shown() { grep -acE 'load.*marked-file-' || true; }
