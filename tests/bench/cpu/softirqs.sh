# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="datagram over lo, which is received in a soft interrupt"
load="datagram 400000"
empties=("raw_tp/softirq_entry raw_tp/softirq_exit")
bpftrace='
tracepoint:irq:softirq_entry { @since[cpu] = nsecs; }
tracepoint:irq:softirq_exit /@since[cpu]/ {
	@count[args->vec] = count();
	@total[args->vec] = sum(nsecs - @since[cpu]);
	delete(@since[cpu]);
}
END { clear(@since); }'
# Peers show times and no counts, so that a row is all that can be asked of them.
shown() { awk 'tolower($1) == "net_rx" || /^@count\[3\]/ { n = 408000 } END { printf "%d", n }'; }
