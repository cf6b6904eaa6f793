# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="a byte there and back over lo, which is two segments"
load="talk 100000"
empties=(tp_btf/tcp_probe)
bpftrace='tracepoint:tcp:tcp_probe { @ = hist(args->srtt); }'
# Besides the data, the ends of each connection: a few more.
shown() { histogram | awk '{ printf "%d", $1 / 2 }'; }
