// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* user/lib/value*.c: values of any type, written and read back. */
#include <bpf/btf.h>
#include "lib/value.h"
#include "unit.h"

/* --- Types of known layout --- */

static struct btf *btf;
static int t_char, t_u8, t_u16, t_u32, t_s32, t_u64, t_s64, t_bool, t_int128, t_uint128, t_float, t_double, t_pointer,
	t_be16, t_be32, t_in6;

static void basics(void)
{
	btf = btf__new_empty();
	REQUIRE(btf);
	t_char = btf__add_int(btf, "char", 1, BTF_INT_SIGNED);
	t_u8 = btf__add_int(btf, "unsigned char", 1, 0);
	t_u16 = btf__add_int(btf, "unsigned short", 2, 0);
	t_u32 = btf__add_int(btf, "unsigned int", 4, 0);
	t_s32 = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	t_u64 = btf__add_int(btf, "unsigned long", 8, 0);
	t_s64 = btf__add_int(btf, "long", 8, BTF_INT_SIGNED);
	t_bool = btf__add_int(btf, "_Bool", 1, BTF_INT_BOOL);
	t_int128 = btf__add_int(btf, "__int128", 16, BTF_INT_SIGNED);
	t_uint128 = btf__add_int(btf, "unsigned __int128", 16, 0);
	t_float = btf__add_float(btf, "float", 4);
	t_double = btf__add_float(btf, "double", 8);
	t_pointer = btf__add_ptr(btf, 0);
	t_be16 = btf__add_typedef(btf, "__be16", t_u16);
	t_be32 = btf__add_typedef(btf, "__be32", t_u32);
	int words = btf__add_array(btf, t_u32, t_u32, 4);

	t_in6 = btf__add_struct(btf, "in6_addr", 16);
	REQUIRE(btf__add_field(btf, "words", words, 0, 0) == 0);
}

static struct value_type *type_as(int id, struct value_hint *hints, size_t n)
{
	struct value_type *type = NULL;
	struct value_error e;

	if (value_type_new(&type, btf, id, 0, hints, n, &e))
		FAIL("type %d: %s", id, e.text);
	REQUIRE(type);
	return type;
}

static struct value_type *type_of(int id)
{
	return type_as(id, NULL, 0);
}

static const char *shown(const struct value_type *type, const void *bytes, enum value_format format)
{
	struct value_buf buf = {};

	value_write(&buf, type, bytes, format);
	REQUIRE(!buf.failed && buf.text && strlen(buf.text) == buf.len);
	return buf.text;
}

/* What `literal` becomes, in text. */
static const char *read_back(const struct value_type *type, const char *literal)
{
	char *bytes = calloc(1, value_size(type) + 1), *mask = calloc(1, value_size(type) + 1);
	struct value_error e;

	if (value_parse(type, literal, false, bytes, mask, &e))
		return text("%zu: %s", e.at, e.text);
	return shown(type, bytes, VALUE_TEXT);
}

#define SAME(type, literal) CHECK_STR(read_back(type, literal), literal)
#define READS(type, literal, as) CHECK_STR(read_back(type, literal), as)

