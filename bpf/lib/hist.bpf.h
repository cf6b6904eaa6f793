/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Histograms by key.  A bucket is a power of two wide, or with --percentiles a
 * sixteenth of one.  Without a key each CPU counts in a slot of its own, unlocked;
 * with one, CPUs share and add atomically.
 */
#ifndef HIST_BPF_H
#define HIST_BPF_H

/* `value_size` instead of a type: user space sets the real size, with common.hist_slots buckets. */
#define HISTOGRAMS(name, key_t)						\
struct {								\
	__uint(type, BPF_MAP_TYPE_HASH);				\
	__uint(max_entries, 10240);					\
	__type(key, key_t);						\
	__uint(value_size, sizeof(struct hist));			\
} name SEC(".maps");							\
struct {								\
	__uint(type, BPF_MAP_TYPE_ARRAY);				\
	__uint(max_entries, 1);						\
	__type(key, __u32);						\
	__uint(value_size, sizeof(struct hist));			\
} name##__cpu SEC(".maps")

static const struct hist hist_zero;

static __always_inline __u32 hist_log2(__u64 v)
{
	__u32 log = 0;

	if (v >> 32) { v >>= 32; log = 32; }
	if (v >> 16) { v >>= 16; log += 16; }
	if (v >> 8)  { v >>= 8;  log += 8; }
	if (v >> 4)  { v >>= 4;  log += 4; }
	if (v >> 2)  { v >>= 2;  log += 2; }
	return log + (v >> 1);
}

/* With b bits: values below 2^b have a bucket each, then 2^b buckets to a power of two. */
static __always_inline __u32 hist_slot(__u64 v)
{
	__u32 bits = common.hist_bits, log;

	if (v < 1ULL << bits)
		return v;
	log = hist_log2(v);
	return ((log - bits + 1) << bits) + ((v >> (log - bits)) & ((1U << bits) - 1));
}

/* `value` in ns or in the unit itself; a bucket is `divide` of them wide. */
#define hist_add(name, key, value, divide) ___hist_add(name, key, value, divide, false)
/* The same for hooks that an interrupt may enter again on the same CPU. */
#define hist_add_nested(name, key, value, divide) ___hist_add(name, key, value, divide, true)

#define ___hist_add(name, key, value, divide, nested) ({		\
	__u64 __v = value;						\
	__u64 __slot = hist_slot(divide == 1 ? __v : __v / (divide));	\
									\
	barrier_var(__slot);						\
	if (__slot >= common.hist_slots)				\
		__slot = common.hist_slots - 1;				\
	if (common.hist_keyed) {					\
		struct hist *__h = map_get_or_init(&name, key, &hist_zero); \
									\
		if (__h) {						\
			add(&__h->sum, __v);				\
			add(&__h->slot[__slot], 1);			\
		}							\
	} else {							\
		__u32 __cpu = bpf_get_smp_processor_id();		\
		struct hist *__h = bpf_map_lookup_elem(&name##__cpu, &__cpu); \
									\
		if (__h && nested) {					\
			add(&__h->sum, __v);				\
			add(&__h->slot[__slot], 1);			\
		} else if (__h) {					\
			__h->sum += __v;				\
			__h->slot[__slot]++;				\
		}							\
	}								\
})

#endif
