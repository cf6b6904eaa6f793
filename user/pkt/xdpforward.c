// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "lib/hook.h"
#include "pkt/xdpforward.h"
#include "pkt/xdpforward.skel.h"

struct row {
	__u32 index, pad;
	struct xdpforward_count value;
};

static const char *fib;

static const char *const reasons[XDPFORWARD_FATES] = {
	[XDPFORWARD_BLACKHOLE] = "blackhole", [XDPFORWARD_UNREACHABLE] = "unreachable", [XDPFORWARD_PROHIBIT] = "prohibit",
	[XDPFORWARD_NOT_FWDED] = "not_fwded", [XDPFORWARD_FWD_DISABLED] = "fwd_disabled", [XDPFORWARD_UNSUPP_LWT] = "unsupp_lwt",
	[XDPFORWARD_NO_NEIGH] = "no_neigh", [XDPFORWARD_FRAG_NEEDED] = "frag_needed", [XDPFORWARD_NO_SRC_ADDR] = "no_src_addr",
	[XDPFORWARD_FAILED] = "failed", [XDPFORWARD_ELSEWHERE] = "elsewhere", [XDPFORWARD_TTL] = "ttl",
	[XDPFORWARD_NOT_OURS] = "not_ours", [XDPFORWARD_VLAN] = "vlan", [XDPFORWARD_OPTIONS] = "options",
	[XDPFORWARD_SCOPE] = "scope", [XDPFORWARD_PIECES] = "pieces", [XDPFORWARD_MALFORMED] = "malformed", [XDPFORWARD_NOT_IP] = "not_ip",
};

static int setup(struct run *run)
{
	struct xdpforward_bpf__rodata *rodata = run->rodata;
	int ret = hook_setup(run);

	if (ret)
		return ret;
	if (fib && strcmp(fib, "full") && strcmp(fib, "direct")) {
		err("--fib: '%s' is neither full nor direct", fib);
		return -EINVAL;
	}
	if (hook.no_ether) {
		err("--interface: packets of these have no header of Ethernet: there is nothing to forward by");
		return -EINVAL;
	}
	if (hook.mode && *hook.mode == 'o') {
		err("--mode: no device looks up the kernel's routes: native or generic");
		return -EOPNOTSUPP;
	}
	rodata->direct_lookup = fib && *fib == 'd';
	rodata->own_netns = hook_netns();
	return 0;
}

static int add_port(struct xdpforward_bpf *skel, int at)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret = 0;
	struct xdpforward_port port = { .at = at };
	__u32 index = hook_index(at);
	struct ifreq request = {};

	hook_label(at, request.ifr_name, sizeof(request.ifr_name));
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request))
		ret = -errno;
	memcpy(port.mac, request.ifr_hwaddr.sa_data, sizeof(port.mac));
	ret = ret ?: bpf_map_update_elem(bpf_map__fd(skel->maps.ports), &index, &port, BPF_ANY);
	ret = ret ?: bpf_map_update_elem(bpf_map__fd(skel->maps.devices), &index, &index, BPF_ANY);
	if (ret)
		err("%s: %s", request.ifr_name, strerror(-ret));
	if (fd >= 0)
		close(fd);
	return ret;
}

/* All of them are known before packets come at the first. */
static int attach(struct run *run)
{
	int ret = 0;

	for (int at = 0; hook_index(at) && !ret; at++)
		ret = add_port((struct xdpforward_bpf *)run->skel, at);
	return ret ?: hook_attach(run);
}

static void show_interface(struct out *out, const struct column *c, const void *row)
{
	char name[IF_NAMESIZE];

	hook_label(((const struct row *)row)->index / XDPFORWARD_FATES, name, sizeof(name));
	out_bytes(out, name, strlen(name));
}

static void show_fate(struct out *out, const struct column *c, const void *row)
{
	__u32 fate = ((const struct row *)row)->index % XDPFORWARD_FATES;

	out_str(out, fate == XDPFORWARD_FORWARDED ? "forwarded" : fate == XDPFORWARD_LOST ? "lost" : "stack");
}

static void show_reason(struct out *out, const struct column *c, const void *row)
{
	const char *reason = reasons[((const struct row *)row)->index % XDPFORWARD_FATES];

	if (reason)
		out_str(out, reason);
	else
		out_nothing(out);
}

static const struct opt opts[] = {
	OPT_HOOK_INTERFACE, OPT_HOOK_MODE,
	{ .name = "fib", .arg = "HOW", .value = V_CHARS, .here = &fib, .complete = "full direct",
	  .help = "routes are looked up by the rules too (full, the default), or in the main table alone (direct)" },
	OPT_HOOK_PIN,
	{}
};

static const struct column columns[] = {
	COL_OWN("interface", show_interface, -15, "where packets came in"),
	COL_OWN("fate", show_fate, -9, "forwarded; stack: left to the kernel; lost: of those forwarded, not taken where they were to leave"),
	COL_OWN("reason", show_reason, -12, "why they were left to it, see below"),
	COL("packets", struct row, value.packets, 12, "how many"),
	COL("bytes", struct row, value.bytes, 14, "of them, with Ethernet's header"),
	COL_OWN("packets_s", out_rate, 10, "packets in a second", .bare_json = true, .offset = offsetof(struct row, value.packets)),
	{}
};

static const struct example examples[] = {
	{ "-I eth0,eth1", "forward between two interfaces, and show how much, every second, until ^C" },
	{ "-I eth0,eth1,eth2 --pin", "between three, until 'xdpforward --detach'" },
	{ "-I eth0,eth1 --fib direct -i 10 -j", "past the rules of routing, with counts every ten seconds, as JSON" },
	{}
};

TOOL(xdpforward,
	.summary  = "forward packets between interfaces in XDP, by the kernel's routes",
	.about    = "A router's fast path: each packet of IPv4 or IPv6 is looked up in the kernel's own routes and neighbours, gets one "
		    "hop less and new addresses of Ethernet, and leaves by a devmap. All that this can't do goes to the stack, which "
		    "does what it always did, and is counted by reason: not_fwded (for this host, or to many), no_neigh (the "
		    "neighbour's address isn't known yet: the stack asks), frag_needed (longer than the MTU), ttl, blackhole, "
		    "unreachable, prohibit, fwd_disabled (forwarding is off: sysctl net.ipv4.ip_forward), unsupp_lwt (a tunnel by "
		    "route), no_src_addr, elsewhere (out by an interface that isn't named), not_ours (to another Ethernet address than "
		    "the interface's), vlan, options (of IPv4; hop by hop of IPv6), scope (addresses that don't leave a host or a "
		    "link, or mean many), pieces (a large MTU's, before 6.3), malformed (also by IPv4's checksum), not_ip, failed.",
	.cost     = "For each packet two hash maps, a counter of the CPU's own, and one look-up of routes and of the neighbour.",
	.caveats  = "It acts: netfilter, tc, reverse path filters and the kernel's own counters see nothing of what is forwarded. A "
		    "neighbour is not confirmed by it. The interface's address is the one that it has at start. A veth's other end takes "
		    "packets only if it has an XDP program, or GRO; from one they come without checksums: ethtool -K NAME tx off at the "
		    "sender. In generic mode what the other interface drops isn't told. Pinned, what is lost isn't counted. It doesn't "
		    "forward by flows of netfilter, as xdp-forward's flowtable mode does.",
	.packets  = true, .first = hook_first, .trial = "--interface=lo\t--mode=generic",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach, .tick = hook_tick,
	.table    = ROWS("counters", struct row, "packets", .screen = true));
