// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lib/cpu.h"
#include "lib/hook.h"
#include "lib/lib.h"
#include "pkt/xdpcpu.h"
#include "pkt/xdpcpu.skel.h"

struct row {
	__u32 cpu;
	__u32 pad;
	struct xdpcpu_value value;
	__u64 share;		/* of all packets, in tenths of a percent */
};

static const char *list;
static __u32 room = 2048;
static struct cpu_list wanted;

static int setup(struct run *run)
{
	struct xdpcpu_bpf *skel = (struct xdpcpu_bpf *)run->skel;
	struct xdpcpu_bpf__rodata *rodata = run->rodata;
	int ret = cpu_list(&wanted, list) ?: hook_setup(run) ?: hook_to_cpus(run);

	if (ret)
		return ret;
	rodata->cpus_chosen = wanted.n;
	return bpf_map__set_max_entries(skel->maps.queues, cpu_ids()) ?: bpf_map__set_max_entries(skel->maps.chosen, wanted.n) ?:
	       bpf_map__set_max_entries(skel->maps.cpus, cpu_ids());
}

static int add_cpu(struct xdpcpu_bpf *skel, __u32 cpu, __u32 at)
{
	int ret = bpf_map_update_elem(bpf_map__fd(skel->maps.queues), &cpu, &room, BPF_ANY);

	if (ret) {
		err("a queue of %u packets on CPU %u: %s", room, cpu, strerror(-ret));
		return ret;
	}
	return bpf_map_update_elem(bpf_map__fd(skel->maps.chosen), &at, &cpu, BPF_ANY);
}

/* The queues first, and who counts what they take: the programs for that are attached already. */
static int attach(struct run *run)
{
	struct xdpcpu_bpf *skel = (struct xdpcpu_bpf *)run->skel;
	struct bpf_map_info info = {};
	__u32 size = sizeof(info), at = 0;
	int ret = bpf_obj_get_info_by_fd(bpf_map__fd(skel->maps.queues), &info, &size);

	skel->bss->queues_id = info.id;
	for (; at < wanted.n && !ret; at++)
		ret = add_cpu(skel, wanted.cpus[at], at);
	return ret ?: hook_attach(run);
}

static bool is_wanted(struct run *run, void *row)
{
	for (__u32 i = 0; i < wanted.n; i++)
		if (wanted.cpus[i] == ((struct row *)row)->cpu)
			return true;
	return false;
}

static void shares(struct run *run, void *data, size_t n)
{
	struct row *rows = data;
	__u64 all = 0;

	for (size_t i = 0; i < n; i++)
		all += rows[i].value.packets;
	for (size_t i = 0; i < n; i++)
		rows[i].share = all ? rows[i].value.packets * 1000 / all : 0;
}

static void show_share(struct out *out, const struct column *c, const void *row)
{
	out_fixed(out, ((const struct row *)row)->share, 10, 1);
}

static const struct opt opts[] = {
	OPT_HOOK_INTERFACE, OPT_HOOK_MODE,
	{ .name = "cpus", .arg = "CPUS", .value = V_CHARS, .here = &list, .help = "the CPUs to use: 1-3,8; all unless told" },
	{ .name = "queue", .arg = "N", .value = V_U32, .min = 1, .max = 16384, .here = &room,
	  .help = "packets that a CPU's queue has room for (2,048)" },
	OPT(0, "pairs", NULL, xdpcpu, by_pair, "by addresses only, not by ports and protocol as well"),
	{}
};

static const struct column columns[] = {
	COL("cpu", struct row, cpu, 4, "CPU that packets are sent to"),
	COL("packets", struct row, value.packets, 10, "packets that were sent to it"),
	COL_OWN("share_pct", show_share, 9, "of all of them, in percent", .bare_json = true),
	COL_AS(L_SIZE, "bytes", struct row, value.bytes, 8, "of them, with Ethernet's header"),
	COL("queued", struct row, value.taken, 10, "packets that its queue took"),
	COL("full", struct row, value.full, 8, "packets that were dropped since its queue was full"),
	COL("passed", struct row, value.passed, 10, "packets that its thread has passed on to the stack"),
	{}
};

static const struct example examples[] = {
	{ "-I eth0", "spread what eth0 receives over all CPUs, and show how, every second" },
	{ "-I eth0 --cpus 2-5 --queue 4096", "over four of them, with longer queues" },
	{ "-I eth0 --pairs -m generic -i 10 -j", "by addresses, for a driver without XDP, as JSON" },
	{}
};

TOOL(xdpcpu,
	.summary  = "spread received packets over CPUs by flow, with XDP and a cpumap",
	.about    = "An XDP program sends each packet to a CPU that the flow's addresses, ports and protocol choose: both directions "
		    "of a flow, and all pieces of a fragmented packet, to the same one, in order. The kernel puts them into a queue of "
		    "that CPU (a cpumap), from which a thread of its own passes them on to the network stack. It works for as long "
		    "as it runs, and shows what each CPU got; it helps where a network card has fewer queues than the machine has "
		    "CPUs, or spreads badly.",
	.cost     = "For each packet its headers are read, two maps are looked up, and it goes through one more queue; a thread a CPU.",
	.caveats  = "What another CPU does later has lost what the card knew of the packet: its checksum, its hash, its VLAN tag if the "
		    "card takes that out; from the other end of a veth pair packets come without checksums, so they are dropped unless that end "
		    "is told to make them: ethtool -K NAME tx off. A packet that is in a queue when the tool ends is dropped with it. In generic mode "
		    "some kernels (seen with 6.18 and veth) lose packets behind the queue: look whether they arrive.",
	.packets = true, .first = hook_first, .trial = "--interface=lo\t--mode=generic",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach, .tick = hook_tick,
	.table = ROWS("cpus", struct row, "cpu", .up = true, .screen = true, .idle = true, .row = is_wanted, .all = shares));
