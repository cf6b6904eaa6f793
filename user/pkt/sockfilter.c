// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <linux/capability.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include "lib/hook.h"
#include "lib/sock_user.h"
#include "pkt/sockfilter.h"
#include "pkt/sockfilter.skel.h"

#define ROW struct sockfilter_row

static const char *interface;
static bool promiscuous;
static __u32 index_of;

static int setup(struct run *run)
{
	index_of = interface ? if_nametoindex(interface) : 0;
	if (interface && !index_of) {
		err("--interface: there is no %s in this network namespace: corekit xdpls shows what there is", interface);
		return -EINVAL;
	}
	if (promiscuous && !interface) {
		err("--promiscuous: of which --interface?");
		return -EINVAL;
	}
	return 0;
}

static int attach(struct run *run)
{
	struct sockfilter_bpf *skel = (void *)run->skel;
	struct packet_mreq all = { .mr_ifindex = index_of, .mr_type = PACKET_MR_PROMISC };
	int fd = hook_tap(skel->progs.on_packet, index_of), ret;

	if (fd < 0 || !promiscuous || !setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)))
		return fd < 0 ? fd : 0;
	ret = -errno;
	err("--promiscuous: %s: %s", interface, strerror(errno));
	return ret;
}

static void show_interface(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;
	char name[IF_NAMESIZE];

	if (if_indextoname(r->key.index, name))
		out_bytes(out, name, strlen(name));
	else
		out_u64(out, r->key.index);	/* it has gone */
}

static void show_dir(struct out *out, const struct column *c, const void *row)
{
	out_str(out, ((const ROW *)row)->key.outgoing ? "out" : "in");
}

static void show_network(struct out *out, const struct column *c, const void *row)
{
	static const struct {
		__u16 type;
		const char *name;
	} names[] = {
		{ ETH_P_IP, "IPv4" }, { ETH_P_IPV6, "IPv6" }, { ETH_P_ARP, "ARP" }, { ETH_P_802_2, "802.2" }, { ETH_P_8021Q, "VLAN" },
		{ ETH_P_8021AD, "VLAN" }, { ETH_P_LLDP, "LLDP" }, { ETH_P_MPLS_UC, "MPLS" }, { ETH_P_MPLS_MC, "MPLS" },
		{ ETH_P_PPP_DISC, "PPPoE" }, { ETH_P_PPP_SES, "PPPoE" }, { ETH_P_PAE, "EAPOL" },
	};
	__u16 type = ((const ROW *)row)->key.ether_type;

	for (unsigned int i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].type == type) {
			out_str(out, names[i].name);
			return;
		}
	out_printf(out, "0x%04x", type);
}

static void show_protocol(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	if (r->key.has_protocol)
		sock_protocol(out, r->key.protocol);
	else
		out_nothing(out);
}

static void show_vlan(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	if (r->key.vlan)
		out_u64(out, r->key.vlan - 1);
	else
		out_nothing(out);
}

static const struct opt opts[] = {
	{ .letter = 'I', .name = "interface", .arg = "NAME", .value = V_CHARS, .here = &interface, .complete = "interface",
	  .help = "only this interface; otherwise all of this network namespace" },
	OPT(0, "vlan", NULL, sockfilter, by_vlan, "for each VLAN apart", .shows = "vlan"),
	{ .name = "promiscuous", .value = V_BOOL, .here = &promiscuous, .help = "also what is sent to others, as far as the interface gets it" },
	{}
};

static const struct column columns[] = {
	COL_OWN("interface", show_interface, -15, "network interface"),
	COL_OWN("dir", show_dir, -3, "in or out"),
	COL_OWN("vlan", show_vlan, 4, "number of the VLAN, the outer one", HIDDEN, .bare_json = true),
	COL_OWN("network", show_network, -7, "what the frame has in it, behind tags of VLANs: its name, or Ethernet's number"),
	COL_OWN("protocol", show_protocol, -10, "what IP has in it, behind extension headers: its name or number"),
	COL("packets", ROW, value.packets, 10, "how many packets"),
	COL("bytes", ROW, value.bytes, 14, "their length, with the header of the link"),
	COL("fragments", ROW, value.fragments, 9, "of them, pieces of one"),
	COL("malformed", ROW, value.malformed, 9, "of them, those that end within a header", HIDDEN),
	{}
};

static const struct example examples[] = {
	{ "1", "which protocols go over the interfaces of this network namespace, every second" },
	{ "-I eth0 --vlan -d 10", "over one of them in ten seconds, by VLAN" },
	{ "-j 5 -o +malformed", "as JSON lines, with how many packets are cut off" },
	{}
};

TOOL(sockfilter,
	.summary  = "count packets by protocol, with a filter on a packet socket",
	.about    = "A socket that gets all that goes in and out of an interface, as tcpdump has it, with a program as its filter "
		    "that looks at the headers, counts, and keeps nothing: the oldest of BPF's hooks. IPv4 and IPv6 with extension "
		    "headers, behind up to three tags of VLANs.",
	.cost     = "The kernel makes a reference to each packet for the socket; the program then reads its headers and adds to a "
		    "counter of its CPU.",
	.caveats  = "Packets that XDP or tc drop on their way in are not seen, those that netfilter drops are. What comes back over lo "
		    "is seen twice, going out and coming in. Of IPv6 a later fragment tells only the header that its first one begins with.",
	.caps     = 1ULL << CAP_NET_RAW, .packets = true,
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach,
	.table    = ROWS("protocols", ROW, "packets", .screen = true));
