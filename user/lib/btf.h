/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's types, read where they lie: no index, no copy. Not for use from several threads at once. */
#ifndef BTF_H
#define BTF_H

#include <stdbool.h>
#include <linux/btf.h>
#include <linux/types.h>
#include <stddef.h>

struct bpf_link;
struct bpf_program;
struct btf_types;

/* A name to look for; kind is a BTF_KIND_*, where BTF_KIND_ENUM stands for both sizes of enum. */
struct btf_want {
	const char *name;
	__u32 kind;
	__u32 id; /* out: the first type of that name, or 0 */
};

/* A parameter: const char **argv is {"", "char", 2}. Kernels seldom name the arguments of a tracepoint. */
struct btf_arg {
	const char *name;
	const char *type; /* "" where it has no name, as void or a function */
	__u32 pointers;
};

struct btf_value {
	const char *name;
	__s64 value;
};

/*
 * NULL is the running kernel's, opened once and shared; else a file, raw or ELF. Strings that look-ups give live until
 * btf_close(). -EINVAL: not BTF, damaged, or of the other byte order.
 */
int btf_open(struct btf_types **b, const char *path);
/*
 * Where the kernel has no BTF of its own, this file stands for it, else what is installed for it in /boot, /usr/lib/debug,
 * /lib/modules or /usr/share/corekit/btf (tools/btf). Programs that the kernel attaches by its own BTF (tp_btf, fentry, iterators) aren't to be had then.
 */
void btf_lend(const char *path);
bool btf_own(void);
const char *btf_file(void);	/* the file that stands for it, for libbpf's btf_custom_path; NULL: the kernel's own, or none */
void btf_close(struct btf_types *b);
/*
 * Gives up the running kernel's, where it had to be copied since sysfs can't map it (before 6.16): several MB. What
 * comes later opens it again; nothing of before may be in use.
 */
void btf_rest(void);

/* One pass over the types for all the names, so ask for many at a time; answers are kept. */
int btf_find_many(struct btf_types *b, struct btf_want *wants, size_t n);
/* The id, or -ENOENT. In a module's also what the kernel has. */
int btf_find(struct btf_types *b, const char *name, __u32 kind);
/*
 * The same for the running kernel, its modules too: *module_fd is 0 for vmlinux, else a descriptor that stays ours. A
 * name that is nowhere makes each call read all modules' BTF.
 */
int btf_find_kernel(const char *name, __u32 kind, int *module_fd);
/* The types of one of the running kernel's modules, its own being part of them; shared. */
int btf_open_module(struct btf_types **b, const char *module);
/* The types that this name is among: *b is the kernel's, or then a module's; its id there, or -ENOENT. */
int btf_find_any(struct btf_types **b, const char *name, __u32 kind);

/* Bytes from the start of a struct, union or typedef; path may be dotted ("ns.inum"). -EINVAL for a bit field. */
int btf_member_offset(struct btf_types *b, const char *type, const char *path);

/* These fill at most max elements and return how many there are, which can be more; -ENOENT if there is no such name.
 */
int btf_func_args(struct btf_types *b, const char *func, struct btf_arg *args, int max);
int btf_tracepoint_args(struct btf_types *b, const char *tracepoint, struct btf_arg *args, int max);
/* These names live on after btf_close() and btf_rest(), as they are shown then. */
int btf_enum_names(struct btf_types *b, const char *name, struct btf_value *values, int max);
int btf_enum_values(struct btf_types *b, __u32 id, struct btf_value *values, int max);
int btf_enumerator(struct btf_types *b, const char *name, size_t len, __s64 *value); /* of any enum; -ENOENT */

/* Types one by one, by id; typedefs, const and the like are gone through. Ids are those of this BTF. */
struct btf_look {
	__u32 kind;	/* BTF_KIND_INT, _ENUM, _PTR, _ARRAY, _STRUCT, _UNION, _FUNC_PROTO, _FLOAT, _FWD; 0: void */
	__u32 size;	/* bytes; 0: not known */
	__u32 type;	/* of what it points at, or is an array of; what a function returns */
	__u32 count;	/* elements, parameters or members */
	bool is_signed, is_char, is_bool;
	const char *name; /* "" where it has none */
};

struct btf_member_at {
	__u32 type;
	__u32 bits;	/* from the start of the struct */
	__u32 width;	/* of a bit field; else 0 */
};

int btf_look(struct btf_types *b, __u32 id, struct btf_look *look);
int btf_member_nth(struct btf_types *b, __u32 id, __u32 n, const char **name, struct btf_member_at *at); /* -ENOENT */
int btf_member_find(struct btf_types *b, __u32 id, const char *name, size_t len, struct btf_member_at *at); /* -ENOENT */
/* What a function's, or a tracepoint's, parameters are: a BTF_KIND_FUNC_PROTO; -ENOENT. */
int btf_func_proto(struct btf_types *b, const char *func);
int btf_tracepoint_proto(struct btf_types *b, const char *tracepoint);
int btf_param(struct btf_types *b, __u32 proto, __u32 n, const char **name, __u32 *type);
/* "struct file *", "char[16]". */
void btf_type_text(struct btf_types *b, __u32 id, char *text, size_t size);

/*
 * A descriptor of a small BTF with what the CO-RE relocations of this BPF object need, for libbpf to read as
 * btf_custom_path = "/proc/self/fd/N" until the object is loaded. -ENODATA: it has no relocation, so needs none.
 * b == NULL: the running kernel's, which is opened only if something is needed of it.
 * -ENOTSUP: it wants ids of kernel types or type matching, which only the whole BTF can answer.
 */
int btf_minimal(struct btf_types *b, const void *elf, size_t size);

/*
 * From now on this library, not libbpf, resolves the targets of fentry, fexit, fmod_ret, tp_btf, iter and lsm programs,
 * "SEC("fentry")" without a target among them, which need btf_target() before they are loaded.
 */
int btf_handlers(void);
int btf_target(const struct bpf_program *prog, const char *name);
/* bpf_program__attach(), for LSM programs too: libbpf forgets the handlers of those. NULL and errno on failure. */
struct bpf_link *btf_attach(const struct bpf_program *prog);

#endif
