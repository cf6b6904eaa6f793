// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Runs any BPF object: what it needs comes from the object's own BTF, so no user-space code is written for it. */
#include <linux/capability.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/foreign.h"
#include "lib/lib.h"
#include "lib/pipe.h"
#include "lib/source.h"

/* What is shown: a record, an entry of a map, a line of bpf_printk() or of an iterator. */
struct shown {
	struct origin origin;
	char from[64];
	const struct value_type *key_type, *type;
	const void *key, *value;
	const char *text;	/* instead of a value */
};

static const char *sets[SOURCE_MANY], *only;
static int n_sets;
static struct foreign_target target;
static struct sources sources = { .maps = true };

/* --- Options. --- */

static int give(const char **list, int *n, const char *name, const char *arg)
{
	if (*n == SOURCE_MANY) {
		err("--%s: at most %d times", name, SOURCE_MANY);
		return -EINVAL;
	}
	list[(*n)++] = arg;
	return 0;
}

static int parse_set(struct run *run, const char *arg, void *to)
{
	return give(sets, &n_sets, "set", arg);
}

static int parse_event(struct run *run, const char *arg, void *to)
{
	if (!strchr(arg, '=')) {
		err("--event: '%s' is not MAP=TYPE", arg);
		return -EINVAL;
	}
	return give(sources.events, &sources.n_events, "event", arg);
}

static int parse_as(struct run *run, const char *arg, void *to)
{
	const char *equals = strchr(arg, '=');
	int as = equals ? value_as_find(equals + 1) : -ENOENT;

	if (as < 0 || sources.n_hints == SOURCE_MANY) {
		err("--as: '%s' is not FIELD=ip4, ip6, mac, be16, be32, be64, ns, str or hex", arg);
		return -EINVAL;
	}
	sources.hints[sources.n_hints++] = (struct value_hint){ strndup(arg, equals - arg), as, false };
	return 0;
}

static int parse_interval(struct run *run, const char *arg, void *to)
{
	const struct opt o = { .value = V_U64, .unit = UNIT_NSEC, .bare = SEC_, .min = MSEC, .max = -1ULL };

	return opt_number("--interval", arg, &o, &run->interval);
}

static int parse_pid(struct run *run, const char *arg, void *to)
{
	const struct opt o = { .value = V_U32, .min = 1, .max = 1 << 22 };
	__u64 pid;
	int ret = opt_number("--pid", arg, &o, &pid);

	target.pid = pid;
	return ret;
}

static int parse_frequency(struct run *run, const char *arg, void *to)
{
	const struct opt o = { .value = V_U32, .min = 1, .max = 10000 };
	__u64 frequency;
	int ret = opt_number("--frequency", arg, &o, &frequency);

	target.frequency = frequency;
	return ret;
}

static int parse_no_maps(struct run *run, const char *arg, void *to)
{
	sources.maps = false;
	return 0;
}

static const struct opt opts[] = {
	{ .letter = 's', .name = "set", .arg = "NAME=VALUE", .many = true, .value = V_CHARS, .parse = parse_set,
	  .help = "a global variable of the object, before it is loaded; may be given again" },
	{ .name = "only", .arg = "PROGRAMS", .value = V_CHARS, .here = &only,
	  .help = "load only these programs, with commas; also those that are off by default (SEC(\"?...\"))" },
	{ .letter = 'e', .name = "event", .arg = "MAP=TYPE", .many = true, .value = V_CHARS, .parse = parse_event,
	  .help = "the struct that a ring or perf buffer's records are; may be given again" },
	{ .name = "as", .arg = "FIELD=HOW", .many = true, .value = V_CHARS, .parse = parse_as,
	  .help = "how to show a field: ip4, ip6, mac, be16, be32, be64, ns, str or hex" },
	{ .letter = 'i', .name = "interval", .arg = "TIME", .value = V_U64, .parse = parse_interval,
	  .help = "show the maps this often, not only at the end" },
	{ .name = "no-maps", .value = V_BOOL, .parse = parse_no_maps, .help = "don't show maps" },
	{ .letter = 'p', .name = "pid", .arg = "PID", .value = V_U32, .parse = parse_pid, .complete = "pid",
	  .help = "the process for uprobes, USDT and perf events" },
	{ .name = "interface", .arg = "NAME", .value = V_CHARS, .here = &target.interface, .complete = "interface",
	  .help = "the network interface for XDP and tc programs and socket filters" },
	{ .name = "egress", .value = V_BOOL, .here = &target.egress,
	  .help = "tc programs see what leaves the interface, not what comes in" },
	{ .letter = 'c', .name = "cgroup", .arg = "CGROUP", .value = V_CHARS, .here = &target.cgroup, .complete = "cgroup",
	  .help = "the cgroup for programs that want one: a path" },
	{ .name = "frequency", .arg = "HZ", .value = V_U32, .parse = parse_frequency,
	  .help = "how often perf event programs run on each CPU, in a second: 49" },
	{}
};

