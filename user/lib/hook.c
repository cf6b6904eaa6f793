// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Attaching programs that act on packets: chosen by the user, refused with a reason, and gone afterwards. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "lib/btf.h"
#include "lib/filter.h"
#include "lib/hook.h"
#include "lib/lib.h"
#include "lib/netdev.h"
#include "lib/owner.h"

#define TCX_INGRESS ((enum bpf_attach_type)46)	/* since 6.6 */
#define TCX_EGRESS  ((enum bpf_attach_type)47)
#define TCX_BEFORE (1U << 3)
#define PINS "/sys/fs/bpf/corekit"
#define BPF_FS 0xcafe4a11
#define NAMES 64
#define PRIORITIES 200	/* of tc's that are tried */

struct hook hook;

static const char *const kinds[HOOK_KINDS] = { "xdp", "tc", "cgroup", "socket" };
static const struct {
	const char *name;
	__u32 flag;
} modes[] = { { "native", XDP_FLAGS_DRV_MODE }, { "generic", XDP_FLAGS_SKB_MODE }, { "offload", XDP_FLAGS_HW_MODE }, {} };

static struct place {
	char name[IF_NAMESIZE];
	int index;
} places[NAMES];
static int n_places;

static struct attached {
	int link;		/* -1: the guard knows of it */
	char name[IF_NAMESIZE];
	struct guarded guarded;
	char label[64];
	bool gone;		/* with its interface */
} *attached;
static int n_attached;

static struct bpf_program *program, *other_way;	/* other_way: on_cgroup_egress, for tools that see both at a time */
static char kernel_said[256];

/* --- What is there already, and what the kernel says. --- */

struct search {
	__u32 program, links[16];
	int n;
	struct owner found;
	char path[256];
};

static int is_holder(void *ctx, const struct owner *owner)
{
	struct search *s = ctx;
	bool same = owner->object == OBJECT_PROG && owner->id == s->program;

	for (int i = 0; i < s->n; i++)
		same |= owner->object == OBJECT_LINK && owner->id == s->links[i];
	if (!same || owner->pid == getpid())
		return 0;
	s->found = *owner;
	snprintf(s->path, sizeof(s->path), "%s", owner->path ?: "");
	return 1;
}

static void find_links(struct search *s)
{
	for (__u32 link = 0; s->n < 16 && !bpf_link_get_next_id(link, &link);) {
		struct bpf_link_info info = {};
		__u32 length = sizeof(info);
		int fd = bpf_link_get_fd_by_id(link);

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &length) && info.prog_id == s->program)
			s->links[s->n++] = link;
		if (fd >= 0)
			close(fd);
	}
}

void hook_holder(__u32 id, char *text, size_t size)
{
	struct search search = { .program = id };
	char name[64] = "";
	size_t at;

	find_links(&search);
	object_name(OBJECT_PROG, id, name, sizeof(name));
	at = snprintf(text, size, "program %u '%s'", id, name);
	if (at >= size)
		return;
	if (owner_each_process(is_holder, &search) == 1)
		snprintf(text + at, size - at, ", held by %s (pid %d)", search.found.comm, search.found.pid);
	else if (owner_each_pin(is_holder, &search) == 1)
		snprintf(text + at, size - at, ", pinned at %s", search.path);
	else
		snprintf(text + at, size - at, ", which no process holds");
}

static int listen_to(enum libbpf_print_level level, const char *fmt, va_list args)
{
	if (strstr(fmt, "Kernel error message"))
		vsnprintf(kernel_said, sizeof(kernel_said), strstr(fmt, "message") + 9, args);
	kernel_said[strcspn(kernel_said, "\n")] = 0;
	return 0;
}

/* --- XDP --- */

static __u32 mode_flag(const char *mode)
{
	for (int i = 0; modes[i].name; i++)
		if (!strcmp(mode, modes[i].name))
			return modes[i].flag;
	return 0;
}

