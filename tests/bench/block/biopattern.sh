# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="O_DIRECT read of 4 KiB from a loop device"
clock=wall	# another thread does the work
loop_device
load="read 20000 $device"
empties=("tp_btf/block_rq_issue")
bpftrace='
tracepoint:block:block_rq_issue {
	if (@next[args->dev] == args->sector) { @sequential[args->dev] = count(); } else { @random[args->dev] = count(); }
	@next[args->dev] = args->sector + args->nr_sector;
}
END { clear(@next); }'
shown() { awk '/loop/ { n += $4 } /^@/ { n += $NF } END { printf "%d", n }'; }
