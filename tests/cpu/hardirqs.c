// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "test.h"

#define IRQS 512

/* The kernel's count of each number on each CPU. */
static void read_counts(long long counts[IRQS][2])
{
	char *table = file_text("/proc/interrupts"), *line, *rest = table, *end;

	memset(counts, 0, IRQS * sizeof(*counts));
	while ((line = strsep(&rest, "\n"))) {
		long irq = strtol(line, &end, 10);

		if (end == line || *end != ':' || irq >= IRQS)
			continue;
		for (int cpu = 0; cpu < 2; cpu++)
			counts[irq][cpu] = interrupts("/proc/interrupts", text("%ld", irq), cpu);
	}
	free(table);
}

static long long total(long long counts[IRQS][2])
{
	long long sum = 0;

	for (int i = 0; i < IRQS; i++)
		sum += counts[i][0] + counts[i][1];
	return sum;
}

/* Reads and writes past the page cache until interrupts have come: from the machine's own disk, if it may. */
static void work(long at_least)
{
	long long counts[IRQS][2], start;
	int disk = access("/.vm", F_OK) ? -1 : open("/dev/vda", O_RDONLY | O_DIRECT | O_CLOEXEC);
	int file = open("/var/tmp/corekit-irq", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *block;

	unlink("/var/tmp/corekit-irq");
	REQUIRE(posix_memalign(&block, 4096, 4096) == 0);
	read_counts(counts);
	start = total(counts);
	for (int i = 0; i < 1000 && total(counts) < start + at_least; i++) {
		if (disk >= 0)
			REQUIRE(pread(disk, block, 4096, i % 1000 * 8192) == 4096);
		else if (file >= 0 && write(file, block, 4096) == 4096)
			fsync(file);
		nap(1000000);
		read_counts(counts);
	}
	CHECK(total(counts) >= start + at_least);
}

static void check_counts(const char *option)
{
	static long long before[IRQS][2], first[IRQS][2], last[IRQS][2], after[IRQS][2];
	long long seen = 0;
	struct job *job;

	read_counts(before);
	job = tool_start("hardirqs", "-C", option);
	read_counts(first);
	work(200);
	read_counts(last);
	tool_stop(job);
	read_counts(after);
	for (int irq = 0; irq < IRQS; irq++)
		for (int cpu = 0; cpu < 2; cpu++) {
			long long low = last[irq][cpu] - first[irq][cpu], high = after[irq][cpu] - before[irq][cpu];
			json_t *r;

			/* a line that drivers share has a row for each of them, and the same count */
			each_row(r, job, IS("irq", irq), IS("cpu", cpu))
			{
				if (!CHECK_BETWEEN(low * 0.9 * SEEN_OF_INTERRUPTS - 2, number(r, "count"), high))
					fprintf(stderr, "  %d (%s) on CPU %d\n", irq, string(r, "name"), cpu);
				CHECK(*string(r, "name"));
				seen += number(r, "count");
			}
			if (low > 4)
				CHECK(rows(job, IS("irq", irq), IS("cpu", cpu)) >= 1);
		}
	CHECK(seen >= 100); /* of 200: see softirqs.c */
	CHECK_EQ(lost(job), 0);
}

TEST(hardirqs, "each is counted once, on its CPU, as the kernel itself counts")
{
	check_counts("-q");
}

TEST(hardirqs, "--count-only counts the same, and shows no times")
{
	struct job *job;

	check_counts("--count-only");
	job = tool_start("hardirqs", "--count-only", "-f", "csv");
	tool_stop(job);
	CHECK(!strncmp(job->out, "irq,name,count\n", 15));
}

TEST(hardirqs, "over all CPUs a handler has one row; its histogram holds the same")
{
	struct job *whole = tool_start("hardirqs"), *apart = tool_start("hardirqs", "-C"), *dist;
	json_t *r, *h, *bucket;
	long long count;
	size_t i;

	dist = tool_start("hardirqs", "-D");
	work(60);
	tool_stop(dist);
	tool_stop(apart);
	tool_stop(whole);
	CHECK(rows(whole) > 0);
	each_row(r, whole)
	{
		const char *name = string(r, "name");
		long long irq = number(r, "irq");

		CHECK_EQ(rows(whole, IS("irq", irq), IS("name", name)), 1);
		CHECK(number(r, "max_ns") > 0 && number(r, "max_ns") <= number(r, "total_ns"));
		CHECK(number(r, "max_ns") * number(r, "count") >= number(r, "total_ns"));
		/* what was attached for a shorter time saw no more */
		CHECK_BETWEEN(0, sum(apart, "count", IS("irq", irq), IS("name", name)), number(r, "count"));
		CHECK_BETWEEN(0, sum(dist, "count", IS("irq", irq), IS("name", name)), number(r, "count"));
	}
	CHECK(sum(dist, "count") >= 20);
	h = row(dist);
	CHECK_STR(string(h, "unit"), "usecs");
	count = 0;
	json_array_foreach(json_object_get(h, "hist"), i, bucket)
		count += number(bucket, "count");
	CHECK_EQ(count, number(h, "count"));
}

TEST(hardirqs, "--cpu lets through one CPU only")
{
	struct job *none = tool_start("hardirqs", "-C", "--cpu", "99999"), *both = tool_start("hardirqs", "-C", "--cpu", "0,1");
	struct job *first = tool_start("hardirqs", "-C", "--cpu", "0");
	json_t *r;

	work(20);
	tool_stop(first);
	tool_stop(both);
	tool_stop(none);
	CHECK_EQ(rows(none), 0);
	CHECK(sum(both, "count") >= 20 * SEEN_OF_INTERRUPTS - 5);	/* some may be for several requests */
	each_row(r, first)
		CHECK_EQ(number(r, "cpu"), 0);
	CHECK(sum(first, "count", IS("cpu", 0)) <= sum(both, "count", IS("cpu", 0)));
}

TEST(hardirqs, "bad CPUs and opposite options are told")
{
	CHECK_EQ(run("corekit", "hardirqs", "--cpu", "", "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "hardirqs", "-D", "--count-only", "-d", "100ms")->status, 2);
}