/* A program in the way: of the same mode, or native beside generic. */
static bool taken(int index, const char *name)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	const struct {
		const char *mode;
		__u32 id;
	} *m;
	struct search search = {};
	char who[400];

	if (bpf_xdp_query(index, 0, &query))
		return false;
	m = (typeof(*m)[]){ { "native", query.drv_prog_id }, { "generic", query.skb_prog_id }, { "offload", query.hw_prog_id },
			    { "native", query.prog_id }, {} };
	while (m->mode && !m->id)
		m++;
	if (!m->id)
		return false;
	hook_holder(m->id, who, sizeof(who));
	search.program = m->id;
	find_links(&search);
	if (search.n)	/* ip can't take it from a link */
		err("%s: XDP is taken, in %s mode, by a link: %s: end it first, or remove where it is pinned", name, m->mode, who);
	else
		err("%s: XDP is taken, in %s mode: %s: end it first, or 'ip link set dev %s xdp%s off'", name, m->mode, who, name,
		    *m->mode == 'g' ? "generic" : *m->mode == 'o' ? "offload" : "drv");
	return true;
}

/* A link is refused without the kernel's words; netlink gives them. */
static void ask_why(int fd, int index, __u32 flag)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts, .old_prog_fd = fd);
	libbpf_print_fn_t print = libbpf_set_print(listen_to);

	*kernel_said = 0;
	if (!bpf_xdp_attach(index, fd, flag | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL))
		bpf_xdp_detach(index, flag | XDP_FLAGS_REPLACE, &opts);
	libbpf_set_print(print);
}

static int refused(int fd, int index, const char *mode, int error)
{
	const char *remedy = strcmp(mode, "generic") ? "--mode generic" : "a smaller MTU";
	char name[IF_NAMESIZE] = "";
	struct netdev_about dev;

	if (!if_indextoname(index, name)) {
		err("interface %d has gone", index);
		return -ENODEV;
	}
	if ((error == -EBUSY || error == -EEXIST) && taken(index, name))
		return error;
	if (error == -EPERM) {
		err("%s: not permitted: the kernel refused: run it as root", name);
		return error;
	}
	ask_why(fd, index, mode_flag(mode));
	netdev_about(name, &dev);
	err("%s: XDP can't be attached in %s mode: %s (driver %s, MTU %d, packets in pieces %s): try %s", name, mode,
	    *kernel_said ? kernel_said : strerror(-error), *dev.driver ? dev.driver : "unknown", dev.mtu, hook.frags ? "taken" : "not taken", remedy);
	return -EOPNOTSUPP;
}

static int xdp_link(int fd, int index, const char *mode)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = mode_flag(mode));
	int link = bpf_link_create(fd, index, BPF_XDP, &opts);

	return link < 0 ? refused(fd, index, mode, link) : link;
}

int hook_xdp(struct bpf_program *p, int index, const char *mode)
{
	int link = xdp_link(bpf_program__fd(p), index, mode ?: "native");

	return link < 0 ? link : attach_keep_fd(link) ?: link;
}

static bool loads(__u32 flags, int index)
{
	struct bpf_insn insns[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS }, { .code = BPF_JMP | BPF_EXIT } };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = flags, .prog_ifindex = index);
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "trial", "GPL", insns, 2, &opts);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* A program for a device is translated by its driver when it is loaded. */
static int offload(struct run *run)
{
	struct netdev_about dev;
	struct bpf_map *map;

	if (!loads(0, places[0].index)) {
		netdev_about(places[0].name, &dev);
		err("%s: XDP can't be attached in offload mode: its driver, %s, takes no programs: try --mode native", places[0].name,
		    *dev.driver ? dev.driver : "unknown");
		return -EOPNOTSUPP;
	}
	bpf_program__set_ifindex(program, places[0].index);
	bpf_object__for_each_map(map, run->skel->obj)
		bpf_map__set_ifindex(map, places[0].index);
	return 0;
}

/* --- What the user asked for. --- */

int hook_usage(const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	err("%s", text);
	return -EINVAL;
}

static int parse_places(void)
{
	char *list = strdupa(hook.interfaces ?: ""), *save = NULL;

	n_places = 0;
	for (char *word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		int index = if_nametoindex(word);

		if (!index)
			return hook_usage("--interface: there is no '%s' in this network namespace: 'ip link' lists them", word);
		for (int i = 0; i < n_places; i++)
			if (places[i].index == index)
				return hook_usage("--interface: '%s' is named twice", word);
		if (n_places == NAMES)
			return hook_usage("--interface: at most %d", NAMES);
		places[n_places].index = index;
		if_indextoname(index, places[n_places++].name);
	}
	return 0;
}

