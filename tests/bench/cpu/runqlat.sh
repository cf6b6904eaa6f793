# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="context switch of two threads on one CPU"
load="pipe 400000"
empties=("tp_btf/sched_wakeup tp_btf/sched_wakeup_new tp_btf/sched_switch")
bpftrace='
tracepoint:sched:sched_wakeup, tracepoint:sched:sched_wakeup_new { @since[args->pid] = nsecs; }
tracepoint:sched:sched_switch {
	if (args->prev_state == 0) {
		@since[args->prev_pid] = nsecs;
	}
	if (@since[args->next_pid]) {
		@usecs = hist((nsecs - @since[args->next_pid]) / 1000);
		delete(@since[args->next_pid]);
	}
}
END { clear(@since); }'
shown() { histogram; }
