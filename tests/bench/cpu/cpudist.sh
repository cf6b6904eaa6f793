# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="context switch of two threads on one CPU"
load="pipe 400000"
empties=("tp_btf/sched_switch")
bpftrace='
tracepoint:sched:sched_switch {
	if (@since[cpu]) {
		@usecs = hist((nsecs - @since[cpu]) / 1000);
	}
	@since[cpu] = nsecs;
}
END { clear(@since); }'
shown() { histogram; }
