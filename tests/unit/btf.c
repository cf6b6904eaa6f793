// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * user/lib/btf.c against libbpf on the kernel's BTF, against a BTF of known layout, and against damage.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "lib/btf.h"
#include "test.h"

#define FLIPS (slow() > 1 ? 500 : 10000)	/* an emulated machine takes minutes for them */

static int file_of(const void *data, size_t size, char *path)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	REQUIRE(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	sprintf(path, "/proc/self/fd/%d", fd);
	return fd;
}

/*
 * struct inner { int a; union { long b; struct { char c; char d; }; }; };	a 0, b 8, c 8, d 9
 * struct outer { struct inner in; void *p; int x : 3; const in_t more[2]; };	in 0, p 16, x 24, more 32
 * int func(struct outer **o, long, void *v); void btf_trace_event(void *, struct outer *)
 */
static struct btf *known(void)
{
	struct btf *b = btf__new_empty();
	int type_int, type_long, type_char, anon, un, inner, ptr, outer, array, typedefed, po, ppo, proto;

	type_int = btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	type_long = btf__add_int(b, "long", 8, BTF_INT_SIGNED);
	type_char = btf__add_int(b, "char", 1, 0);
	anon = btf__add_struct(b, NULL, 2);
	btf__add_field(b, "c", type_char, 0, 0);
	btf__add_field(b, "d", type_char, 8, 0);
	un = btf__add_union(b, NULL, 8);
	btf__add_field(b, "b", type_long, 0, 0);
	btf__add_field(b, NULL, anon, 0, 0);
	inner = btf__add_struct(b, "inner", 16);
	btf__add_field(b, "a", type_int, 0, 0);
	btf__add_field(b, NULL, un, 64, 0);
	ptr = btf__add_ptr(b, 0);
	typedefed = btf__add_const(b, btf__add_typedef(b, "in_t", inner));
	array = btf__add_array(b, type_int, typedefed, 2);
	outer = btf__add_struct(b, "outer", 64);
	btf__add_field(b, "in", inner, 0, 0);
	btf__add_field(b, "p", ptr, 128, 0);
	btf__add_field(b, "x", type_int, 192, 3);
	btf__add_field(b, "more", array, 256, 0);
	btf__add_enum(b, "letters", 4);
	btf__add_enum_value(b, "A", 1);
	btf__add_enum_value(b, "B", -2);
	btf__add_enum64(b, "wide", 8, false);
	btf__add_enum64_value(b, "W", 1ULL << 40);
	po = btf__add_ptr(b, outer);
	ppo = btf__add_ptr(b, btf__add_const(b, po));
	proto = btf__add_func_proto(b, type_int);
	btf__add_func_param(b, "o", ppo);
	btf__add_func_param(b, NULL, type_long);
	btf__add_func_param(b, "v", ptr);
	btf__add_func(b, "func", BTF_FUNC_GLOBAL, proto);
	proto = btf__add_func_proto(b, 0);
	btf__add_func_param(b, NULL, ptr);
	btf__add_func_param(b, NULL, po);
	btf__add_typedef(b, "btf_trace_event", btf__add_ptr(b, proto));
	/* a second type of the same name */
	btf__add_struct(b, "outer", 8);
	btf__add_field(b, "p", ptr, 0, 0);
	return b;
}

