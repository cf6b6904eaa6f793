// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What an expression can name at a place: the kernel's types, a tracepoint's format and a marker's note tell. */
#include <asm/ptrace.h>
#include <errno.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/expr.h"
#include "lib/lib.h"

/* Where a function's arguments and what it returns are among the registers. */
#if defined(__x86_64__)
#define REG(r) offsetof(struct pt_regs, r)
static const __u32 parameters[] = { REG(rdi), REG(rsi), REG(rdx), REG(rcx), REG(r8), REG(r9) };
#define RETURNED REG(rax)
#elif defined(__aarch64__)
#define REG(n) offsetof(struct user_pt_regs, regs[n])
static const __u32 parameters[] = { REG(0), REG(1), REG(2), REG(3), REG(4), REG(5), REG(6), REG(7) };
#define RETURNED REG(0)
#elif defined(__riscv)
#define REG(r) offsetof(struct user_regs_struct, r)
static const __u32 parameters[] = { REG(a0), REG(a1), REG(a2), REG(a3), REG(a4), REG(a5), REG(a6), REG(a7) };
#define RETURNED REG(a0)
#elif defined(__s390x__)
#define REG(n) (24 + 8 * (n))	/* behind a word and the program status */
static const __u32 parameters[] = { REG(2), REG(3), REG(4), REG(5), REG(6) };
#define RETURNED REG(2)
#elif defined(__powerpc64__)
#define REG(n) (8 * (n))
static const __u32 parameters[] = { REG(3), REG(4), REG(5), REG(6), REG(7), REG(8), REG(9), REG(10) };
#define RETURNED REG(3)
#endif

#define PARAMETERS (sizeof(parameters) / sizeof(*parameters))

static struct expr_arg *add(struct expr_scope *s, const char *name, __u32 at)
{
	struct expr_arg *arg = &s->args[s->n];

	if (s->n == EXPR_ARGS || !*name)
		return NULL;
	*arg = (struct expr_arg){ .from = ARG_WORD, .at = at, .type = { .kind = EXPR_NUMBER, .size = 8, .user = s->user } };
	snprintf(arg->name, sizeof(arg->name), "%.63s", name);
	s->n++;
	return arg;
}

/* As BTF has it; what is no number and no pointer can't be in a register. */
static bool typed(struct expr_scope *s, __u32 id, struct expr_type *type)
{
	struct btf_look look, to;

	*type = (struct expr_type){ .user = s->user };
	if (btf_look(s->btf, id, &look))
		return false;
	if (look.kind == BTF_KIND_PTR) {
		type->kind = EXPR_POINTER;
		type->id = look.type;
		type->is_char = !btf_look(s->btf, look.type, &to) && to.is_char;
	} else if (look.kind == BTF_KIND_INT || look.kind == BTF_KIND_ENUM) {
		type->kind = EXPR_NUMBER;
		type->is_signed = look.is_signed;
		type->enum_id = look.kind == BTF_KIND_ENUM ? id : 0;
	}
	type->size = look.size;
	return look.kind == BTF_KIND_PTR || ((look.kind == BTF_KIND_INT || look.kind == BTF_KIND_ENUM) && look.size && look.size <= 8);
}

static void numbered(struct expr_scope *s, const __u32 *at, size_t n)
{
	char name[24];

	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "arg%zu", i);
		add(s, name, at ? at[i] : i * 8);
	}
}

