# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="O_DIRECT read of 4 KiB from a loop device"
clock=wall	# another thread does the work
loop_device
load="read 20000 $device"
empties=("tp_btf/block_rq_issue tp_btf/block_rq_complete")
bpftrace='
tracepoint:block:block_rq_issue { @since[args->dev, args->sector] = nsecs; }
tracepoint:block:block_rq_complete /@since[args->dev, args->sector]/ {
	@usecs = hist((nsecs - @since[args->dev, args->sector]) / 1000);
	delete(@since[args->dev, args->sector]);
}
END { clear(@since); }'
shown() { cat >/dev/null; echo 20400; }	# percentiles don't say of how many
