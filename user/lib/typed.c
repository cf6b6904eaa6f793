// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the keys and values of a map are, and how each kind of map wants to be asked. */
#include <bpf/btf.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "lib/ksym.h"
#include "lib/lib.h"
#include "lib/owner.h"
#include "lib/storage.h"
#include "lib/typed.h"

void typed_complain(const char *what, const char *text, const struct value_error *e)
{
	struct value_buf shown = {};

	value_quote(&shown, text + e->at, strnlen(text + e->at, 40), VALUE_TEXT);
	if (!text[e->at])
		err("%s: at its end: %s", what, e->text);
	else
		err("%s: at character %zu, %s: %s", what, e->at + 1, shown.text ?: "", e->text);
	free(shown.text);
}

static void complain_of(const struct value_type *type, const char *what, const char *text, struct value_error *e)
{
	if (value_is_raw(type))
		snprintf(e->text, sizeof(e->text), "its type isn't known: %zu bytes are needed, as hex:…, or a --type", value_size(type));
	typed_complain(what, text, e);
}

/* --- Types --- */

/* Maps that can't have BTF: what include/uapi/linux/bpf.h says they hold. */
static int known_types(struct btf **btf, const struct bpf_map_info *info, __u32 *key, __u32 *value)
{
	struct btf *b = btf__new_empty();
	int u32, u64, id;

	if (!b)
		return -errno;
	u32 = btf__add_int(b, "unsigned int", 4, 0);
	u64 = btf__add_int(b, "unsigned long long", 8, 0);
	*key = info->key_size == 4 ? u32 : 0;
	*value = 0;
	switch (info->type) {
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_CGROUP_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_XSKMAP:
		*value = u32;
		break;
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		*key = 0;
		*value = u32;
		break;
	case BPF_MAP_TYPE_DEVMAP:
	case BPF_MAP_TYPE_DEVMAP_HASH:
	case BPF_MAP_TYPE_CPUMAP:
		*value = u32;
		if (info->value_size != 8)
			break;
		id = btf__add_struct(b, info->type == BPF_MAP_TYPE_CPUMAP ? "bpf_cpumap_val" : "bpf_devmap_val", 8);
		btf__add_field(b, info->type == BPF_MAP_TYPE_CPUMAP ? "qsize" : "ifindex", u32, 0, 0);
		btf__add_field(b, "prog", u32, 32, 0);
		*value = id;
		break;
	case BPF_MAP_TYPE_SOCKHASH:
		*key = 0;
		/* fall through */
	case BPF_MAP_TYPE_SOCKMAP:
	case BPF_MAP_TYPE_REUSEPORT_SOCKARRAY:
		*value = info->value_size == 8 ? u64 : u32;	/* the socket's cookie */
		break;
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
		*key = u64;
		if (info->key_size == 8)
			break;
		*key = btf__add_struct(b, "bpf_cgroup_storage_key", 16);
		btf__add_field(b, "cgroup_inode_id", u64, 0, 0);
		btf__add_field(b, "attach_type", u32, 64, 0);
		break;
	case BPF_MAP_TYPE_STACK_TRACE:
		id = btf__add_array(b, u32, u64, info->value_size / 8);
		*value = info->value_size % 8 ? 0 : id;
		break;
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		break;
	default:
		*key = 0;
	}
	*btf = b;
	return 0;
}

/* "name" in SEC(".maps"): what the pointers called key and value point to. */
static bool map_of_object(const struct btf *btf, const char *name, __u32 *key, __u32 *value)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_VAR);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, id) : NULL;

	for (int i = 0; t && i < 32 && !btf_is_struct(t); i++)
		t = btf_is_var(t) || btf_is_mod(t) || btf_is_typedef(t) ? btf__type_by_id(btf, t->type) : NULL;
	*key = *value = 0;
	for (__u32 i = 0; t && btf_is_struct(t) && i < btf_vlen(t); i++) {
		const struct btf_member *m = btf_members(t) + i;
		const struct btf_type *p = btf__type_by_id(btf, m->type);
		const char *field = btf__name_by_offset(btf, m->name_off) ?: "";

		if (p && btf_is_ptr(p) && !strcmp(field, "key"))
			*key = p->type;
		else if (p && btf_is_ptr(p) && !strcmp(field, "value"))
			*value = p->type;
	}
	return t;
}