TEST(value, "plain types: what they hold at their ends, and nothing beyond")
{
	static const struct {
		int *id;
		const char *good[6], *bad[6];
	} plain[] = {
		{&t_u8, {"0", "255"}, {"256", "-1", "0x100", "300"}},
		{&t_char, {"-128", "127"}, {"128", "-129", "0x80"}},
		{&t_u16, {"0", "65535"}, {"65536", "-1"}},
		{&t_s32, {"-2147483648", "2147483647"}, {"2147483648", "-2147483649"}},
		{&t_u64, {"18446744073709551615"}, {"18446744073709551616", "-1"}},
		{&t_s64, {"-9223372036854775808", "9223372036854775807"}, {"9223372036854775808"}},
		{&t_int128, {"-170141183460469231731687303715884105728", "170141183460469231731687303715884105727"},
		 {"170141183460469231731687303715884105728", "-170141183460469231731687303715884105729"}},
		{&t_uint128, {"340282366920938463463374607431768211455"}, {"340282366920938463463374607431768211456", "-1"}},
		{&t_bool, {"true", "false"}, {"2", "-1", "yes"}},
		{&t_pointer, {"0xffffffffffffffff", "0x0"}, {"0x10000000000000000", "-1"}},
		{&t_double, {"0.1", "-1e+300", "inf", "-inf", "nan", "5e-324"}, {"1e400", "x", "", "1.5.2"}},
		{&t_float, {"0.1", "3.40282e+38", "16777216"}, {"1e39", "0x", "--1"}},
		{&t_be16, {"53", "65535"}, {"65536", "-1"}},
		{&t_be32, {"10.0.0.1", "255.255.255.255"}, {"10.0.0", "10.0.0.256", "1", "::1"}},
		{&t_in6, {"::1", "2001:db8::ff00:42:8329"}, {"10.0.0.1", ":::", "1"}},
	};

	basics();
	for (size_t i = 0; i < COUNT(plain); i++) {
		struct value_type *type = type_of(*plain[i].id);

		for (size_t j = 0; j < COUNT(plain[i].good) && plain[i].good[j]; j++)
			SAME(type, plain[i].good[j]);
		for (size_t j = 0; j < COUNT(plain[i].bad) && plain[i].bad[j]; j++)
			if (!CHECK(!strncmp(read_back(type, plain[i].bad[j]), "0: ", 3)))
				fprintf(stderr, "  %s: %s\n", plain[i].bad[j], read_back(type, plain[i].bad[j]));
	}
	READS(type_of(t_u32), " 0xff ", "255");
	READS(type_of(t_u32), "\"7\"", "7");
	READS(type_of(t_bool), "1", "true");
	READS(type_of(t_u32), "010", "0: '010' is not a number");
	READS(type_of(t_u32), "1 2", "2: more text than a value: '2'");
	READS(type_of(t_u32), "", "0: a value is missing");
	READS(type_of(t_u16), "hex:0100", __BYTE_ORDER == __LITTLE_ENDIAN ? "1" : "256");
	READS(type_of(t_u16), "hex:01", "0: 1 bytes, where there must be 2");
	READS(type_of(t_u16), "hex:010", "6: half a byte: two hexadecimal digits are one");
}

/* struct { __be32 src; __be16 port; struct { u16 low:4, high:12; }; union { u32 word; u8 bytes[4]; }; char comm[8];
 *	    enum state state; s32 slots[3]; } */
static int example(void)
{
	int state, in, either, bytes, id;

	state = btf__add_enum(btf, "state", 4);
	btf__add_enum_value(btf, "CLOSED", 0);
	btf__add_enum_value(btf, "OPEN", 7);
	in = btf__add_struct(btf, NULL, 2);
	btf__add_field(btf, "low", t_u16, 0, 4);
	btf__add_field(btf, "high", t_u16, 4, 12);
	bytes = btf__add_array(btf, t_u32, t_u8, 4);
	either = btf__add_union(btf, "either", 4);
	btf__add_field(btf, "word", t_u32, 0, 0);
	btf__add_field(btf, "bytes", bytes, 0, 0);
	int comm = btf__add_array(btf, t_u32, t_char, 8), slots = btf__add_array(btf, t_u32, t_s32, 3);

	id = btf__add_struct(btf, "example", 36);
	btf__add_field(btf, "src", t_be32, 0, 0);
	btf__add_field(btf, "port", t_be16, 32, 0);
	btf__add_field(btf, NULL, in, 48, 0);
	btf__add_field(btf, "either", either, 64, 0);
	btf__add_field(btf, "comm", comm, 96, 0);
	btf__add_field(btf, "state", state, 160, 0);
	btf__add_field(btf, "slots", slots, 192, 0);
	REQUIRE(id > 0);
	return id;
}

#define FIRST "src: 10.0.0.1, port: 53, low: 15, high: 4095, "
#define LAST "comm: \"a\\\"b\", state: OPEN, slots: [1, -2, 3]"

