// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "sample.skel.h"
#include "test.h"

static const char *sample(void)
{
	return object_file("sample.bpf.o", sample_bpf__elf_bytes);
}

/* Returns 7 after a map was touched: six instructions, one of them two slots long, and no line of source. */
static int program(const char *name, int *map)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "touched", 4, 8, 1, NULL), prog;
	const struct bpf_insn insns[] = {
		{ .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = 10, .off = -4 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 2, .src_reg = 10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = -4 },
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = fd }, {},
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_delete_elem },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 7 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	REQUIRE(fd >= 0);
	prog = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, name, "GPL", insns, sizeof(insns) / sizeof(*insns), NULL);
	REQUIRE(prog >= 0);
	if (map)
		*map = fd;
	return prog;
}

static struct bpf_prog_info info_of(int fd)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	REQUIRE(!bpf_obj_get_info_by_fd(fd, &info, &size));
	return info;
}

static struct job *json(const char *const *argv)
{
	struct job *job = job_run(NULL, argv);

	job->json = true;
	return job;
}

static const char *fact(struct job *job, const char *key)
{
	return string(row(job, IS("key", key)), "value");
}

TEST(bpfprog, "ls shows each program with what the kernel says of it, and who holds it")
{
	struct bpf_prog_info info = info_of(program("listed_prog", NULL));
	struct job *job = json(ARGV("corekit", "bpfprog", "ls", "-j"));
	json_t *r = row(job, IS("id", info.id));

	CHECK_EQ(job->status, 0);
	CHECK_STR(string(r, "name"), "listed_prog");
	CHECK_STR(string(r, "type"), "raw_tracepoint");
	CHECK_EQ(number(r, "xlated"), info.xlated_prog_len);
	CHECK_EQ(number(r, "maps"), 1);
	CHECK_HAS(string(r, "owners"), text("%d/", getpid()));
}

TEST(bpfprog, "show counts the runs of its look, and no others")
{
	int map, prog = program("shown_prog", &map);
	struct bpf_prog_info info = info_of(prog);
	struct bpf_map_info map_info = {};
	__u32 size = sizeof(map_info);
	struct job *job = job_start(NULL, ARGV("corekit", "bpfprog", "show", "-j", "shown_prog", "--look", text("%d", slow() > 1 ? 4 : 1)));
	unsigned long long runs_before;
	int stats_on = 0;

	REQUIRE(!bpf_obj_get_info_by_fd(map, &map_info, &size));
	/* The kernel counts once the tool has asked it to. */
	for (int i = 0; i < 2000 && !stats_on; i++) {
		REQUIRE(!bpf_prog_test_run_opts(prog, &(struct bpf_test_run_opts){ .sz = sizeof(struct bpf_test_run_opts) }));
		stats_on = info_of(prog).run_cnt > 0;
		nap(5000000);
	}
	for (int i = 0; i < 40; i++)
		REQUIRE(!bpf_prog_test_run_opts(prog, &(struct bpf_test_run_opts){ .sz = sizeof(struct bpf_test_run_opts) }));
	CHECK_EQ(job_end(job, 0), 0);
	job->json = true;
	CHECK_BETWEEN(40, atoi(fact(job, "runs")), 45);
	CHECK_BETWEEN(1, atof(fact(job, "ns per run")), 1e9);
	CHECK_STR(fact(job, "id"), text("%u", info.id));
	CHECK_STR(fact(job, "type"), "raw_tracepoint");
	CHECK_HAS(fact(job, "owner"), text("%d ", getpid()));
	CHECK_STR(fact(job, "map"), text("%u touched", map_info.id));
	CHECK_HAS(fact(job, "xlated"), text("%u bytes", info.xlated_prog_len));
	CHECK_STR(fact(job, "misses"), "0");
	/* Counting ended with the look. */
	runs_before = info_of(prog).run_cnt;
	REQUIRE(!bpf_prog_test_run_opts(prog, &(struct bpf_test_run_opts){ .sz = sizeof(struct bpf_test_run_opts) }));
	CHECK_EQ(info_of(prog).run_cnt, runs_before);
}

