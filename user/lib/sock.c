// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How addresses look, and how they are asked for. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lib/btf.h"
#include "lib/ksym.h"
#include "lib/lib.h"
#include "lib/traffic_user.h"

/* By hand for IPv4: it is in every row. */
void sock_addr(struct out *out, __u32 family, const __u32 *addr)
{
	const __u8 *byte = (const __u8 *)addr;
	char text[INET6_ADDRSTRLEN];

	if (family == 6) {
		out_str(out, inet_ntop(AF_INET6, addr, text, sizeof(text)));
		return;
	}
	for (int i = 0; i < 4; i++) {
		if (i)
			out_str(out, ".");
		out_u64(out, byte[i]);
	}
}

static const struct flow *flow(const struct column *c, const void *row)
{
	return (const struct flow *)((const char *)row + c->offset);
}

void sock_show_family(struct out *out, const struct column *c, const void *row)
{
	out_u64(out, flow(c, row)->family);
}

void sock_show_laddr(struct out *out, const struct column *c, const void *row)
{
	sock_addr(out, flow(c, row)->family, flow(c, row)->laddr);
}

void sock_show_raddr(struct out *out, const struct column *c, const void *row)
{
	sock_addr(out, flow(c, row)->family, flow(c, row)->raddr);
}

/* 10.0.0.1:80, [::1]:80 */
static void endpoint(struct out *out, __u32 family, const __u32 *addr, __u16 port)
{
	if (family == 6)
		out_str(out, "[");
	sock_addr(out, family, addr);
	out_str(out, family == 6 ? "]:" : ":");
	out_u64(out, port);
}

void sock_show_local(struct out *out, const struct column *c, const void *row)
{
	endpoint(out, flow(c, row)->family, flow(c, row)->laddr, flow(c, row)->lport);
}

void sock_show_remote(struct out *out, const struct column *c, const void *row)
{
	endpoint(out, flow(c, row)->family, flow(c, row)->raddr, flow(c, row)->rport);
}

void sock_protocol(struct out *out, __u32 protocol)
{
	static const struct {
		__u32 number;
		const char *name;
	} names[] = { { 1, "ICMP" }, { 2, "IGMP" }, { 4, "IPIP" }, { 6, "TCP" }, { 17, "UDP" }, { 41, "IPV6" },
		      { 43, "ROUTING" }, { 44, "FRAGMENT" }, { 47, "GRE" }, { 50, "ESP" }, { 51, "AH" }, { 58, "ICMPv6" },
		      { 60, "DSTOPTS" }, { 132, "SCTP" }, { 136, "UDPLITE" }, { 262, "MPTCP" } };

	for (unsigned int i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].number == protocol) {
			out_str(out, names[i].name);
			return;
		}
	out_u64(out, protocol);
}

void sock_state(struct out *out, __u32 state)
{
	static const char *const names[] = {	/* include/net/tcp_states.h */
		[1] = "ESTABLISHED", [2] = "SYN_SENT", [3] = "SYN_RECV", [4] = "FIN_WAIT1", [5] = "FIN_WAIT2",
		[6] = "TIME_WAIT", [7] = "CLOSE", [8] = "CLOSE_WAIT", [9] = "LAST_ACK", [10] = "LISTEN",
		[11] = "CLOSING", [12] = "NEW_SYN_RECV", [13] = "BOUND_INACTIVE",
	};

	if (state < sizeof(names) / sizeof(*names) && names[state])
		out_str(out, names[state]);
	else
		out_u64(out, state);
}

#define REASONS 512

static struct btf_value reasons[REASONS];
static int n_reasons;

void sock_drop_reasons(struct run *run)
{
	struct btf_types *types;

	if (!btf_open(&types, run->btf))
		n_reasons = btf_enum_names(types, "skb_drop_reason", reasons, REASONS);
	n_reasons = n_reasons < 0 ? 0 : n_reasons > REASONS ? REASONS : n_reasons;
}

/* SKB_DROP_REASON_NO_SOCKET is NO_SOCKET: the numbers change from kernel to kernel. */
void sock_drop_reason(struct out *out, __u32 reason)
{
	static const char *const prefixes[] = { "SKB_DROP_REASON_", "SKB_" };
	const char *name;
	int i;

	for (i = 0; i < n_reasons && reasons[i].value != (long long)reason; i++)
		;
	if (!reason || i == n_reasons) {
		if (reason)
			out_u64(out, reason);
		else
			out_nothing(out);
		return;
	}
	name = reasons[i].name;
	for (size_t j = 0; j < 2; j++)
		if (!strncmp(name, prefixes[j], strlen(prefixes[j]))) {
			name += strlen(prefixes[j]);
			break;
		}
	out_bytes(out, name, strlen(name));
}

void sock_drop_location(struct out *out, __u64 location)
{
	const char *name, *module;
	__u64 into;

	if (!location || ksym_find(location, &name, &module, &into))
		out_nothing(out);
	else
		out_printf(out, "%s+0x%llx", name, into);
}

bool traffic_row(struct run *run, void *row)
{
	struct traffic_row *r = row;

	r->total = r->value.tx + r->value.rx;
	return true;
}

/* Where tracepoints tell of all transfers, the functions would tell of them once more. */
int sock_transfers(struct run *run)
{
	char why[160];

	if (kernel_has_program("tp_btf/sock_send_length", why, sizeof(why)))
		attach_skip("send6 sendpage receive6");
	return 0;
}

