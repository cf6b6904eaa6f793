// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lib/irq_user.h"
#include "lib/ksym.h"
#include "lib/points.h"
#include "lib/probe_word.h"
#include "lib/stack_user.h"
#include "gen/trace.h"
#include "gen/trace.skel.h"

#define EVENT struct trace_row

static struct probe_word *words;
static struct probe_asked *asked;	/* by place */
static __u32 text_size = 80;

static const struct opt opts[] = {
	{ .letter = 'Z', .name = "string-size", .arg = "BYTES", .value = V_U32, .here = &text_size, .min = 2, .max = 4096,
	  .help = "how much of a text is shown; 80 bytes unless told" },
	OPT('S', "stacks", NULL, trace, stacks, "the stack at each row too", .shows = "stack"),
	OPT('E', "regexp", NULL, trace, with_regex, "names of functions are regular expressions"),
	OPT_CPUS,
	OPT_STACKS(trace),
	{}
};

static const struct place *place_of(const void *row)
{
	return &points_places()->all[((const EVENT *)row)->place];
}

static void show_function(struct out *out, const struct column *c, const void *row)
{
	const char *name = place_of(row)->name;

	out_bytes(out, name, strlen(name));
}

/* --- The message --- */

struct message {
	char text[8192];
	size_t len;
};

static void put(struct message *m, const char *text, size_t len)
{
	len = len < sizeof(m->text) - m->len ? len : sizeof(m->text) - m->len;
	memcpy(m->text + m->len, text, len);
	m->len += len;
}

static void put_number(struct message *m, const char *flags, size_t n_flags, char as, const struct expr_type *type, __u64 value)
{
	char format[48], text[128];
	const char *name, *module;
	__u64 into;

	if (as == 'K' && !ksym_find(value, &name, &module, &into)) {
		put(m, text, snprintf(text, sizeof(text), "%s+0x%llx", name, into));
		return;
	}
	if (as == 'c') {
		*text = value;
		put(m, text, 1);
	} else if (as == 'p' || as == 'K') {
		put(m, text, snprintf(text, sizeof(text), "0x%llx", value));
	} else {
		/* in the type's own width, as C shows it */
		if (as != 'd' && type->size < 8 && type->kind == EXPR_NUMBER)
			value &= (1ULL << type->size * 8) - 1;
		snprintf(format, sizeof(format), "%%%.*sll%c", (int)n_flags, flags, as);
		snprintf(text, sizeof(text), format, value);
		put(m, text, strlen(text));
	}
}

static void put_value(struct message *m, const char *flags, size_t n_flags, char as, const EVENT *e, int i)
{
	const struct probe_asked *a = &asked[e->place];
	const char *bytes = (const char *)e + a->at[i];
	char format[40], text[4400], value_text[4104];
	__u64 value;
	size_t len;

	if (as == 's' || expr_is_bytes(a->values[i])) {
		len = expr_show(a->values[i], bytes, expr_size(a->values[i], text_size), value_text, sizeof(value_text) - 1);
		value_text[len] = 0;
		snprintf(format, sizeof(format), "%%%.*ss", (int)n_flags, flags);
		snprintf(text, sizeof(text), format, value_text);
		put(m, text, strlen(text));
		return;
	}
	memcpy(&value, bytes, sizeof(value));
	put_number(m, flags, n_flags, as, expr_type(a->values[i]), value);
}

/* "%-5d": where the conversion is, and its letter; flags are between. */
static const char *conversion(const char *at, size_t *flags, char *as)
{
	const char *end = at + strspn(at, "-+ 0#.123456789");

	*flags = end - at;
	end += strspn(end, "hlz");
	*as = *end == 'i' ? 'd' : *end;
	return *end && *flags < 16 ? end + 1 : NULL;
}

static void show_message(struct out *out, const struct column *c, const void *row)
{
	const struct probe_word *w = &words[place_of(row)->of];
	static struct message m;
	const char *at, *end;
	size_t flags;
	int i = 0;
	char as;

	m.len = 0;
	for (i = 0; !w->format && i < w->n; i++) {
		put(&m, ", ", i ? 2 : 0);
		put_value(&m, "", 0, 's', row, i);
	}
	for (at = w->format, i = 0; at && *at; at++) {
		if (*at == '\\' && at[1]) {
			at++;
			put(&m, *at == 'n' ? "\n" : *at == 't' ? "\t" : at, 1);
		} else if (*at != '%' || at[1] == '%') {
			at += *at == '%';
			put(&m, at, 1);
		} else if ((end = conversion(at + 1, &flags, &as))) {
			put_value(&m, at + 1, flags, as, row, i++);
			at = end - 1;
		}
	}
	if (m.len || out_is_json(out))
		out_bytes(out, m.text, m.len);
	else
		out_nothing(out);
}

/* --- Before the load: what is asked, and how much room it takes --- */

static const char *place_word(int i)
{
	return words[i].place;
}

static int check_format(const struct probe_word *w)
{
	const char *at = w->format, *end;
	struct expr_error e = {};
	size_t flags;
	int n = 0;
	char as;

	for (; at && *at; at++) {
		if (*at != '%')
			continue;
		end = at[1] == '%' ? at + 2 : conversion(at + 1, &flags, &as);
		if (!end || (at[1] != '%' && !strchr("duxXopscK", as))) {
			e.at = w->format_at + (at - w->format);
			snprintf(e.text, sizeof(e.text), "conversions are %%d %%u %%x %%o %%c %%s %%p %%K and %%%%");
			return expr_complain(w->text, &e);
		}
		n += at[1] != '%';
		at = end - 1;
	}
	if (!w->format || n == w->n)
		return 0;
	e.at = strlen(w->text);
	snprintf(e.text, sizeof(e.text), "the format has %d conversions, and there are %d values", n, w->n);
	return expr_complain(w->text, &e);
}

