// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Values as text, JSON and CSV; their fields by path, compared and counted. */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/lib.h"
#include "lib/value_node.h"

static const char digits[] = "0123456789abcdef";

/* --- Text that grows --- */

static bool room(struct value_buf *to, size_t more)
{
	size_t size = to->len + more + 1;
	char *bigger;

	if (size <= to->room)
		return true;
	bigger = to->failed ? NULL : realloc(to->text, size + size / 2 + 256);
	if (!bigger) {
		to->failed = true;
		return false;
	}
	to->text = bigger;
	to->room = size + size / 2 + 256;
	return true;
}

void value_put(struct value_buf *to, const char *text, size_t len)
{
	if (!room(to, len))
		return;
	memcpy(to->text + to->len, text, len);
	to->len += len;
	to->text[to->len] = 0;
}

void value_puts(struct value_buf *to, const char *text)
{
	value_put(to, text, strlen(text));
}

void value_printf(struct value_buf *to, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0 || !room(to, n))
		return;
	va_start(args, format);
	vsnprintf(to->text + to->len, n + 1, format, args);
	va_end(args);
	to->len += n;
}

static void put_number(struct value_buf *to, u128 v, bool negative)
{
	char text[48], *p = text + sizeof(text);

	if (negative)
		v = -v;
	while (v >> 64) {
		*--p = '0' + (int)(v % 10);
		v /= 10;
	}
	for (__u64 rest = v; rest || p == text + sizeof(text); rest /= 10)
		*--p = '0' + rest % 10;
	if (negative)
		*--p = '-';
	value_put(to, p, text + sizeof(text) - p);
}

static void put_hex(struct value_buf *to, const __u8 *p, size_t n)
{
	if (!room(to, 2 * n))
		return;
	for (size_t i = 0; i < n; i++) {
		to->text[to->len++] = digits[p[i] >> 4];
		to->text[to->len++] = digits[p[i] & 15];
	}
	to->text[to->len] = 0;
}

/* A byte that is no UTF-8 is \xNN in text, and \udcNN in JSON, as the rest of corekit writes it. */
void value_quote(struct value_buf *to, const char *text, size_t len, enum value_format format)
{
	const unsigned char *s = (const unsigned char *)text;
	bool json = format == VALUE_JSON;
	size_t start = 0;

	value_put(to, "\"", 1);
	for (size_t i = 0; i < len;) {
		int n = s[i] == '"' || s[i] == '\\' ? 0 : out_utf8(s + i, len - i);

		if (n) {
			i += n;
			continue;
		}
		value_put(to, text + start, i - start);
		if (s[i] == '"' || s[i] == '\\')
			value_printf(to, "\\%c", s[i]);
		else if (s[i] == '\n' || s[i] == '\t' || s[i] == '\r')
			value_puts(to, s[i] == '\n' ? "\\n" : s[i] == '\t' ? "\\t" : "\\r");
		else
			value_printf(to, json ? s[i] < 0x80 ? "\\u00%02x" : "\\udc%02x" : "\\x%02x", s[i]);
		start = ++i;
	}
	value_put(to, text + start, len - start);
	value_put(to, "\"", 1);
}

void value_printable(char *text)
{
	for (unsigned char *s = (unsigned char *)text; *s; s++)
		if (*s < 0x20 || *s == 0x7f)
			*s = '?';
}

/* --- Bits --- */

u128 value_bits(const void *bytes, __u32 at, __u32 bits)
{
	const __u8 *p = (const __u8 *)bytes + at / 8;
	u128 v = 0;
	__u32 n;

	at %= 8;
	n = (at + bits + 7) / 8;
#if __BYTE_ORDER == __LITTLE_ENDIAN
	if (!at && n <= 8) {	/* most of them */
		memcpy(&v, p, n);
		return v & (~0ULL >> (64 - bits));
	}
	for (__u32 i = n; i--;)
		v = v << 8 | p[i];
	v >>= at;
#else
	for (__u32 i = 0; i < n; i++)
		v = v << 8 | p[i];
	v >>= n * 8 - at - bits;
#endif
	return bits < 128 ? v & (((u128)1 << bits) - 1) : v;
}

