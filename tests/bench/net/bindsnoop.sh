# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="socket, bind and close"
load="bind 50000"
empties=("tp/syscalls/sys_enter_bind tp/syscalls/sys_exit_bind" raw_tp/sys_exit)
bpftrace='
tracepoint:syscalls:sys_enter_bind { @address[tid] = args->umyaddr; }
tracepoint:syscalls:sys_exit_bind /@address[tid]/ {
	$to = (struct sockaddr_in *)@address[tid];
	printf("%-7d %-16s %s %d %d\n", pid, comm, ntop(2, $to->sin_addr.s_addr), $to->sin_port, args->ret);
	delete(@address[tid]);
}'
shown() { grep -acE ' load .*127\.0\.0\.1' || true; }
