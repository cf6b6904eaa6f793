// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What corekit needs to know of a kernel's types, for kernels that don't tell: btf COREKIT IN OUT. IN is a kernel's BTF,
 * raw or in a vmlinux; OUT gets raw BTF with those types and members only whose names stand somewhere in the binary COREKIT:
 * in its BPF programs' relocations, or in its own look-ups.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#define WORD_MAX 128

static struct words {
	char **at;
	size_t n, room;
} words;

static struct btf *in, *out;
static __u32 *ids, n_types;	/* the new id of each type; KEEP until it has one */
static __u32 *todo, n_todo;
static bool *of_tracepoint;	/* a pointer to what its programs are called with */

#define KEEP (~0U)

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool named(const char *name)
{
	return *name && bsearch(&name, words.at, words.n, sizeof(*words.at), compare);
}

static int keep_word(const char *at, size_t len)
{
	if (words.n == words.room) {
		size_t room = words.room ? words.room * 2 : 4096;
		char **more = realloc(words.at, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		words.at = more;
		words.room = room;
	}
	words.at[words.n] = strndup(at, len);
	return words.at[words.n++] ? 0 : -ENOMEM;
}

/* Identifiers, without what follows "___": that tells flavours of one type apart. */
static int read_words(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret = 0;
	struct stat st = {};
	size_t kept = 0;
	char *map;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	map = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return -errno;
	for (char *at = map, *end = map + st.st_size; at < end && !ret; at++) {
		char *start = at, *flavour;

		if (!isalpha(*at) && *at != '_')
			continue;
		while (at < end && (isalnum(*at) || *at == '_'))
			at++;
		if (at - start >= WORD_MAX)
			continue;
		ret = keep_word(start, at - start);
		flavour = memmem(start, at - start, "___", 3);
		if (!ret && flavour && flavour > start)
			ret = keep_word(start, flavour - start);
	}
	munmap(map, st.st_size);
	if (ret || !words.n)
		return ret;
	qsort(words.at, words.n, sizeof(*words.at), compare);
	for (size_t i = 1; i < words.n; i++)
		if (strcmp(words.at[kept], words.at[i]))
			words.at[++kept] = words.at[i];
		else
			free(words.at[i]);
	words.n = kept + 1;
	return 0;
}

static const char *name_of(const struct btf_type *t)
{
	return btf__name_by_offset(in, t->name_off);
}

/* Tracepoints and iterators are asked for by names that are put together. */
static bool wanted(const struct btf_type *t)
{
	static const char *const prefixes[] = { "btf_trace_", "bpf_iter_" };
	const char *name = name_of(t);

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])) && named(name + strlen(prefixes[i])))
			return true;
	return named(name);
}

static bool is_modifier(const struct btf_type *t)
{
	return btf_is_mod(t) || btf_is_typedef(t);
}

/* What a pointer points at matters where that may be followed; everything else is as good as void. */
static __u32 pointed(__u32 pointer)
{
	__u32 id = btf__type_by_id(in, pointer)->type;
	const struct btf_type *t = btf__type_by_id(in, id), *at = t;

	while (id && is_modifier(at))
		at = btf__type_by_id(in, at->type);
	if (!id || btf_is_func_proto(at))
		return id && of_tracepoint[pointer] ? id : 0;
	return !btf_is_composite(at) || !*name_of(at) || named(name_of(at)) ? id : 0;
}

static void keep(__u32 id)
{
	if (!id || ids[id])
		return;
	ids[id] = KEEP;
	todo[n_todo++] = id;
}

/* A member without a name is what it holds. */
static bool keep_member(const struct btf_member *m)
{
	const char *name = btf__name_by_offset(in, m->name_off);

	return !*name || named(name);
}

static void keep_parts(__u32 id)
{
	const struct btf_type *t = btf__type_by_id(in, id);
	const struct btf_member *m = btf_members(t);
	const struct btf_param *p = btf_params(t);

	switch (btf_kind(t)) {
	case BTF_KIND_PTR:
		keep(pointed(id));
		break;
	case BTF_KIND_ARRAY:
		keep(btf_array(t)->type);
		keep(btf_array(t)->index_type);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		for (int i = 0; i < btf_vlen(t); i++)
			if (keep_member(&m[i]))
				keep(m[i].type);
		break;
	case BTF_KIND_FUNC_PROTO:
		keep(t->type);
		for (int i = 0; i < btf_vlen(t); i++)
			keep(p[i].type);
		break;
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_TYPE_TAG:
		keep(t->type);
	}
}

/* Its enumerators may be what is asked for. */
static bool is_wanted_enum(const struct btf_type *t)
{
	for (int i = 0; btf_is_any_enum(t) && i < btf_vlen(t); i++)
		if (named(btf__name_by_offset(in, btf_is_enum(t) ? btf_enum(t)[i].name_off : btf_enum64(t)[i].name_off)))
			return true;
	return false;
}

static void choose(void)
{
	for (__u32 id = 1; id < n_types; id++) {
		const struct btf_type *t = btf__type_by_id(in, id);

		if (btf_is_var(t) || btf_is_datasec(t) || btf_kind(t) == BTF_KIND_DECL_TAG)
			continue;
		if (btf_is_typedef(t) && !strncmp(name_of(t), "btf_trace_", 10))
			of_tracepoint[t->type] |= wanted(t);
		if (wanted(t) || is_wanted_enum(t) || (btf_is_int(t) && btf_int_bits(t) == 32))
			keep(id);
	}
	while (n_todo)
		keep_parts(todo[--n_todo]);
}