/* A BPF object, as far as btf_minimal() looks: flavoured roots, a member, an enum, a type and a program's target. */
static char *object(size_t *size, size_t *from, int type_kind)
{
	static const char names[] = "\0.shstrtab\0.BTF\0.BTF.ext\0tp_btf/event";
	struct {
		__u16 magic;
		__u8 version, flags;
		__u32 hdr_len, func_off, func_len, line_off, line_len, core_off, core_len;
		__u32 rec_size, sec_name, count;
		struct bpf_core_relo relo[6];
	} ext = {.magic = BTF_MAGIC,
		 .version = 1,
		 .hdr_len = 32,
		 .core_len = sizeof(ext) - 32,
		 .rec_size = 16,
		 .count = 6};
	Elf64_Ehdr eh = {.e_ident = ELFMAG,
			 .e_type = ET_REL,
			 .e_machine = EM_BPF,
			 .e_version = 1,
			 .e_ehsize = sizeof(Elf64_Ehdr),
			 .e_shentsize = sizeof(Elf64_Shdr),
			 .e_shnum = 5,
			 .e_shstrndx = 1};
	Elf64_Shdr sh[5] = {};
	struct btf *b = btf__new_empty();
	int type_int, in, outer, array, letters, trace, gone;
	const void *raw;
	__u32 len;
	char *p;

	type_int = btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	in = btf__add_struct(b, "inner___old", 8);
	btf__add_field(b, "d", type_int, 0, 0);
	array = btf__add_array(b, type_int, in, 2);
	outer = btf__add_struct(b, "outer___x", 24);
	btf__add_field(b, "unused", type_int, 0, 0);
	btf__add_field(b, "more", array, 64, 0);
	letters = btf__add_enum(b, "letters", 4);
	btf__add_enum_value(b, "B", 7);
	trace = btf__add_typedef(b, "btf_trace_event", btf__add_ptr(b, btf__add_func_proto(b, 0)));
	gone = btf__add_struct(b, "gone", 0);
	ext.relo[0] = (struct bpf_core_relo){0, outer, btf__add_str(b, "0:1:1:0"), BPF_CORE_FIELD_BYTE_OFFSET};
	ext.relo[1] = (struct bpf_core_relo){8, in, btf__add_str(b, "0:0"), BPF_CORE_FIELD_EXISTS};
	ext.relo[2] = (struct bpf_core_relo){16, letters, btf__add_str(b, "0"), BPF_CORE_ENUMVAL_VALUE};
	ext.relo[3] = (struct bpf_core_relo){24, trace, ext.relo[2].access_str_off, type_kind};
	ext.relo[4] = (struct bpf_core_relo){32, gone, ext.relo[2].access_str_off, BPF_CORE_TYPE_EXISTS};
	ext.relo[5] = (struct bpf_core_relo){40, in, ext.relo[2].access_str_off, BPF_CORE_TYPE_ID_LOCAL};
	raw = btf__raw_data(b, &len);
	eh.e_ident[EI_CLASS] = ELFCLASS64;
	eh.e_ident[EI_DATA] = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
	eh.e_ident[EI_VERSION] = EV_CURRENT;
	eh.e_shoff = sizeof(eh);
	*from = sizeof(eh) + sizeof(sh) + sizeof(names);
	*size = *from + len + sizeof(ext);
	sh[1] = (Elf64_Shdr){
		.sh_name = 1, .sh_type = SHT_STRTAB, .sh_offset = sizeof(eh) + sizeof(sh), .sh_size = sizeof(names)};
	sh[2] = (Elf64_Shdr){.sh_name = 11, .sh_type = SHT_PROGBITS, .sh_offset = *from, .sh_size = len};
	sh[3] = (Elf64_Shdr){.sh_name = 16, .sh_type = SHT_PROGBITS, .sh_offset = *from + len, .sh_size = sizeof(ext)};
	sh[4] = (Elf64_Shdr){.sh_name = 25, .sh_type = SHT_PROGBITS, .sh_offset = *size};
	p = malloc(*size);
	memcpy(p, &eh, sizeof(eh));
	memcpy(p + sizeof(eh), sh, sizeof(sh));
	memcpy(p + sizeof(eh) + sizeof(sh), names, sizeof(names));
	memcpy(p + *from, raw, len);
	memcpy(p + *from + len, &ext, sizeof(ext));
	btf__free(b);
	return p;
}

