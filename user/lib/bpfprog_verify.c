// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* bpfprog: what the verifier says of each program of an object, each loaded alone; and instructions of what is loaded. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/bpfprog.h"
#include "lib/disasm.h"
#include "lib/foreign.h"
#include "lib/lib.h"
#include "lib/prog.h"

#define STATISTICS 4		/* BPF_LOG_STATS, kernel/bpf/verifier.c */
#define WHOLE_LOG 1
#define SMALL_LOG (64 << 10)
#define LARGE_LOG (16 << 20)

struct verdict {
	char file[256], program[128], section[128], why[256];
	bool loads;
	__u32 insns, states, peak, at_insn, marks, stack, usec;
	__u32 insns_before, states_before;
	bool before;
};

static void show_change(struct out *out, const struct column *c, const void *row)
{
	const struct verdict *v = row;

	if (v->before)
		out_s64(out, (__s64)v->insns - v->insns_before);
	else
		out_nothing(out);
}

const struct column bpfprog_verify_columns[] = {
	COL("file", struct verdict, file, -20, "the object", HIDDEN),
	COL("program", struct verdict, program, -28, "name of the program"),
	COL("section", struct verdict, section, -24, "its section", HIDDEN),
	COL_AS(L_BOOL, "loads", struct verdict, loads, 5, "does this kernel take it?"),
	COL("insns", struct verdict, insns, 8, "instructions that the verifier processed", BLANK),
	COL_OWN("change", show_change, 7, "of insns, from the baseline", HIDDEN, .bare_json = true),
	COL("states", struct verdict, states, 7, "states of the program that it kept in all", BLANK),
	COL("peak", struct verdict, peak, 6, "and at the same time", BLANK),
	COL("at_insn", struct verdict, at_insn, 7, "and of one instruction", BLANK, HIDDEN),
	COL("marks", struct verdict, marks, 6, "walks back over states to note a read; newer kernels don't do any", BLANK, HIDDEN),
	COL("stack", struct verdict, stack, 5, "bytes of stack, the largest of its functions", BLANK),
	COL("usec", struct verdict, usec, 7, "how long it took, where the kernel tells", BLANK),
	COL("why", struct verdict, why, 0, "why it doesn't load", BLANK),
	{}
};

/* libbpf tells why a program never came to the verifier, only on its log. */
static char libbpf_said[256];

static int listen(enum libbpf_print_level level, const char *format, va_list args)
{
	char line[1024];
	size_t start;

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(line, sizeof(line), format, args);
	start = strncmp(line, "libbpf: ", 8) ? 0 : 8;
	line[strcspn(line, "\n")] = 0;
	if (!*libbpf_said && !strstr(line, "BPF program load failed"))
		snprintf(libbpf_said, sizeof(libbpf_said), "%s", line + start);
	return 0;
}

static __u32 number_after(const char *log, const char *word)
{
	const char *at = strstr(log, word);

	return at ? strtoul(at + strlen(word), NULL, 10) : 0;
}

/* "stack depth 24+0": of each function. */
static __u32 deepest(const char *log)
{
	const char *at = strstr(log, "stack depth ");
	__u32 most = 0, depth;
	char *end;

	for (at = at ? at + strlen("stack depth ") : NULL; at; at = *end == '+' ? end + 1 : NULL) {
		depth = strtoul(at, &end, 10);
		most = depth > most ? depth : most;
	}
	return most;
}

static void read_statistics(struct verdict *v, const char *log)
{
	v->insns = number_after(log, "processed ");
	v->states = number_after(log, "total_states ");
	v->peak = number_after(log, "peak_states ");
	v->at_insn = number_after(log, "max_states_per_insn ");
	v->marks = number_after(log, "mark_read ");
	v->usec = number_after(log, "verification time ");
	v->stack = deepest(log);
}

