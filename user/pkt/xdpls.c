// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which BPF programs sit at which network interfaces, in which mode, and who holds them. */
#include <bpf/bpf.h>
#include <errno.h>
#include <fnmatch.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/lib.h"
#include "lib/netdev.h"
#include "lib/owner.h"
#include "lib/prog.h"

/* include/uapi/linux/bpf.h, for older headers: what a link is, and where programs are asked for. */
enum { LINK_XDP = 6, LINK_TCX = 11, LINK_NETKIT = 13 };
static const struct {
	const char *hook, *mode;
	int attach_type;
} lists[] = {
	{ "tcx", "ingress", 46 }, { "tcx", "egress", 47 }, { "netkit", "primary", 54 }, { "netkit", "peer", 55 },
};

struct xdpls_row {
	struct netns ns;
	struct netdev dev;
	struct prog prog;
	const char *hook, *mode;	/* NULL: there is no program */
	__u32 link;
	char holders[256];
};

static const char *only;
static bool all_spaces, attached;
static __u64 interfaces;
static struct run *the_run;
static struct xdpls_row row;

/* --- Who holds what: all that is held, read once. --- */

static struct holder {
	enum object object;
	__u32 id;
	pid_t pid;
	char who[160];
} *holders;
static size_t n_holders;

static struct at_interface {
	__u32 id, type, prog, index;
} *links;
static size_t n_links;

static int on_owner(void *ctx, const struct owner *owner)
{
	struct holder *more;

	if ((owner->object != OBJECT_PROG && owner->object != OBJECT_LINK) || owner->attached || owner->pid == getpid())
		return 0;
	more = realloc(holders, (n_holders + 1) * sizeof(*holders));
	if (!more)
		return -ENOMEM;
	holders = more;
	more += n_holders++;
	*more = (struct holder){ .object = owner->object, .id = owner->id, .pid = owner->pid };
	if (owner->pid)
		snprintf(more->who, sizeof(more->who), "%d/%s", owner->pid, owner->comm);
	else
		snprintf(more->who, sizeof(more->who), "%s", owner->path);
	return 0;
}

static int find_links(void)
{
	for (__u32 id = 0; !bpf_link_get_next_id(id, &id);) {
		struct bpf_link_info info = {};
		__u32 size = sizeof(info);
		struct at_interface *more;
		int fd = object_open(OBJECT_LINK, id), ret;

		if (fd < 0)
			continue;
		ret = bpf_obj_get_info_by_fd(fd, &info, &size);
		close(fd);
		if (ret || (info.type != LINK_XDP && info.type != LINK_TCX && info.type != LINK_NETKIT))
			continue;
		more = realloc(links, (n_links + 1) * sizeof(*links));
		if (!more)
			return -ENOMEM;
		links = more;
		/* each of these begins with the interface */
		links[n_links++] = (struct at_interface){ id, info.type, info.prog_id, info.xdp.ifindex };
	}
	return 0;
}

static size_t name(enum object object, __u32 id, size_t at)
{
	for (size_t i = 0; i < n_holders && at < sizeof(row.holders); i++) {
		bool said = holders[i].object != object || holders[i].id != id;

		for (size_t j = 0; j < i && !said; j++)	/* several descriptors of one process */
			said = holders[j].pid && holders[j].pid == holders[i].pid && holders[j].object == object &&
			       holders[j].id == id;
		if (!said)
			at += snprintf(row.holders + at, sizeof(row.holders) - at, " %s", holders[i].who);
	}
	return at;
}

/* "link 12: 181/corekit", "interface", or "tc filter"; then who else holds the program. */
static void name_holders(const char *otherwise)
{
	__u32 type = !strcmp(row.hook, "xdp") ? LINK_XDP : !strcmp(row.hook, "tcx") ? LINK_TCX :
		     !strcmp(row.hook, "netkit") ? LINK_NETKIT : 0;
	size_t at = 0;

	row.link = 0;
	for (size_t i = 0; i < n_links && at < sizeof(row.holders); i++)
		if (links[i].type == type && links[i].prog == row.prog.info.id && links[i].index == row.dev.index) {
			row.link = links[i].id;
			at += snprintf(row.holders + at, sizeof(row.holders) - at, "%slink %u:", at ? "; " : "", row.link);
			at = name(OBJECT_LINK, row.link, at);
		}
	if (!at)
		at = snprintf(row.holders, sizeof(row.holders), "%s", otherwise);
	if (at < sizeof(row.holders)) {
		size_t before = at;

		at += snprintf(row.holders + at, sizeof(row.holders) - at, "; program:");
		if (name(OBJECT_PROG, row.prog.info.id, at) == at)
			row.holders[before] = 0;
	}
}

