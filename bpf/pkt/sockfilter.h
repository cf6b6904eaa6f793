/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/shared.h"

struct sockfilter_row {
	struct sockfilter_key {
		__u32 index;		/* of the interface */
		__u16 ether_type;
		__u16 vlan;		/* one more; 0: none, or not wanted */
		__u8 protocol;
		__u8 has_protocol;
		__u8 outgoing;
		__u8 pad;
	} key;
	__u32 pad;
	struct sockfilter_value {
		__u64 packets, bytes;
		__u64 fragments, malformed;
	} value;
};
