// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* user/lib/expr_*.c: expressions as programs give what C gives. */
#include <sys/socket.h>
#include <sys/uio.h>
#include "expr_run.h"
#include "unit.h"

static struct expr_scope scope;
static char words[2][40] = {"first text", "second, which is a longer text by far"};
static struct iovec iov[2] = {{words[0], 77}, {words[1], 1ULL << 40}};
static __u64 args[RUN_ARGS] = {-7, ~0ULL - 1, 0xfffffffb, 0xfffffffa, 0x80, 0xffff, (__u64)(uintptr_t)iov, (__u64)(uintptr_t)words[0]};

#define a0 ((__s64)args[0])
#define a1 args[1]
#define a2 ((__s64)(__s32)args[2])
#define a3 ((__s64)(__u32)args[3])
#define a4 ((__s64)(__s8)args[4])
#define a5 ((__s64)(__u16)args[5])

static bool gives(const char *text, __u64 want)
{
	static char log[65536];
	struct expr_error e;
	struct expr *expr;
	__u64 got = 0, model;
	int fd, ret;

	if (expr_new(&expr, &scope, text, &e)) {
		FAIL("'%s': at %zu: %s", text, e.at, e.text);
		return false;
	}
	fd = run_load(expr, log, sizeof(log));
	if (fd == -EPERM) {
		expr_free(expr);
		SKIP("may not load programs");
	}
	model = expr_model(expr, args);	/* first: a program reads no page that isn't there yet */
	ret = fd < 0 ? fd : run_program(fd, args, &got);
	if (ret)
		FAIL("'%s': %s\n%s", text, strerror(-ret), fd < 0 ? log : "");
	else if (got != want)
		FAIL("'%s': is %llx, not %llx", text, got, want);
	if (model != want)
		FAIL("'%s': the model gives %llx, not %llx", text, model, want);
	if (fd >= 0)
		close(fd);
	expr_free(expr);
	return !ret;
}

#define SAME(...) gives(#__VA_ARGS__, (__u64)(__VA_ARGS__))

TEST(expr, "arithmetic, comparison and logic, as C has them in 64 bits")
{
	run_scope(&scope);
	if (!gives("1", 1))
		return;
	SAME(a0 + a2 * 3 - a4 / 2);
	SAME(a0 / 2);
	SAME(a0 % 4);
	SAME(7 % -4 + -7 / -2);
	SAME(a1 / 3);
	SAME(a1 % 1000);
	SAME(((a3 ^ 0x55) & ~a5) | 1);
	SAME(a0 >> 1);
	SAME(a1 >> 1);
	SAME(1 << 40 % 64 / 2);
	gives("a0 > 0 && a0 < 0 || !a4 | a5 & 1", 1);
	SAME((a2 < a3 && a0 < 0) || !a4);
	SAME((a2 < a3) + (a0 <= -7) + (a1 > 5) + (a4 >= -128) + (a5 != 65535) + (a5 == 65535));
	SAME(-a0 * (a4 - 3) + !a0 + !!a0);
	SAME(a0 < 0 ? a2 : a3);
	SAME(a0 > 0 ? 1 : a1 == 2 ? 2 : 0x123456789abcdef);
	gives("(__u8)a0 + (__s8)a5 + (unsigned int)a2 + (int)a3 + (unsigned short)a0 + (long)a1", 249 - 1 + 0xfffffffbULL - 6 + 0xfff9 - 2);
	SAME('a' + 0x10 + 010 + 1UL + 2LL + 3u);
	gives("TCP_ESTABLISHED + BPF_MAP_TYPE_HASH", 2);	/* enumerators of the kernel */
	gives("(ip(a2) == \"1.2.3.4\") + (ip(a3) != \"1.2.3.4\")", 1);
	SAME(((((a0 + 1) * (a2 + 2)) + ((a3 + 3) * (a4 + 4))) ^ (((a5 + 5) * (a0 + 6)) - ((a2 + 7) * (a3 + 8)))));
	gives("-1 < a3", 1);		/* values, not types */
	gives("a1 > -1", 0);		/* ... as far as 64 bits go */
	gives("a0 / a5 % (a0 - a0)", 0);
	gives("a5 / (a0 - a0)", 0);
	gives("a5 % (a0 - a0)", 0xffff);
	gives("a5 << 64", 0xffff);
	gives("-9223372036854775807 / (a0 + 6)", 9223372036854775807ULL);
}

TEST(expr, "memory: members, elements, casts, text")
{
	run_scope(&scope);
	if (!gives("1", 1))
		return;
	gives("p->iov_len", 77);
	gives("p[1].iov_len + (*p).iov_len", (1ULL << 40) + 77);
	gives("((struct iovec *)(a1 + 2 + (u64)p))->iov_len", 77);
	gives("p[a0 + 8].iov_len", 1ULL << 40);
	gives("(&p[1])->iov_len", 1ULL << 40);
	gives("(p + 1)->iov_len + (1 + p)->iov_len - (p + 2 - 1)->iov_len", 1ULL << 40);
	gives("*((u16 *)p->iov_base + 2) == *(u16 *)((u64)p->iov_base + 4)", 1);
	gives("*((char *)p[1].iov_base + 7)", words[1][7]);
	gives("(u64)(p + 3) - (u64)p", 48);
	gives("(p + 3) - p", 3);
	/* bits of a byte, 'h', and of the next, ' ', in whatever the kernel has them in */
	if (!BIG_ENDIAN_HERE)
		gives("((struct tcphdr *)p[1].iov_base)->doff * 100 + ((struct tcphdr *)p[1].iov_base)->urg * 10 + ((struct tcphdr *)p[1].iov_base)->syn", 610);
	gives("(u64)((void *)p + 3) - (u64)p", 3);
	gives("*(u8 *)p->iov_base", 'f');
	gives("((char *)p[1].iov_base)[7]", words[1][7]);
	gives("s == \"first text\"", 1);
	gives("\"first\" == s", 0);
	gives("s != \"first text, and more\"", 1);
	gives("s == \"first t\"", 0);		/* 7 characters and 15: with a NUL, whole words */
	gives("s != \"first t\"", 1);
	gives("str(p[1].iov_base) == \"second, which i\"", 0);
	gives("str(p[1].iov_base) == \"second, which is a longer text by far\"", 1);
	gives("str(p[1].iov_base) == \"second, which is a longer text by fa\"", 0);
}

