# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="connect, accept and close over lo; the time of each attempt is a row"
load="connect 10000"
empties=("tp/sock/inet_sock_set_state")
bpftrace='
tracepoint:sock:inet_sock_set_state /args->protocol == 6/ {
	if (args->newstate == 2) {
		@start[args->skaddr] = nsecs;
		@pid[args->skaddr] = pid;
	} else if (@start[args->skaddr]) {
		if (args->newstate == 1) {
			printf("%d %s %s %d %d\n", @pid[args->skaddr], ntop(2, args->saddr), ntop(2, args->daddr), args->dport,
				(nsecs - @start[args->skaddr]) / 1000);
		}
		delete(@start[args->skaddr]);
		delete(@pid[args->skaddr]);
	}
}
END { clear(@start); clear(@pid); }'
shown() { grep -c '127\.0\.0\.1.*127\.0\.0\.1' || true; }
