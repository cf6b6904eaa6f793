// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/file.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/syscall.bpf.h"
#include "bpfaudit.h"

const volatile bool failed_only;
const volatile __u64 commands;	/* a bit each */

/* PERF_EVENT_IOC_SET_BPF */
#if defined(__TARGET_ARCH_powerpc)
#define SET_BPF 0x80042408
#else
#define SET_BPF 0x40042408
#endif

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct bpf_prog_aux___audit {
	__u32 id;
	char name[BPF_NAME];
	const char *attach_func_name;
};

struct bpf_prog___audit {
	__u32 len;
	enum bpf_prog_type type;
	__u8 tag[8];
	struct bpf_prog_aux___audit *aux;
};

struct bpf_map___audit {
	enum bpf_map_type map_type;
	__u32 id;
	char name[BPF_NAME];
};

struct bpf_link___audit {
	__u32 id;
	enum bpf_link_type type;
	struct bpf_prog___audit *prog;
};

struct btf___audit {
	__u32 id;
	char name[BPF_NAME];
};

struct sk_buff___audit {
	unsigned char *data;
};

struct sock___audit {
	struct {
		unsigned short skc_family;
	} __sk_common;
	__u16 sk_protocol;
	struct {
		struct sk_buff___audit *prev;
	} sk_receive_queue;
};

struct socket___audit {
	struct sock___audit *sk;
};
#pragma clang attribute pop

/* The parts of union bpf_attr that are read, include/uapi/linux/bpf.h: the kernel's interface. */
union audit_attr {
	struct {
		__u32 type, key_size, value_size, max_entries, flags, inner, node;
		char name[BPF_NAME];
	} map;
	struct {
		__u32 type, instructions;
		__u64 insns, license;
		__u32 log_level, log_size;
		__u64 log;
		__u32 version, flags;
		char name[BPF_NAME];
		__u32 device, attach;
	} prog;
	struct {
		__u64 path;
		__u32 fd;
	} named;	/* pinned, and a raw tracepoint */
	__u32 number[4];
};

EVENT_SCRATCH(struct bpfaudit_event);

static __always_inline void take_prog(struct bpfaudit_event *e, const struct bpf_prog___audit *prog, bool its_own)
{
	const struct bpf_prog_aux___audit *aux = BPF_CORE_READ(prog, aux);
	const char *function = BPF_CORE_READ(aux, attach_func_name);
	long n;

	bpf_core_read(e->tag, sizeof(e->tag), &prog->tag);
	e->has_tag = 1;
	bpf_core_read(e->name, sizeof(e->name), &aux->name);
	e->instructions = BPF_CORE_READ(prog, len);
	if (its_own) {
		e->type = BPF_CORE_READ(prog, type);
		e->id = BPF_CORE_READ(aux, id);
		e->has_type = 1;
	}
	if (!function || e->target_len)
		return;
	n = bpf_probe_read_kernel_str(e->target, 256, function);
	e->target_len = n > 0 ? n : 0;
}

/* What the file behind a descriptor is stands in its name, which nothing else can have. */
static __noinline int take_object(struct bpfaudit_event *e, __u32 fd)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct file *file = NULL;
	char name[12] = "";
	void *object;

	/* the call may have failed for there is no such descriptor */
	if (fd < BPF_CORE_READ(task, files, fdt, max_fds))
		file = file_of(fd);
	if (!file || !e)
		return 0;
	object = BPF_CORE_READ(file, private_data);
	file_name(name, sizeof(name), file);
	if (!object || name[0] != 'b')
		return 0;
	if (name[3] == '-' && name[4] == 'p') {			/* bpf-prog */
		e->object = AUDIT_PROG;
		take_prog(e, object, true);
	} else if (name[3] == '-' && name[4] == 'm') {		/* bpf-map */
		const struct bpf_map___audit *map = object;

		e->object = AUDIT_MAP;
		e->has_type = 1;
		e->type = BPF_CORE_READ(map, map_type);
		e->id = BPF_CORE_READ(map, id);
		bpf_core_read(e->name, sizeof(e->name), &map->name);
	} else if (name[3] == '_' && name[4] == 'l') {		/* bpf_link */
		const struct bpf_link___audit *link = object;
		const struct bpf_prog___audit *prog = BPF_CORE_READ(link, prog);

		e->object = AUDIT_LINK;
		e->has_type = 1;
		e->type = BPF_CORE_READ(link, type);
		e->id = BPF_CORE_READ(link, id);
		if (prog)
			take_prog(e, prog, false);
	} else if (name[1] == 't' && name[2] == 'f' && !name[3]) {	/* btf */
		const struct btf___audit *btf = object;

		e->object = AUDIT_BTF;
		e->id = BPF_CORE_READ(btf, id);
	}
	return 0;
}

static __always_inline void take_target(struct bpfaudit_event *e, __u64 from)
{
	long n = bpf_probe_read_user_str(e->target, PATH_LEN, (void *)from);

	e->target_len = n > 0 ? n : 0;
}

