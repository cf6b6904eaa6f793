# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="open and close of one file, for which one struct file is allocated"
load="open 500000 $mark"
empties=(tp_btf/kmem_cache_alloc tp/kmem/kmem_cache_alloc)
peer_args="-C 1000"
bpftrace='
tracepoint:kmem:kmem_cache_alloc {
	@allocs[str(args->name)] = count();
	@bytes[str(args->name)] = sum(args->bytes_alloc);
}'
shown() { awk '$1 == "filp" { n += $2 } /^@allocs\[filp\]/ { n += $NF } END { printf "%d", n }'; }