int typed_lend(const char *what, struct btf **btf, __u32 *key, __u32 *value)
{
	const char *colon = strrchr(what, ':'), *name = colon ? colon + 1 : what;
	char *file = colon ? strndup(what, colon - what) : strdup("");
	int id;

	if (!file)
		return -ENOMEM;
	*btf = *file ? btf__parse(file, NULL) : btf__load_vmlinux_btf();
	if (!*btf) {
		err("%s: no BTF in it: %s", *file ? file : "the kernel", strerror(errno));
		free(file);
		return -EINVAL;
	}
	free(file);
	if (map_of_object(*btf, name, key, value))
		return 0;
	*key = 0;
	for (int i = 0; i < 2; i++) {
		static const char *const words[] = { "struct ", "union ", "enum " };

		for (int j = 0; j < 3; j++)
			if (!strncmp(name, words[j], strlen(words[j])))
				name += strlen(words[j]);
	}
	id = btf__find_by_name(*btf, name);
	if (id < 0) {
		err("%s: no map and no type '%s' in it", what, name);
		btf__free(*btf);
		*btf = NULL;
		return -EINVAL;
	}
	*value = id;
	return 0;
}

static int borrowed(struct typed *t, const struct typed_how *how, __u32 *key, const struct btf **key_btf, __u32 *value,
		    const struct btf **value_btf)
{
	__u32 k, v;
	int ret;

	if (how->lend) {
		ret = typed_lend(how->lend, &t->btf[1], &k, &v);
		if (ret)
			return ret;
		*value = v;
		*value_btf = t->btf[1];
		if (k) {
			*key = k;
			*key_btf = t->btf[1];
		}
	}
	if (how->lend_key) {
		ret = typed_lend(how->lend_key, &t->btf[2], &k, &v);
		if (ret)
			return ret;
		*key = k ?: v;
		*key_btf = t->btf[2];
	}
	return 0;
}

/* What a hint says is of the key if "key." stands before it, of the value if "value." does. */
static size_t hints_of(struct typed_how *how, const char *part, struct value_hint *to, struct value_hint **back)
{
	size_t n = 0, len = strlen(part);

	for (size_t i = 0; i < how->n_hints; i++) {
		const char *field = how->hints[i].field;

		if (!strncmp(field, "key", 3) && (!field[3] || field[3] == '.') && strcmp(part, "key"))
			continue;
		if (!strncmp(field, "value", 5) && (!field[5] || field[5] == '.') && strcmp(part, "value"))
			continue;
		if (!strncmp(field, part, len) && (!field[len] || field[len] == '.'))
			field += len + (field[len] == '.');
		back[n] = &how->hints[i];
		to[n] = how->hints[i];
		to[n++].field = field;
	}
	return n;
}

static int make_type(struct value_type **type, const char *part, const struct btf *btf, __u32 id, size_t size, struct typed_how *how,
		     bool lent)
{
	struct value_hint hints[32], *back[32];
	size_t n = hints_of(how, part, hints, back);
	struct value_error e;
	int ret = value_type_new(type, btf, id, size, hints, n, &e);

	if (ret == -ENOMEM)
		return ret;
	for (size_t i = 0; i < n; i++)
		back[i]->used |= hints[i].used;
	if (ret && (lent || n)) {
		err("%s: %s", part, e.text);
		return -EINVAL;
	}
	if (ret) {
		note("%s: its BTF can't be used, so it is shown as bytes: %s", part, e.text);
		ret = value_type_new(type, NULL, 0, size, NULL, 0, &e);
	}
	return ret;
}

static int make_types(struct typed *t, struct typed_how *how)
{
	const struct bpf_map_info *info = &t->map.info;
	const struct btf *key_btf, *value_btf;
	__u32 key = info->btf_key_type_id, value = info->btf_value_type_id;
	int ret = 0;

	if (info->btf_vmlinux_value_type_id) {
		t->btf[0] = btf__load_vmlinux_btf();
		value = info->btf_vmlinux_value_type_id;
		key = t->btf[0] ? btf__find_by_name_kind(t->btf[0], "unsigned int", BTF_KIND_INT) : 0;
	} else if (info->btf_id) {
		t->btf[0] = btf__load_from_kernel_by_id(info->btf_id);
		if (!t->btf[0])
			note("its BTF can't be read, so it is shown as bytes: %s", strerror(errno));
	} else {
		ret = known_types(&t->btf[0], info, &key, &value);
	}
	key_btf = value_btf = t->btf[0];
	ret = ret ?: borrowed(t, how, &key, &key_btf, &value, &value_btf);
	if (!ret)
		ret = make_type(&t->key, "key", key_btf, key, info->key_size, how, how->lend || how->lend_key);
	if (!ret)
		ret = make_type(&t->value, "value", value_btf, value, info->value_size, how, how->lend);	/* 0: the type's own */
	if (!ret && info->type == BPF_MAP_TYPE_LPM_TRIE)
		value_type_lpm(t->key);
	return ret;
}

