// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* user/lib/sock.c and block.c: addresses, networks, disks and what is asked of them. */
#include <arpa/inet.h>
#include "lib/block.h"
#include "lib/sock_user.h"
#include "unit.h"

struct pair {
	__u64 first;
	struct flow flow;
};

static const char *address(int family, const void *bytes)
{
	__u32 addr[4] = {};

	memcpy(addr, bytes, family == AF_INET6 ? 16 : 4);
	sock_addr(out_to(OUT_TEXT, NULL, NULL), family == AF_INET6 ? 6 : 4, addr);
	return written();
}

TEST(sock, "addresses are what inet_ntop() makes of them")
{
	for (int i = 0; i < 3000; i++) {
		__u64 bytes[2] = {any() & any(), any() & any()};
		char want[INET6_ADDRSTRLEN];

		CHECK_STR(address(AF_INET, bytes), inet_ntop(AF_INET, bytes, want, sizeof(want)));
		CHECK_STR(address(AF_INET6, bytes), inet_ntop(AF_INET6, bytes, want, sizeof(want)));
	}
}

/* Is the address in the network, as the programs test it? */
static bool is_in(const struct sock_net *net, const char *text)
{
	int family = strchr(text, ':') ? 6 : 4;
	__u32 addr[4] = {};

	REQUIRE(inet_pton(family == 6 ? AF_INET6 : AF_INET, text, addr) == 1);
	for (int i = 0; i < 4; i++)
		if ((addr[i] & net->mask[i]) != net->addr[i])
			return false;
	return (int)net->family == family;
}

TEST(sock, "a network holds its addresses, and no others")
{
	static const struct {
		const char *net, *in[3], *out[3];
	} nets[] = {
		{"10.1.2.3", {"10.1.2.3"}, {"10.1.2.2", "10.1.2.4", "11.1.2.3"}},
		{"10.1.2.3/8", {"10.0.0.0", "10.255.255.255"}, {"9.255.255.255", "11.0.0.0", "a00::"}},
		{"192.168.128.0/17", {"192.168.128.0", "192.168.255.255"}, {"192.168.127.255", "192.169.128.0"}},
		{"10.0.0.2/31", {"10.0.0.2", "10.0.0.3"}, {"10.0.0.1", "10.0.0.4"}},
		{"0.0.0.0/0", {"0.0.0.0", "255.255.255.255"}, {"::1"}},
		{"::1", {"::1"}, {"::", "::2", "0.0.0.1"}},
		{"fe80::/10", {"fe80::1", "febf:ffff::"}, {"fec0::", "fe7f::"}},
		{"2001:db8::/33", {"2001:db8:7fff::"}, {"2001:db8:8000::", "2001:db9::"}},
		{"2001:db8::ffff/127", {"2001:db8::fffe", "2001:db8::ffff"}, {"2001:db8::fffd"}},
		{"::/0", {"::", "ffff::"}, {"1.2.3.4"}},
		{"::ffff:10.1.2.3", {"10.1.2.3"}, {"10.1.2.4", "::a01:203"}},
		{"::ffff:10.0.0.0/104", {"10.0.0.0", "10.255.255.255"}, {"11.0.0.0", "9.255.255.255", "::"}},
		{"::ffff:0:0/95", {"::ffff:1:2", "::fffe:0:0"}, {"1.2.3.4"}},
	};
	struct sock_net net;

	for (size_t i = 0; i < COUNT(nets); i++) {
		REQUIRE(sock_net(NULL, nets[i].net, &net) == 0);
		for (int j = 0; j < 3; j++) {
			if (nets[i].in[j] && !CHECK(is_in(&net, nets[i].in[j])))
				fprintf(stderr, "  %s in %s\n", nets[i].in[j], nets[i].net);
			if (nets[i].out[j] && !CHECK(!is_in(&net, nets[i].out[j])))
				fprintf(stderr, "  %s in %s\n", nets[i].out[j], nets[i].net);
		}
	}
}

TEST(sock, "what is no network is refused, and nothing is stored")
{
	static const char *const bad[] = {"",	       "/",	      "/8",	    "10.0.0",	 "10.0.0.256", "10.0.0.0/33", "10.0.0.0/",
					  "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/ 8", "::1/129", "::g",	"1::2::3",     "localhost",
					  "10.0.0.0/8/8", "10.0.0.0/99999999999999999999",
					  "1111:2222:3333:4444:5555:6666:7777:8888:9999:0000:1111:2222:3333:4444"};
	struct sock_net net, before;

	memset(&net, 7, sizeof(net));
	before = net;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (!CHECK_EQ(sock_net(NULL, bad[i], &net), -EINVAL))
			fprintf(stderr, "  %s\n", bad[i]);
	CHECK(!memcmp(&net, &before, sizeof(net)));
}

