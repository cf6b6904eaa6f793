# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="open, close and unlink of a new file"
load="unlink 100000 $mark-2"
empties=("kprobe/vfs_unlink kretprobe/vfs_unlink")
bpftrace='
kprobe:vfs_create { @born[arg2] = nsecs; }
kprobe:security_inode_create { @born[arg1] = nsecs; }
kprobe:vfs_unlink { @dentry[tid] = arg2; }
kretprobe:vfs_unlink /@dentry[tid]/ {
	$dentry = (struct dentry *)@dentry[tid];
	if (@born[@dentry[tid]]) {
		printf("%-7d %-16s %d %s\n", pid, comm, (nsecs - @born[@dentry[tid]]) / 1000000, str($dentry->d_name.name));
		delete(@born[@dentry[tid]]);
	}
	delete(@dentry[tid]);
}
END { clear(@born); }'
shown() { grep -acF "marked-file-2" || true; }