void value_set_bits(void *bytes, __u32 at, __u32 bits, u128 v)
{
	__u8 *p = (__u8 *)bytes + at / 8;

	at %= 8;
	for (__u32 i = 0; i < bits; i++) {
#if __BYTE_ORDER == __LITTLE_ENDIAN
		__u32 byte = (at + i) / 8, bit = (at + i) % 8, from = i;
#else
		__u32 byte = (at + i) / 8, bit = 7 - (at + i) % 8, from = bits - 1 - i;
#endif

		if (!bit && i + 8 <= bits && __BYTE_ORDER == __LITTLE_ENDIAN) {
			p[byte] = v >> i;
			i += 7;
			continue;
		}
		p[byte] = (p[byte] & ~(1 << bit)) | ((v >> from & 1) << bit);
	}
}

static bool is_negative(const struct value_node *n, u128 v)
{
	return n->is_signed && n->bits && v >> (n->bits - 1) & 1;
}

static u128 extend(const struct value_node *n, u128 v)
{
	return is_negative(n, v) && n->bits < 128 ? v | ~(u128)0 << n->bits : v;
}

/* --- One value --- */

static bool is_be(const struct value_node *n)
{
	return n->kind == K_BYTES && (n->as == AS_BE16 || n->as == AS_BE32 || n->as == AS_BE64);
}

struct writer {
	struct value_buf *to;
	bool json;
	int cpus;	/* > 0: over so many values, each `stride` after the last */
	size_t stride;
	enum value_over over;
};

static void write_node(struct writer *w, const struct value_node *n, const __u8 *bytes, __u32 at);

static void quoted(struct writer *w, const char *text)
{
	const char *quote = w->json ? "\"" : "";

	value_puts(w->to, quote);
	value_puts(w->to, text);
	value_puts(w->to, quote);
}

static void write_hex(struct writer *w, const __u8 *p, size_t n)
{
	value_puts(w->to, w->json ? "\"hex:" : "hex:");
	put_hex(w->to, p, n);
	value_puts(w->to, w->json ? "\"" : "");
}

static void write_bytes(struct writer *w, const struct value_node *n, const __u8 *p)
{
	char text[INET6_ADDRSTRLEN + 8] = "";

	switch (n->as) {
	case AS_IP4:
		inet_ntop(AF_INET, p, text, sizeof(text));
		break;
	case AS_IP6:
		inet_ntop(AF_INET6, p, text, sizeof(text));
		break;
	case AS_MAC:
		snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", p[0], p[1], p[2], p[3], p[4], p[5]);
		break;
	case AS_BE16:
	case AS_BE32:
	case AS_BE64: {
		__u64 v = 0;

		for (__u32 i = 0; i < n->bits / 8; i++)
			v = v << 8 | p[i];
		put_number(w->to, v, false);
		return;
	}
	default:
		write_hex(w, p, n->bits / 8);
		return;
	}
	quoted(w, text);
}

/* "10.0.0.0/8"; what isn't IPv4 or IPv6 by its length, in hex */
static void write_lpm(struct writer *w, const struct value_node *n, const __u8 *p)
{
	__u32 len = value_bits(p, 0, 32), size = n->bits / 8 - 4;
	char address[INET6_ADDRSTRLEN];

	value_puts(w->to, w->json ? "\"" : "");
	if ((size == 4 || size == 16) && inet_ntop(size == 4 ? AF_INET : AF_INET6, p + 4, address, sizeof(address))) {
		value_puts(w->to, address);
	} else {
		value_puts(w->to, "hex:");
		put_hex(w->to, p + 4, size);
	}
	value_printf(w->to, "/%u", len);
	value_puts(w->to, w->json ? "\"" : "");
}

/* The shortest that reads back as the same. */
static void write_float(struct writer *w, const struct value_node *n, const __u8 *p)
{
	char text[64];
	double d;
	float f;

	if (n->bits == 32) {
		memcpy(&f, p, 4);
		d = f;
	} else {
		memcpy(&d, p, 8);
	}
	if (isnan(d)) {
		static const double nan_64 = NAN;
		static const float nan_32 = NAN;

		if (memcmp(p, n->bits == 32 ? (const void *)&nan_32 : (const void *)&nan_64, n->bits / 8))
			write_hex(w, p, n->bits / 8);	/* there are many */
		else
			quoted(w, "nan");
	} else if (isinf(d)) {
		quoted(w, d < 0 ? "-inf" : "inf");
	} else {
		for (int precision = 1; precision <= 17; precision++) {
			snprintf(text, sizeof(text), "%.*g", precision, d);
			if (n->bits == 32 ? strtof(text, NULL) == f : strtod(text, NULL) == d)
				break;
		}
		value_puts(w->to, text);
	}
}

