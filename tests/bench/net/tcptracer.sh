# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="connect, accept and close over lo; made, accepted and two times closed are rows"
load="connect 10000"
empties=("tp/sock/inet_sock_set_state")
bpftrace='
tracepoint:sock:inet_sock_set_state /args->protocol == 6/ {
	if (args->newstate == 2) {
		@pid[args->skaddr] = pid;
	}
	if (args->newstate == 1) {
		printf("%s %d %s %s %d %d\n", args->oldstate == 2 ? "C" : "A", @pid[args->skaddr], ntop(2, args->saddr),
			ntop(2, args->daddr), args->sport, args->dport);
	}
	if (args->newstate == 7) {
		printf("X %d %s %s %d %d\n", @pid[args->skaddr], ntop(2, args->saddr), ntop(2, args->daddr), args->sport,
			args->dport);
		delete(@pid[args->skaddr]);
	}
}
END { clear(@pid); }'
shown() { awk '/127\.0\.0\.1.*127\.0\.0\.1/ { n++ } END { printf "%d", n / 4 }'; }
