# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="getaddrinfo(3) of a number"
load="lookup 100000"
loader=load-dynamic
libc=$(ldd "$out/bench/$loader" | awk '/libc\.so/ { print $3 }')
empties=("uprobe/$libc+0x$(readelf -Ws --dyn-syms "$libc" | awk '/ getaddrinfo@@/ && !n++ { print $2 }')")
bpftrace="
uprobe:$libc:getaddrinfo { @start[tid] = nsecs; @name[tid] = arg0; }
uretprobe:$libc:getaddrinfo /@start[tid]/ {
	printf(\"%-7d %-16s %d %s\\n\", pid, comm, (nsecs - @start[tid]) / 1000, str(@name[tid]));
	delete(@start[tid]);
	delete(@name[tid]);
}"
shown() { grep -acE ' load.*127\.0\.0\.1' || true; }
