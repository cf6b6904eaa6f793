// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* user/lib/hist.c, against a model and against the programs' own bpf/lib/hist.bpf.h. */
#include "lib/hist.h"
#include "unit.h"

static struct common common;
#include "lib/hist.bpf.h"

static const __u32 all_bits[] = {0, HIST_BITS};

TEST(hist, "buckets follow each other without gap or overlap, up to the largest number")
{
	for (size_t b = 0; b < COUNT(all_bits); b++) {
		__u32 bits = all_bits[b], slots = HIST_SLOTS(bits);

		CHECK_EQ(hist_low(0, bits), 0);
		CHECK(hist_high(slots - 1, bits) == UINT64_MAX);
		for (__u32 i = 0; i < slots; i++) {
			CHECK(hist_low(i, bits) <= hist_high(i, bits));
			if (i)
				CHECK(hist_low(i, bits) == hist_high(i - 1, bits) + 1);
		}
	}
}

/* By the definition: a bucket for each value below 2^bits, then 2^bits of equal width to a power of two. */
static __u32 model(__u64 value, __u32 bits)
{
	__u32 slot = 1U << bits;

	if (value < slot)
		return value;
	for (__u32 power = bits; power < 64; power++)
		for (__u32 sub = 0; sub < 1U << bits; sub++, slot++) {
			__u64 width = (1ULL << power) >> bits, low = (1ULL << power) + sub * width;

			if (value >= low && value - low < width)
				return slot;
		}
	return ~0U;
}

static bool agree(__u64 value, __u32 bits)
{
	__u32 slot = hist_slot(value);

	if (slot == model(value, bits) && slot < HIST_SLOTS(bits) && value >= hist_low(slot, bits) &&
	    value <= hist_high(slot, bits))
		return true;
	FAIL("%llu is in bucket %u (%llu to %llu) with %u bits", value, slot, hist_low(slot, bits),
	     hist_high(slot, bits), bits);
	return false;
}

TEST(hist, "what the programs count lies in the bucket that is shown")
{
	for (size_t b = 0; b < COUNT(all_bits); b++) {
		common.hist_bits = all_bits[b];
		for (__u32 i = 0; i < HIST_SLOTS(all_bits[b]); i++)
			if (!agree(hist_low(i, all_bits[b]), all_bits[b]) ||
			    !agree(hist_high(i, all_bits[b]), all_bits[b]))
				return;
		for (int i = 0; i < 20000; i++)
			if (!agree(any_size(), all_bits[b]))
				return;
	}
	/* the initializer of a new key: nothing counted */
	for (__u32 i = 0; i < HIST_MAX; i++)
		CHECK_EQ(hist_zero.slot[i], 0);
}

static int ascending(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return (x > y) - (x < y);
}

TEST(hist, "a percentile is that of the values, at most a sixteenth too high")
{
	static const double percents[] = {0, 1, 25, 50, 75, 90, 95, 99, 99.9, 100};
	static __u64 values[3000], slots[HIST_MAX];

	for (int round = 0; round < 200; round++) {
		__u32 bits = all_bits[round % 2], n = 1 + any() % (round % 10 ? COUNT(values) : 3);

		common.hist_bits = bits;
		memset(slots, 0, sizeof(slots));
		for (__u32 i = 0; i < n; i++) {
			values[i] = any_size();
			slots[hist_slot(values[i])]++;
		}
		qsort(values, n, sizeof(*values), ascending);
		for (size_t p = 0; p < COUNT(percents); p++) {
			/* the smallest value that so many are not above; per mille, so that no fraction is rounded */
			__u64 rank = ((__u64)n * (__u64)(percents[p] * 10) + 999) / 1000;
			__u64 exact = values[rank ? rank - 1 : 0];
			__u64 got = hist_percentile(slots, bits, n, percents[p]);

			if (got < exact || got - exact > (bits ? exact / 16 : exact))
				FAIL("%g %% of %u values: %llu, not %llu, with %u bits", percents[p], n, got, exact, bits);
		}
	}
	memset(slots, 0, sizeof(slots));
	CHECK_EQ(hist_percentile(slots, 0, 0, 50), 0);
}

static const char *shown(enum format format, bool percentiles, const __u64 *slots, __u32 bits)
{
	static const struct table table = {.unit = "bytes"};
	struct hist_view view = {.slots = slots, .sum = 1000, .divide = 1, .bits = bits};

	out_to(format, NULL, NULL);
	unit_run.table = &table;
	unit_run.percentiles = percentiles;
	hist_header(&unit_run);
	hist_show(&unit_run, NULL, &view);
	return written();
}

TEST(hist, "the buckets are shown in text, JSON and CSV")
{
	static __u64 slots[HIST_MAX];
	const char *text;

	slots[2] = 40; /* 2 to 3 */
	slots[4] = 1;  /* 8 to 15 */
	text = shown(OUT_TEXT, false, slots, 0);
	CHECK_EQ(lines(text), 6);
	CHECK_HAS(text, "                 bytes : count    | distribution                           |\n");
	CHECK_HAS(text, "        1 -> 1         : 0        |                                        |\n");
	CHECK_HAS(text, "        2 -> 3         : 40       |****************************************|\n");
	CHECK_HAS(text, "        4 -> 7         : 0        |                                        |\n");
	CHECK_HAS(text, "        8 -> 15        : 1        |*                                       |\n");
	CHECK_STR(shown(OUT_JSON, false, slots, 0), "{\"unit\":\"bytes\",\"count\":41,\"sum\":1000,\"hist\":["
						    "{\"from\":2,\"to\":3,\"count\":40},{\"from\":8,\"to\":15,\"count\":1}]}\n");
	CHECK_STR(shown(OUT_CSV, false, slots, 0), "from,to,count\n2,3,40\n8,15,1\n");
	text = shown(OUT_TEXT, true, slots, 0);
	CHECK_HAS(text, "    COUNT       AVG     p50     p90     p95     p99   p99.9     max\n");
	CHECK_HAS(text, "       41        24       3       3       3      15      15      15\n");
}

TEST(hist, "a histogram of every bucket is valid JSON, however long")
{
	static __u64 slots[HIST_MAX];
	struct job job = {.name = "unit", .json = true};
	json_t *row;
	int n = 0;

	/* jansson reads numbers up to 2^63 - 1 */
	for (; hist_high(n, HIST_BITS) < INT64_MAX; n++)
		slots[n] = INT64_MAX / HIST_MAX;
	job.out = (char *)shown(OUT_JSON, true, slots, HIST_BITS);
	job.out_length = strlen(job.out);
	tool_check_json(&job);
	row = row(&job);
	CHECK_EQ(json_array_size(json_object_get(row, "hist")), n);
	CHECK(number(row, "p50") > 0);
}