static int find_kind(void)
{
	for (int i = 0; hook.kind && i < HOOK_KINDS; i++)
		if (!strcmp(hook.kind, kinds[i]))
			return i;
	return hook.kind ? hook_usage("--hook: '%s' is none of xdp, tc, cgroup and socket", hook.kind) : HOOK_KINDS;
}

static int contradictions(void)
{
	bool net = hook.chosen == HOOK_XDP || hook.chosen == HOOK_TC;
	const char *kind = kinds[hook.chosen];

	if (net && !n_places)
		return hook_usage("on which interface? --interface eth0; 'ip link' lists them");
	if (!net && hook.interfaces)
		return hook_usage("--interface: %s has none: it is for xdp and tc", kind);
	if (hook.mode && hook.chosen != HOOK_XDP)
		return hook_usage("--mode: it is for xdp, not for %s", kind);
	if (hook.mode && !mode_flag(hook.mode))
		return hook_usage("--mode: '%s' is none of native, generic and offload", hook.mode);
	if (hook.mode && *hook.mode == 'o' && n_places > 1)
		return hook_usage("--mode: a program is offloaded to one device");
	if (hook.egress && (hook.chosen == HOOK_XDP || hook.chosen == HOOK_SOCKET))
		return hook_usage("--egress: %s sees only what is received; use tc or cgroup", kind);
	if (hook.cgroup && hook.chosen != HOOK_CGROUP)
		return hook_usage("--cgroup: it is for cgroup, not for %s", kind);
	if (hook.pid && hook.chosen != HOOK_SOCKET)
		return hook_usage("--pid: it is for socket, not for %s", kind);
	if (hook.chosen == HOOK_SOCKET && !hook.pid)
		return hook_usage("whose sockets? --pid PID");
	if (hook.chosen == HOOK_SOCKET && hook.pin)
		return hook_usage("--pin: what filters a socket can't be pinned");
	return 0;
}

static bool has_tcx(int index)
{
	__u32 ids[64], n = 64;

	return bpf_prog_query(index, TCX_INGRESS, 0, NULL, ids, &n) != -EINVAL;
}

/* One program is for all of them: it must know what their packets begin with. */
static int begin_of_packets(struct run *run)
{
	int without = 0, with = 0;

	for (int i = 0; i < n_places; i++) {
		struct netdev_about dev;

		netdev_about(places[i].name, &dev);
		switch (dev.type) {
		case ARPHRD_ETHER: case ARPHRD_LOOPBACK: with++; break;
		case ARPHRD_NONE: case ARPHRD_RAWIP: case ARPHRD_TUNNEL: case ARPHRD_TUNNEL6: case ARPHRD_SIT: case ARPHRD_IPGRE:
		case 823: /* ARPHRD_IP6GRE */ without++; break;
		default:
			without++;
			if (hook.chosen == HOOK_XDP)
				return hook_usage("%s: its packets begin with neither Ethernet's header nor IP's: --hook tc", places[i].name);
		}
	}
	if (with && without)
		return hook_usage("--interface: some of these have Ethernet's header, others haven't: start it for each kind");
	hook.no_ether = without > 0;
	run->common->no_ether = hook.no_ether;
	return 0;
}

static void hook_end(void);

int hook_setup(struct run *run)
{
	int kind = find_kind(), ret = kind < 0 ? kind : parse_places();
	char name[32];

	if (ret)
		return ret;
	program = other_way = NULL;
	for (int i = 0; i < HOOK_KINDS && !program; i++) {
		snprintf(name, sizeof(name), "on_%s", kinds[i]);
		if (kind == HOOK_KINDS || kind == i)
			program = bpf_object__find_program_by_name(run->skel->obj, name);
		hook.chosen = i;
	}
	if (!program)
		return hook_usage("--hook: %s can't use %s", run->tool->name, hook.kind);
	ret = contradictions() ?: begin_of_packets(run);
	if (ret)
		return ret;
	bpf_program__set_autoload(program, true);
	attach_at_end(hook_end);
	switch (hook.chosen) {
	case HOOK_XDP:
		hook.frags = loads(BPF_F_XDP_HAS_FRAGS, 0);	/* packets in pieces, as a large MTU brings: since 5.18 */
		run->common->frags = hook.frags;
		if (hook.frags)
			bpf_program__set_flags(program, BPF_F_XDP_HAS_FRAGS);
		return hook.mode && *hook.mode == 'o' ? offload(run) : 0;
	case HOOK_TC:
		return has_tcx(places[0].index) ? 0 : guard_start();
	case HOOK_CGROUP:
		other_way = bpf_object__find_program_by_name(run->skel->obj, "on_cgroup_egress");
		if (other_way) {
			bpf_program__set_autoload(other_way, true);
			bpf_program__set_expected_attach_type(other_way, BPF_CGROUP_INET_EGRESS);
		}
		return bpf_program__set_expected_attach_type(program, hook.egress ? BPF_CGROUP_INET_EGRESS : BPF_CGROUP_INET_INGRESS);
	default:
		return guard_start();
	}
}

