# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="vfork, exec and exit of a static program"
load="exec 2000"
empties=(tp_btf/sched_process_exit tp/sched/sched_process_exit)
bpftrace='tracepoint:sched:sched_process_exit /pid == tid/ { printf("%-7d %-16s %d\n", pid, comm, curtask->exit_code); }'
shown() { grep -acE '(^|[0-9 ]+)load ' || true; }
