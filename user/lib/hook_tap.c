// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Programs on packet sockets, where tcpdump sees packets, and in netfilter. */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "lib/hook.h"

#define NETFILTER ((enum bpf_attach_type)45)
#define NETFILTER_TYPE ((enum bpf_prog_type)32)
#define NETFILTER_HOOKS 5

/* It listens once the program is there, so that nothing ever waits in the socket. */
int hook_tap(struct bpf_program *p, int index)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = index };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), program = bpf_program__fd(p), ret;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &program, sizeof(program)) || bind(fd, (void *)&at, sizeof(at))) {
		ret = -errno;
		if (fd >= 0)
			close(fd);
		err("a packet socket: %s%s", strerror(-ret), ret == -EPERM ? ": run it as root, or with CAP_NET_RAW" : "");
		return ret;
	}
	return attach_keep_fd(fd) ?: fd;
}

void hook_netfilter_load(struct bpf_program *p)
{
	struct bpf_insn insns[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 }, { .code = BPF_JMP | BPF_EXIT } };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = NETFILTER);
	int fd = bpf_prog_load(NETFILTER_TYPE, "trial", "GPL", insns, 2, &opts);

	bpf_program__set_type(p, NETFILTER_TYPE);
	bpf_program__set_expected_attach_type(p, NETFILTER);
	bpf_program__set_autoload(p, fd >= 0);
	if (fd >= 0)
		close(fd);
}

/* As the kernel has it: libbpf's versions differ in what they know of it. */
static int netfilter_link(int program, __u32 family, __u32 at)
{
	struct {
		__u32 program, target, type, flags;
		__u32 family, hook;
		__s32 priority;
		__u32 filter_flags;
		char rest[64];
	} attr = { program, 0, NETFILTER, 0, family, at, INT_MIN + 1, 0, {} };
	int fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

	return fd < 0 ? -errno : attach_keep_fd(fd);
}

int hook_netfilter(struct bpf_program *p)
{
	int ret = 0;

	for (int i = 0; i < 2 * NETFILTER_HOOKS && !ret && bpf_program__autoload(p); i++) {
		ret = netfilter_link(bpf_program__fd(p), i & 1 ? AF_INET6 : AF_INET, i / 2);
		if (ret == -EAFNOSUPPORT || ret == -EOPNOTSUPP)	/* a kernel without it */
			ret = 0;
	}
	if (ret)
		err("netfilter: %s", strerror(-ret));
	return ret;
}
