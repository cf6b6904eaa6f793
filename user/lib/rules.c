// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "lib/packet.h"
#include "lib/rules_user.h"
#include "lib/sock_user.h"
#include "lib/tool.h"

/* One lookup's worth of a rule; one with ranges of ports has several. */
struct rules_entry {
	struct rules_wide key;
	__u32 kind, swap, class;
	__u32 bits;		/* of key.addr, where it is a prefix */
	__u32 value;
};

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

/* --- From text. Each gives what is wrong with the word, NULL if nothing is. --- */

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

/* --- To entries. --- */

struct piece {
	__u16 value, mask;
};

struct pieces {
	struct piece list[SOCK_RANGES * 30];
	int n;
};

/* A range is a few blocks, each of a power of two: 1024-65535 is six of them. */
static void cut(const struct sock_ports *ports, struct pieces *to)
{
	to->n = 0;
	if (!ports->n)
		to->list[to->n++] = (struct piece){ 0, 0 };
	for (__u32 i = 0; i < ports->n; i++) {
		__u32 from = ports->range[i].from, end = ports->range[i].to;

		while (from <= end) {
			__u32 size = from ? from & -from : 1 << 16;

			while (from + size - 1 > end)
				size /= 2;
			to->list[to->n++] = (struct piece){ from, -size };
			from += size;
		}
	}
}

static int bits_of(const struct sock_net *net)
{
	int bits = 0;

	for (int i = 0; i < 4; i++)
		bits += __builtin_popcount(net->mask[i]);
	return bits;
}

