// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What an expression is worth, for people: names of numbers, addresses. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>
#include "lib/expr_node.h"
#include "lib/lib.h"

#define NAMES 512

static struct expr_names *names_new(void)
{
	return calloc(1, sizeof(struct expr_names) + NAMES * sizeof(((struct expr_names *)0)->all[0]));
}

static void add_name(struct expr_names *names, __u64 value, const char *name)
{
	if (names->n == NAMES || !name)
		return;
	names->all[names->n].value = value;
	names->all[names->n++].name = name;
}

static struct expr_names *names_of_enum(struct btf_types *btf, __u32 id)
{
	struct expr_names *names = names_new();
	struct btf_value *values = calloc(NAMES, sizeof(*values));
	int n = names && values ? btf_enum_values(btf, id, values, NAMES) : 0;

	for (int i = 0; i < n && i < NAMES; i++)
		add_name(names, values[i].value, values[i].name);
	if (names)
		names->flags = true;		/* where no name is the value's alone */
	free(values);
	return names;
}

/* "{ 0x2 << 1, "TEXT" }": values are constants of C. */
static struct expr_names *names_of_format(const char *at)
{
	struct expr_names *names = names_new();
	struct expr_scope scope = {};
	char value[256], text[64];
	struct expr_error e;
	struct expr *expr;

	if (!names)
		return NULL;
	names->flags = !strncmp(at, "__print_flags", 13);
	for (at = strchr(at, '{'); at; at = strchr(at, '{')) {
		const char *quote = strchr(++at, '"'), *end = quote ? strchr(quote + 1, '"') : NULL, *comma = quote;

		while (comma && comma > at && *comma != ',')
			comma--;
		if (!end)
			break;
		snprintf(value, sizeof(value), "%.*s", (int)(comma - at), at);
		snprintf(text, sizeof(text), "%.*s", (int)(end - quote - 1), quote + 1);
		if (!expr_new(&expr, &scope, value, &e)) {
			add_name(names, expr_model(expr, NULL), keep_text(text));
			expr_free(expr);
		}
		at = end;
	}
	return names;
}

int expr_find_names(struct expr *expr, struct btf_types *btf)
{
	const struct expr_type *type = &expr->root->type;

	if (type->kind != EXPR_NUMBER || (!type->enum_id && !type->names))
		return 0;
	expr->names = type->names ? names_of_format(type->names) : names_of_enum(btf, type->enum_id);
	return expr->names ? 0 : -ENOMEM;
}

const struct expr_names *expr_names(const struct expr *expr)
{
	return expr->names;
}

/* The one name that it has; or those of its bits, if they make all of it. */
static size_t show_name(const struct expr_names *names, __u64 value, __u64 mask, char *text, size_t room)
{
	__u64 left = value & mask;
	size_t len = 0;

	for (size_t i = 0; i < names->n; i++)
		if ((names->all[i].value & mask) == left)
			return snprintf(text, room, "%s", names->all[i].name);
	for (size_t i = 0; names->flags && i < names->n && left; i++) {
		__u64 bits = names->all[i].value & mask;

		if (!bits || (left & bits) != bits)
			continue;
		left &= ~bits;
		len += snprintf(text + len, room - len, "%s%s", len ? "|" : "", names->all[i].name);
		if (len >= room)
			return 0;
	}
	return left ? 0 : len;
}

static size_t show_ip(const char *bytes, size_t size, char *text, size_t room)
{
	return inet_ntop(size == 4 ? AF_INET : AF_INET6, bytes, text, room) ? strlen(text) : 0;
}

static size_t show_sockaddr(const char *bytes, size_t size, char *text, size_t room)
{
	char address[INET6_ADDRSTRLEN] = "";
	__u16 family, port;

	memcpy(&family, bytes, 2);
	memcpy(&port, bytes + 2, 2);
	if (family == AF_INET) {
		show_ip(bytes + 4, 4, address, sizeof(address));
		return snprintf(text, room, "%s:%u", address, ntohs(port));
	}
	if (family == AF_INET6) {
		show_ip(bytes + 8, 16, address, sizeof(address));
		return snprintf(text, room, "[%s]:%u", address, ntohs(port));
	}
	if (family == AF_UNIX)
		return snprintf(text, room, "unix:%.*s", (int)strnlen(bytes + 2, size - 2), bytes + 2);
	return snprintf(text, room, "family %u", family);
}

/* Names from the last to the first; a pipe or socket has one name that isn't of a folder. */
static size_t show_path(const char *bytes, char *text, size_t room)
{
	size_t len = 0, end, at;
	__u64 size;

	memcpy(&size, bytes, sizeof(size));
	bytes += sizeof(size);
	end = size < PATH_ROOM - 8 ? size : PATH_ROOM - 8;
	if (!end)
		return snprintf(text, room, "/");
	while (end) {
		for (at = end - 1; at && bytes[at - 1]; at--)
			;
		len += snprintf(text + len, room - len, "/%s", bytes + at);
		if (len >= room)
			return room - 1;
		end = at;
	}
	return len;
}

size_t expr_show(const struct expr *expr, const char *bytes, size_t size, char *text, size_t room)
{
	const struct expr_type *type = &expr->root->type;
	__u64 value, mask = type->size < 8 ? (1ULL << type->size * 8) - 1 : ~0ULL;
	size_t len;

	if (expr_is_text(expr)) {
		len = strnlen(bytes, size < room ? size : room);
		memcpy(text, bytes, len);
		return len;
	}
	if (type->kind == EXPR_BYTES)
		return type->look == LOOK_PATH ? show_path(bytes, text, room) : type->look == LOOK_IP ?
		       show_ip(bytes, type->size, text, room) : show_sockaddr(bytes, size, text, room);
	memcpy(&value, bytes, sizeof(value));
	if (type->look == LOOK_IP) {
		__u32 ip = value;

		return show_ip((const char *)&ip, 4, text, room);
	}
	len = expr->names ? show_name(expr->names, value, mask, text, room) : 0;
	if (len)
		return len;
	return snprintf(text, room, type->kind == EXPR_POINTER ? "0x%llx" : type->is_signed ? "%lld" : "%llu", value);
}
