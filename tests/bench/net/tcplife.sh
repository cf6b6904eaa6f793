# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="connect, accept and close over lo; one end is a row"
load="connect 10000"
empties=("tp/sock/inet_sock_set_state")
bpftrace='
tracepoint:sock:inet_sock_set_state /args->protocol == 6/ {
	if (args->newstate < 4 && !@birth[args->skaddr]) {
		@birth[args->skaddr] = nsecs;
	}
	if (args->newstate == 2) {
		@pid[args->skaddr] = pid;
	}
	if (args->newstate == 7 && @birth[args->skaddr]) {
		printf("%d %s %d %s %d %d\n", @pid[args->skaddr], ntop(2, args->saddr), args->sport,
			ntop(2, args->daddr), args->dport, (nsecs - @birth[args->skaddr]) / 1000000);
		delete(@birth[args->skaddr]);
		delete(@pid[args->skaddr]);
	}
}
END { clear(@birth); clear(@pid); }'
# Both ends of a connection are shown.
shown() { awk '/127\.0\.0\.1.*127\.0\.0\.1/ { n++ } END { printf "%d", n / 2 }'; }
