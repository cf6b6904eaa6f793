// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/foreign.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/btf.h"
#include "lib/lib.h"
#include "lib/value.h"

struct bpf_object *foreign_open(const char *file)
{
	struct bpf_object *object;
	const struct tool *tool;
	const void *elf;
	size_t size;
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = btf_file());

	if (strncmp(file, "tool:", 5)) {
		object = reach(file, R_OK) ? NULL : bpf_object__open_file(file, &opts);
	} else {
		opts.object_name = file + 5;
		tool = tool_find(file + 5);
		if (!tool || !tool->elf) {
			err("%s: no such tool with BPF programs in this binary: see corekit --help", file);
			return NULL;
		}
		elf = tool->elf(&size);
		object = bpf_object__open_mem(elf, size, &opts);
	}
	if (!object)
		err("%s: %s", file, errno == EACCES || errno == ENOENT || errno == EISDIR ? strerror(errno) :
				    "no BPF object that can be read: compile it with clang --target=bpf -g");
	return object;
}

/* Where a variable lies, and its type; the map that holds its section. */
static const struct btf_var_secinfo *find_variable(const struct btf *btf, const char *name, const char **section)
{
	for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const struct btf_var_secinfo *v = btf_var_secinfos(t);

		if (!btf_is_datasec(t))
			continue;
		*section = btf__name_by_offset(btf, t->name_off);
		for (__u32 i = 0; i < btf_vlen(t); i++) {
			const struct btf_type *var = btf__type_by_id(btf, v[i].type);

			if (btf_is_var(var) && !strcmp(btf__name_by_offset(btf, var->name_off), name))
				return &v[i];
		}
	}
	return NULL;
}

/* A section's map is named after the object too: "opensnoo.rodata". */
static struct bpf_map *section_map(struct bpf_object *object, const char *section)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		const char *name = bpf_map__name(map), *dot = strchr(name, '.');

		if (bpf_map__is_internal(map) && dot && !strncmp(section, dot, strlen(dot)) &&
		    (!section[strlen(dot)] || strlen(name) >= 15))
			return map;
	}
	return NULL;
}

int foreign_set(struct bpf_object *object, const char *assignment)
{
	const char *equals = strchr(assignment, '='), *section;
	const struct btf *btf = bpf_object__btf(object);
	const struct btf_var_secinfo *variable = NULL;
	struct value_type *type = NULL;
	struct value_error e = {};
	struct bpf_map *map = NULL;
	char name[128], *memory;
	void *mask = NULL;
	size_t size;
	int ret = -EINVAL;

	if (!equals) {
		err("--set: '%s' is not NAME=VALUE", assignment);
		return -EINVAL;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(equals - assignment), assignment);
	if (btf)
		variable = find_variable(btf, name, &section);
	if (variable)
		map = section_map(object, section);
	memory = map ? (char *)bpf_map__initial_value(map, &size) : NULL;	/* const in some versions, but ours to fill */
	if (!memory || variable->offset + (size_t)variable->size > size) {
		err("--set: the object has no variable '%s'", name);
		return -EINVAL;
	}
	if (value_type_new(&type, btf, btf__type_by_id(btf, variable->type)->type, variable->size, NULL, 0, &e)) {
		err("--set: %s: %s", name, e.text);
		goto out;
	}
	mask = calloc(1, variable->size);
	if (!mask) {
		ret = -ENOMEM;
		goto out;
	}
	if (value_parse(type, equals + 1, true, memory + variable->offset, mask, &e)) {
		err("--set: %s: at '%.20s': %s", name, equals + 1 + e.at, e.text);
		goto out;
	}
	ret = 0;
out:
	free(mask);
	value_type_free(type);
	return ret;
}
