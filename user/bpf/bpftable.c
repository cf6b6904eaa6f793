// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* BPF maps on the command line, typed; what the commands do is in user/lib/bpftable_*.c. */
#include <linux/capability.h>
#include <errno.h>
#include "lib/bpftable.h"

static int parse_as(struct run *run, const char *arg, void *to)
{
	return typed_as(&bpftable.how, arg);
}

static int parse_cpu(struct run *run, const char *arg, void *to)
{
	const struct opt cpu = { .value = V_U32, .max = 1 << 20 };
	__u64 v;

	if (opt_number("--cpu", arg, &cpu, &v))
		return -EINVAL;
	bpftable.cpu = v;
	bpftable.has_cpu = true;
	return 0;
}

#define TEXT(m) static int parse_##m(struct run *run, const char *arg, void *to) { bpftable.m = arg; return 0; }
#define SWITCH(m) static int parse_##m(struct run *run, const char *arg, void *to) { bpftable.m = true; return 0; }
TEXT(where) TEXT(by) TEXT(flags) TEXT(name) TEXT(inner) TEXT(lend) TEXT(lend_key)
SWITCH(keys_only) SWITCH(drain) SWITCH(partial) SWITCH(only_new) SWITCH(only_old) SWITCH(rate) SWITCH(force)

#define OPT_TEXT(n, a, m, h, ...) { .name = n, .arg = a, .value = V_CHARS, .parse = parse_##m, .help = h, ##__VA_ARGS__ }
#define OPT_SWITCH(n, m, h) { .name = n, .value = V_BOOL, .parse = parse_##m, .help = h }

static const struct opt opts[] = {
	OPT_TEXT("as", "FIELD=HOW,...", as, "how fields look: ip4, ip6, mac, be16, be32, be64, ns, str or hex"),
	OPT_TEXT("type", "FILE:NAME", lend, "the map of that name in this object tells key and value; or the type of that "
		 "name the value. No FILE: the kernel's types", .complete = "file"),
	OPT_TEXT("key-type", "FILE:NAME", lend_key, "the type of that name tells the key", .complete = "file"),
	OPT_TEXT("where", "EXPRESSION", where, "only entries of which this is true: 'port == 53 && src != 10.0.0.1'"),
	OPT_TEXT("by", "FIELD", by, "the number to sort by, or to make a histogram of; the value's first if not given"),
	OPT_SWITCH("rate", rate, "sort by what it changes by in a second"),
	OPT_SWITCH("keys", keys_only, "without the values"),
	OPT_SWITCH("drain", drain, "take the entries out while they are shown"),
	OPT_SWITCH("partial", partial, "fields that aren't given stay as they are; others may change meanwhile"),
	OPT_SWITCH("new", only_new, "only if there is no such entry"),
	OPT_SWITCH("old", only_old, "only if there is such an entry"),
	OPT_TEXT("cpu", "CPU", cpu, "of a per-CPU map, only the value of this CPU"),
	OPT_SWITCH("force", force, "set: though a timer in the entry is lost; push: though the oldest entry is"),
	OPT_TEXT("flags", "LIST", flags, "flags of a new map: no_prealloc,mmapable,... or a number"),
	OPT_TEXT("name", "NAME", name, "name of a new map; the pin's, if not given"),
	OPT_TEXT("inner", "MAP", inner, "of a new map of maps: one like those that it is to hold"),
	{}
};

#define TYPES "as type key-type"
#define READS TYPES " where"

