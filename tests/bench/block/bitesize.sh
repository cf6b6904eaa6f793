# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="O_DIRECT read of 4 KiB from a loop device"
clock=wall	# another thread does the work
truncate -s 4M "$dir/disk"
device=$(losetup -f --show --direct-io=off "$dir/disk") || skip "no loop device"
at_end+=("losetup -d $device")
load="read 20000 $device"
empties=("tp_btf/block_io_start tp_btf/block_rq_issue tp_btf/block_rq_complete")
bpftrace='tracepoint:block:block_rq_issue { @[comm] = hist(args->bytes); }'
shown() { histogram; }