/* The last line before the statistics is the reason. */
static void read_reason(struct verdict *v, char *log)
{
	char *end = strstr(log, "\nprocessed "), *start;

	if (!end) {
		snprintf(v->why, sizeof(v->why), "%s", *libbpf_said ? libbpf_said : "the kernel gave no reason");
		return;
	}
	*end = 0;
	start = strrchr(log, '\n');
	snprintf(v->why, sizeof(v->why), "%s", start ? start + 1 : log);
}

/* Nothing but this one program is loaded; 0, or the error of the load. */
static int load_alone(const char *file, int index, int level, char *log, size_t size, struct verdict *v)
{
	struct bpf_object *object = foreign_open(file);
	struct bpf_program *p;
	int i = 0, ret = object ? -ENOENT : -EINVAL;

	*log = *libbpf_said = 0;
	if (!object)
		return ret;
	bpf_object__for_each_program(p, object) {
		bpf_program__set_autoload(p, i == index);
		if (i++ != index)
			continue;
		snprintf(v->program, sizeof(v->program), "%s", bpf_program__name(p));
		snprintf(v->section, sizeof(v->section), "%s", bpf_program__section_name(p));
		bpf_program__set_log_level(p, level);
		bpf_program__set_log_buf(p, log, size);
		ret = 1;
	}
	if (ret > 0)
		ret = bpf_object__load(object);
	bpf_object__close(object);
	return ret;
}

/* What `bpfprog verify -j` wrote: a line for a program; its file may have moved. */
static void compare(struct verdict *v, const char *baseline)
{
	char key[160];
	const char *at;

	snprintf(key, sizeof(key), "\"program\":\"%s\"", v->program);
	at = baseline ? strstr(baseline, key) : NULL;
	if (!at)
		return;
	v->before = true;
	v->insns_before = number_after(at, "\"insns\":");
	v->states_before = number_after(at, "\"states\":");
}

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;

	if (f && getdelim(&text, &room, 0, f) < 0) {
		free(text);
		text = strdup("");
	}
	if (!text)
		err("--baseline: %s: %s", path, strerror(errno));
	if (f)
		fclose(f);
	return text;
}

static int verify_one(struct run *run, const char *file, int index, const char *baseline, bool *refused)
{
	char *log = malloc(SMALL_LOG), *large = NULL;
	struct verdict v = {};
	int ret = log ? load_alone(file, index, STATISTICS, log, SMALL_LOG, &v) : -ENOMEM;

	snprintf(v.file, sizeof(v.file), "%s", file);
	if (ret == -ENOENT && !*v.program)
		goto out;
	if (ret == -EINVAL && !*v.program)
		goto out;
	v.loads = !ret;
	if (v.loads) {
		read_statistics(&v, log);
	} else {
		large = malloc(LARGE_LOG);
		if (large)
			load_alone(file, index, WHOLE_LOG, large, LARGE_LOG, &v);
		read_statistics(&v, log);
		if (kernel_has_program(v.section + (*v.section == '?'), v.why, sizeof(v.why)))
			read_reason(&v, large ?: log);
		*refused = true;
	}
	compare(&v, baseline);
	out_row(run, &v);
	out_flush();
	ret = 0;
out:
	free(log);
	free(large);
	return ret;
}

int bpfprog_verify(struct run *run)
{
	char *baseline = bpfprog.baseline ? read_file(bpfprog.baseline) : NULL, why[256];
	bool refused = false;
	int ret = bpfprog.baseline && !baseline ? -EINVAL : kernel_caps_check(why, sizeof(why));

	if (ret) {
		if (ret != -EINVAL)
			err("%s", why);
		goto out;
	}
	libbpf_set_print(listen);
	out_header(run);
	for (int i = 0; i < run->n_args && !ret; i++) {
		int index = 0;

		while (!ret && !ring_over(run, 0))
			ret = verify_one(run, run->args[i], index++, baseline, &refused);
		if (ret == -ENOENT && index > 1)
			ret = 0;	/* there are no more */
		else if (ret == -ENOENT)
			err("%s: no programs in it", run->args[i]);
	}
out:
	free(baseline);
	run->status = refused ? EXIT_FAILED : EXIT_FINE;
	return ret;
}

