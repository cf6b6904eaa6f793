// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "congestion.skel.h"
#include "sample.skel.h"
#include "test.h"

static const char *sample(void)
{
	return object_file("sample.bpf.o", sample_bpf__elf_bytes);
}

static const char *only_me(void)
{
	return text("only_pid=%d", getpid());
}

static void call(int n)
{
	for (int i = 0; i < n; i++)
		syscall(SYS_getpgid, 0);
}

static json_t *value_of(struct job *job, const char *from)
{
	return json_object_get(row(job, IS("from", from)), "value");
}

TEST(bpfrun, "records of both kinds of buffer are shown by the structs that the object's BTF has, and what it prints")
{
	struct job *job = tool_start("bpfrun", sample(), "--set", only_me(), "--set", "label=\"a \\\"label\\\"\"", "--set",
				     "range={low: 7, high: -8}", "--as", "address=ip4");
	json_t *event;

	call(5);
	nap(200000000 * (slow() > 1 ? 3 : 1));
	tool_stop(job);
	CHECK_EQ(rows(job, IS("from", "events")), 5);
	CHECK_EQ(rows(job, IS("from", "notes")), 5);
	CHECK_EQ(rows(job, IS("from", "printk"), IS("value", text("getpgid %d", getpid()))), 5);
	event = value_of(job, "events");
	CHECK_EQ(number(event, "pid"), getpid());
	CHECK_STR(string(event, "address"), "10.0.0.1");
	CHECK_EQ(number(event, "low"), 7);
	CHECK_EQ(number(event, "high"), -8);
	CHECK_STR(string(event, "label"), "a \"label\"");
	CHECK_EQ(number(value_of(job, "notes"), "pid"), getpid());
}

TEST(bpfrun, "at the end each map and global variable is shown once, per-CPU values for each CPU")
{
	struct job *job = tool_start("bpfrun", sample(), "--set", only_me());
	long long sum = 0, cpu = 0;
	json_t *r;

	call(9);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("from", "total")), 1);
	CHECK_EQ(json_integer_value(value_of(job, "total")), 9);
	CHECK_EQ(json_integer_value(value_of(job, "counts")), 9);
	CHECK_EQ(number(row(job, IS("from", "counts")), "key"), getpid());
	each_row(r, job, IS("from", "per_cpu"), IS("key", 1))
	{
		sum += number(r, "value");
		cpu++;
	}
	CHECK_EQ(sum, 9);
	CHECK_BETWEEN(sysconf(_SC_NPROCESSORS_CONF), cpu, 1e6);
	CHECK_EQ(rows(job, IS("from", "only_pid")), 0);
}

TEST(bpfrun, "at an interval maps are shown again; --no-maps leaves them out")
{
	struct job *job = job_run(NULL, ARGV("corekit", "bpfrun", "-j", sample(), "-i", "100ms", "-d", text("%.1f", slow())));

	CHECK_EQ(job->status, 0);
	job->json = true;
	CHECK_BETWEEN(3, rows(job, IS("from", "total")), 1000);
	job = run("corekit", "bpfrun", "-j", sample(), "-i", "50ms", "-d", "300ms", "--no-maps");
	CHECK_EQ(job->status, 0);
	CHECK_STR(job->out, "");
}

TEST(bpfrun, "--only takes programs that are off by default; a histogram looks like one")
{
	struct job *job = run("corekit", "bpfrun", sample(), "--only", "fill", "-d", "300ms");

	CHECK_EQ(job->status, 0);
	CHECK_HAS(job->out, "latencies \"disk\"");
	CHECK_HAS(job->out, "       4 -> 7        : 2        |********************                    |\n");
	CHECK_HAS(job->out, "       8 -> 15       : 4        |****************************************|\n");
	CHECK(!strstr(job->out, "16 ->"));
	job = run("corekit", "bpfrun", sample(), "--only", "fill", "-d", "300ms", "-j");
	job->json = true;
	CHECK_EQ(json_array_size(json_object_get(value_of(job, "latencies"), "slots")), 8);
}

/* Nothing of it stays: what the kernel frees later is gone within seconds. */
static void check_gone(const char *program)
{
	long long left = 1;

	for (int i = 0; left && i < 100; i++) {
		struct job *job = run("corekit", "bpfprog", "ls", "-j");

		job->json = true;
		left = rows(job, IS("name", program));
		if (left)
			nap(50000000);
	}
	if (!CHECK_EQ(left, 0))
		FAIL("%s is still loaded", program);
}

TEST(bpfrun, "programs that need a target get it: interface, cgroup, socket, perf events; one without says so")
{
	static const struct {
		const char *program, *option, *value;
	} kinds[] = { { "pass", "--interface", "lo" }, { "passes", "--interface", "lo" }, { "passes", "--interface=lo", "--egress" }, { "seen", "--interface", "lo" }, { "egress", "--cgroup", NULL },
		      { "sample", "--frequency", "500" } };
	struct job *job;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const char *value = kinds[i].value ?: cgroup_new("here");
		struct tcp tcp;

		job = tool_start("bpfrun", sample(), "--only", kinds[i].program, kinds[i].option, value);
		if (!kinds[i].value)
			cgroup_enter(value, 0);
		tcp = tcp_open(AF_INET);
		tcp_send(&tcp, 1000, 1000);
		tcp_close(&tcp);
		busy(100000000);
		tool_stop(job);
		if (!CHECK_BETWEEN(3, json_integer_value(value_of(job, "total")), 1e9))
			FAIL("%s %s", kinds[i].program, kinds[i].option);
		check_gone(kinds[i].program);
	}
	job = run("corekit", "bpfrun", sample(), "--only", "pass", "-d", "100ms");
	CHECK_EQ(job->status, 1);
	CHECK_HAS(job->err, "pass (xdp) isn't attached: needs --interface");
}

