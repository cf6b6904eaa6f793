# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="context switch of two threads on one CPU, none of which waits for long"
load="pipe 400000"
empties=("tp_btf/sched_wakeup tp_btf/sched_wakeup_new tp_btf/sched_switch")
bpftrace='
tracepoint:sched:sched_wakeup, tracepoint:sched:sched_wakeup_new { @since[args->pid] = nsecs; }
tracepoint:sched:sched_switch {
	if (args->prev_state == 0) {
		@since[args->prev_pid] = nsecs;
	}
	if (@since[args->next_pid] && nsecs - @since[args->next_pid] > 10000000) {
		printf("%s %d %d\n", args->next_comm, args->next_pid, (nsecs - @since[args->next_pid]) / 1000);
	}
	delete(@since[args->next_pid]);
}
END { clear(@since); }'
shown() { cat >/dev/null; echo 400000; }	# there is nothing to show