/* --- Attaching. --- */

static struct attached *keep(int link, const char *name)
{
	struct attached *more = realloc(attached, (n_attached + 1) * sizeof(*more));

	if (!more)
		return NULL;
	attached = more;
	memset(&attached[n_attached], 0, sizeof(*attached));
	attached[n_attached].link = link;
	snprintf(attached[n_attached].name, sizeof(attached->name), "%s", name);
	return &attached[n_attached++];
}

unsigned long hook_netns(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) ? 0 : st.st_ino;
}

static __u32 id_of(int fd)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.id;
}

/* At the first priority that is free: the ones behind a filter that decides see nothing. */
static int attach_filter(const struct bpf_tc_hook *where, struct guarded *g)
{
	struct guarded tell = *g;

	for (g->priority = 1; g->priority <= PRIORITIES; g->priority++) {
		LIBBPF_OPTS(bpf_tc_opts, filter, .handle = 1, .priority = g->priority, .prog_fd = bpf_program__fd(program));
		LIBBPF_OPTS(bpf_tc_opts, other, .handle = 1, .priority = g->priority);
		int ret;

		if (!bpf_tc_query(where, &other))
			continue;
		*kernel_said = 0;
		tell.priority = g->priority;
		ret = guard_tell(&tell) ?: bpf_tc_attach(where, &filter);
		tell.qdisc = false;	/* it goes once, after all filters */
		if (ret != -EEXIST && (ret != -EINVAL || !strstr(kernel_said, "kind")))
			return ret;	/* no other filter, and no other kind of filter, is there */
	}
	snprintf(kernel_said, sizeof(kernel_said), "the priorities up to %d are taken", PRIORITIES);
	return -ENOSPC;
}

/* An ingress qdisc would take filters for what is sent as well, and show them what is received. */
static int has_egress(const struct place *place)
{
	char kind[16];
	int ret = netdev_qdisc(place->index, kind, sizeof(kind));

	if (ret || strcmp(kind, "ingress"))
		return ret;
	snprintf(kernel_said, sizeof(kernel_said), "--egress: an ingress qdisc is in the way: 'tc qdisc replace dev %.*s clsact' makes room",
		 IF_NAMESIZE, place->name);
	return -EBUSY;
}

/* A filter of its own priority beside those of others, in the qdisc that may be there already. */
static int attach_clsact(const struct place *place, struct attached *a)
{
	LIBBPF_OPTS(bpf_tc_hook, where, .ifindex = place->index, .attach_point = hook.egress ? BPF_TC_EGRESS : BPF_TC_INGRESS);
	struct guarded *g = &a->guarded;
	libbpf_print_fn_t print = libbpf_set_print(listen_to);
	int ret;

	*g = (struct guarded){ .index = place->index, .egress = hook.egress, .program = id_of(bpf_program__fd(program)) };
	*kernel_said = 0;
	ret = bpf_tc_hook_create(&where);
	g->qdisc = !ret;
	if (ret == -EEXIST)
		ret = hook.egress ? has_egress(place) : 0;
	ret = ret ?: attach_filter(&where, g);
	libbpf_set_print(print);
	return ret;
}