TEST(value, "a struct of everything: text, JSON and CSV, and back")
{
	struct value_type *type;
	char bytes[64] = {}, mask[64] = {};
	struct value_buf buf = {};
	struct value_error e;
	json_t *json;

	basics();
	type = type_of(example());
	CHECK_EQ(value_size(type), 36);
	REQUIRE(value_parse(type, "{" FIRST "either: {word: 0x04030201}, " LAST "}", false, bytes, mask, &e) == 0);
	CHECK(!memcmp(bytes, "\x0a\0\0\1\0\x35\xff\xff", 8));
	CHECK(!memcmp(bytes + 12, "a\"b\0\0\0\0\0", 8));
	SAME(type, "{" FIRST "either: {word: 67305985, bytes: [1, 2, 3, 4]}, " LAST "}");
	/* as JSON, as C, in another order, with a union's other member */
	CHECK_STR(shown(type, bytes, VALUE_JSON),
		  "{\"src\":\"10.0.0.1\",\"port\":53,\"low\":15,\"high\":4095,\"either\":{\"word\":67305985,\"bytes\":[1,2,3,4]},"
		  "\"comm\":\"a\\\"b\",\"state\":\"OPEN\",\"slots\":[1,-2,3]}");
	READS(type, shown(type, bytes, VALUE_JSON), shown(type, bytes, VALUE_TEXT));
	READS(type, "{.slots = [1,-2,3], .state=7, .comm=\"a\\\"b\" , .either = {.bytes=[1,2,3,4]},.high=0xfff,.low=15,.port=53,.src=10.0.0.1}",
	      shown(type, bytes, VALUE_TEXT));
	json = json_loads(shown(type, bytes, VALUE_JSON), 0, NULL);
	REQUIRE(json);
	CHECK_EQ(json_integer_value(json_object_get(json, "high")), 4095);
	value_csv_names(&buf, type, "value");
	CHECK_STR(buf.text, "value.src,value.port,value.low,value.high,value.either,value.comm,value.state,value.slots");
	buf.len = 0;
	value_csv(&buf, type, bytes);
	CHECK_STR(buf.text, "10.0.0.1,53,15,4095,\"{word: 67305985, bytes: [1, 2, 3, 4]}\",\"a\"\"b\",OPEN,\"[1, -2, 3]\"");
}

TEST(value, "what is wrong is told, with the place")
{
	static const struct {
		const char *text, *error;
	} bad[] = {
		{"{" FIRST "either: {word: 1}, " LAST ", nonsense: 1}", "112: no field 'nonsense' in struct example"},
		{"{src: 10.0.0.1, port: 70000}", "22: out of range: 0 to 65535"},
		{"{src: 10.0.0.1, low: 16}", "21: out of range: 0 to 15"},
		{"{src: 10.0.0.1}", "14: 'port' is missing"},
		{"{" FIRST "either: {}, " LAST "}", "56: 'word' is missing"},
		{"{" FIRST LAST "}", "91: 'word' is missing"},
		{"{slots: [1, 2]}", "8: 2 elements, where there must be 3"},
		{"{slots: [1, 2, 3, 4]}", "18: more than 3 elements"},
		{"{comm: abcdefghi}", "7: 9 bytes, where 8 have room"},
		{"{state: SHUT}", "8: 'SHUT' is no value of enum state"},
		{"{state OPEN}", "7: a colon is missing after 'state'"},
		{"{port: 1 low: 2}", "9: a comma or } is needed"},
		{"{port: 1", "8: a } is missing"},
		{"{port: }", "7: a value is missing"},
		{"{comm: \"abc}", "7: a quote that isn't closed"},
		{"{comm: \"a\\q\"}", "10: no such escape"},
		{"{either: {word: 1, bytes: [2, 0, 0, 0]}}", "27: these bits were given another value before"},
		{"{port: 1, port: 2}", "16: port: these bytes were given another value before"},
		{"port: 1", "0: { is needed: struct example has fields"},
		{"{port: 1} x", "8: 'src' is missing"},
		{"hex:00", "0: 1 bytes, where there must be 36"},
	};
	char bytes[64] = {}, mask[64] = {};
	struct value_type *type;
	struct value_error e;

	basics();
	type = type_of(example());
	for (size_t i = 0; i < COUNT(bad); i++)
		READS(type, bad[i].text, bad[i].error);
	/* a part of it */
	REQUIRE(value_parse(type, "{port: 80, slots[1]: 5}", true, bytes, mask, &e) == 0);
	CHECK(!memcmp(bytes + 4, "\0\x50", 2) && bytes[28] == (__BYTE_ORDER == __LITTLE_ENDIAN ? 5 : 0));
	for (int i = 0; i < 36; i++)
		CHECK_EQ(mask[i] & 0xff, i == 4 || i == 5 || (i >= 28 && i < 32) ? 0xff : 0);
	CHECK_EQ(value_parse(type, "{port: 80} {", true, bytes, mask, &e), -EINVAL);
	CHECK_EQ(e.at, 11);
}

