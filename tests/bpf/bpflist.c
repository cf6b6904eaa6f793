// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "test.h"

static int a_map(const char *name)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, 4, 4, 1, NULL);

	REQUIRE(fd >= 0);
	return fd;
}

static int a_program(enum bpf_prog_type type, enum bpf_attach_type attach)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach);
	int fd = bpf_prog_load(type, "listed", "GPL", insns, 2, &opts);

	REQUIRE(fd >= 0);
	return fd;
}

static __u32 id_of(int fd, bool prog)
{
	union { struct bpf_map_info map; struct bpf_prog_info prog; } info = {};
	__u32 size = prog ? sizeof(info.prog) : sizeof(info.map);

	REQUIRE(!bpf_obj_get_info_by_fd(fd, &info, &size));
	return prog ? info.prog.id : info.map.id;
}

TEST(bpflist, "what a process holds is counted by type, and each object shown with id and name")
{
	const char *const names[] = { "first", "second", "third" };
	int maps[] = { a_map(names[0]), a_map(names[1]), a_map(names[2]) };
	int prog = a_program(BPF_PROG_TYPE_SOCKET_FILTER, 0);
	struct job *job = run("corekit", "bpflist", "-j");

	job->json = true;
	CHECK_EQ(number(row(job, IS("pid", getpid()), IS("type", "map")), "count"), 3);
	CHECK_EQ(number(row(job, IS("pid", getpid()), IS("type", "prog")), "count"), 1);
	CHECK_EQ(rows(job, IS("pid", getpid())), 2);

	job = run("corekit", "bpflist", "-j", "-e", "-p", text("%d,1", getpid()));
	job->json = true;
	CHECK_EQ(rows(job, IS("pid", getpid())), 4);
	CHECK_EQ(rows(job, IS("holder", "process")), rows(job));
	for (int i = 0; i < 3; i++)
		CHECK_EQ(rows(job, IS("type", "map"), IS("id", id_of(maps[i], false)), IS("fd", maps[i]),
			      IS("name", names[i])), 1);
	CHECK_EQ(rows(job, IS("type", "prog"), IS("id", id_of(prog, true)), IS("name", "listed"), IS("fd", prog)), 1);
}

int bpflist_probed(int n);	/* not static: it is found by its name */
__attribute__((noinline)) int bpflist_probed(int n)
{
	__asm__ volatile("");
	return n + 1;
}

TEST(bpflist, "a uprobe with a program is told, with its place")
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int prog = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "probed", "GPL", insns, 2, NULL), type, fd;
	char exe[256], maps[4096];
	struct perf_event_attr attr = { .size = sizeof(attr), .config1 = (uintptr_t)exe };
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	struct job *job;

	REQUIRE(prog >= 0 && n > 0);
	exe[n] = 0;
	type = atoi(file_text("/sys/bus/event_source/devices/uprobe/type"));
	snprintf(maps, sizeof(maps), "%s", file_text("/proc/self/maps"));
	attr.type = type;
	attr.config2 = (uintptr_t)bpflist_probed - strtoul(maps, NULL, 16);
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	REQUIRE(fd >= 0);
	REQUIRE(!ioctl(fd, PERF_EVENT_IOC_SET_BPF, prog));
	job = run("corekit", "bpflist", "-j", "-e", "-p", text("%d", getpid()));
	job->json = true;
	CHECK_EQ(rows(job, IS("type", "probe"), IS("fd", fd), IS("id", id_of(prog, true)),
		      IS("name", text("uprobe %s+0x%llx", exe, attr.config2))), 1);
	close(fd);
	job = run("corekit", "bpflist", "-j", "-p", text("%d", getpid()));
	job->json = true;
	CHECK_EQ(rows(job, IS("type", "probe")), 0);
}

TEST(bpflist, "pins are found in every bpf file system, also those of links")
{
	const char *dir = tmp("bpffs"), *pin = text("%s/deep/map", dir);
	int map = a_map("pinned"), prog = a_program(BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS), link;
	struct job *job;

	mount_tmpfs(tmp("private"));
	REQUIRE(mkdir(dir, 0755) == 0 && mount("bpf", dir, "bpf", 0, NULL) == 0);
	REQUIRE(mkdir(text("%s/deep", dir), 0755) == 0);
	REQUIRE(!bpf_obj_pin(map, pin) && !bpf_obj_pin(prog, text("%s/prog", dir)));
	link = bpf_link_create(prog, open(cgroup_new("listed"), O_RDONLY), BPF_CGROUP_INET_EGRESS, NULL);
	REQUIRE(link >= 0 && !bpf_obj_pin(link, text("%s/link", dir)));
	job = run("corekit", "bpflist", "-j");
	job->json = true;
	CHECK_EQ(rows(job, IS("holder", "pin"), IS("type", "map"), IS("path", pin), IS("id", id_of(map, false)),
		      IS("name", "pinned"), IS("pid", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("holder", "pin"), IS("type", "prog"), IS("path", text("%s/prog", dir)),
		      IS("id", id_of(prog, true))), 1);
	CHECK_EQ(rows(job, IS("holder", "pin"), IS("type", "link"), IS("path", text("%s/link", dir)), IS("name", "cgroup")), 1);
}

TEST(bpflist, "a program that only a cgroup holds is shown with the cgroup and how it is attached")
{
	int prog = a_program(BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS), id = id_of(prog, true);
	const char *cgroup = cgroup_new("listed");
	struct job *job;
	json_t *r;

	REQUIRE(!bpf_prog_attach(prog, open(cgroup, O_RDONLY), BPF_CGROUP_INET_EGRESS, 0));
	close(prog);
	job = run("corekit", "bpflist", "-j");
	job->json = true;
	r = row(job, IS("holder", "egress"), IS("id", id));
	CHECK_HAS(cgroup, string(r, "path"));
	CHECK_STR(string(r, "name"), "listed");
}

TEST(bpflist, "who may not look is told so")
{
	struct job *job = run_as(65534, "corekit", "bpflist");

	CHECK_EQ(job->status, 0);
	CHECK_EQ(lines(job->out), 1);
	CHECK_HAS(job->err, "run it as root");
}

TEST(bpflist, "bad input is one line, and status 2")
{
	static const char *const bad[] = { "x", "0", "1,,2", "-1", "99999999" };
	struct job *job;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		job = run("corekit", "bpflist", "-p", bad[i]);
		CHECK_EQ(job->status, 2);
		CHECK_EQ(lines(job->err), 1);
	}
}