static int kernel_function(struct expr_scope *s, const struct place *p)
{
	struct expr_arg *arg;
	struct expr_type type;
	struct btf_look look;
	const char *name;
	int proto = (*p->in ? btf_open_module(&s->btf, p->in) : btf_open(&s->btf, NULL)) ?: btf_func_proto(s->btf, p->name);
	__u32 id;

	if (p->at_return) {
		arg = add(s, "retval", RETURNED);
		arg->type.is_signed = true;
		if (proto > 0 && !btf_look(s->btf, proto, &look) && typed(s, look.type, &type))
			arg->type = type;
		return 0;
	}
	numbered(s, parameters, PARAMETERS);
	for (__u32 i = 0; proto > 0 && !p->offset && i < PARAMETERS && !btf_param(s->btf, proto, i, &name, &id); i++) {
		if (!typed(s, id, &type))
			break;		/* it, or where it is, isn't one register */
		s->args[i].type = type;
		arg = add(s, name, parameters[i]);
		if (arg)
			arg->type = type;
	}
	return 0;
}

/* The names are those of a function that newer kernels have for each; of all, the types. */
static int raw_tracepoint(struct expr_scope *s, const struct place *p)
{
	static const char *const with_names[] = { "__probestub_", "__traceiter_" };
	int proto, names = -ENOENT;
	struct expr_type type;
	struct expr_arg *arg;
	const char *name;
	char text[192];
	__u32 id;

	snprintf(text, sizeof(text), "btf_trace_%s", p->name);
	proto = btf_find_any(&s->btf, text, BTF_KIND_TYPEDEF);
	if (proto >= 0)
		proto = btf_tracepoint_proto(s->btf, p->name);
	if (proto < 0) {	/* there is no BTF of it: the kernel knows how many it has */
		numbered(s, NULL, 12);
		return 0;
	}
	for (size_t i = 0; i < 2 && names < 0; i++) {
		snprintf(text, sizeof(text), "%s%s", with_names[i], p->name);
		names = btf_func_proto(s->btf, text);
	}
	for (__u32 i = 1; !btf_param(s->btf, proto, i, &name, &id); i++) {
		snprintf(text, sizeof(text), "arg%u", i - 1);
		arg = add(s, text, (i - 1) * 8);
		if (!arg || !typed(s, id, &type))
			continue;
		arg->type = type;
		if (names > 0 && !btf_param(s->btf, names, i, &name, &id) && (arg = add(s, name, (i - 1) * 8)))
			arg->type = type;
	}
	return 0;
}

/* What a system call takes for an argument that its record holds as a register had it: -4: 4 bytes with a sign. 0: all. */
static int narrower(const char *type)
{
	static const struct { const char *type; int size; } types[] = {
		{ "int", -4 }, { "pid_t", -4 }, { "clockid_t", -4 }, { "key_t", -4 }, { "mqd_t", -4 }, { "timer_t", -4 }, { "rwf_t", -4 },
		{ "key_serial_t", -4 }, { "unsigned int", 4 }, { "unsigned", 4 }, { "u32", 4 }, { "__u32", 4 }, { "uid_t", 4 }, { "gid_t", 4 },
		{ "qid_t", 4 }, { "umode_t", 2 }, { "long", -8 }, { "off_t", -8 }, { "loff_t", -8 }, { "ssize_t", -8 },
	};

	type += strncmp(type, "const ", 6) ? 0 : 6;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(types[i].type, type))
			return types[i].size;
	return 0;
}

/* "__print_symbolic(REC->name, { 0, "A" }, ...)", of what the kernel would print. */
static const char *printed(const char *format, const char *name)
{
	static const char *const ways[] = { "__print_symbolic(REC->", "__print_flags(REC->" };
	const char *at, *end;
	size_t len = strlen(name);
	char *text;

	for (size_t i = 0; i < 2; i++)
		for (at = format; (at = strstr(at, ways[i])); at += strlen(ways[i])) {
			end = at + strlen(ways[i]);
			if (strncmp(end, name, len) || (end[len] != ',' && end[len] != ' '))
				continue;
			/* to its last pair: after it comes a bracket, and no comma */
			for (end = strchr(end, '}'); end && end[1 + strspn(end + 1, " ")] == ','; end = strchr(end + 1, '}'))
				;
			text = end ? strndup(at, end + 1 - at) : NULL;
			at = text ? keep_text(text) : NULL;
			free(text);
			return at;
		}
	return NULL;
}

