// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "lib/cpu.h"
#include "lib/perf.h"

struct each {
	struct bpf_program *prog;
	struct perf_event_attr attr;
	int attached;
};

static int attach_on(void *ctx, int cpu)
{
	struct each *each = ctx;
	int fd = syscall(SYS_perf_event_open, &each->attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC), ret;
	struct bpf_link *link;

	if (fd < 0)
		return errno == ENODEV ? 0 : -errno;	/* the CPU has gone offline since */
	link = bpf_program__attach_perf_event(each->prog, fd);
	if (!link) {
		ret = -errno;
		close(fd);
		return ret;
	}
	each->attached++;
	return attach_keep(link);
}

int perf_attach(struct bpf_program *prog, const struct perf_event_attr *attr)
{
	struct each each = { .prog = prog, .attr = *attr };
	struct rlimit files;
	int ret;

	if (!getrlimit(RLIMIT_NOFILE, &files)) {	/* two a CPU */
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	each.attr.size = sizeof(each.attr);
	ret = cpu_each("online", attach_on, &each);
	if (ret == -ENOENT || (!ret && !each.attached))
		ret = -EOPNOTSUPP;
	return ret;
}

int perf_sample(struct bpf_program *prog, __u64 hz)
{
	const struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CPU_CLOCK, .freq = 1, .sample_freq = hz,
	};
	int ret = perf_attach(prog, &attr);

	if (ret == -EINVAL)
		err("--frequency: %llu is more than the kernel allows: see kernel.perf_event_max_sample_rate", hz);
	return ret;
}
