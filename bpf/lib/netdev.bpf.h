/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Network devices: only what is read, since the whole struct embeds half of the network stack. */
#ifndef NETDEV_BPF_H
#define NETDEV_BPF_H

#include "lib/probe.bpf.h"

#define NETDEV_NAME 16	/* IFNAMSIZ, include/uapi/linux/if.h */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct net___device {
	struct { unsigned int inum; } ns;
};

struct net_device___own {
	int ifindex;
	char name[NETDEV_NAME];
	struct { struct net___device *net; } nd_net;
};
#pragma clang attribute pop

/* The number of its network namespace, as --netns has it; 0 in a kernel without them. */
#define netdev_space(dev) (bpf_core_field_exists((dev)->nd_net.net) ? READ(dev, nd_net.net, ns.inum) : 0)

static __always_inline void netdev_name(char *to, const struct net_device___own *dev)
{
	bpf_probe_read_kernel(to, NETDEV_NAME, __builtin_preserve_access_index(&dev->name));
}

#endif