/* Before all others: one of them that decides ends the chain. */
static int tcx_link(const struct place *place)
{
	LIBBPF_OPTS(bpf_link_create_opts, first, .flags = TCX_BEFORE);
	enum bpf_attach_type type = hook.egress ? TCX_EGRESS : TCX_INGRESS;
	int fd = bpf_program__fd(program), link = bpf_link_create(fd, place->index, type, &first);

	if (link >= 0 || link == -EPERM)
		return link;
	link = bpf_link_create(fd, place->index, type, NULL);
	if (link >= 0)
		note("%s: tc: behind the programs that are there: what they decide on isn't seen", place->name);
	return link;
}

static int attach_tc(const struct place *place)
{
	int link = tcx_link(place), ret;
	struct attached *a;

	*kernel_said = 0;
	if (link == -EINVAL && !has_tcx(place->index)) {
		a = keep(-1, place->name);
		ret = a ? attach_clsact(place, a) : -ENOMEM;
	} else {
		ret = link < 0 ? link : keep(link, place->name) ? 0 : -ENOMEM;
	}
	if (ret)
		err("%s: tc: %s%s", place->name, *kernel_said ? kernel_said : strerror(-ret), ret == -EPERM ? ": run it as root" : "");
	return ret;
}

static int attach_cgroup(void)
{
	int fd = filter_cgroup_open(hook.cgroup ?: "/"), link, ret;

	if (fd < 0)
		return fd;
	link = bpf_link_create(bpf_program__fd(program), fd, hook.egress ? BPF_CGROUP_INET_EGRESS : BPF_CGROUP_INET_INGRESS, NULL);
	ret = link < 0 ? link : keep(link, "") ? 0 : -ENOMEM;
	if (!ret && other_way) {
		link = bpf_link_create(bpf_program__fd(other_way), fd, BPF_CGROUP_INET_EGRESS, NULL);
		ret = link < 0 ? link : keep(link, "") ? 0 : -ENOMEM;
	}
	close(fd);
	if (ret == -EINVAL || ret == -EBADF)
		err("--cgroup: '%s' is no cgroup (v2)", hook.cgroup);
	else if (ret)
		err("cgroup %s: %s%s", hook.cgroup ?: "/", strerror(-ret), ret == -EPERM ? ": run it as root; or a program there allows no other" : "");
	return ret;
}

struct left_out {
	int filtered, listening;
};

/* A filter that is there would be replaced, and not come back; one of a listening socket is handed on to its connections. */
static bool leave_socket(struct left_out *left, int fd)
{
	int listens = 0;
	socklen_t size = sizeof(listens);

	if (!getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) && listens) {
		left->listening++;
		return true;
	}
	if (!guard_socket_filter(fd))
		return false;
	left->filtered++;
	return true;
}

static int attach_socket(void *ctx, int fd, __u64 cookie)
{
	struct guarded g = { .pid = hook.pid, .cookie = cookie };
	int prog = bpf_program__fd(program), ret;
	struct attached *a;

	for (int i = 0; i < n_attached; i++)
		if (attached[i].guarded.cookie == cookie)
			return 0;	/* another descriptor of the same one */
	if (leave_socket(ctx, fd))
		return 0;
	ret = guard_tell(&g);
	if (ret)
		return ret;
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)))
		return -errno;
	a = keep(-1, "");
	if (a)
		a->guarded.cookie = cookie;
	return a ? 0 : -ENOMEM;
}

static int attach_sockets(void)
{
	struct left_out left = {};
	int ret = guard_each_socket(hook.pid, attach_socket, &left);

	if (!ret && !n_attached && (left.filtered || left.listening))
		err("process %u has only sockets that are left alone: with a filter of their own (%d), or listening (%d)", hook.pid,
		    left.filtered, left.listening);
	else if (!ret && (left.filtered || left.listening))
		note("sockets of process %u that are left alone: with a filter of their own (%d), or listening (%d)", hook.pid,
		     left.filtered, left.listening);
	else if (!ret && !n_attached)
		err("process %u has no socket of the internet", hook.pid);
	else if (ret == -ESRCH || ret == -ENOENT || ret == -EINVAL)
		err("--pid: there is no process %u", hook.pid);
	else if (ret)
		err("the sockets of process %u: %s%s", hook.pid, strerror(-ret), ret == -EPERM ? ": run it as root" : "");
	return ret ?: n_attached ? 0 : -ENOENT;
}

/* --- What outlives the tool. --- */

