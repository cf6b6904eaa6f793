// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/btf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "lib/hook.h"
#include "lib/lib.h"
#include "lib/netdev.h"
#include "lib/pcapng.h"
#include "lib/prog.h"
#include "lib/sock_user.h"
#include "pkt/xdpdump.h"
#include "pkt/xdpdump.skel.h"

#define EVENT struct xdpdump_event

static const char *interface, *mode, *places, *wanted, *path;
static int index_of;
static struct prog target = { .fd = -1 };	/* the program that is traced */
static bool at[XDPDUMP_PLACES];
static FILE *file;				/* NULL: rows, or --write - */
static __u64 started, since_1970, delivered[XDPDUMP_PLACES];

/* --- Where packets are seen. --- */

static __u32 attached(void)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	if (bpf_xdp_query(index_of, 0, &query))
		return 0;
	return query.drv_prog_id ?: query.skb_prog_id ?: query.prog_id;
}

/* Asked by doing it; NULL: it can be traced. */
static const char *why_untraceable(void)
{
	struct bpf_insn insns[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT } };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY, .attach_prog_fd = target.fd);
	struct btf *btf = target.info.btf_id ? btf__load_from_kernel_by_id(target.info.btf_id) : NULL;
	int id = btf ? btf__find_by_name_kind(btf, target.name, BTF_KIND_FUNC) : -1, fd, link;
	const char *why = NULL;

	btf__free(btf);
	if (id < 0)
		return "it was loaded without BTF";
	opts.attach_btf_id = id;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "trial", "GPL", insns, 2, &opts);
	link = fd < 0 ? -errno : bpf_raw_tracepoint_open(NULL, fd);
	if (link < 0)
		why = link == -524 /* ENOTSUPP */ ? "this kernel has no BPF trampolines" : strerror(-link);
	if (link >= 0)
		close(link);
	if (fd >= 0)
		close(fd);
	return why;
}

static int refuse_taken(const char *why)
{
	char who[400];

	hook_holder(target.info.id, who, sizeof(who));
	err("%s: XDP is taken: %s: it can't be traced: %s: end it first, or 'ip link set dev %s xdp off'", interface, who, why, interface);
	return -EOPNOTSUPP;
}

static int find_target(void)
{
	__u32 id = attached();
	const char *why;
	int ret;

	if (target.fd >= 0 || (!wanted && !id))
		return 0;
	ret = wanted ? prog_find(&target, wanted) : prog_open(&target, id);
	if (ret) {
		if (!wanted)
			err("%s: its program %u can't be looked at: %s", interface, id, strerror(-ret));
		return ret;
	}
	if (target.info.type != BPF_PROG_TYPE_XDP && target.info.type != BPF_PROG_TYPE_EXT) {
		err("--program: '%s' is no XDP program but %s", wanted, target.type);
		return -EINVAL;
	}
	why = why_untraceable();
	return why ? refuse_taken(why) : 0;
}

static int parse_places(void)
{
	char *list = strdupa(places ?: ""), *save = NULL;

	at[XDPDUMP_ENTRY] = !places;
	at[XDPDUMP_EXIT] = !places && target.fd >= 0;
	for (char *word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		if (strcmp(word, "entry") && strcmp(word, "exit")) {
			err("--at: '%s' is neither entry nor exit", word);
			return -EINVAL;
		}
		at[strcmp(word, "entry") ? XDPDUMP_EXIT : XDPDUMP_ENTRY] = true;
	}
	if (!at[XDPDUMP_ENTRY] && !at[XDPDUMP_EXIT]) {
		err("--at: entry, exit or entry,exit");
		return -EINVAL;
	}
	if (at[XDPDUMP_EXIT] && target.fd < 0) {
		err("--at: no XDP program is attached to %s, so there is no exit of one: --at entry", interface);
		return -EOPNOTSUPP;
	}
	return 0;
}

static int usage(struct run *run)
{
	struct netdev_about dev = {};

	if (!interface) {
		err("on which interface? --interface eth0; 'ip link' lists them");
		return -EINVAL;
	}
	index_of = if_nametoindex(interface);
	if (!index_of) {
		err("--interface: there is no '%s' in this network namespace: 'ip link' lists them", interface);
		return -EINVAL;
	}
	netdev_about(interface, &dev);
	if (dev.type != ARPHRD_ETHER && dev.type != ARPHRD_LOOPBACK) {
		err("%s: its packets don't begin with Ethernet's header: pktpath -I %s", interface, interface);
		return -EOPNOTSUPP;
	}
	if (mode && strcmp(mode, "native") && strcmp(mode, "generic")) {
		err("--mode: '%s' is neither native nor generic", mode);
		return -EINVAL;
	}
	if (path && run->format != OUT_TEXT) {
		err("--write: packets go to the file, not to rows: leave --json or --format out");
		return -EINVAL;
	}
	return 0;
}

