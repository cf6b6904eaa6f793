// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "frame.h"

#define ETHER 255, 255, 255, 255, 255, 255, 2, 2, 2, 2, 2, 2
/* A header of IPv4 that says `fragment` (flags and offset, in units of 8), of that protocol. */
#define IP4(fragment, protocol) \
	0x45, 0, 0, 60, 0, 1, (fragment) >> 8, (fragment) & 255, 64, protocol, 0, 0, 192, 0, 2, 99, 192, 0, 2, 98
#define IP6(next) 0x60, 0, 0, 0, 0, 40, next, 64, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, \
	0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2

static const struct kind {
	const char *network, *protocol;
	int vlan, size, times, fragments, malformed;
	unsigned char frame[128];
} kinds[] = {
	{"IPv4", "UDP", 0, 74, 3, 0, 0, {ETHER, 8, 0, IP4(0, 17), 0, 53, 0, 53}},
	{"IPv4", "TCP", 5, 100, 2, 0, 0, {ETHER, 0x81, 0, 0, 5, 8, 0, IP4(0, 6), 0, 80, 0, 80}},
	{"IPv4", "GRE", 7, 90, 1, 0, 0, {ETHER, 0x88, 0xa8, 0, 7, 0x81, 0, 0, 9, 8, 0, IP4(0, 47)}},
	{"IPv4", "ICMP", 0, 80, 2, 2, 0, {ETHER, 8, 0, IP4(0x2000, 1)}},			/* the first piece */
	{"IPv4", "AH", 0, 81, 2, 2, 0, {ETHER, 8, 0, IP4(10, 51)}},				/* the last one */
	{"IPv4", NULL, 0, 24, 4, 0, 4, {ETHER, 8, 0, IP4(0, 17)}},				/* cut off within IP ... */
	{"IPv4", "SCTP", 0, 36, 2, 0, 2, {ETHER, 8, 0, IP4(0, 132), 0, 1}},			/* ... within the ports */
	{"IPv6", "UDP", 0, 94, 4, 0, 0, {ETHER, 0x86, 0xdd, IP6(0), 60, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0, 0, 53, 0, 53}},
	{"IPv6", "TCP", 0, 95, 1, 1, 0, {ETHER, 0x86, 0xdd, IP6(44), 6, 0, 0, 8, 0, 0, 0, 1}},	/* a later piece */
	{"IPv6", "SCTP", 3, 99, 2, 2, 0, {ETHER, 0x81, 0, 0, 3, 0x86, 0xdd, IP6(44), 132, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1}},
	{"ARP", NULL, 0, 42, 2, 0, 0, {ETHER, 8, 6, 0, 9}},
	{"0x88b5", NULL, 0, 60, 2, 0, 0, {ETHER, 0x88, 0xb5}},					/* waited for, so the last */
};

#define KINDS (int)(sizeof(kinds) / sizeof(*kinds))

TEST(sockfilter, "frames are counted by protocol as they go out and come in: IPv4, IPv6, VLANs, pieces, and what is cut off")
{
	struct veth veth = veth_new();
	struct job *in, *out;
	int from, to;

	pin(0);		/* so that they come in in order */
	netns_enter(veth.ns[1]);
	to = frame_socket("pair");
	in = tool_start("sockfilter", "-I", "pair", "--vlan", "--promiscuous", "-i", "60", "-o", "+malformed");
	netns_enter(veth.ns[0]);
	out = tool_start("sockfilter", "--vlan", "-i", "60", "-o", "+malformed");
	from = frame_socket("pair");
	for (int i = 0; i < KINDS; i++)
		frame_send(from, kinds[i].frame, kinds[i].size, kinds[i].times);
	frame_await(to, kinds[KINDS - 1].times);
	tool_stop(in);
	tool_stop(out);
	for (int i = 0; i < KINDS; i++) {
		const struct kind *k = &kinds[i];

		for (int j = 0; j < 2; j++) {
			const struct where vlan = k->vlan ? IS("vlan", k->vlan) : IS("vlan", NOTHING);

			CHECK_EQ(rows(j ? in : out, IS("interface", "pair"), IS("dir", j ? "in" : "out"), IS("network", k->network),
				      IS("protocol", k->protocol), vlan, IS("packets", k->times), IS("bytes", k->times * k->size),
				      IS("fragments", k->fragments), IS("malformed", k->malformed)), 1);
		}
	}
	CHECK_EQ(rows(in, IS("network", "IPv4")), rows(out, IS("network", "IPv4"), IS("dir", "out")));
	CHECK_NO_LOSS(in);
}

TEST(sockfilter, "an interface that isn't there, or none to listen at, is refused in one line")
{
	struct job *job = run("corekit", "sockfilter", "-I", "nosuch");

	CHECK_EQ(job->status, 2);
	CHECK_STR(job->err, "sockfilter: --interface: there is no nosuch in this network namespace: corekit xdpls shows what there is\n");
	job = run("corekit", "sockfilter", "--promiscuous");
	CHECK_EQ(job->status, 2);
	CHECK_STR(job->err, "sockfilter: --promiscuous: of which --interface?\n");
}