TEST(bpfprog, "a program is found by id, name, tag and pin; what is not clear is said")
{
	int prog = program("found_prog", NULL);
	struct bpf_prog_info info = info_of(prog);
	const char *dir = tmp("bpffs"), *names[4];
	struct job *job;

	mount_tmpfs(tmp("private"));
	REQUIRE(mkdir(dir, 0755) == 0 && mount("bpf", dir, "bpf", 0, NULL) == 0);
	REQUIRE(!bpf_obj_pin(prog, text("%s/it", dir)));
	names[0] = text("%u", info.id), names[1] = text("id:%u", info.id), names[2] = "found_prog", names[3] = text("%s/it", dir);
	for (int i = 0; i < 4; i++) {
		job = json(ARGV("corekit", "bpfprog", "show", "-j", "--look=0", names[i]));
		CHECK_EQ(job->status, 0);
		CHECK_STR(fact(job, "id"), text("%u", info.id));
		CHECK_STR(fact(job, "pin"), text("%s/it", dir));
	}
	program("found_prog", NULL);
	job = run("corekit", "bpfprog", "show", "found_prog");
	CHECK_EQ(job->status, 2);
	CHECK_HAS(job->err, "2 programs are called so");
	CHECK_EQ(lines(job->err), 1);
	job = run("corekit", "bpfprog", "show", "no_such_program");
	CHECK_EQ(job->status, 2);
	CHECK_EQ(lines(job->err), 1);
	job = run("corekit", "bpfprog", "show", "4294967295");
	CHECK_EQ(job->status, 2);
}

static void runs(void *arg)
{
	int prog = *(int *)arg;

	for (int i = 0; i < 3000; i++)
		bpf_prog_test_run_opts(prog, &(struct bpf_test_run_opts){ .sz = sizeof(struct bpf_test_run_opts) });
}

TEST(bpfprog, "top shows what runs, with rate and time, and nothing that doesn't")
{
	int prog = program("busy_prog", NULL), idle = program("idle_prog", NULL);
	struct child child = child_new("runner", 0, runs, &prog);
	struct job *job = tool_start("bpfprog", "top", "-i", text("%.1f", 0.3 * slow()), "-N", "2");
	long long sum = 0;
	json_t *r;

	child_run(&child);
	tool_wait(job);
	each_row(r, job, IS("id", info_of(prog).id))
	{
		sum += number(r, "runs_s");
		CHECK_BETWEEN(1, number(r, "ns_run"), 1e9);
		CHECK_HAS(string(r, "owners"), text("%d/", getpid()));
	}
	/* per second of 0.3 s, so three times and a third what ran */
	CHECK_BETWEEN(3000 * 2.5 / slow(), sum, 3000 * 4.5 / slow());
	CHECK_EQ(rows(job, IS("id", info_of(idle).id)), 0);
}

TEST(bpfprog, "verify says of each program whether it loads, how much that took, and why not")
{
	struct job *job = json(ARGV("corekit", "bpfprog", "verify", "-j", sample()));
	json_t *r;

	CHECK_EQ(job->status, 1);
	r = row(job, IS("program", "pass"));
	CHECK(json_is_true(json_object_get(r, "loads")));
	CHECK_EQ(number(r, "insns"), 5);
	CHECK_STR(string(r, "section"), "xdp");
	r = row(job, IS("program", "on_getpgid"));
	CHECK_BETWEEN(50, number(r, "insns"), 500);
	CHECK_BETWEEN(16, number(r, "stack"), 512);
	r = row(job, IS("program", "refused"));
	CHECK(json_is_false(json_object_get(r, "loads")));
	CHECK_HAS(string(r, "why"), "R0 invalid mem access");
	r = row(job, IS("program", "nowhere"));
	CHECK(json_is_false(json_object_get(r, "loads")));
	CHECK_BETWEEN(10, strlen(string(r, "why")), 255);
	CHECK_EQ(rows(job), 10);
}

TEST(bpfprog, "verify compares with an earlier run")
{
	struct job *job = json(ARGV("corekit", "bpfprog", "verify", "-j", sample()));
	FILE *f = fopen(tmp("before"), "w");
	json_t *r;

	REQUIRE(f && fwrite(job->out, job->out_length, 1, f) == 1 && !fclose(f));
	r = row(json(ARGV("corekit", "bpfprog", "verify", "-j", sample(), "--baseline", tmp("before"))), IS("program", "fill"));
	CHECK_EQ(number(r, "change"), 0);
	f = fopen(tmp("before"), "w");
	REQUIRE(f && fprintf(f, "{\"program\":\"fill\",\"insns\":%lld,\"states\":1}\n", number(r, "insns") - 4) > 0 && !fclose(f));
	job = json(ARGV("corekit", "bpfprog", "verify", "-j", sample(), "--baseline", tmp("before")));
	CHECK_EQ(number(row(job, IS("program", "fill")), "change"), 4);
	CHECK(json_is_null(json_object_get(row(job, IS("program", "pass")), "change")));
}

