# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="a byte there and back over lo, where nothing is lost: there are no events but the connection's own"
load="talk 100000"
empties=("tp_btf/tcp_cong_state_set tp_btf/inet_sock_set_state raw_tp/sys_exit")
bpftrace='tracepoint:tcp:tcp_cong_state_set { @[args->sport, args->dport, args->cong_state] = count(); }'
shown() { cat >/dev/null; echo 102000; }
