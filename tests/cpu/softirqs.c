// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/socket.h>
#include "test.h"

#define MS 1000000ULL

static const char *const names[] = {"HI",	"TIMER",   "NET_TX", "NET_RX",	"BLOCK",
				    "IRQ_POLL", "TASKLET", "SCHED",  "HRTIMER", "RCU"};

#define NAMES (sizeof(names) / sizeof(*names))

/* The kernel's counts of each vector on each CPU. */
static void read_counts(long long counts[NAMES][2])
{
	for (size_t i = 0; i < NAMES; i++)
		for (int cpu = 0; cpu < 2; cpu++)
			counts[i][cpu] = interrupts("/proc/softirqs", names[i], cpu);
}

/* Packets over lo, timers, and what comes by itself. */
static void work(void)
{
	struct tcp tcp = tcp_open(AF_INET);

	for (int i = 0; i < 200; i++) {
		tcp_send(&tcp, 100, 100);
		nap(1 * MS);
	}
	tcp_close(&tcp);
}

/*
 * What a tool that counts them must say: no fewer than between the readings taken while it ran, no more than between
 * those taken around it.
 */
static void check_counts(const char *option)
{
	long long before[NAMES][2], first[NAMES][2], last[NAMES][2], after[NAMES][2], seen = 0, inside;
	struct job *job;

	read_counts(before);
	job = tool_start("softirqs", "-C", option);
	read_counts(first);
	work();
	read_counts(last);
	tool_stop(job);
	read_counts(after);
	for (size_t i = 0; i < NAMES; i++)
		for (int cpu = 0; cpu < 2; cpu++) {
			long long count = sum(job, "count", IS("softirq", names[i]), IS("cpu", cpu));

			inside = last[i][cpu] - first[i][cpu];
			if (!CHECK_BETWEEN(inside * 0.9 * SEEN_OF_INTERRUPTS - 2, count, after[i][cpu] - before[i][cpu]))
				fprintf(stderr, "  %s on CPU %d\n", names[i], cpu);
			seen += count;
		}
	CHECK(seen > 200);
	CHECK_EQ(lost(job), 0);
}

TEST(softirqs, "each is counted once, on its CPU, as the kernel itself counts")
{
	check_counts("-q");
}

TEST(softirqs, "--count-only counts the same, and shows no times")
{
	struct job *job;

	check_counts("--count-only");
	job = tool_start("softirqs", "--count-only", "-f", "csv");
	tool_stop(job);
	CHECK(!strncmp(job->out, "softirq,count\n", 14));
}

TEST(softirqs, "over all CPUs it is the sum, the longest is not above it, and histograms hold the same")
{
	struct job *whole = tool_start("softirqs"), *dist = tool_start("softirqs", "-D"), *nano;
	json_t *r, *h, *bucket;
	long long count, high;
	size_t i;

	nano = tool_start("softirqs", "-D", "--nanoseconds");
	work();
	tool_stop(nano);
	tool_stop(dist);
	tool_stop(whole);
	r = row(whole, IS("softirq", "NET_RX"));
	CHECK_EQ(rows(whole, IS("softirq", "NET_RX")), 1);
	CHECK(number(r, "count") >= 1);
	CHECK(number(r, "max_ns") > 0 && number(r, "max_ns") <= number(r, "total_ns"));
	CHECK(number(r, "max_ns") * number(r, "count") >= number(r, "total_ns"));
	h = row(dist, IS("softirq", "NET_RX"));
	CHECK_STR(string(h, "unit"), "usecs");
	/* it was attached for a shorter time than the first, and is interrupted by the same */
	CHECK_BETWEEN(1, number(h, "count"), number(r, "count"));
	CHECK_BETWEEN(1, number(h, "sum_ns"), number(r, "total_ns") * 2);
	h = row(nano, IS("softirq", "NET_RX"));
	CHECK_STR(string(h, "unit"), "nsecs");
	count = high = 0;
	json_array_foreach(json_object_get(h, "hist"), i, bucket) {
		count += number(bucket, "count");
		high = number(bucket, "to");
	}
	CHECK_EQ(count, number(h, "count"));
	CHECK(high >= number(h, "sum_ns") / number(h, "count"));
}

TEST(softirqs, "the longest is one of its interval, not of all time")
{
	struct job *job = tool_start("softirqs", "-i", "100ms");
	long long highest = 0, rows_of = 0, below = 0, wrong = 0;
	json_t *r;

	for (int i = 0; i < 10; i++) {
		work();
		nap(20 * MS);
	}
	tool_stop(job);
	each_row(r, job, IS("softirq", "TIMER"))
	{
		/* one that ends while the interval is read may be the longest of both */
		wrong += number(r, "max_ns") <= 0 || number(r, "max_ns") > number(r, "total_ns");
		below += number(r, "max_ns") < highest;
		highest = number(r, "max_ns") > highest ? number(r, "max_ns") : highest;
		rows_of++;
	}
	CHECK(rows_of > 5);
	CHECK(below > 0);
	CHECK(wrong * 2 <= rows_of);
}

TEST(softirqs, "--cpu lets through one CPU only, and -p what interrupted a process")
{
	struct job *one = tool_start("softirqs", "-C", "--cpu", "1"), *process;
	json_t *r;

	process = tool_start("softirqs", "-p", text("%d", getpid()));
	pin(0);
	work();
	pin(1);
	work();
	tool_stop(process);
	tool_stop(one);
	each_row(r, one)
		CHECK_EQ(number(r, "cpu"), 1);
	CHECK(rows(one) > 0);
	/* packets over lo are received in the sender's time, but not always */
	CHECK_BETWEEN(1, sum(process, "count", IS("softirq", "NET_RX")), 8000);
}

TEST(softirqs, "bad CPUs and opposite options are told")
{
	CHECK_EQ(run("corekit", "softirqs", "--cpu", "x", "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "softirqs", "-D", "--count-only", "-d", "100ms")->status, 2);
}
