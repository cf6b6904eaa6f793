// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "lib/btf.h"
#include "lib/cpu.h"
#include "lib/hook.h"
#include "lib/lib.h"
#include "lib/netdev.h"
#include "lib/xdp_event_user.h"
#include "pkt/xdpbench.h"
#include "pkt/xdpbench.skel.h"

#define LOAD_BYTES 189	/* BPF_FUNC_xdp_load_bytes, since 5.18 */
#define QUEUES 4096

static const char *access_word, *by_word, *remote_word, *egress_word, *targets_word, *cpus_word;
#define ROOM 2048	/* packets that wait for a CPU */
static __u32 room = ROOM, operation, remote, egress, queues;
static bool success, stress;
static struct cpu_list cpus;
static struct {
	__u32 index;
	struct xdpbench_mac mac;
} targets[XDPBENCH_TARGETS];
static __u32 n_targets;
static struct xdpbench_bpf *skel;

/* What each needs: a list of interfaces (how many at most), events that it may cause. */
static const struct {
	const char *name;
	__u32 targets;
	const char *without;
} operations[] = {
	[XDPBENCH_DROP] = { "drop", 0, "redirect redirect_err bulk_tx devmap_xmit cpumap_enqueue cpumap_kthread" },
	[XDPBENCH_PASS] = { "pass", 0, "redirect redirect_err bulk_tx devmap_xmit cpumap_enqueue cpumap_kthread" },
	[XDPBENCH_TX] = { "tx", 0, "redirect redirect_err devmap_xmit cpumap_enqueue cpumap_kthread" },
	[XDPBENCH_REDIRECT] = { "redirect", 1, "redirect bulk_tx cpumap_enqueue cpumap_kthread" },
	[XDPBENCH_MAP] = { "redirect-map", 1, "redirect bulk_tx cpumap_enqueue cpumap_kthread" },
	[XDPBENCH_CPU] = { "redirect-cpu", 1, "redirect bulk_tx" },
	[XDPBENCH_MULTI] = { "redirect-multi", XDPBENCH_TARGETS, "redirect bulk_tx cpumap_enqueue cpumap_kthread" },
};

#define ACCESS "none read parse-ip swap-macs"
#define BY "first round-robin proto filter hash sport dport"
#define THEN "nothing drop pass redirect forward"

/* Its place in the list; `otherwise` where none was given. */
static int find_word(const char *option, const char *list, const char *word, __u32 otherwise, __u32 *to)
{
	char *words = strdupa(list), *save = NULL;
	__u32 at = 0;

	*to = otherwise;
	if (!word)
		return 0;
	for (char *one = strtok_r(words, " ", &save); one; one = strtok_r(NULL, " ", &save), at++)
		if (!strcmp(one, word)) {
			*to = at;
			return 0;
		}
	err("--%s: '%s' is none of %s", option, word, list);
	return -EINVAL;
}

static int find_operation(struct run *run)
{
	for (operation = 0; run->n_args == 1 && operation < XDPBENCH_OPERATIONS; operation++)
		if (!strcmp(run->args[0], operations[operation].name))
			return 0;
	err("which operation? one of drop, pass, tx, redirect, redirect-map, redirect-cpu and redirect-multi");
	return -EINVAL;
}

static int find_targets(void)
{
	char *list = strdupa(targets_word ?: ""), *save = NULL;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret = 0;

	n_targets = 0;
	for (char *word = strtok_r(list, ",", &save); word && !ret; word = strtok_r(NULL, ",", &save)) {
		struct ifreq request = {};

		strncpy(request.ifr_name, word, IFNAMSIZ - 1);
		if (n_targets == XDPBENCH_TARGETS) {
			err("--to: at most %d", XDPBENCH_TARGETS);
			ret = -EINVAL;
		} else if (!(targets[n_targets].index = if_nametoindex(word))) {
			err("--to: there is no '%s' in this network namespace: 'ip link' lists them", word);
			ret = -EINVAL;
		} else if (!ioctl(fd, SIOCGIFHWADDR, &request)) {
			memcpy(&targets[n_targets].mac, request.ifr_hwaddr.sa_data, sizeof(targets->mac));
		}
		n_targets++;
	}
	close(fd);
	return ret;
}