static void write_number(struct writer *w, const struct value_node *n, u128 v)
{
	bool wide = w->json && n->bits > 64;	/* more than most readers of JSON can take */

	if (n->kind == K_POINTER || n->as == AS_HEX) {
		value_puts(w->to, w->json ? "\"0x" : "0x");
		if (v >> 64)
			value_printf(w->to, "%llx%016llx", (unsigned long long)(v >> 64), (unsigned long long)v);
		else
			value_printf(w->to, "%llx", (unsigned long long)v);
		value_puts(w->to, w->json ? "\"" : "");
	} else if (n->as == AS_NS && !w->json && !is_negative(n, v)) {
		value_printf(w->to, "%llu.%09llus", (unsigned long long)v / SEC_, (unsigned long long)v % SEC_);
	} else {
		value_puts(w->to, wide ? "\"" : "");
		put_number(w->to, extend(n, v), is_negative(n, v));
		value_puts(w->to, wide ? "\"" : "");
	}
}

/* A name as it can be read back: BTF may hold anything. */
static void write_word(struct writer *w, const char *name)
{
	if (w->json || name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$.")])
		value_quote(w->to, name, strlen(name), w->json ? VALUE_JSON : VALUE_TEXT);
	else
		value_puts(w->to, name);
}

static void write_enum(struct writer *w, const struct value_node *n, u128 v)
{
	for (__u32 i = 0; i < n->n; i++)
		if (n->names[i].value == v) {
			write_word(w, n->names[i].name);
			return;
		}
	write_number(w, n, v);
}

static void write_name(struct writer *w, const char *name)
{
	write_word(w, name);
	value_puts(w->to, w->json ? ":" : ": ");
}

static void write_members(struct writer *w, const struct value_node *n, const __u8 *bytes, __u32 at, bool *first)
{
	for (__u32 i = 0; i < n->n; i++) {
		const struct value_node *m = &n->parts[i];

		if (m->kind == K_KERNEL)
			continue;
		if (value_transparent(m)) {
			write_members(w, m, bytes, at + m->at, first);
			continue;
		}
		if (!*first)
			value_puts(w->to, w->json ? "," : ", ");
		*first = false;
		write_name(w, m->name);
		write_node(w, m, bytes, at + m->at);
	}
}

/* A double, or an integer in as many bits as a sum may need. */
static void write_over(struct writer *w, const struct value_node *n, const __u8 *bytes, __u32 at)
{
	struct value_field f = { n, at };
	__int128 total = 0, one;
	double sum = 0, d;
	bool same = true;

	if (n->kind != K_FLOAT && (n->kind != K_INT || n->as == AS_HEX) && !is_be(n)) {
		for (int cpu = 1; cpu < w->cpus && same; cpu++)
			same = !value_compare(&f, bytes, bytes + cpu * w->stride);
		if (same)
			write_node(&(struct writer){ .to = w->to, .json = w->json }, n, bytes, at);
		else
			value_puts(w->to, w->json ? "null" : "-");
		return;
	}
	for (int cpu = 0; cpu < w->cpus; cpu++) {
		const __u8 *from = bytes + cpu * w->stride;

		d = value_number(&f, from);
		one = n->kind == K_INT ? extend(n, value_bits(from, at, n->bits)) : (u128)(n->kind == K_FLOAT ? 0 : d);
		if (w->over == OVER_SUM) {
			sum += d;
			total += one;
		} else if (!cpu || (w->over == OVER_MIN) == (d < sum || (d == sum && one < total))) {
			sum = d;
			total = one;
		}
	}
	if (n->kind != K_FLOAT)
		put_number(w->to, total, total < 0);
	else if (isfinite(sum))
		value_printf(w->to, "%.*g", n->bits == 32 ? 9 : 17, sum);
	else
		quoted(w, isnan(sum) ? "nan" : sum < 0 ? "-inf" : "inf");
}

static void write_node(struct writer *w, const struct value_node *n, const __u8 *bytes, __u32 at)
{
	const __u8 *p = bytes + at / 8;
	__u32 len = n->bits / 8;
	bool first = true;
	u128 v;

	if (n->lpm) {
		write_lpm(w, n, p);
		return;
	}
	if (w->cpus && !value_inner(n) && n->kind != K_ARRAY && n->kind != K_KERNEL) {
		write_over(w, n, bytes, at);
		return;
	}
	switch (n->kind) {
	case K_INT:
	case K_POINTER:
		write_number(w, n, value_bits(bytes, at, n->bits));
		break;
	case K_BOOL:
		v = value_bits(bytes, at, n->bits);
		if (v <= 1)
			value_puts(w->to, v ? "true" : "false");
		else if (n->bits == 8)
			write_hex(w, p, 1);
		else
			put_number(w->to, v, false);
		break;
	case K_ENUM:
		write_enum(w, n, value_bits(bytes, at, n->bits));
		break;
	case K_FLOAT:
		write_float(w, n, p);
		break;
	case K_STRING:
		while (len && !p[len - 1])
			len--;
		value_quote(w->to, (const char *)p, len, w->json ? VALUE_JSON : VALUE_TEXT);
		break;
	case K_BYTES:
		write_bytes(w, n, p);
		break;
	case K_STRUCT:
	case K_UNION:
		value_puts(w->to, "{");
		write_members(w, n, bytes, at, &first);
		value_puts(w->to, "}");
		break;
	case K_ARRAY:
		value_puts(w->to, "[");
		for (__u32 i = 0; i < n->n; i++) {
			if (i)
				value_puts(w->to, w->json ? "," : ", ");
			write_node(w, n->parts, bytes, at + i * n->parts->bits);
		}
		value_puts(w->to, "]");
		break;
	case K_KERNEL:
		value_puts(w->to, w->json ? "null" : "-");
		break;
	}
}

static bool has_unknown(const struct value_type *type, const __u8 *bytes)
{
	for (size_t i = 0; i < type->size; i++)
		if (bytes[i] & ~type->known[i])
			return true;
	return false;
}

/* Of a struct; else the text itself is made hex. */
static void write_rest(struct writer *w, const struct value_type *type, const void *bytes, size_t start)
{
	struct value_buf *to = w->to;

	if (to->failed)
		return;
	if (!value_inner(&type->root)) {
		to->len = start;
		write_hex(w, bytes, type->size);
		return;
	}
	to->len--;
	if (to->text[to->len - 1] != '{')
		value_puts(to, w->json ? "," : ", ");
	value_puts(to, w->json ? "\"@hex\":\"" : "@hex: ");
	put_hex(to, bytes, type->size);
	value_puts(to, w->json ? "\"}" : "}");
}

void value_write(struct value_buf *to, const struct value_type *type, const void *bytes, enum value_format format)
{
	struct writer w = { .to = to, .json = format == VALUE_JSON };
	size_t start = to->len;

	write_node(&w, &type->root, bytes, 0);
	if (!type->root.lpm && has_unknown(type, bytes))
		write_rest(&w, type, bytes, start);
}

void value_write_over(struct value_buf *to, const struct value_type *type, const void *bytes, size_t stride, int cpus,
		      enum value_over over, enum value_format format)
{
	struct writer w = { .to = to, .json = format == VALUE_JSON, .cpus = cpus, .stride = stride, .over = over };

	write_node(&w, &type->root, bytes, 0);
}

void value_write_field(struct value_buf *to, const struct value_field *f, const void *bytes, enum value_format format)
{
	struct writer w = { .to = to, .json = format == VALUE_JSON };

	write_node(&w, f->node, bytes, f->at);
}

/* --- CSV --- */

static void csv_cell(struct value_buf *to, const char *text, size_t len)
{
	if (!len || (!memchr(text, ',', len) && !memchr(text, '"', len) && !memchr(text, '\n', len) &&
		     !memchr(text, '\r', len) && *text != ' ' && text[len - 1] != ' ')) {
		value_put(to, text, len);
		return;
	}
	value_put(to, "\"", 1);
	for (size_t i = 0; i < len; i++)
		value_put(to, text[i] == '"' ? "\"\"" : text + i, text[i] == '"' ? 2 : 1);
	value_put(to, "\"", 1);
}

/* A union without a name is a cell for each of its members. */
static bool csv_splits(const struct value_node *n)
{
	return !n->lpm && n->n && (n->kind == K_STRUCT || value_transparent(n));
}

static __u32 csv_count(const struct value_node *n)
{
	__u32 sum = 0;

	for (__u32 i = 0; csv_splits(n) && i < n->n; i++)
		sum += csv_count(&n->parts[i]);
	return csv_splits(n) ? sum : n->kind != K_KERNEL;
}

static void csv_names(struct value_buf *to, const struct value_node *n, struct value_buf *path, bool *first)
{
	size_t len = path->len;

	if (n->kind == K_KERNEL)
		return;
	if (*n->name) {
		value_puts(path, path->len ? "." : "");
		value_puts(path, n->name);
	}
	if (csv_splits(n)) {
		for (__u32 i = 0; i < n->n; i++)
			csv_names(to, &n->parts[i], path, first);
	} else {
		value_puts(to, *first ? "" : ",");
		*first = false;
		csv_cell(to, path->text ?: "", path->len);
	}
	path->len = len;
}

void value_csv_names(struct value_buf *to, const struct value_type *type, const char *prefix)
{
	struct value_buf path = {};
	bool first = true;

	value_puts(&path, prefix);
	csv_names(to, &type->root, &path, &first);
	to->failed |= path.failed;
	free(path.text);
}

static void csv(struct value_buf *to, struct writer *cell, const struct value_node *n, const void *bytes, __u32 at,
		bool *first)
{
	__u32 len = n->bits / 8;

	if (n->kind == K_KERNEL)
		return;
	if (csv_splits(n)) {
		for (__u32 i = 0; i < n->n; i++)
			csv(to, cell, &n->parts[i], bytes, at + n->parts[i].at, first);
		return;
	}
	value_puts(to, *first ? "" : ",");
	*first = false;
	cell->to->len = 0;
	/* a string stands there as it is, if it reads back as the same */
	while (n->kind == K_STRING && len && !((const __u8 *)bytes + at / 8)[len - 1])
		len--;
	if (n->kind == K_STRING) {
		const char *s = (const char *)bytes + at / 8;
		bool plain = len && *s != '"' && *s != ' ' && strncmp(s, "hex:", 4);

		for (__u32 i = 0; i < len && plain; i++)
			plain = s[i] > 0x20 && s[i] < 0x7f && s[i] != '\\';
		if (plain) {
			csv_cell(to, s, len);
			return;
		}
	}
	write_node(cell, n, bytes, at);
	if (!cell->to->failed)
		csv_cell(to, cell->to->text ?: "", cell->to->len);
}

void value_csv(struct value_buf *to, const struct value_type *type, const void *bytes)
{
	struct value_buf cell = {};
	struct writer w = { .to = &cell };
	size_t start = to->len;
	bool first = true;

	csv(to, &w, &type->root, bytes, 0, &first);
	/* what cells can't tell, the first does in hex; the others agree with it */
	if (!type->root.lpm && has_unknown(type, bytes) && !to->failed) {
		to->len = start;
		value_puts(to, "hex:");
		put_hex(to, bytes, type->size);
		for (__u32 i = csv_count(&type->root); i > 1; i--)
			value_puts(to, ",");
	}
	to->failed |= cell.failed;
	free(cell.text);
}

/* --- Fields --- */

const struct value_node *value_member(const struct value_node *n, const char *name, size_t len, __u32 *at)
{
	for (__u32 i = 0; value_inner(n) && i < n->n; i++) {
		const struct value_node *m = &n->parts[i], *inside;
		__u32 more = 0;

		if (*m->name && strlen(m->name) == len && !memcmp(m->name, name, len)) {
			*at += m->at;
			return m;
		}
		if (!value_transparent(m))
			continue;
		inside = value_member(m, name, len, &more);
		if (inside) {
			*at += m->at + more;
			return inside;
		}
	}
	return NULL;
}

/* "a.b[3].c", but first a member of just that name: those of a global may hold dots. */
int value_path(const struct value_node *from, const char *path, size_t len, struct value_field *f)
{
	const char *end = path + len;
	__u32 at = 0;

	while (from && path < end) {
		const struct value_node *whole = *path == '[' ? NULL : value_member(from, path, end - path, &at);
		size_t n = 0;

		if (whole) {
			from = whole;
			break;
		}
		if (*path == '[') {
			char *close;
			unsigned long i = path + 1 < end && path[1] >= '0' && path[1] <= '9' ? strtoul(path + 1, &close, 10) : -1UL;

			if (from->kind != K_ARRAY || i >= from->n || close >= end || *close != ']')
				return -ENOENT;
			at += i * from->parts->bits;
			from = from->parts;
			path = close + 1;
			if (path < end && *path != '.' && *path != '[')
				return -ENOENT;
		} else {
			while (path + n < end && path[n] != '.' && path[n] != '[')
				n++;
			from = value_member(from, path, n, &at);
			path += n;
		}
		if (path < end && *path == '.' && ++path == end)
			return -ENOENT;
	}
	if (!from)
		return -ENOENT;
	*f = (struct value_field){ from, at };
	return 0;
}

int value_find(const struct value_type *type, const char *path, struct value_field *f)
{
	return value_path(&type->root, path, strlen(path), f);
}

bool value_is_number(const struct value_field *f)
{
	enum value_kind kind = f->node->kind;

	return kind == K_INT || kind == K_BOOL || kind == K_ENUM || kind == K_FLOAT || kind == K_POINTER || is_be(f->node);
}

bool value_is_signed(const struct value_field *f)
{
	return f->node->is_signed || f->node->kind == K_FLOAT;
}

static double float_of(const struct value_node *n, const __u8 *p)
{
	double d;
	float f;

	if (n->bits == 32) {
		memcpy(&f, p, 4);
		return f;
	}
	memcpy(&d, p, 8);
	return d;
}

double value_number(const struct value_field *f, const void *bytes)
{
	const __u8 *p = (const __u8 *)bytes + f->at / 8;
	double sum = 0;
	u128 v;

	if (is_be(f->node)) {
		for (__u32 i = 0; i < f->node->bits / 8; i++)
			sum = sum * 256 + p[i];
		return sum;
	}
	if (f->node->kind == K_FLOAT)
		return float_of(f->node, p);
	v = extend(f->node, value_bits(bytes, f->at, f->node->bits));
	return is_negative(f->node, v) ? -(double)-v : (double)v;
}

int value_compare(const struct value_field *f, const void *a, const void *b)
{
	const struct value_node *n = f->node;
	const __u8 *x = (const __u8 *)a + f->at / 8, *y = (const __u8 *)b + f->at / 8;

	if (n->kind == K_FLOAT) {
		double p = float_of(n, x), q = float_of(n, y);

		return (p > q) - (p < q);
	}
	if (value_is_number(f) && !is_be(n)) {
		u128 p = extend(n, value_bits(a, f->at, n->bits)), q = extend(n, value_bits(b, f->at, n->bits));

		if (n->is_signed)
			return ((__int128)p > (__int128)q) - ((__int128)p < (__int128)q);
		return (p > q) - (p < q);
	}
	return memcmp(x, y, n->bits / 8);
}

struct search {
	unsigned int left;
	struct value_field *f;
	struct value_buf path;
	bool found;
};

static void numeric(struct search *s, const struct value_node *n, __u32 at)
{
	struct value_field f = { n, at };
	size_t len = s->path.len;

	if (*n->name)
		value_printf(&s->path, "%s%s", len ? "." : "", n->name);
	if (value_inner(n) && !n->lpm) {
		for (__u32 i = 0; i < n->n && !s->found; i++)
			numeric(s, &n->parts[i], at + n->parts[i].at);
	} else if (value_is_number(&f) && !s->left--) {
		*s->f = f;
		s->found = true;
		return;
	}
	if (!s->found)
		s->path.len = len;
}

int value_numeric(const struct value_type *type, unsigned int n, struct value_field *f, char *path, size_t size)
{
	struct search s = { .left = n, .f = f };

	numeric(&s, &type->root, 0);
	if (s.found)
		snprintf(path, size, "%.*s", (int)s.path.len, s.path.text ?: "");
	free(s.path.text);
	return s.found ? 0 : -ENOENT;
}

/* --- Layout --- */

static void layout(struct value_buf *to, const struct value_node *n, __u32 at, int depth)
{
	bool bit_field = n->bits % 8 || at % 8;
	struct writer w = { .to = to };

	if (bit_field)
		value_printf(to, "%5u:%-2u %5u bits ", at / 8, at % 8, n->bits);
	else
		value_printf(to, "%5u %8u bytes ", at / 8, n->bits / 8);
	value_printf(to, "%*s%s", 2 * depth, "", n->type ?: "bytes");
	if (*n->name) {
		value_puts(to, " ");
		write_word(&w, n->name);
	}
	value_puts(to, "\n");
	for (__u32 i = 0; value_inner(n) && i < n->n; i++)
		layout(to, &n->parts[i], at + n->parts[i].at, depth + 1);
	if (n->kind == K_ARRAY && value_inner(n->parts))
		for (__u32 i = 0; i < n->parts->n; i++)
			layout(to, &n->parts->parts[i], at + n->parts->parts[i].at, depth + 1);
}

void value_layout(struct value_buf *to, const struct value_type *type)
{
	layout(to, &type->root, 0, 0);
}
