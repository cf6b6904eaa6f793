# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="pthread_create(3) and pthread_join(3)"
load="thread 20000"
loader=load-dynamic
args="-l c"
libc=$(ldd "$out/bench/$loader" | awk '/libc\.so/ { print $3 }')
empties=("uprobe/$libc+0x$(readelf -Ws --dyn-syms "$libc" | awk '/ pthread_create@@/ && !n++ { print $2 }')"
	 "raw_tp/sched_process_fork" "raw_tp/sched_process_exit")
bpftrace="
uprobe:$libc:pthread_create {
	printf(\"%-10u %-6d %-16s %s\\n\", elapsed / 1000000, pid, comm, usym(arg2));
}"
shown() { grep -acE ' start +c ' || true; }
