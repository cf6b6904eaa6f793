# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="vfork, exec and exit of a static program"
load="exec 2000"
empties=("tp_btf/sched_process_fork tp_btf/sched_process_exec" tp/sched/sched_process_fork)
bpftrace='tracepoint:sched:sched_process_fork { @ = count(); } interval:s:1 { print(@); clear(@); }'
shown() { awk '$1 ~ /^[0-9]+$/ { n += $1 } /^@: / { n += $2 } END { printf "%d", n }'; }
