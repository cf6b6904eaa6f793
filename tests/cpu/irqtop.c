// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/socket.h>
#include "test.h"

#define MS 1000000ULL

static const char *const names[] = {"HI",	"TIMER",   "NET_TX", "NET_RX",	"BLOCK",
				    "IRQ_POLL", "TASKLET", "SCHED",  "HRTIMER", "RCU"};

#define NAMES (sizeof(names) / sizeof(*names))

static long long softirqs(int cpu)
{
	long long n = 0;

	for (size_t i = 0; i < NAMES; i++)
		n += interrupts("/proc/softirqs", names[i], cpu);
	return n;
}

static void work(void)
{
	struct tcp tcp = tcp_open(AF_INET);

	for (int i = 0; i < 200; i++) {
		tcp_send(&tcp, 100, 100);
		nap(1 * MS);
	}
	tcp_close(&tcp);
}

TEST(irqtop, "soft interrupts are counted as the kernel counts them, by CPU, and as softirqs does")
{
	long long before[2], first[2], last[2], after[2];
	struct job *cpus, *apart;

	for (int cpu = 0; cpu < 2; cpu++)
		before[cpu] = softirqs(cpu);
	cpus = tool_start("irqtop", "--cpus-only", "-i", "1h");
	apart = tool_start("irqtop", "-C", "-i", "1h");
	for (int cpu = 0; cpu < 2; cpu++)
		first[cpu] = softirqs(cpu);
	work();
	for (int cpu = 0; cpu < 2; cpu++)
		last[cpu] = softirqs(cpu);
	tool_stop(apart);
	tool_stop(cpus);
	for (int cpu = 0; cpu < 2; cpu++)
		after[cpu] = softirqs(cpu);
	for (int cpu = 0; cpu < 2; cpu++) {
		long long low = last[cpu] - first[cpu], high = after[cpu] - before[cpu];

		low = low * 0.9 * SEEN_OF_INTERRUPTS - 2;
		CHECK_BETWEEN(low, sum(cpus, "count", IS("kind", "soft"), IS("cpu", cpu)), high);
		CHECK_BETWEEN(low, sum(apart, "count", IS("kind", "soft"), IS("cpu", cpu)), high);
		CHECK(rows(cpus, IS("kind", "soft"), IS("cpu", cpu)) <= 1);
	}
	CHECK(sum(apart, "count", IS("name", "NET_RX")) > 0);
	CHECK_EQ(lost(apart) + lost(cpus), 0);
}

TEST(irqtop, "rate and share are those of the interval")
{
	uint64_t start = now_ns();
	struct job *job = tool_start("irqtop", "-i", "300ms", "-N", "2");
	json_t *r;

	for (int i = 0; i < 3; i++)
		work();
	tool_wait(job);
	CHECK(rows(job, IS("kind", "soft")) >= 2);
	each_row(r, job)
	{
		/* both are of the same interval, the length of which the rate tells */
		double wall = number(r, "count") * 1e9 / number(r, "rate"), share;

		if (number(r, "count") < 100)
			continue;
		share = number(r, "total_ns") * 100.0 / wall;
		CHECK_BETWEEN(share * 0.95 - 0.02, json_number_value(json_object_get(r, "percent")),
			      share * 1.05 + 0.02);
		CHECK_BETWEEN(1e6, wall, now_ns() - start);
		CHECK_BETWEEN(1, number(r, "max_ns"), number(r, "total_ns") * 2);
	}
}

TEST(irqtop, "hard interrupts are there under their drivers' names, as hardirqs shows them")
{
	struct job *top, *irqs;
	json_t *r;
	int file = open("/var/tmp/corekit-irq", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int disk = access("/.vm", F_OK) ? -1 : open("/dev/vda", O_RDONLY | O_DIRECT | O_CLOEXEC);
	void *block;

	unlink("/var/tmp/corekit-irq");
	REQUIRE(posix_memalign(&block, 4096, 4096) == 0);
	irqs = tool_start("hardirqs");
	top = tool_start("irqtop", "-i", "1h");
	for (int i = 0; i < 50; i++) {
		if (disk >= 0)
			REQUIRE(pread(disk, block, 4096, i * 8192) == 4096);
		else if (file >= 0 && write(file, block, 4096) == 4096)
			fsync(file);
	}
	nap(20 * MS);
	tool_stop(top);
	tool_stop(irqs);
	CHECK(rows(top, IS("kind", "hard")) > 0);
	each_row(r, top, IS("kind", "hard"))
		CHECK_BETWEEN(number(r, "count"),
			      sum(irqs, "count", IS("irq", number(r, "nr")), IS("name", string(r, "name"))), 1e9);
}

TEST(irqtop, "--cpu lets through one CPU only")
{
	struct job *job = tool_start("irqtop", "-C", "-s", "1", "-i", "1h");
	json_t *r;

	work();
	tool_stop(job);
	CHECK(rows(job) > 0);
	each_row(r, job)
		CHECK_EQ(number(r, "cpu"), 1);
}
