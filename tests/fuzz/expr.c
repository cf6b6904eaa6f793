// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Expressions, made of bytes: each is refused with a message or, where programs can be loaded, loads and gives what the
 * model gives. Half of the inputs are taken as text, the other half choose among the words of the language.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include "../unit/expr_run.h"
#include "fuzz.h"

static char words[2][40] = {"first text", "second"};
static struct iovec iov[2] = {{words[0], 77}, {words[1], 1ULL << 40}};

static const char *const numbers[] = {"a0", "a1", "a2", "a3", "a4", "a5", "0", "1", "2", "63", "0xffffffff", "0x8000000000000000", "7",
				      "p->iov_len", "p[1].iov_len", "s[1]", "*(s32 *)p", "p[a0 & 1].iov_len", "(s == \"first text\")",
				      "(str(p[1].iov_base) != \"sec\")", "*(u16 *)p->iov_base",
				      "*((u16 *)p->iov_base + 3)", "(p + (a1 & 1))->iov_len", "((p + 5) - p)", "(ip(a2) == \"1.2.3.4\")",
				      "TCP_CLOSE", "(s64)(p + a4)", "12UL"};
static const char *const operators[] = {"+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", "<", ">", "<=", ">=", "==", "!=", "&&", "||"};
static const char *const before[] = {"", "-", "!", "~", "(s8)", "(unsigned int)", "(u64)", "(int)", "(u16)"};

#define OF(list, n) (list)[(n) % (sizeof(list) / sizeof(*(list)))]

struct source {
	const uint8_t *data;
	size_t size;
};

static uint8_t next(struct source *s)
{
	return s->size ? (s->size--, *s->data++) : 0;
}

static void make(struct source *s, char *to, size_t room, int depth)
{
	uint8_t what = next(s);
	size_t at;

	*to = 0;
	if (room < 64)
		return;
	at = snprintf(to, room, "%s", OF(before, what >> 4));
	if (depth > 6 || what % 4 == 0 || !s->size) {
		snprintf(to + at, room - at, "%s", OF(numbers, next(s)));
		return;
	}
	at += snprintf(to + at, room - at, "(");
	make(s, to + at, (room - at) / 2, depth + 1);
	at += strlen(to + at);
	at += snprintf(to + at, room - at, " %s ", what % 16 == 1 ? "?" : OF(operators, next(s)));
	make(s, to + at, (room - at) / 2, depth + 1);
	at += strlen(to + at);
	if (what % 16 == 1) {
		at += snprintf(to + at, room - at, " : ");
		make(s, to + at, (room - at) / 2, depth + 1);
		at += strlen(to + at);
	}
	snprintf(to + at, room - at, ")");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[8192], log[65536];
	static bool may = true;
	struct source source = {data, size};
	struct expr_scope scope;
	struct expr_error e;
	struct expr *expr;
	__u64 args[RUN_ARGS] = {}, got, model;
	bool made;
	int fd;

	if (size < 50)
		return 0;
	for (int i = 0; i < 6; i++) {
		memcpy(&args[i], data + i * 8, 8);
		if (data[48] >> i & 1)		/* small ones are the ones that matter */
			args[i] = (__s8)args[i];
	}
	args[6] = (uintptr_t)iov;
	args[7] = (uintptr_t)words[0];
	made = data[49] & 1;
	source.data += 50;
	source.size -= 50;
	if (made)
		make(&source, text, sizeof(text), 0);
	else
		snprintf(text, sizeof(text), "%.*s", (int)source.size, (const char *)source.data);
	run_scope(&scope);
	if (expr_new(&expr, &scope, text, &e)) {
		MUST(*e.text && e.at <= strlen(text));
		return 0;
	}
	/* only what was made reads no memory but ours, whatever it is worth */
	*log = 0;
	fd = may ? run_load(expr, log, sizeof(log)) : -EPERM;
	may = fd != -EPERM;
	if (fd == -EPERM || fd == -E2BIG || (!made && fd < 0))
		goto out;
	if (fd < 0) {
		fprintf(stderr, "%s\n%s\n", text, log);
		MUST(fd >= 0);
	}
	model = made ? expr_model(expr, args) : 0;	/* first: a program reads no page that isn't there yet */
	if (made && !run_program(fd, args, &got) && got != model) {
		fprintf(stderr, "%s: is %llx, not %llx\n", text, got, model);
		MUST(false);
	}
	close(fd);
out:
	expr_free(expr);
	return 0;
}