/* --- Rows. --- */

static void show_value(struct out *out, const struct value_type *type, const void *bytes)
{
	static struct value_buf buf;

	if (!type) {
		out_nothing(out);
		return;
	}
	buf.len = 0;
	value_write(&buf, type, bytes, out_is_json(out) ? VALUE_JSON : VALUE_TEXT);
	value_put(&buf, "", 1);
	out_str(out, buf.failed ? "" : buf.text);
}

static void show_key(struct out *out, const struct column *c, const void *row)
{
	const struct shown *s = row;

	show_value(out, s->key_type, s->key);
}

static void show_what(struct out *out, const struct column *c, const void *row)
{
	const struct shown *s = row;

	if (!s->text) {
		show_value(out, s->type, s->value);
		return;
	}
	out_str(out, out_is_json(out) ? "\"" : "");
	out_bytes(out, s->text, strlen(s->text));
	out_str(out, out_is_json(out) ? "\"" : "");
}

static const struct column columns[] = {
	COL_AS(L_TIME, "time", struct shown, origin.time, -12, "when it was read", HIDDEN),
	COL("cpu", struct shown, origin.cpu, 3, "of a per-CPU value, or that printed", HIDDEN),
	COL("from", struct shown, from, -16, "the map, \"printk\", or the iterator's program"),
	COL_OWN("key", show_key, -16, "key, of an entry of a map", .bare_json = true),
	COL_OWN("value", show_what, 0, "record, value or text", .bare_json = true),
	{}
};

static void show(struct run *run, const char *from, struct shown *s)
{
	s->origin.time = look_now();
	snprintf(s->from, sizeof(s->from), "%s", from);
	out_row(run, s);
	run->shown++;
}

static void lost(struct run *run, const char *from, __u64 n)
{
	if (run->format == OUT_JSON)
		out_printf(out_open(run), "{\"lost\":%llu,\"why\":\"buffer full\"}\n", n);
	else
		err("lost %llu: buffer full: %s", n, from);
}

static struct run *run_of(const struct source *source)
{
	return source->ctx;
}

static int on_record(void *ctx, void *data, size_t size)
{
	struct source *source = ctx;
	struct shown s = { .type = source->value, .value = data };
	size_t want = value_size(source->value);

	if (run_of(source)->count && run_of(source)->shown >= run_of(source)->count)
		return 0;
	if (value_is_raw(source->value) && size != want) {
		value_type_free(source->value);
		if (value_type_new(&source->value, NULL, 0, size, NULL, 0, &(struct value_error){}))
			return -ENOMEM;
		s.type = source->value;
	} else if (size < want) {
		memset(source->record, 0, want);
		memcpy(source->record, data, size);
		s.value = source->record;
	}
	show(run_of(source), source->name, &s);
	return 0;
}

static void on_perf(void *ctx, int cpu, void *data, __u32 size)
{
	on_record(ctx, data, size);
}

static void on_perf_lost(void *ctx, int cpu, __u64 n)
{
	struct source *source = ctx;

	lost(run_of(source), source->name, n);
}

static bool on_line(void *ctx, const struct pipe_line *line)
{
	struct run *run = ctx;
	struct shown s = { .origin.cpu = line->origin.cpu, .text = line->message };

	show(run, "printk", &s);
	return !run->count || run->shown < run->count;
}