static void test_known(const void *raw, __u32 len)
{
	struct btf_want wants[] = {
		{"outer", BTF_KIND_STRUCT, 0}, {"nope", BTF_KIND_STRUCT, 0}, {"wide", BTF_KIND_ENUM, 0}};
	struct btf_value v[4];
	struct btf_arg a[4];
	struct btf_types *b;
	char path[64];
	int fd = file_of(raw, len, path);

	REQUIRE(!btf_open(&b, path));
	REQUIRE(!btf_find_many(b, wants, 3) && wants[0].id && !wants[1].id && wants[2].id);
	REQUIRE(btf_find(b, "outer", BTF_KIND_STRUCT) == (int)wants[0].id);
	REQUIRE(btf_find(b, "outer", BTF_KIND_UNION) == -ENOENT);
	REQUIRE(btf_find(b, "", BTF_KIND_STRUCT) == -ENOENT);
	REQUIRE(btf_member_offset(b, "inner", "d") == 9);
	REQUIRE(btf_member_offset(b, "outer", "p") == 16);
	REQUIRE(btf_member_offset(b, "outer", "in.d") == 9);
	REQUIRE(btf_member_offset(b, "in_t", "b") == 8);
	REQUIRE(btf_member_offset(b, "outer", "x") == -EINVAL);
	REQUIRE(btf_member_offset(b, "outer", "in.") == -ENOENT);
	REQUIRE(btf_member_offset(b, "outer", "p.q") == -ENOENT);
	REQUIRE(btf_member_offset(b, "outer", "i") == -ENOENT);
	REQUIRE(btf_func_args(b, "func", a, 4) == 3);
	REQUIRE(!strcmp(a[0].name, "o") && !strcmp(a[0].type, "outer") && a[0].pointers == 2);
	REQUIRE(!*a[1].name && !strcmp(a[1].type, "long") && !a[1].pointers);
	REQUIRE(!strcmp(a[2].name, "v") && !*a[2].type && a[2].pointers == 1);
	REQUIRE(btf_tracepoint_args(b, "event", a, 4) == 1 && !strcmp(a[0].type, "outer") && a[0].pointers == 1);
	REQUIRE(btf_tracepoint_args(b, "no", a, 4) == -ENOENT);
	REQUIRE(btf_enum_names(b, "letters", v, 4) == 2 && !strcmp(v[1].name, "B") && v[1].value == -2);
	REQUIRE(btf_enum_names(b, "letters", v, 1) == 2);
	REQUIRE(btf_enum_names(b, "wide", v, 4) == 1 && v[0].value == 1LL << 40);
	btf_close(b);
	close(fd);
}

static void test_minimal(const void *raw, __u32 len)
{
	const struct btf_type *t;
	struct btf_types *b;
	struct btf *m;
	size_t size, from;
	char path[64], small[64];
	char *elf = object(&size, &from, BPF_CORE_TYPE_EXISTS);
	int fd = file_of(raw, len, path), mfd, id;

	REQUIRE(!btf_open(&b, path));
	mfd = btf_minimal(b, elf, size);
	REQUIRE(mfd >= 0);
	sprintf(small, "/proc/self/fd/%d", mfd);
	m = btf__parse(small, NULL);
	REQUIRE(m);
	id = btf__find_by_name_kind(m, "outer", BTF_KIND_STRUCT);
	REQUIRE(id > 0);
	t = btf__type_by_id(m, id);
	REQUIRE(t->size == 64 && btf_vlen(t) == 1 && !strcmp(btf__name_by_offset(m, btf_members(t)->name_off), "more"));
	REQUIRE(btf_member_bit_offset(t, 0) == 256 && btf__resolve_size(m, btf_members(t)->type) == 32);
	id = btf__find_by_name_kind(m, "letters", BTF_KIND_ENUM);
	REQUIRE(id > 0 && btf_vlen(btf__type_by_id(m, id)) == 2);
	REQUIRE(btf__find_by_name_kind(m, "btf_trace_event", BTF_KIND_TYPEDEF) > 0);
	REQUIRE(btf__find_by_name_kind(m, "gone", BTF_KIND_STRUCT) == -ENOENT);
	btf__free(m);
	close(mfd);
	free(elf);
	elf = object(&size, &from, BPF_CORE_TYPE_ID_TARGET);
	REQUIRE(btf_minimal(b, elf, size) == -ENOTSUP);
	free(elf);
	REQUIRE(btf_minimal(b, "", 0) < 0);
	btf_close(b);
	close(fd);
}

static void use(const void *raw, size_t len, const void *elf, size_t size)
{
	struct btf_value v[4];
	struct btf_arg a[4];
	struct btf_types *b;
	char path[64];
	int fd = file_of(raw, len, path), i;

	if (!btf_open(&b, path)) {
		btf_member_offset(b, "outer", "in.d");
		btf_member_offset(b, "in_t", "d");
		for (i = btf_func_args(b, "func", a, 4) < 3 ? 0 : 3; i-- > 0;)
			REQUIRE(strlen(a[i].name) < len && strlen(a[i].type) < len);
		btf_tracepoint_args(b, "event", a, 4);
		btf_enum_names(b, "letters", v, 4);
		btf_enum_names(b, "wide", v, 4);
		i = btf_minimal(b, elf, size);
		if (i >= 0)
			close(i);
		btf_close(b);
	}
	close(fd);
}

