# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="read of 4 KiB that are in memory, which never takes long"
cached_blocks
load="cached 1000000 $blocks"
system=$(stat -f -c %T "$blocks")
system=${system%/ext3} system=${system/%ext2/ext4}	# stat(1) has one name for all of them
empties=("kprobe/${system}_file_read_iter kretprobe/${system}_file_read_iter")
args="--fs $system"
peer_args="-t $system"
bpftrace="
kprobe:${system}_file_read_iter { @start[tid] = nsecs; @file[tid] = ((struct kiocb *)arg0)->ki_filp; }
kretprobe:${system}_file_read_iter /@start[tid]/ {
	if (nsecs - @start[tid] > 10000000) {
		printf(\"%-7d %-16s %d %d %s\\n\", pid, comm, retval, (nsecs - @start[tid]) / 1000,
		       str(((struct file *)@file[tid])->f_path.dentry->d_name.name));
	}
	delete(@start[tid]);
	delete(@file[tid]);
}"
shown() { cat >/dev/null; echo 1020000; }	# there is nothing to show
