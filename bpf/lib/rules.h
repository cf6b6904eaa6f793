/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rules for packets as the kernel looks them up. Rules that look at the same parts of a packet are a class; a packet, masked
 * as a class says, is looked up once for all rules of it. Of what the classes find, the first rule decides.
 */
#ifndef RULES_H
#define RULES_H

#include "lib/shared.h"

#define RULES_CLASSES 32

enum {
	RULES_WIDE = 1 << 0,	/* IPv6 or addresses of Ethernet */
	RULES_LPM = 1 << 1,	/* `addr` is looked up by its longest prefix */
	RULES_ONE = 1 << 2,	/* there is only one: compared, not looked up */
	RULES_WORD = 1 << 3,	/* they differ in one word only, which is all of the key */
};

/* What the rules can ask for: PACKET_* flags, family, protocol and VLAN in one word. */
#define RULES_WHAT(flags, family, protocol, vlan) ((__u32)(flags) << 24 | (__u32)(family) << 20 | (__u32)(vlan) << 8 | (protocol))

struct rules_narrow {
	__u32 class;
	__u32 what, ports, mark;
	__u32 other, addr;
};

struct rules_wide {
	__u32 class;
	__u32 what, ports, mark;
	__u16 smac[3], dmac[3];
	__u32 other[4], addr[4];
};

struct rules_narrow_prefix {
	__u32 bits;
	struct rules_narrow key;
};

struct rules_wide_prefix {
	__u32 bits;
	struct rules_wide key;
};

struct rules_word {
	__u32 class, word;
};

struct rules_class {
	__u32 kind;
	__u32 swap;			/* all ones: `addr` is the destination, not the source; else 0 */
	__u32 first;			/* the value of its first rule; classes are sorted by it */
	__u32 sure;			/* of `what`, in which all of them want the same */
	struct rules_wide mask;		/* but for class, which is the class's own number */
	struct rules_wide want;		/* RULES_ONE; of the other kinds `what` alone, as far as it is sure */
};

struct rules_table {
	__u32 classes;
	__u32 base;			/* of the counters: one for no rule, then one for each */
	__u32 otherwise;		/* 1: what no rule decides is dropped */
	__u32 generation;
	__u32 asks;			/* PACKET_* flags that any of them wants */
	__u32 pad;
	struct rules_class class[RULES_CLASSES];
};

/* One in force, one to be written. */
struct rules_live {
	__u32 active;			/* which */
	__u32 pad;
	struct rules_table half[2];
};

/* What a lookup finds: the rule's number, from 1, and whether it drops. */
#define RULES_VALUE(number, drop) ((number) << 1 | (drop))

struct rules_count {
	__u64 packets, bytes;
	__u64 generation;		/* of the table that counts here; 0: the first */
};

#endif
