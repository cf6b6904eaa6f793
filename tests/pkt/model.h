/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What pktdrop must do with a packet, in plain C, written from the rules' manual and not from the program: bytes one by one,
 * rules one after the other. And packets and rules at random, of so few values that they meet often.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct model_packet {
	int family, protocol, sport, dport, vlan; /* -1: not known; family 0: no IP */
	uint8_t src[16], dst[16], smac[6], dmac[6];
	bool ether, fragment, bad;
	uint32_t mark;
};

struct model_rule {
	bool drop, fragment, bad;
	int family, src_bits, dst_bits;		/* bits -1: any */
	uint8_t src[16], dst[16];
	int protocol, vlan;			/* -1: any */
	int sport[2], dport[2], port[2];	/* [0] -1: any */
	int smac, dmac;				/* last byte of 02:00:00:00:00:XX; -1: any */
	int mark;
};

/* --- Reading. --- */

static inline int model_16(const uint8_t *data, size_t size, size_t at)
{
	return at + 2 <= size ? data[at] << 8 | data[at + 1] : -1;
}

static inline void model_ports(struct model_packet *p, const uint8_t *data, size_t size, size_t at, bool later)
{
	switch (later ? 0 : p->protocol) {
	case 6: case 17: case 33: case 132: case 136:
		if (at + 4 > size || at > 1500) {
			p->bad = true;
			return;
		}
		p->sport = model_16(data, size, at);
		p->dport = model_16(data, size, at + 2);
	}
}

static inline void model_ip4(struct model_packet *p, const uint8_t *data, size_t size, size_t at)
{
	int fragment;

	if (at + 20 > size || data[at] >> 4 != 4 || (data[at] & 15) < 5) {
		p->bad = true;
		return;
	}
	p->family = 4;
	memcpy(p->src, data + at + 12, 4);
	memcpy(p->dst, data + at + 16, 4);
	p->protocol = data[at + 9];
	fragment = model_16(data, size, at + 6) & 0x3fff;
	p->fragment = fragment;
	model_ports(p, data, size, at + (data[at] & 15) * 4, fragment & 0x1fff);
}

static inline bool model_extension(int next)
{
	switch (next) {
	case 0: case 43: case 44: case 51: case 60: case 135: case 139: case 140: return true;
	}
	return false;
}

static inline void model_ip6(struct model_packet *p, const uint8_t *data, size_t size, size_t at)
{
	bool later = false;
	int next;

	if (at + 40 > size || data[at] >> 4 != 6) {
		p->bad = true;
		return;
	}
	p->family = 6;
	memcpy(p->src, data + at + 8, 16);
	memcpy(p->dst, data + at + 24, 16);
	next = data[at + 6];
	at += 40;
	for (int i = 0; model_extension(next) && !later; i++) {
		if (i == 8 || at + 4 > size || at > 1500) {
			p->bad = true;
			return;
		}
		if (next == 44) {
			p->fragment = true;
			later = model_16(data, size, at + 2) & 0xfff8;
			next = data[at];
			at += 8;
		} else {
			int was = next;

			next = data[at];
			at += was == 51 ? (data[at + 1] + 2) * 4 : (data[at + 1] + 1) * 8;
		}
	}
	p->protocol = next;
	model_ports(p, data, size, at, later);
}

/* mac: from Ethernet's header on, else from what is behind it and `type` says. */
static inline struct model_packet model_read(const uint8_t *data, size_t size, bool mac, int type, uint32_t mark)
{
	struct model_packet p = {.protocol = -1, .sport = -1, .dport = -1, .vlan = -1, .mark = mark};
	size_t at = 0;

	if (mac) {
		if (size < 14) {
			p.bad = true;
			return p;
		}
		memcpy(p.dmac, data, 6);
		memcpy(p.smac, data + 6, 6);
		p.ether = true;
		type = model_16(data, size, 12);
		at = 14;
		for (int i = 0; i < 3 && (type == 0x8100 || type == 0x88a8 || type == 0x9100); i++) {
			if (at + 4 > size) {
				p.bad = true;
				return p;
			}
			if (p.vlan < 0)
				p.vlan = model_16(data, size, at) & 0xfff;
			type = model_16(data, size, at + 2);
			at += 4;
		}
		p.bad |= type == 0x8100 || type == 0x88a8 || type == 0x9100;	/* a fourth */
	}
	if (type == 0x0800)
		model_ip4(&p, data, size, at);
	else if (type == 0x86dd)
		model_ip6(&p, data, size, at);
	return p;
}

