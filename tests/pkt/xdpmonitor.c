// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include "actions.skel.h"
#include "frame.h"

struct wait {
	struct actions_bpf *skel;
	char action;
	int times;
};

static bool were_seen(void *arg)
{
	struct wait *wait = arg;

	return ((volatile __u64 *)wait->skel->bss->seen)[(int)wait->action] >= (__u64)wait->times;
}

static __u32 prog_id(struct bpf_program *prog)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	REQUIRE(!bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &size));
	return info.id;
}

static __u32 map_id(struct bpf_map *map)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	REQUIRE(!bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &size));
	return info.id;
}

static bool are_taken(void *arg)
{
	char *now = job_now(arg);
	bool taken = strstr(now, "cpumap_kthread");

	free(now);
	return taken;
}

/* The packets that the end which can't take them refused, each of four. */
static bool are_refused(void *arg)
{
	char *now = job_now(arg), *save = NULL;
	long packets = 0;

	for (char *line = strtok_r(now, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *at = strstr(line, "\"packets\":");

		if (at && (strstr(line, "\"ENXIO\"") || strstr(line, "\"EOPNOTSUPP\"")))
			packets += strtol(at + 10, NULL, 10);
	}
	free(now);
	return packets >= 4;
}

/*
 * From one namespace frames of a test's own come to another, and there to a program that aborts, sends to an interface that isn't
 * there, to another CPU, back by its driver, and back by a map; first with an end that takes them, then with one that can't.
 */
TEST(xdpmonitor, "each packet that XDP redirects, sends back or aborts on is counted, with the error's name")
{
	struct actions_bpf *skel = actions_bpf__open_and_load();
	struct bpf_cpumap_val { __u32 size; int fd; } queue = {192, 0};
	__u32 zero = 0, index, prog, cpus, devices;
	struct job *all, *apart, *bad, *live;
	struct veth veth = veth_new();
	int fd, there, could;

	REQUIRE(skel);
	skel->bss->elsewhere = 9999;
	there = if_nametoindex("pair");
	REQUIRE(!bpf_xdp_attach(there, bpf_program__fd(skel->progs.pass), XDP_FLAGS_DRV_MODE, NULL));
	fd = frame_socket("pair");
	netns_enter(veth.ns[1]);
	index = if_nametoindex("pair");
	REQUIRE(!bpf_map_update_elem(bpf_map__fd(skel->maps.cpus), &zero, &queue, 0));
	REQUIRE(!bpf_map_update_elem(bpf_map__fd(skel->maps.devices), &zero, &index, 0));
	REQUIRE(!bpf_xdp_attach(index, bpf_program__fd(skel->progs.actions), XDP_FLAGS_DRV_MODE, NULL));
	prog = prog_id(skel->progs.actions);
	cpus = map_id(skel->maps.cpus);
	devices = map_id(skel->maps.devices);

	all = tool_start("xdpmonitor", "-s", "-i", "60", "-o", "+index,netns,map,events,packets_s");
	apart = tool_start("xdpmonitor", "-s", "-C", "-i", "60", "-o", "+netns,map");
	bad = tool_start("xdpmonitor", "-e", "-I", "pai*", "-i", "60", "-o", "+netns");
	live = tool_start("xdpmonitor", "-i", "0.1", "-o", "+map");
	netns_enter(veth.ns[0]);
	frame_own(fd, 'a', 60, 5);
	frame_own(fd, 'i', 60, 6);
	frame_own(fd, 'c', 60, 7);
	frame_own(fd, 't', 60, 8);
	frame_own(fd, 'm', 60, 9);
	frame_own(fd, 'd', 60, 10);
	frame_own(fd, 'p', 60, 11);	/* the last: all others have been dealt with by then */
	CHECK(until(20, were_seen, &(struct wait){skel, 'p', 11}));
	CHECK(until(20, are_taken, live));	/* by another thread */
	REQUIRE(!bpf_xdp_detach(there, XDP_FLAGS_DRV_MODE, NULL));
	frame_own(fd, 'm', 60, 4);
	frame_own(fd, 'p', 60, 1);
	CHECK(until(20, were_seen, &(struct wait){skel, 'p', 12}));
	CHECK(until(20, are_refused, live));	/* maybe after the last one was seen: when all that came is done with */
	tool_stop(all);
	tool_stop(apart);
	tool_stop(bad);
	tool_stop(live);

#define HERE IS("netns", veth.number[1]), IS("interface", "pair")
	could = rows(all, HERE, IS("error", "ENXIO"));
	CHECK_EQ(rows(all, HERE, IS("event", "exception")), 1);
	CHECK_EQ(rows(all, HERE, IS("event", "exception"), IS("index", index), IS("prog", prog), IS("error", "XDP_ABORTED"),
		      IS("packets", 5), IS("drops", 5), IS("events", 5), IS("to", NOTHING)), 1);
	CHECK_EQ(rows(all, HERE, IS("event", "redirect_err"), IS("prog", prog), IS("error", "EINVAL"), IS("to", "interface 9999"),
		      IS("packets", 6), IS("drops", 6), IS("map", NOTHING)), 1);
	CHECK_EQ(rows(all, HERE, IS("event", "redirect"), IS("prog", prog), IS("to", "cpu 0"), IS("map", cpus), IS("packets", 7),
		      IS("drops", 0), IS("error", NOTHING)), 1);
	CHECK_EQ(rows(all, HERE, IS("event", "redirect"), IS("prog", prog), IS("to", "entry 0"), IS("map", devices),
		      IS("packets", could ? 13 : 9)), 1);
	CHECK_EQ(rows(all, IS("event", "cpumap_enqueue"), IS("map", cpus), IS("to", "cpu 0"), IS("packets", 7), IS("drops", 0)), 1);
	/* 5.10 counts as its drops what the network stack wants no more of, as these frames */
	CHECK_EQ(rows(all, IS("event", "cpumap_kthread"), IS("map", cpus), IS("to", "cpu 0"), IS("packets", 7)), 1);
	CHECK_EQ(rows(all, HERE, IS("event", "bulk_tx"), IS("packets", 8), IS("drops", 0)), 1);
	CHECK_EQ(rows(all, HERE, IS("event", "devmap_xmit"), IS("to", "pair"), IS("packets", 9), IS("drops", 0),
		      IS("error", NOTHING)), 1);
	/* since 6.3 the kernel knows beforehand that the other end can't */
	CHECK_EQ(rows(all, HERE, IS("event", "devmap_xmit"), IS("to", "pair"), IS("packets", 4), IS("drops", 4),
		      IS("error", "ENXIO")) +
		 rows(all, HERE, IS("event", "redirect_err"), IS("to", "entry 0"), IS("packets", 4), IS("drops", 4), IS("map", devices),
		      IS("error", "EOPNOTSUPP")), 1);

	CHECK_EQ(sum(apart, "packets", HERE, IS("event", "redirect"), IS("prog", prog)), 7 + (could ? 13 : 9));
	CHECK_EQ(rows(apart, IS("event", "cpumap_kthread"), IS("map", cpus), IS("cpu", 0), IS("packets", 7)), 1);
	CHECK_EQ(rows(bad, HERE), 3);
	CHECK_EQ(rows(bad, IS("interface", "pair")), rows(bad));
	CHECK_EQ(sum(bad, "drops", HERE), 5 + 6 + 4);
	CHECK_EQ(rows(live, IS("event", "redirect")), 0);
	CHECK_NO_LOSS(all);
	actions_bpf__destroy(skel);
}
