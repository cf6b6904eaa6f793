# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="vfork and exec of a static program"
load="exec 2000"
empties=("tp/syscalls/sys_enter_execve tp/syscalls/sys_exit_execve")
bpftrace='
tracepoint:syscalls:sys_enter_execve { printf("%-7d %-16s ", pid, comm); join(args->argv); }'
shown() { grep -acE ' (load )?true *$|load true' || true; }
