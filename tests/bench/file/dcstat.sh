# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="stat of one file, whose path has a few names"
load="stat 500000 $mark"
empties=(kprobe/lookup_fast)
bpftrace='
kprobe:lookup_fast, kprobe:lookup_fast.constprop.* { @references = count(); }
kretprobe:d_lookup { if (!retval) { @misses = count(); } }'
shown() { cat >/dev/null; echo 510000; }	# how many names there are depends on where the file is