static void test_damage(const void *raw, __u32 len)
{
	size_t size, from, i, k;
	char *elf = object(&size, &from, BPF_CORE_TYPE_SIZE);
	char *bad = malloc(len), *bad_elf = malloc(size);

	for (i = 0; i <= len; i++)
		use(raw, i, elf, size);
	srand(1);
	for (i = 0; i < FLIPS; i++) {
		memcpy(bad, raw, len);
		memcpy(bad_elf, elf, size);
		for (k = rand() % 4 + 1; k; k--) {
			bad[rand() % len] = rand();
			/* damaged BTF, not ELF: libelf's own care isn't tested here */
			bad_elf[from + rand() % (size - from)] = rand();
		}
		use(bad, len, elf, size);
		use(raw, len, bad_elf, size);
	}
	free(bad);
	free(bad_elf);
	free(elf);
}

/* Every 7th type of the kernel's BTF, as libbpf sees it. */
static void test_kernel(void)
{
	struct btf *ref = btf__load_vmlinux_btf();
	size_t n, count = 0, offsets = 0, i;
	struct btf_want *wants;
	struct btf_types *b;

	if (!ref) {
		puts("skipped: no kernel BTF");
		return;
	}
	REQUIRE(!btf_open(&b, NULL));
	n = btf__type_cnt(ref);
	wants = calloc(n, sizeof(*wants));
	for (i = 1; i < n && count < (slow() > 1 ? 100 : 2000); i += 7) {
		const struct btf_type *t = btf__type_by_id(ref, i);

		if (t->name_off &&
		    (btf_is_composite(t) || btf_is_enum(t) || btf_is_typedef(t) || (btf_is_func(t) && i % 9 == 0)))
			wants[count++] = (struct btf_want){btf__name_by_offset(ref, t->name_off), btf_kind(t), 0};
	}
	REQUIRE(!btf_find_many(b, wants, count));
	for (i = 0; i < count; i++) {
		const struct btf_type *t = btf__type_by_id(ref, wants[i].id);
		const struct btf_member *m = btf_members(t);
		int k, first;

		REQUIRE((int)wants[i].id == btf__find_by_name_kind(ref, wants[i].name, wants[i].kind));
		if (wants[i].kind == BTF_KIND_FUNC)
			REQUIRE(btf_func_args(b, wants[i].name, NULL, 0) == btf_vlen(btf__type_by_id(ref, t->type)));
		if (wants[i].kind == BTF_KIND_ENUM)
			REQUIRE(btf_enum_names(b, wants[i].name, NULL, 0) == btf_vlen(t));
		if (wants[i].kind != BTF_KIND_STRUCT)
			continue;
		for (k = 0; k < btf_vlen(t); k++) {
			const char *name = btf__name_by_offset(ref, m[k].name_off);

			first = btf_member_bit_offset(t, k);
			if (*name && !btf_member_bitfield_size(t, k) && first % 8 == 0) {
				REQUIRE(btf_member_offset(b, wants[i].name, name) == first / 8);
				offsets++;
			}
		}
	}
	REQUIRE(offsets > 50);
	REQUIRE(btf_member_offset(b, "task_struct", "nsproxy") > 0);
	REQUIRE(btf_member_offset(b, "mnt_namespace", "ns.inum") >= 0);
	REQUIRE(btf_member_offset(b, "sock", "__sk_common.skc_dport") >= 0);
	REQUIRE(btf_tracepoint_args(b, "sched_switch", NULL, 0) >= 3);
	REQUIRE(btf_func_args(b, "vfs_unlink", NULL, 0) >= 3);
	printf("%zu names and %zu offsets as libbpf has them\n", count, offsets);
	btf_close(b);
	btf__free(ref);
	free(wants);
}

TEST(btf, "finds what libbpf finds in a BTF of known layout, and survives damage")
{
	struct btf *b = known();
	const void *raw;
	__u32 len;

	raw = btf__raw_data(b, &len);
	test_known(raw, len);
	test_minimal(raw, len);
	test_damage(raw, len);
	btf__free(b);
}

TEST(btf, "finds what libbpf finds in this kernel's BTF")
{
	test_kernel();
}