/* --- Deciding. --- */

static inline bool model_in(const uint8_t *address, const uint8_t *net, int bits)
{
	for (int i = 0; i < bits; i++)
		if ((address[i / 8] ^ net[i / 8]) >> (7 - i % 8) & 1)
			return false;
	return true;
}

static inline bool model_between(int port, const int range[2])
{
	return range[0] < 0 || (port >= range[0] && port <= range[1]);
}

static inline bool model_matches(const struct model_rule *r, const struct model_packet *p)
{
	static const uint8_t mac[5] = {2};

	if (r->family && r->family != p->family)
		return false;
	if (r->src_bits >= 0 && !model_in(p->src, r->src, r->src_bits))
		return false;
	if (r->dst_bits >= 0 && !model_in(p->dst, r->dst, r->dst_bits))
		return false;
	if (r->protocol >= 0 && r->protocol != p->protocol)
		return false;
	if ((r->sport[0] >= 0 || r->dport[0] >= 0 || r->port[0] >= 0) && p->sport < 0)
		return false;
	if (!model_between(p->sport, r->sport) || !model_between(p->dport, r->dport))
		return false;
	if (!model_between(p->sport, r->port) && !model_between(p->dport, r->port))
		return false;
	if (r->smac >= 0 && (!p->ether || memcmp(p->smac, mac, 5) || p->smac[5] != r->smac))
		return false;
	if (r->dmac >= 0 && (!p->ether || memcmp(p->dmac, mac, 5) || p->dmac[5] != r->dmac))
		return false;
	if (r->vlan >= 0 && r->vlan != p->vlan)
		return false;
	if (r->mark >= 0 && (uint32_t)r->mark != p->mark)
		return false;
	return (!r->fragment || p->fragment) && (!r->bad || p->bad);
}

/* The number of the rule that decides, from 1; 0: none. */
static inline int model_decides(const struct model_rule *rules, int n, const struct model_packet *p)
{
	for (int i = 0; i < n; i++)
		if (model_matches(&rules[i], p))
			return i + 1;
	return 0;
}

/* --- At random. --- */

struct model_random {
	uint64_t state;
	const uint8_t *data; /* a fuzzer's, until it ends */
	size_t size;
};

static inline uint32_t model_random(struct model_random *r, uint32_t below)
{
	if (r->size) {
		r->size--;
		return *r->data++ % below;
	}
	r->state = r->state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (r->state >> 33) % below;
}

static inline void model_address(struct model_random *r, int family, uint8_t *to)
{
	memset(to, 0, 16);
	to[0] = family == 4 ? 10 : 0x20;
	to[1] = model_random(r, 3);
	to[2] = model_random(r, 2);
	to[family == 4 ? 3 : 15] = model_random(r, 4);
}

static const int model_ports_few[] = {22, 53, 80, 81, 1024, 1500, 2047, 65535};
static const int model_protocols[] = {6, 17, 1, 132, 47, 58, 136, 33};

static inline int model_port(struct model_random *r)
{
	return model_ports_few[model_random(r, 8)];
}

static inline void model_range(struct model_random *r, int range[2])
{
	static const int ranges[][2] = {{80, 83}, {1024, 2047}, {16, 127}, {65535, 65535}};
	int which = model_random(r, 8);

	range[0] = which < 4 ? ranges[which][0] : model_port(r);
	range[1] = which < 4 ? ranges[which][1] : range[0];
}

/* What the rules of a set are: any, addresses of one kind, or ranges of ports. */
enum model_set {MODEL_ANY, MODEL_ADDRESSES, MODEL_PORTS, MODEL_SETS};