struct tracepoint_ask {
	struct expr_scope *scope;
	char *format;		/* "print fmt: ..." */
};

static int tracepoint_field(void *ctx, const struct tracepoint_field *f)
{
	struct tracepoint_ask *ask = ctx;
	struct expr_scope *s = ask->scope;
	bool pointer = strchr(f->type, '*') && !f->is_array, character = strstr(f->type, "char");
	const char *bracket = strchr(f->type, '[');
	unsigned int elements = bracket ? strtoul(bracket + 1, NULL, 10) : 0;
	struct expr_arg *arg = add(s, f->name, f->offset);
	int size;

	if (!arg)
		return 0;
	arg->type.is_signed = f->is_signed;
	arg->type.is_char = character;
	if (f->is_elsewhere) {
		arg->from = ARG_TEXT_AT;
		arg->type.kind = EXPR_PLACE;
		arg->type.size = character;	/* of others it isn't told */
		arg->type.user = false;
	} else if (f->is_array) {
		arg->from = ARG_TEXT;
		arg->count = f->size;
		arg->type.kind = EXPR_PLACE;
		arg->type.size = elements ? f->size / elements : 1;
		arg->type.user = false;
	} else if (f->size == 1 || f->size == 2 || f->size == 4 || f->size == 8) {
		arg->from = ARG_FIELD;
		arg->type.size = f->size;
		arg->type.names = ask->format ? printed(ask->format, f->name) : NULL;
		size = f->size == 8 && s->user ? narrower(f->type) : 0;
		if (size) {
			arg->type.size = abs(size);
			arg->type.is_signed = size < 0;
			arg->at += __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 8 - abs(size) : 0;
		}
		if (pointer) {
			arg->type.kind = EXPR_POINTER;
			arg->type.stars = character;
			arg->type.size = character ? 1 : 8;
			arg->type.is_signed = character;
		}
	} else {
		s->n--;
	}
	return 0;
}

static int tracepoint(struct expr_scope *s, const struct place *p)
{
	struct tracepoint_ask ask = { s, tracepoint_format(p->in, p->name) };
	int ret = tracepoint_fields(p->in, p->name, tracepoint_field, &ask);

	free(ask.format);
	return ret;
}

/* --- Markers: "-4@%edi", "8@-8(%rbp)", "4@$3", "8@(%rax,%rbx,8)" --- */

#if defined(__x86_64__)
static int reg(const char *name, size_t len)
{
	static const struct { const char *names; __u32 at; } regs[] = {
		{ "rax eax ax al", REG(rax) }, { "rbx ebx bx bl", REG(rbx) }, { "rcx ecx cx cl", REG(rcx) }, { "rdx edx dx dl", REG(rdx) },
		{ "rsi esi si sil", REG(rsi) }, { "rdi edi di dil", REG(rdi) }, { "rbp ebp bp bpl", REG(rbp) }, { "rsp esp sp spl", REG(rsp) },
		{ "r8 r8d r8w r8b", REG(r8) }, { "r9 r9d r9w r9b", REG(r9) }, { "r10 r10d r10w r10b", REG(r10) }, { "r11 r11d r11w r11b", REG(r11) },
		{ "r12 r12d r12w r12b", REG(r12) }, { "r13 r13d r13w r13b", REG(r13) }, { "r14 r14d r14w r14b", REG(r14) },
		{ "r15 r15d r15w r15b", REG(r15) },
	};

	for (size_t i = 0; i < sizeof(regs) / sizeof(*regs); i++)
		for (const char *at = regs[i].names; *at; at += strcspn(at, " "), at += *at == ' ')
			if (strcspn(at, " ") == len && !strncmp(at, name, len))
				return regs[i].at;
	return -1;
}

