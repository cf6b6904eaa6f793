// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
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
		t->class[t->classes++] = (struct rules_class){ .kind = e->kind, .swap = e->swap, .first = e->value, .mask = *mask };
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

/* A class of one entry: a prefix is a mask as well. */
static void only_one(struct rules_class *c, struct rules_entry *e)
{
	c->want = e->key;
	for (__u32 i = 0; e->kind & RULES_LPM && i < 4; i++) {
		__u32 bits = e->bits <= 32 * i ? 0 : e->bits - 32 * i;

		c->mask.addr[i] = bits ? htonl(bits < 32 ? ~(-1U >> bits) : -1U) : 0;
	}
	c->kind = e->kind = (e->kind & RULES_WIDE) | RULES_ONE;
}

static bool of_one_word(const struct rules_class *c)
{
	return !c->kind && c->sure == c->mask.what && !c->mask.ports + !c->mask.mark + !c->mask.other[0] + !c->mask.addr[0] == 3;
}

/* What the entries of each class, which stand side by side, have in common decides how it is looked up. */
static void shape(struct rules *rules)
{
	struct rules_entry *list = rules->entries;

	memset(rules->in_map, 0, sizeof(rules->in_map));
	for (size_t i = 0, end; i < rules->n_entries; i = end) {
		struct rules_class *c = &rules->table.class[list[i].class];

		c->sure = c->mask.what;
		c->want.what = list[i].key.what;
		for (end = i; end < rules->n_entries && list[end].class == list[i].class; end++)
			c->sure &= ~(list[end].key.what ^ list[i].key.what);
		rules->table.asks |= c->mask.what >> 24;
		if (end == i + 1)
			only_one(c, &list[i]);
		else if (of_one_word(c))
			c->kind = RULES_WORD;
		for (size_t j = i; j < end; j++) {
			list[j].kind = c->kind;
			if (!(c->kind & RULES_ONE))
				rules->in_map[rules_map(c->kind)]++;
		}
	}
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
	ret = ret == -E2BIG ? -EINVAL : ret ?: settle(rules);
	if (!ret)
		shape(rules);
	return ret;
}

/* --- Into the maps. --- */

union any_key {
	struct rules_narrow narrow;
	struct rules_wide wide;
	struct rules_narrow_prefix narrow_prefix;
	struct rules_wide_prefix wide_prefix;
	struct rules_word word;
};

static void key_of(const struct rules_entry *e, __u32 class, union any_key *key)
{
	struct rules_wide wide = e->key;
	struct rules_narrow narrow = { class, wide.what, wide.ports, wide.mark, wide.other[0], wide.addr[0] };

	wide.class = class;
	memset(key, 0, sizeof(*key));
	switch (e->kind) {
	case 0:
		key->narrow = narrow;
		break;
	case RULES_WORD:	/* all but one are 0 */
		key->word = (struct rules_word){ class, wide.ports | wide.mark | wide.other[0] | wide.addr[0] };
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

		if (e->kind & RULES_ONE)
			continue;
		key_of(e, generation * RULES_CLASSES + e->class, &key);
		bpf_map_delete_elem(maps->map[rules_map(e->kind)], &key);
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

/* Until no packet is looked at that began with the other table. */
static void grace_period(void)
{
	/* Waits for each program that runs now, as the kernel itself does; where CPUs have no tick it refuses. */
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2 || syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
}

/* What no table names any more. */
static void sweep(const struct rules_maps *maps, __u32 generation)
{
	static const size_t sizes[RULES_MAPS] = { sizeof(struct rules_narrow), sizeof(struct rules_wide), sizeof(struct rules_narrow_prefix),
						  sizeof(struct rules_wide_prefix), sizeof(struct rules_word) };

	for (int i = 0; i < RULES_MAPS; i++) {
		struct old_keys old = { .generation = generation, .prefix = i == 2 || i == 3, .size = sizes[i] };

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
	struct rules_live *live = maps->live;
	struct rules_table *t = &rules->table;
	struct bpf_map_info info = {};
	__u32 size = sizeof(info), next, room;
	union any_key key;
	int ret;

	ret = bpf_obj_get_info_by_fd(maps->counters, &info, &size);
	if (ret)
		return ret;
	room = info.max_entries / 2;
	if (rules->n >= room)
		return -E2BIG;
	next = !live->active;
	t->generation = live->half[live->active].generation + 1;
	t->base = next * room;
	for (__u32 i = 0; i < t->classes; i++)
		t->class[i].mask.class = t->generation * RULES_CLASSES + i;
	if (t->generation > 1)
		ret = clear_counters(maps->counters, t->base, rules->n + 1, t->generation);
	for (size_t i = 0; i < rules->n_entries && !ret; i++) {
		const struct rules_entry *e = &rules->entries[i];

		if (e->kind & RULES_ONE)
			continue;
		key_of(e, t->generation * RULES_CLASSES + e->class, &key);
		ret = bpf_map_update_elem(maps->map[rules_map(e->kind)], &key, &e->value, BPF_ANY);
		if (ret)
			take_out(rules, maps, t->generation, i);
	}
	if (ret)
		return ret;
	live->half[next] = *t;
	__atomic_store_n(&live->active, next, __ATOMIC_RELEASE);
	if (t->generation > 1) {
		grace_period();
		sweep(maps, t->generation);
	}
	return 0;
}

void rules_free(struct rules *rules)
{
	for (size_t i = 0; i < rules->n; i++)
		free(rules->list[i].text);
	free(rules->list);
	free(rules->entries);
	memset(rules, 0, sizeof(*rules));
}