static struct bpf_program *program(struct run *run, const char *name)
{
	return bpf_object__find_program_by_name(run->skel->obj, name);
}

static int trace(struct run *run, const char *name, bool on)
{
	struct bpf_program *p = program(run, name);

	return on ? bpf_program__set_autoload(p, true) ?: bpf_program__set_attach_target(p, target.fd, target.name) : 0;
}

static int setup(struct run *run)
{
	struct xdpdump_bpf__rodata *rodata = run->rodata;
	struct stat st;
	int ret = usage(run) ?: find_target() ?: parse_places();

	if (ret)
		return ret;
	/* packets in several pieces: since 5.18 */
	hook.frags = libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_xdp_get_buff_len, NULL) == 1;
	run->common->frags = hook.frags;
	rodata->own_index = index_of;
	rodata->own_netns = stat("/proc/self/ns/net", &st) ? 0 : st.st_ino;
	rodata->headers = !path;
	rodata->bytes |= !!path;
	rodata->both = at[XDPDUMP_ENTRY] && at[XDPDUMP_EXIT];
	if (target.fd >= 0)
		return trace(run, "on_entry", at[XDPDUMP_ENTRY]) ?: trace(run, "on_exit", at[XDPDUMP_EXIT]);
	bpf_program__set_autoload(program(run, "on_xdp"), true);
	return hook.frags ? bpf_program__set_flags(program(run, "on_xdp"), BPF_F_XDP_HAS_FRAGS) : 0;
}

/* By its own program: where the driver takes none, and no mode was asked for, generic. */
static int attach_own(struct bpf_program *p)
{
	LIBBPF_OPTS(bpf_link_create_opts, native, .flags = XDP_FLAGS_DRV_MODE);
	const char *how = mode ?: "native";
	int link = mode ? hook_xdp(p, index_of, mode) : bpf_link_create(bpf_program__fd(p), index_of, BPF_XDP, &native);

	if (!mode && link >= 0) {
		link = attach_keep_fd(link) ?: link;
	} else if (!mode) {
		how = link == -EOPNOTSUPP || link == -EINVAL ? "generic" : how;
		link = hook_xdp(p, index_of, how);	/* it says why not */
	}
	if (link >= 0)
		note("%s: no XDP program is attached there: packets are seen by one of its own, %s", interface, how);
	return link < 0 ? link : 0;
}

static int attach_traced(struct run *run)
{
	static const char *const names[] = { "on_entry", "on_exit" };
	int ret = 0;

	for (int i = XDPDUMP_PLACES; i-- && !ret;)	/* who is seen at entry is seen at exit */
		if (at[i])
			ret = attach_keep(bpf_program__attach_trace(program(run, names[i])));
	return ret;
}

/* --- The file. --- */

static __u64 now_of(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * SEC_ + ts.tv_nsec;
}

/* Between the clocks of packets and of files: kept until that is set, so that times stay in order. */
static void look_at_clocks(void)
{
	__u64 most = 0, now;

	for (int i = 0; i < 3; i++) {	/* whoever is interrupted between the two reads too little */
		now = now_of(CLOCK_REALTIME);
		now -= now_of(CLOCK_BOOTTIME);
		most = now > most ? now : most;
	}
	if (most > since_1970 + MSEC || most + MSEC < since_1970)
		since_1970 = most;
}

static void write_block(struct run *run, struct iovec block)
{
	if (file)
		fwrite(block.iov_base, block.iov_len, 1, file);
	else
		out_raw(out_open(run), block.iov_base, block.iov_len);
}

/* Of the places that are watched, the first is interface 0. */
static __u32 interface_of(__u32 place)
{
	return place && at[XDPDUMP_ENTRY];
}

static int flush(void)
{
	if (!file || (!fflush(file) && !ferror(file)))
		return 0;
	err("--write: '%s': %s", path, strerror(errno));
	return -EIO;
}

