// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include "lib/dns.h"
#include "lib/lib.h"
#include "lib/map.h"
#include "lib/sock_user.h"
#include "net/dnssnoop.h"
#include "net/dnssnoop.skel.h"

#define EVENT struct dnssnoop_event

static struct dns dns;		/* of the event that is shown now */
static bool failed_only;
static __u64 min_latency, timeout = 5 * SEC_;
static const char *pattern;
static int only_type = -1;

static int parse_type(struct run *run, const char *arg, void *to)
{
	only_type = dns_type_number(arg);
	if (only_type < 0)
		err("'%s' is no type of a DNS record: use A, AAAA, MX ... or TYPE65", arg);
	return only_type < 0 ? -EINVAL : 0;
}

/* False: it isn't wanted, or no DNS after all. */
static bool event(struct run *run, void *event, size_t size)
{
	const EVENT *e = event;

	if (dns_parse(&dns, e->message, e->size))
		return false;
	if ((failed_only && e->answered && !dns.code) || (min_latency && e->answered && e->latency < min_latency))
		return false;
	if (only_type >= 0 && dns.type != (__u32)only_type)
		return false;
	return !pattern || !fnmatch(pattern, dns.question, FNM_NOESCAPE | FNM_CASEFOLD);
}

struct late {
	int map;
	__u64 before;
	struct run *run;
};

/* It is taken out first: an answer that comes in at this moment is shown, or this is, or at worst both. */
static int unanswered(void *ctx, const void *key, void *value)
{
	const struct dnssnoop_asked *asked = value;
	const struct late *late = ctx;
	static EVENT e;

	if (asked->origin.time > late->before || bpf_map_delete_elem(late->map, key))
		return 0;
	e = (EVENT){ .origin = asked->origin, .flow = asked->flow, .protocol = asked->protocol, .tries = asked->tries,
		     .length = asked->size, .size = asked->size };
	memcpy(e.message, asked->message, asked->size);
	if (event(late->run, &e, sizeof(e)) && !(late->run->count && late->run->shown >= late->run->count)) {
		out_row(late->run, &e);
		late->run->shown++;
	}
	return 0;
}

static int show_unanswered(struct run *run, __u64 before)
{
	int map = bpf_object__find_map_fd_by_name(run->skel->obj, "asked");

	return map_each(map, unanswered, &(struct late){ map, before, run });
}

static int tick(struct run *run)
{
	static __u64 last;
	__u64 now = look_now();

	if (now - last < timeout / 4 || now < timeout)
		return 0;
	last = now;
	return show_unanswered(run, now - timeout);
}

static int end(struct run *run)
{
	return show_unanswered(run, -1ULL);
}

static int attach(struct run *run)
{
	return attach_walk(((struct dnssnoop_bpf *)run->skel)->progs.message_meet);
}

static void show_type(struct out *out, const struct column *c, const void *row)
{
	char buf[16];

	out_str(out, dns_type(dns.type, buf, sizeof(buf)));
}

static void show_code(struct out *out, const struct column *c, const void *row)
{
	char buf[16];

	out_str(out, ((const EVENT *)row)->answered ? dns_code(dns.code, buf, sizeof(buf)) : "UNANSWERED");
}

static void show_question(struct out *out, const struct column *c, const void *row)
{
	out_bytes(out, dns.question, strlen(dns.question));
}

static void show_answers(struct out *out, const struct column *c, const void *row)
{
	struct dns_answer answer;
	size_t at = dns.at;
	__u32 n = 0;

	for (; n < dns.answers && dns_next(&dns, &at, &answer); n++) {
		if (n)
			out_str(out, ",");
		out_bytes(out, answer.text, strlen(answer.text));
	}
	if (((const EVENT *)row)->answered && n < dns.answers)
		out_str(out, n ? ",..." : "...");
	else if (!n)
		out_nothing(out);
}

static void show_ttl(struct out *out, const struct column *c, const void *row)
{
	struct dns_answer answer;
	__u32 least = -1, n = 0;
	size_t at = dns.at;

	for (; n < dns.answers && dns_next(&dns, &at, &answer); n++)
		least = answer.ttl < least ? answer.ttl : least;
	if (n)
		out_u64(out, least);
	else
		out_nothing(out);
}

static void show_protocol(struct out *out, const struct column *c, const void *row)
{
	sock_protocol(out, ((const EVENT *)row)->protocol);
}

static void show_id(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	out_u64(out, e->message[0] << 8 | e->message[1]);
}

static void show_cut(struct out *out, const struct column *c, const void *row)
{
	if (dns.cut)
		out_str(out, "yes");
	else
		out_nothing(out);
}

#define TIMES .unit = UNIT_NSEC, .bare = MSEC, .min = 1, .max = 3600 * SEC_

