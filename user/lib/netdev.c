// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/ethtool.h>
#include <linux/genetlink.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include "lib/netdev.h"

const char *const netdev_modes[NETDEV_MODES] = { "native", "generic", "offload" };

/* include/uapi/linux/netdev.h, since 6.3 */
enum { DEV_GET = 1, DEV_INDEX = 1, DEV_FEATURES = 3, DEV_METADATA = 5 };

/* --- Netlink. --- */

struct question {
	struct nlmsghdr head;
	char body[64];
};

typedef int (*answer_fn)(void *ctx, const struct nlmsghdr *head);

/* A dump that the kernel says was cut by a change is taken as it is: each line of it was true. */
static int ask(int protocol, struct question *question, answer_fn fn, void *ctx)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), ret = 0;
	size_t size = 1 << 16;
	char *answer = malloc(size);
	bool done = false;

	question->head.nlmsg_flags |= NLM_F_REQUEST;
	if (fd < 0 || !answer || send(fd, question, question->head.nlmsg_len, 0) < 0)
		ret = -errno;
	while (!ret && !done) {
		ssize_t n = recv(fd, answer, size, 0);
		const struct nlmsghdr *head = (void *)answer;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			ret = n ? -errno : -EIO;
		for (; n > 0 && !ret && !done && NLMSG_OK(head, n); head = NLMSG_NEXT(head, n)) {
			done = head->nlmsg_type == NLMSG_DONE || !(question->head.nlmsg_flags & NLM_F_DUMP);
			if (head->nlmsg_type == NLMSG_ERROR)
				ret = ((struct nlmsgerr *)NLMSG_DATA(head))->error, done = true;
			else if (head->nlmsg_type != NLMSG_DONE)
				ret = fn(ctx, head);
		}
	}
	free(answer);
	if (fd >= 0)
		close(fd);
	return ret;
}

static void *room(struct question *question, size_t size)
{
	char *at = (char *)question + NLMSG_ALIGN(question->head.nlmsg_len);

	question->head.nlmsg_len = at + size - (char *)question;
	return at;
}

#define QUESTION(type, flags) { .head = { NLMSG_HDRLEN, type, flags } }