int sock_owners(struct run *run)
{
	struct bpf_program *p = bpf_object__find_program_by_name(run->skel->obj, "off__owner_meet");

	return p ? bpf_program__set_autoload(p, true) : -ENOENT;
}

int sock_owners_filtered(struct run *run)
{
	if (run->common->cgroups || run->common->filters & ~ONLY_NETNS)
		return sock_owners(run);
	attach_skip("inet_sock_set_state again accept");
	return 0;
}

int sock_owners_meet(struct run *run)
{
	struct bpf_program *p = bpf_object__find_program_by_name(run->skel->obj, "off__owner_meet");

	return p && bpf_program__autoload(p) ? attach_walk(p) : 0;
}

/* IPv4 in IPv6 is IPv4, as it is in flows. */
static void unmap(struct sock_net *net, long *bits)
{
	if (net->family != 6 || *bits < 96 || net->addr[0] || net->addr[1] || ntohl(net->addr[2]) != 0xffff)
		return;
	net->addr[0] = net->addr[3];
	net->addr[2] = net->addr[3] = 0;
	net->family = 4;
	*bits -= 96;
}

int sock_net(struct run *run, const char *arg, void *to)
{
	struct sock_net net = {};
	char text[INET6_ADDRSTRLEN] = "", *end = "";
	const char *slash = strchr(arg, '/');
	size_t len = slash ? (size_t)(slash - arg) : strlen(arg);
	long bits, most;

	if (len < sizeof(text))
		memcpy(text, arg, len);
	net.family = strchr(text, ':') ? 6 : 4;
	most = bits = net.family == 6 ? 128 : 32;
	if (slash)
		bits = isdigit((unsigned char)slash[1]) ? strtol(slash + 1, &end, 10) : -1;
	if (inet_pton(net.family == 6 ? AF_INET6 : AF_INET, text, net.addr) != 1 || bits < 0 || bits > most || *end) {
		err("'%s' is no address and no network: use 10.1.2.3, 10.0.0.0/8 or fe80::/10", arg);
		return -EINVAL;
	}
	unmap(&net, &bits);
	for (int i = 0; i < 4; i++) {
		int here = bits - 32 * i;

		net.mask[i] = here >= 32 ? -1U : here > 0 ? htonl(-1U << (32 - here)) : 0;
		net.addr[i] &= net.mask[i];
	}
	memcpy(to, &net, sizeof(net));
	return 0;
}

/* Calls one() for each word between commas, with its number; an empty one is an error of its own. */
static int each(const char *arg, __u32 most, const char *what, void *to, int (*one)(const char *word, __u32 n, void *to))
{
	char *copy = strdup(arg), *rest = copy, *word;
	int ret = copy ? 0 : -ENOMEM;
	__u32 n = 0;

	while (!ret && (word = strsep(&rest, ","))) {
		if (n == most)
			err("'%s': more than %u %s: give fewer", arg, most, what);
		ret = n == most ? -EINVAL : one(word, n++, to);
	}
	free(copy);
	return ret ?: (int)n;
}

static int one_net(const char *word, __u32 n, void *to)
{
	return sock_net(NULL, word, &((struct sock_nets *)to)->net[n]);
}

int sock_nets(struct run *run, const char *arg, void *to)
{
	struct sock_nets nets = {};
	int n = each(arg, SOCK_NETS, "networks", &nets, one_net);

	if (n < 0)
		return n;
	nets.n = n;
	memcpy(to, &nets, sizeof(nets));
	return 0;
}

/* "80" or "8000-8080" */
static int one_range(const char *word, __u32 n, void *to)
{
	struct sock_range *range = &((struct sock_ports *)to)->range[n];
	unsigned long from, last;
	char *end = NULL;

	from = last = isdigit((unsigned char)*word) ? strtoul(word, &end, 10) : 0;
	if (end && *end == '-' && isdigit((unsigned char)end[1]))
		last = strtoul(end + 1, &end, 10);
	if (!end || *end || !from || from > last || last > 65535) {
		err("'%s' is no port and no range of ports: use 80 or 8000-8080, 1 to 65535", word);
		return -EINVAL;
	}
	*range = (struct sock_range){ from, last };
	return 0;
}

int sock_proto(struct run *run, const char *arg, void *value)
{
	static const struct {
		const char *name;
		__u32 number;
	} names[] = { { "icmp", 1 }, { "tcp", 6 }, { "udp", 17 }, { "icmp6", 58 }, { "icmpv6", 58 }, { "sctp", 132 } };
	char *rest;
	unsigned long n = strtoul(arg, &rest, 10);

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcasecmp(arg, names[i].name)) {
			*(__u32 *)value = names[i].number;
			return 0;
		}
	if (*rest || rest == arg || !n || n > 255) {
		err("--proto: '%s' is no protocol: tcp, udp, icmp, icmp6, sctp or a number from 1 to 255", arg);
		return -EINVAL;
	}
	*(__u32 *)value = n;
	return 0;
}

int sock_ports(struct run *run, const char *arg, void *to)
{
	struct sock_ports ports = {};
	int n = each(arg, SOCK_RANGES, "ports and ranges", &ports, one_range);

	if (n < 0)
		return n;
	ports.n = n;
	memcpy(to, &ports, sizeof(ports));
	return 0;
}
