# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="connect, accept and close over lo; six changes of state are rows"
load="connect 10000"
empties=("tp/sock/inet_sock_set_state")
bpftrace='
tracepoint:sock:inet_sock_set_state /args->protocol == 6/ {
	$now = nsecs;
	printf("%d %s %s %d %s %d %d %d %d\n", pid, comm, ntop(2, args->saddr), args->sport, ntop(2, args->daddr),
		args->dport, args->oldstate, args->newstate, @since[args->skaddr] ? ($now - @since[args->skaddr]) / 1000 : 0);
	@since[args->skaddr] = $now;
	if (args->newstate == 7) {
		delete(@since[args->skaddr]);
	}
}
END { clear(@since); }'
shown() { awk '/127\.0\.0\.1/ { n++ } END { printf "%d", n / 6 }'; }
