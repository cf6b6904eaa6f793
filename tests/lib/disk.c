// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Disks of a test's own, and requests to them of which each is known. */
#include <linux/loop.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include "test.h"

#define BLOCK 4096

/* Each request is waited for before the next, and none is next to another: nothing is merged. */
void io_run(void *arg)
{
	struct io *io = arg;
	void *block;

	REQUIRE(posix_memalign(&block, BLOCK, BLOCK) == 0);
	memset(block, 0, BLOCK);
	for (int i = 0; i < io->reads; i++)
		REQUIRE(pread(io->fd, block, BLOCK, io->from + 2 * i * BLOCK) == BLOCK);
	for (int i = 0; i < io->writes; i++)
		REQUIRE(pwrite(io->fd, block, BLOCK, io->from + 2 * i * BLOCK) == BLOCK);
	for (int i = 0; i < io->syncs; i++)
		REQUIRE(fsync(io->fd) == 0);
}

static const char *loop_of(const char *path, off_t size, int *fd)
{
	struct loop_info64 info = {.lo_flags = LO_FLAGS_AUTOCLEAR};
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), nr, file;

	if (control < 0)
		SKIP("no loop devices here");
	file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	REQUIRE(file >= 0 && ftruncate(file, size) == 0);
	for (int tries = 0; tries < 20; tries++) {
		nr = ioctl(control, LOOP_CTL_GET_FREE);
		path = text("/dev/loop%d", nr);
		*fd = nr < 0 ? -1 : open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
		if (*fd < 0)
			SKIP("loop devices can't be opened here: %m");
		if (!ioctl(*fd, LOOP_SET_FD, file))
			break;
		close(*fd);	/* somebody else was faster */
		*fd = -1;
	}
	REQUIRE(*fd >= 0);
	REQUIRE(ioctl(*fd, LOOP_SET_STATUS64, &info) == 0);
	close(control);
	return path + 5;
}

const char *loop_on(const char *path, int *fd)
{
	return loop_of(path, 32 << 20, fd);
}

const char *loop_new(int *fd)
{
	static int n_loops;

	return loop_on(tmp(text("disk-%d", n_loops++)), fd);
}

long long disk_stat(const char *disk, int field)
{
	const char *at = file_text(text("/sys/block/%s/stat", disk));
	long long value = -1;
	int n;

	for (int i = 0; i <= field; i++, at += n)
		REQUIRE(sscanf(at, "%lld%n", &value, &n) == 1);
	return value;
}

static void put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	REQUIRE(fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value));
	close(fd);
}

int null_disk(const char *depth, const char *scheduler, int ms)
{
	struct job *job;
	int fd;

	if (access("/sys/module/null_blk", F_OK) == 0)
		run("rmmod", "null_blk");
	job = run("modprobe", "null_blk", "nr_devices=1", "queue_mode=2", "irqmode=2", "submit_queues=1",
		  text("completion_nsec=%d", ms * 1000000), text("hw_queue_depth=%s", depth));
	if (job->status)
		SKIP("no null_blk here");
	fd = open("/dev/nullb0", O_RDWR | O_DIRECT | O_CLOEXEC);
	for (int i = 0; fd < 0 && i < 50; i++) {
		nap(20000000);
		fd = open("/dev/nullb0", O_RDWR | O_DIRECT | O_CLOEXEC);
	}
	REQUIRE(fd >= 0);
	run("modprobe", scheduler);
	if (!strstr(file_text("/sys/block/nullb0/queue/scheduler"), scheduler))
		SKIP("no %s here", scheduler);
	put("/sys/block/nullb0/queue/scheduler", scheduler);
	return fd;
}


/* As large as the most demanding of them wants it; the file has holes. */
#define FS_SIZE (400 << 20)