TEST(expr, "what is wrong is told, with its place")
{
	static const struct { const char *text; size_t at; const char *say; } bad[] = {
		{"", 0, "nothing"}, {"1 +", 3, "nothing"}, {"a0 a1", 3, "operator"}, {"(a0", 3, ")"}, {"nosuch + 1", 0, "nosuch"},
		{"p.iov_len", 1, "->"}, {"p->nosuch", 3, "struct iovec"}, {"a0->x", 2, "pointer"}, {"s > \"x\"", 2, "=="},
		{"a0 == \"x\"", 3, "text"}, {"1 / 0", 2, "0"}, {"*a0", 0, "pointer"}, {"(struct nosuch *)a0", 8, "type"},
		{"\"abc", 0, "end"}, {"12z", 0, "number"}, {"*p", 0, "struct"}, {"&a0", 0, "address"}, {"f(1)", 0, "function"},
		{"\"a\" + 1", 4, "=="}, {"p[s == \"x\"", 10, "]"}, {"comm + 1", 5, "number"}, {"latency", 0, "return"}, {"entry(a0)", 0, "return"}, {"ip(s)", 0, "16"}, {"ip(a0) == \"x\"", 7, "IPv4"},
		{"(struct iovec)a0", 1, "struct"}, {"a0 ? 1", 6, ":"},
	};
	struct expr_error e;
	struct expr *expr;
	char deep[2000];

	run_scope(&scope);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (!CHECK_EQ(expr_new(&expr, &scope, bad[i].text, &e), -EINVAL))
			continue;
		if (!CHECK_EQ(e.at, bad[i].at) || !CHECK_HAS(e.text, bad[i].say))
			fprintf(stderr, "  '%s': %s\n", bad[i].text, e.text);
	}
	snprintf(deep, sizeof(deep), "s == \"%062d\"", 0);
	REQUIRE(!expr_new(&expr, &scope, deep, &e));
	expr_free(expr);
	snprintf(deep, sizeof(deep), "s == \"%063d\"", 0);
	CHECK_EQ(expr_new(&expr, &scope, deep, &e), -EINVAL);
	memset(deep, '(', 1000);
	deep[1000] = 0;
	CHECK_EQ(expr_new(&(struct expr *){0}, &scope, deep, &(struct expr_error){0}), -EINVAL);
}

static bool shows(const char *text, const void *bytes, size_t size, const char *want)
{
	char got[200];
	struct expr_error e;
	struct expr *expr;

	if (expr_new(&expr, &scope, text, &e)) {
		FAIL("'%s': at %zu: %s", text, e.at, e.text);
		return false;
	}
	CHECK_EQ(expr_size(expr, 80), size);
	got[expr_show(expr, bytes, size, got, sizeof(got))] = 0;
	expr_free(expr);
	return CHECK_STR(got, want);
}

TEST(expr, "what people see: names of enumerators and flags, addresses")
{
	static const struct { __u16 family, port; __u8 rest[108]; } four = {AF_INET, 0x901f, {127, 0, 0, 1}},
							 six = {AF_INET6, 0x901f, {0, 0, 0, 0, [19] = 1}};
	struct { __u16 family; char path[110]; } local = {AF_UNIX, "/run/x"};
	__u64 number = 2;

	run_scope(&scope);
	snprintf(scope.args[3].name, sizeof(scope.args[3].name), "state");
	scope.args[3].type.names = "__print_symbolic(REC->state, { 1, \"ONE\" }, { (1UL << 1), \"TWO\" })";
	shows("state", &number, 8, "TWO");
	shows("state + 1", &number, 8, "2");
	number = 3;
	shows("state", &number, 8, "3");
	scope.args[3].type.names = "__print_flags(REC->state, \"|\", { 1, \"ONE\" }, { (unsigned long)(1UL << 1), \"TWO\" })";
	shows("state", &number, 8, "ONE|TWO");
	number = 7;
	shows("state", &number, 8, "7");
	number = 0x0100007f;
	shows("ip(state + 0)", &number, 8, BIG_ENDIAN_HERE ? "1.0.0.127" : "127.0.0.1");
	number = -5;
	shows("a0", &number, 8, "-5");
	if (BIG_ENDIAN_HERE)
		return;
	shows("sockaddr(p)", &four, 80, "127.0.0.1:8080");
	shows("sockaddr(p)", &six, 80, "[::1]:8080");
	shows("sockaddr(s)", &local, 80, "unix:/run/x");
	number = 1;
	if (scope.btf)
		shows("(enum bpf_map_type)a0", &number, 8, "BPF_MAP_TYPE_HASH");
}