/* A member that is an array of counters, named as histograms in powers of two are. */
static const char *histogram(const struct value_type *type, struct value_field *f, unsigned int *n)
{
	static const char *const names[] = { "slots", "slot" };
	char path[32];

	for (int i = 0; i < 2; i++) {
		for (*n = 0; *n < 65; ++*n) {
			snprintf(path, sizeof(path), "%s[%u]", names[i], *n);
			if (value_find(type, path, f) || !value_is_number(f))
				break;
		}
		if (*n > 1 && *n < 65)
			return names[i];
	}
	return NULL;
}

/* log2 as in bcc and libbpf-tools: the slot of v is the number of its highest bit. */
static void show_histogram(struct run *run, struct source *source, const struct shown *s)
{
	struct out *out = out_open(run);
	double counts[65], most = 0;
	struct value_field f;
	unsigned int n, last = 0;
	char path[32];
	const char *name = histogram(s->type, &f, &n);

	for (unsigned int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s[%u]", name, i);
		value_find(s->type, path, &f);
		counts[i] = value_number(&f, s->value);
		most = counts[i] > most ? counts[i] : most;
		last = counts[i] ? i : last;
	}
	out_printf(out, "%s", source->name);
	if (s->key_type) {
		out_str(out, " ");
		show_value(out, s->key_type, s->key);
	}
	out_printf(out, "\n%20s : %-8s distribution\n", "value", "count");
	for (unsigned int i = 0; i <= last && most; i++)
		out_printf(out, "%8llu -> %-8llu : %-8.0f |%-40.*s|\n", i ? 1ULL << i : 0ULL, (2ULL << i) - 1, counts[i],
			   (int)(40 * counts[i] / most), "****************************************");
}

static int on_entry(void *ctx, const void *key, void *value)
{
	struct source *source = ctx;
	int type = bpf_map__type(source->map), n = 1;
	struct shown s = { .key_type = source->key, .key = key, .type = source->value, .value = value };
	struct value_field f;
	unsigned int slots;

	if (type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH)
		n = libbpf_num_possible_cpus();
	if (type == BPF_MAP_TYPE_ARRAY && bpf_map__max_entries(source->map) == 1)
		s.key_type = NULL;
	for (int cpu = 0; cpu < n; cpu++) {
		s.value = (char *)value + cpu * ((value_size(source->value) + 7) & ~7UL);
		s.origin.cpu = cpu;
		if (run_of(source)->format == OUT_TEXT && histogram(s.type, &f, &slots))
			show_histogram(run_of(source), source, &s);
		else
			show(run_of(source), source->name, &s);
	}
	return 0;
}

/* One entry, number 0, holds a section's variables: not all versions of libbpf map it after the load. */
static int show_variable(struct run *run, struct source *source)
{
	struct shown s = { .type = source->value };
	char *section = malloc(bpf_map__value_size(source->map));
	int ret = section ? 0 : -ENOMEM;

	if (!ret && bpf_map_lookup_elem(bpf_map__fd(source->map), &(__u32){ 0 }, section))
		ret = -errno;
	if (!ret) {
		s.value = section + source->offset;
		show(run, source->name, &s);
	}
	free(section);
	return ret;
}

static int show_maps(struct run *run)
{
	int ret = 0;

	for (int i = 0; i < sources.n && !ret; i++) {
		if (sources.at[i].key)
			ret = map_each(bpf_map__fd(sources.at[i].map), on_entry, &sources.at[i]);
		else if (!sources.at[i].record)
			ret = show_variable(run, &sources.at[i]);
	}
	return ret;
}

/* --- Programs. --- */

static bool in_list(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		if (!strncmp(at, name, len) && (!at[len] || at[len] == ','))
			return true;
	return false;
}

static int choose(struct bpf_object *object)
{
	struct bpf_program *p;
	char name[128];

	for (const char *at = only; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, ","), at);
		if (!bpf_object__find_program_by_name(object, name)) {
			err("--only: the object has no program '%s'", name);
			return -EINVAL;
		}
	}
	bpf_object__for_each_program(p, object)
		if (only)
			bpf_program__set_autoload(p, in_list(only, bpf_program__name(p)));
	return 0;
}

