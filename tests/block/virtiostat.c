// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "test.h"

#define READS 64
#define SIZE 65536

TEST(virtiostat, "what is read from a virtio disk, and written to it, is what its queue is given, and a little for each request")
{
	struct job *job, *other;
	void *block;
	int fd = open("/dev/vda", O_RDWR | O_DIRECT | O_EXCL);

	if (fd < 0)
		SKIP("no virtio disk of our own here");
	REQUIRE(posix_memalign(&block, 4096, SIZE) == 0);
	memset(block, 0, SIZE);
	job = tool_start("virtiostat", "-i", "1h", "--driver", "virtio_blk", "--device", "virtio*");
	other = tool_start("virtiostat", "-i", "1h", "--device", "nosuch");
	for (int i = 0; i < READS; i++)
		REQUIRE(pread(fd, block, SIZE, (off_t)i * SIZE) == SIZE);
	for (int i = 0; i < READS / 2; i++)
		REQUIRE(pwrite(fd, block, SIZE, (off_t)i * SIZE) == SIZE);
	tool_stop(other);
	tool_stop(job);
	/* A header of 16 bytes goes out with each request, a byte of status comes in; none is longer than a page less. */
	CHECK_BETWEEN(READS * SIZE + READS, sum(job, "in_bytes", IS("driver", "virtio_blk")), READS * SIZE + READS * SIZE / 4096 * 16);
	CHECK_BETWEEN(READS / 2 * SIZE + READS * 16, sum(job, "out_bytes"), READS / 2 * SIZE + READS * SIZE / 4096 * 2 * 16);
	CHECK(sum(job, "in_sgs") >= READS * 2 && sum(job, "out_sgs") >= READS * 2);
	CHECK_EQ(rows(job, IS("driver", "virtio_blk")), rows(job));
	CHECK_EQ(rows(other), 0);
	CHECK_NO_LOSS(job);
	close(fd);
	free(block);
}