/* The attributes behind a message's own struct, or in another one. */
#define EACH_ATTR(attr, first, length)	\
	for (int attr##_left = (length); RTA_OK(attr, attr##_left); attr = RTA_NEXT(attr, attr##_left))

static __u32 attr_u32(const struct rtattr *attr)
{
	__u32 value = 0;

	memcpy(&value, RTA_DATA(attr), RTA_PAYLOAD(attr) < sizeof(value) ? RTA_PAYLOAD(attr) : sizeof(value));
	return value;
}

static __u64 attr_u64(const struct rtattr *attr)
{
	__u64 value = 0;

	memcpy(&value, RTA_DATA(attr), RTA_PAYLOAD(attr) < sizeof(value) ? RTA_PAYLOAD(attr) : sizeof(value));
	return value;
}

static void attr_text(const struct rtattr *attr, char *to, size_t size)
{
	snprintf(to, size, "%.*s", (int)RTA_PAYLOAD(attr), (const char *)RTA_DATA(attr));
}

/* --- Interfaces. --- */

struct devices {
	struct netdev *dev;
	size_t n;
	bool features;		/* the kernel has the family that tells of them */
	__u16 family;
};

static int on_link(void *ctx, const struct nlmsghdr *head)
{
	static const int modes[] = { [IFLA_XDP_DRV_PROG_ID] = NETDEV_NATIVE + 1, [IFLA_XDP_SKB_PROG_ID] = NETDEV_GENERIC + 1,
				     [IFLA_XDP_HW_PROG_ID] = NETDEV_OFFLOAD + 1 };
	const struct ifinfomsg *message = NLMSG_DATA(head);
	const struct rtattr *attr = IFLA_RTA(message), *in;
	struct devices *devices = ctx;
	struct netdev *dev;

	if (head->nlmsg_type != RTM_NEWLINK)
		return 0;
	dev = realloc(devices->dev, (devices->n + 1) * sizeof(*dev));
	if (!dev)
		return -ENOMEM;
	devices->dev = dev;
	dev += devices->n++;
	*dev = (struct netdev){ .index = message->ifi_index };
	EACH_ATTR(attr, attr, IFLA_PAYLOAD(head)) {
		switch (attr->rta_type & NLA_TYPE_MASK) {
		case IFLA_IFNAME: attr_text(attr, dev->name, sizeof(dev->name)); break;
		case IFLA_MTU: dev->mtu = attr_u32(attr); break;
		case IFLA_NUM_RX_QUEUES: dev->rx_queues = attr_u32(attr); break;
		case IFLA_NUM_TX_QUEUES: dev->tx_queues = attr_u32(attr); break;
		case IFLA_XDP:
			in = RTA_DATA(attr);
			EACH_ATTR(in, in, RTA_PAYLOAD(attr)) {
				unsigned int type = in->rta_type & NLA_TYPE_MASK;

				if (type < sizeof(modes) / sizeof(*modes) && modes[type])
					dev->xdp[modes[type] - 1] = attr_u32(in);
			}
			break;
		}
	}
	return 0;
}

static int on_family(void *ctx, const struct nlmsghdr *head)
{
	const struct rtattr *attr = (void *)((char *)NLMSG_DATA(head) + GENL_HDRLEN);
	struct devices *devices = ctx;

	EACH_ATTR(attr, attr, (int)NLMSG_PAYLOAD(head, GENL_HDRLEN))
		if (attr->rta_type == CTRL_ATTR_FAMILY_ID)
			memcpy(&devices->family, RTA_DATA(attr), sizeof(devices->family));
	return 0;
}

static int on_features(void *ctx, const struct nlmsghdr *head)
{
	const struct rtattr *attr = (void *)((char *)NLMSG_DATA(head) + GENL_HDRLEN);
	__u64 features = 0, metadata = 0;
	struct devices *devices = ctx;
	__u32 index = 0;

	EACH_ATTR(attr, attr, (int)NLMSG_PAYLOAD(head, GENL_HDRLEN)) {
		switch (attr->rta_type & NLA_TYPE_MASK) {
		case DEV_INDEX: index = attr_u32(attr); break;
		case DEV_FEATURES: features = attr_u64(attr); break;
		case DEV_METADATA: metadata = attr_u64(attr); break;
		}
	}
	for (size_t i = 0; i < devices->n; i++) {
		struct netdev *dev = &devices->dev[i];

		if (dev->index == index) {
			dev->has_features = true;
			dev->features = features;
			dev->metadata = metadata;
		}
	}
	return 0;
}

/* An older kernel has no such family: nothing is known then, and that is no failure. */
static void find_features(struct devices *devices)
{
	struct question family = QUESTION(GENL_ID_CTRL, 0), get = QUESTION(0, NLM_F_DUMP);
	struct rtattr *attr;

	*(struct genlmsghdr *)room(&family, GENL_HDRLEN) = (struct genlmsghdr){ CTRL_CMD_GETFAMILY, 1 };
	attr = room(&family, RTA_LENGTH(sizeof("netdev")));
	*attr = (struct rtattr){ RTA_LENGTH(sizeof("netdev")), CTRL_ATTR_FAMILY_NAME };
	memcpy(RTA_DATA(attr), "netdev", sizeof("netdev"));
	if (ask(NETLINK_GENERIC, &family, on_family, devices) || !devices->family)
		return;
	get.head.nlmsg_type = devices->family;
	*(struct genlmsghdr *)room(&get, GENL_HDRLEN) = (struct genlmsghdr){ DEV_GET, 1 };
	ask(NETLINK_GENERIC, &get, on_features, devices);
}

static void find_driver(int fd, struct ifreq *request, char *driver, size_t size)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };

	request->ifr_data = (void *)&info;
	if (!ioctl(fd, SIOCETHTOOL, request))
		snprintf(driver, size, "%.*s", (int)sizeof(info.driver), info.driver);
}

void netdev_about(const char *name, struct netdev_about *about)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {};

	*about = (struct netdev_about){};
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0)
		return;
	if (!ioctl(fd, SIOCGIFMTU, &request))
		about->mtu = request.ifr_mtu;
	if (!ioctl(fd, SIOCGIFHWADDR, &request))
		about->type = request.ifr_hwaddr.sa_family;
	find_driver(fd, &request, about->driver, sizeof(about->driver));
	close(fd);
}

int netdev_each(int (*fn)(void *ctx, const struct netdev *dev), void *ctx)
{
	struct question links = QUESTION(RTM_GETLINK, NLM_F_DUMP);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret;
	struct devices devices = {};

	*(struct ifinfomsg *)room(&links, sizeof(struct ifinfomsg)) = (struct ifinfomsg){ .ifi_family = AF_UNSPEC };
	ret = ask(NETLINK_ROUTE, &links, on_link, &devices);
	if (!ret)
		find_features(&devices);
	for (size_t i = 0; !ret && i < devices.n; i++) {
		struct ifreq request = {};

		memcpy(request.ifr_name, devices.dev[i].name, sizeof(request.ifr_name));
		find_driver(fd, &request, devices.dev[i].driver, sizeof(devices.dev[i].driver));
		ret = fn(ctx, &devices.dev[i]);
	}
	if (fd >= 0)
		close(fd);
	free(devices.dev);
	return ret;
}

