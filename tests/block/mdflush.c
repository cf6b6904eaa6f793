// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <linux/major.h>
#include <linux/raid/md_u.h>
#include <linux/raid/md_p.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "test.h"

#define SYNCS 7

static int array = -1;

static void flush(void *arg)
{
	struct io io = {.fd = array, .reads = 3, .syncs = SYNCS};

	io_run(&io);
}

/* A mirror on two loop devices, of this test's own: nothing of it is written to them. */
static const char *mirror(void)
{
	mdu_array_info_t info = {.level = 1, .raid_disks = 2, .nr_disks = 2, .size = 16 << 10, .not_persistent = 1,
				 .state = 1 << MD_SB_CLEAN};
	int name = open("/sys/module/md_mod/parameters/new_array", O_WRONLY | O_CLOEXEC), fd;
	struct stat st;

	if (name < 0 || write(name, "md_truth", 8) != 8)
		SKIP("no md arrays can be made here");
	close(name);
	for (int i = 0; i < 100 && array < 0; i++, nap(20000000))
		array = open("/dev/md_truth", O_RDWR | O_DIRECT | O_CLOEXEC);
	REQUIRE(array >= 0);
	REQUIRE(ioctl(array, SET_ARRAY_INFO, &info) == 0);
	for (int i = 0; i < 2; i++) {
		mdu_disk_info_t disk = {.number = i, .raid_disk = i, .state = 1 << MD_DISK_ACTIVE | 1 << MD_DISK_SYNC};

		REQUIRE(stat(text("/dev/%s", loop_new(&fd)), &st) == 0);	/* its descriptor keeps it */
		disk.major = major(st.st_rdev);
		disk.minor = minor(st.st_rdev);
		REQUIRE(ioctl(array, ADD_NEW_DISK, &disk) == 0);
	}
	REQUIRE(ioctl(array, RUN_ARRAY, NULL) == 0);
	return "md_truth";
}

TEST(mdflush, "each flush of an array is shown once, with who asked for it; reads and other processes' are not")
{
	struct child child, other;
	const char *disk;
	struct job *job;

	run("modprobe", "raid1");
	disk = mirror();
	child = child_new("flusher", 0, flush, NULL);
	other = child_new("other", 0, flush, NULL);
	job = tool_start("mdflush", "-p", text("%d", child.pid));
	child_run(&other);
	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("pid", child.pid), IS("comm", "flusher"), IS("disk", disk), IS("bytes", 0)), SYNCS);
	CHECK_EQ(rows(job), SYNCS);
	CHECK_NO_LOSS(job);
	ioctl(array, STOP_ARRAY, NULL);
}