TEST(bpfrun, "a struct of operations is registered as long as it runs")
{
	static const char available[] = "/proc/sys/net/ipv4/tcp_available_congestion_control";
	const char *path = object_file("congestion.bpf.o", congestion_bpf__elf_bytes), *meanwhile;
	struct congestion_bpf *skel = congestion_bpf__open_and_load();
	struct job *job;

	if (!skel)
		SKIP("this kernel loads no struct_ops: %s", strerror(errno));
	job = tool_start("bpfrun", path);
	meanwhile = file_text(available);
	tool_stop(job);
	CHECK_HAS(meanwhile, "corekit_steady");
	CHECK(!strstr(file_text(available), "corekit_steady"));
}

TEST(bpfrun, "an iterator's text is shown")
{
	struct job *job = run("corekit", "bpfrun", "-j", sample(), "--only", "list", "-d", "100ms");

	CHECK_EQ(job->status, 0);
	job->json = true;
	CHECK_BETWEEN(5, rows(job, IS("from", "list"), IS("value", "map seen")), 1e6);
}

/* With commas: the raw tracepoints of an object that the kernel takes, which a tool's user side would choose among. */
static const char *loadable(const char *tool)
{
	struct job *job = run("corekit", "bpfprog", "verify", "-j", tool);
	const char *list = NULL;
	json_t *r;

	job->json = true;
	each_row(r, job)
		if (json_is_true(json_object_get(r, "loads")) && strstr(string(r, "section"), "raw_tp/"))
			list = list ? text("%s,%s", list, string(r, "program")) : text("%s", string(r, "program"));
	return list;
}

TEST(bpfrun, "the objects of corekit's own tools run without their user side", .timeout = 300)
{
	struct listed *tools;
	size_t n, ran = 0;

	tools = tools_listed(&n);
	for (size_t i = 0; i < n && ran < (slow() > 1 ? 2 : 50); i++) {
		const char *tool = text("tool:%s", tools[i].name), *only = NULL;
		struct job *job = run("corekit", "bpfrun", tool, "-d", "1ms", "--no-maps", "-q");

		if (strstr(job->err, "no such tool"))
			continue;
		if (strstr(job->err, "nothing is attached"))
			only = loadable(tool);
		if (only)
			job = run("corekit", "bpfrun", tool, "--only", only, "-d", "1ms", "--no-maps", "-q");
		if (!job->status)
			ran++;
		else if (!strstr(job->err, "nothing is attached") && !strstr(job->err, "isn't loaded"))
			FAIL("%s: status %d: %s", tools[i].name, job->status, job->err);
	}
	CHECK_BETWEEN(slow() > 1 ? 2 : 6, ran, n);
}

TEST(bpfrun, "what is wrong is told in a line, with what to do")
{
	static const struct {
		const char *arg[3], *say;
	} bad[] = {
		{ { "--set", "nothing=1" }, "no variable 'nothing'" },
		{ { "--set", "only_pid" }, "not NAME=VALUE" },
		{ { "--set", "only_pid=-1" }, "only_pid" },
		{ { "--set", "only_pid=4294967296" }, "only_pid" },
		{ { "--set", "range={low: 1, middle: 2}" }, "middle" },
		{ { "--event", "events" }, "not MAP=TYPE" },
		{ { "--event", "events=struct nothing" }, "no struct 'struct nothing'" },
		{ { "--event", "nothing=event" }, "no map 'nothing'" },
		{ { "--only", "nothing" }, "no program 'nothing'" },
		{ { "--only", "refused" }, "isn't loaded" },
		{ { "--as", "address=ip5" }, "ip4" },
		{ { "--interface", "nothing0", "--only=pass" }, "needs --interface" },
	};
	const char *file = sample();
	struct job *job;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		job = run("corekit", "bpfrun", file, bad[i].arg[0], bad[i].arg[1], bad[i].arg[2] ?: "--no-maps", "-d", "10ms");
		CHECK_BETWEEN(1, job->status, 3);
		if (!strstr(job->err, bad[i].say))
			FAIL("%s %s: %s", bad[i].arg[0], bad[i].arg[1], job->err);
		CHECK_STR(job->out, "");
	}
	job = run("corekit", "bpfrun", tmp("nothing"), "-d", "10ms");
	CHECK_EQ(job->status, 2);
	CHECK_HAS(job->err, "No such file");
	job = run("corekit", "bpfrun", "/proc/self/exe", "-d", "10ms");
	CHECK_EQ(job->status, 2);
	CHECK_EQ(lines(job->err), 1);
}