TEST(value, "--as and decl tags say how a field looks; one that can't be so, or isn't there, is told")
{
	struct value_hint hints[] = {{"a", AS_IP4}, {"key.b", AS_MAC}, {"c", AS_BE32}, {"d", AS_NS}, {"e", AS_STR}, {"f", AS_HEX},
				     {"g", AS_IP6}, {"gone", AS_HEX}};
	int mac, str, six, inner, id;
	struct value_type *type;
	struct value_hint bad = {"a", AS_IP6}, whole = {"", AS_IP4};
	struct value_error e;

	basics();
	mac = btf__add_array(btf, t_u32, t_u8, 6);
	str = btf__add_array(btf, t_u32, t_u8, 4);
	six = btf__add_array(btf, t_u32, t_u8, 16);
	inner = btf__add_struct(btf, "inner", 6);
	btf__add_field(btf, "b", mac, 0, 0);
	id = btf__add_struct(btf, "outer", 56);
	btf__add_field(btf, "a", t_u32, 0, 0);
	btf__add_field(btf, "key", inner, 32, 0);
	btf__add_field(btf, "tagged", t_u16, 80, 0);
	btf__add_field(btf, "c", t_u32, 96, 0);
	btf__add_field(btf, "d", t_u64, 128, 0);
	btf__add_field(btf, "e", str, 192, 0);
	btf__add_field(btf, "f", t_u32, 224, 0);
	btf__add_field(btf, "g", six, 256, 0);
	btf__add_field(btf, "h", t_u64, 384, 0);
	REQUIRE(btf__add_decl_tag(btf, "be16", id, 2) > 0);
	type = type_as(id, hints, COUNT(hints));
	SAME(type, "{a: 1.2.3.4, key: {b: 00:11:22:aa:bb:cc}, tagged: 443, c: 7, d: 12.000000034s, e: \"ab\", f: 0xff, g: ::1, h: 9}");
	for (size_t i = 0; i < COUNT(hints); i++)
		CHECK_EQ(hints[i].used, i < 7);
	CHECK_EQ(value_type_new(&type, btf, id, 0, &bad, 1, &e), -EINVAL);
	CHECK_STR(e.text, "a: unsigned int, 32 bits, can't be shown so");
	SAME(type_as(t_u32, &whole, 1), "9.8.7.6");
}

TEST(value, "a key of a trie is ADDRESS/LENGTH, with BTF and without")
{
	struct value_type *type;
	struct value_error e;
	int id, bytes;

	basics();
	bytes = btf__add_array(btf, t_u32, t_u8, 4);
	id = btf__add_struct(btf, "key4", 8);
	btf__add_field(btf, "prefixlen", t_u32, 0, 0);
	btf__add_field(btf, "address", bytes, 32, 0);
	type = type_of(id);
	value_type_lpm(type);
	SAME(type, "10.0.0.0/8");
	SAME(type, "0.0.0.0/0");
	READS(type, "10.0.0.0/33", "0: '33' is no length from 0 to 32");
	READS(type, "10.0.0.0", "0: no length: ADDRESS/LENGTH is needed, 10.0.0.0/8");
	READS(type, "{prefixlen: 8, address: [10, 0, 0, 0]}", "10.0.0.0/8");
	REQUIRE(value_type_new(&type, NULL, 0, 20, NULL, 0, &e) == 0);
	value_type_lpm(type);
	SAME(type, "2001:db8::/32");
	REQUIRE(value_type_new(&type, NULL, 0, 7, NULL, 0, &e) == 0);
	value_type_lpm(type);
	SAME(type, "hex:0102ff/20");
	READS(type, "hex:0102/20", "0: 2 bytes, where there must be 3");
}

TEST(value, "bytes without a type are hex")
{
	struct value_type *type;
	struct value_error e;

	REQUIRE(value_type_new(&type, NULL, 0, 4, NULL, 0, &e) == 0);
	SAME(type, "hex:0a0000ff");
	READS(type, "0a 00 00 ff", "hex:0a0000ff");
	READS(type, "0x0a0000ff", "hex:0a0000ff");
	READS(type, "\"hex:0a0000ff\"", "hex:0a0000ff");
	READS(type, "10", "0: 1 bytes, where there must be 4");
	READS(type, "0a0000ff x", "9: more text than a value: 'x'");
}