TEST(bpfprog, "each program of corekit that can be verified here is; none is larger than a tenth of what the kernel takes", .timeout = 300)
{
	/* where that takes minutes some of them are enough, others on each kernel */
	const char *version = file_text("/proc/version") + strlen("Linux version ");
	size_t n, seen = 0, step, first = 0;
	struct listed *tools;
	json_t *r;

	for (int i = 0; i < 4; i++)
		first += version[i];
	tools = tools_listed(&n);
	step = slow() > 1 ? n / 4 : 1;
	for (size_t i = first % step; i < n; i += step) {
		struct job *job = json(ARGV("corekit", "bpfprog", "verify", "-j", text("tool:%s", tools[i].name)));

		if (strstr(job->err, "no such tool"))
			continue;
		seen++;
		each_row(r, job)
			if (json_is_integer(json_object_get(r, "insns")))
				CHECK_BETWEEN(1, number(r, "insns"), 100000);
	}
	CHECK_BETWEEN(slow() > 1 ? 2 : 6, seen, n);
}

TEST(bpfprog, "dump shows the instructions, helpers by name, maps by id, with source lines where there are any")
{
	int map, prog = program("dumped_prog", &map);
	struct job *job = json(ARGV("corekit", "bpfprog", "dump", "-j", "dumped_prog"));
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	REQUIRE(!bpf_obj_get_info_by_fd(map, &info, &size) && prog >= 0);
	CHECK_EQ(job->status, 0);
	CHECK_EQ(rows(job, IS("text", text("r1 = map[id:%u]", info.id))), 1);
	CHECK_EQ(rows(job, IS("text", "r0 = 7")), 1);
	CHECK_BETWEEN(1, rows(job, IS("text", "exit")), 2);
	CHECK_STR(string(row(job, IS("at", 0)), "text"), "*(u32 *)(r10 -4) = 0");
	/* as it lies in memory */
	CHECK_STR(string(row(job, IS("at", 0)), "code"), BIG_ENDIAN_HERE ? "62a0fffc00000000" : "620afcff00000000");
}

TEST(bpfprog, "dump shows source lines and machine code of a program that has them")
{
	struct job *tool = tool_start("opensnoop", "-n", "nothing");
	struct job *job;
	json_t *r;
	long with = 0;

	r = row(json(ARGV("corekit", "bpfprog", "ls", "-j")), IS("name", "syscall_exit"), IS("owners", text("%d/corekit", tool->pid)));
	job = json(ARGV("corekit", "bpfprog", "dump", "-j", text("%lld", number(r, "id"))));
	CHECK_EQ(job->status, 0);
	each_row(r, job)
		with += !json_is_null(json_object_get(r, "source"));
	CHECK_BETWEEN(5, with, rows(job));
	CHECK_BETWEEN(1, rows(job, IS("text", "exit")), 100);
	tool_stop(tool);
}

TEST(bpfprog, "who may not look is told so, and bad input is one line")
{
	static const char *const bad[][2] = { { "show", "--look=61" }, { "show", "--look=x" }, { "top", "--look=1" },
					      { "nothing", "-j" }, { "dump", "--baseline=x" }, { "verify", "-j" } };
	struct job *job = run_as(65534, "corekit", "bpfprog", "ls");

	CHECK_EQ(job->status, 3);
	CHECK_EQ(lines(job->err) , 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		job = run("corekit", "bpfprog", bad[i][0], bad[i][1]);
		CHECK_EQ(job->status, 2);
		CHECK_EQ(lines(job->err), 1);
	}
	job = run("corekit", "bpfprog", "verify", sample(), "--baseline", tmp("nothing"));
	CHECK_EQ(job->status, 2);
	job = run("corekit", "bpfprog", "verify", "/etc/passwd");
	CHECK_EQ(job->status, 2);
}
