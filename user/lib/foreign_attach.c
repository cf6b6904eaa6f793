// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Attaching what a section name names, or what an option says where the name leaves it open. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "lib/filter.h"
#include "lib/foreign.h"
#include "lib/lib.h"
#include "lib/perf.h"

/* What holds an attachment that is no link of libbpf's: a descriptor, or a filter of tc that must be taken away. */
struct held {
	int fd;
	struct bpf_tc_hook hook;
	struct bpf_tc_opts filter;
	bool made_hook;
};

static struct held *held;
static size_t n_held;

static struct held *hold(int fd)
{
	struct held *more = realloc(held, (n_held + 1) * sizeof(*held));

	if (!more)
		return NULL;
	held = more;
	held[n_held] = (struct held){ .fd = fd };
	return &held[n_held++];
}

static int hold_fd(int fd)
{
	if (hold(fd))
		return 0;
	close(fd);
	return -ENOMEM;
}

static void let_go(struct held *h)
{
	if (h->fd >= 0) {
		close(h->fd);
		return;
	}
	h->filter.prog_fd = h->filter.prog_id = h->filter.flags = 0;
	bpf_tc_detach(&h->hook, &h->filter);
	h->hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;	/* the whole qdisc */
	if (h->made_hook)
		bpf_tc_hook_destroy(&h->hook);
}

void foreign_detach(void)
{
	attach_detach();
	while (n_held)
		let_go(&held[--n_held]);
}

/* Of one process, wherever it runs. */
static int attach_perf(struct bpf_program *program, const struct foreign_target *target)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_CPU_CLOCK,
					.freq = 1, .sample_freq = target->frequency ?: 49 };
	int fd;

	if (!target->pid)
		return perf_sample(program, target->frequency ?: 49);
	fd = syscall(SYS_perf_event_open, &attr, target->pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : attach_keep(bpf_program__attach_perf_event(program, fd));
}

static int attach_cgroup(struct bpf_program *program, const char *path)
{
	const char *mount = filter_cgroup_mount();
	char full[8192];
	int fd, ret;

	snprintf(full, sizeof(full), "%s%s%s", mount && strncmp(path, mount, strlen(mount)) ? mount : "", *path == '/' ? "" : "/",
		 path);
	fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = attach_keep(bpf_program__attach_cgroup(program, fd));
	close(fd);
	return ret;
}

/* A packet socket that nobody reads: its filter sees what passes the interface. */
static int attach_socket(struct bpf_program *program, int index)
{
	struct sockaddr_ll {
		unsigned short family, protocol;
		int index;
		unsigned char rest[12];
	} address = { .family = AF_PACKET, .protocol = htons(ETH_P_ALL), .index = index };
	int prog = bpf_program__fd(program), fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), ret = 0;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)) ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)))
		ret = -errno;
	if (ret)
		close(fd);
	return ret ?: hold_fd(fd);
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

/* With a link, since 6.6; else a filter of the clsact qdisc, which is made if it isn't there. */
static int attach_tc(struct bpf_program *program, int index, bool egress)
{
	int fd = bpf_link_create(bpf_program__fd(program), index, egress ? 47 : 46 /* BPF_TCX_EGRESS, _INGRESS */, NULL), ret;
	libbpf_print_fn_t print;
	struct held *h;

	if (fd >= 0)
		return hold_fd(fd);
	h = hold(-1);
	if (!h)
		return -ENOMEM;
	h->hook = (struct bpf_tc_hook){ .sz = sizeof(h->hook), .ifindex = index,
					.attach_point = egress ? BPF_TC_EGRESS : BPF_TC_INGRESS };
	h->filter = (struct bpf_tc_opts){ .sz = sizeof(h->filter), .prog_fd = bpf_program__fd(program) };
	print = libbpf_set_print(quiet);	/* it says so if the qdisc is there */
	ret = bpf_tc_hook_create(&h->hook);
	libbpf_set_print(print);
	h->made_hook = !ret;
	ret = ret && ret != -EEXIST ? ret : bpf_tc_attach(&h->hook, &h->filter);
	if (ret) {
		let_go(h);
		n_held--;
	}
	return ret;
}

/* "uprobe/PATH:FUNCTION" and "usdt/PATH:PROVIDER:NAME" of one process; libbpf's own look at the section takes all. */
static int attach_user(struct bpf_program *program, int pid)
{
	const char *section = bpf_program__section_name(program);
	char path[4096], first[256], second[256] = "";
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .func_name = first, .retprobe = !strncmp(section, "uretprobe", 9));

	section += *section == '?';
	if (sscanf(strchr(section, '/') + 1, "%4095[^:]:%255[^:]:%255s", path, first, second) < 2)
		return -EINVAL;
	if (*second)
		return attach_keep(bpf_program__attach_usdt(program, pid, path, first, second, NULL));
	return attach_keep(bpf_program__attach_uprobe_opts(program, pid, path, 0, &opts));
}

/* Where the section says only that it is a struct of operations, its map registers it. */
int foreign_attach_map(struct bpf_map *map, char *why, size_t size)
{
	int ret = attach_keep(bpf_map__attach_struct_ops(map));

	*why = 0;
	if (ret)
		snprintf(why, size, "%s", ret == -EEXIST ? "one of this name is registered already" : strerror(-ret));
	return ret;
}

static bool is_user(const char *section)
{
	section += *section == '?';
	return strchr(section, '/') && (!strncmp(section, "uprobe", 6) || !strncmp(section, "uretprobe", 9) ||
					!strncmp(section, "usdt", 4));
}

static int needs(const char *option, char *why, size_t size)
{
	snprintf(why, size, "needs --%s", option);
	return -EDESTADDRREQ;
}

int foreign_attach(struct bpf_program *program, const struct foreign_target *target, char *why, size_t size)
{
	const char *section = bpf_program__section_name(program);
	int index = target->interface ? if_nametoindex(target->interface) : 0, ret;

	*why = 0;
	switch (bpf_program__type(program)) {
	case BPF_PROG_TYPE_PERF_EVENT:
		ret = attach_perf(program, target);
		break;
	case BPF_PROG_TYPE_XDP:
		ret = index ? attach_keep(bpf_program__attach_xdp(program, index)) : needs("interface", why, size);
		break;
	case BPF_PROG_TYPE_SOCKET_FILTER:
		ret = index ? attach_socket(program, index) : needs("interface", why, size);
		break;
	case BPF_PROG_TYPE_SCHED_CLS:
		ret = index ? attach_tc(program, index, target->egress || strstr(section, "egress")) :
			      needs("interface", why, size);
		break;
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_CGROUP_SOCK:
	case BPF_PROG_TYPE_CGROUP_DEVICE:
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
	case BPF_PROG_TYPE_CGROUP_SYSCTL:
	case BPF_PROG_TYPE_CGROUP_SOCKOPT:
	case BPF_PROG_TYPE_SOCK_OPS:
		ret = target->cgroup ? attach_cgroup(program, target->cgroup) : needs("cgroup", why, size);
		break;
	default:
		ret = target->pid && is_user(section) ? attach_user(program, target->pid) :
							attach_keep(bpf_program__attach(program));
		if (ret == -EOPNOTSUPP) {
			snprintf(why, size, "'%s' names nothing to attach to, or of a kind that libbpf can't attach by its name",
				 section);
			return ret;
		}
	}
	if (ret && !*why)
		snprintf(why, size, "%s", ret == -ENOENT ? "not in this kernel" : strerror(-ret));
	return ret;
}