TEST(sock, "lists of networks keep each, up to eight, and refuse what is none")
{
	static const char *const bad[] = {"10.0.0.0/8,", ",::1", "::1,,::2", "::1 ,::2", "10.0.0.0/8,10.0.0",
					  "::1,::2,::3,::4,::5,::6,::7,::8,::9"};
	struct sock_nets nets = {}, before;

	REQUIRE(sock_nets(NULL, "10.0.0.0/8,::1,::ffff:1.2.3.4", &nets) == 0);
	CHECK_EQ(nets.n, 3);
	CHECK(is_in(&nets.net[0], "10.9.9.9") && is_in(&nets.net[1], "::1") && is_in(&nets.net[2], "1.2.3.4"));
	REQUIRE(sock_nets(NULL, "::1,::2,::3,::4,::5,::6,::7,::8", &nets) == 0);
	CHECK_EQ(nets.n, 8);
	before = nets;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (!CHECK_EQ(sock_nets(NULL, bad[i], &nets), -EINVAL))
			fprintf(stderr, "  %s\n", bad[i]);
	CHECK(!memcmp(&nets, &before, sizeof(nets)));
}

TEST(sock, "lists of ports have ranges, and refuse what is none")
{
	static const char *const bad[] = {"", ",", "0", "65536", "80,", "80,,81", "90-80", "-80", "80-", "80-90-100", "http",
					  "0-80", "80 ", "80-65536", "+80", "0x50", "99999999999999999999",
					  "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33"};
	struct sock_ports ports = {}, before;

	REQUIRE(sock_ports(NULL, "80,8000-8080,65535-65535", &ports) == 0);
	CHECK_EQ(ports.n, 3);
	CHECK(ports.range[0].from == 80 && ports.range[0].to == 80);
	CHECK(ports.range[1].from == 8000 && ports.range[1].to == 8080);
	CHECK(ports.range[2].from == 65535 && ports.range[2].to == 65535);
	before = ports;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (!CHECK_EQ(sock_ports(NULL, bad[i], &ports), -EINVAL))
			fprintf(stderr, "  %s\n", bad[i]);
	CHECK(!memcmp(&ports, &before, sizeof(ports)));
}

TEST(sock, "both ends are shown, with brackets where an address has colons")
{
	static const struct column columns[] = {COL_FLOW(struct pair, flow), {}};
	struct pair pair = {7, {.family = 4, .netns = 5, .lport = 80, .rport = 65535}};

	inet_pton(AF_INET, "10.0.0.1", pair.flow.laddr);
	inet_pton(AF_INET, "255.255.255.255", pair.flow.raddr);
	out_to(OUT_TEXT, columns, "family,local,remote,netns");
	out_row(&unit_run, &pair);
	CHECK_STR(written(), "     4 10.0.0.1:80           255.255.255.255:65535          5\n");
	out_to(OUT_TEXT, columns, NULL);
	out_row(&unit_run, &pair);
	CHECK_STR(written(), "10.0.0.1         80 255.255.255.255 65535\n");
	pair.flow.family = 6;
	inet_pton(AF_INET6, "::1", pair.flow.laddr);
	inet_pton(AF_INET6, "fe80::1", pair.flow.raddr);
	out_to(OUT_JSON, columns, "family,laddr,local,remote");
	out_row(&unit_run, &pair);
	CHECK_STR(written(), "{\"family\":6,\"laddr\":\"::1\",\"local\":\"[::1]:80\",\"remote\":\"[fe80::1]:65535\"}\n");
}

static const char *state(__u32 n)
{
	sock_state(out_to(OUT_TEXT, NULL, NULL), n);
	return written();
}

TEST(sock, "states have the kernel's names, unknown ones their number")
{
	CHECK_STR(state(0), "0");
	CHECK_STR(state(1), "ESTABLISHED");
	CHECK_STR(state(10), "LISTEN");
	CHECK_STR(state(13), "BOUND_INACTIVE");
	CHECK_STR(state(14), "14");
	CHECK_STR(state(~0U), "4294967295");
}

/* --- Disks --- */

static const char *request(__u32 flags)
{
	block_flags(out_to(OUT_TEXT, NULL, NULL), flags);
	return written();
}

TEST(block, "requests have the names that this kernel gives them")
{
	static struct run run;

	/* before the kernel's types were asked */
	CHECK_STR(request(0), "Op0");
	CHECK_STR(request(0x101), "Op1-0x100");
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		SKIP("this kernel has no BTF");
	REQUIRE(block_setup(&run) == 0);
	CHECK_STR(request(0), "Read");
	CHECK_STR(request(1), "Write");
	CHECK_STR(request(2), "Flush");
	CHECK_STR(request(3), "Discard");
	CHECK_STR(request(9), "WriteZeroes");
	CHECK_STR(request(0xfe), "Op254");
	/* REQ_SYNC has been bit 11 since 4.10 */
	CHECK_STR(request(1 | 1 << 11), "Write-Sync");
}

TEST(block, "what is no disk is refused")
{
	static const char *const bad[] = {"", "/", "/dev", "/dev/", "/dev/null", "nonsense", "..", "../block", "4095:77",
					  "8", "8:", "8:0x", ":", "/dev/../dev/null", "/etc/passwd"};
	__u32 dev = 0;

	for (size_t i = 0; i < COUNT(bad); i++)
		if (!CHECK_EQ(block_disk(NULL, bad[i], &dev), -EINVAL))
			fprintf(stderr, "  %s\n", bad[i]);
	CHECK_EQ(dev, 0);
}
