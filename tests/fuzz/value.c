// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Literals of known types, and types from anywhere: what is written is read back to the same bytes. */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "lib/typed.h"

#define MAX_SIZE 4096
#define MAX_TYPES 32

static void again(const struct value_type *type, const char *bytes)
{
	size_t size = value_size(type);
	struct value_error e;

	for (int format = VALUE_TEXT; format <= VALUE_JSON; format++) {
		char *back = calloc(1, size + 1), *mask = calloc(1, size + 1);
		struct value_buf buf = {};

		value_write(&buf, type, bytes, format);
		/* names that two fields have can't be told apart, so hostile BTF may be refused; known BTF may not */
		if (!buf.failed && !value_parse(type, buf.text, false, back, mask, &e))
			MUST(!memcmp(bytes, back, size) || value_has_kernel(type));
		free(buf.text);
		free(back);
		free(mask);
	}
}

static void one_type(const struct btf *btf, __u32 id, const char *literal, const uint8_t *data, size_t data_size)
{
	struct value_hint hints[] = {{literal, AS_HEX}, {"ip", AS_IP4}};
	struct value_buf buf = {};
	struct value_field f;
	struct where *where = NULL;
	struct typed t;
	struct value_type *type;
	struct value_error e;
	char *bytes, *mask;
	size_t size, used;
	char path[64];

	if (value_type_new(&type, btf, id, 0, hints, 2, &e)) {
		MUST(*e.text);
		return;
	}
	size = value_size(type);
	if (size > MAX_SIZE) {
		value_type_free(type);
		return;
	}
	if (id & 1)
		value_type_lpm(type);
	bytes = calloc(1, size + 1);
	mask = calloc(1, size + 1);
	for (size_t i = 0; i < size && data_size; i++)
		bytes[i] = data[i % data_size];
	again(type, bytes);
	value_csv_names(&buf, type, "key");
	value_csv(&buf, type, bytes);
	value_layout(&buf, type);
	value_find(type, literal, &f);
	for (unsigned int n = 0; n < 8 && !value_numeric(type, n, &f, path, sizeof(path)); n++) {
		value_number(&f, bytes);
		value_compare(&f, bytes, bytes);
		value_parse_field(&f, type, literal, &used, bytes, &e);
	}
	t = (struct typed){.key = type, .value = type, .map.cpus = 1};
	if (!where_new(&where, &t, literal))
		where_matches(where, &t, bytes, bytes);
	where_free(where);
	memset(bytes, 0, size);
	if (value_parse(type, literal, false, bytes, mask, &e))
		MUST(e.at <= strlen(literal) && *e.text);
	else
		again(type, bytes);
	value_parse(type, literal, true, bytes, mask, &e);
	value_csv_parse(type, "", literal, bytes, mask, &e);
	value_complete(type, mask, &e);
	free(buf.text);
	free(bytes);
	free(mask);
	value_type_free(type);
}

static struct btf *known(void)
{
	struct btf *btf = btf__new_empty();
	int u8 = btf__add_int(btf, "unsigned char", 1, 0), c = btf__add_int(btf, "char", 1, BTF_INT_SIGNED);
	int u32 = btf__add_int(btf, "unsigned int", 4, 0), s128 = btf__add_int(btf, "__int128", 16, BTF_INT_SIGNED);
	int be32 = btf__add_typedef(btf, "__be32", u32), name = btf__add_array(btf, u32, c, 8), list = btf__add_array(btf, u32, u8, 3);
	int d = btf__add_float(btf, "double", 8), p = btf__add_ptr(btf, 0), e = btf__add_enum(btf, "e", 4);
	int in;

	btf__add_enum_value(btf, "A", 1);
	btf__add_enum_value(btf, "B", -1);
	in = btf__add_union(btf, "u", 16);
	btf__add_field(btf, "wide", s128, 0, 0);
	btf__add_field(btf, "low", u32, 0, 0);
	btf__add_struct(btf, "s", 64);
	btf__add_field(btf, "a", be32, 0, 0);
	btf__add_field(btf, "b", u32, 32, 5);
	btf__add_field(btf, "c", u32, 37, 27);
	btf__add_field(btf, "name", name, 64, 0);
	btf__add_field(btf, "u", in, 128, 0);
	btf__add_field(btf, "d", d, 256, 0);
	btf__add_field(btf, "e", e, 320, 0);
	btf__add_field(btf, "list", list, 352, 0);
	btf__add_field(btf, "p", p, 384, 0);
	return btf;
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct btf *own;
	const uint8_t *end = memchr(data, 0, size);
	const char *literal = (const char *)data;
	struct btf *btf;
	size_t rest;

	if (!own) {
		libbpf_set_print(quiet);
		own = known();
	}
	if (!end)
		return 0;
	rest = data + size - end - 1;
	btf = btf__new(end + 1, rest);
	for (__u32 id = 0; !btf && id < btf__type_cnt(own); id++)
		one_type(own, id, literal, end + 1, rest);
	for (__u32 id = 1; btf && id < btf__type_cnt(btf) && id < MAX_TYPES; id++)
		one_type(btf, id, literal, end + 1, rest);
	btf__free(btf);
	return 0;
}