/* --- dump --- */

struct instruction {
	__u64 at;
	char code[40], text[160], source[512], where[256];
};

const struct column bpfprog_dump_columns[] = {
	COL("at", struct instruction, at, 6, "number of the instruction; of machine code, its offset"),
	COL("code", struct instruction, code, -32, "bytes, in hex", HIDDEN),
	COL("text", struct instruction, text, -44, "the instruction", BLANK),
	COL("where", struct instruction, where, -24, "file and line of the source", HIDDEN, BLANK),
	COL("source", struct instruction, source, 0, "the source line, where it begins", BLANK),
	{}
};

/* Helpers are called by their distance from __bpf_call_base. */
static struct symbol {
	unsigned long long address;
	char name[64];
} *symbols;
static size_t n_symbols;
static unsigned long long call_base;

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static void read_symbols(void)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[512];
	struct symbol s;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx %*c %63s", &s.address, s.name) != 2 || !s.address)
			continue;
		if (!strcmp(s.name, "__bpf_call_base"))
			call_base = s.address;
		if (!strstr(s.name, "bpf"))
			continue;	/* no other is a helper */
		if (!(n_symbols & (n_symbols - 1))) {
			void *more = realloc(symbols, (n_symbols ? 2 * n_symbols : 1) * sizeof(s));

			if (!more)
				break;
			symbols = more;
		}
		symbols[n_symbols++] = s;
	}
	if (f)
		fclose(f);
	if (n_symbols)
		qsort(symbols, n_symbols, sizeof(*symbols), by_address);
}

static const char *call_name(__s32 imm)
{
	struct symbol key = { .address = call_base + imm }, *found;

	if (!call_base || !imm)
		return NULL;
	found = bsearch(&key, symbols, n_symbols, sizeof(*symbols), by_address);
	return found ? found->name : NULL;
}

/* The program with all that belongs to its code; arrays are freed by code_free(). */
struct code {
	struct bpf_prog_info info;
	char *bytes;
	struct bpf_line_info *lines;
	__u64 *jited_lines, *functions;
	struct btf *btf;
};

static void code_free(struct code *code)
{
	free(code->bytes);
	free(code->lines);
	free(code->jited_lines);
	free(code->functions);
	btf__free(code->btf);
}

static int code_read(struct code *code, const struct prog *prog)
{
	const struct bpf_prog_info *have = &prog->info;
	size_t length = bpfprog.jited ? have->jited_prog_len : have->xlated_prog_len;
	__u32 size = sizeof(code->info);

	memset(code, 0, sizeof(*code));
	code->bytes = calloc(length + 16, 1);
	code->lines = calloc(have->nr_line_info + 1, sizeof(*code->lines));
	code->jited_lines = calloc(have->nr_jited_line_info + 1, sizeof(__u64));
	code->functions = calloc(have->nr_jited_ksyms + 1, sizeof(__u64));
	if (!code->bytes || !code->lines || !code->jited_lines || !code->functions)
		return -ENOMEM;
	if (bpfprog.jited) {
		code->info.jited_prog_insns = (unsigned long)code->bytes;
		code->info.jited_prog_len = length;
		code->info.jited_line_info = (unsigned long)code->jited_lines;
		code->info.nr_jited_line_info = have->nr_jited_line_info;
		code->info.jited_line_info_rec_size = sizeof(__u64);
		code->info.jited_ksyms = (unsigned long)code->functions;
		code->info.nr_jited_ksyms = have->nr_jited_ksyms;
	} else {
		code->info.xlated_prog_insns = (unsigned long)code->bytes;
		code->info.xlated_prog_len = length;
	}
	code->info.line_info = (unsigned long)code->lines;
	code->info.nr_line_info = have->nr_line_info;
	code->info.line_info_rec_size = sizeof(*code->lines);
	if (bpf_obj_get_info_by_fd(prog->fd, &code->info, &size))
		return -errno;
	if (have->btf_id)
		code->btf = btf__load_from_kernel_by_id(have->btf_id);
	return 0;
}

