// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sched.h>
#include <sys/stat.h>
#include "test.h"

#define TRACING "/sys/kernel/tracing"

static int put(const char *file, const char *word)
{
	int fd = open(text(TRACING "/%s", file), O_WRONLY | O_APPEND | O_CLOEXEC), ret;

	ret = fd < 0 || write(fd, word, strlen(word)) < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return ret;
}

static bool there(const char *name)
{
	return !access(text(TRACING "/%s", name), F_OK);
}

TEST(tracereset, "probes and instances that nobody holds are listed, and removed only if that is asked for")
{
	const char *mine = text("corekit_%d", getpid()), *event = text("uprobes/%s", mine), *held = text("instances/%s_held", mine);
	const char *living = text("uprobes/p_%s_bcc_%d", mine, getpid()), *instance = text("instances/%s", mine);
	bool probes = !put("uprobe_events", text("p:%s /proc/self/exe:0x1000", event)) &&
		      !put("uprobe_events", text("p:%s /proc/self/exe:0x1000", living));
	bool rooms = !mkdir(text(TRACING "/%s", instance), 0700) && !mkdir(text(TRACING "/%s", held), 0700);
	struct job *job;
	int fd;

	if (!probes && !rooms)
		SKIP("this machine lets nobody change tracefs");
	fd = rooms ? open(text(TRACING "/%s/trace", held), O_RDONLY) : -1;
	job = run("corekit", "reset", "-j");
	job->json = true;
	CHECK_EQ(job->status, 0);
	if (probes) {
		CHECK_HAS(job->out, event);
		CHECK_HAS(job->out, text("\"state\":\"held\",\"by\":\"%d, by its name\",\"name\":\"p:%s", getpid(), living));
	}
	if (rooms) {
		CHECK_EQ(rows(job, IS("kind", "instance"), IS("state", "left"), IS("name", mine)), 1);
		CHECK_EQ(rows(job, IS("kind", "instance"), IS("state", "held"), IS("name", text("%s_held", mine))), 1);
	}
	CHECK(!rooms || there(instance));
	job = run("corekit", "tracereset", "--yes", "-j", text("*%s*", mine));
	job->json = true;
	CHECK_EQ(job->status, 0);
	CHECK_EQ(rows(job), 2 * probes + 2 * rooms);
	CHECK(!there(text("events/%s", event)));
	CHECK(!there(instance));
	CHECK_EQ(there(held), rooms);
	CHECK_EQ(there(text("events/%s", living)), probes);
	if (fd >= 0)
		close(fd);
	put("uprobe_events", text("-:%s", living));
	rmdir(text(TRACING "/%s", held));
}

static int a_program(enum bpf_prog_type type, enum bpf_attach_type attach)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach);
	int fd = bpf_prog_load(type, "on_tc", "GPL", insns, 2, &opts);

	REQUIRE(fd >= 0);
	return fd;
}

static bool is_listed(void *name)
{
	return strstr(run("corekit", "reset", "-j", name)->out, name);
}

TEST(tracereset, "filters of tc whose tool has gone, and pins whose cgroup has gone")
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = 1, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts);
	const char *cgroup = cgroup_new("tracereset"), *folder = text("/sys/fs/bpf/corekit/test/%d", getpid());
	int directory = open(cgroup, O_RDONLY | O_CLOEXEC), prog, link;
	struct job *job;

	REQUIRE(unshare(CLONE_NEWNET) == 0 && directory >= 0);
	opts.prog_fd = prog = a_program(BPF_PROG_TYPE_SCHED_CLS, 0);
	REQUIRE(!bpf_tc_hook_create(&hook) && !bpf_tc_attach(&hook, &opts));
	job = run("corekit", "reset", "-j", "lo *");
	CHECK_HAS(job->out, text("\"state\":\"held\",\"by\":\"%d/", getpid()));
	close(prog);
	job = run("corekit", "reset", "-j", "--yes", "lo *");
	job->json = true;
	CHECK_EQ(rows(job, IS("kind", "tc filter"), IS("state", "removed")), 1);
	CHECK_STR(run("corekit", "reset", "-j", "lo *")->out, "");

	mkdir("/sys/fs/bpf/corekit", 0700);
	mkdir("/sys/fs/bpf/corekit/test", 0700);
	if (mkdir(folder, 0700))
		return;		/* no file system for pins */
	prog = a_program(BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS);
	link = bpf_link_create(prog, directory, BPF_CGROUP_INET_EGRESS, NULL);
	REQUIRE(link >= 0 && !bpf_obj_pin(link, text("%s/link", folder)));
	close(link);
	close(prog);
	CHECK(!is_listed((void *)folder));
	close(directory);
	REQUIRE(!rmdir(cgroup));
	CHECK(until(10 * slow(), is_listed, (void *)folder));	/* the kernel takes its time */
	run("corekit", "reset", "--yes", folder);
	CHECK(access(folder, F_OK));
	rmdir("/sys/fs/bpf/corekit/test");
	rmdir("/sys/fs/bpf/corekit");
}
