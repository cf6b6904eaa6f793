# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="kill(2) of itself with an ignored signal"
load="kill 100000"
empties=(tp_btf/signal_generate "tp_btf/signal_generate raw_tp/sys_exit" tp/signal/signal_generate)
bpftrace='tracepoint:signal:signal_generate { printf("%-7d %-16s %d %d %d\n", pid, comm, args->sig, args->pid, args->result); }'
shown() { grep -acE ' load +(SIGURG|23)' || true; }
