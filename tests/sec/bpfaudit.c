// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/perf_event.h>
#include <linux/pkt_cls.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "net.h"

#ifndef SO_ATTACH_BPF
#define SO_ATTACH_BPF 50
#endif

static const struct bpf_insn one[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1},
	{.code = BPF_JMP | BPF_EXIT},
};

/* The kernel refuses it: it returns nothing. */
static const struct bpf_insn bad_program[] = {
	{.code = BPF_JMP | BPF_EXIT},
};

static int load(enum bpf_prog_type type, const char *name)
{
	int fd = bpf_prog_load(type, name, "GPL", one, 2, NULL);

	REQUIRE(fd >= 0);
	return fd;
}

static void use_bpf(void *arg)
{
	struct perf_event_attr perf = {.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CPU_CLOCK, .size = sizeof(perf),
				       .freq = 1, .sample_freq = 1};
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	int filter = load(BPF_PROG_TYPE_SOCKET_FILTER, "a_filter"), traced = load(BPF_PROG_TYPE_RAW_TRACEPOINT, "a_trace");
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "a_map", 4, 8, 3, NULL), event = load(BPF_PROG_TYPE_PERF_EVENT, "an_event");
	int fd = syscall(SYS_perf_event_open, &perf, 0, -1, -1, PERF_FLAG_FD_CLOEXEC), zero = 0, link;
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const char *pin = tmp("bpf/pin\nned");
	__u64 value = 1;

	REQUIRE(map >= 0 && sock >= 0);
	REQUIRE(bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "refused", "GPL", bad_program, 1, NULL) < 0);
	REQUIRE(bpf_map_update_elem(map, &zero, &value, 0) == 0);
	REQUIRE(bpf_map_create(BPF_MAP_TYPE_ARRAY, "no_map", 3, 8, 3, NULL) < 0);
	link = bpf_raw_tracepoint_open("sched_process_exit", traced);
	REQUIRE(link >= 0 && bpf_raw_tracepoint_open("no_such_point", traced) == -ENOENT);
	REQUIRE(bpf_obj_pin(map, pin) == 0 && bpf_obj_get(pin) >= 0);
	REQUIRE(fd >= 0 && ioctl(fd, PERF_EVENT_IOC_SET_BPF, event) == 0);
	REQUIRE(setsockopt(sock, SOL_SOCKET, SO_ATTACH_BPF, &filter, sizeof(filter)) == 0);
	REQUIRE(bpf_obj_get_info_by_fd(map, &info, &size) == 0);
	unlink(pin);
	(void)arg;
}

static const char *tag_of(const struct bpf_prog_info *info)
{
	char *tag = malloc(17);

	for (int i = 0; i < 8; i++)
		sprintf(tag + 2 * i, "%02x", info->tag[i]);
	return tag;
}