/* --- Interfaces and what is at them. --- */

static int show_program(const char *hook, const char *mode, __u32 id, const char *otherwise)
{
	int ret = prog_open(&row.prog, id);

	if (ret == -ENOENT)	/* replaced by now */
		return 0;
	if (ret)
		return ret;
	row.hook = hook;
	row.mode = mode;
	name_holders(otherwise);
	out_row(the_run, &row);
	prog_close(&row.prog);
	return 0;
}

static int on_filter(void *ctx, const struct netdev_filter *filter)
{
	return show_program("tc", filter->egress ? "egress" : "ingress", filter->prog, "tc filter");
}

static int show_list(unsigned int list)
{
	__u32 ids[64], flags, n = sizeof(ids) / sizeof(*ids);
	int ret = 0;

	if (bpf_prog_query(row.dev.index, lists[list].attach_type, 0, &flags, ids, &n))
		return 0;	/* a kernel, or an interface, that has no such list */
	for (__u32 i = 0; !ret && i < n; i++)
		ret = show_program(lists[list].hook, lists[list].mode, ids[i], "interface");
	return ret;
}

static int on_interface(void *ctx, const struct netdev *dev)
{
	int ret = 0;

	if (only && fnmatch(only, dev->name, 0))
		return 0;
	interfaces++;
	row.dev = *dev;
	row.hook = NULL;
	for (int i = 0; !ret && i < NETDEV_MODES; i++)
		if (dev->xdp[i])
			ret = show_program("xdp", netdev_modes[i], dev->xdp[i], "interface");
	ret = ret ?: netdev_each_filter(dev->index, on_filter, NULL);
	for (unsigned int i = 0; !ret && i < sizeof(lists) / sizeof(*lists); i++)
		ret = show_list(i);
	if (!ret && !row.hook && !attached) {
		memset(&row.prog, 0, sizeof(row.prog));
		row.link = *row.holders = 0;
		out_row(the_run, &row);
	}
	return ret == -ENODEV ? 0 : ret;	/* it went away meanwhile */
}

static int on_space(void *ctx, const struct netns *ns)
{
	row.ns = *ns;
	return netdev_each(on_interface, NULL);
}

static int list(struct run *run)
{
	struct stat here;
	int ret;

	the_run = run;
	row.ns.number = stat("/proc/self/ns/net", &here) ? 0 : here.st_ino;
	ret = find_links() ?: owner_each_process(on_owner, NULL) ?: owner_each_pin(on_owner, NULL);
	if (ret)
		goto out;
	if (owner_hidden)
		note("%u processes can't be looked into: run it as root", owner_hidden);
	out_header(run);
	ret = all_spaces ? netns_each(on_space, NULL) : netdev_each(on_interface, NULL);
	out_flush();
	if (!ret && only && !interfaces) {
		err("no interface is called %s%s", only, all_spaces ? "" : " in this network namespace; --all-netns looks in all");
		run->status = EXIT_FAILED;
	}
out:
	if (ret == -EPERM || ret == -EACCES)
		err("not permitted: run it as root, or with CAP_SYS_ADMIN, to look at BPF programs%s",
		    all_spaces ? " and enter namespaces" : "");
	else if (ret)
		err("%s", strerror(-ret));
	free(holders);
	free(links);
	return ret;
}

/* --- Columns. --- */

static void show_text(struct out *out, const struct column *c, const void *r)
{
	const char *text = *(const char *const *)((const char *)r + c->offset);

	if (text)
		out_str(out, text);
	else
		out_nothing(out);
}

static void show_native(struct out *out, const struct column *c, const void *r)
{
	const struct netdev *dev = &((const struct xdpls_row *)r)->dev;

	if (dev->has_features || dev->xdp[NETDEV_NATIVE])
		out_str(out, dev->features & NETDEV_CAN_NATIVE || dev->xdp[NETDEV_NATIVE] ? "yes" : "no");
	else
		out_nothing(out);
}

