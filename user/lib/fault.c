// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include "lib/btf.h"
#include "lib/fault_user.h"
#include "lib/lib.h"
#include "lib/perf.h"

static struct bpf_program *major, *minor;

static struct bpf_program *program(struct run *run, const char *kind, bool can_ask)
{
	char name[32];

	snprintf(name, sizeof(name), "off__%s_%s", kind, can_ask ? "ask" : "walk");
	return bpf_object__find_program_by_name(run->skel->obj, name);
}

int fault_setup(struct run *run, bool all)
{
	struct btf_types *types;
	bool can_ask;
	int ret = btf_open(&types, run->btf);

	if (ret)
		return ret;
	can_ask = btf_find(types, "bpf_find_vma", BTF_KIND_FUNC) > 0;
	major = program(run, "major", can_ask);
	minor = program(run, "minor", can_ask);
	return bpf_program__set_autoload(major, true) ?: all ? bpf_program__set_autoload(minor, true) : 0;
}

/* The kernel passes one of these on where a fault has been served: so many major or minor ones, each. */
int fault_attach(struct run *run, bool all)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_PAGE_FAULTS_MAJ, .sample_period = 1,
		.sample_type = PERF_SAMPLE_ADDR,
	};
	int ret = perf_attach(major, &attr);

	attr.config = PERF_COUNT_SW_PAGE_FAULTS_MIN;
	if (!ret && all)
		ret = perf_attach(minor, &attr);
	if (ret == -EOPNOTSUPP)
		err("can't run here: perf events major-faults and minor-faults: this kernel has none");
	return ret;
}