static int contradictions(void)
{
	__u32 most = operation == XDPBENCH_CPU && remote != XDPBENCH_THEN_REDIRECT ? 0 : operations[operation].targets;
	const char *name = operations[operation].name;

	if (hook_index(1))
		return hook_usage("--interface: one at a time");
	if (n_targets > most)
		return hook_usage("--to: %s sends to %s interface%s", name, most ? "one" : "no",
				  !most && operation == XDPBENCH_CPU ? ": --remote redirect does" : "");
	if (most && !n_targets)
		return hook_usage("to which interface%s? --to eth1", most > 1 ? "s" : "");
	if (operation != XDPBENCH_CPU && (cpus_word || by_word || remote_word || stress || room != ROOM))
		return hook_usage("--cpus, --by, --remote, --queue and --stress are for redirect-cpu, not for %s", name);
	if (operation != XDPBENCH_MAP && operation != XDPBENCH_MULTI && egress_word)
		return hook_usage("--egress: it is for redirect-map and redirect-multi, not for %s", name);
	if (remote == XDPBENCH_THEN_FORWARD)
		return hook_usage("--remote: '%s' is none of drop, pass and redirect", remote_word);
	if (egress_word && egress != XDPBENCH_THEN_FORWARD && egress != XDPBENCH_THEN_DROP)
		return hook_usage("--egress: '%s' is neither forward nor drop", egress_word);
	return 0;
}

/* What a kernel may lack: asked, so that it is told in a line. */
static int lacks(struct run *run)
{
	const struct xdpbench_bpf__rodata *rodata = run->rodata;
	struct btf_types *types;

	if (hook.mode && *hook.mode == 'o') {
		err("--mode: no device has counters for each CPU, by which this counts: native or generic");
		return -EOPNOTSUPP;
	}
	if (rodata->load_bytes && libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, LOAD_BYTES, NULL) != 1) {
		err("--load-bytes: this kernel's XDP programs can't: bpf_xdp_load_bytes() is missing: leave it out");
		return -EOPNOTSUPP;
	}
	if (operation == XDPBENCH_MULTI && !btf_open(&types, run->btf) &&
	    btf_find(types, "dev_map_enqueue_multi", BTF_KIND_FUNC) < 0) {
		err("redirect-multi: this kernel sends a packet to one interface only: dev_map_enqueue_multi() is missing");
		return -EOPNOTSUPP;
	}
	return operation == XDPBENCH_CPU ? hook_to_cpus(run) : 0;
}

static int count_queues(void *ctx, const struct netdev *dev)
{
	if (dev->index == (__u32)hook_index(0) && dev->rx_queues)
		queues = dev->rx_queues < QUEUES ? dev->rx_queues : QUEUES;
	return 0;
}

/* Programs that the maps hold must take packets in pieces where the one before them does. */
static void load_too(struct bpf_program *program)
{
	bpf_program__set_autoload(program, true);
	if (hook.frags)
		bpf_program__set_flags(program, BPF_F_XDP_HAS_FRAGS);
}

/* Maps that nothing needs are not made: a device, or an old kernel, may not take them. */
static int size_maps(void)
{
	bool to_cpus = operation == XDPBENCH_CPU, to_devices = n_targets && operation != XDPBENCH_REDIRECT;

	return bpf_map__set_autocreate(skel->maps.queues, to_cpus) ?: bpf_map__set_autocreate(skel->maps.chosen, to_cpus) ?:
	       bpf_map__set_autocreate(skel->maps.devices, to_devices) ?: bpf_map__set_autocreate(skel->maps.macs, egress_word) ?:
	       bpf_map__set_max_entries(skel->maps.queues, cpu_ids()) ?: bpf_map__set_max_entries(skel->maps.chosen, cpus.n ?: 1) ?:
	       bpf_map__set_value_size(skel->maps.queues, remote ? sizeof(struct bpf_cpumap_val) : sizeof(__u32)) ?:
	       bpf_map__set_value_size(skel->maps.devices, egress_word ? sizeof(struct bpf_devmap_val) : sizeof(__u32)) ?:
	       bpf_map__set_max_entries(skel->maps.received, queues + 1) ?:
	       bpf_map__set_max_entries(skel->maps.counts, 16384 + 2 * (queues + 1) * cpu_ids());
}

