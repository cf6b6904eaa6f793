# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="datagram over lo, which is received in a soft interrupt, and too fast to be shown"
load="datagram 400000"
empties=("raw_tp/softirq_raise raw_tp/softirq_entry raw_tp/softirq_exit")
bpftrace='
tracepoint:irq:softirq_raise { @raised[cpu, args->vec] = nsecs; }
tracepoint:irq:softirq_entry {
	if (@raised[cpu, args->vec] && nsecs - @raised[cpu, args->vec] > 10000000) {
		printf("wait %d %d\n", args->vec, (nsecs - @raised[cpu, args->vec]) / 1000);
	}
	@since[cpu] = nsecs;
}
tracepoint:irq:softirq_exit {
	if (@since[cpu] && nsecs - @since[cpu] > 10000000) {
		printf("run %d %d\n", args->vec, (nsecs - @since[cpu]) / 1000);
	}
}
END { clear(@raised); clear(@since); }'
shown() { awk 'END { print 408000 }'; }