static struct {
	int fd;
	char name[16];
} pin_too[16];
static int n_pin_too;

int hook_pin_too(int fd, const char *name)
{
	if (n_pin_too == sizeof(pin_too) / sizeof(*pin_too))
		return -E2BIG;
	pin_too[n_pin_too].fd = fd;
	snprintf(pin_too[n_pin_too++].name, sizeof(pin_too->name), "%s", name);
	return 0;
}

static void label(struct attached *a, int index)
{
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);

	if (hook.chosen == HOOK_CGROUP && !bpf_obj_get_info_by_fd(a->link, &info, &size))
		snprintf(a->label, sizeof(a->label), "cgroup_%s_%llu_0", hook.egress ? "egress" : "ingress", info.cgroup.cgroup_id);
	else
		snprintf(a->label, sizeof(a->label), "%s_%s_%d_%lu", kinds[hook.chosen], hook.egress ? "egress" : "ingress", index, hook_netns());
}

static int make_folder(char *path, size_t size, const char *tool, const char *name)
{
	struct statfs fs;

	if (statfs("/sys/fs/bpf", &fs) || (unsigned long)fs.f_type != BPF_FS) {
		err("--pin: no bpf file system at /sys/fs/bpf: mount -t bpf none /sys/fs/bpf");
		return -EOPNOTSUPP;
	}
	mkdir(PINS, 0700);
	snprintf(path, size, PINS "/%s", tool);
	mkdir(path, 0700);
	snprintf(path, size, PINS "/%s/%s", tool, name);
	return mkdir(path, 0700) ? -errno : 0;
}

static void remove_folder(const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);

	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(path);
}

static int pin(struct run *run, struct attached *a)
{
	char folder[256], path[400];
	struct bpf_map *map;
	int ret = make_folder(folder, sizeof(folder), run->tool->name, a->label);

	if (ret) {
		a->label[0] = 0;
		if (ret != -EOPNOTSUPP)
			err("--pin: %s: %s", folder, ret == -EEXIST ? "is pinned there already: --detach takes it away" : strerror(-ret));
		return ret;
	}
	snprintf(path, sizeof(path), a->link < 0 ? "%s/filter_%u_%d" : "%s/link", folder, a->guarded.priority, a->guarded.qdisc);
	ret = bpf_obj_pin(a->link < 0 ? bpf_program__fd(program) : a->link, path);
	bpf_object__for_each_map(map, run->skel->obj) {
		if (ret || strchr(bpf_map__name(map), '.') || !bpf_map__autocreate(map))
			continue;
		snprintf(path, sizeof(path), "%s/map_%s", folder, bpf_map__name(map));
		ret = bpf_obj_pin(bpf_map__fd(map), path);
	}
	for (int i = 0; i < n_pin_too && !ret; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, pin_too[i].name);
		ret = bpf_obj_pin(pin_too[i].fd, path);
	}
	if (ret)
		err("--pin: %s: %s", path, strerror(-ret));
	else
		note("pinned at %s: 'corekit %s --detach' takes it away", folder, run->tool->name);
	return ret;
}

static void unpin(const char *tool, struct attached *a)
{
	char path[256];

	snprintf(path, sizeof(path), PINS "/%s/%s", tool, a->label);
	if (*a->label)
		remove_folder(path);
	a->label[0] = 0;
}

static bool has_guarded(void)
{
	for (int i = 0; i < n_attached; i++)
		if (attached[i].link < 0)
			return true;
	return false;
}

int hook_attach(struct run *run)
{
	int ret = 0;

	if (hook.chosen == HOOK_CGROUP)
		ret = attach_cgroup();
	else if (hook.chosen == HOOK_SOCKET)
		ret = attach_sockets();
	for (int i = 0; i < n_places && !ret; i++) {
		if (hook.chosen == HOOK_XDP) {
			int link = xdp_link(bpf_program__fd(program), places[i].index, hook.mode ?: "native");

			ret = link < 0 ? link : keep(link, places[i].name) ? 0 : -ENOMEM;
		} else {
			ret = attach_tc(&places[i]);
		}
	}
	for (int i = 0; i < n_attached && !ret && hook.pin && !run->explain; i++) {
		label(&attached[i], hook.chosen == HOOK_CGROUP ? 0 : places[i].index);
		ret = pin(run, &attached[i]);
	}
	if (!ret && run->verbose && hook.chosen == HOOK_XDP && !hook.frags)
		note("this kernel knows no XDP programs for packets in several pieces: an MTU of more than a page will be refused");
	run->stays = !ret && hook.pin && !run->explain;
	if (run->stays && has_guarded())
		ret = guard_tell(&(struct guarded){ .stay = true });
	if (ret)
		for (int i = 0; i < n_attached; i++)
			unpin(run->tool->name, &attached[i]);
	return ret;
}

