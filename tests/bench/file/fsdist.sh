# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="read of 4 KiB that are in memory"
cached_blocks
load="cached 1000000 $blocks"
system=$(stat -f -c %T "$blocks")
system=${system%/ext3} system=${system/%ext2/ext4}	# stat(1) has one name for all of them
empties=("kprobe/${system}_file_read_iter kretprobe/${system}_file_read_iter")
args="--fs $system"
peer_args="-t $system"
bpftrace="
kprobe:${system}_file_read_iter { @start[tid] = nsecs; }
kretprobe:${system}_file_read_iter /@start[tid]/ {
	@usecs[\"read\"] = hist((nsecs - @start[tid]) / 1000);
	delete(@start[tid]);
}
END { clear(@start); }"
shown() { histogram; }