/* --- Filters of tc. --- */

struct filters {
	int (*fn)(void *ctx, const struct netdev_filter *filter);
	void *ctx;
	bool egress;
};

static int on_filter(void *ctx, const struct nlmsghdr *head)
{
	const struct tcmsg *message = NLMSG_DATA(head);
	const struct rtattr *attr = TCA_RTA(message), *options = NULL;
	struct filters *filters = ctx;
	struct netdev_filter filter = { .egress = filters->egress, .priority = message->tcm_info >> 16,
					.handle = message->tcm_handle };
	bool bpf = false;

	EACH_ATTR(attr, attr, (int)NLMSG_PAYLOAD(head, sizeof(*message))) {
		if (attr->rta_type == TCA_KIND)
			bpf = !strcmp(RTA_DATA(attr), "bpf");
		else if ((attr->rta_type & NLA_TYPE_MASK) == TCA_OPTIONS)
			options = attr;
	}
	if (!bpf || !options)
		return 0;
	attr = RTA_DATA(options);
	EACH_ATTR(attr, attr, RTA_PAYLOAD(options))
		if ((attr->rta_type & NLA_TYPE_MASK) == TCA_BPF_ID)
			filter.prog = attr_u32(attr);
	return filter.prog ? filters->fn(filters->ctx, &filter) : 0;
}

static int ask_filters(__u32 index, bool egress, answer_fn fn, void *ctx)
{
	struct question question = QUESTION(RTM_GETTFILTER, NLM_F_DUMP);

	*(struct tcmsg *)room(&question, sizeof(struct tcmsg)) = (struct tcmsg){
		.tcm_ifindex = index,
		.tcm_parent = TC_H_MAKE(TC_H_CLSACT, egress ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS),
	};
	return ask(NETLINK_ROUTE, &question, fn, ctx);
}

int netdev_each_filter(__u32 index, int (*fn)(void *ctx, const struct netdev_filter *filter), void *ctx)
{
	int ret = 0;

	for (int egress = 0; !ret && egress < 2; egress++) {
		struct filters filters = { fn, ctx, egress };

		ret = ask_filters(index, egress, on_filter, &filters);
	}
	return ret;
}

static int on_any_filter(void *ctx, const struct nlmsghdr *head)
{
	*(int *)ctx += head->nlmsg_type == RTM_NEWTFILTER;
	return 0;
}

int netdev_count_filters(__u32 index, bool egress)
{
	int n = 0;

	return ask_filters(index, egress, on_any_filter, &n) ?: n;
}

struct qdisc {
	__u32 index;
	char *kind;
	size_t size;
};

static int on_qdisc(void *ctx, const struct nlmsghdr *head)
{
	const struct tcmsg *message = NLMSG_DATA(head);
	const struct rtattr *attr = TCA_RTA(message);
	struct qdisc *q = ctx;

	if (message->tcm_parent != TC_H_CLSACT || (__u32)message->tcm_ifindex != q->index)
		return 0;
	EACH_ATTR(attr, attr, (int)NLMSG_PAYLOAD(head, sizeof(*message)))
		if (attr->rta_type == TCA_KIND)
			attr_text(attr, q->kind, q->size);
	return 0;
}

int netdev_qdisc(__u32 index, char *kind, size_t size)
{
	struct question question = QUESTION(RTM_GETQDISC, NLM_F_DUMP);
	struct qdisc q = { index, kind, size };

	*kind = 0;
	*(struct tcmsg *)room(&question, sizeof(struct tcmsg)) = (struct tcmsg){ .tcm_ifindex = index };
	return ask(NETLINK_ROUTE, &question, on_qdisc, &q);
}

/* --- Words. --- */

static void words(__u64 bits, const char *const *names, unsigned int n, char *to, size_t size)
{
	size_t at = 0;

	snprintf(to, size, "none");
	for (unsigned int i = 0; i < 64 && at < size; i++)
		if (bits & 1ULL << i && i < n)
			at += snprintf(to + at, size - at, "%s%s", at ? "," : "", names[i]);
		else if (bits & 1ULL << i)
			at += snprintf(to + at, size - at, "%sbit %u", at ? "," : "", i);
}

void netdev_features(__u64 features, char *to, size_t size)
{
	static const char *const names[] = { "basic", "redirect", "ndo-xmit", "xsk-zerocopy", "hw-offload", "rx-sg", "ndo-xmit-sg" };

	words(features, names, sizeof(names) / sizeof(*names), to, size);
}