static int split(struct run *run)
{
	int ret = 0;

	free(words);
	words = calloc(run->n_args + 1, sizeof(*words));
	if (!words)
		return -ENOMEM;
	for (int i = 0; i < run->n_args && !ret; i++)
		ret = probe_word_split(&words[i], run->args[i]) ?: check_format(&words[i]);
	return ret;
}

static int setup(struct run *run)
{
	struct trace_bpf__rodata *rodata = run->rodata;
	static const struct stack_view view = {
		.parts = {
			{ PART_COMM, "comm", offsetof(EVENT, origin.comm) },
			{ PART_USER, "user", offsetof(EVENT, user) },
			{ PART_KERNEL, "kernel", offsetof(EVENT, kernel) },
		},
		.value = offsetof(EVENT, one), .unit = "calls", .type = "calls",
	};
	const struct places *all = points_places();
	static struct expr_scope scope;
	size_t size;
	int ret = split(run);

	points_words(place_word);
	if (!ret)
		ret = points_setup(run, rodata->with_regex);
	free(asked);
	asked = calloc(all->n + 1, sizeof(*asked));
	for (size_t i = 0; i < all->n && !ret && asked; i++) {
		ret = points_scope(&scope, i);
		if (ret)
			return ret;
		size = sizeof(EVENT);
		ret = probe_word_ask(&words[all->all[i].of], &scope, text_size, &asked[i], &size);
		if (!ret && size > rodata->record)
			rodata->record = size;
		if (!ret && asked[i].is_call)
			ret = points_call(run, i);
	}
	return ret ?: !asked ? -ENOMEM : stack_setup(run, &view, &rodata->stack_depth);
}

/* --- After it: the programs --- */

static int generate(struct code *c, const struct place *place, int which)
{
	const struct probe_asked *a = &asked[place - points_places()->all];

	if (which == 2)
		code_entries(c, a->entries, a->n_entries);
	else if (which)
		probe_asked_code(c, a, words[place->of].n, text_size);
	else if (a->condition)
		expr_gen(c, a->condition);
	return which || a->condition;
}

static int attach(struct run *run)
{
	points_generate(generate);
	return points_attach(run);
}

static bool event(struct run *run, void *event, size_t size)
{
	const struct trace_bpf__rodata *rodata = run->rodata;

	return !rodata->stacks || stack_event(run, event, size);
}

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_OWN("function", show_function, -20, "function, tracepoint or marker"),
	COL_OWN("message", show_message, 0, "what was asked for"),
	COL_OWN("stack", stack_show, 0, "the stack, innermost first: of the kernel, then of the program", HIDDEN, .bare_json = true),
	{}
};

static const struct example examples[] = {
	{ "'sys:openat \"%s %x\", filename, flags'", "files as they are opened, with the flags" },
	{ "'vfs_read (count > 65536) count, file->f_path.dentry->d_name.name'", "large reads, by members of the kernel's structs" },
	{ "'vfs_write%return (retval < 0) \"%d\", retval'", "writes that fail" },
	{ "'sys:openat%return (latency > 1000000) str(entry(filename)), ret'", "files that took more than a millisecond to open" },
	{ "'sys:connect sockaddr(uservaddr)'", "whom programs connect to" },
	{ "'t:sock:inet_sock_set_state (newstate == TCP_CLOSE) ip(daddr), oldstate'", "from which state connections are closed" },
	{ "-S 't:sched:sched_process_exec (comm == \"sh\") filename'", "what becomes a shell, and where that was asked for" },
	{ "'bash:readline%return \"%s\", str(retval)'", "lines that are entered in bash" },
	{ "-p 181 'c:malloc (arg0 > 1 << 20) arg0' 'u:c:memory_sbrk_more arg0'", "large requests for memory, and what a marker tells" },
	{}
};

TOOL(trace,
	.summary  = "trace any function, tracepoint or marker, with its arguments",
	.about    = "Each word is PLACE [(CONDITION)] [\"FORMAT\"] [VALUE,...]: a row where the place is come by and the condition holds. "
		    "Values and condition are expressions as C has them: numbers, text, arguments by name (corekit tplist -a), retval at "
		    "a return, arg0, arg1 ..., pid, tid, uid, gid, cpu, comm, time, cgroup, with members ->m .m [n] *p, casts, str(address), "
		    "user(pointer), kernel(pointer), the kernel's enumerators. ip(x) shows 4 or 16 bytes as an IP address, "
		    "sockaddr(pointer) an address with its port or path, path(x) a struct file or struct path. Where a function or system call returns, latency is how "
		    "long it took, in ns, and entry(x) what x was worth as it began: a number or an address, as in str(entry(filename)). "
		    "Without a format, or with %s, a number that has a name is shown by it. " POINTS_HELP,
	.cost     = "A probe at each place with a program that is made for it: the condition decides before anything is recorded.",
	.caveats  = "All arithmetic is in 64 bits; what can't be read is 0, or no text. Types are known of the kernel's functions and "
		    "tracepoints, not of programs: cast, as (int)retval. Functions in sets have arg0, arg1 ... only.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach, .early = stack_early,
	.event    = event, .end = stack_end, .state = "threads", .keep_caps = SYMBOL_CAPS, .args = "PROBE...",
	.trial    = "t:sched:sched_process_exit");
