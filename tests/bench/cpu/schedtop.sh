# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="context switch of two threads on one CPU"
load="pipe 400000"
empties=("tp_btf/sched_wakeup tp_btf/sched_wakeup_new tp_btf/sched_switch tp_btf/sched_migrate_task")
bpftrace='
tracepoint:sched:sched_wakeup { @since[args->pid] = nsecs; }
tracepoint:sched:sched_switch {
	@on[args->prev_pid] = sum(nsecs - @since[args->prev_pid]);
	@off[args->next_pid] = sum(nsecs - @since[args->next_pid]);
	@since[args->prev_pid] = nsecs;
	@since[args->next_pid] = nsecs;
}
END { clear(@since); }'
# Times, not switches, are shown.
shown() { awk 'NF { n = 408000 } END { printf "%d", n }'; }