static int setup(struct run *run)
{
	struct xdpbench_bpf__rodata *rodata = run->rodata;
	static char without[100];
	const char *skip;
	__u32 access, by;
	int ret;

	skel = (void *)run->skel;
	ret = find_operation(run) ?: hook_setup(run) ?: find_targets();
	ret = ret ?: find_word("access", ACCESS, access_word, operation == XDPBENCH_TX ? XDPBENCH_SWAP : XDPBENCH_NONE, &access);
	ret = ret ?: find_word("by", BY, by_word, XDPBENCH_HASH, &by);
	ret = ret ?: find_word("remote", THEN, remote_word, XDPBENCH_NOTHING, &remote);
	ret = ret ?: find_word("egress", THEN, egress_word, XDPBENCH_NOTHING, &egress);
	ret = ret ?: contradictions();
	if (!ret && operation == XDPBENCH_CPU)
		ret = cpu_list(&cpus, cpus_word);
	ret = ret ?: lacks(run);
	if (ret)
		return ret;
	skip = operations[operation].without;
	if (success)
		skip += strcspn(skip, " ");	/* the first of them is redirect */
	snprintf(without, sizeof(without), "%s%s", skip,
		 operation == XDPBENCH_CPU && remote != XDPBENCH_THEN_REDIRECT ? " devmap_xmit" : "");
	attach_skip(without);
	queues = 1;
	if (rodata->by_queue)
		ret = netdev_each(count_queues, NULL);
	rodata->operation = operation;
	rodata->egress_at = queues;
	rodata->access = access;
	if (!ret && rodata->load_bytes && access == XDPBENCH_NONE)
		ret = hook_usage("--load-bytes: of what? --access read");
	rodata->by = by;
	rodata->then = remote;
	rodata->egress = egress;
	rodata->to = n_targets ? targets[0].index : 0;
	rodata->cpus_chosen = cpus.n ?: 1;
	if (remote)
		load_too(skel->progs.on_remote);
	if (egress_word)
		load_too(skel->progs.on_egress);
	return ret ?: size_maps();
}

static __u32 id_of(const struct bpf_program *program)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	return bpf_program__autoload(program) && !bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) ? info.id : 0;
}

static int add_queues(void)
{
	struct bpf_cpumap_val value = { .qsize = room };
	int fd = bpf_map__fd(skel->maps.queues), ret = 0;

	if (remote)
		value.bpf_prog.fd = bpf_program__fd(skel->progs.on_remote);
	for (__u32 i = 0; i < cpus.n && !ret; i++) {
		ret = bpf_map_update_elem(fd, &cpus.cpus[i], &value, BPF_ANY) ?:
		      bpf_map_update_elem(bpf_map__fd(skel->maps.chosen), &i, &cpus.cpus[i], BPF_ANY);
		if (ret)
			err("a queue of %u packets on CPU %u: %s", room, cpus.cpus[i], strerror(-ret));
	}
	return ret;
}

static int add_targets(void)
{
	int ret = 0;

	for (__u32 i = 0; i < n_targets && !ret; i++) {
		struct bpf_devmap_val value = { .ifindex = targets[i].index };

		if (egress_word) {
			value.bpf_prog.fd = bpf_program__fd(skel->progs.on_egress);
			ret = bpf_map_update_elem(bpf_map__fd(skel->maps.macs), &targets[i].index, &targets[i].mac, BPF_ANY);
		}
		ret = ret ?: bpf_map_update_elem(bpf_map__fd(skel->maps.devices), &i, &value, BPF_ANY);
		if (ret)
			err("--to: interface %u: %s", targets[i].index, strerror(-ret));
	}
	return ret;
}

