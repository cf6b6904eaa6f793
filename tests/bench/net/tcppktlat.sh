# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="a byte there and back over lo, which is two segments and two rows"
load="talk 20000"
empties=("raw_tp/tcp_probe raw_tp/tcp_rcv_space_adjust raw_tp/tcp_destroy_sock")
bpftrace='
tracepoint:tcp:tcp_probe /args->data_len/ { @arrived[args->sock_cookie] = nsecs; }
tracepoint:tcp:tcp_rcv_space_adjust /@arrived[args->sock_cookie]/ {
	printf("%d %s %s %d %s %d %d\n", pid, comm, ntop(args->saddr), args->sport, ntop(args->daddr), args->dport,
		(nsecs - @arrived[args->sock_cookie]) / 1000);
	delete(@arrived[args->sock_cookie]);
}
END { clear(@arrived); }'
shown() { awk '/127\.0\.0\.1.*127\.0\.0\.1/ { n++ } END { printf "%d", n / 2 }'; }