static __noinline int take_command(struct bpfaudit_event *e, const union audit_attr *attr)
{
	if (!e)
		return 0;
	switch (e->command) {
	case BPF_MAP_CREATE:
		e->object = AUDIT_MAP;
		e->has_type = 1;
		e->type = attr->map.type;
		__builtin_memcpy(e->name, attr->map.name, BPF_NAME);
		if (e->result >= 0)
			take_object(e, e->result);
		break;
	case BPF_PROG_LOAD:
		e->object = AUDIT_PROG;
		e->has_type = 1;
		e->type = attr->prog.type;
		e->attach = attr->prog.attach + 1;
		e->instructions = attr->prog.instructions;
		__builtin_memcpy(e->name, attr->prog.name, BPF_NAME);
		if (e->result >= 0)
			take_object(e, e->result);
		break;
	case BPF_BTF_LOAD:
		e->object = AUDIT_BTF;
		if (e->result >= 0)
			take_object(e, e->result);
		break;
	case BPF_OBJ_PIN:
		take_target(e, attr->named.path);
		take_object(e, attr->named.fd);
		break;
	case BPF_OBJ_GET:
		take_target(e, attr->named.path);
		if (e->result >= 0)
			take_object(e, e->result);
		break;
	case BPF_RAW_TRACEPOINT_OPEN:
		if (attr->named.path)	/* else it attaches to what the program was loaded for */
			take_target(e, attr->named.path);
		take_object(e, attr->named.fd);
		break;
	case BPF_PROG_ATTACH:
	case BPF_PROG_DETACH:
		e->attach = attr->number[2] + 1;
		take_object(e, attr->number[1]);
		break;
	case BPF_LINK_CREATE:
		e->attach = attr->number[2] + 1;
		take_object(e, attr->number[0]);
		break;
	case BPF_PROG_GET_FD_BY_ID:
	case BPF_MAP_GET_FD_BY_ID:
	case BPF_BTF_GET_FD_BY_ID:
	case BPF_LINK_GET_FD_BY_ID:
		e->id = attr->number[0];
		if (e->result >= 0)
			take_object(e, e->result);
		break;
	case BPF_PROG_GET_NEXT_ID:
	case BPF_MAP_GET_NEXT_ID:
	case BPF_BTF_GET_NEXT_ID:
	case BPF_LINK_GET_NEXT_ID:
	case BPF_PROG_QUERY:
	case BPF_ENABLE_STATS:
		break;
	default:			/* begin with the descriptor that they are about */
		take_object(e, attr->number[0]);
	}
	return 0;
}

static __always_inline struct bpfaudit_event *begin(__u32 command, long result)
{
	struct bpfaudit_event *e;

	if (!(commands & 1ULL << (command & 63)) || (failed_only && result >= 0) || !filter_current())
		return NULL;
	e = event_scratch(struct bpfaudit_event);
	if (!e)
		return NULL;
	__builtin_memset(e, 0, __builtin_offsetof(struct bpfaudit_event, target));
	origin_fill(&e->origin);
	e->command = command;
	e->result = result;
	return e;
}

static __always_inline int send(struct bpfaudit_event *e)
{
	__u64 n = e->target_len;

	barrier_var(n);
	if (n <= PATH_LEN)
		event_output(e, __builtin_offsetof(struct bpfaudit_event, target) + n);
	return 0;
}

/* Messages to the kernel's routing socket: struct nlmsghdr, nlmsgerr and nlattr, the kernel's interface. */
struct netlink_message {
	__u32 len;
	__u16 type, flags;
	__u32 sequence, port;
	union {
		__s32 error;			/* of an answer */
		struct {
			__u32 family;
			__s32 interface;	/* of a link, and of a filter */
			__u32 handle, parent;
		};
	};
};

struct netlink_attribute {
	__u16 len, type;
};

#define AF_NETLINK 16		/* include/linux/socket.h */

/* RTM_NEWLINK, ..., IFLA_XDP, TCA_BPF_FD: include/uapi/linux of netlink.h, rtnetlink.h, if_link.h and pkt_cls.h */
enum {
	NETLINK_ERROR = 2,
	NETLINK_NEW_LINK = 16,
	NETLINK_SET_LINK = 19,
	NETLINK_NEW_FILTER = 44,
	LINK_XDP = 43,
	LINK_XDP_FD = 1,
	FILTER_KIND = 1,
	FILTER_OPTIONS = 2,
	FILTER_BPF_FD = 6,
};

#define ATTRIBUTES 32		/* that are looked at, of one message */
#define LINK_BODY 32		/* with struct ifinfomsg, and tcmsg */
#define FILTER_BODY 36

/* Where this attribute's value begins in the caller's memory; 0: it isn't there. */
static __noinline __u64 attribute_at(__u64 at, __u64 end, __u32 type)
{
	for (int i = 0; i < ATTRIBUTES && at + sizeof(struct netlink_attribute) <= end; i++) {
		struct netlink_attribute attr = {};

		if (bpf_probe_read_user(&attr, sizeof(attr), (void *)at) || attr.len < sizeof(attr))
			return 0;
		if ((attr.type & 0x3fff) == type)	/* NLA_TYPE_MASK */
			return at + sizeof(attr);
		at += (attr.len + 3) & ~3ULL;
	}
	return 0;
}

