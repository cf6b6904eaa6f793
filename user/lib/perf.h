/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Programs that perf events run, in a tool's attach(). */
#ifndef PERF_H
#define PERF_H

#include <linux/perf_event.h>
#include "lib/tool.h"

/* On each CPU that is online, also later; -EOPNOTSUPP where the machine has no such counter: nothing is said of it. */
int perf_attach(struct bpf_program *prog, const struct perf_event_attr *attr);
/* So many times a second, by a clock that needs no hardware counter. */
int perf_sample(struct bpf_program *prog, __u64 hz);

/* ring.c, now and then: CPUs that have come online since, perhaps after having gone. */
void perf_look(void);
void perf_end(void);
/* Capabilities (bits) that it takes to open more events later on: Debian's kernels ask for more than CAP_PERFMON. */
__u64 perf_caps(void);

#define OPT_FREQUENCY(skel, m)							\
	OPT('F', "frequency", "HZ", skel, m, "samples a second on each CPU; 99 unless told", .min = 1, .max = 100000)

#endif
