# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="a descriptor that is sent over a local socket and received"
load="pass 100000"
empties=("tp/syscalls/sys_exit_sendmsg tp/syscalls/sys_exit_recvmsg" raw_tp/sys_exit)
bpftrace='
tracepoint:syscalls:sys_enter_sendmsg, tracepoint:syscalls:sys_enter_recvmsg { @message[tid] = args->msg; }
tracepoint:syscalls:sys_exit_sendmsg, tracepoint:syscalls:sys_exit_recvmsg /@message[tid]/ {
	$message = (struct user_msghdr *)@message[tid];
	$control = (struct cmsghdr *)$message->msg_control;
	if (args->ret > 0 && $control->cmsg_type == 1) {
		printf("%-7d %-16s %s %d\n", pid, comm, probe, *(int32 *)($message->msg_control + 16));
	}
	delete(@message[tid]);
}'
shown() { awk '$2 == "load" { n++ } END { printf "%d", n / 2 }'; }