int typed_open(struct typed *t, const char *name, bool write, struct typed_how *how)
{
	int ret;

	*t = (struct typed){ .key_fd = -1 };
	ret = map_open(&t->map, name, write);
	if (!ret)
		ret = make_types(t, how);
	if (ret)
		typed_close(t);
	return ret;
}

void typed_close(struct typed *t)
{
	value_type_free(t->key);
	value_type_free(t->value);
	for (int i = 0; i < 3; i++)
		btf__free(t->btf[i]);
	if (t->key_fd >= 0)
		close(t->key_fd);
	map_close(&t->map);
	*t = (struct typed){ .map.fd = -1, .key_fd = -1 };
}

int typed_as(struct typed_how *how, const char *list)
{
	char *copy = strdup(list), *rest = copy, *word, *equals;

	if (!copy)
		return -ENOMEM;
	while ((word = strsep(&rest, ","))) {
		struct value_hint *h = &how->hints[how->n_hints];
		int as;

		equals = strrchr(word, '=');
		if (!equals || equals == word || how->n_hints == 32) {
			err("--as: '%s' is not FIELD=ip4, or another of ip6, mac, be16, be32, be64, ns, str, hex", word);
			return -EINVAL;
		}
		*equals = 0;
		as = value_as_find(equals + 1);
		if (as < 0) {
			err("--as: '%s' is not ip4, ip6, mac, be16, be32, be64, ns, str or hex", equals + 1);
			return -EINVAL;
		}
		*h = (struct value_hint){ word, as, false };
		how->n_hints++;
	}
	return 0;	/* the hints keep the copy */
}

int typed_hints_used(const struct typed_how *how)
{
	for (size_t i = 0; i < how->n_hints; i++)
		if (!how->hints[i].used) {
			err("--as: no field '%s': show lists them", how->hints[i].field);
			return -EINVAL;
		}
	return 0;
}

/* --- Keys that are descriptors --- */

bool typed_key_is_fd(const struct typed *t)
{
	switch (t->map.info.type) {
	case BPF_MAP_TYPE_TASK_STORAGE:
	case MAP_TYPE_CGRP_STORAGE:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_SK_STORAGE:
		return true;
	default:
		return false;
	}
}

static int task_fd(const char *text)
{
	char *end;
	long pid = strtol(text, &end, 10);

	if (!isdigit((unsigned char)*text) || *end) {
		err("key: '%s' is no process id: the keys of a task_storage are processes", text);
		return -EINVAL;
	}
	return syscall(SYS_pidfd_open, pid, 0);
}

static int socket_fd(const char *text)
{
	unsigned int pid, fd;
	char extra;
	int task, got;

	if (sscanf(text, "%u/%u%c", &pid, &fd, &extra) != 2) {
		err("'%s' is not PID/DESCRIPTOR, which names a socket", text);
		return -EINVAL;
	}
	task = syscall(SYS_pidfd_open, pid, 0);
	got = task < 0 ? -1 : syscall(SYS_pidfd_getfd, task, fd, 0);
	if (task >= 0)
		close(task);
	return got;
}

static int key_fd(struct typed *t, const char *text)
{
	int fd;

	switch (t->map.info.type) {
	case BPF_MAP_TYPE_TASK_STORAGE: fd = task_fd(text); break;
	case BPF_MAP_TYPE_SK_STORAGE: fd = socket_fd(text); break;
	case MAP_TYPE_CGRP_STORAGE: fd = open(text, O_RDONLY | O_DIRECTORY | O_CLOEXEC); break;
	default: fd = open(text, O_PATH | O_CLOEXEC);
	}
	if (fd == -EINVAL)
		return -EINVAL;
	if (fd < 0) {
		err("key: %s: %s", text, strerror(errno));
		return -ENOENT;
	}
	if (t->key_fd >= 0)
		close(t->key_fd);
	t->key_fd = fd;
	snprintf(t->key_name, sizeof(t->key_name), "%s", text);
	return 0;
}