void hook_label(int at, char *text, size_t size)
{
	snprintf(text, size, "%s", at < n_places ? places[at].name : "");
}

int hook_index(int at)
{
	return at < n_places ? places[at].index : 0;
}

/* In generic mode the kernel would drop all that is sent to a CPU: since 5.15 it doesn't. */
int hook_to_cpus(struct run *run)
{
	struct btf_types *types;

	if (!hook.mode || *hook.mode != 'g' || btf_open(&types, run->btf) ||
	    btf_find(types, "cpu_map_generic_redirect", BTF_KIND_FUNC) >= 0)
		return 0;
	err("--mode: this kernel can't send packets to CPUs in generic mode: cpu_map_generic_redirect() is missing");
	return -EOPNOTSUPP;
}

/* An interface, or a cgroup, that goes takes its link's target with it. */
static bool link_holds(int fd)
{
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return true;
	return info.type == BPF_LINK_TYPE_CGROUP ? info.cgroup.cgroup_id : info.xdp.ifindex;	/* tcx has it there too */
}

static bool holds(const struct attached *a)
{
	char name[IF_NAMESIZE];

	if (a->link >= 0)
		return link_holds(a->link);
	return !a->guarded.index || if_indextoname(a->guarded.index, name);
}

/* What goes is told once; without the last there is nothing left to do. */
int hook_tick(struct run *run)
{
	static __u64 next;
	int left = 0;

	if (look_now() < next)
		return 0;
	next = look_now() + SEC_ / 2;
	for (int i = 0; i < n_attached; i++)
		left += !attached[i].gone;
	for (int i = 0; i < n_attached; i++) {
		struct attached *a = &attached[i];

		if (a->gone || holds(a))
			continue;
		a->gone = true;
		if (hook.chosen == HOOK_CGROUP)
			err("the cgroup has gone");
		else if (--left)
			note("%s: the interface has gone", a->name);
		else
			err("%s: the interface has gone", a->name);
		if (hook.chosen == HOOK_CGROUP || !left)
			return -ENODEV;
	}
	return 0;
}

/* Detached at once and looked at afterwards: the last descriptor's end may come later. */
static int end_link(int fd)
{
	bpf_link_detach(fd);
	return link_holds(fd) ? -EBUSY : 0;
}

static void hook_end(void)
{
	int ret;

	while (n_attached) {
		struct attached *a = &attached[--n_attached];

		if (a->link < 0)
			continue;	/* the guard's */
		if (!*a->label && end_link(a->link))
			err("%s: it is still attached: %s", a->name, strerror(EBUSY));
		close(a->link);
	}
	ret = guard_end();
	if (ret)
		err("a filter could not be removed: %s: 'tc filter show' lists them", strerror(-ret));
}

/* --- --detach --- */

struct pinned {
	char kind[16], direction[16];
	unsigned long long index;
	unsigned long netns;
};

static bool wanted(const struct pinned *p, int kind)
{
	if (kind != HOOK_KINDS && strcmp(p->kind, kinds[kind]))
		return false;
	if (!n_places)
		return true;
	for (int i = 0; i < n_places; i++)
		if (strcmp(p->kind, "cgroup") && (unsigned long long)places[i].index == p->index && p->netns == hook_netns())
			return true;
	return false;
}

static int is_namespace(void *ctx, const struct netns *ns)
{
	return ns->number == *(unsigned long *)ctx;
}

/* Whether a process or a mount holds that namespace; also where that can't be told. */
static bool is_there(unsigned long number)
{
	return netns_each(is_namespace, &number);
}