/* l2, marks: what the hook knows of. */
static inline struct model_rule model_rule(struct model_random *r, enum model_set set, bool l2, bool marks)
{
	static const int bits4[] = {32, 24, 16, 8, 32}, bits6[] = {128, 64, 24, 16, 128};
	struct model_rule rule = {.drop = model_random(r, 2), .src_bits = -1, .dst_bits = -1, .protocol = -1, .vlan = -1,
				  .sport = {-1}, .dport = {-1}, .port = {-1}, .smac = -1, .dmac = -1, .mark = -1};
	int shape = model_random(r, 16);

	if (set == MODEL_ADDRESSES) {
		rule.family = 4;
		rule.src_bits = 32;
		model_address(r, 4, rule.src);
		return rule;
	}
	if (set == MODEL_PORTS) {
		model_range(r, shape % 2 ? rule.sport : rule.dport);	/* `port` may be no other rule than one of these */
		return rule;
	}
	if (shape < 10) {
		rule.family = model_random(r, 2) ? 4 : 6;
		if (shape % 3 != 1) {
			rule.src_bits = (rule.family == 4 ? bits4 : bits6)[model_random(r, 5)];
			model_address(r, rule.family, rule.src);
		}
		if (shape % 3) {
			rule.dst_bits = (rule.family == 4 ? bits4 : bits6)[model_random(r, 5)];
			model_address(r, rule.family, rule.dst);
		}
	}
	switch (shape) {
	case 3: case 8: case 10: model_range(r, rule.dport); break;
	case 11: model_range(r, rule.sport); break;
	case 12: model_range(r, rule.port); break;
	case 13: rule.fragment = true; break;
	case 14: rule.bad = model_random(r, 2); rule.family = model_random(r, 2) ? 4 : 6; break;
	case 15:
		if (l2 && model_random(r, 2))
			rule.vlan = model_random(r, 3);
		else if (l2)
			*(model_random(r, 2) ? &rule.smac : &rule.dmac) = model_random(r, 3);
		else if (marks)
			rule.mark = model_random(r, 3);
		break;
	}
	if (shape >= 5 && shape <= 12 && model_random(r, 2))
		rule.protocol = rule.sport[0] < 0 && rule.dport[0] < 0 && rule.port[0] < 0 ? model_protocols[model_random(r, 8)] :
											     model_protocols[model_random(r, 2)];
	return rule;
}

static inline void model_net_text(char *to, const char *word, int family, const uint8_t *a, int bits)
{
	uint8_t masked[16];

	for (int i = 0; i < 16; i++)
		masked[i] = bits >= 8 * i + 8 ? a[i] : bits > 8 * i ? a[i] & (0xff00 >> (bits - 8 * i)) : 0;
	to += strlen(to);
	if (family == 4)
		sprintf(to, " %s %d.%d.%d.%d/%d", word, masked[0], masked[1], masked[2], masked[3], bits);
	else
		sprintf(to, " %s %02x%02x:%02x%02x::%x/%d", word, masked[0], masked[1], masked[2], masked[3], masked[15], bits);
}

static inline void model_range_text(char *to, const char *word, const int range[2])
{
	if (range[0] >= 0)
		sprintf(to + strlen(to), range[0] == range[1] ? " %s %d" : " %s %d-%d", word, range[0], range[1]);
}

/* As pktdrop reads it; at most 200 characters. */
static inline void model_text(const struct model_rule *r, char *to)
{
	strcpy(to, r->drop ? "drop" : "allow");
	if (r->family && r->src_bits < 0 && r->dst_bits < 0)
		strcat(to, r->family == 4 ? " ipv4" : " ipv6");
	if (r->src_bits >= 0)
		model_net_text(to, "src", r->family, r->src, r->src_bits);
	if (r->dst_bits >= 0)
		model_net_text(to, "dst", r->family, r->dst, r->dst_bits);
	if (r->protocol >= 0)
		sprintf(to + strlen(to), " proto %d", r->protocol);
	model_range_text(to, "sport", r->sport);
	model_range_text(to, "dport", r->dport);
	model_range_text(to, "port", r->port);
	if (r->smac >= 0)
		sprintf(to + strlen(to), " smac 02:00:00:00:00:%02x", r->smac);
	if (r->dmac >= 0)
		sprintf(to + strlen(to), " dmac 02:00:00:00:00:%02x", r->dmac);
	if (r->vlan >= 0)
		sprintf(to + strlen(to), " vlan %d", r->vlan);
	if (r->mark >= 0)
		sprintf(to + strlen(to), " mark %d", r->mark);
	strcat(to, r->fragment ? " fragment" : "");
	strcat(to, r->bad ? " malformed" : "");
}

