// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Rules from text. Each parse_…() gives what is wrong with the word, NULL if nothing is. */
#include <linux/types.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "lib/packet.h"
#include "lib/rules_user.h"
#include "lib/sock_user.h"
#include "lib/tool.h"

static const struct {
	const char *name;
	int number;
} protocols[] = { { "icmp", 1 }, { "igmp", 2 }, { "tcp", 6 }, { "udp", 17 }, { "dccp", 33 }, { "gre", 47 }, { "esp", 50 }, { "ah", 51 },
		  { "icmpv6", 58 }, { "sctp", 132 }, { "udplite", 136 }, {} };

static int number_of(const char *word, unsigned long long most, unsigned long long *n)
{
	char *end;

	errno = 0;
	*n = strtoull(word, &end, 0);
	return !isdigit((unsigned char)*word) || *end || errno || *n > most ? -EINVAL : 0;
}

static const char *parse_action(struct rule *r, const char *word)
{
	if (strcmp(word, "drop") && strcmp(word, "allow"))
		return "a rule begins with drop or allow";
	r->drop = *word == 'd';
	return NULL;
}

static const char *parse_net(struct rule *r, struct sock_net *net, const char *word)
{
	if (net->family)
		return "given twice";
	if (sock_net(NULL, word, net))
		return "";	/* it has said so */
	if (r->family && r->family != net->family)
		return "IPv4 and IPv6 in one rule match no packet";
	r->family = net->family;
	return NULL;
}

static const char *parse_ports(struct rule *r, struct sock_ports *ports, const char *word)
{
	if (ports->n)
		return "given twice";
	if (sock_ports(NULL, word, ports))
		return "";
	r->flags |= PACKET_PORTS;
	return NULL;
}

static const char *parse_mac(__u16 *to, bool *has, const char *word)
{
	unsigned int b[6];
	int end = 0;

	if (*has)
		return "given twice";
	if (sscanf(word, "%2x:%2x:%2x:%2x:%2x:%2x%n", b, b + 1, b + 2, b + 3, b + 4, b + 5, &end) != 6 || word[end])
		return "is no address of Ethernet, as 02:00:00:aa:bb:cc is";
	for (int i = 0; i < 6; i++)
		((__u8 *)to)[i] = b[i];
	*has = true;
	return NULL;
}

static const char *parse_protocol(struct rule *r, const char *word)
{
	unsigned long long n;

	if (r->protocol >= 0)
		return "given twice";
	for (int i = 0; protocols[i].name; i++)
		if (!strcmp(protocols[i].name, word))
			r->protocol = protocols[i].number;
	if (r->protocol < 0 && number_of(word, 255, &n))
		return "is no protocol: a number to 255, or one of tcp, udp, icmp, icmpv6, sctp, dccp, udplite, gre, esp, ah, igmp";
	if (r->protocol < 0)
		r->protocol = n;
	r->flags |= PACKET_PROTOCOL;
	return NULL;
}

/* "7", or "0x10/0xf0": a value of the bits that the mask has */
static const char *parse_mark(struct rule *r, const char *word)
{
	char *text = strdupa(word), *slash = strchr(text, '/');
	unsigned long long value, mask = -1U;

	if (slash)
		*slash++ = 0;
	if (r->mark)
		return "given twice";
	if (number_of(text, -1U, &value) || (slash && (number_of(slash, -1U, &mask) || !mask)) || value & ~mask)
		return "is no mark: 7, or 0x10/0xf0 for some of its bits";
	r->mark = mask << 32 | value;
	return NULL;
}

static const char *parse_vlan(struct rule *r, const char *word)
{
	unsigned long long n;

	if (r->vlan >= 0)
		return "given twice";
	if (number_of(word, 4095, &n))
		return "is no VLAN: 0 to 4095";
	r->vlan = n;
	r->flags |= PACKET_VLAN;
	return NULL;
}

static const char *parse_family(struct rule *r, int family)
{
	if (r->family && r->family != family)
		return "IPv4 and IPv6 in one rule match no packet";
	r->family = family;
	return NULL;
}

