/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Calls that some architecture has in none of its tables: -1, as vmlinux/ARCH/syscalls.h has it for one table. */
#ifndef SYSCALLS_ABSENT_H
#define SYSCALLS_ABSENT_H

#ifndef NR_open
#define NR_open -1
#define NR32_open -1
#endif
#ifndef NR_creat
#define NR_creat -1
#define NR32_creat -1
#endif
#ifndef NR_stat
#define NR_stat -1
#define NR32_stat -1
#endif
#ifndef NR_lstat
#define NR_lstat -1
#define NR32_lstat -1
#endif
#ifndef NR_stat64
#define NR_stat64 -1
#define NR32_stat64 -1
#endif
#ifndef NR_lstat64
#define NR_lstat64 -1
#define NR32_lstat64 -1
#endif
#ifndef NR_statfs64
#define NR_statfs64 -1
#define NR32_statfs64 -1
#endif
#ifndef NR_fstat64
#define NR_fstat64 -1
#define NR32_fstat64 -1
#endif
#ifndef NR_fstatfs64
#define NR_fstatfs64 -1
#define NR32_fstatfs64 -1
#endif
#ifndef NR_fstatat64
#define NR_fstatat64 -1
#define NR32_fstatat64 -1
#endif
#ifndef NR_sync_file_range
#define NR_sync_file_range -1
#define NR32_sync_file_range -1
#endif
#ifndef NR_sync_file_range2
#define NR_sync_file_range2 -1
#define NR32_sync_file_range2 -1
#endif
#ifndef NR_arm_sync_file_range
#define NR_arm_sync_file_range -1
#define NR32_arm_sync_file_range -1
#endif
#ifndef NR_umount
#define NR_umount -1
#define NR32_umount -1
#endif
#ifndef NR_ipc
#define NR_ipc -1
#define NR32_ipc -1
#endif
#ifndef NR_setuid32
#define NR_setuid32 -1
#define NR32_setuid32 -1
#endif
#ifndef NR_setreuid32
#define NR_setreuid32 -1
#define NR32_setreuid32 -1
#endif
#ifndef NR_setresuid32
#define NR_setresuid32 -1
#define NR32_setresuid32 -1
#endif
#ifndef NR_setfsuid32
#define NR_setfsuid32 -1
#define NR32_setfsuid32 -1
#endif
#ifndef NR_accept
#define NR_accept -1
#define NR32_accept -1
#endif
#ifndef NR_futex_time64
#define NR_futex_time64 -1
#define NR32_futex_time64 -1
#endif
#ifndef NR_futex_waitv
#define NR_futex_waitv -1
#define NR32_futex_waitv -1
#endif
#ifndef NR_futex_wait
#define NR_futex_wait -1
#define NR32_futex_wait -1
#endif
#ifndef NR_unlink
#define NR_unlink -1
#define NR32_unlink -1
#endif
#ifndef NR_rmdir
#define NR_rmdir -1
#define NR32_rmdir -1
#endif
#ifndef NR_rename
#define NR_rename -1
#define NR32_rename -1
#endif
#ifndef NR_renameat
#define NR_renameat -1
#define NR32_renameat -1
#endif
#ifndef NR_socketcall
#define NR_socketcall -1
#define NR32_socketcall -1
#endif
#ifndef NR_fork
#define NR_fork -1
#define NR32_fork -1
#endif
#ifndef NR_vfork
#define NR_vfork -1
#define NR32_vfork -1
#endif
#ifndef NR_lchown
#define NR_lchown -1
#define NR32_lchown -1
#endif
#ifndef NR_chown
#define NR_chown -1
#define NR32_chown -1
#endif
#ifndef NR_mknod
#define NR_mknod -1
#define NR32_mknod -1
#endif
#ifndef NR_chmod
#define NR_chmod -1
#define NR32_chmod -1
#endif
#ifndef NR_symlink
#define NR_symlink -1
#define NR32_symlink -1
#endif
#ifndef NR_mmap2
#define NR_mmap2 -1
#define NR32_mmap2 -1
#endif
#ifndef NR_mkdir
#define NR_mkdir -1
#define NR32_mkdir -1
#endif
#ifndef NR_truncate64
#define NR_truncate64 -1
#define NR32_truncate64 -1
#endif
#ifndef NR_link
#define NR_link -1
#define NR32_link -1
#endif
#ifndef NR_chown32
#define NR_chown32 -1
#define NR32_chown32 -1
#endif
#ifndef NR_lchown32
#define NR_lchown32 -1
#define NR32_lchown32 -1
#endif
#ifndef NR_fchown32
#define NR_fchown32 -1
#define NR32_fchown32 -1
#endif
#ifndef NR_ftruncate64
#define NR_ftruncate64 -1
#define NR32_ftruncate64 -1
#endif
#ifndef NR_fchmodat2
#define NR_fchmodat2 -1
#define NR32_fchmodat2 -1
#endif
#ifndef NR_setxattrat
#define NR_setxattrat -1
#define NR32_setxattrat -1
#endif
#ifndef NR_getdents
#define NR_getdents -1
#define NR32_getdents -1
#endif

#endif
