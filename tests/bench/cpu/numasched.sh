# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="context switch of two threads on one CPU, whose node is looked at"
load="pipe 400000"
empties=("tp_btf/sched_switch" tp/sched/sched_switch)
bpftrace='
tracepoint:sched:sched_switch {
	if (@node[args->next_pid] != numaid + 1) {
		@moves = count();
		@node[args->next_pid] = numaid + 1;
	}
}
END { clear(@node); }'
# A move is rare: nothing that is shown has to do with how many switches there were.
shown() { awk '{ n = 408000 } END { printf "%d", n }'; }
