// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "lib/cpu.h"
#include "lib/hook.h"
#include "pkt/xdpbench.h"
#include "pkt/xdpbench.skel.h"

#define ROW struct xdpbench_row

static const char *const verdicts[XDPBENCH_VERDICTS] = { "drop", "pass", "tx", "redirect", "cpu" };
static const char *const uses[XDPBENCH_DATA] = { "none", "read", "swap" };
static const char *action = "pass", *data = "none", *to;
static __u32 room = 2048;
static int verdict;

static int find(const char *option, const char *word, const char *const *words, int n, const char *list)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(word, words[i]))
			return i;
	err("--%s: '%s' is none of %s", option, word, list);
	return -EINVAL;
}

/* Where it redirects to: the number of an interface or a CPU. */
static int target(void)
{
	char *end;
	int number;

	if ((verdict == XDPBENCH_REDIRECT || verdict == XDPBENCH_CPU) != !!to) {
		err(to ? "--to: only with --action redirect or cpu" : "where to? --to eth1, or of CPUs --to 1");
		return -EINVAL;
	}
	if (verdict == XDPBENCH_REDIRECT) {
		number = if_nametoindex(to);
		if (!number)
			err("--to: there is no '%s' in this network namespace: 'ip link' lists them", to);
		return number ?: -EINVAL;
	}
	number = to ? strtol(to, &end, 10) : 0;
	if (to && (!*to || *end || number < 0 || number >= cpu_ids())) {
		err("--to: '%s' is no CPU", to);
		return -EINVAL;
	}
	return number;
}

static int setup(struct run *run)
{
	struct xdpbench_bpf *skel = (void *)run->skel;
	int use = find("data", data, uses, XDPBENCH_DATA, "none, read and swap"), number, ret;
	struct stat netns;

	verdict = find("action", action, verdicts, XDPBENCH_VERDICTS, "drop, pass, tx, redirect and cpu");
	if (use < 0 || verdict < 0)
		return -EINVAL;
	number = target();
	if (number < 0)
		return number;
	if (hook.interfaces && strchr(hook.interfaces, ',')) {
		err("--interface: one at a time");
		return -EINVAL;
	}
	ret = hook_setup(run);
	if (ret)
		return ret;
	if (stat("/proc/self/ns/net", &netns))
		return -errno;
	skel->rodata->verdict = verdict;
	skel->rodata->data_use = use;
	skel->rodata->from_index = if_nametoindex(hook.interfaces);
	skel->rodata->netns = netns.st_ino;
	skel->rodata->to_cpu = number;
	if (verdict != XDPBENCH_TX)
		attach_skip("bulk_tx");
	if (verdict != XDPBENCH_REDIRECT)
		attach_skip("devmap_xmit");
	if (verdict != XDPBENCH_CPU)
		attach_skip("cpumap_enqueue");
	if (verdict != XDPBENCH_REDIRECT && verdict != XDPBENCH_CPU)
		attach_skip("redirect_err");
	return bpf_map__set_max_entries(skel->maps.cpus, verdict == XDPBENCH_CPU ? cpu_ids() : 1);
}

static int attach(struct run *run)
{
	struct xdpbench_bpf *skel = (void *)run->skel;
	__u32 zero = 0, cpu = skel->rodata->to_cpu, index = cpu, size;
	struct bpf_map_info info = {};
	int ret = 0;

	size = sizeof(info);
	if (verdict == XDPBENCH_REDIRECT)
		ret = bpf_map_update_elem(bpf_map__fd(skel->maps.devices), &zero, &index, BPF_ANY);
	else if (verdict == XDPBENCH_CPU)
		ret = bpf_map_update_elem(bpf_map__fd(skel->maps.cpus), &cpu, &room, BPF_ANY);
	if (ret || bpf_obj_get_info_by_fd(bpf_map__fd(skel->maps.cpus), &info, &size)) {
		ret = -errno;
		err("--to: %s: the kernel doesn't take it: %s", to, strerror(errno));
		return ret;
	}
	skel->bss->cpus_id = info.id;
	return hook_attach(run);
}

static void show_verdict(struct out *out, const struct column *c, const void *row)
{
	out_str(out, verdicts[verdict]);
}

static const struct opt opts[] = {
	OPT_HOOK_INTERFACE, OPT_HOOK_MODE,
	{ .letter = 'a', .name = "action", .arg = "VERDICT", .value = V_CHARS, .here = &action, .complete = "drop pass tx redirect cpu",
	  .help = "on each packet: drop, pass, tx (back), redirect (to an interface) or cpu (the stack of another CPU) (pass)" },
	{ .name = "to", .arg = "WHERE", .value = V_CHARS, .here = &to, .help = "the interface, or the CPU's number" },
	{ .name = "data", .arg = "USE", .value = V_CHARS, .here = &data, .complete = "none read swap",
	  .help = "of a packet: none; read, its type; or swap, exchange Ethernet's addresses (none)" },
	{ .name = "room", .arg = "PACKETS", .value = V_U32, .min = 8, .max = 16384, .here = &room,
	  .help = "in the queue to another CPU (2048)" },
	{}
};

static const struct column columns[] = {
	COL("cpu", ROW, cpu, 4, "that the packets came to; of taken and dropped that it was found out on"),
	COL_OWN("verdict", show_verdict, -8, "what is done with each"),
	COL("packets", ROW, value.packets, 12, "how many"),
	COL_OWN("packets_s", out_rate, 10, "in a second", .bare_json = true, .offset = offsetof(ROW, value.packets)),
	COL_AS(L_SIZE, "bytes", ROW, value.bytes, 9, "of them, with Ethernet's header"),
	COL("taken", ROW, value.taken, 12, "after tx, redirect, cpu: that the driver, or the queue, took"),
	COL("dropped", ROW, value.dropped, 10, "... and that were dropped"),
	{}
};

static const struct example examples[] = {
	{ "-I eth0 -a drop", "how many packets a second it can drop, on a terminal" },
	{ "-I eth0 -a tx --data swap -i 1", "sent back, line by line" },
	{ "-I eth0 -a redirect --to eth1 -d 10", "to another interface, for ten seconds" },
	{ "-I eth0 -a cpu --to 1 --mode generic -j", "to the stack on CPU 1, by generic XDP" },
	{}
};

TOOL(xdpbench,
	.summary  = "how many packets XDP drops, passes, sends or redirects",
	.about    = "Attaches a program to one interface that does the same with every packet, and counts for each CPU: packets, bytes, "
		    "and after tx, redirect and cpu, from the kernel's tracepoints, what was taken and what was dropped. On a terminal it "
		    "works as top does. With anything but pass, what comes in is gone for others as long as it runs.",
	.cost     = "A look-up in an array for each packet, two counters; the tracepoints count up to 16 packets at a time.",
	.caveats  = "In most drivers tx has no tracepoint, and in generic mode what is sent has none: nothing is taken or dropped then, "
		    "as far as it knows. What a CPU drops after it took it from the queue isn't counted: xdpmonitor shows it.",
	.packets  = true, .optional = "bulk_tx", .trial = "--interface=lo\t--mode=generic",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach, .tick = hook_tick,
	.table    = ROWS("counts", ROW, "packets", .per_cpu = 1, .apart = true, .screen = true));