TEST(value, "what the kernel keeps in a value is not shown, not asked for and not set")
{
	struct value_type *type;
	int lock, tag, id;

	basics();
	lock = btf__add_struct(btf, "bpf_spin_lock", 4);
	btf__add_field(btf, "val", t_u32, 0, 0);
	tag = btf__add_ptr(btf, btf__add_type_tag(btf, "kptr", t_u32));
	id = btf__add_struct(btf, "with_lock", 24);
	btf__add_field(btf, "lock", lock, 0, 0);
	btf__add_field(btf, "n", t_u32, 32, 0);
	btf__add_field(btf, "task", tag, 64, 0);
	btf__add_field(btf, "m", t_u64, 128, 0);
	type = type_of(id);
	CHECK(value_has_kernel(type));
	SAME(type, "{n: 1, m: 2}");
	READS(type, "{n: 1, m: 2, lock: {val: 1}}", "19: 'lock' is the kernel's own: it can't be set");
	READS(type, "{n: 1, m: 2, task: 1}", "19: 'task' is the kernel's own: it can't be set");
}

TEST(value, "numbers are compared as such, fields found by their path")
{
	struct value_field f;
	struct value_type *type;
	char a[64] = {}, b[64] = {}, path[64];
	struct value_error e;

	basics();
	type = type_of(example());
	CHECK_EQ(value_find(type, "slots[2]", &f), 0);
	REQUIRE(value_parse_field(&f, type, "-3", NULL, a, &e) == 0 && value_parse_field(&f, type, "2", NULL, b, &e) == 0);
	CHECK(value_compare(&f, a, b) < 0 && value_compare(&f, b, a) > 0 && value_compare(&f, a, a) == 0);
	CHECK(value_number(&f, a) == -3);
	CHECK_EQ(value_find(type, "high", &f), 0);
	REQUIRE(value_parse_field(&f, type, "4000", NULL, a, &e) == 0);
	CHECK(value_number(&f, a) == 4000);
	CHECK_EQ(value_find(type, "port", &f), 0);
	REQUIRE(value_parse_field(&f, type, "256", NULL, a, &e) == 0 && value_parse_field(&f, type, "2", NULL, b, &e) == 0);
	CHECK(value_compare(&f, a, b) > 0 && value_number(&f, a) == 256);
	CHECK_EQ(value_find(type, "either.bytes[3]", &f), 0);
	static const char *const gone[] = {"slots[3]", "slots[-1]", "slots[", "slots[1", "slots[]", "slots.x", "x", "either.", ".port", "port.x", "slots[1]x"};

	for (size_t i = 0; i < COUNT(gone); i++)
		if (!CHECK_EQ(value_find(type, gone[i], &f), -ENOENT))
			fprintf(stderr, "  %s\n", gone[i]);
	CHECK_EQ(value_numeric(type, 0, &f, path, sizeof(path)), 0);
	CHECK_STR(path, "port");
	CHECK_EQ(value_numeric(type, 3, &f, path, sizeof(path)), 0);
	CHECK_STR(path, "either.word");
	CHECK_EQ(value_numeric(type, 5, &f, path, sizeof(path)), -ENOENT);
}

/* --- Random types, random values --- */

static int made;