/* Does a program print? trace_printk is helper 6, trace_vprintk 177: include/uapi/linux/bpf.h. */
static bool prints(struct bpf_object *object)
{
	struct bpf_program *p;

	bpf_object__for_each_program(p, object) {
		const struct bpf_insn *insn = bpf_program__insns(p);

		for (size_t i = 0; bpf_program__autoload(p) && i < bpf_program__insn_cnt(p); i++)
			if (insn[i].code == (BPF_JMP | BPF_CALL) && !insn[i].src_reg && (insn[i].imm == 6 || insn[i].imm == 177))
				return true;
	}
	return false;
}

/* An iterator answers at once: its text, line by line. */
static int iterate(struct run *run, struct bpf_program *program)
{
	struct bpf_link *link = bpf_program__attach_iter(program, NULL);
	int fd = link ? bpf_iter_create(bpf_link__fd(link)) : -1, ret = fd < 0 ? -errno : 0;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	while (f && (n = getline(&line, &room, f)) > 0 && !ring_over(run, 0)) {
		line[n - (line[n - 1] == '\n')] = 0;
		show(run, bpf_program__name(program), &(struct shown){ .text = line });
	}
	free(line);
	if (f)
		fclose(f);
	bpf_link__destroy(link);
	return ret;
}

static void tell_attached(struct run *run, const char *name, const char *section, int ret, const char *why)
{
	if (ret && !run->explain)
		err("%s (%s) isn't attached: %s", name, section, why);
	if (run->explain && run->format == OUT_JSON)
		out_printf(out_open(run), "{\"hook\":\"%s\",\"used\":%s,\"why\":\"%s\"}\n", section, ret ? "false" : "true",
			   ret ? why : "");
	else if (run->explain)
		out_printf(out_open(run), "%-7s %-40s %s\n", ret ? "unused" : "used", section, ret ? why : "");
}

static int attach(struct run *run, struct bpf_object *object, int *attached)
{
	struct bpf_program *p;
	struct bpf_map *map;
	char why[192];
	int ret;

	bpf_object__for_each_program(p, object) {
		const char *section = bpf_program__section_name(p);

		if (!bpf_program__autoload(p) || bpf_program__type(p) == BPF_PROG_TYPE_STRUCT_OPS)
			continue;
		section += *section == '?';
		if (!strncmp(section, "iter", 4))
			ret = 0;	/* in iterators(), once the heading is out */
		else
			ret = foreign_attach(p, &target, why, sizeof(why));
		*attached += !ret;
		tell_attached(run, bpf_program__name(p), section, ret, why);
	}
	bpf_object__for_each_map(map, object) {
		if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
			continue;
		ret = foreign_attach_map(map, why, sizeof(why));
		*attached += !ret;
		tell_attached(run, bpf_map__name(map), "struct_ops", ret, why);
	}
	if (*attached)
		return 0;
	err("nothing is attached: see above, and --interface, --cgroup, --pid, --only");
	return -ENODEV;
}

static int iterators(struct run *run, struct bpf_object *object)
{
	struct bpf_program *p;
	int ret = 0;

	bpf_object__for_each_program(p, object) {
		const char *section = bpf_program__section_name(p);

		section += *section == '?';
		if (!ret && bpf_program__autoload(p) && !strncmp(section, "iter", 4))
			ret = iterate(run, p);
	}
	return ret;
}

static int follow(struct run *run, struct bpf_object *object)
{
	__u64 deadline = run->duration ? look_now() + run->duration : 0, next = look_now() + run->interval;
	struct pollfd pfd = { .fd = prints(object) ? pipe_open() : -1, .events = POLLIN };
	int ret;

	out_header(run);
	out_flush();
	ret = ring_ready(run) ?: iterators(run, object);
	while (!ret && !ring_over(run, deadline)) {
		__u64 now = look_now(), until = now + 50 * MSEC;

		if (run->interval && next < until)
			until = next;
		if (deadline && deadline < until)
			until = deadline;
		poll(&pfd, 1, until > now ? (until - now) / MSEC + 1 : 0);
		out_look();
		sources_read(&sources);
		if (pfd.fd >= 0)
			pipe_read(pfd.fd, on_line, run);
		if (run->interval && look_now() >= next) {
			ret = show_maps(run);
			next += run->interval;
		}
		out_flush();
	}
	foreign_detach();
	sources_read(&sources);
	if (!ret && !(run->count && run->shown >= run->count))
		ret = show_maps(run);
	if (pfd.fd >= 0)
		close(pfd.fd);
	return ret;
}

