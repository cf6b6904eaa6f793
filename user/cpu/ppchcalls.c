// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/tool.h"
#include "cpu/ppchcalls.h"
#include "cpu/ppchcalls.skel.h"

#define ROW struct ppchcalls_row

/* The interface's numbers: LoPAPR, chapter "hypervisor call functions". */
static const struct {
	unsigned short number;
	const char *name;
} names[] = {
	{ 0x04, "remove" }, { 0x08, "enter" }, { 0x0c, "read" }, { 0x10, "clear_mod" }, { 0x14, "clear_ref" },
	{ 0x18, "protect" }, { 0x1c, "get_tce" }, { 0x20, "put_tce" }, { 0x24, "set_sprg0" }, { 0x28, "set_dabr" },
	{ 0x2c, "page_init" }, { 0x30, "set_asr" }, { 0x34, "asr_on" }, { 0x38, "asr_off" }, { 0x3c, "logical_ci_load" },
	{ 0x40, "logical_ci_store" }, { 0x44, "logical_cache_load" }, { 0x48, "logical_cache_store" },
	{ 0x4c, "logical_icbi" }, { 0x50, "logical_dcbf" }, { 0x54, "get_term_char" }, { 0x58, "put_term_char" },
	{ 0x5c, "real_to_logical" }, { 0x60, "hypervisor_data" }, { 0x64, "eoi" }, { 0x68, "cppr" }, { 0x6c, "ipi" },
	{ 0x70, "ipoll" }, { 0x74, "xirr" }, { 0x78, "migrate_dma" }, { 0x7c, "perfmon" }, { 0xdc, "register_vpa" },
	{ 0xe0, "cede" }, { 0xe4, "confer" }, { 0xe8, "prod" }, { 0xec, "get_ppp" }, { 0xf0, "set_ppp" }, { 0xf4, "purr" },
	{ 0xf8, "pic" }, { 0xfc, "reg_crq" }, { 0x100, "free_crq" }, { 0x104, "vio_signal" }, { 0x108, "send_crq" },
	{ 0x110, "copy_rdma" }, { 0x114, "register_logical_lan" }, { 0x118, "free_logical_lan" },
	{ 0x11c, "add_logical_lan_buffer" }, { 0x120, "send_logical_lan" }, { 0x124, "bulk_remove" },
	{ 0x130, "multicast_ctrl" }, { 0x134, "set_xdabr" }, { 0x138, "stuff_tce" }, { 0x13c, "put_tce_indirect" },
	{ 0x14c, "change_logical_lan_mac" }, { 0x150, "vterm_partner_info" }, { 0x154, "register_vterm" },
	{ 0x158, "free_vterm" }, { 0x15c, "reset_events" }, { 0x1b4, "error_data" }, { 0x1bc, "get_perf_count" },
	{ 0x1d4, "free_logical_lan_buffer" }, { 0x1d8, "poll_pending" }, { 0x1e4, "query_int_state" },
	{ 0x244, "illan_attributes" }, { 0x298, "join" }, { 0x2a4, "vasi_state" }, { 0x2a8, "vioctl" },
	{ 0x2b0, "enable_crq" }, { 0x2b8, "get_em_parms" }, { 0x2d0, "set_mpp" }, { 0x2d4, "get_mpp" },
	{ 0x2dc, "reg_sub_crq" }, { 0x2e0, "free_sub_crq" }, { 0x2e4, "send_sub_crq" }, { 0x2e8, "send_sub_crq_indirect" },
	{ 0x2ec, "home_node_associativity" }, { 0x2f4, "best_energy" }, { 0x2fc, "xirr_x" }, { 0x300, "random" },
	{ 0x304, "cop" }, { 0x314, "get_mpp_x" }, { 0x31c, "set_mode" }, { 0xf000, "rtas" },
	{ 0xf078, "get_24x7_catalog_page" }, { 0xf07c, "get_24x7_data" }, { 0xf080, "get_perf_counter_info" },
};

#define NAMES (sizeof(names) / sizeof(*names))

/* "cede", "H_CEDE" or 0xe0. */
static int hcall_id(const char *word, __u64 *id)
{
	char *end;

	if (isdigit((unsigned char)*word)) {
		*id = strtoull(word, &end, 0);
		return *end || *id > 0xffff ? -ENOENT : 0;
	}
	if (!strncasecmp(word, "H_", 2))
		word += 2;
	for (size_t i = 0; i < NAMES; i++)
		if (!strcasecmp(names[i].name, word)) {
			*id = names[i].number;
			return 0;
		}
	return -ENOENT;
}

static int parse_list(struct run *run, const char *arg, void *to)
{
	for (size_t i = 0; i < NAMES; i++)
		printf("0x%04x %s\n", names[i].number, names[i].name);
	exit(EXIT_FINE);
}

static void show_hcall(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	for (size_t i = 0; i < NAMES; i++)
		if (names[i].number == r->key.hcall) {
			out_str(out, names[i].name);
			return;
		}
	out_printf(out, "0x%x", r->key.hcall);
}

static void show_avg(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;

	out_fixed(out, r->value.count ? r->value.ns / r->value.count : 0, USEC, 3);
}

static int setup(struct run *run)
{
	struct ppchcalls_bpf__rodata *rodata = run->rodata;

	if (!rodata->latency)
		attach_skip("hcall_entry");
	return 0;
}

static const struct opt opts[] = {
	OPT('P', "process", NULL, ppchcalls, by_process, "by process as well", .shows = "pid comm"),
	OPT('L', "latency", NULL, ppchcalls, latency, "the time spent in the calls as well", .shows = "total avg"),
	OPT('x', "failed", NULL, ppchcalls, failed_only, "only calls that failed"),
	OPT('e', "error", "CODE", ppchcalls, error, "only calls that failed with this code, without its sign: 4 is H_PARAMETER",
	    .min = 1, .max = 100000),
	OPT_SET(0, "hcall", "NAMES", ONLY_HCALLS, "only these calls: cede,H_CONFER,0xe8", .find = hcall_id),
	{ 'l', "list", .help = "list the names of all calls, and end", .value = V_BOOL, .parse = parse_list },
	{}
};

static const struct column columns[] = {
	COL("pid", ROW, key.pid, 7, "process id, with --process", HIDDEN),
	COL("comm", ROW, value.comm, -16, "command name", HIDDEN),
	COL_OWN("hcall", show_hcall, -24, "the hypervisor's function"),
	COL("count", ROW, value.count, 12, "calls"),
	COL("failed", ROW, value.failed, 10, "calls that failed", HIDDEN),
	COL_NSEC("total", "ms", ROW, value.ns, 14, "time from entry to return, added up", HIDDEN),
	COL_OWN("avg", show_avg, 12, "average time of a call, in microseconds", HIDDEN, .bare_json = true),
	{}
};

static const struct example examples[] = {
	{ "-d 10", "which calls of the hypervisor were made in ten seconds" },
	{ "-L --sort total 5", "every five seconds, where the time went" },
	{ "-P -x", "who makes calls that fail" },
	{}
};

TOOL(ppchcalls,
	.summary  = "count calls of the hypervisor, on POWER",
	.about    = "Counts the hypervisor calls of a Linux that runs in a logical partition (pseries), by function, and by "
		    "process as well.",
	.cost     = "One tracepoint at each call, and a hash; with -L two.",
	.caveats  = "POWER only: elsewhere the tracepoints are not there. It has not been run on such a machine yet. With -L, "
		    "where an interrupt makes a call within another one's time, the outer one is not counted.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup,
	.table    = ROWS("calls", ROW, "count", .adds = offsetof(struct ppchcalls_value, comm)));
