# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="getppid(2), which raises no interrupt: only start, memory and size tell anything here"
load="getppid 1000000"
bpftrace='
tracepoint:irq:irq_handler_entry { @since[cpu] = nsecs; @name[cpu] = str(args->name); }
tracepoint:irq:irq_handler_exit /@since[cpu]/ {
	@total[@name[cpu]] = sum(nsecs - @since[cpu]);
	delete(@since[cpu]);
	delete(@name[cpu]);
}
END { clear(@since); clear(@name); }'
shown() { awk 'END { print 1020000 }'; }