static const struct opt opts[] = {
	{ .letter = 'x', .name = "failed", .value = V_BOOL, .here = &failed_only,
	  .help = "only those whose code isn't NOERROR, and those that were not answered" },
	{ .letter = 'm', .name = "min", .arg = "TIME", .value = V_U64, .here = &min_latency, TIMES,
	  .help = "only answers that took as long: 100 (ms), 2s" },
	{ .letter = 'Q', .name = "question", .arg = "GLOB", .value = V_CHARS, .here = &pattern,
	  .help = "only names like this: '*.example.org'" },
	{ .name = "type", .arg = "TYPE", .value = V_CHARS, .parse = parse_type,
	  .help = "only questions for this: A, AAAA, MX, TYPE65",
	  .complete = "A AAAA CNAME MX NS PTR SOA SRV TXT HTTPS" },
	{ .name = "timeout", .arg = "TIME", .value = V_U64, .here = &timeout, TIMES,
	  .help = "after how long a question is shown as unanswered (5s)" },
	OPT(0, "dns-port", "PORTS", dnssnoop, dns_ports, "where name servers listen (53)", .parse = sock_ports),
	OPT_FLOW(dnssnoop),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_OWN("family", sock_show_family, 6, "4 or 6: of the addresses that it went by", HIDDEN, .bare_json = true,
		.offset = offsetof(EVENT, flow)),
	COL_OWN("protocol", show_protocol, -8, "UDP or TCP", HIDDEN),
	COL_OWN("laddr", sock_show_laddr, -13, "local address", HIDDEN, .offset = offsetof(EVENT, flow)),
	COL("lport", EVENT, flow.lport, 5, "local port", HIDDEN),
	COL_OWN("server", sock_show_raddr, -11, "address of the server", .offset = offsetof(EVENT, flow)),
	COL("rport", EVENT, flow.rport, 5, "its port", HIDDEN),
	COL("netns", EVENT, flow.netns, 10, "network namespace", HIDDEN, WANTS(want_netns)),
	COL_OWN("id", show_id, 5, "number of the message", HIDDEN, .bare_json = true),
	COL("tries", EVENT, tries, 5, "how often the question was sent", HIDDEN, BLANK),
	COL("length", EVENT, length, 6, "bytes of the message", HIDDEN),
	COL_OWN("cut", show_cut, -5, "the server says that the answer was too long, so that it will be asked for again, by TCP",
		HIDDEN),
	COL_OWN("type", show_type, -4, "what was asked for: A, AAAA, MX"),
	COL_OWN("code", show_code, -8, "NOERROR, NXDOMAIN, SERVFAIL ..., or UNANSWERED"),
	COL_NSEC("latency", "ms", EVENT, latency, 7, "from the first sending of the question until the answer was read", BLANK),
	COL_OWN("ttl", show_ttl, 6, "for how many seconds the answers may be kept, the fewest", HIDDEN, .bare_json = true),
	COL_OWN("question", show_question, -20, "name that was asked for"),
	COL_OWN("answers", show_answers, 0, "addresses, names, or what else the answer is"),
	{}
};

static const struct example examples[] = {
	{ "", "each question to a name server, with its answer" },
	{ "-x", "names that don't exist, and servers that fail or don't answer" },
	{ "-m 200 -T -o +protocol,tries", "answers that took 200 ms or more" },
	{ "-Q '*.example.org' --type AAAA -j", "those for IPv6 addresses of a domain, as JSON lines" },
	{ "--raddr 10.0.0.2 -n nginx", "what nginx asks one of the servers" },
	{}
};

TOOL(dnssnoop,
	.summary  = "trace questions to name servers, with answer, code and latency",
	.about    = "One line for each answer that a process reads from a name server, by UDP or TCP, whatever "
		    "resolver the program has: with the question, what came of it, how long it took since the "
		    "question was first sent, and who asked. Questions that are not answered in time are shown as "
		    "well, and those that wait when the tool ends.",
	.cost     = "One raw tracepoint at the return of each system call. Calls that send and receive are looked "
		    "into; read(2) and write(2) only of processes that have a name server to talk to.",
	.caveats  = "What is encrypted, over TLS or HTTPS, is not seen, nor what goes through io_uring, recvmsg(2) "
		    "and the like of 32-bit programs, more than four messages of one sendmmsg(2) or recvmmsg(2), "
		    "and a name server's side of it: only who asks. Over TCP, a message that is read in parts is "
		    "shown as far as the first part goes, and one that is read together with the next hides that. A "
		    "process that only uses a connection that it was given by its parent by read(2) and write(2) "
		    "isn't looked at. Where programs ask a local resolver, both its questions and theirs are shown.",
	.examples = examples, .opts = opts, .columns = columns, .attach = attach, .event = event, .tick = tick, .end = end,
	.state    = "asked");
