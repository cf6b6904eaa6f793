// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "mptcpify.h"

#define AF_INET	 2	/* include/linux/socket.h */
#define AF_INET6 10
#define SOCK_TYPE 0xf	/* without SOCK_CLOEXEC and SOCK_NONBLOCK */

/* socket(2) asks it which protocol to take; 0: the one that the caller named. */
SEC("?fmod_ret/update_socket_protocol")
int fmod_ret__protocol(__u64 *ctx)
{
	__u32 family = ctx[0], type = ctx[1], protocol = ctx[2];
	struct mptcpify_event *e;

	if ((family != AF_INET && family != AF_INET6) || (type & SOCK_TYPE) != SOCK_STREAM)
		return 0;
	if ((protocol && protocol != IPPROTO_TCP) || !filter_current())
		return 0;
	e = event_reserve(struct mptcpify_event);
	if (e) {
		e->family = family;
		e->pad = 0;
		event_submit(e);
	}
	return IPPROTO_MPTCP;
}
