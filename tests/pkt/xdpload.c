// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include "actions.skel.h"
#include "chain.skel.h"
#include "frame.h"

/* The numbers of the programs that got a frame, in their order, of the latest object that has been loaded. */
static long long order_of(char what)
{
	__u32 latest = 0, zero = 0;
	__u64 all[128];
	int fd;

	for (__u32 id = 0; !bpf_map_get_next_id(id, &id);) {
		struct bpf_map_info info = {};
		__u32 size = sizeof(info);

		fd = bpf_map_get_fd_by_id(id);
		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size) && !strcmp(info.name, "chain.bss") && info.value_size == sizeof(all))
			latest = id;
		if (fd >= 0)
			close(fd);
	}
	fd = bpf_map_get_fd_by_id(latest);
	REQUIRE(fd >= 0 && !bpf_map_lookup_elem(fd, &zero, all));
	close(fd);
	return all[(int)what];
}

static const char *file(void)
{
	return object_file("chain.bpf.o", chain_bpf__elf_bytes);
}

/* The command is refused, in one line that says so. */
static void refuses(const char *const *argv, int status, const char *what)
{
	struct job *job = job_run(NULL, argv);

	CHECK_EQ(job->status, status);
	CHECK_EQ(lines(job->err), 1);
	CHECK_HAS(job->err, what);
}

#define REFUSED(status, what, ...) refuses(ARGV("corekit", "xdpload", ##__VA_ARGS__), status, what)

/* Where functions can't be replaced, several programs are refused. */
static bool takes_several(const char *one, const char *two)
{
	struct job *job = run("corekit", "xdpload", "-I", "pair", "-d", "1ms", one, two);

	if (!job->status)
		return true;
	CHECK_EQ(job->status, 3);
	CHECK_STR(job->err, "xdpload: 2 programs one after the other need BPF trampolines (freplace), which this kernel hasn't: one alone works\n");
	return false;
}

TEST(xdpload, "three programs get packets in the order of their priorities, as long as the one before allows it")
{
	struct veth veth = veth_new();
	int from = frame_socket("pair"), to;
	const char *path = file();
	struct job *job;

	netns_enter(veth.ns[1]);
	to = frame_socket("pair");
	if (!takes_several(text("%s:drops", path), text("%s:passes", path)))
		return;
	/* 3, 1, 2; what the first drops the next one gets all the same */
	job = tool_start("xdpload", "-I", "pair", "-i", "60", text("%s:drops:20:pass,drop", path), text("%s:xdp/second", path),
			 text("%s:passes:5", path));
	pin(0);
	netns_enter(veth.ns[0]);
	frame_own(from, 'd', 60, 1);
	frame_own(from, 'a', 60, 1);
	frame_own(from, 'p', 60, 1);
	frame_await(to, 2);
	CHECK_EQ(order_of('d'), 312);
	CHECK_EQ(order_of('a'), 312);
	CHECK_EQ(order_of('p'), 312);
	tool_stop(job);
	CHECK_EQ(rows(job), 3);
	CHECK_EQ(rows(job, IS("interface", "pair"), IS("place", 0), IS("priority", 5), IS("program", "passes"), IS("drop", 0),
		      IS("aborted", 0), IS("next", "pass")), 1);
	CHECK_EQ(rows(job, IS("place", 1), IS("priority", 20), IS("program", "drops"), IS("drop", 1), IS("aborted", 0),
		      IS("next", "drop,pass")), 1);
	CHECK_EQ(rows(job, IS("place", 2), IS("priority", 50), IS("program", "aborts"), IS("drop", 0), IS("aborted", 1), IS("tx", 0)), 1);
	CHECK_EQ(number(row(job, IS("place", 0)), "runs"), number(row(job, IS("place", 2)), "runs"));
	CHECK(number(row(job, IS("place", 2)), "runs") >= 3);
	CHECK_NO_LOSS(job);

	/* drop ends it now, and a program that goes on after nothing */
	netns_enter(veth.ns[1]);
	job = tool_start("xdpload", "-I", "pair", "-m", "generic", "-i", "60", text("%s:drops:1", path), text("%s:aborts:2:none", path),
			 text("%s:passes:3", path));
	netns_enter(veth.ns[0]);
	frame_own(from, 'd', 60, 2);
	frame_own(from, 'p', 60, 1);
	frame_await(to, 1);
	CHECK_EQ(order_of('d'), 11);
	CHECK_EQ(order_of('p'), 12);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("program", "drops"), IS("drop", 2)), 1);
	CHECK_EQ(rows(job, IS("program", "aborts"), IS("next", "none")), 1);
	CHECK_EQ(rows(job, IS("program", "passes"), IS("runs", 0)), 1);
}

TEST(xdpload, "programs that take packets in pieces, and one that doesn't among them")
{
	struct veth veth = veth_new();
	int from = frame_socket("pair"), to;
	const char *path = file(), *one = text("%s:pieces_first", path), *two = text("%s:pieces_last", path);
	struct job *job;

	netns_enter(veth.ns[1]);
	to = frame_socket("pair");
	job = tool_start("xdpload", "-I", "pair", "-i", "60", one);
	netns_enter(veth.ns[0]);
	pin(0);
	frame_own(from, 'p', 60, 1);
	frame_await(to, 1);
	CHECK_EQ(order_of('p'), 4);
	tool_stop(job);
	netns_enter(veth.ns[1]);
	if (!takes_several(one, two))
		return;
	job = tool_start("xdpload", "-I", "pair", "-i", "60", one, two);
	frame_own(from, 'p', 60, 1);
	frame_await(to, 1);
	CHECK_EQ(order_of('p'), 45);
	tool_stop(job);
	job = tool_start("xdpload", "-I", "pair", "-i", "60", text("%s:drops", path), one);
	frame_own(from, 'p', 60, 1);
	frame_await(to, 1);
	CHECK_EQ(order_of('p'), 14);
	tool_stop(job);
}