/* Who counts what becomes of packets is attached already, and knows whose events are meant before the first packet comes. */
static int attach(struct run *run)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	int ret = 0;

	skel->bss->own = (struct xdpbench_own){
		.programs = { id_of(skel->progs.on_xdp), id_of(skel->progs.on_remote), id_of(skel->progs.on_egress) },
		.index = hook_index(0),
		.netns = hook_netns(),
	};
	if (operation == XDPBENCH_CPU) {
		ret = bpf_obj_get_info_by_fd(bpf_map__fd(skel->maps.queues), &info, &size);
		skel->bss->own.queues = info.id;
		ret = ret ?: add_queues();
	}
	if (!ret && bpf_map__autocreate(skel->maps.devices))
		ret = add_targets();
	return ret ?: hook_attach(run);
}

/* What the program itself counts, without hashing, becomes rows beside those of the tracepoints. */
static int gather(struct run *run)
{
	const struct xdpbench_bpf__rodata *rodata = run->rodata;
	int n = libbpf_num_possible_cpus(), ret = 0;
	static __u64 told;
	__u64 missing = 0;
	struct xdpbench_count *values = n > 0 ? calloc(n, sizeof(*values)) : NULL;
	struct xdp_event_row row = { .key = { .index = skel->bss->own.index, .netns = skel->bss->own.netns } };

	if (!values)
		return -ENOMEM;
	for (__u32 queue = 0; queue < queues + !!egress_word && !ret; queue++) {
		bool leaves = queue == queues;

		ret = bpf_map_lookup_elem(bpf_map__fd(skel->maps.received), &queue, values);
		row.value = (struct xdp_event_value){};
		hook_label(0, row.value.name, sizeof(row.value.name));
		row.key.event = leaves ? XDP_EVENT_EGRESS : XDP_EVENT_RECEIVE;
		row.key.prog = skel->bss->own.programs[leaves ? 2 : 0];
		row.key.to = rodata->by_queue && !leaves ? queue + 1 : 0;
		for (int cpu = 0; cpu < n && !ret; cpu++) {
			row.value.packets += values[cpu].packets;
			row.value.drops += operation == XDPBENCH_DROP ? values[cpu].packets : values[cpu].drops;
			row.value.events = row.value.packets;
			row.key.cpu = rodata->by_cpu ? cpu : 0;
			if (!rodata->by_cpu && cpu < n - 1)
				continue;
			if (row.value.packets || !rodata->by_cpu)
				ret = bpf_map_update_elem(bpf_map__fd(skel->maps.counts), &row.key, &row.value, BPF_ANY);
			if (ret == -E2BIG) {	/* --max-entries */
				missing++;
				ret = 0;
			}
			row.value.packets = row.value.drops = 0;
		}
	}
	free(values);
	if (missing > told) {	/* each row once, not at each reading */
		run->lost[LOSS_MAP] += missing - told;
		told = missing;
	}
	return ret;
}

/* What never comes is told of packets themselves only. */
static bool is_live(struct run *run, void *row)
{
	const struct xdp_event_row *r = row;

	return r->value.events || r->key.event == XDP_EVENT_RECEIVE;
}

/* Each second every queue is made anew, while packets pass. */
static int tick(struct run *run)
{
	static __u64 next;
	int ret = 0;

	if (stress && look_now() >= next) {
		if (next)
			ret = add_queues();
		next = look_now() + (run->interval ?: SEC_);
	}
	return ret ?: hook_tick(run);
}

