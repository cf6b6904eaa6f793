# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="O_DIRECT read of 4 KiB from a loop device, which queues a work item"
clock=wall	# another thread does the work
loop_device
load="read 20000 $device"
empties=("tp_btf/workqueue_queue_work tp_btf/workqueue_execute_start")
bpftrace='
tracepoint:workqueue:workqueue_queue_work { @since[args->work] = nsecs; }
tracepoint:workqueue:workqueue_execute_start /@since[args->work]/ {
	@usecs = hist((nsecs - @since[args->work]) / 1000);
	delete(@since[args->work]);
}
END { clear(@since); }'
shown() { histogram; }
