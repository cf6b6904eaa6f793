// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Runs any BPF object: what it needs comes from the object's own BTF, so no user-space code is written for it. */
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
#include "lib/value.h"

#define MAX_GIVEN 64

/* What is shown: a record, an entry of a map, a line of bpf_printk() or of an iterator. */
struct shown {
	struct origin origin;
	char from[64];
	const struct value_type *key_type, *type;
	const void *key, *value;
	const char *text;	/* instead of a value */
};

/* A map of the object that is shown, or read from. */
struct source {
	const char *name;
	struct bpf_map *map;
	struct value_type *key, *value;
	struct ring_buffer *ring;
	struct perf_buffer *perf;
	void *record;		/* one that is shorter than its type is filled up with zeros */
	size_t offset;		/* a global variable: where it is in its section */
	struct run *run;
};

static const char *sets[MAX_GIVEN], *events[MAX_GIVEN], *only;
static struct value_hint hints[MAX_GIVEN];
static int n_sets, n_events, n_hints;
static struct foreign_target target;
static bool with_maps = true;
static struct source *sources;
static int n_sources;

/* --- Options. --- */

static int give(const char **list, int *n, const char *name, const char *arg)
{
	if (*n == MAX_GIVEN) {
		err("--%s: at most %d times", name, MAX_GIVEN);
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
	return give(events, &n_events, "event", arg);
}

static int parse_as(struct run *run, const char *arg, void *to)
{
	const char *equals = strchr(arg, '=');
	int as = equals ? value_as_find(equals + 1) : -ENOENT;

	if (as < 0 || n_hints == MAX_GIVEN) {
		err("--as: '%s' is not FIELD=ip4, ip6, mac, be16, be32, be64, ns, str or hex", arg);
		return -EINVAL;
	}
	hints[n_hints++] = (struct value_hint){ strndup(arg, equals - arg), as, false };
	return 0;
}

static int parse_only(struct run *run, const char *arg, void *to)
{
	only = arg;
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

static int parse_interface(struct run *run, const char *arg, void *to)
{
	target.interface = arg;
	return 0;
}

static int parse_cgroup(struct run *run, const char *arg, void *to)
{
	target.cgroup = arg;
	return 0;
}

static int parse_no_maps(struct run *run, const char *arg, void *to)
{
	with_maps = false;
	return 0;
}

static const struct opt opts[] = {
	{ .letter = 's', .name = "set", .arg = "NAME=VALUE", .many = true, .value = V_CHARS, .parse = parse_set,
	  .help = "a global variable of the object, before it is loaded; may be given again" },
	{ .name = "only", .arg = "PROGRAMS", .value = V_CHARS, .parse = parse_only,
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
	{ .name = "interface", .arg = "NAME", .value = V_CHARS, .parse = parse_interface, .complete = "interface",
	  .help = "the network interface for XDP programs and socket filters" },
	{ .letter = 'c', .name = "cgroup", .arg = "CGROUP", .value = V_CHARS, .parse = parse_cgroup, .complete = "cgroup",
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

static int on_record(void *ctx, void *data, size_t size)
{
	struct source *source = ctx;
	struct shown s = { .type = source->value, .value = data };
	size_t want = value_size(source->value);

	if (source->run->count && source->run->shown >= source->run->count)
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
	show(source->run, source->name, &s);
	return 0;
}

static void on_perf(void *ctx, int cpu, void *data, __u32 size)
{
	on_record(ctx, data, size);
}

static void on_perf_lost(void *ctx, int cpu, __u64 n)
{
	struct source *source = ctx;

	lost(source->run, source->name, n);
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
		if (source->run->format == OUT_TEXT && histogram(s.type, &f, &slots))
			show_histogram(source->run, source, &s);
		else
			show(source->run, source->name, &s);
	}
	return 0;
}

/* --- What there is to show. --- */

/* Which struct the records of a buffer are: see --help. */
static __u32 record_type(const struct btf *btf, struct bpf_object *object, const char *map, const char *given)
{
	char names[4][128] = {};
	size_t len = strlen(map);
	__u32 last = 0;
	int id, n = 0;

	if (!btf)
		return 0;
	if (given)
		given += strspn(given, " ");
	if (given && !strncmp(given, "struct ", 7))
		given += 7;
	if (given) {
		id = btf__find_by_name_kind(btf, given, BTF_KIND_STRUCT);
		return id > 0 ? id : 0;
	}
	snprintf(names[0], sizeof(names[0]), "%.*s", (int)(len - (len && map[len - 1] == 's')), map);
	snprintf(names[1], sizeof(names[1]), "%s_event", bpf_object__name(object));
	strcpy(names[2], "event");
	strcpy(names[3], "data_t");
	for (int i = 0; i < 4; i++) {
		id = btf__find_by_name_kind(btf, names[i], BTF_KIND_STRUCT);
		if (id > 0)
			return id;
	}
	for (__u32 i = 1; i < btf__type_cnt(btf); i++) {
		const struct btf_type *t = btf__type_by_id(btf, i);
		const char *name = btf__name_by_offset(btf, t->name_off);

		if (btf_is_struct(t) && strlen(name) > 6 && !strcmp(name + strlen(name) - 6, "_event")) {
			last = i;
			n++;
		}
	}
	return n == 1 ? last : 0;
}

static struct source *source_new(struct run *run, const char *name, struct bpf_map *map)
{
	struct source *more = realloc(sources, (n_sources + 1) * sizeof(*sources));

	if (!more)
		return NULL;
	sources = more;
	sources[n_sources] = (struct source){ .name = name, .map = map, .run = run };
	return &sources[n_sources++];
}

static int type_new(struct value_type **type, const struct btf *btf, __u32 id, size_t size)
{
	struct value_error e = {};
	int ret = value_type_new(type, btf, id, size, hints, n_hints, &e);

	if (!ret || !id)
		return ret;
	note("%s: shown as bytes", e.text);
	return value_type_new(type, btf, 0, size, NULL, 0, &e);
}

static int add_buffer(struct run *run, struct bpf_object *object, struct bpf_map *map)
{
	const char *name = bpf_map__name(map), *given = NULL;
	const struct btf *btf = bpf_object__btf(object);
	struct source *source = source_new(run, name, map);
	__u32 type;

	for (int i = 0; i < n_events; i++)
		if (!strncmp(events[i], name, strlen(name)) && events[i][strlen(name)] == '=')
			given = events[i] + strlen(name) + 1;
	if (!source)
		return -ENOMEM;
	type = record_type(btf, object, name, given);
	if (given && !type) {
		err("--event: the object's BTF has no struct '%s'", given);
		return -EINVAL;
	}
	if (type_new(&source->value, btf, type, type ? 0 : 8))
		return -ENOMEM;
	source->record = malloc(value_size(source->value));
	return source->record ? 0 : -ENOMEM;
}

static int add_table(struct run *run, struct bpf_object *object, struct bpf_map *map)
{
	struct source *source = source_new(run, bpf_map__name(map), map);
	const struct btf *btf = bpf_object__btf(object);

	if (!source)
		return -ENOMEM;
	return type_new(&source->key, btf, bpf_map__btf_key_type_id(map), bpf_map__key_size(map)) ?:
	       type_new(&source->value, btf, bpf_map__btf_value_type_id(map), bpf_map__value_size(map));
}

static int add_variables(struct run *run, struct bpf_object *object, struct bpf_map *map)
{
	const char *dot = strchr(bpf_map__name(map), '.');
	const struct btf *btf = bpf_object__btf(object);
	int id = dot ? btf__find_by_name_kind(btf, dot, BTF_KIND_DATASEC) : -ENOENT, ret = 0;
	const struct btf_type *section = id > 0 ? btf__type_by_id(btf, id) : NULL;
	const struct btf_var_secinfo *v = section ? btf_var_secinfos(section) : NULL;

	for (int i = 0; section && !ret && i < btf_vlen(section); i++) {
		const struct btf_type *var = btf__type_by_id(btf, v[i].type);
		struct source *source;

		source = source_new(run, btf__name_by_offset(btf, var->name_off), map);
		if (!source)
			return -ENOMEM;
		source->offset = v[i].offset;
		ret = type_new(&source->value, btf, var->type, v[i].size);
	}
	return ret;
}

static int add_sources(struct run *run, struct bpf_object *object)
{
	struct bpf_map *map;
	int ret = 0;

	bpf_object__for_each_map(map, object) {
		if (ret)
			break;
		switch (bpf_map__type(map)) {
		case BPF_MAP_TYPE_RINGBUF:
		case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
			ret = add_buffer(run, object, map);
			break;
		case BPF_MAP_TYPE_ARRAY:
			if (bpf_map__is_internal(map)) {
				if (with_maps && bpf_object__btf(object) && !strstr(bpf_map__name(map), ".rodata") &&
				    !strstr(bpf_map__name(map), ".kconfig"))
					ret = add_variables(run, object, map);
				break;
			}
			/* fallthrough */
		case BPF_MAP_TYPE_HASH:
		case BPF_MAP_TYPE_LRU_HASH:
		case BPF_MAP_TYPE_LPM_TRIE:
		case BPF_MAP_TYPE_PERCPU_HASH:
		case BPF_MAP_TYPE_PERCPU_ARRAY:
		case BPF_MAP_TYPE_LRU_PERCPU_HASH:
			if (with_maps)
				ret = add_table(run, object, map);
			break;
		default:
			break;
		}
	}
	for (int i = 0; i < n_events && !ret; i++) {
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(events[i], "="), events[i]);
		if (!bpf_object__find_map_by_name(object, name)) {
			err("--event: the object has no map '%s'", name);
			ret = -EINVAL;
		}
	}
	return ret;
}

static int open_buffers(void)
{
	for (int i = 0; i < n_sources; i++) {
		struct source *s = &sources[i];

		if (bpf_map__type(s->map) == BPF_MAP_TYPE_RINGBUF)
			s->ring = ring_buffer__new(bpf_map__fd(s->map), on_record, s, NULL);
		else if (bpf_map__type(s->map) == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
			s->perf = perf_buffer__new(bpf_map__fd(s->map), 64, on_perf, on_perf_lost, s, NULL);
		else
			continue;
		if (!s->ring && !s->perf)
			return -errno;
	}
	return 0;
}

static void close_sources(void)
{
	for (int i = 0; i < n_sources; i++) {
		ring_buffer__free(sources[i].ring);
		perf_buffer__free(sources[i].perf);
		value_type_free(sources[i].key);
		value_type_free(sources[i].value);
		free(sources[i].record);
	}
	free(sources);
}

static void read_buffers(void)
{
	for (int i = 0; i < n_sources; i++) {
		if (sources[i].ring)
			ring_buffer__consume(sources[i].ring);
		if (sources[i].perf)
			perf_buffer__consume(sources[i].perf);
	}
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

	for (int i = 0; i < n_sources && !ret; i++) {
		if (sources[i].key)
			ret = map_each(bpf_map__fd(sources[i].map), on_entry, &sources[i]);
		else if (!sources[i].record)
			ret = show_variable(run, &sources[i]);
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

static int attach(struct run *run, struct bpf_object *object, int *attached)
{
	struct bpf_program *p;
	char why[192];

	bpf_object__for_each_program(p, object) {
		const char *section = bpf_program__section_name(p);
		int ret;

		if (!bpf_program__autoload(p))
			continue;
		section += *section == '?';
		if (!strncmp(section, "iter", 4))
			ret = 0;	/* in iterators(), once the heading is out */
		else
			ret = foreign_attach(p, &target, why, sizeof(why));
		if (ret && !run->explain)
			err("%s (%s) isn't attached: %s", bpf_program__name(p), section, why);
		*attached += !ret;
		if (run->explain && run->format == OUT_JSON)
			out_printf(out_open(run), "{\"hook\":\"%s\",\"used\":%s,\"why\":\"%s\"}\n", section,
				   ret ? "false" : "true", ret ? why : "");
		else if (run->explain)
			out_printf(out_open(run), "%-7s %-40s %s\n", ret ? "unused" : "used", section, ret ? why : "");
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
		read_buffers();
		if (pfd.fd >= 0)
			pipe_read(pfd.fd, on_line, run);
		if (run->interval && look_now() >= next) {
			ret = show_maps(run);
			next += run->interval;
		}
		out_flush();
	}
	foreign_detach();
	read_buffers();
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
	object = foreign_open(run->args[0]);
	ret = object ? load(run, object) : -EINVAL;
	if (!ret)
		ret = add_sources(run, object);
	if (!ret)
		ret = attach(run, object, &attached);
	if (!ret && !run->explain)
		ret = open_buffers() ?: follow(run, object);
	foreign_detach();
	close_sources();
	bpf_object__close(object);
	return ret;
}

static const struct example examples[] = {
	{ "mine.bpf.o", "load and attach it; show what its buffers, maps and bpf_printk() say" },
	{ "mine.bpf.o --set min_us=100 --set 'comm=\"sh\"'", "with its constants set" },
	{ "mine.bpf.o --event events='struct call' --as addr=ip4", "records of a struct, an address in it" },
	{ "mine.bpf.o -i 1 -j", "its maps every second, as JSON lines" },
	{ "counter.bpf.o --interface eth0", "an XDP program, or a socket filter" },
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
	.caveats  = "What a program drops itself when a buffer is full is not known here; perf buffers tell, ring buffers don't.",
	.examples = examples, .opts = opts, .columns = columns, .command = bpfrun, .args = "FILE", .trial = "tool:hello");