/* What is pinned in this folder goes, first from where it is attached. */
static int detach_one(const char *folder, const struct pinned *p)
{
	char path[800], name[IF_NAMESIZE] = "?";
	struct dirent *entry;
	DIR *dir = opendir(folder);
	int fd, made, ret = dir ? 0 : -errno;
	struct guarded g;

	while (!ret && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		g = (struct guarded){ .index = p->index, .egress = *p->direction == 'e' };
		if (!strcmp(entry->d_name, "link")) {
			fd = bpf_obj_get(path);
			ret = fd < 0 ? fd : end_link(fd);
		} else if (sscanf(entry->d_name, "filter_%u_%d", &g.priority, &made) == 2) {
			fd = bpf_obj_get(path);
			g.program = fd < 0 ? 0 : id_of(fd);
			g.qdisc = made;
			if (p->netns != hook_netns() && !is_there(p->netns)) {
				ret = 0;	/* and all that was attached with it */
			} else if (p->netns != hook_netns()) {
				err("%s: it is attached in another network namespace: use nsenter(1)", folder);
				ret = -EXDEV;
			} else {
				ret = fd < 0 ? fd : guard_remove(&g);
			}
		} else {
			continue;
		}
		if (fd >= 0)
			close(fd);
	}
	if (dir)
		closedir(dir);
	if (ret) {
		if (ret != -EXDEV)
			err("%s: %s", folder, strerror(-ret));
		return ret;
	}
	remove_folder(folder);
	if (p->netns == hook_netns())
		if_indextoname(p->index, name);
	note("%s%s%s%s%s: detached", *name == '?' ? "" : name, *name == '?' ? "" : ": ", p->kind, *p->kind == 'x' ? "" : " ",
	     *p->kind == 'x' ? "" : p->direction);
	return 0;
}

/* How many folders there are of those that were asked for, each given to fn. */
static int each_pinned(struct run *run, int kind, int (*fn)(void *ctx, const char *folder, const struct pinned *p), void *ctx)
{
	char path[256], folder[520];
	struct dirent *entry;
	int n = 0, ret = 0;
	struct pinned p;
	DIR *dir;

	snprintf(path, sizeof(path), PINS "/%s", run->tool->name);
	dir = opendir(path);
	while (dir && !ret && (entry = readdir(dir))) {
		if (sscanf(entry->d_name, "%15[a-z]_%15[a-z]_%llu_%lu", p.kind, p.direction, &p.index, &p.netns) != 4 || !wanted(&p, kind))
			continue;
		snprintf(folder, sizeof(folder), "%s/%s", path, entry->d_name);
		ret = fn(ctx, folder, &p);
		n += !ret;
	}
	if (dir)
		closedir(dir);
	return ret ?: n;
}

struct show_pinned {
	int (*fn)(void *ctx, const char *folder, const char *interface);
	void *ctx;
};

static int show_one(void *ctx, const char *folder, const struct pinned *p)
{
	const struct show_pinned *show = ctx;
	char name[IF_NAMESIZE] = "";

	if (p->netns == hook_netns())
		if_indextoname(p->index, name);
	return show->fn(show->ctx, folder, name);
}

int hook_each_pinned(struct run *run, int (*fn)(void *ctx, const char *folder, const char *interface), void *ctx)
{
	int ret = parse_places() ?: each_pinned(run, HOOK_KINDS, show_one, &(struct show_pinned){ fn, ctx });

	return ret < 0 ? ret : 0;
}

static int detach_it(void *ctx, const char *folder, const struct pinned *p)
{
	return detach_one(folder, p);
}

int hook_first(struct run *run)
{
	int kind = find_kind(), n = 0, ret = kind < 0 ? kind : 0;
	char path[256];

	if (!hook.detach || ret)
		return ret;
	ret = parse_places();
	if (!ret && hook.pin)
		ret = hook_usage("--detach: it undoes --pin: give one of them");
	if (ret)
		return ret;
	n = each_pinned(run, kind, detach_it, NULL);
	ret = n < 0 ? n : 0;
	snprintf(path, sizeof(path), PINS "/%s", run->tool->name);
	rmdir(path);	/* where nothing else is in them */
	rmdir(PINS);
	if (!ret && !n) {
		err("--detach: nothing of it is pinned%s", n_places ? " there" : "");
		ret = -ENOENT;
	}
	return ret ?: 1;
}
