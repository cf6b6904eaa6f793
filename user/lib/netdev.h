/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Network interfaces and network namespaces, as the kernel's netlink tells of them. */
#ifndef NETDEV_H
#define NETDEV_H

#include <net/if.h>
#include <stdbool.h>
#include <linux/types.h>

enum { NETDEV_NATIVE, NETDEV_GENERIC, NETDEV_OFFLOAD, NETDEV_MODES };	/* of XDP */

extern const char *const netdev_modes[NETDEV_MODES];	/* "native", "generic", "offload" */

struct netdev {
	__u32 index, mtu, rx_queues, tx_queues;
	char name[IF_NAMESIZE], driver[32];
	__u32 xdp[NETDEV_MODES];	/* ids of programs; 0: none */
	bool has_features;		/* the kernel tells of them: since 6.3 */
	__u64 features, metadata;	/* NETDEV_XDP_ACT_*, NETDEV_XDP_RX_METADATA_* */
};

#define NETDEV_CAN_NATIVE 1	/* NETDEV_XDP_ACT_BASIC, include/uapi/linux/netdev.h */

/* What one is, by its name; unknown: "" and 0. */
struct netdev_about {
	char driver[32];
	int mtu, type;		/* ARPHRD_* */
};
void netdev_about(const char *name, struct netdev_about *about);
int netdev_qdisc(__u32 index, char *kind, size_t size);	/* what stands where clsact would: "ingress"; "": nothing */

/* Each interface of the network namespace that the process is in, until fn gives something else than 0; -errno. */
int netdev_each(int (*fn)(void *ctx, const struct netdev *dev), void *ctx);

/* Programs that filters of tc hold at an interface. */
struct netdev_filter {
	__u32 prog, priority, handle;
	bool egress;
};
/* How many of any kind an interface has in one direction; -errno. */
int netdev_count_filters(__u32 index, bool egress);
int netdev_each_filter(__u32 index, int (*fn)(void *ctx, const struct netdev_filter *filter), void *ctx);

/* "basic,redirect": what a driver can do with XDP; "none" */
void netdev_features(__u64 features, char *to, size_t size);
void netdev_metadata(__u64 metadata, char *to, size_t size);

struct netns {
	unsigned long number;	/* the inode of its file, as --netns has it */
	char name[64];		/* as `ip netns` has it, or the first process that is in it or has it open: "181/nginx"; "": this one */
};

/* fn is called in each namespace that a process or a mount holds, this one first. */
int netns_each(int (*fn)(void *ctx, const struct netns *ns), void *ctx);

#endif