void netdev_metadata(__u64 metadata, char *to, size_t size)
{
	static const char *const names[] = { "timestamp", "hash", "vlan-tag" };

	words(metadata, names, sizeof(names) / sizeof(*names), to, size);
}

/* --- Namespaces. --- */

struct spaces {
	struct netns *ns;
	int *fd;
	size_t n;
};

/* Takes fd over; one that is known already, or none, is nothing new. */
static int add_space(struct spaces *spaces, int fd, const char *name)
{
	struct stat st;
	struct netns *ns;
	int *fds;

	if (fd < 0 || fstat(fd, &st))
		goto drop;
	for (size_t i = 0; i < spaces->n; i++)
		if (spaces->ns[i].number == st.st_ino)
			goto drop;
	ns = realloc(spaces->ns, (spaces->n + 1) * sizeof(*ns));
	if (ns)
		spaces->ns = ns;
	fds = realloc(spaces->fd, (spaces->n + 1) * sizeof(*fds));
	if (fds)
		spaces->fd = fds;
	if (!ns || !fds) {
		close(fd);
		return -ENOMEM;
	}
	spaces->fd[spaces->n] = fd;
	ns[spaces->n].number = st.st_ino;
	snprintf(ns[spaces->n++].name, sizeof(ns->name), "%s", name);
	return 0;
drop:
	if (fd >= 0)
		close(fd);
	return 0;
}

/* Those that are mounted somewhere: in /run/netns by ip, elsewhere by container engines. */
static int add_mounted(struct spaces *spaces)
{
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char line[8192], at[4096];
	int ret = 0;

	while (!ret && mounts && fgets(line, sizeof(line), mounts))
		if (sscanf(line, "%*s %*s %*s net:[%*[0-9]] %4095s", at) == 1)
			ret = add_space(spaces, open(at, O_RDONLY | O_CLOEXEC), strrchr(at, '/') ? strrchr(at, '/') + 1 : at);
	if (mounts)
		fclose(mounts);
	return ret;
}

/* One that a process is in, and those that it has open. */
static int add_process(struct spaces *spaces, int proc, const char *pid)
{
	char path[400], comm[64] = "", who[100], target[64];
	struct dirent *entry;
	DIR *dir = NULL;
	FILE *f;
	int fd, ret;

	snprintf(path, sizeof(path), "%s/comm", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	f = fd < 0 ? NULL : fdopen(fd, "r");
	if (f && fgets(comm, sizeof(comm), f))
		comm[strcspn(comm, "\n")] = 0;
	if (f)
		fclose(f);
	snprintf(who, sizeof(who), "%.20s/%s", pid, comm);
	snprintf(path, sizeof(path), "%s/ns/net", pid);
	ret = add_space(spaces, openat(proc, path, O_RDONLY | O_CLOEXEC), who);
	snprintf(path, sizeof(path), "%s/fd", pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		dir = fdopendir(fd);
	while (!ret && dir && (entry = readdir(dir))) {
		ssize_t n = readlinkat(fd, entry->d_name, target, sizeof(target));

		if (n > 5 && !memcmp(target, "net:[", 5))
			ret = add_space(spaces, openat(fd, entry->d_name, O_RDONLY | O_CLOEXEC), who);
	}
	if (dir)
		closedir(dir);
	return ret;
}

static int add_processes(struct spaces *spaces)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int ret = 0;

	while (!ret && proc && (entry = readdir(proc)))
		if (isdigit((unsigned char)*entry->d_name))
			ret = add_process(spaces, dirfd(proc), entry->d_name);
	if (proc)
		closedir(proc);
	return ret;
}

int netns_each(int (*fn)(void *ctx, const struct netns *ns), void *ctx)
{
	struct spaces spaces = {};
	int ret;

	ret = add_space(&spaces, open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "");
	if (!ret && !spaces.n)
		ret = -ENOENT;
	ret = ret ?: add_mounted(&spaces) ?: add_processes(&spaces);
	for (size_t i = 0; !ret && i < spaces.n; i++) {
		if (i && setns(spaces.fd[i], CLONE_NEWNET))
			ret = -errno;
		else
			ret = fn(ctx, &spaces.ns[i]);
	}
	if (spaces.n && setns(spaces.fd[0], CLONE_NEWNET) && !ret && spaces.n > 1)
		ret = -errno;
	for (size_t i = 0; i < spaces.n; i++)
		close(spaces.fd[i]);
	free(spaces.ns);
	free(spaces.fd);
	return ret;
}
