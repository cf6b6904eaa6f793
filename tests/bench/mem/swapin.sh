# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="getppid(2), which has nothing to do with it: there are no events, only start and memory compare"
load="getppid 1000000"
bpftrace='kprobe:swap_readpage, kprobe:swap_read_folio { @[comm, pid] = count(); }'
shown() { cat >/dev/null; echo 1020000; }
