/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Programs that perf events run, in a tool's attach(). */
#ifndef PERF_H
#define PERF_H

#include <linux/perf_event.h>
#include "lib/tool.h"

/* On each CPU that is online; -EOPNOTSUPP where the machine has no such counter: nothing is said of it. */
int perf_attach(struct bpf_program *prog, const struct perf_event_attr *attr);
/* So many times a second, by a clock that needs no hardware counter. */
int perf_sample(struct bpf_program *prog, __u64 hz);

#define OPT_FREQUENCY(skel, m)							\
	OPT('F', "frequency", "HZ", skel, m, "samples a second on each CPU; 99 unless told", .min = 1, .max = 100000)

#endif