int typed_key(struct typed *t, const char *text, void *key)
{
	void *mask = calloc(1, t->map.info.key_size + 1);
	struct value_error e;
	int ret;

	if (!mask)
		return -ENOMEM;
	if (typed_key_is_fd(t)) {
		ret = key_fd(t, text);
		memcpy(key, &t->key_fd, sizeof(t->key_fd));
	} else {
		memset(key, 0, t->map.info.key_size);
		ret = value_parse(t->key, text, false, key, mask, &e);
		if (ret)
			complain_of(t->key, "key", text, &e);
	}
	free(mask);
	return ret;
}

/* --- Values that are descriptors --- */

static enum object object_of(const struct typed *t)
{
	return t->map.info.type == BPF_MAP_TYPE_PROG_ARRAY ? OBJECT_PROG : OBJECT_MAP;
}

static bool is_object(const struct typed *t)
{
	return t->map.info.type == BPF_MAP_TYPE_PROG_ARRAY || t->map.info.type == BPF_MAP_TYPE_ARRAY_OF_MAPS ||
	       t->map.info.type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

/* The descriptor stays open: the process ends soon. */
static int value_fd(const struct typed *t, const char *text, void *value)
{
	const char *digits = !strncmp(text, "id:", 3) ? text + 3 : text;
	char *end;
	unsigned long id = strtoul(digits, &end, 10);
	bool by_socket = t->map.info.type == BPF_MAP_TYPE_SOCKMAP || t->map.info.type == BPF_MAP_TYPE_SOCKHASH ||
			 t->map.info.type == BPF_MAP_TYPE_REUSEPORT_SOCKARRAY || t->map.info.type == BPF_MAP_TYPE_XSKMAP;
	__u64 wide;
	int fd;

	if (is_object(t) && isdigit((unsigned char)*digits) && !*end)
		fd = object_of(t) == OBJECT_PROG ? object_open(OBJECT_PROG, id) : bpf_map_get_fd_by_id(id);
	else if (is_object(t) && strchr(text, '/'))
		fd = bpf_obj_get(text);
	else if (t->map.info.type == BPF_MAP_TYPE_CGROUP_ARRAY)
		fd = open(text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	else if (t->map.info.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		fd = -EINVAL;
	else
		fd = by_socket ? socket_fd(text) : -EINVAL;
	if (fd == -EINVAL && !by_socket) {
		err("value: '%s': %s", text, is_object(t) ? "id:N or the path of a pin is needed" : "this kind of map can't be given it");
		return -EINVAL;
	}
	if (fd == -EINVAL)
		return -EINVAL;	/* said */
	if (fd < 0) {
		err("value: %s: %s", text, strerror(fd == -1 ? errno : -fd));
		return -ENOENT;
	}
	memset(value, 0, t->map.room);
	wide = fd;
	if (t->map.info.value_size == sizeof(wide))
		memcpy(value, &wide, sizeof(wide));
	else
		memcpy(value, &fd, sizeof(fd));
	return 0;
}

/* Devmaps and cpumaps read a program's id, and want its descriptor. */
static int program_in(const struct typed *t, void *value)
{
	__u32 *words = value;
	int fd;

	if ((t->map.info.type != BPF_MAP_TYPE_DEVMAP && t->map.info.type != BPF_MAP_TYPE_DEVMAP_HASH &&
	     t->map.info.type != BPF_MAP_TYPE_CPUMAP) || t->map.info.value_size != 8 || !words[1])
		return 0;
	fd = object_open(OBJECT_PROG, words[1]);
	if (fd < 0) {
		err("value: no program with the id %u", words[1]);
		return -ENOENT;
	}
	words[1] = fd;
	return 0;
}

int typed_value(struct typed *t, const char *text, bool partial, void *value, void *given)
{
	size_t size = t->map.info.value_size;
	__u8 *mask = calloc(1, size + 1), *one = calloc(1, size + 1);
	struct value_error e;
	int ret = mask && one ? 0 : -ENOMEM;

	if (!ret && map_can(&t->map) & MAP_FD) {
		ret = value_fd(t, text, value);
		goto out;
	}
	if (!ret)
		ret = value_parse(t->value, text, partial, one, mask, &e);
	if (ret == -EINVAL)
		complain_of(t->value, "value", text, &e);
	for (int cpu = 0; !ret && cpu < t->map.cpus; cpu++) {
		__u8 *to = (__u8 *)value + cpu * t->map.stride;

		if (!partial)
			memset(to, 0, t->map.stride);
		for (size_t i = 0; i < size; i++)
			to[i] = (to[i] & ~mask[i]) | (one[i] & mask[i]);
	}
	if (!ret)
		ret = program_in(t, value);
	if (!ret && given)
		memcpy(given, mask, size);
out:
	free(mask);
	free(one);
	return ret;
}

/* --- Cells --- */

void typed_write_key(struct value_buf *to, const struct typed *t, const void *key, enum value_format format)
{
	if (!typed_key_is_fd(t))
		value_write(to, t->key, key, format);
	else if (format == VALUE_JSON && t->map.info.type != BPF_MAP_TYPE_TASK_STORAGE)
		value_quote(to, t->key_name, strlen(t->key_name), format);
	else
		value_puts(to, t->key_name);
}

static void symbol_write(struct value_buf *to, __u64 address)
{
	const char *name, *module;
	__u64 into;

	if (ksym_find(address, &name, &module, &into))
		value_printf(to, "0x%llx", address);
	else
		value_printf(to, "%s+0x%llx", name, into);
}

/* Frames up to the first zero; a map of build ids is shown as bytes. */
static void write_stack(struct value_buf *to, const struct typed *t, const __u64 *frames, enum value_format format)
{
	const char *quote = format == VALUE_JSON ? "\"" : "";

	value_puts(to, "[");
	for (__u32 i = 0; i < t->map.info.value_size / 8 && frames[i]; i++) {
		value_printf(to, "%s%s", i ? format == VALUE_JSON ? "," : ", " : "", quote);
		symbol_write(to, frames[i]);
		value_puts(to, quote);
	}
	value_puts(to, "]");
}

static void write_object(struct value_buf *to, const struct typed *t, __u32 id, enum value_format format)
{
	char name[64] = "";

	object_name(object_of(t), id, name, sizeof(name));
	if (format == VALUE_JSON) {
		value_printf(to, "{\"id\":%u,\"name\":", id);
		value_quote(to, name, strlen(name), format);
		value_puts(to, "}");
	} else {
		value_printf(to, "{id: %u, name: ", id);
		value_quote(to, name, strlen(name), format);
		value_puts(to, "}");
	}
}

void typed_write_value(struct value_buf *to, const struct typed *t, const void *value, enum value_format format)
{
	if (!value)
		value_puts(to, format == VALUE_JSON ? "null" : "-");
	else if (is_object(t))
		write_object(to, t, *(const __u32 *)value, format);
	else if (t->map.info.type == BPF_MAP_TYPE_STACK_TRACE && !(t->map.info.map_flags & BPF_F_STACK_BUILD_ID) &&
		 t->map.info.value_size % 8 == 0)
		write_stack(to, t, value, format);
	else
		value_write(to, t->value, value, format);
}

/* --- Walks --- */

int typed_walk(struct typed *t, map_fn fn, void *ctx, __u64 *restarts)
{
	if (typed_key_is_fd(t))
		return storage_walk(t, fn, ctx);
	if (!(map_can(&t->map) & MAP_WALK))
		return -EOPNOTSUPP;
	return map_walk(&t->map, fn, ctx, restarts);
}

int typed_walk_failed(const char *what, const struct typed *t, int ret)
{
	switch (ret) {
	case -EOPNOTSUPP:
	case -524:	/* ENOTSUPP, which the kernel shouldn't let out */
		err("%s: %s", what, map_why_not(&t->map, MAP_WALK));
		return -EOPNOTSUPP;
	case -ENOSPC:
		err("%s: the kernel tells sockets by their cookie, of 8 bytes: this map has values of %u", what, t->map.info.value_size);
		return -EOPNOTSUPP;
	case -EAGAIN:
		err("%s: the map changes faster than it can be read", what);
		return ret;
	default:
		return ret;
	}
}

/* --- Fields --- */

int typed_field(const struct typed *t, const char *path, struct typed_field *f)
{
	static const char *const parts[] = { "value", "key" };

	for (int key = 0; key < 2; key++) {
		size_t len = strlen(parts[key]);

		if (strncmp(path, parts[key], len) || (path[len] && path[len] != '.' && path[len] != '['))
			continue;
		f->of_key = key;
		if (!value_find(key ? t->key : t->value, path + len + (path[len] == '.'), &f->field))
			return 0;
	}
	for (int key = 0; key < 2; key++) {
		f->of_key = key;
		if (*path && !value_find(key ? t->key : t->value, path, &f->field))
			return 0;
	}
	err("no field '%s' in key or value: show lists them", path);
	return -EINVAL;
}