/* "%reg" */
static const char *operand(const char *at, int *where)
{
	size_t len;

	if (*at != '%')
		return NULL;
	len = strcspn(++at, " ,)");
	*where = reg(at, len);
	return *where < 0 ? NULL : at + len;
}

static bool marker_operand(const char *at, struct expr_usdt *m)
{
	char *end;

	if (*at == '$') {
		m->add = strtoll(at + 1, &end, 0);
		return end > at + 1 && (!*end || *end == ' ');
	}
	if (*at == '%')
		return operand(at, &m->base);
	m->memory = true;
	m->add = strtoll(at, &end, 0);
	if (*end++ != '(')
		return false;
	if (*end == '%' && !(end = (char *)operand(end, &m->base)))
		return false;
	m->scale = 1;
	if (*end == ',') {
		end = (char *)operand(end + 1, &m->index);
		if (end && *end == ',')
			m->scale = strtoul(end + 1, &end, 0);
	}
	return end && *end == ')';
}
#elif defined(__aarch64__)
/* "x0", "w3", "[sp, 12]", "[x29]", "5" */
static bool marker_operand(const char *at, struct expr_usdt *m)
{
	char *end;

	m->memory = *at == '[';
	at += m->memory;
	if (!strncmp(at, "sp", 2)) {
		m->base = offsetof(struct user_pt_regs, sp);
		end = (char *)at + 2;
	} else if (*at == 'x' || *at == 'w') {
		unsigned long n = strtoul(at + 1, &end, 10);

		if (n > 30)
			return false;
		m->base = REG(0) + 8 * n;
	} else {
		m->add = strtoll(at, &end, 0);
		return !m->memory && end > at;
	}
	if (m->memory && *end == ',')
		m->add = strtoll(end + 1, &end, 0);
	return !m->memory || *end == ']';
}
#else
static bool marker_operand(const char *at, struct expr_usdt *m)
{
	return false;
}
#endif

/* " -4@": does an argument begin there? Operands have spaces of their own. */
static bool begins(const char *at)
{
	at += *at == '-';
	if (*at < '0' || *at > '9')
		return false;
	at += strspn(at, "0123456789");
	return *at == '@' || (*at == 'f' && at[1] == '@');
}

static void marker_args(struct expr_scope *s, const char *text)
{
	struct expr_arg *arg;
	char name[16], *end;
	long size;

	for (int i = 0; *text; i++) {
		struct expr_usdt m = { .base = -1, .index = -1 };

		size = strtol(text, &end, 10);
		snprintf(name, sizeof(name), "arg%d", i);
		if (*end == '@' && (labs(size) == 1 || labs(size) == 2 || labs(size) == 4 || labs(size) == 8) && marker_operand(end + 1, &m) &&
		    (arg = add(s, name, 0))) {
			arg->from = ARG_MARKER;
			arg->marker = m;
			arg->type.size = labs(size);
			arg->type.is_signed = size < 0;
		}
		while (*text && (*text != ' ' || !begins(text + 1)))
			text++;
		text += *text == ' ';
	}
}

int expr_scope_of(struct expr_scope *s, const struct place *p)
{
	struct expr_arg *arg;

	s->n = s->n_entries = 0;
	s->btf = NULL;
	s->entry = NULL;
	s->wants_call = false;
	s->user = p->kind == POINT_USER || p->kind == POINT_MARKER || (p->kind == POINT_TRACEPOINT && !strcmp(p->in, "syscalls"));
	switch (p->kind) {
	case POINT_KERNEL: return kernel_function(s, p);
	case POINT_RAW: return raw_tracepoint(s, p);
	case POINT_TRACEPOINT: return tracepoint(s, p);
	case POINT_MARKER: marker_args(s, p->args); return 0;
	case POINT_USER:
		if (!p->at_return) {
			numbered(s, parameters, PARAMETERS);
		} else {
			arg = add(s, "retval", RETURNED);
			arg->type.is_signed = true;
		}
		return 0;
	default: return 0;
	}
}
