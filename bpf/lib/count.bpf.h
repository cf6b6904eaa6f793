/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Counters for small keys: an array that holds `slots` values for each CPU, found without
 * hashing and added to without locking.  User space makes room for all CPUs and adds them
 * up (table.per_cpu in user/lib/tool.h).
 */
#ifndef COUNT_BPF_H
#define COUNT_BPF_H

#define COUNTERS(name, value_t)						\
struct {								\
	__uint(type, BPF_MAP_TYPE_ARRAY);				\
	__uint(max_entries, 1);						\
	__type(key, __u32);						\
	__type(value, value_t);						\
} name SEC(".maps")

#define counter(name, slots, slot) ({					\
	__u32 __at = bpf_get_smp_processor_id() * (slots) + (slot);	\
	bpf_map_lookup_elem(&name, &__at);				\
})

#endif