static const struct command commands[] = {
	{ "ls", "", "all maps that are loaded, and who holds them", "", bpftable_list_columns, 0, 0, false, false, bpftable_ls },
	{ "show", "MAP", "all about one: sizes, flags, memory, entries, owners, pins, programs, layout", TYPES,
	  bpftable_show_columns, 1, 1, false, false, bpftable_show },
	{ "get", "MAP KEY...", "the entries of these keys", TYPES, bpftable_entry_columns, 2, -1, false, false, bpftable_get },
	{ "set", "MAP KEY VALUE", "make or change an entry", TYPES " partial new old cpu force", NULL, 3, 3, false, false, bpftable_set },
	{ "del", "MAP [KEY]...", "delete these entries, or those that --where says", READS, NULL, 1, -1, false, false, bpftable_del },
	{ "dump", "MAP", "all entries; of a map of maps, those of each of them", READS " keys drain rows", bpftable_entry_columns, 1, 1,
	  false, false, bpftable_dump },
	{ "load", "MAP FILE", "what dump has written with -j or -f csv; - is stdin", TYPES " new old force", NULL, 2, 2, false, false,
	  bpftable_load },
	{ "count", "MAP", "how many entries", READS, bpftable_count_columns, 1, 1, false, false, bpftable_count },
	{ "watch", "MAP", "what changes, and how fast, at an interval", READS, bpftable_watch_columns, 1, 1, false, true, bpftable_watch },
	{ "top", "MAP", "the entries with the largest numbers, at an interval", READS " by rate", bpftable_top_columns, 1, 1, false, true,
	  bpftable_top },
	{ "diff", "MAP MAP|FILE", "what differs from another map, or from what dump wrote; status 1 if anything does", READS,
	  bpftable_diff_columns, 2, 2, false, false, bpftable_diff },
	{ "hist", "MAP", "a histogram of a number over all entries", READS " by", bpftable_hist_columns, 1, 1, true, false, bpftable_hist },
	{ "push", "MAP VALUE...", "into a queue, a stack or a bloom filter", "as type force", NULL, 2, -1, false, false, bpftable_push },
	{ "pop", "MAP", "take the next entry out of a queue or a stack, or with -r so many", "as type rows", bpftable_entry_columns, 1, 1, false, false, bpftable_pop },
	{ "peek", "MAP [VALUE]", "the next entry, which stays; of a bloom filter, whether VALUE may be in it", "as type",
	  bpftable_entry_columns, 1, 2, false, false, bpftable_peek },
	{ "follow", "MAP", "the records of a ring buffer or perf event array, which are taken out", "as type",
	  bpftable_record_columns, 1, 1, false, true, bpftable_follow },
	{ "create", "TYPE KEY VALUE ENTRIES PATH", "a new map, pinned: KEY and VALUE are bytes, or u8 to u128, s8 to s64, bool, ip4",
	  "type flags name inner", NULL, 5, 5, false, false, bpftable_create },
	{ "pin", "MAP PATH", "keep it by a pin", "", NULL, 2, 2, false, false, bpftable_pin },
	{ "unpin", "PATH...", "remove pins", "", NULL, 1, -1, false, false, bpftable_unpin },
	{ "freeze", "MAP", "from now on user space can't change it", "", NULL, 1, 1, false, false, bpftable_freeze },
	{ "check", "MAP FILE[:MAP]", "whether it is laid out as an object's map; status 1 if not, and both are shown", TYPES,
	  bpftable_check_columns, 2, 2, false, false, bpftable_check },
	{}
};

static const struct example examples[] = {
	{ "ls", "the maps that are loaded" },
	{ "dump flows --where 'port == 53'", "the entries of the map flows with that port" },
	{ "set flows '{src: 10.0.0.1, port: 53}' '{packets: 7}' --partial", "one field of one entry" },
	{ "top flows --by bytes --rate", "what grows fastest" },
	{ "dump -j id:12 >file", "as JSON, for load" },
	{ "follow /sys/fs/bpf/events --type trace.bpf.o:event", "records as that struct" },
	{}
};

COMMAND(bpftable,
	.summary  = "read and write BPF maps, typed by their BTF",
	.about    = "A MAP is a name, id:N, N, or the path of a pin. Keys and values are written as {src: 10.0.0.1, port: 53} or as "
		    "JSON, enums by name, char arrays as strings, __be16 and __be32 as the ports and addresses that they are, bytes "
		    "of anything as hex:0a000001; they are read as they are written. A field looks as its type says, as a decl tag "
		    "on it (ip4, mac, ns) or as --as says. A map without BTF is shown in bytes, unless --type lends it a type. "
		    "Keys of a task_storage are process ids, of a cgrp_storage or inode_storage paths, of a sk_storage "
		    "PID/DESCRIPTOR; one that no process holds any more is shown as cookie:N. Values of maps of maps and programs are id:N or a pin's path. "
		    "del MAP 0 takes back what a struct_ops map has registered.\n"
		    "What begins with - and is no option comes after --.",
	.cost     = "dump, count, hist: a batch of at most 4 MiB. watch, top, diff and load keep all entries in memory. An entry that "
		    "is set in part, or has a timer or kptr, is changed by a BPF program that is loaded for it.",
	.caveats  = "Reading asks for no right to write and changes nothing, not even the order of an LRU map. follow takes records "
		    "away from others that read the same map.",
	.caps     = 1ULL << CAP_SYS_ADMIN | 1ULL << CAP_BPF | 1ULL << CAP_PERFMON | 1ULL << CAP_DAC_READ_SEARCH,
	.examples = examples, .opts = opts, .commands = commands);