/* At most `most` rules that don't contradict each other; their text, one a line. */
static inline int model_rules(struct model_random *r, enum model_set set, struct model_rule *rules, int most, bool l2, bool marks, char *text)
{
	char lines[64][200];
	int n = 0;

	*text = 0;
	for (int i = 0; i < most; i++) {
		bool twice = false;

		rules[n] = model_rule(r, set, l2, marks);
		model_text(&rules[n], lines[n]);
		for (int j = 0; j < n; j++)
			twice |= !strcmp(strpbrk(lines[j], "pw") + 1, strpbrk(lines[n], "pw") + 1);
		if (twice)
			continue;
		strcat(strcat(text, lines[n]), "\n");
		n++;
	}
	return n;
}

static inline void model_put16(uint8_t *to, int value)
{
	to[0] = value >> 8;
	to[1] = value;
}

/* At least 14 bytes, at most 400; sometimes cut off, sometimes with a wrong byte. */
static inline size_t model_packet(struct model_random *r, uint8_t *data)
{
	static const int tags[] = {0x8100, 0x88a8, 0x9100, 0x8100}, extensions[] = {0, 43, 44, 51, 60, 135, 60, 44};
	int n = model_random(r, 4) ? 0 : model_random(r, 5), kind = model_random(r, 16), protocol = model_protocols[model_random(r, 8)];
	size_t at = 14, type_at = 12, size;

	memset(data, 0, 512);
	data[0] = data[6] = 2;
	data[5] = model_random(r, 3);
	data[11] = model_random(r, 3);
	for (int i = 0; i < n; i++, at += 4) {
		model_put16(data + type_at, tags[model_random(r, 4)]);
		model_put16(data + at, model_random(r, 8) << 13 | model_random(r, 3));
		type_at = at + 2;
	}
	if (kind < 8) {
		int words = model_random(r, 4) ? 5 : model_random(r, 16);

		model_put16(data + type_at, 0x0800);
		data[at] = 0x40 | words;
		data[at + 9] = protocol;
		if (!model_random(r, 4))
			model_put16(data + at + 6, model_random(r, 4) << 13 | (model_random(r, 2) ? 0 : model_random(r, 200)));
		model_address(r, 4, data + at + 12);
		model_address(r, 4, data + at + 16);
		at += words < 5 ? 20 : words * 4;
	} else if (kind < 15) {
		uint8_t *next = data + at + 6;

		model_put16(data + type_at, 0x86dd);
		data[at] = 0x60;
		model_address(r, 6, data + at + 8);
		model_address(r, 6, data + at + 24);
		at += 40;
		for (int i = model_random(r, 3) ? 0 : model_random(r, 11); i > 0; i--) {
			*next = extensions[model_random(r, 8)];
			if (*next == 44) {
				model_put16(data + at + 2, model_random(r, 3) ? 1 : 8 * model_random(r, 3));
				next = data + at;
				at += 8;
			} else {
				int length = model_random(r, 2), was = *next;

				data[at + 1] = length;
				next = data + at;
				at += was == 51 ? (length + 2) * 4 : (length + 1) * 8;
			}
		}
		*next = protocol;
	} else {
		model_put16(data + type_at, model_random(r, 2) ? 0x0806 : 0x88cc);
	}
	model_put16(data + at, model_port(r));
	model_put16(data + at + 2, model_port(r));
	size = at + 8 + model_random(r, 60);
	if (!model_random(r, 4))
		size = 14 + model_random(r, size - 14);
	if (!model_random(r, 8))
		data[14 + model_random(r, at - 13)] = model_random(r, 256);
	return size;
}

#endif