static int open_file(struct run *run)
{
	static const char *const words[] = { "entry", "exit" };
	const struct xdpdump_bpf__rodata *rodata = run->rodata;
	char text[200];

	if (!strcmp(path, "-") && isatty(STDOUT_FILENO)) {
		err("--write: a terminal can't show it: name a file, or pipe it to tcpdump -r -");
		return -EINVAL;
	}
	if (strcmp(path, "-") && !(file = fopen(path, "we"))) {
		err("--write: '%s': %s", path, strerror(errno));
		return -EINVAL;
	}
	run->quiet = true;	/* no heading */
	started = now_of(CLOCK_REALTIME);
	look_at_clocks();
	write_block(run, pcapng_section("corekit xdpdump " VERSION));
	for (int i = 0; i < XDPDUMP_PLACES; i++) {
		if (target.fd >= 0)
			snprintf(text, sizeof(text), "%s of XDP program %u %s", words[i], target.info.id, target.name);
		else
			snprintf(text, sizeof(text), "entry, by a program of xdpdump's own");
		if (at[i])
			write_block(run, pcapng_interface(interface, text, rodata->snap));
	}
	return flush();
}

static int attach(struct run *run)
{
	int ret = target.fd >= 0 ? attach_traced(run) : attach_own(program(run, "on_xdp"));

	return ret ?: path && !run->explain ? open_file(run) : 0;
}

static bool event(struct run *run, void *data, size_t size)
{
	const EVENT *e = data;
	struct pcapng_packet p = {
		.interface = interface_of(e->at), .bytes = e->bytes, .captured = e->captured, .length = e->length,
		.packet = e->packet, .queue = e->queue, .verdict = e->verdict, .has_verdict = e->at == XDPDUMP_EXIT,
	};

	if (!path)
		return true;
	p.time = e->origin.time + since_1970;
	write_block(run, pcapng_packet(&p));
	delivered[e->at]++;
	run->shown++;
	return false;
}

/* An interface may go, and its program be replaced: then there is nothing more to see. */
static int tick(struct run *run)
{
	static __u64 next;
	char name[IF_NAMESIZE];

	if (look_now() >= next) {
		next = look_now() + SEC_ / 2;
		look_at_clocks();
		if (!if_indextoname(index_of, name)) {
			err("%s: the interface has gone", interface);
			return -ENODEV;
		}
		if (target.fd >= 0 && !wanted && attached() != target.info.id) {
			err("%s: program %u '%s' is no longer attached", interface, target.info.id, target.name);
			return -ENODEV;
		}
	}
	return flush();
}

static int end(struct run *run)
{
	int fd = bpf_object__find_map_fd_by_name(run->skel->obj, "counts"), n = libbpf_num_possible_cpus();
	struct xdpdump_counts *counts = n > 0 ? calloc(n, sizeof(*counts)) : NULL;

	for (__u32 place = 0; path && counts && place < XDPDUMP_PLACES; place++) {
		struct pcapng_counts c = { .start = started, .end = now_of(CLOCK_REALTIME), .delivered = delivered[place] };

		if (!at[place] || bpf_map_lookup_elem(fd, &place, counts))
			continue;
		for (int cpu = 0; cpu < n; cpu++) {
			c.received += counts[cpu].seen;
			c.accepted += counts[cpu].wanted;
			c.dropped += counts[cpu].lost;
		}
		write_block(run, pcapng_statistics(interface_of(place), &c));
	}
	free(counts);
	return flush();
}

/* --- Rows. --- */

static void show_at(struct out *out, const struct column *c, const void *row)
{
	out_str(out, ((const EVENT *)row)->at == XDPDUMP_EXIT ? "exit" : "entry");
}

static void show_verdict(struct out *out, const struct column *c, const void *row)
{
	static const char *const verdicts[] = { "XDP_ABORTED", "XDP_DROP", "XDP_PASS", "XDP_TX", "XDP_REDIRECT" };
	const EVENT *e = row;

	if (e->at != XDPDUMP_EXIT)
		out_nothing(out);
	else if (e->verdict < sizeof(verdicts) / sizeof(*verdicts))
		out_str(out, verdicts[e->verdict]);
	else
		out_u64(out, e->verdict);
}

static void show_address(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->flow.family)
		sock_addr(out, e->flow.family, (const __u32 *)((const char *)row + c->offset));
	else
		out_nothing(out);
}

static void show_protocol(struct out *out, const struct column *c, const void *row)
{
	if (((const EVENT *)row)->flow.family)
		sock_protocol(out, ((const EVENT *)row)->protocol);
	else
		out_nothing(out);
}

static void show_bytes(struct out *out, const struct column *c, const void *row)
{
	static const char hex[] = "0123456789abcdef";
	const EVENT *e = row;

	for (__u32 i = 0; i < e->captured; i++)
		out_raw(out, (char[]){ hex[e->bytes[i] >> 4], hex[e->bytes[i] & 15] }, 2);
}

