# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="write of 20 bytes to a terminal"
clock=wall	# its reader has to keep up
terminal
load="print 100000 $tty"
args=$tty
peer_args=$tty
empties=("tp/syscalls/sys_enter_write tp/syscalls/sys_exit_write" raw_tp/sys_exit)
# A script has no way to the file of a descriptor: it shows what this program writes.
bpftrace='
tracepoint:syscalls:sys_enter_write /comm == "load" && args->fd > 2/ {
	printf("%-7d %-16s %d %r\n", pid, comm, args->count, buf(args->buf, args->count));
}'
shown() { grep -acF 'What a program says' || true; }
