# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="19 bytes over a local socket"
load="local 200000"
empties=("tp/syscalls/sys_enter_read tp/syscalls/sys_exit_read" raw_tp/sys_exit)
# A script has no way to the file of a descriptor: it shows what this program reads.
bpftrace='
tracepoint:syscalls:sys_enter_read /comm == "load"/ { @to[tid] = args->buf; }
tracepoint:syscalls:sys_exit_read /@to[tid]/ {
	printf("%-7d %-16s %d %r\n", pid, comm, args->ret, buf(@to[tid], args->ret));
	delete(@to[tid]);
}'
shown() { grep -acF 'What a client asks' || true; }