TEST(bpfaudit, "who loads, attaches and pins what: command, type, name, tag, id, target and result")
{
	struct job *job, *failed, *everything, *loads;
	struct child child;
	const char *pid;

	REQUIRE(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	REQUIRE(mkdir(tmp("bpf"), 0700) == 0 && mount("bpf", tmp("bpf"), "bpf", 0, NULL) == 0);
	child = child_new("auditee", 0, use_bpf, NULL);
	pid = text("%d", child.pid);
	job = tool_start("bpfaudit", "-p", pid, "-o", "+object,id,result,attach,instructions");
	failed = tool_start("bpfaudit", "-p", pid, "-x");
	everything = tool_start("bpfaudit", "-p", pid, "-a");
	loads = tool_start("bpfaudit", "-n", "auditee", "-C", "prog_load,RAW_TRACEPOINT_OPEN");
	child_run(&child);
	tool_stop(job);
	tool_stop(failed);
	tool_stop(everything);
	tool_stop(loads);
	CHECK_EQ(rows(job, IS("pid", child.pid), IS("comm", "auditee")), rows(job));
	CHECK_EQ(rows(job, IS("command", "PROG_LOAD"), IS("error", NOTHING), IS("type", "socket_filter"), IS("name", "a_filter"),
		      IS("object", "prog"), IS("instructions", 2)), 1);
	CHECK_EQ(rows(job, IS("command", "PROG_LOAD"), IS("type", "raw_tracepoint"), IS("name", "a_trace")), 1);
	CHECK_EQ(rows(job, IS("command", "PROG_LOAD"), IS("error", "EINVAL"), IS("name", "refused"), IS("type", "socket_filter"),
		      IS("instructions", 1), IS("id", NOTHING), IS("tag", NOTHING)) +
		 rows(job, IS("command", "PROG_LOAD"), IS("error", "EACCES"), IS("name", "refused")), 1);
	CHECK_EQ(rows(job, IS("command", "MAP_CREATE"), IS("type", "array"), IS("name", "a_map"), IS("object", "map"),
		      IS("tag", NOTHING), IS("error", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("command", "MAP_CREATE"), IS("name", "no_map"), IS("error", "EINVAL"), IS("id", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("command", "RAW_TRACEPOINT_OPEN"), IS("name", "a_trace"), IS("target", "sched_process_exit"),
		      IS("error", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("command", "RAW_TRACEPOINT_OPEN"), IS("name", "a_trace"), IS("target", "no_such_point"),
		      IS("error", "ENOENT")), 1);
	CHECK_EQ(rows(job, IS("command", "OBJ_PIN"), IS("name", "a_map"), IS("type", "array"),
		      IS("target", tmp("bpf/pin\nned"))), 1);
	CHECK_EQ(rows(job, IS("command", "OBJ_GET"), IS("name", "a_map"), IS("target", tmp("bpf/pin\nned"))), 1);
	CHECK_EQ(rows(job, IS("command", "PERF_SET_BPF"), IS("name", "an_event"), IS("type", "perf_event"), IS("error", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("command", "SO_ATTACH_BPF"), IS("name", "a_filter"), IS("type", "socket_filter")), 1);
	CHECK_EQ(rows(job, IS("command", "MAP_UPDATE_ELEM")) + rows(job, IS("command", "OBJ_GET_INFO_BY_FD")), 0);
	CHECK_EQ(rows(failed, IS("error", NOTHING)), 0);
	CHECK_EQ(rows(failed, IS("name", "refused")), 1);
	CHECK_EQ(rows(everything, IS("command", "MAP_UPDATE_ELEM"), IS("name", "a_map")), 1);
	CHECK_EQ(rows(everything, IS("command", "OBJ_GET_INFO_BY_FD")), 1);
	CHECK_EQ(rows(loads, IS("command", "PROG_LOAD")) + rows(loads, IS("command", "RAW_TRACEPOINT_OPEN")), rows(loads));
	CHECK_EQ(rows(loads, IS("command", "RAW_TRACEPOINT_OPEN")), 2);
	CHECK_NO_LOSS(job);
}

/* On interface 1, lo; -1: whatever is there is taken away. */
static int set_xdp(int type, int program)
{
	struct request request = request_of(type, 0);
	struct ifinfomsg *message = request_room(&request, sizeof(*message));
	__u32 flags = XDP_FLAGS_SKB_MODE;
	struct rtattr *xdp;

	message->ifi_index = 1;
	request_attribute(&request, IFLA_GROUP, &(__u32){0}, 4);
	xdp = request_attribute(&request, IFLA_XDP | NLA_F_NESTED, NULL, 0);
	request_attribute(&request, IFLA_XDP_FLAGS, &flags, sizeof(flags));
	request_attribute(&request, IFLA_XDP_FD, &program, sizeof(program));
	request_end(&request, xdp);
	return request_send(&request);
}

static int add_to_tc(int program)
{
	struct request qdisc = request_of(RTM_NEWQDISC, NLM_F_CREATE), filter = request_of(RTM_NEWTFILTER, NLM_F_CREATE);
	struct tcmsg *message = request_room(&qdisc, sizeof(*message));
	struct rtattr *options;
	int err;

	*message = (struct tcmsg){.tcm_ifindex = 1, .tcm_parent = TC_H_CLSACT, .tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0)};
	request_attribute(&qdisc, TCA_KIND, "clsact", 7);
	err = request_send(&qdisc);
	if (err)
		return err;
	message = request_room(&filter, sizeof(*message));
	*message = (struct tcmsg){.tcm_ifindex = 1, .tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS), .tcm_info = 1 << 16 | htons(3)};
	request_attribute(&filter, TCA_KIND, "bpf", 4);
	options = request_attribute(&filter, TCA_OPTIONS, NULL, 0);
	request_attribute(&filter, TCA_BPF_FD, &program, sizeof(program));
	request_attribute(&filter, TCA_BPF_NAME, "mine", 5);
	request_end(&filter, options);
	return request_send(&filter);
}

struct outcomes {
	int xdp, wrong, off, tc;
};

static void use_netlink(void *arg)
{
	struct outcomes *outcomes = arg;
	int xdp = load(BPF_PROG_TYPE_XDP, "an_xdp"), tc = load(BPF_PROG_TYPE_SCHED_CLS, "a_filter");

	outcomes->xdp = set_xdp(RTM_SETLINK, xdp);
	outcomes->wrong = set_xdp(RTM_NEWLINK, tc);
	outcomes->off = set_xdp(RTM_SETLINK, -1);
	outcomes->tc = add_to_tc(tc);
}

TEST(bpfaudit, "what is attached to interfaces by netlink, and whether the kernel took it")
{
	struct outcomes *outcomes = mmap(NULL, sizeof(*outcomes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct child child;
	struct job *job;

	REQUIRE(unshare(CLONE_NEWNET) == 0);
	tcp_close(&(struct tcp[]){tcp_open(AF_INET)}[0]);	/* lo is up after it */
	child = child_new("attacher", 0, use_netlink, outcomes);
	job = tool_start("bpfaudit", "-n", "attacher", "-C", "ifla_xdp,TCA_BPF");
	child_run(&child);
	tool_stop(job);
	CHECK_EQ(outcomes->xdp, 0);
	CHECK_EQ(outcomes->wrong, -EINVAL);
	CHECK_EQ(outcomes->off, 0);
	CHECK_EQ(rows(job, IS("command", "IFLA_XDP"), IS("pid", child.pid), IS("name", "an_xdp"), IS("type", "xdp"), IS("error", NOTHING),
		      IS("target", "interface 1")), 1);
	CHECK_EQ(rows(job, IS("command", "IFLA_XDP"), IS("name", "a_filter"), IS("type", "sched_cls"), IS("error", "EINVAL")), 1);
	CHECK_EQ(rows(job, IS("command", "IFLA_XDP"), IS("object", NOTHING), IS("error", NOTHING), IS("target", "interface 1")), 1);
	/* a kernel without clsact says so before there is a filter */
	CHECK_EQ(rows(job, IS("command", "TCA_BPF"), IS("name", "a_filter"), IS("type", "sched_cls"), IS("error", NOTHING),
		      IS("target", "interface 1 egress")), outcomes->tc == 0);
	CHECK_EQ(rows(job), outcomes->tc ? 3 : 4);
	CHECK_NO_LOSS(job);
}

/* What the process was told by the kernel is what is shown. */
TEST(bpfaudit, "tag and id are the kernel's own; words that are no commands are refused in one line")
{
	struct job *job = tool_start("bpfaudit", "-p", text("%d", getpid()), "-o", "+id"), *bad;
	int fd = load(BPF_PROG_TYPE_SOCKET_FILTER, "mine");
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	REQUIRE(bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && bpf_prog_get_fd_by_id(info.id) >= 0);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("command", "PROG_LOAD"), IS("name", "mine"), IS("id", info.id), IS("tag", tag_of(&info))), 1);
	CHECK_EQ(rows(job, IS("command", "PROG_GET_FD_BY_ID"), IS("name", "mine"), IS("id", info.id), IS("tag", tag_of(&info))), 1);
	bad = run("corekit", "bpfaudit", "-d", "10ms", "-C", "PROG_LOAD,PROG_UNLOAD");
	CHECK_EQ(bad->status, 2);
	CHECK_EQ(lines(bad->err), 1);
}