TEST(xdpload, "one program alone works on each kernel")
{
	struct veth veth = veth_new();
	int from = frame_socket("pair"), to;
	struct job *job;
	json_t *r;

	netns_enter(veth.ns[1]);
	to = frame_socket("pair");
	job = tool_start("xdpload", "-I", "pair", "-i", "60", text("%s:drops", file()));
	netns_enter(veth.ns[0]);
	pin(0);
	frame_own(from, 'd', 60, 3);
	frame_own(from, 'p', 60, 2);
	frame_await(to, 2);
	CHECK_EQ(order_of('d'), 111);
	CHECK_EQ(order_of('p'), 11);
	tool_stop(job);
	r = row(job, IS("program", "drops"));
	CHECK(number(r, "runs") >= 5);
	CHECK_EQ(rows(job, IS("drop", 3)) + rows(job, IS("drop", NOTHING)), 1);
	frame_own(from, 'd', 60, 1);	/* it has gone with the tool */
	frame_await(to, 1);
}

static bool has_pins(void)
{
	return !access("/sys/fs/bpf/corekit/xdpload", F_OK);
}

TEST(xdpload, "--pin outlives the tool, --status shows what it has done, --detach takes it away")
{
	struct veth veth = veth_new();
	int from = frame_socket("pair"), to;
	const char *path = file();
	struct job *job;
	bool several;

	bpffs();
	if (has_pins())
		SKIP("somebody has an xdpload pinned");
	netns_enter(veth.ns[1]);
	to = frame_socket("pair");
	several = takes_several(text("%s:drops", path), text("%s:passes", path));
	job = several ? run("corekit", "xdpload", "-q", "--pin", "-I", "pair", text("%s:drops", path), text("%s:passes", path)) :
			run("corekit", "xdpload", "-q", "--pin", "-I", "pair", text("%s:drops", path));
	CHECK_EQ(job->status, 0);
	CHECK_STR(job->err, "");
	netns_enter(veth.ns[0]);
	pin(0);
	frame_own(from, 'd', 60, 3);
	frame_own(from, 'p', 60, 1);
	frame_await(to, 1);
	CHECK_EQ(order_of('p'), several ? 13 : 1);
	netns_enter(veth.ns[1]);
	job = run("corekit", "xdpload", "--status", "-j", "-I", "pair");
	job->json = true;
	CHECK_EQ(job->status, 0);
	CHECK_EQ(rows(job, IS("interface", "pair")), 1 + several);
	CHECK(number(row(job, IS("place", 0), IS("program", "drops"), IS("priority", 50)), "runs") >= 4);
	if (several) {
		CHECK_EQ(rows(job, IS("program", "drops"), IS("drop", 3)), 1);
		CHECK_EQ(rows(job, IS("program", "passes"), IS("drop", 0)), 1);
	}
	REFUSED(1, "XDP is taken", "-I", "pair", text("%s:drops", path));
	job = run("corekit", "xdpload", "--detach", "-I", "pair");
	CHECK_EQ(job->status, 0);
	CHECK(!has_pins());
	netns_enter(veth.ns[0]);
	frame_own(from, 'd', 60, 1);
	frame_await(to, 1);
	REFUSED(1, "nothing of it is pinned", "--detach");
}

TEST(xdpload, "another program on the interface is named, and left alone")
{
	struct actions_bpf *skel = actions_bpf__open_and_load();
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info), there = 0;

	REQUIRE(skel && !bpf_obj_get_info_by_fd(bpf_program__fd(skel->progs.actions), &info, &size));
	veth_new();
	REQUIRE(!bpf_xdp_attach(if_nametoindex("pair"), bpf_program__fd(skel->progs.actions), XDP_FLAGS_DRV_MODE, NULL));
	REFUSED(1, text("pair: XDP is taken, in native mode: program %u 'actions', held by", info.id), "-I", "pair",
		text("%s:drops", file()));
	REQUIRE(!bpf_xdp_query_id(if_nametoindex("pair"), 0, &there));
	CHECK_EQ(there, info.id);
}

TEST(xdpload, "what isn't there, or contradicts itself, is refused in one line")
{
	const char *path = file();

	REFUSED(2, "which programs?", "-I", "lo");
	REFUSED(2, "on which interface?", text("%s:drops", path));
	REFUSED(2, "there is no 'nosuch0'", "-I", "nosuch0", text("%s:drops", path));
	REFUSED(2, "no XDP program nosuch: it has drops, passes, aborts, pieces_first, pieces_last", "-I", "lo", text("%s:nosuch", path));
	REFUSED(2, "which one: it has drops, passes, aborts, pieces_first, pieces_last", "-I", "lo", path);
	REFUSED(2, "is named twice", "-I", "lo", text("%s:drops", path), text("%s:drops", path));
	REFUSED(2, "'carrots' is none of", "-I", "lo", text("%s:drops:1:pass,carrots", path));
	REFUSED(2, "is wanted", "-I", "lo", text("%s:drops:x", path));
	REFUSED(2, "No such file", "-I", "lo", "/nowhere/a.bpf.o");
	REFUSED(2, "it has no XDP program", "-I", "lo", "tool:opensnoop");
	REFUSED(2, "--status: it only shows", "--status", "--pin");
}