static int write_members(const struct btf_type *t)
{
	const struct btf_member *m = btf_members(t);
	int ret = btf_is_struct(t) ? btf__add_struct(out, name_of(t), t->size) : btf__add_union(out, name_of(t), t->size);

	for (int i = 0; i < btf_vlen(t) && ret > 0; i++) {
		int err;

		if (!keep_member(&m[i]))
			continue;
		err = btf__add_field(out, btf__name_by_offset(in, m[i].name_off), ids[m[i].type], btf_member_bit_offset(t, i),
				     btf_member_bitfield_size(t, i));
		ret = err ?: ret;
	}
	return ret;
}

static int write_enum(const struct btf_type *t)
{
	bool wide = !btf_is_enum(t);
	int ret = wide ? btf__add_enum64(out, name_of(t), t->size, btf_kflag(t)) : btf__add_enum(out, name_of(t), t->size);

	for (int i = 0; i < btf_vlen(t) && ret > 0; i++) {
		int err = wide ? btf__add_enum64_value(out, btf__name_by_offset(in, btf_enum64(t)[i].name_off), btf_enum64_value(&btf_enum64(t)[i])) :
				 btf__add_enum_value(out, btf__name_by_offset(in, btf_enum(t)[i].name_off), btf_enum(t)[i].val);

		ret = err ?: ret;
	}
	return ret;
}

static int write_proto(const struct btf_type *t)
{
	const struct btf_param *p = btf_params(t);
	int ret = btf__add_func_proto(out, ids[t->type]);

	for (int i = 0; i < btf_vlen(t) && ret > 0; i++) {
		int err = btf__add_func_param(out, btf__name_by_offset(in, p[i].name_off), ids[p[i].type]);

		ret = err ?: ret;
	}
	return ret;
}

static int write_type(__u32 id)
{
	const struct btf_type *t = btf__type_by_id(in, id);

	switch (btf_kind(t)) {
	case BTF_KIND_INT: return btf__add_int(out, name_of(t), t->size, btf_int_encoding(t));
	case BTF_KIND_FLOAT: return btf__add_float(out, name_of(t), t->size);
	case BTF_KIND_PTR: return btf__add_ptr(out, ids[pointed(id)]);
	case BTF_KIND_ARRAY: return btf__add_array(out, ids[btf_array(t)->index_type], ids[btf_array(t)->type], btf_array(t)->nelems);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION: return write_members(t);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64: return write_enum(t);
	case BTF_KIND_FWD: return btf__add_fwd(out, name_of(t), btf_kflag(t) ? BTF_FWD_UNION : BTF_FWD_STRUCT);
	case BTF_KIND_TYPEDEF: return btf__add_typedef(out, name_of(t), ids[t->type]);
	case BTF_KIND_VOLATILE: return btf__add_volatile(out, ids[t->type]);
	case BTF_KIND_RESTRICT: return btf__add_restrict(out, ids[t->type]);
	case BTF_KIND_TYPE_TAG: return btf__add_type_tag(out, name_of(t), ids[t->type]);
	case BTF_KIND_CONST: return btf__add_const(out, ids[t->type]);
	case BTF_KIND_FUNC: return btf__add_func(out, name_of(t), btf_vlen(t), ids[t->type]);
	case BTF_KIND_FUNC_PROTO: return write_proto(t);
	}
	return -EINVAL;
}

/* Ids first, as types point at later ones. */
static int write_types(void)
{
	__u32 next = 1;
	int ret = 0;

	out = btf__new_empty();
	if (!out)
		return -errno;
	for (__u32 id = 1; id < n_types; id++)
		if (ids[id])
			ids[id] = next++;
	for (__u32 id = 1; id < n_types && ret >= 0; id++)
		if (ids[id])
			ret = write_type(id);
	return ret < 0 ? ret : 0;
}

static int save(const char *path)
{
	__u32 size;
	const void *data = btf__raw_data(out, &size);
	int fd = data ? open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644) : -1, ret = 0;

	ssize_t n = fd < 0 ? -1 : write(fd, data, size);

	if (n != (ssize_t)size)
		ret = n < 0 ? -errno : -EIO;
	if (fd >= 0 && close(fd) && !ret)
		ret = -errno;
	return ret;
}

int main(int argc, char **argv)
{
	int ret;

	if (argc != 4) {
		fprintf(stderr, "usage: btf COREKIT IN OUT\n");
		return 2;
	}
	libbpf_set_print(NULL);
	ret = read_words(argv[1]);
	if (ret) {
		fprintf(stderr, "btf: %s: %s\n", argv[1], strerror(-ret));
		return 1;
	}
	in = btf__parse(argv[2], NULL);
	if (!in) {
		fprintf(stderr, "btf: %s: no BTF in it: pahole --btf_encode_detached makes it from DWARF\n", argv[2]);
		return 1;
	}
	n_types = btf__type_cnt(in);
	ids = calloc(n_types, sizeof(*ids));
	todo = calloc(n_types, sizeof(*todo));
	of_tracepoint = calloc(n_types, sizeof(*of_tracepoint));
	ret = ids && todo && of_tracepoint ? 0 : -ENOMEM;
	if (!ret) {
		choose();
		ret = write_types() ?: save(argv[3]);
	}
	if (ret)
		fprintf(stderr, "btf: %s: %s\n", argv[3], strerror(-ret));
	btf__free(out);
	btf__free(in);
	free(ids);
	free(todo);
	free(of_tracepoint);
	return ret ? 1 : 0;
}
