// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/mman.h>
#include <sys/swap.h>
#include "test.h"

#define PAGES 500
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

static char *memory;
static long *swapped;	/* pages, as the kernel says of this memory */

static long pages_in_swap(void)
{
	char *smaps = file_text("/proc/self/smaps"), *at = strstr(smaps, text("%lx-", (long)memory));
	long kb = -1;

	at = at ? strstr(at, "\nSwap:") : NULL;
	if (at)
		sscanf(at, "\nSwap: %ld", &kb);
	free(smaps);
	return kb / 4;
}

static void get_back(void *arg)
{
	for (int i = 0; i < 20 && pages_in_swap() < PAGES; i++) {	/* what is in use for a moment stays */
		madvise(memory, PAGES * 4096l, MADV_PAGEOUT);
		nap(20000000);
	}
	*swapped = pages_in_swap();
	for (int i = 0; i < PAGES; i++)
		*(volatile char *)(memory + i * 4096l) += 1;
}

static long long swapped_in(void)
{
	const char *at = strstr(file_text("/proc/vmstat"), "\npswpin ");
	long long n = -1;

	REQUIRE(at && sscanf(at, "\npswpin %lld", &n) == 1);
	return n;
}

/* A disk in memory with what mkswap(8) writes: what is swapped out has left the memory at once. */
static const char *swap_new(void)
{
	struct { char boot[1024]; uint32_t version, last, bad; char rest[4096 - 1024 - 12 - 10]; char magic[10]; } head = {
		.version = 1, .last = (32 << 20) / 4096 - 1, .magic = {'S', 'W', 'A', 'P', 'S', 'P', 'A', 'C', 'E', '2'},
	};
	void *block;
	const char *path = "/dev/ram0";
	int fd;

	if (sysconf(_SC_PAGESIZE) != sizeof(head))
		SKIP("pages of another size");
	if (run("modprobe", "brd", "rd_nr=1", "rd_size=32768")->status || (fd = open(path, O_RDWR | O_DIRECT)) < 0)
		SKIP("no brd here");
	REQUIRE(posix_memalign(&block, sizeof(head), sizeof(head)) == 0);
	memcpy(block, &head, sizeof(head));
	REQUIRE(pwrite(fd, block, sizeof(head), 0) == sizeof(head) && close(fd) == 0);
	return path;
}

TEST(swapin, "pages that a process gets back from swap are counted for it, as many as the kernel counts")
{
	struct job *job = tool_start("swapin", "-i", "1h");
	const char *path = swap_new();
	bool alone = lines(file_text("/proc/swaps")) == 1 && *file_text("/sys/module/zswap/parameters/enabled") != 'Y';
	long long before;
	int ended;

	memory = mmap(NULL, PAGES * 4096l, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	swapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(memory != MAP_FAILED && swapped != MAP_FAILED);
	madvise(memory, PAGES * 4096l, MADV_NOHUGEPAGE);
	madvise(memory, PAGES * 4096l, MADV_DONTFORK);
	REQUIRE(swapon(path, 0) == 0);	/* from here to swapoff nothing may end the test */
	before = swapped_in();
	for (int i = 0; i < PAGES; i++)
		memory[i * 4096l] = i | 1;	/* of a page that is all zero the kernel only notes that */
	get_back(NULL);
	ended = swapoff(path);	/* which gets back what is left */
	before = swapped_in() - before;
	CHECK_EQ(ended, 0);
	tool_stop(job);

	CHECK(*swapped > 0);
	CHECK_EQ(rows(job, IS("pid", getpid())), 1);
	CHECK(sum(job, "pages", IS("pid", getpid())) >= *swapped);	/* as swapoff is ours, too */
	if (alone)
		CHECK_EQ(sum(job, "pages"), before);
	CHECK(sum(job, "count") <= sum(job, "pages"));
	CHECK_NO_LOSS(job);
}
