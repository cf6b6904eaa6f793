# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="O_DIRECT read of 4 KiB from a loop device, with the stack of who begins it"
clock=wall	# another thread does the work
loop_device
load="read 20000 $device"
empties=("tp_btf/block_io_start tp_btf/block_rq_issue tp_btf/block_rq_complete")
bpftrace='
tracepoint:block:block_io_start { @stack[args->dev, args->sector] = kstack; @since[args->dev, args->sector] = nsecs; }
tracepoint:block:block_rq_complete /@since[args->dev, args->sector]/ {
	@usecs[@stack[args->dev, args->sector]] = hist((nsecs - @since[args->dev, args->sector]) / 1000);
	delete(@stack[args->dev, args->sector]);
	delete(@since[args->dev, args->sector]);
}
END { clear(@stack); clear(@since); }'
# corekit has a row for each stack and process, the others a histogram.
shown()
{
	awk '$5 ~ /^loop/ { n += $2 }
	     /->.*:/ { sub(/.*: */, ""); n += $1 }
	     /^[[(].*\|/ { sub(/^[^])]*[])] */, ""); n += $1 }
	     END { printf "%d", n }'
}