static void show_features(struct out *out, const struct column *c, const void *r)
{
	const struct netdev *dev = &((const struct xdpls_row *)r)->dev;
	char text[256];

	if (!dev->has_features) {
		out_nothing(out);
		return;
	}
	if (*c->key == 'm')
		netdev_metadata(dev->metadata, text, sizeof(text));
	else
		netdev_features(dev->features, text, sizeof(text));
	out_str(out, text);
}

static const struct opt opts[] = {
	{ .letter = 'I', .name = "interface", .arg = "GLOB", .value = V_CHARS, .here = &only,
	  .help = "only these interfaces: 'eth*'" },
	{ .letter = 'a', .name = "all-netns", .value = V_BOOL, .here = &all_spaces, .shows = "netns space",
	  .help = "in every network namespace that a process or a mount holds, not only in this one" },
	{ .letter = 'A', .name = "attached", .value = V_BOOL, .here = &attached, .help = "only where there is a program" },
	OPT_SHOW('F', "features", "driver mtu features", "what the driver can do with XDP, as the kernel tells since 6.3"),
	{}
};

#define ROW struct xdpls_row

static const struct column columns[] = {
	COL("netns", ROW, ns.number, 10, "number of the network namespace", HIDDEN, BLANK),
	COL("space", ROW, ns.name, -16, "name of it, or a process in it; none: this one", HIDDEN, BLANK),
	COL("interface", ROW, dev.name, -15, "network interface"),
	COL("index", ROW, dev.index, 5, "its number", HIDDEN),
	COL("driver", ROW, dev.driver, -12, "its driver", HIDDEN, BLANK),
	COL("mtu", ROW, dev.mtu, 6, "longest packet", HIDDEN),
	COL_OWN("features", show_features, -40, "what the driver can do with XDP", HIDDEN),
	COL_OWN("metadata", show_features, -24, "what it tells XDP of a packet", HIDDEN),
	COL_OWN("native", show_native, -6, "whether the driver can run XDP itself, which is native; since 6.3"),
	COL_OWN("hook", show_text, -6, "xdp, tc, tcx or netkit", .offset = offsetof(ROW, hook)),
	COL_OWN("mode", show_text, -7, "native, generic or offload; of others ingress, egress, primary or peer", .offset = offsetof(ROW, mode)),
	COL("id", ROW, prog.info.id, 6, "the kernel's id of the program", BLANK),
	COL("program", ROW, prog.name, -18, "its name", BLANK),
	COL("tag", ROW, prog.tag, -16, "hash of its instructions", HIDDEN, BLANK),
	COL("link", ROW, link, 5, "id of the link that attaches it", HIDDEN, BLANK),
	COL("holders", ROW, holders, 0, "what keeps it there: a link with its holders, or the interface; then who else holds the program", BLANK),
	{}
};

static const struct example examples[] = {
	{ "", "XDP and tc programs of every interface, and who holds them" },
	{ "-A -a", "in all network namespaces, only where there are some" },
	{ "-F -I 'eth*'", "what the drivers can do" },
	{ "-j -A -o +tag,link", "as JSON lines" },
	{}
};

COMMAND(xdpls,
	.summary  = "XDP and tc programs by interface: mode, id, who holds them",
	.about    = "A line for each program of each network interface, and one for each interface that has none. Native XDP is run "
		    "by the driver, before there is a socket buffer; generic XDP by the kernel for a driver that can't, or since "
		    "whoever attached it asked for that; offload by the device. A program that a link attaches goes when nobody "
		    "holds the link any more; one that is attached to the interface itself stays until it is taken away.",
	.cost     = "None while it doesn't run; a look at each descriptor of each process when it does.",
	.caveats  = "Of a link the kernel tells the number of the interface but not the namespace, so that links of the same program "
		    "at interfaces of the same number in two namespaces are shown at both. Sees processes of its own pid "
		    "namespace, and pins of its own mount namespace.",
	.caps     = 1ULL << CAP_SYS_ADMIN | 1ULL << CAP_NET_ADMIN | 1ULL << CAP_BPF | 1ULL << CAP_SYS_PTRACE | 1ULL << CAP_DAC_READ_SEARCH,
	.examples = examples, .opts = opts, .columns = columns, .command = list, .once = true);