/* A type of any kind; *size and *align are its. */
static int random_type(int depth, __u32 *size, __u32 *align)
{
	static const struct {
		int *id;
		__u32 size;
	} plain[] = {{&t_char, 1}, {&t_u8, 1}, {&t_u16, 2}, {&t_u32, 4}, {&t_s32, 4}, {&t_u64, 8}, {&t_s64, 8}, {&t_bool, 1},
		     {&t_int128, 16}, {&t_uint128, 16}, {&t_float, 4}, {&t_double, 8}, {&t_pointer, 8}, {&t_be16, 2}, {&t_be32, 4}, {&t_in6, 16}};
	int kind = any() % (depth ? 12 : 6), id, of, members[8], n;
	__u32 at = 0, most = 0, widest = 1, sizes[8], aligns[8], bits = 0;
	const char *name = text("t%d", made++);

	if (kind < 5) {
		n = any() % COUNT(plain);
		*size = plain[n].size;
		*align = *size == 16 ? 8 : *size;
		return any() % 3 ? *plain[n].id : btf__add_typedef(btf, name, *plain[n].id);
	}
	if (kind == 5) {
		bool wide = any() % 2;

		*size = *align = wide ? 8 : 4;
		id = wide ? btf__add_enum64(btf, name, 8, any() % 2) : btf__add_enum(btf, name, 4);
		for (n = any() % 5; n >= 0; n--)
			if (wide)
				btf__add_enum64_value(btf, text("%s_%d", name, n), any_size());
			else
				btf__add_enum_value(btf, text("%s_%d", name, n), (int)any_size());
		return id;
	}
	if (kind < 8) {
		n = any() % 5;
		of = kind == 6 ? any() % 2 ? t_char : t_u8 : random_type(depth - 1, size, align);
		if (kind == 6)
			*size = *align = 1;
		*size *= n;
		return btf__add_array(btf, t_u32, of, n);
	}
	n = any() % 8;
	for (int i = 0; i < n; i++)
		members[i] = random_type(depth - 1, &sizes[i], &aligns[i]);
	id = kind == 8 ? btf__add_union(btf, name, 0) : btf__add_struct(btf, any() % 4 || depth == 3 ? name : NULL, 0);
	for (int i = 0; i < n; i++) {
		const struct btf_type *of_t = btf__type_by_id(btf, members[i]);
		const char *member = text("m%d%s", made++, any() % 9 ? "" : "_");

		/* bit fields, of what may have them */
		if (kind != 8 && !(any() % 3) && (btf_is_int(of_t) || btf_is_enum(of_t)) && sizes[i] <= 8) {
			__u32 width = 1 + any() % (sizes[i] * 8);

			bits = kind == 8 ? 0 : bits;
			if (at * 8 + bits + width > (at + bits / 8) / sizes[i] * sizes[i] * 8 + sizes[i] * 8) {
				at = (at * 8 + bits + sizes[i] * 8 - 1) / (sizes[i] * 8) * sizes[i];
				bits = 0;
			}
			REQUIRE(btf__add_field(btf, member, members[i], at * 8 + bits, width) == 0);
			bits += width;
			at += bits / 8;
			bits %= 8;
		} else {
			at = kind == 8 ? 0 : (at + (bits + 7) / 8 + aligns[i] - 1) / aligns[i] * aligns[i];
			bits = 0;
			REQUIRE(btf__add_field(btf, member, members[i], at * 8, 0) == 0);
			at += sizes[i];
		}
		widest = aligns[i] > widest ? aligns[i] : widest;
		most = at + (bits > 0) > most ? at + (bits > 0) : most;
	}
	*align = widest;
	*size = (most + widest - 1) / widest * widest;
	((struct btf_type *)btf__type_by_id(btf, id))->size = *size;
	return id;
}

/* CSV cells of one line, quotes undone, in place; a shell's worth of a reader. */
static int cells_of(char *line, char **cells, int max)
{
	int n = 0;

	for (char *p = line; n < max;) {
		char *to = p;

		cells[n++] = p;
		if (*p == '"') {
			for (p++; *p && !(*p == '"' && p[1] != '"'); p++) {
				p += *p == '"';
				*to++ = *p;
			}
			p++;
		} else {
			p += strcspn(p, ",");
			to = p;
		}
		bool end = !*p;

		*to = 0;
		if (end)
			break;
		p++;
	}
	return n;
}

static bool csv_same(const struct value_type *type, const char *bytes, const char *what)
{
	size_t size = value_size(type);
	static char *names[20000], *cells[20000];
	char *back = calloc(1, size + 1), *mask = calloc(1, size + 1);
	struct value_buf head = {}, line = {};
	struct value_error e;
	bool same = true;
	int n;

	value_csv_names(&head, type, "");
	value_csv(&line, type, bytes);
	if (!head.len || !line.len)
		return true;
	char *was = strdup(line.text);

	n = cells_of(head.text, names, 20000);
	same = CHECK_EQ(cells_of(line.text, cells, 20000), n);
	for (int i = 0; i < n && same; i++)
		if (*cells[i] && value_csv_parse(type, names[i], cells[i], back, mask, &e)) {
			FAIL("%s: %s at '%s'", names[i], e.text, cells[i] + e.at);
			same = false;
		}
	if (same)
		same = CHECK(!value_complete(type, mask, &e)) && CHECK(!memcmp(back, bytes, size));
	if (!same)
		fprintf(stderr, "  %s, CSV: %s\n", what, was);
	free(back);
	free(mask);
	free(head.text);
	free(line.text);
	free(was);
	return same;
}

