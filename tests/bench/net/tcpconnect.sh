# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="connect, accept and close over lo; the attempt is a row"
load="connect 10000"
empties=("tp/sock/inet_sock_set_state")
bpftrace='
tracepoint:sock:inet_sock_set_state /args->protocol == 6 && args->newstate == 2/ {
	printf("%d %s %s %s %d\n", pid, comm, ntop(2, args->saddr), ntop(2, args->daddr), args->dport);
}'
shown() { grep -c '127\.0\.0\.1.*127\.0\.0\.1' || true; }
