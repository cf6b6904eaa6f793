# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="O_DIRECT read of 4 KiB from a loop device"
clock=wall	# another thread does the work
loop_device
load="read 20000 $device"
empties=("tp_btf/block_io_start tp_btf/block_rq_issue tp_btf/block_rq_complete")
bpftrace='tracepoint:block:block_io_start { @[pid, comm, args->dev] = count(); }'
shown() { awk '/loop/ { n += $5 } /^@\[/ { n += $NF } END { printf "%d", n }'; }