static int add_entry(struct rules *rules, const struct rules_entry *e, const struct rules_wide *mask)
{
	struct rules_table *t = &rules->table;
	struct rules_entry *more;
	__u32 i;

	for (i = 0; i < t->classes; i++)
		if (t->class[i].kind == e->kind && t->class[i].swap == e->swap && !memcmp(&t->class[i].mask, mask, sizeof(*mask)))
			break;
	if (i == RULES_CLASSES)
		return -E2BIG;
	if (i == t->classes)
		t->class[t->classes++] = (struct rules_class){ .kind = e->kind, .swap = e->swap, .first = e->value & ~1U, .mask = *mask };
	if (!(rules->n_entries & (rules->n_entries - 1))) {
		more = realloc(rules->entries, (rules->n_entries ? rules->n_entries * 2 : 1) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		rules->entries = more;
	}
	rules->entries[rules->n_entries] = *e;
	rules->entries[rules->n_entries++].class = i;
	return 0;
}

/* All but the ports. */
static void fill(const struct rule *r, struct rules_entry *e, struct rules_wide *mask)
{
	int full = r->family == 6 ? 128 : 32, src = bits_of(&r->src), dst = bits_of(&r->dst);
	const struct sock_net *addr = &r->src, *other = &r->dst;

	if (r->family == 6 || r->has_smac || r->has_dmac)
		e->kind |= RULES_WIDE;
	if (dst && dst < full && (!src || src == full)) {
		e->swap = -1U;
		addr = &r->dst;
		other = &r->src;
	}
	e->bits = bits_of(addr);
	memcpy(e->key.addr, addr->addr, sizeof(e->key.addr));
	memcpy(e->key.other, other->addr, sizeof(e->key.other));
	memcpy(mask->addr, addr->mask, sizeof(mask->addr));
	memcpy(mask->other, other->mask, sizeof(mask->other));
	if (e->bits && (int)e->bits < full) {
		e->kind |= RULES_LPM;
		memset(mask->addr, 0, sizeof(mask->addr));
		memset(mask->addr, 0xff, full / 8);
	}
	e->key.what = RULES_WHAT(r->flags, r->family, r->protocol < 0 ? 0 : r->protocol, r->vlan < 0 ? 0 : r->vlan);
	mask->what = RULES_WHAT(r->flags, r->family ? 0xf : 0, r->protocol < 0 ? 0 : 0xff, r->vlan < 0 ? 0 : 0xfff);
	e->key.mark = r->mark;
	mask->mark = r->mark >> 32;
	if (r->has_smac) {
		memcpy(e->key.smac, r->smac, 6);
		memset(mask->smac, 0xff, 6);
	}
	if (r->has_dmac) {
		memcpy(e->key.dmac, r->dmac, 6);
		memset(mask->dmac, 0xff, 6);
	}
}

static int add_rule(struct rules *rules, const struct rule *r, __u32 value, const struct sock_ports *sport, const struct sock_ports *dport)
{
	static struct pieces from, to;
	int ret = 0;

	cut(sport, &from);
	cut(dport, &to);
	for (int i = 0; i < from.n && !ret; i++)
		for (int j = 0; j < to.n && !ret; j++) {
			struct rules_entry e = { .value = value };
			struct rules_wide mask = {};

			fill(r, &e, &mask);
			e.key.ports = (__u32)from.list[i].value << 16 | to.list[j].value;
			mask.ports = (__u32)from.list[i].mask << 16 | to.list[j].mask;
			ret = add_entry(rules, &e, &mask);
		}
	return ret;
}

static int by_key(const void *a, const void *b)
{
	const struct rules_entry *x = a, *y = b;
	int order = x->class != y->class ? (x->class > y->class) - (x->class < y->class) : memcmp(&x->key, &y->key, sizeof(x->key));

	if (!order)
		order = (x->bits > y->bits) - (x->bits < y->bits);
	return order ?: (x->value > y->value) - (x->value < y->value);
}

static bool is_in(const struct rules_entry *e, const struct rules_entry *wider)
{
	const __u8 *x = (const __u8 *)e->key.addr, *y = (const __u8 *)wider->key.addr;
	__u32 whole = wider->bits / 8, rest = wider->bits % 8;

	return e->class == wider->class && wider->bits <= e->bits &&
	       !memcmp(&e->key, &wider->key, offsetof(struct rules_wide, addr)) && !memcmp(x, y, whole) &&
	       (!rest || !((x[whole] ^ y[whole]) >> (8 - rest)));
}

/*
 * Of rules that are the same the first stays. A prefix that is found decides for those that it is in as well: they would
 * not be found any more.
 */
static int settle(struct rules *rules)
{
	struct rules_entry *list = rules->entries, *within[129];
	__u32 *live = calloc(rules->n + 1, sizeof(*live)), *against = calloc(rules->n + 1, sizeof(*against));
	size_t n = 0;
	int depth = 0, ret = live && against ? 0 : -ENOMEM;

	if (rules->n_entries && !ret)
		qsort(list, rules->n_entries, sizeof(*list), by_key);
	for (size_t i = 0; i < rules->n_entries && !ret; i++) {
		struct rules_entry *e = &list[i], *last = n ? &list[n - 1] : NULL;

		if (!last || last->class != e->class || last->bits != e->bits || memcmp(&last->key, &e->key, sizeof(e->key))) {
			live[e->value >> 1]++;
			list[n++] = *e;
		} else if ((last->value ^ e->value) & 1) {
			against[e->value >> 1] = last->value >> 1;
		}
	}
	for (size_t i = 1; i <= rules->n && !ret; i++)
		if (!live[i] && against[i]) {
			err("'%s' contradicts '%s': it would never decide", rules->list[i - 1].text, rules->list[against[i] - 1].text);
			ret = -EINVAL;
		}
	free(live);
	free(against);
	if (ret)
		return ret;
	rules->n_entries = n;
	memset(rules->in_map, 0, sizeof(rules->in_map));
	for (size_t i = 0; i < n; i++)
		rules->in_map[list[i].kind & (RULES_WIDE | RULES_LPM)]++;
	for (size_t i = 0; i < n; i++) {
		if (!(list[i].kind & RULES_LPM))
			continue;
		while (depth && !is_in(&list[i], within[depth - 1]))
			depth--;
		if (depth && within[depth - 1]->value < list[i].value)
			list[i].value = within[depth - 1]->value;
		within[depth++] = &list[i];
	}
	return 0;
}

int rules_compile(struct rules *rules, bool otherwise)
{
	static const struct sock_ports any;
	int ret = 0;

	free(rules->entries);
	rules->entries = NULL;
	rules->n_entries = 0;
	memset(&rules->table, 0, sizeof(rules->table));
	rules->table.otherwise = otherwise;
	rules->table.rules = rules->n;
	for (size_t i = 0; i < rules->n && !ret; i++) {
		const struct rule *r = &rules->list[i];
		__u32 value = RULES_VALUE(i + 1, r->drop);

		if (r->port.n)
			ret = add_rule(rules, r, value, &r->port, &any) ?: add_rule(rules, r, value, &any, &r->port);
		else
			ret = add_rule(rules, r, value, &r->sport, &r->dport);
		if (ret == -E2BIG)
			err("'%s': the rules up to it ask for more than %d kinds of things: use fewer ranges of ports, or lengths of networks",
			    r->text, RULES_CLASSES);
	}
	ret = ret == -E2BIG ? -EINVAL : ret;
	return ret ?: settle(rules);
}

/* --- Into the maps. --- */

union any_key {
	struct rules_narrow narrow;
	struct rules_wide wide;
	struct rules_narrow_prefix narrow_prefix;
	struct rules_wide_prefix wide_prefix;
};

static void key_of(const struct rules_entry *e, __u32 class, union any_key *key)
{
	struct rules_wide wide = e->key;
	struct rules_narrow narrow = { class, wide.what, wide.ports, wide.mark, wide.other[0], wide.addr[0] };

	wide.class = class;
	memset(key, 0, sizeof(*key));
	switch (e->kind & (RULES_WIDE | RULES_LPM)) {
	case 0:
		key->narrow = narrow;
		break;
	case RULES_WIDE:
		key->wide = wide;
		break;
	case RULES_LPM:
		key->narrow_prefix = (struct rules_narrow_prefix){ offsetof(struct rules_narrow, addr) * 8 + e->bits, narrow };
		break;
	default:
		key->wide_prefix = (struct rules_wide_prefix){ offsetof(struct rules_wide, addr) * 8 + e->bits, wide };
	}
}

static void take_out(const struct rules *rules, const struct rules_maps *maps, __u32 generation, size_t n)
{
	union any_key key;

	for (size_t i = 0; i < n; i++) {
		const struct rules_entry *e = &rules->entries[i];

		key_of(e, generation * RULES_CLASSES + e->class, &key);
		bpf_map_delete_elem(maps->map[e->kind & (RULES_WIDE | RULES_LPM)], &key);
	}
}

struct old_keys {
	__u32 generation;
	bool prefix;
	size_t size, n;
	char *keys;
};

static int collect_old(void *ctx, const void *key, void *value)
{
	struct old_keys *old = ctx;
	__u32 class = ((const __u32 *)key)[old->prefix];
	char *more;

	if (class / RULES_CLASSES == old->generation)
		return 0;
	more = realloc(old->keys, (old->n + 1) * old->size);
	if (!more)
		return -ENOMEM;
	old->keys = more;
	memcpy(old->keys + old->n++ * old->size, key, old->size);
	return 0;
}

/* What no table names any more; a packet that is being looked at may still use it for a moment. */
static void sweep(const struct rules_maps *maps, __u32 generation)
{
	static const size_t sizes[4] = { sizeof(struct rules_narrow), sizeof(struct rules_wide), sizeof(struct rules_narrow_prefix),
					 sizeof(struct rules_wide_prefix) };

	nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	for (int i = 0; i < 4; i++) {
		struct old_keys old = { .generation = generation, .prefix = i & RULES_LPM, .size = sizes[i] };

		map_each(maps->map[i], collect_old, &old);
		for (size_t j = 0; j < old.n; j++)
			bpf_map_delete_elem(maps->map[i], old.keys + j * old.size);
		free(old.keys);
	}
}

/* With a generation of its own: who compares two readings sees that it is another rule. */
static int clear_counters(int fd, __u32 from, __u32 n, __u32 generation)
{
	int cpus = libbpf_num_possible_cpus(), ret = 0;
	struct rules_count *none = calloc(cpus > 0 ? cpus : 1, sizeof(*none));

	if (!none)
		return -ENOMEM;
	for (int i = 0; i < cpus; i++)
		none[i].generation = generation;
	for (__u32 i = from; i < from + n && !ret; i++)
		ret = bpf_map_update_elem(fd, &i, none, BPF_ANY);
	free(none);
	return ret;
}

int rules_load(struct rules *rules, const struct rules_maps *maps)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info), zero = 0, now, next, room;
	struct rules_table before, *t = &rules->table;
	union any_key key;
	int ret;

	ret = bpf_obj_get_info_by_fd(maps->counters, &info, &size) ?: bpf_map_lookup_elem(maps->active, &zero, &now) ?:
	      bpf_map_lookup_elem(maps->tables, &now, &before);
	if (ret)
		return ret;
	room = info.max_entries / 2;
	if (rules->n >= room)
		return -E2BIG;
	next = !now;
	t->generation = before.generation + 1;
	t->base = next * room;
	for (__u32 i = 0; i < t->classes; i++)
		t->class[i].mask.class = t->generation * RULES_CLASSES + i;
	if (t->generation > 1)
		ret = clear_counters(maps->counters, t->base, rules->n + 1, t->generation);
	for (size_t i = 0; i < rules->n_entries && !ret; i++) {
		const struct rules_entry *e = &rules->entries[i];

		key_of(e, t->generation * RULES_CLASSES + e->class, &key);
		ret = bpf_map_update_elem(maps->map[e->kind & (RULES_WIDE | RULES_LPM)], &key, &e->value, BPF_ANY);
		if (ret)
			take_out(rules, maps, t->generation, i);
	}
	ret = ret ?: bpf_map_update_elem(maps->tables, &next, t, BPF_ANY) ?: bpf_map_update_elem(maps->active, &zero, &next, BPF_ANY);
	if (!ret && t->generation > 1)
		sweep(maps, t->generation);
	return ret;
}

void rules_free(struct rules *rules)
{
	for (size_t i = 0; i < rules->n; i++)
		free(rules->list[i].text);
	free(rules->list);
	free(rules->entries);
	memset(rules, 0, sizeof(*rules));
}