/* Both formats give the same bytes back. */
static bool same_again(const struct value_type *type, const char *bytes, const char *what)
{
	size_t size = value_size(type);
	char *back = malloc(size + 1), *mask = malloc(size + 1);
	struct value_error e;
	bool same = true;

	for (int format = VALUE_TEXT; format <= VALUE_JSON && same; format++) {
		const char *written = shown(type, bytes, format);

		memset(back, 0, size + 1);
		memset(mask, 0, size + 1);
		if (format == VALUE_JSON) {
			json_t *json = json_loads(written, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);

			/* a byte that is no UTF-8 makes an escape that this library refuses */
			same = CHECK(json || strstr(written, "\\udc"));
			json_decref(json);
		}
		if (value_parse(type, written, false, back, mask, &e)) {
			FAIL("%s at %zu", e.text, e.at);
			same = false;
		} else {
			same = same && CHECK(!memcmp(back, bytes, size));
		}
		if (!same)
			fprintf(stderr, "  %s: %s\n", what, written);
		free((void *)written);
	}
	free(back);
	free(mask);
	return same && csv_same(type, bytes, what);
}

TEST(value, "thousands of random values of random types are written and read back to the same bytes", .timeout = 120)
{
	const int types = 500, values = 8;

	for (int i = 0; i < types; i++) {
		__u32 size, align;
		struct value_type *type;
		const __u8 *known;
		char *bytes;
		int id;

		basics();
		id = random_type(3, &size, &align);
		type = type_of(id);
		REQUIRE(value_size(type) == size);
		known = value_known(type);
		bytes = malloc(size + 1);
		for (int v = 0; v < values; v++) {
			for (__u32 b = 0; b < size; b++) {
				bytes[b] = v % 3 ? any() : any() % 4 ? 0 : any_size();
				if (v % 2)
					bytes[b] &= known[b];	/* padding is zero, as it should be */
			}
			if (!same_again(type, bytes, text("type %d", i))) {
				struct value_buf buf = {};

				value_layout(&buf, type);
				fprintf(stderr, "%s", buf.text);
				return;
			}
		}
		free(bytes);
		value_type_free(type);
		btf__free(btf);
	}
}

/* --- Hostile BTF --- */

TEST(value, "BTF in circles, without end or beyond its end is refused")
{
	struct value_type *type;
	struct value_error e;
	int id, last;

	basics();
	/* a typedef of itself; a struct of itself; arrays that grow beyond all bounds */
	id = btf__add_typedef(btf, "circle", btf__type_cnt(btf));
	CHECK_EQ(value_type_new(&type, btf, id, 0, NULL, 0, &e), -EINVAL);
	id = btf__add_struct(btf, "self", 8);
	btf__add_field(btf, "self", id, 0, 0);
	CHECK_EQ(value_type_new(&type, btf, id, 0, NULL, 0, &e), -E2BIG);
	last = t_u64;
	for (int i = 0; i < 5; i++)
		last = btf__add_array(btf, t_u32, last, 1 << 20);
	CHECK_EQ(value_type_new(&type, btf, last, 0, NULL, 0, &e), -E2BIG);
	id = btf__add_struct(btf, "beyond", 8);
	btf__add_field(btf, "in", t_u32, 0, 0);
	btf__add_field(btf, "out", t_u64, 8, 0);
	CHECK_EQ(value_type_new(&type, btf, id, 0, NULL, 0, &e), -EINVAL);
	CHECK_HAS(e.text, "out: ");
	id = btf__add_struct(btf, "empty", 0);
	last = btf__add_array(btf, t_u32, id, ~0U);
	type = type_of(last);
	CHECK_STR(shown(type, "", VALUE_TEXT), "[]");
	id = btf__add_struct(btf, "missing", 8);
	btf__add_field(btf, "in", 30000, 0, 0);
	CHECK_EQ(value_type_new(&type, btf, id, 0, NULL, 0, &e), -EINVAL);
	CHECK_EQ(value_type_new(&type, btf, 30001, 0, NULL, 0, &e), -EINVAL);
	CHECK_EQ(value_type_new(&type, btf, t_u32, 8, NULL, 0, &e), -EINVAL);
	CHECK_STR(e.text, "unsigned int has 4 bytes, not 8");
	id = btf__add_fwd(btf, "unseen", BTF_FWD_STRUCT);
	CHECK_EQ(value_type_new(&type, btf, id, 0, NULL, 0, &e), -EINVAL);
}