static const struct opt opts[] = {
	{ .letter = 'I', .name = "interface", .arg = "NAME", .value = V_CHARS, .here = &interface, .complete = "interface",
	  .help = "network interface whose packets are wanted" },
	{ .name = "at", .arg = "PLACES", .value = V_CHARS, .here = &places, .complete = "entry exit entry,exit",
	  .help = "entry or exit of the XDP program there, or entry,exit, which is the default" },
	{ .name = "program", .arg = "PROGRAM", .value = V_CHARS, .here = &wanted,
	  .help = "another XDP program that packets of this interface pass, as one that a dispatcher calls: its id or name" },
	{ .letter = 'm', .name = "mode", .arg = "MODE", .value = V_CHARS, .here = &mode, .complete = "native generic",
	  .help = "where it needs a program of its own: native, in the driver, or generic; native if the driver can, unless told" },
	{ .letter = 'w', .name = "write", .arg = "FILE", .value = V_CHARS, .here = &path, .complete = "file",
	  .help = "write packets to this file as pcapng; -: to the standard output" },
	OPT('s', "snaplen", "BYTES", xdpdump, snap, "keep at most so many bytes of a packet", .min = 1, .max = XDPDUMP_MOST),
	OPT_SHOW('x', "hex", "bytes", "also the bytes, in hexadecimal"),
	OPT_PACKET(xdpdump),
	{}
};

static const struct column columns[] = {
	COL_AS(L_TIME, "time", EVENT, origin.time, -12, "when it was there", HIDDEN),
	COL("cpu", EVENT, origin.cpu, 3, "processor", HIDDEN),
	COL("queue", EVENT, queue, 5, "receive queue of the interface", HIDDEN),
	COL_AS(L_HEX, "packet", EVENT, packet, 14, "the same number for a packet at entry and exit", HIDDEN),
	COL_OWN("at", show_at, -5, "entry or exit of the program"),
	COL_OWN("verdict", show_verdict, -12, "at exit, what the program decided"),
	COL_AS(L_HEX, "type", EVENT, ether_type, 6, "type of what is in Ethernet, behind tags", HIDDEN),
	COL("vlan", EVENT, vlan, 4, "the outer tag", HIDDEN, BLANK),
	COL_OWN("proto", show_protocol, -7, "what is in IP"),
	COL_OWN("src", show_address, -15, "address that it comes from", .offset = offsetof(EVENT, flow.laddr)),
	COL("sport", EVENT, flow.lport, 5, "its port", BLANK),
	COL_OWN("dst", show_address, -15, "address that it goes to", .offset = offsetof(EVENT, flow.raddr)),
	COL("dport", EVENT, flow.rport, 5, "its port", BLANK),
	COL("length", EVENT, length, 6, "of the packet, from Ethernet's header on"),
	COL("captured", EVENT, captured, 8, "of it, what is kept", HIDDEN),
	COL_OWN("bytes", show_bytes, 0, "these, in hexadecimal", HIDDEN, NEEDS(xdpdump, bytes)),
	{}
};

static const struct example examples[] = {
	{ "-I eth0", "what comes in, before and after the XDP program there" },
	{ "-I eth0 -w packets.pcapng -d 60", "a minute of it, for Wireshark or tcpdump" },
	{ "-I eth0 --at exit --proto udp --dport 53 -w - | tcpdump -n -r -", "what becomes of queries, as tcpdump shows them" },
	{ "-I eth0 --src 192.0.2.0/24 -s 64 -x -N 10", "the first 64 bytes of ten packets from a network" },
	{}
};

TOOL(xdpdump,
	.summary  = "packets at entry and exit of XDP programs, as rows or pcapng",
	.about    = "Shows or writes the packets that come in at an interface, at entry of the XDP program that is attached there, and at "
		    "its exit with its verdict: also those that it drops, sends on or changes, which tcpdump doesn't see or sees "
		    "changed. Filters look at the packet as it is there. If no program is attached, it attaches one of its "
		    "own that lets all pass, and says so. The file has an interface for each place; verdict, queue and a number that "
		    "entry and exit share are with each packet, and what was seen, wanted and dropped for want of room at the end.",
	.cost     = "For each packet an empty program's call; its headers are read for rows and filters, and of those that are wanted the "
		    "bytes are copied once.",
	.caveats  = "A program that was loaded without BTF can't be traced. Of a packet in several pieces (with a large MTU) a traced "
		    "program has only the first one, a program of its own all. It doesn't put interfaces into promiscuous mode. "
		    "Attaching a program of its own may stop an interface for a moment, as its driver sets up its queues anew.",
	.packets  = true, .trial = "--interface=lo\t--mode=generic", .caps = 1ULL << 21 /* SYS_ADMIN */, .examples = examples, .opts = opts,
	.columns  = columns, .setup = setup, .attach = attach, .event = event, .tick = tick, .end = end);