static int load(struct run *run, struct bpf_object *object)
{
	int ret = choose(object);

	for (int i = 0; i < n_sets && !ret; i++)
		ret = foreign_set(object, sets[i]);
	if (ret)
		return -EINVAL;
	ret = bpf_object__load(object);
	if (ret)
		err("it isn't loaded: %s%s%s", strerror(-ret), attach_why() ? ": " : "", attach_why() ?: "");
	return ret;
}

static int bpfrun(struct run *run)
{
	struct bpf_object *object = NULL;
	int ret = -EINVAL, attached = 0;
	char why[256];

	if (run->n_args != 1) {
		err(run->n_args ? "one FILE at a time" : "which FILE? See --help");
		return -EINVAL;
	}
	ret = kernel_caps_check(why, sizeof(why));
	if (ret) {
		err("%s", why);
		return ret;
	}
	sources.ctx = run;
	object = foreign_open(run->args[0]);
	ret = object ? load(run, object) : -EINVAL;
	if (!ret)
		ret = sources_find(&sources, object);
	if (!ret)
		ret = attach(run, object, &attached);
	if (!ret && !run->explain)
		ret = sources_open(&sources, on_record, on_perf, on_perf_lost) ?: follow(run, object);
	foreign_detach();
	sources_close(&sources);
	bpf_object__close(object);
	return ret;
}

static const struct example examples[] = {
	{ "mine.bpf.o", "load and attach it; show what its buffers, maps and bpf_printk() say" },
	{ "mine.bpf.o --set min_us=100 --set 'comm=\"sh\"'", "with its constants set" },
	{ "mine.bpf.o --event events='struct call' --as addr=ip4", "records of a struct, an address in it" },
	{ "mine.bpf.o -i 1 -j", "its maps every second, as JSON lines" },
	{ "counter.bpf.o --interface eth0", "an XDP or tc program, or a socket filter" },
	{}
};

COMMAND(bpfrun,
	.summary  = "run a BPF object file and show what comes out of it",
	.about    = "Loads a CO-RE object (clang --target=bpf -g), attaches every program that its section names tell where, and "
		    "shows records of ring and perf buffers, lines of bpf_printk(), what iterators print, and at the end or "
		    "at an interval each map and global variable, typed by the object's BTF. FILE may also be tool:NAME, the "
		    "object of a tool of corekit's. The records of a buffer NAMEs are taken as struct NAME, else as struct "
		    "OBJECT_event, struct event, struct data_t, or the only struct whose name ends in _event; --event says "
		    "otherwise, and without BTF they are bytes. BTF holds a struct only if a map, a global variable or a "
		    "function's argument has it: \"struct event *unused_event;\" as a global variable is enough. A member "
		    "\"slots\" that is an array of at most 64 numbers is shown as a histogram in powers of two.",
	.cost     = "That of the object's programs; its buffers are read every 50 ms.",
	.caveats  = "What a program drops itself when a buffer is full is not known here; perf buffers tell, ring buffers don't. "
		    "What it attaches ends with it; before Linux 6.6, a tc program stays if it is killed outright, and so does a "
		    "struct of operations before 6.4: tc filter del, and bpftable del MAP 0, take them away.",
	.caps     = 1ULL << CAP_SYS_ADMIN | 1ULL << CAP_BPF | 1ULL << CAP_PERFMON | 1ULL << CAP_DAC_READ_SEARCH,
	.examples = examples, .opts = opts, .columns = columns, .command = bpfrun, .args = "FILE", .trial = "tool:hello");
