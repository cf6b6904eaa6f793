// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include "net.h"

#define TCX_INGRESS 46	/* include/uapi/linux/bpf.h, since 6.6 */

static int program(enum bpf_prog_type type, int attach, const char *name)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 2 },	/* XDP_PASS */
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach);
	int fd = bpf_prog_load(type, name, "GPL", insns, 2, &opts);

	REQUIRE(fd >= 0);
	return fd;
}

static __u32 id_of(int fd, bool link)
{
	union { struct bpf_link_info link; struct bpf_prog_info prog; } info = {};
	__u32 size = link ? sizeof(info.link) : sizeof(info.prog);

	REQUIRE(!bpf_obj_get_info_by_fd(fd, &info, &size));
	return link ? info.link.id : info.prog.id;
}

static struct job *look(const char *const *argv)
{
	struct job *job = job_run(NULL, argv);

	CHECK_EQ(job->status, 0);
	job->json = true;
	return job;
}

#define LOOK(...) look(ARGV("corekit", "xdpls", "-j", ##__VA_ARGS__))

/* Two namespaces: native XDP at one end, by netlink, and generic at the other, by a link; a filter of tc, and tcx where there is. */
TEST(xdpls, "programs at interfaces of two namespaces are shown with mode, id and holders")
{
	int native = program(BPF_PROG_TYPE_XDP, BPF_XDP, "native"), generic = program(BPF_PROG_TYPE_XDP, BPF_XDP, "generic");
	int classifier = program(BPF_PROG_TYPE_SCHED_CLS, 0, "classifier"), link, tcx, index;
	LIBBPF_OPTS(bpf_tc_hook, hook, .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, filter, .prog_fd = classifier);
	LIBBPF_OPTS(bpf_link_create_opts, mode, .flags = XDP_FLAGS_SKB_MODE);
	const char *me = text("%d/%.15s", getpid(), strtok(file_text("/proc/self/comm"), "\n"));
	struct veth veth = veth_new();
	struct job *job;
	json_t *r;

	netns_enter(veth.ns[1]);
	link = bpf_link_create(generic, if_nametoindex("pair"), BPF_XDP, &mode);
	REQUIRE(link >= 0);
	netns_enter(veth.ns[0]);
	index = if_nametoindex("pair");
	REQUIRE(!bpf_xdp_attach(index, native, XDP_FLAGS_DRV_MODE, NULL));
	hook.ifindex = index;
	REQUIRE(!bpf_tc_hook_create(&hook));
	hook.attach_point = BPF_TC_EGRESS;
	REQUIRE(!bpf_tc_attach(&hook, &filter));
	tcx = bpf_link_create(program(BPF_PROG_TYPE_SCHED_CLS, TCX_INGRESS, "express"), index, TCX_INGRESS, NULL);

	job = LOOK("-a", "-F", "-o", "+index,tag,link");
	CHECK_EQ(rows(job, IS("netns", veth.number[0]), IS("interface", "pair")), 2 + (tcx >= 0));
	CHECK_EQ(rows(job, IS("netns", veth.number[0]), IS("index", index), IS("hook", "xdp"), IS("mode", "native"),
		      IS("id", id_of(native, false)), IS("program", "native"), IS("driver", "veth"), IS("mtu", 1500),
		      IS("link", NOTHING), IS("holders", text("interface; program: %s", me))), 1);
	CHECK_EQ(rows(job, IS("netns", veth.number[0]), IS("index", index), IS("hook", "tc"), IS("mode", "egress"),
		      IS("id", id_of(classifier, false)), IS("program", "classifier"),
		      IS("holders", text("tc filter; program: %s", me))), 1);
	CHECK_EQ(rows(job, IS("netns", veth.number[0]), IS("index", index), IS("hook", "tcx"), IS("mode", "ingress"),
		      IS("program", "express")), tcx >= 0);
	CHECK_EQ(rows(job, IS("netns", veth.number[1]), IS("interface", "pair")), 1);
	CHECK_EQ(rows(job, IS("netns", veth.number[1]), IS("hook", "xdp"), IS("mode", "generic"), IS("id", id_of(generic, false)),
		      IS("link", id_of(link, true)),
		      IS("holders", text("link %u: %s; program: %s", id_of(link, true), me, me))), 1);
	CHECK_EQ(rows(job, IS("netns", veth.number[1]), IS("interface", "lo"), IS("hook", NOTHING), IS("id", NOTHING),
		      IS("holders", NOTHING)), 1);
	r = row(job, IS("netns", veth.number[1]), IS("interface", "pair"));
	if (json_is_string(json_object_get(r, "features"))) {	/* since 6.3: this one could be native */
		CHECK_STR(string(r, "native"), "yes");
		CHECK_HAS(string(r, "features"), "basic,redirect");
		CHECK_STR(string(row(job, IS("netns", veth.number[1]), IS("interface", "lo")), "native"), "no");
	}

	/* this namespace only, and once nothing is there any more */
	close(link);
	REQUIRE(!bpf_xdp_detach(index, XDP_FLAGS_DRV_MODE, NULL));
	job = LOOK("-A", "-o", "+netns");
	CHECK_EQ(rows(job, IS("hook", "tc")), 1);
	CHECK_EQ(rows(job), 1 + (tcx >= 0));
	CHECK_EQ(rows(job, IS("netns", veth.number[0])), rows(job));
	netns_enter(veth.ns[1]);
	CHECK_EQ(rows(LOOK("-A")), 0);
	CHECK_EQ(rows(LOOK("-I", "pai*"), IS("interface", "pair"), IS("hook", NOTHING)), 1);
}

TEST(xdpls, "an interface that isn't there is said so")
{
	struct job *job = run("corekit", "xdpls", "-I", "nosuch");

	CHECK_EQ(job->status, 1);
	CHECK_STR(job->err, "xdpls: no interface is called nosuch in this network namespace; --all-netns looks in all\n");
}
