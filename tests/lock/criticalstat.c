// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Where the kernel has the tracepoints, the tool is looked at; everywhere its programs are, which the kernel can run with
 * arguments of ours.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "lock/criticalstat.h"
#include "lock/criticalstat.skel.h"
#include "test.h"

#define MS 1000000ULL

static struct criticalstat_event got[16];
static int n_got;

static int take(void *ctx, void *data, size_t size)
{
	struct criticalstat_event *e = data;

	if (size == sizeof(*e) && n_got < 16)	/* stacks come as well, longer or shorter */
		got[n_got++] = *e;
	return 0;
}

static void run_program(struct bpf_program *program, __u64 argument)
{
	__u64 args[2] = {argument, argument + 1};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));

	REQUIRE(bpf_prog_test_run_opts(bpf_program__fd(program), &opts) == 0);
}

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

TEST(criticalstat, "a section is shown from its beginning to its end, if it was long enough and its CPU did not idle in it")
{
	struct criticalstat_bpf *skel = criticalstat_bpf__open();
	struct ring_buffer *ring;
	struct bpf_program *p;

	REQUIRE(skel);
	libbpf_set_print(silent);
	bpf_object__for_each_program(p, skel->obj)
		bpf_program__set_autoload(p, strncmp(bpf_program__name(p), "raw_tp__", 8) == 0 && !strstr(bpf_program__name(p), "exit"));
	skel->rodata->min_ns = 50 * MS;
	REQUIRE(criticalstat_bpf__load(skel) == 0);
	ring = ring_buffer__new(bpf_map__fd(skel->maps.events), take, NULL, NULL);
	REQUIRE(ring);
	pin(0);
	run_program(skel->progs.raw_tp__irq_disable, 1000);
	run_program(skel->progs.raw_tp__preempt_disable, 2000);
	nap(60 * MS);
	run_program(skel->progs.raw_tp__irq_enable, 1010);
	run_program(skel->progs.raw_tp__irq_enable, 1020);	/* no section is open */
	nap(60 * MS);
	run_program(skel->progs.raw_tp__preempt_enable, 2010);
	run_program(skel->progs.raw_tp__irq_disable, 3000);
	nap(60 * MS);
	run_program(skel->progs.raw_tp__cpu_idle, 0);
	run_program(skel->progs.raw_tp__irq_enable, 3010);
	/* one whose end was not seen is none that goes on */
	run_program(skel->progs.raw_tp__irq_disable, 4000);
	nap(60 * MS);
	run_program(skel->progs.raw_tp__irq_disable, 4001);
	nap(60 * MS);
	run_program(skel->progs.raw_tp__irq_enable, 4010);
	ring_buffer__consume(ring);
	REQUIRE(n_got == 3);
	CHECK_EQ(got[0].section, CRITICAL_IRQ);
	CHECK_EQ(got[0].from, 1000);
	CHECK_EQ(got[0].to, 1010);
	CHECK(got[0].latency >= 60 * MS);
	CHECK_EQ(got[1].section, CRITICAL_PREEMPT);
	CHECK_EQ(got[1].from, 2000);
	CHECK_EQ(got[1].to, 2010);
	CHECK(got[1].latency >= 120 * MS);
	CHECK_EQ(got[2].from, 4001);
	CHECK_EQ(got[2].to, 4010);
	CHECK(got[2].latency >= 60 * MS);
	CHECK_EQ(got[0].origin.pid, getpid());
	ring_buffer__free(ring);
	criticalstat_bpf__destroy(skel);
}

static bool has_tracepoints(void)
{
	return !access("/sys/kernel/tracing/events/preemptirq/irq_disable", F_OK) ||
	       !access("/sys/kernel/debug/tracing/events/preemptirq/irq_disable", F_OK);
}

TEST(criticalstat, "where the kernel has no such tracepoints it says in one line what is missing; bad options")
{
	struct job *job;

	CHECK_EQ(run("corekit", "criticalstat", "-m", "x", "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "criticalstat", "--irq", "--preempt", "-d", "100ms")->status, 2);
	job = run("corekit", "criticalstat", "-d", "100ms", "-m", "10s");
	if (has_tracepoints())
		return;
	CHECK_EQ(job->status, 3);
	CHECK_EQ(lines(job->err), 1);
	CHECK_HAS(job->err, "preemptirq:irq_disable");
	CHECK_HAS(job->err, "CONFIG_PREEMPTIRQ_TRACEPOINTS");
	job = run("corekit", "criticalstat", "-d", "100ms", "--preempt");
	CHECK_EQ(job->status, 3);
	CHECK_HAS(job->err, "preemptirq:preempt_disable");
}

TEST(criticalstat, "where the kernel has the tracepoints: sections with the functions that they are between")
{
	struct job *job;
	json_t *r;

	if (!has_tracepoints())
		SKIP("no tracepoints preemptirq in this kernel");
	job = tool_start("criticalstat", "-m", "1us", "--irq");
	nap(300 * MS);
	tool_stop(job);
	CHECK(rows(job) > 0);
	CHECK_EQ(rows(job, IS("section", "irq")), rows(job));
	each_row(r, job)
		CHECK(number(r, "latency_ns") >= 1000);
}
