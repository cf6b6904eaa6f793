# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="shared memory that is made and removed; both are rows"
load="shared 100000"
empties=("tp/syscalls/sys_exit_shmget tp/syscalls/sys_exit_shmctl" raw_tp/sys_exit)
bpftrace='
tracepoint:syscalls:sys_enter_shmget { @key[tid] = args->key; @size[tid] = args->size; }
tracepoint:syscalls:sys_exit_shmget {
	printf("%-7d %-16s shmget %d %d %d\n", pid, comm, @key[tid], @size[tid], args->ret);
	delete(@key[tid]);
	delete(@size[tid]);
}
tracepoint:syscalls:sys_enter_shmctl { @id[tid] = args->shmid; @command[tid] = args->cmd; }
tracepoint:syscalls:sys_exit_shmctl {
	printf("%-7d %-16s shmctl %d %d %d\n", pid, comm, @id[tid], @command[tid], args->ret);
	delete(@id[tid]);
	delete(@command[tid]);
}'
shown() { awk '$2 == "load" { n++ } END { printf "%d", n / 2 }'; }
