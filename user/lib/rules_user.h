/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rules for packets, "drop src 10.0.0.0/8 proto tcp dport 22,80": from text into the maps of a program that knows bpf/lib/rules.h. */
#ifndef RULES_USER_H
#define RULES_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>
#include "lib/rules.h"
#include "lib/sock.h"

#define RULES_MAPS 5	/* narrow, wide, narrow_prefix, wide_prefix: by RULES_WIDE and RULES_LPM; word */

struct rule {
	char *text;
	bool drop;
	__u8 family;			/* 0: any */
	__u8 flags;			/* PACKET_* that it must have */
	__s16 protocol;			/* -1: any */
	__s32 vlan;			/* -1: any */
	__u64 mark;			/* value, and mask in the upper half */
	struct sock_net src, dst;	/* family 0: any */
	struct sock_ports sport, dport, port;
	__u16 smac[3], dmac[3];
	bool has_smac, has_dmac;
};

struct rules {
	struct rule *list;
	size_t n;
	bool by_mac, by_vlan, by_mark;	/* what they ask for that not each hook has */
	/* compiled */
	struct rules_entry *entries;
	size_t n_entries;
	struct rules_table table;
	size_t in_map[RULES_MAPS];
};

struct rules_maps {
	int map[RULES_MAPS];
	int counters;
	struct rules_live *live;
};

/* Which map, by kind. */
static inline int rules_map(__u32 kind)
{
	return kind & RULES_WORD ? RULES_MAPS - 1 : kind & (RULES_WIDE | RULES_LPM);
}

/* -EINVAL after a line on stderr, which begins with `where` */
int rules_add(struct rules *rules, const char *text, const char *where);
struct stat;
int rules_read(struct rules *rules, const char *path, struct stat *was);	/* one a line; # begins a comment; was: what was read */
int rules_compile(struct rules *rules, bool otherwise);
/* All at once: until the last moment those in force before are; -errno: they still are. */
int rules_load(struct rules *rules, const struct rules_maps *maps);
void rules_free(struct rules *rules);

#endif