static void source_of(const struct code *code, struct instruction *row, __u32 line)
{
	const struct bpf_line_info *l = &code->lines[line];
	const char *text = code->btf ? btf__name_by_offset(code->btf, l->line_off) : NULL;
	const char *file = code->btf ? btf__name_by_offset(code->btf, l->file_name_off) : NULL;

	snprintf(row->source, sizeof(row->source), "%s", text ? text + strspn(text, " \t") : "");
	snprintf(row->where, sizeof(row->where), "%s:%u", file ?: "", BPF_LINE_INFO_LINE_NUM(l->line_col));
}

static void hex(char *to, size_t room, const char *bytes, size_t n)
{
	*to = 0;
	for (size_t i = 0; i < n && 2 * i + 2 < room; i++)
		sprintf(to + 2 * i, "%02x", (unsigned char)bytes[i]);
}

static void dump_xlated(struct run *run, const struct code *code)
{
	const struct bpf_insn *insns = (void *)code->bytes;
	size_t n = code->info.xlated_prog_len / sizeof(*insns);
	__u32 line = 0;

	for (size_t i = 0; i < n && !ring_over(run, 0);) {
		struct instruction row = { .at = i };
		int slots = disasm(row.text, sizeof(row.text), insns + i, i, call_name);

		hex(row.code, sizeof(row.code), (const char *)(insns + i), slots * sizeof(*insns));
		while (line < code->info.nr_line_info && code->lines[line].insn_off < i)
			line++;
		if (line < code->info.nr_line_info && code->lines[line].insn_off == i)
			source_of(code, &row, line);
		out_row(run, &row);
		i += slots;
	}
}

/* Where no function's address is known, all bytes are of the first. */
static void dump_jited(struct run *run, const struct code *code)
{
	__u64 base = code->info.nr_jited_ksyms ? code->functions[0] : 0;
	__u32 line = 0;

	for (size_t i = 0; i < code->info.jited_prog_len && !ring_over(run, 0);) {
		struct instruction row = { .at = i };
		size_t end = i + 16;

		if (end > code->info.jited_prog_len)
			end = code->info.jited_prog_len;
		if (line < code->info.nr_jited_line_info && code->jited_lines[line] == base + i)
			source_of(code, &row, line++);
		if (line < code->info.nr_jited_line_info && code->jited_lines[line] > base + i && code->jited_lines[line] < base + end)
			end = code->jited_lines[line] - base;
		hex(row.code, sizeof(row.code), code->bytes + i, end - i);
		snprintf(row.text, sizeof(row.text), "%s", row.code);
		out_row(run, &row);
		i = end;
	}
}

int bpfprog_dump(struct run *run)
{
	struct code code = {};
	struct prog prog;
	int ret = prog_find(&prog, run->args[0]);

	if (ret)
		return ret;
	ret = code_read(&code, &prog);
	if (!ret && !(bpfprog.jited ? code.info.jited_prog_insns && code.info.jited_prog_len : code.info.xlated_prog_insns &&
							code.info.xlated_prog_len)) {
		err("%s: the kernel doesn't show it to this user%s", run->args[0], bpfprog.jited ?
		    ": it takes CAP_SYSLOG and kernel.kptr_restrict below 2, and a JIT" : ": run it as root");
		ret = -EPERM;
	}
	if (!ret) {
		if (!bpfprog.jited)
			read_symbols();
		out_header(run);
		bpfprog.jited ? dump_jited(run, &code) : dump_xlated(run, &code);
	}
	free(symbols);
	code_free(&code);
	prog_close(&prog);
	return ret;
}