/* *next: the word behind, NULL if there is none; set to NULL when it was used. */
static const char *parse_word(struct rule *r, const char *word, const char **next)
{
	const char *value = *next;

	if (!strcmp(word, "ipv4") || !strcmp(word, "ipv6"))
		return parse_family(r, word[3] - '0');
	if (!strcmp(word, "fragment")) {
		r->flags |= PACKET_FRAGMENT;
		return NULL;
	}
	if (!strcmp(word, "malformed")) {
		r->flags |= PACKET_BAD;
		return NULL;
	}
	*next = NULL;
	if (strcmp(word, "src") && strcmp(word, "dst") && strcmp(word, "sport") && strcmp(word, "dport") && strcmp(word, "port") &&
	    strcmp(word, "proto") && strcmp(word, "smac") && strcmp(word, "dmac") && strcmp(word, "mark") && strcmp(word, "vlan"))
		return "is no condition: src, dst, sport, dport, port, proto, smac, dmac, mark, vlan, ipv4, ipv6, fragment, malformed";
	if (!value)
		return "needs a value";
	if (!strcmp(word, "src") || !strcmp(word, "dst"))
		return parse_net(r, *word == 's' ? &r->src : &r->dst, value);
	if (!strcmp(word, "sport") || !strcmp(word, "dport") || !strcmp(word, "port"))
		return parse_ports(r, *word == 's' ? &r->sport : *word == 'd' ? &r->dport : &r->port, value);
	if (!strcmp(word, "smac") || !strcmp(word, "dmac"))
		return parse_mac(*word == 's' ? r->smac : r->dmac, *word == 's' ? &r->has_smac : &r->has_dmac, value);
	if (!strcmp(word, "proto"))
		return parse_protocol(r, value);
	return *word == 'm' ? parse_mark(r, value) : parse_vlan(r, value);
}

static const char *check(const struct rule *r)
{
	static const int with_ports[] = { 6, 17, 33, 132, 136 };
	bool fine = r->protocol < 0 || !(r->flags & PACKET_PORTS);

	for (unsigned int i = 0; i < sizeof(with_ports) / sizeof(*with_ports); i++)
		fine |= r->protocol == with_ports[i];
	if (!fine)
		return "this protocol has no ports, so the rule matches no packet";
	if (r->port.n && (r->sport.n || r->dport.n))
		return "port stands for sport or dport: give it alone";
	return NULL;
}

static int complain(const char *where, const char *word, const char *value, const char *why)
{
	if (*why)
		err("%s: '%s%s%s': %s", where, word, value ? " " : "", value ?: "", why);
	return -EINVAL;
}

int rules_add(struct rules *rules, const char *text, const char *where)
{
	struct rule r = { .protocol = -1, .vlan = -1 }, *more;
	char *copy = strdup(text), *save = NULL, *word = copy ? strtok_r(copy, " \t\n", &save) : NULL;
	const char *why = NULL;
	int ret = copy ? 0 : -ENOMEM;

	if (!ret && (!word || (why = parse_action(&r, word))))
		ret = complain(where, word ?: "", NULL, why ?: "a rule begins with drop or allow");
	word = ret ? NULL : strtok_r(NULL, " \t\n", &save);
	while (word && !ret) {
		char *next = strtok_r(NULL, " \t\n", &save);
		const char *value = next;

		why = parse_word(&r, word, &value);
		if (why)
			ret = complain(where, word, value || !next || strstr(why, "is no condition") ? NULL : next, why);
		word = value ? next : next ? strtok_r(NULL, " \t\n", &save) : NULL;
	}
	if (!ret && (why = check(&r)))
		ret = complain(where, text, NULL, why);
	free(copy);
	if (ret)
		return ret;
	if (!(rules->n & (rules->n - 1))) {
		more = realloc(rules->list, (rules->n ? rules->n * 2 : 1) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		rules->list = more;
	}
	r.text = strdup(text);
	if (!r.text)
		return -ENOMEM;
	r.text[strcspn(r.text, "\n")] = 0;
	if (r.has_smac || r.has_dmac)
		r.flags |= PACKET_ETHER;
	rules->by_mac |= r.flags & PACKET_ETHER;
	rules->by_vlan |= r.vlan >= 0;
	rules->by_mark |= r.mark != 0;
	rules->list[rules->n++] = r;
	return 0;
}

int rules_read(struct rules *rules, const char *path, struct stat *was)
{
	FILE *f = fopen(path, "re");
	char where[256], *line = NULL, *at;
	int ret = f ? 0 : -errno, n = 0;
	size_t size = 0;

	if (!f) {
		err("%s: %s", path, strerror(errno));
		return ret;
	}
	if (fstat(fileno(f), was)) {
		ret = -errno;
		err("%s: %s", path, strerror(errno));
	}
	while (!ret && getline(&line, &size, f) >= 0) {
		snprintf(where, sizeof(where), "%s:%d", path, ++n);
		line[strcspn(line, "#\n")] = 0;
		for (at = line; isspace((unsigned char)*at); at++)
			;
		if (*at)
			ret = rules_add(rules, at, where);
	}
	if (!ret && ferror(f)) {
		err("%s: %s", path, strerror(errno));
		ret = -EIO;
	}
	free(line);
	fclose(f);
	return ret;
}
