// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lib/dns.h"
#include "lib/sock_user.h"
#include "net/tcpconnect.h"
#include "net/tcpconnect.skel.h"

#define EVENT struct tcpconnect_event

#define TYPE_A	  1	/* RFC 1035, RFC 3596 */
#define TYPE_AAAA 28

#define NAMES  4096	/* addresses whose names are kept, a power of two ... */
#define PLACES 8	/* ... each at one of so many places: the oldest goes */

static bool want_names, count;

static struct name {
	__u32 family, addr[4];
	__u64 time;
	char *name;
} *names;

/* Its place, or that of the oldest which can give way. */
static struct name *place_of(__u32 family, const __u32 *addr)
{
	__u32 hash = (addr[0] ^ addr[1] * 31 ^ addr[2] * 961 ^ addr[3] * 29791) * 2654435761U >> 20;
	struct name *oldest = NULL;

	for (int i = 0; i < PLACES; i++) {
		struct name *at = &names[(hash + i) % NAMES];

		if (at->family == family && !memcmp(at->addr, addr, sizeof(at->addr)))
			return at;
		if (!oldest || at->time < oldest->time)
			oldest = at;
	}
	return oldest;
}

static void learn(const struct dns *dns, __u64 time)
{
	struct dns_answer answer;
	size_t at = dns->at;

	for (__u32 n = 0; n < dns->answers && dns_next(dns, &at, &answer); n++) {
		bool is_v4 = answer.type == TYPE_A, is_address = is_v4 || answer.type == TYPE_AAAA;
		__u32 addr[4] = {}, family = is_v4 ? 4 : 6;
		char *copy;
		struct name *to;

		if (!is_address || inet_pton(is_v4 ? AF_INET : AF_INET6, answer.text, addr) != 1)
			continue;
		copy = strdup(dns->question);
		if (!copy)
			continue;
		to = place_of(family, addr);
		free(to->name);
		*to = (struct name){ family, { addr[0], addr[1], addr[2], addr[3] }, time, copy };
	}
}

/* An answer comes before the connection that it leads to; it is no row. */
static bool event(struct run *run, void *event, size_t size)
{
	const struct tcpconnect_answer *answer = event;
	static struct dns dns;

	if (answer->flow.family)
		return true;
	if (!dns_parse(&dns, answer->message, answer->size))
		learn(&dns, answer->origin.time);
	return false;
}

static void show_name(struct out *out, const struct column *c, const void *row)
{
	const struct flow *flow = &((const EVENT *)row)->flow;
	const struct name *at = names ? place_of(flow->family, flow->raddr) : NULL;

	if (at && at->family == flow->family && !memcmp(at->addr, flow->raddr, sizeof(at->addr)))
		out_bytes(out, at->name, strlen(at->name));
	else
		out_nothing(out);
}

static const struct table counts = {
	.map = "counts", .sort = "connects", .size = sizeof(EVENT), .value_at = offsetof(EVENT, connects),
};

static int parse_counts(struct run *run, const char *arg, void *to)
{
	count = true;
	run->table = &counts;
	return 0;
}

static int setup(struct run *run)
{
	struct tcpconnect_bpf *skel = (void *)run->skel;
	struct bpf_program *const listeners[] = {
		skel->progs.syscall_exit, skel->progs.message_process_ended, skel->progs.message_meet
	};
	int ret = 0;

	if (run->interval && !count) {
		err("an interval is for --counts: each attempt is shown as it begins");
		return -EINVAL;
	}
	((struct tcpconnect_bpf__rodata *)run->rodata)->count = count;
	if (!count)
		ret = bpf_map__set_max_entries(skel->maps.counts, 1);
	for (size_t i = 0; i < sizeof(listeners) / sizeof(*listeners) && !ret; i++)
		ret = bpf_program__set_autoload(listeners[i], want_names);
	if (want_names && !names)
		names = calloc(NAMES, sizeof(*names));
	return want_names && !names ? -ENOMEM : ret;
}

static int attach(struct run *run)
{
	return want_names ? attach_walk(((struct tcpconnect_bpf *)run->skel)->progs.message_meet) : 0;
}

static const struct opt opts[] = {
	{ .name = "dns", .value = V_BOOL, .here = &want_names, .shows = "name",
	  .help = "the name that led to the address, from the answers of name servers that this machine's programs get" },
	OPT(0, "dns-port", "PORTS", tcpconnect, dns_ports, "where name servers listen (53), for --dns", .parse = sock_ports),
	{ .name = "counts", .value = V_BOOL, .parse = parse_counts, .shows = "connects",
	  .help = "count attempts by process, name and addresses, and by local port if that is shown" },
	OPT_FLOW(tcpconnect),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_FLOW_AS(EVENT, flow, false, true, NEEDS(tcpconnect, want_lport), BLANK),
	COL("connects", EVENT, connects, 8, "how many attempts, with --counts", HIDDEN),
	COL_OWN("name", show_name, 0, "name that led to the address, with --dns; nothing: no answer with it was seen", HIDDEN),
	{}
};

static const struct example examples[] = {
	{ "", "every attempt to connect, as it begins" },
	{ "-D 443 -u www-data", "of the web server's user, to port 443" },
	{ "--raddr 10.0.0.0/8,192.168.0.0/16 -T", "to private networks, with the time" },
	{ "--dns", "with the names that the addresses were found by" },
	{ "--counts 10", "who connects to what how often, every ten seconds" },
	{ "-o +lport -- curl -s example.org", "those of one command, with the local port" },
	{}
};

TOOL(tcpconnect,
	.summary  = "trace TCP connections as they are asked for",
	.about    = "One line for each attempt to open a TCP connection, whatever becomes of it, as the process calls "
		    "connect(2). The kernel chooses the local port a little later: where it is shown or filtered on "
		    "(-o +lport, -L, -P, and in JSON, which has all columns), the line comes once the attempt has succeeded or "
		    "failed, still with the time at which it began; -o leaves the port out.",
	.cost     = "One tracepoint, twice, at each change of a connection's state; one record for each attempt. See "
		    "docs/performance.md for figures.",
	.caveats  = "Attempts that fail for want of a route or of a local address are not shown: they never begin. "
		    "--dns knows the names in answers that were received while it runs, in whichever network namespace, the last one "
		    "of each address, and about 4,096 of them; a program that asks a resolver in another way than by DNS gets the name that "
		    "the resolver asked for, and answers over TLS or HTTPS are not seen (see dnssnoop's). With --dns, each system call "
		    "costs a raw tracepoint.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach, .event = event,
	.state    = "attempts", .intervals = true,
	.twice    = "inet_sock_set_state again");
