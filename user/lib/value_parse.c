// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A literal to the bytes of a type.  Each bit that is given is noted in the mask, so that a bit given twice - by two
 * members of a union, by a field and "@hex" - must be given the same, and what nobody gave is known.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/tool.h"
#include "lib/value_node.h"

struct parser {
	const char *text, *p;
	struct value_error *e;
	__u8 *bytes, *mask;
	bool partial;
	bool cell;		/* of CSV: a word goes to its end */
	char *word;		/* the last one, without its quotes; as long as the text at most */
	size_t len;
	bool quoted;
};

static int fail_at(struct parser *s, const char *at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static int fail_at(struct parser *s, const char *at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(s->e->text, sizeof(s->e->text), fmt, args);
	va_end(args);
	value_printable(s->e->text);
	s->e->at = at - s->text;
	return -EINVAL;
}

static void skip(struct parser *s)
{
	s->p += strspn(s->p, " \t\r\n");
}

/* --- Words --- */

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int hex_number(const char *p, int n)
{
	int v = 0;

	while (n--) {
		int d = hex_digit(*p++);

		if (d < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

static void put_utf8(struct parser *s, __u32 c)
{
	static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	int n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	s->word[s->len++] = n == 1 ? c : first[n] | c >> (6 * (n - 1));
	for (int i = n - 2; i >= 0; i--)
		s->word[s->len++] = 0x80 | (c >> (6 * i) & 0x3f);
}

/* \uNNNN: two of them make one character beyond 64k; a lone \udcNN is a byte that is no UTF-8. */
static int unicode(struct parser *s)
{
	int c = hex_number(s->p + 1, 4), low;

	if (c < 0)
		return fail_at(s, s->p, "\\u needs four hexadecimal digits");
	s->p += 5;
	if (c >= 0xd800 && c < 0xdc00 && s->p[0] == '\\' && s->p[1] == 'u' && (low = hex_number(s->p + 2, 4)) >= 0xdc00 &&
	    low < 0xe000) {
		s->p += 6;
		put_utf8(s, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
	} else if (c >= 0xdc80 && c <= 0xdcff) {
		s->word[s->len++] = c;
	} else {
		put_utf8(s, c);
	}
	return 0;
}

static int escape(struct parser *s)
{
	static const char from[] = "nrtbf0\\\"/'", to[] = "\n\r\t\b\f\0\\\"/'";
	const char *at;
	int c;

	if (*s->p == 'u')
		return unicode(s);
	if (*s->p == 'x') {
		c = hex_number(s->p + 1, 2);
		if (c < 0)
			return fail_at(s, s->p, "\\x needs two hexadecimal digits");
		s->word[s->len++] = c;
		s->p += 3;
		return 0;
	}
	at = *s->p ? strchr(from, *s->p) : NULL;
	if (!at)
		return fail_at(s, s->p, "no such escape");
	s->word[s->len++] = to[at - from];
	s->p++;
	return 0;
}

/* The next word into s->word, terminated; returns where it began, or NULL. */
static const char *word(struct parser *s, const char *stop)
{
	const char *start;
	int ret = 0;

	skip(s);
	start = s->p;
	s->len = 0;
	s->quoted = *s->p == '"';
	if (s->quoted) {
		s->p++;
		while (!ret && *s->p && *s->p != '"')
			if (*s->p == '\\') {
				s->p++;
				ret = escape(s);
			} else {
				s->word[s->len++] = *s->p++;
			}
		if (!ret && !*s->p)
			ret = fail_at(s, start, "a quote that isn't closed");
		s->p += !ret;
	} else {
		s->len = s->cell ? strlen(s->p) : strcspn(s->p, stop);
		memcpy(s->word, s->p, s->len);
		s->p += s->len;
		if (!s->len)
			ret = fail_at(s, start, "a value is missing");
	}
	s->word[s->len] = 0;
	return ret ? NULL : start;
}

#define ENDS ",}] \t\r\n"

/* --- Bits --- */

static int store(struct parser *s, const struct value_node *n, __u32 at, u128 v, const char *start)
{
	u128 given = value_bits(s->mask, at, n->bits), old = value_bits(s->bytes, at, n->bits);
	u128 all = n->bits < 128 ? ((u128)1 << n->bits) - 1 : ~(u128)0;

	if ((old ^ v) & given & all)
		return fail_at(s, start, "%s%sthese bits were given another value before", n->name, *n->name ? ": " : "");
	value_set_bits(s->bytes, at, n->bits, v);
	value_set_bits(s->mask, at, n->bits, all);
	return 0;
}

static int store_bytes(struct parser *s, const struct value_node *n, __u32 at, const void *from, size_t len,
		       const char *start)
{
	__u8 *to = s->bytes + at / 8, *mask = s->mask + at / 8;

	for (size_t i = 0; i < n->bits / 8; i++) {
		__u8 byte = i < len ? ((const __u8 *)from)[i] : 0;

		if ((to[i] ^ byte) & mask[i])
			return fail_at(s, start, "%s%sthese bytes were given another value before", n->name, *n->name ? ": " : "");
		to[i] = byte;
		mask[i] = 0xff;
	}
	return 0;
}

/* --- Values --- */

static int parse_node(struct parser *s, const struct value_node *n, __u32 at);

static void decimal(char *to, size_t size, u128 v, bool negative)
{
	char text[48], *p = text + sizeof(text) - 1;

	*p = 0;
	if (negative)
		v = -v;
	do
		*--p = '0' + (int)(v % 10);
	while (v /= 10);
	if (negative)
		*--p = '-';
	snprintf(to, size, "%s", p);
}

static int out_of_range(struct parser *s, const struct value_node *n, const char *start)
{
	u128 top = n->bits < 128 ? ((u128)1 << n->bits) - 1 : ~(u128)0;
	char low[48] = "0", high[48];

	if (n->is_signed) {
		top >>= 1;
		decimal(low, sizeof(low), ~top, true);
	}
	if (n->kind == K_BOOL)
		top = 1;
	decimal(high, sizeof(high), top, false);
	return fail_at(s, start, "out of range: %s to %s", low, high);
}

/* Decimal or 0x, whole. -EINVAL: no number; -ERANGE: more than 128 bits. */
static int integer(const char *p, u128 *v, bool *negative)
{
	int base = 10;

	*negative = *p == '-';
	p += *negative;
	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
		base = 16;
		p += 2;
	} else if (p[0] == '0' && isdigit((unsigned char)p[1])) {
		return -EINVAL;		/* 010 is eight to some, and ten to others */
	}
	if (!*p)
		return -EINVAL;
	for (*v = 0; *p; p++) {
		int d = hex_digit(*p);

		if (d < 0 || d >= base)
			return -EINVAL;
		if (*v > (~(u128)0 - d) / base)
			return -ERANGE;
		*v = *v * base + d;
	}
	return 0;
}

static bool fits(const struct value_node *n, u128 v, bool negative)
{
	u128 top = n->bits < 128 ? ((u128)1 << n->bits) - 1 : ~(u128)0;

	if (n->kind == K_BOOL && n->bits == 8)
		return !negative && v <= 1;
	if (n->is_signed)
		return v <= (top >> 1) + negative;
	return v <= top && !(negative && v);
}

/* "12.5s", "10ms", or a bare count of ns */
static int time_ns(const char *p, u128 *v)
{
	static const struct {
		const char *name;
		__u64 ns;
	} units[] = { { "ns", NSEC }, { "us", USEC }, { "ms", MSEC }, { "s", SEC_ }, { "m", 60 * SEC_ }, { "h", 3600 * SEC_ } };
	const char *unit = p + strspn(p, "0123456789.");
	u128 whole = 0, part = 0, scale = 1;
	__u64 ns = 0;

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (!strcmp(unit, units[i].name))
			ns = units[i].ns;
	if (!ns || !isdigit((unsigned char)*p))
		return -EINVAL;
	for (; isdigit((unsigned char)*p); p++) {
		whole = whole * 10 + (*p - '0');
		if (whole >> 64)
			return -ERANGE;
	}
	if (*p == '.')
		for (p++; isdigit((unsigned char)*p); p++) {
			if (scale >= 1000000000000000ULL)
				return -EINVAL;
			part = part * 10 + (*p - '0');
			scale *= 10;
		}
	if (p != unit || part * ns % scale)
		return -EINVAL;		/* a second point, or less than a ns */
	*v = whole * ns + part * ns / scale;
	return 0;
}

static int parse_number(struct parser *s, const struct value_node *n, __u32 at)
{
	const char *start = word(s, ENDS);
	bool negative;
	u128 v;
	int ret;

	if (!start)
		return -EINVAL;
	if (n->kind == K_BOOL && (!strcmp(s->word, "true") || !strcmp(s->word, "false")))
		return store(s, n, at, *s->word == 't', start);
	for (__u32 i = 0; n->kind == K_ENUM && i < n->n; i++)
		if (!strcmp(s->word, n->names[i].name))
			return store(s, n, at, n->names[i].value, start);
	ret = integer(s->word, &v, &negative);
	if (ret == -EINVAL && n->as == AS_NS) {
		negative = false;
		ret = time_ns(s->word, &v);
	}
	if (ret == -EINVAL)
		return fail_at(s, start, n->kind == K_ENUM ? "'%.40s' is no value of %.80s" :
					 n->kind == K_BOOL ? "'%.40s' is not true or false" : "'%.40s' is not a number",
			       s->word, n->type ?: "");
	if (ret || !fits(n, v, negative))
		return out_of_range(s, n, start);
	return store(s, n, at, negative ? -v : v, start);
}

static int parse_float(struct parser *s, const struct value_node *n, __u32 at)
{
	const char *start = word(s, ENDS);
	char *end;
	double d;
	float f;

	if (!start)
		return -EINVAL;
	errno = 0;
	d = strtod(s->word, &end);
	f = n->bits == 32 ? strtof(s->word, &end) : 0;
	if (end == s->word || *end || isspace((unsigned char)*s->word))
		return fail_at(s, start, "'%.40s' is not a number", s->word);
	if (errno == ERANGE && (n->bits == 32 ? isinf(f) : isinf(d)))
		return fail_at(s, start, "out of range of %s", n->type);
	if (isnan(d)) {		/* of the many, the one that is written so */
		d = NAN;
		f = NAN;
	}
	return store_bytes(s, n, at, n->bits == 32 ? (void *)&f : (void *)&d, n->bits / 8, start);
}

static int parse_string(struct parser *s, const struct value_node *n, __u32 at)
{
	const char *start = word(s, ENDS);

	if (!start)
		return -EINVAL;
	if (s->len > n->bits / 8)
		return fail_at(s, start, "%zu bytes, where %u have room", s->len, n->bits / 8);
	return store_bytes(s, n, at, s->word, s->len, start);
}

/* s->p stands on digits; pairs of them, with a space or colon between for the eye. */
static int parse_hex(struct parser *s, const struct value_node *n, __u32 at, const char *start, bool spaced)
{
	size_t size = n->bits / 8;
	bool quoted = *start == '"';

	if (n->bits % 8 || at % 8)
		return fail_at(s, start, "a bit field has no bytes to give");
	s->len = 0;
	while (hex_digit(*s->p) >= 0) {
		int byte = hex_number(s->p, 2);

		if (byte < 0)
			return fail_at(s, s->p, "half a byte: two hexadecimal digits are one");
		s->word[s->len++] = byte;
		s->p += 2;
		if (spaced && *s->p == ' ' && hex_digit(s->p[1]) >= 0)
			s->p++;
	}
	if (s->len != size)
		return fail_at(s, start, "%zu bytes, where there must be %zu", s->len, size);
	if (quoted && *s->p++ != '"')
		return fail_at(s, start, "a quote that isn't closed");
	return store_bytes(s, n, at, s->word, s->len, start);
}

static int parse_bytes(struct parser *s, const struct value_node *n, __u32 at)
{
	__u8 raw[16] = {};
	const char *start;
	bool negative;
	unsigned int m[6];
	char extra;
	u128 v;
	int ret;

	if (n->as == AS_HEX || !n->as) {
		start = s->p;
		s->p += *s->p == '"';
		if (!strncmp(s->p, "hex:", 4))
			s->p += 4;
		else if (!strncmp(s->p, "0x", 2))
			s->p += 2;
		return parse_hex(s, n, at, start, true);
	}
	start = word(s, ENDS);
	if (!start)
		return -EINVAL;
	switch (n->as) {
	case AS_IP4:
	case AS_IP6:
		if (s->len != strlen(s->word) || inet_pton(n->as == AS_IP4 ? AF_INET : AF_INET6, s->word, raw) != 1)
			return fail_at(s, start, "'%.60s' is no IPv%d address", s->word, n->as == AS_IP4 ? 4 : 6);
		break;
	case AS_MAC:
		if (s->len != 17 || strspn(s->word, "0123456789abcdefABCDEF:") != 17 ||
		    sscanf(s->word, "%2x:%2x:%2x:%2x:%2x:%2x%c", m, m + 1, m + 2, m + 3, m + 4, m + 5, &extra) != 6)
			return fail_at(s, start, "'%.40s' is no MAC address", s->word);
		for (int i = 0; i < 6; i++)
			raw[i] = m[i];
		break;
	default:
		if (n->bits == 32 && inet_pton(AF_INET, s->word, raw) == 1)
			break;
		ret = integer(s->word, &v, &negative);
		if (ret == -EINVAL)
			return fail_at(s, start, "'%.40s' is not a number", s->word);
		if (ret || !fits(n, v, negative))
			return out_of_range(s, n, start);
		for (__u32 i = 0; i < n->bits / 8; i++)
			raw[i] = v >> (n->bits - 8 - 8 * i);
	}
	return store_bytes(s, n, at, raw, n->bits / 8, start);
}

/* "10.0.0.0/8", "2001:db8::/32", "hex:0a00/8" */
static int parse_lpm(struct parser *s, const struct value_node *n, __u32 at)
{
	__u32 size = n->bits / 8 - 4, len;
	const char *start = word(s, ENDS);
	struct value_node data = { .name = "", .kind = K_BYTES, .bits = size * 8 };
	struct value_node length = { .name = "", .kind = K_INT, .bits = 32 };
	__u8 raw[16];
	char *slash, *end;
	int ret;

	if (!start)
		return -EINVAL;
	slash = strchr(s->word, '/');
	if (!slash)
		return fail_at(s, start, "no length: ADDRESS/LENGTH is needed, 10.0.0.0/8");
	len = strtoul(slash + 1, &end, 10);
	if (!isdigit((unsigned char)slash[1]) || *end || len > size * 8)
		return fail_at(s, start, "'%.20s' is no length from 0 to %u", slash + 1, size * 8);
	*slash = 0;
	if (!strncmp(s->word, "hex:", 4)) {
		struct parser inner = *s;
		char *copy = strdup(s->word + 4);

		if (!copy)
			return -ENOMEM;
		inner.text = inner.p = copy;
		ret = parse_hex(&inner, &data, at + 32, copy, false);
		if (!ret && *inner.p)
			ret = fail_at(s, start, "'%.20s' is no hexadecimal number", inner.p);
		s->e->at = start - s->text;
		free(copy);
		return ret ?: store(s, &length, at, len, start);
	}
	if ((size != 4 && size != 16) || inet_pton(size == 4 ? AF_INET : AF_INET6, s->word, raw) != 1)
		return fail_at(s, start, "'%.60s' is no %s", s->word,
			       size == 4 ? "IPv4 address" : size == 16 ? "IPv6 address" : "address: hex:… is needed");
	return store(s, &length, at, len, start) ?: store_bytes(s, &data, at + 32, raw, size, start);
}

/* The first part that no bit was given of, or that isn't given whole; NULL: there is none. */
static const struct value_node *missing(const struct value_node *n, const __u8 *mask, __u32 at)
{
	const struct value_node *none = NULL, *one;

	if (n->lpm)
		return NULL;
	switch (n->kind) {
	case K_KERNEL:
		return NULL;
	case K_STRUCT:
		for (__u32 i = 0; i < n->n; i++)
			if ((one = missing(&n->parts[i], mask, at + n->parts[i].at)))
				return one;
		return NULL;
	case K_UNION:
		for (__u32 i = 0; i < n->n; i++) {
			one = missing(&n->parts[i], mask, at + n->parts[i].at);
			if (!one)
				return NULL;
			none = none ?: one;
		}
		return none;
	case K_ARRAY:
		for (__u32 i = 0; i < n->n; i++)
			if (missing(n->parts, mask, at + i * n->parts->bits))
				return n;
		return NULL;
	case K_STRING:
	case K_BYTES:
		for (__u32 i = 0; i < n->bits / 8; i++)
			if (mask[at / 8 + i] != 0xff)
				return n;
		return NULL;
	default:
		for (__u32 i = 0; i < n->bits; i++)
			if (!value_bits(mask, at + i, 1))
				return n;
		return NULL;
	}
}

static int parse_member(struct parser *s, const struct value_node *n, __u32 at)
{
	struct value_field f;
	const char *start;

	skip(s);
	s->p += *s->p == '.' && s->p[1] != '.';	/* as in C */
	start = word(s, ":=,} \t\r\n");	/* "slots[3]" too */
	if (!start)
		return -EINVAL;
	skip(s);
	if (*s->p != ':' && *s->p != '=')
		return fail_at(s, s->p, "a colon is missing after '%.40s'", s->word);
	s->p++;
	skip(s);
	if (!strcmp(s->word, "@hex")) {
		const char *digits = s->p;

		s->p += *s->p == '"';
		return parse_hex(s, n, at, digits, false);
	}
	if (!s->len || value_path(n, s->word, s->len, &f))
		return fail_at(s, start, "no field '%.40s' in %.80s", s->word, n->type ?: "it");
	return parse_node(s, f.node, at + f.at);
}

static int parse_struct(struct parser *s, const struct value_node *n, __u32 at)
{
	const struct value_node *none;
	int ret = 0;

	if (*s->p != '{')
		return fail_at(s, s->p, "{ is needed: %.80s has fields", n->type ?: "it");
	s->p++;
	skip(s);
	while (*s->p != '}') {
		ret = parse_member(s, n, at);
		if (ret)
			return ret;
		skip(s);
		if (*s->p == ',') {
			s->p++;
			skip(s);
		} else if (*s->p != '}') {
			return fail_at(s, s->p, *s->p ? "a comma or } is needed" : "a } is missing");
		}
	}
	none = s->partial ? NULL : missing(n, s->mask, at);
	if (none)
		return fail_at(s, s->p, "'%.60s' is missing", none->name);
	s->p++;
	return 0;
}

static int parse_array(struct parser *s, const struct value_node *n, __u32 at)
{
	const char *start = s->p;
	__u32 i = 0;
	int ret;

	if (*s->p != '[')
		return fail_at(s, s->p, "[ is needed: an array of %u", n->n);
	s->p++;
	skip(s);
	while (*s->p != ']') {
		if (i == n->n)
			return fail_at(s, s->p, "more than %u elements", n->n);
		ret = parse_node(s, n->parts, at + i++ * n->parts->bits);
		if (ret)
			return ret;
		skip(s);
		if (*s->p == ',') {
			s->p++;
			skip(s);
		} else if (*s->p != ']') {
			return fail_at(s, s->p, *s->p ? "a comma or ] is needed" : "a ] is missing");
		}
	}
	if (i < n->n && !s->partial)
		return fail_at(s, start, "%u elements, where there must be %u", i, n->n);
	s->p++;
	return 0;
}

static int parse_node(struct parser *s, const struct value_node *n, __u32 at)
{
	const char *start;

	skip(s);
	start = s->p;
	if (n->lpm && *s->p != '{')
		return parse_lpm(s, n, at);
	if (n->kind != K_KERNEL && (!strncmp(start, "hex:", 4) || (n->kind != K_STRING && !strncmp(start, "\"hex:", 5)))) {
		s->p += *start == '"' ? 5 : 4;
		return parse_hex(s, n, at, start, false);
	}
	switch (n->kind) {
	case K_STRUCT:
	case K_UNION: return parse_struct(s, n, at);
	case K_ARRAY: return parse_array(s, n, at);
	case K_FLOAT: return parse_float(s, n, at);
	case K_STRING: return parse_string(s, n, at);
	case K_BYTES: return parse_bytes(s, n, at);
	case K_KERNEL: return fail_at(s, start, "'%.40s' is the kernel's own: it can't be set", n->name);
	default: return parse_number(s, n, at);
	}
}

static int parse(struct parser *s, const struct value_node *n, __u32 at, size_t *used)
{
	int ret;

	*s->e = (struct value_error){};
	s->p = s->text;
	s->word = malloc(strlen(s->text) + 8);
	if (!s->word)
		return fail_at(s, s->text, "out of memory");
	ret = parse_node(s, n, at);
	if (!ret && used) {
		*used = s->p - s->text;
	} else if (!ret) {
		skip(s);
		if (*s->p)
			ret = fail_at(s, s->p, "more text than a value: '%.40s'", s->p);
	}
	free(s->word);
	return ret;
}

int value_parse(const struct value_type *type, const char *text, bool partial, void *bytes, void *mask, struct value_error *e)
{
	struct parser s = { .text = text, .e = e, .bytes = bytes, .mask = mask, .partial = partial };

	return parse(&s, &type->root, 0, NULL);
}

int value_parse_field(const struct value_field *f, const struct value_type *type, const char *text, size_t *used,
		      void *bytes, struct value_error *e)
{
	struct parser s = { .text = text, .e = e, .bytes = bytes, .mask = calloc(1, type->size ?: 1) };
	int ret = s.mask ? parse(&s, f->node, f->at, used) : -ENOMEM;

	free(s.mask);
	return ret;
}

int value_csv_parse(const struct value_type *type, const char *path, const char *cell, void *bytes, void *mask,
		    struct value_error *e)
{
	struct parser s = { .text = cell, .e = e, .bytes = bytes, .mask = mask, .cell = true };
	struct value_field f;

	*e = (struct value_error){};
	if (value_find(type, path, &f))
		return fail_at(&s, cell, "no field '%.60s'", path);
	/* more bytes than the field has: those of the whole */
	if (!strncmp(cell, "hex:", 4) && strlen(cell) - 4 == 2 * type->size && f.node->bits / 8 != type->size)
		f = (struct value_field){ &type->root, 0 };
	s.cell = f.node->kind != K_ARRAY && !value_inner(f.node);
	return parse(&s, f.node, f.at, NULL);
}

int value_complete(const struct value_type *type, const void *mask, struct value_error *e)
{
	const struct value_node *none = missing(&type->root, mask, 0);

	*e = (struct value_error){};
	if (none)
		snprintf(e->text, sizeof(e->text), "'%.60s' is missing", none->name);
	return none ? -EINVAL : 0;
}
