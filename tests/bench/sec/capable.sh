# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="setuid(2), which needs a capability"
load="setuid 200000"
empties=(tp_btf/cap_capable tp/capability/cap_capable)
bpftrace='tracepoint:capability:cap_capable { printf("%-7d %-16s %d %d\n", pid, comm, args->cap, args->ret); }'
shown() { grep -acE ' load +(CAP_SETUID|7) ' || true; }
