// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "lib/cpu.h"
#include "lib/lib.h"
#include "lib/perf.h"

#define EVERY SEC_	/* between two looks at what has become of them */

/* An event that runs a program on a CPU. One that went offline takes it along: its time stands still then. */
struct event {
	struct bpf_program *prog;
	struct perf_event_attr attr;
	struct bpf_link *link;
	__u64 time;
	int cpu, fd;
};

static struct event *events;
static int n_events;
static __u64 next_look;

static int attach(struct event *e)
{
	int ret;

	e->fd = syscall(SYS_perf_event_open, &e->attr, -1, e->cpu, -1, PERF_FLAG_FD_CLOEXEC);
	e->link = NULL;
	e->time = 0;
	if (e->fd < 0)
		return errno == ENODEV ? 0 : -errno;	/* the CPU has gone offline since */
	e->link = bpf_program__attach_perf_event(e->prog, e->fd);
	if (!e->link) {
		ret = -errno;
		close(e->fd);
		return ret;
	}
	return attach_keep(e->link);
}

struct each {
	struct bpf_program *prog;
	struct perf_event_attr attr;
	int attached;
};

static int attach_on(void *ctx, int cpu)
{
	struct each *each = ctx;
	struct event *more = realloc(events, (n_events + 1) * sizeof(*events));
	int ret;

	if (!more)
		return -ENOMEM;
	events = more;
	events[n_events] = (struct event){ .prog = each->prog, .attr = each->attr, .cpu = cpu };
	ret = attach(&events[n_events]);
	each->attached += !ret && events[n_events].link;
	n_events++;
	return ret;
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
	each.attr.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED;
	ret = cpu_each("online", attach_on, &each);
	if (ret == -ENOENT || (!ret && !each.attached))
		ret = -EOPNOTSUPP;
	if (ret)
		perf_end();
	next_look = look_now() + EVERY;
	return ret;
}

/* Every program has one event for each CPU: those of a CPU that is new are like the first one's. */
static int look_at(void *ctx, int cpu)
{
	__u64 now[2];	/* the counter, its time */
	bool known = false;
	int ret = 0;

	for (int i = 0; i < n_events; i++) {
		struct event *e = &events[i];

		if (e->cpu != cpu)
			continue;
		known = true;
		if (e->link && read(e->fd, now, sizeof(now)) == sizeof(now) && now[1] > e->time) {
			e->time = now[1];
			continue;
		}
		attach_drop(e->link);
		attach(e);
	}
	for (int i = 0, n = n_events, first = n ? events[0].cpu : 0; i < n && !known && !ret; i++)
		if (events[i].cpu == first)
			ret = attach_on(&(struct each){ events[i].prog, events[i].attr, 0 }, cpu);
	return 0;
}

void perf_look(void)
{
	if (!n_events || look_now() < next_look)
		return;
	next_look = look_now() + EVERY;
	cpu_each("online", look_at, NULL);
}

__u64 perf_caps(void)
{
	FILE *f = n_events ? fopen("/proc/sys/kernel/perf_event_paranoid", "re") : NULL;
	int paranoid = 0;

	if (f && fscanf(f, "%d", &paranoid) != 1)
		paranoid = 0;
	if (f)
		fclose(f);
	return paranoid > 2 ? 1ULL << 21 /* SYS_ADMIN */ : 0;
}

void perf_end(void)
{
	free(events);
	events = NULL;
	n_events = 0;
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
