// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/cpu.h"
#include "lib/foreign.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/perf_event.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "lib/filter.h"
#include "lib/lib.h"
#include "lib/value.h"

struct bpf_object *foreign_open(const char *file)
{
	struct bpf_object *object;
	const struct tool *tool;
	const void *elf;
	size_t size;
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = file + 5);

	if (strncmp(file, "tool:", 5)) {
		object = access(file, R_OK) ? NULL : bpf_object__open_file(file, NULL);
	} else {
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

/* --- Attaching. --- */

static int *sockets;
static size_t n_sockets;

static int keep_socket(int fd)
{
	int *more = realloc(sockets, (n_sockets + 1) * sizeof(*sockets));

	if (!more) {
		close(fd);
		return -ENOMEM;
	}
	sockets = more;
	sockets[n_sockets++] = fd;
	return 0;
}

void foreign_detach(void)
{
	attach_detach();
	while (n_sockets)
		close(sockets[--n_sockets]);
}

/* On each CPU that is there: one that is offline has no event, which is no error. */
static int attach_perf(struct bpf_program *program, const struct foreign_target *target)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_CPU_CLOCK,
					.freq = 1, .sample_freq = target->frequency ?: 49 };
	int n = cpu_ids(), attached = 0, ret = 0;	/* an id may be one of no CPU: ENODEV too */

	for (int cpu = 0; cpu < n && !ret; cpu++) {
		int fd = syscall(SYS_perf_event_open, &attr, target->pid ?: -1, target->pid ? -1 : cpu, -1, PERF_FLAG_FD_CLOEXEC);

		if (fd < 0 && errno == ENODEV)
			continue;
		ret = fd < 0 ? -errno : attach_keep(bpf_program__attach_perf_event(program, fd));
		attached += !ret;
		if (target->pid)
			break;
	}
	return ret ?: attached ? 0 : -ENODEV;
}

static int attach_cgroup(struct bpf_program *program, const char *path)
{
	const char *mount = filter_cgroup_mount();
	char full[8192];
	int fd, ret;

	snprintf(full, sizeof(full), "%s%s%s", mount && strncmp(path, mount, strlen(mount)) ? mount : "", *path == '/' ? "" : "/",
		 path);
	fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = attach_keep(bpf_program__attach_cgroup(program, fd));
	close(fd);
	return ret;
}

/* A packet socket that nobody reads: its filter sees what passes the interface. */
static int attach_socket(struct bpf_program *program, int index)
{
	struct sockaddr_ll {
		unsigned short family, protocol;
		int index;
		unsigned char rest[12];
	} address = { .family = AF_PACKET, .protocol = htons(ETH_P_ALL), .index = index };
	int prog = bpf_program__fd(program), fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), ret = 0;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)) ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)))
		ret = -errno;
	if (ret)
		close(fd);
	return ret ?: keep_socket(fd);
}

/* "uprobe/PATH:FUNCTION" and "usdt/PATH:PROVIDER:NAME" of one process; libbpf's own look at the section takes all. */
static int attach_user(struct bpf_program *program, int pid)
{
	const char *section = bpf_program__section_name(program);
	char path[4096], first[256], second[256] = "";
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .func_name = first, .retprobe = !strncmp(section, "uretprobe", 9));

	section += *section == '?';
	if (sscanf(strchr(section, '/') + 1, "%4095[^:]:%255[^:]:%255s", path, first, second) < 2)
		return -EINVAL;
	if (*second)
		return attach_keep(bpf_program__attach_usdt(program, pid, path, first, second, NULL));
	return attach_keep(bpf_program__attach_uprobe_opts(program, pid, path, 0, &opts));
}

static bool is_user(const char *section)
{
	section += *section == '?';
	return strchr(section, '/') && (!strncmp(section, "uprobe", 6) || !strncmp(section, "uretprobe", 9) ||
					!strncmp(section, "usdt", 4));
}

static int needs(const char *option, char *why, size_t size)
{
	snprintf(why, size, "needs --%s", option);
	return -EDESTADDRREQ;
}

int foreign_attach(struct bpf_program *program, const struct foreign_target *target, char *why, size_t size)
{
	const char *section = bpf_program__section_name(program);
	int index = target->interface ? if_nametoindex(target->interface) : 0, ret;

	*why = 0;
	switch (bpf_program__type(program)) {
	case BPF_PROG_TYPE_PERF_EVENT:
		ret = attach_perf(program, target);
		break;
	case BPF_PROG_TYPE_XDP:
		ret = index ? attach_keep(bpf_program__attach_xdp(program, index)) : needs("interface", why, size);
		break;
	case BPF_PROG_TYPE_SOCKET_FILTER:
		ret = index ? attach_socket(program, index) : needs("interface", why, size);
		break;
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_CGROUP_SOCK:
	case BPF_PROG_TYPE_CGROUP_DEVICE:
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
	case BPF_PROG_TYPE_CGROUP_SYSCTL:
	case BPF_PROG_TYPE_CGROUP_SOCKOPT:
	case BPF_PROG_TYPE_SOCK_OPS:
		ret = target->cgroup ? attach_cgroup(program, target->cgroup) : needs("cgroup", why, size);
		break;
	default:
		ret = target->pid && is_user(section) ? attach_user(program, target->pid) :
							attach_keep(bpf_program__attach(program));
		if (ret == -EOPNOTSUPP) {
			snprintf(why, size, "'%s' names nothing to attach to, or of a kind that libbpf can't attach by its name",
				 section);
			return ret;
		}
	}
	if (ret && !*why)
		snprintf(why, size, "%s", ret == -ENOENT ? "not in this kernel" : strerror(-ret));
	return ret;
}