static __always_inline __u64 attribute_end(__u64 at)
{
	struct netlink_attribute attr = {};

	bpf_probe_read_user(&attr, sizeof(attr), (void *)(at - sizeof(attr)));
	return at - sizeof(attr) + attr.len;
}

/* Where the descriptor of the program to attach is; 0: it attaches none. */
static __noinline __u64 program_at(__u64 at, __u32 len, __u32 type)
{
	__u64 end = at + len, options, kind;
	char name[4] = "";

	if (type == NETLINK_NEW_LINK || type == NETLINK_SET_LINK) {
		options = attribute_at(at + LINK_BODY, end, LINK_XDP);
		return options ? attribute_at(options, attribute_end(options), LINK_XDP_FD) : 0;
	}
	kind = attribute_at(at + FILTER_BODY, end, FILTER_KIND);
	if (!kind || bpf_probe_read_user(name, sizeof(name), (void *)kind) || name[0] != 'b' || name[1] != 'p' || name[2] != 'f')
		return 0;
	options = attribute_at(at + FILTER_BODY, end, FILTER_OPTIONS);
	return options ? attribute_at(options, attribute_end(options), FILTER_BPF_FD) : 0;
}

/* The kernel has done what it was asked for when the call returns; it has put its answer into the socket's queue. */
static __always_inline int answer_to(struct sock___audit *sk, __u32 sequence)
{
	struct sk_buff___audit *last = BPF_CORE_READ(sk, sk_receive_queue.prev);
	struct netlink_message answer = {};

	if ((void *)last == (void *)sk + bpf_core_field_offset(struct sock___audit, sk_receive_queue))
		return 0;
	bpf_probe_read_kernel(&answer, 20, BPF_CORE_READ(last, data));
	return answer.type == NETLINK_ERROR && answer.sequence == sequence ? answer.error : 0;
}

/* The first message of the call. */
static __always_inline struct bpfaudit_event *netlink(const struct syscall *call, __u32 *fd)
{
	struct netlink_message message = {};
	struct bpfaudit_event *e;
	struct socket___audit *socket;
	struct sock___audit *sk;
	__u64 at = call->arg[1];
	struct file *file;

	if (call->ret <= 0 || call->is_32)
		return NULL;
	if (syscall_is(call, sendmsg) && (bpf_probe_read_user(&at, sizeof(at), (void *)(at + 16)) ||	/* msg_iov */
					  bpf_probe_read_user(&at, sizeof(at), (void *)at)))
		return NULL;
	if (bpf_probe_read_user(&message, sizeof(message), (void *)at) || message.len > call->ret)
		return NULL;
	if (message.type != NETLINK_NEW_LINK && message.type != NETLINK_SET_LINK && message.type != NETLINK_NEW_FILTER)
		return NULL;
	file = file_of(call->arg[0]);
	socket = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(socket, sk);
	if (BPF_CORE_READ(sk, __sk_common.skc_family) != AF_NETLINK || BPF_CORE_READ(sk, sk_protocol))	/* NETLINK_ROUTE */
		return NULL;
	at = program_at(at, message.len, message.type);
	if (!at || bpf_probe_read_user(fd, sizeof(*fd), (void *)at))
		return NULL;
	e = begin(message.type == NETLINK_NEW_FILTER ? AUDIT_TC : AUDIT_XDP, answer_to(sk, message.sequence));
	if (!e)
		return NULL;
	e->interface = message.interface;
	e->parent = message.type == NETLINK_NEW_FILTER ? message.parent : 0;
	return e;
}

ON_UNPACKED(bpf, ioctl, setsockopt, sendto, sendmsg)
{
	union audit_attr attr = {};
	struct bpfaudit_event *e;
	__u64 size = call->arg[2];
	__u32 fd = 0;

	if (syscall_is(call, bpf)) {
		e = begin(call->arg[0] < AUDIT_XDP ? call->arg[0] : AUDIT_XDP - 1, call->ret);
		if (!e)
			return 0;
		e->command = call->arg[0];
		if (size > sizeof(attr))
			size = sizeof(attr);
		barrier_var(size);
		if (size <= sizeof(attr) && bpf_probe_read_user(&attr, size, (void *)call->arg[1]))
			lose(LOSS_READ);
		take_command(e, &attr);
		return send(e);
	}
	if (syscall_is(call, sendto) || syscall_is(call, sendmsg)) {
		e = netlink(call, &fd);
	} else if (syscall_is(call, ioctl)) {
		if ((__u32)call->arg[1] != SET_BPF)
			return 0;
		e = begin(AUDIT_PERF, call->ret);
		fd = call->arg[2];
	} else {
		if (call->arg[1] != 1 || (call->arg[2] != 50 && call->arg[2] != 52))	/* SOL_SOCKET, SO_ATTACH_* */
			return 0;
		bpf_probe_read_user(&fd, sizeof(fd), (void *)call->arg[3]);
		e = begin(call->arg[2] == 50 ? AUDIT_SOCKET : AUDIT_REUSEPORT, call->ret);
	}
	if (!e)
		return 0;
	take_object(e, fd);
	return send(e);
}
