// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/stat.h>
#include "test.h"

#define SLOW 30000000	/* ns */

static char data[1000];

/* A file's life, of which each call is known; another one on the test's own directory, which is of another type. */
static void calls(const char *path, const char *elsewhere)
{
	struct stat st;
	int fd = open(path, O_CREAT | O_RDWR, 0600), other = open(elsewhere, O_CREAT | O_RDWR, 0600);

	REQUIRE(fd >= 0 && other >= 0);
	REQUIRE(write(fd, data, 100) == 100 && write(fd, data, 207) == 207);
	REQUIRE(fsync(fd) == 0);
	REQUIRE(pread(fd, data, 1000, 7) == 300);
	REQUIRE(write(other, data, 11) == 11 && fsync(other) == 0 && pread(other, data, 11, 0) == 11);
	REQUIRE(fstat(fd, &st) == 0);
	close(fd);
	close(other);
}

static void check(const char *type, const char *where, const char *elsewhere, bool opens)
{
	const char *path = text("%s/a file", where);
	struct job *job = tool_start("fsslower", "--fs", type, "-m", "0", "-p", text("%d", getpid()), "-o", "+path,error");

	calls(path, elsewhere);
	tool_stop(job);
#define ONE(c, n, at) CHECK_EQ(rows(job, IS("call", c), IS("bytes", n), IS("offset", at), IS("file", "a file"), IS("path", path)), 1)
	ONE("write", 100, 0);
	ONE("write", 207, 100);
	ONE("read", 300, 7);
	CHECK_EQ(rows(job, IS("call", "fsync"), IS("path", path), IS("bytes", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("call", "getattr"), IS("path", path), IS("offset", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("call", "open"), IS("path", path)), opens);
	CHECK_EQ(rows(job, IS("path", path), IS("error", NOTHING)), 5 + opens);
	CHECK_EQ(rows(job, IS("path", elsewhere)), 0);
	CHECK_NO_LOSS(job);
}

TEST(fsslower, "each call into ext4 is shown once, with bytes, place and path, and none into another type")
{
	check("ext4", fs_new("ext4"), tmp("other"), true);
}

TEST(fsslower, "the same on XFS")
{
	check("xfs", fs_new("xfs"), tmp("other"), true);
}

TEST(fsslower, "the same on NFS, from this machine to itself")
{
	const char *where;

	needs("fsslower");
	where = nfs_new();
	check("nfs", where, tmp("other"), true);
	nfs_end(where);
}

/* Of this mount, as the client itself counts them: "COMMIT: OPERATIONS TRANSMISSIONS ...". */
static long commits(const char *where)
{
	const char *stats = file_text("/proc/self/mountstats");
	const char *mount = strstr(stats, text(" mounted on %s with fstype nfs", where));
	const char *line = mount ? strstr(mount, "COMMIT: ") : NULL;

	REQUIRE(line);
	return strtol(line + strlen("COMMIT: "), NULL, 10);
}

TEST(fsslower, "NFS: each commit is shown as the client counts it, within the fsync that asked for it")
{
	static char megabyte[1 << 20];
	const char *where, *path;
	uint64_t fsynced = 0;
	struct job *job;
	json_t *r;
	long n, committed = 0;
	int fd;

	needs("fsslower");
	where = nfs_new();
	path = text("%s/large", where);
	n = -commits(where);
	job = tool_start("nfsslower", "-m", "0", "-o", "+path,error");
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	REQUIRE(fd >= 0);
	for (int i = 0; i < 4; i++)
		REQUIRE(write(fd, megabyte, sizeof(megabyte)) == sizeof(megabyte));
	REQUIRE(fsync(fd) == 0);
	close(fd);
	tool_stop(job);
	n += commits(where);
	CHECK(n > 0);
	CHECK_EQ(rows(job, IS("call", "commit"), IS("path", path), IS("error", NOTHING), IS("bytes", NOTHING)), n);
	CHECK_EQ(rows(job, IS("call", "fsync"), IS("path", path)), 1);
	each_row(r, job, IS("call", "fsync"))
		fsynced = number(r, "latency_ns");
	each_row(r, job, IS("call", "commit"))
	{
		CHECK_BETWEEN(1, number(r, "latency_ns"), fsynced);
		committed++;
	}
	CHECK_EQ(committed, n);
	CHECK_NO_LOSS(job);
	nfs_end(where);
}

TEST(fsslower, "a slow read is shown with what it took, what is faster not; an alias names the type")
{
	const char *file = text("%s/slow", fuse_new(SLOW));	/* which loads the module */
	/* Where it can't run, it is skipped by its own name. */
	bool can = !access("/sys/bus/event_source/devices/kprobe/type", F_OK);
	struct job *job = tool_start(can ? "fuseslower" : "fsslower", "-m", "20", "-p", text("%d", getpid()));
	uint64_t took[3];
	size_t i;
	json_t *r;
	int fd;

	for (i = 0; i < 10; i++) {
		fd = open(file, O_RDONLY);
		REQUIRE(fd >= 0);
	}
	for (i = 0; i < 3; i++) {
		took[i] = now_ns();
		REQUIRE(pread(fd, data, 100, i * 100) == 100);
		took[i] = now_ns() - took[i];
	}
	tool_stop(job);
	i = 0;
	each_row(r, job, IS("call", "read"), IS("bytes", 100), IS("file", "slow"))
	{
		CHECK_EQ(number(r, "offset"), i * 100);
		CHECK_BETWEEN(SLOW, number(r, "latency_ns"), took[i < 3 ? i : 2]);
		i++;
	}
	CHECK_EQ(i, 3);
	each_row(r, job)
	{
		CHECK(number(r, "latency_ns") >= 20000000);
	}
}

TEST(fsslower, "what isn't there is said in one line")
{
	struct job *job = run("corekit", "fsslower", "--fs", "no/such"), *none;

	CHECK_EQ(job->status, 2);
	CHECK_EQ(lines(job->err), 1);
	CHECK_EQ(run("corekit", "fsslower", "-m", "x")->status, 2);
	none = run("corekit", "fsslower", "--fs", "nosuchfs");
	CHECK_EQ(none->status, 3);
	CHECK_EQ(lines(none->err), 1);
}
