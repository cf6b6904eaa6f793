# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="connect, accept and close over lo; who accepts is a row"
load="connect 10000"
empties=(raw_tp/sys_exit tp/syscalls/sys_exit_accept)
# The kernel says who accepted by its tracepoint for each change of state.
bpftrace='
tracepoint:sock:inet_sock_set_state /args->protocol == 6 && args->oldstate == 3 && args->newstate == 1/ {
	printf("%d %s %s %d %s %d\n", pid, comm, ntop(2, args->daddr), args->dport, ntop(2, args->saddr), args->sport);
}'
shown() { grep -c '127\.0\.0\.1.*127\.0\.0\.1' || true; }
