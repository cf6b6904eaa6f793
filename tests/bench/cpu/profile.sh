# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="getppid(2), stacks sampled 999 times a second: what the samples take shows in the time of all"
load="getppid 4000000"
args="-F 999" peer_args="-F 999"
bpftrace='
profile:hz:999 { @[kstack, ustack, comm] = count(); }'
# Samples have nothing to do with how many calls there were.
shown() { awk 'NF { n = 4080000 } END { printf "%d", n }'; }
