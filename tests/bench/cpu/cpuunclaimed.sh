# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="getppid(2), sampled 99 times a second: what the samples take shows in the time of all"
load="getppid 4000000"
# bpftrace has nothing that compares CPUs: its samples are counted only.
bpftrace='
profile:hz:99 { @[cpu] = count(); }'
shown() { awk 'NF { n = 4080000 } END { printf "%d", n }'; }