const char *fs_new(const char *type)
{
	const char *where = tmp(text("on-%s", type)), *disk, *force = !strcmp(type, "ext4") ? "-F" : "-f";
	const char *file = tmp(text("disk-%s", type));
	int fd;

	if (run("sh", "-c", text("command -v mkfs.%s", type))->status)
		SKIP("no mkfs.%s here", type);
	fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);	/* faster than through the loop device */
	REQUIRE(fd >= 0 && ftruncate(fd, FS_SIZE) == 0);
	REQUIRE(run(text("mkfs.%s", type), "-q", force, file)->status == 0);
	close(fd);
	disk = text("/dev/%s", loop_of(file, FS_SIZE, &fd));
	REQUIRE(mkdir(where, 0755) == 0 && unshare(CLONE_NEWNS) == 0);
	REQUIRE(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	if (mount(disk, where, type, 0, NULL)) {
		REQUIRE(errno == ENODEV);
		SKIP("no %s here", type);
	}
	close(fd);
	return where;
}

int cold_file(const char *where, int pages)
{
	static const char page[4096];
	int fd = open(text("%s/file", where), O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);

	REQUIRE(fd >= 0);
	for (int i = 0; i < pages; i++)
		REQUIRE(write(fd, page, sizeof(page)) == sizeof(page));
	REQUIRE(fsync(fd) == 0 && posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0);
	return fd;
}

/*
 * What rpc.mountd and rpc.nfsd would do: who may mount, what is exported, and how its root is named. net/sunrpc/cache.c,
 * fs/nfsd/export.c. Version 4 alone needs no rpcbind.
 */
const char *nfs_new(void)
{
	const char *where = tmp("on-nfs"), *exported = tmp("exported");
	unsigned int flags = 0x2 | 0x10 | 0x400 | 0x2000;	/* insecure, async, no_subtree_check, fsid= */
	long until = time(NULL) + 86400;
	int fd;

	if (run("modprobe", "nfsd")->status || run("modprobe", "nfsv4")->status)
		SKIP("no NFS here");
	REQUIRE(mkdir(where, 0755) == 0 && mkdir(exported, 0777) == 0 && unshare(CLONE_NEWNS) == 0);
	REQUIRE(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	REQUIRE(mount("exported", exported, "tmpfs", 0, "mode=0777") == 0 && mount("nfsd", "/proc/fs/nfsd", "nfsd", 0, NULL) == 0);
	put("/proc/net/rpc/auth.unix.ip/channel", text("nfsd 127.0.0.1 %ld test\n", until));
	put("/proc/net/rpc/nfsd.export/channel", text("test %s %ld %u 65534 65534 0\n", exported, until, flags));
	put("/proc/net/rpc/nfsd.fh/channel", text("test 1 \\x00000000 %ld %s\n", until, exported));
	put("/proc/fs/nfsd/versions", "-2 -3 +4 +4.1\n");
	/* A server that begins lets nobody open a file for a while, of those that it may have to give back: the least. */
	put("/proc/fs/nfsd/nfsv4leasetime", "10\n");
	put("/proc/fs/nfsd/nfsv4gracetime", "10\n");
	put("/proc/fs/nfsd/portlist", "tcp 2049\n");
	put("/proc/fs/nfsd/threads", "2\n");
	/* Which ends at once where the kernel keeps book of whom it has served; half a minute in each VM is too much else. */
	fd = open("/proc/fs/nfsd/v4_end_grace", O_RDWR | O_CLOEXEC);
	if ((fd < 0 || write(fd, "Y\n", 2) < 0) && !getenv("TEST_PATIENT")) {
		put("/proc/fs/nfsd/threads", "0\n");
		SKIP("opens over NFS wait for half a minute here: with TEST_PATIENT=1 it runs");
	}
	close(fd);
	REQUIRE(mount("127.0.0.1:/", where, "nfs4", 0, "addr=127.0.0.1,clientaddr=127.0.0.1,vers=4.1,sec=sys") == 0);
	close(open(text("%s/first", where), O_CREAT | O_RDWR, 0600));	/* which waits for that */
	return where;
}

void nfs_end(const char *where)
{
	REQUIRE(umount(where) == 0);
	put("/proc/fs/nfsd/threads", "0\n");
}
