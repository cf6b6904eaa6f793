# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="O_DIRECT read of 4 KiB from a loop device"
clock=wall	# another thread does the work
loop_device
load="read 20000 $device"
empties=("tp_btf/block_io_start tp_btf/block_rq_issue tp_btf/block_rq_complete")
bpftrace='
tracepoint:block:block_io_start { @pid[args->sector] = pid; @comm[args->sector] = comm; }
tracepoint:block:block_rq_issue { @since[args->dev, args->sector] = nsecs; }
tracepoint:block:block_rq_complete /@since[args->dev, args->sector]/ {
	printf("%-7d %-16s %d %d %d\n", @pid[args->sector], @comm[args->sector], args->sector, args->nr_sector,
	       nsecs - @since[args->dev, args->sector]);
	delete(@since[args->dev, args->sector]);
	delete(@pid[args->sector]);
	delete(@comm[args->sector]);
}
END { clear(@since); clear(@pid); clear(@comm); }'
shown() { grep -acE "load|loop" || true; }