static const struct opt opts[] = {
	OPT_HOOK_INTERFACE, OPT_HOOK_MODE,
	{ .letter = 't', .name = "to", .arg = "NAMES", .value = V_CHARS, .here = &targets_word, .complete = "interface",
	  .help = "redirect…: the interface that packets are sent to; redirect-multi: all of them, with commas" },
	{ .name = "access", .arg = "WHAT", .value = V_CHARS, .here = &access_word, .complete = ACCESS,
	  .help = "what is done to a packet before: none, read, parse-ip or swap-macs (none; tx: swap-macs)" },
	OPT(0, "load-bytes", NULL, xdpbench, load_bytes, "by the helpers for packets in pieces, not by pointers"),
	OPT('Q', "rx-queues", NULL, xdpbench, by_queue, "each receive queue apart"),
	OPT_XDP_EVENT(xdpbench),
	{ .letter = 's', .name = "success", .value = V_BOOL, .here = &success,
	  .help = "also each packet that is redirected, not only those that fail and what is sent in bulk" },
	{ .name = "egress", .arg = "WHAT", .value = V_CHARS, .here = &egress_word, .complete = "forward drop",
	  .help = "redirect-map and -multi: another program where packets leave: forward (with that interface's address) or drop" },
	{ .name = "cpus", .arg = "CPUS", .value = V_CHARS, .here = &cpus_word, .help = "redirect-cpu: to these: 1-3,8; all unless told" },
	{ .name = "queue", .arg = "N", .value = V_U32, .min = 1, .max = 16384, .here = &room,
	  .help = "redirect-cpu: packets that a CPU's queue has room for (2,048)" },
	{ .name = "by", .arg = "WHAT", .value = V_CHARS, .here = &by_word, .complete = BY,
	  .help = "redirect-cpu: which of them: first, round-robin, proto, filter, hash (of addresses), sport or dport (hash)" },
	{ .name = "remote", .arg = "WHAT", .value = V_CHARS, .here = &remote_word, .complete = "drop pass redirect",
	  .help = "redirect-cpu: another program on the CPU that took it: drop, pass or redirect (to --to)" },
	{ .name = "stress", .value = V_BOOL, .here = &stress, .help = "redirect-cpu: make the queues anew at each interval" },
	{}
};

static const struct column columns[] = {
	COLS_XDP_EVENT,
	COLS_XDP_RATES(),
	COLS_XDP_REMOTE,
	{}
};

static const struct example examples[] = {
	{ "drop -I eth0 -i 1", "how many packets XDP can drop there, every second" },
	{ "tx -I eth0 -Q -C -i 1", "sent back, by receive queue and CPU" },
	{ "redirect-map -I eth0 --to eth1 -d 10 -j", "from one interface to another by a devmap, ten seconds, as JSON" },
	{ "redirect-cpu -I eth0 --cpus 2-5 --remote drop", "through cpumaps to four CPUs, and dropped there" },
	{ "pass -I eth0 -m generic --access parse-ip --load-bytes", "what reading IP's header by helpers costs, without the driver's help" },
	{}
};

TOOL(xdpbench,
	.summary  = "how many packets XDP can drop, pass, send back or redirect",
	.about    = "Attaches a program to an interface that does one thing to each packet: drop it, pass it to the stack, send it "
		    "back (tx), redirect it to another interface (redirect: by its number; redirect-map: by a devmap), to several at a "
		    "time (redirect-multi), or to other CPUs (redirect-cpu), and counts: 'receive' is what it was called for, 'egress' "
		    "what the program of --egress was, the other rows are the kernel's tracepoints of what became of it. Packets are to "
		    "come from elsewhere: pktgen sends some. redirect-cpu chooses by hash of both addresses unless told: 'first' takes "
		    "the first CPU, 'proto' the second for UDP, the third for ICMP, the first for all else, 'filter' the same but drops "
		    "UDP to port 9, sport and dport divide the port by how many CPUs there are and take the remainder.",
	.cost     = "A counter of the CPU's own for each packet; tracepoints of bulks of up to 16, with -s of each that is redirected.",
	.caveats  = "It acts on what comes: drop, tx and redirect take an interface away from the machine for as long as it runs. "
		    "AF_XDP is not measured. XDP_DROP, XDP_PASS and, in most drivers, XDP_TX have no tracepoint. In generic mode there "
		    "is none for what is sent. A veth's other end takes packets only if it has an XDP program, or GRO. Kernels before "
		    "5.14 count as drops of cpumap_kthread also what the network stack dropped, and tell only in 'egress' what "
		    "--egress drop drops. Packets in a queue when it ends, or with --stress, are dropped with it.",
	.optional = "bulk_tx", .packets = true, .first = hook_first, .args = "OPERATION", .trial = "--interface=lo\t--mode=generic\tpass",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach, .tick = tick,
	.table    = ROWS("counts", struct xdp_event_row, "packets", .adds = 7 * sizeof(__u64), .gather = gather, .row = is_live,
			 .screen = true, .idle = true));
