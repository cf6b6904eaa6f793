// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "lib/block.h"
#include "lib/btf.h"
#include "lib/lib.h"

#define OP_BITS 8	/* REQ_OP_BITS, include/linux/blk_types.h */

static struct btf_value ops[64], flags[64];
static int n_ops, n_flags;

/* Which number stands for which flag changes from kernel to kernel, so this one's own types tell. */
int block_setup(struct run *run)
{
	struct btf_types *types;
	int ret = btf_open(&types, run->btf);

	if (ret) {
		err("names of flags need the kernel's BTF, which is not here: give it with --btf");
		return -EOPNOTSUPP;
	}
	n_ops = btf_enum_names(types, "req_op", ops, 64);
	if (n_ops < 0)
		n_ops = btf_enum_names(types, "req_opf", ops, 64);	/* until commit ff07a02e9e8e, 6.0 */
	n_flags = btf_enum_names(types, "req_flag_bits", flags, 64);
	n_ops = n_ops > 64 ? 64 : n_ops;
	n_flags = n_flags > 64 ? 64 : n_flags;
	return 0;
}

/* REQ_OP_WRITE_ZEROES as WriteZeroes; abbreviations stay as they are. */
static void write_name(struct out *out, const char *name)
{
	if (!strcmp(name, "FUA")) {
		out_str(out, name);
		return;
	}
	for (bool first = true; *name; name++)
		if (*name == '_') {
			first = true;
		} else {
			char c = first ? *name : tolower((unsigned char)*name);

			out_bytes(out, &c, 1);
			first = false;
		}
}

void block_op(struct out *out, __u32 cmd_flags)
{
	__u32 op = cmd_flags & ((1U << OP_BITS) - 1);
	int i;

	for (i = 0; i < n_ops && ops[i].value != op; i++)
		;
	if (i < n_ops && !strncmp(ops[i].name, "REQ_OP_", 7))
		write_name(out, ops[i].name + 7);
	else
		out_printf(out, "Op%u", op);
}

void block_flags(struct out *out, __u32 cmd_flags)
{
	__u32 rest = cmd_flags & ~((1U << OP_BITS) - 1);

	block_op(out, cmd_flags);
	for (int i = 0; i < n_flags; i++)
		if (flags[i].value >= OP_BITS && flags[i].value < 32 && rest & 1U << flags[i].value &&
		    !strncmp(flags[i].name, "__REQ_", 6)) {
			rest &= ~(1U << flags[i].value);
			out_str(out, "-");
			write_name(out, flags[i].name + 6);
		}
	if (rest)
		out_printf(out, "-0x%x", rest);
}

/* What block_rq_complete says of an error: negative, and since 5.18 a blk_status_t, include/linux/blk_types.h. */
int block_error(int error)
{
	static const int of[] = {
		0, EOPNOTSUPP, ETIMEDOUT, ENOSPC, ENOLINK, EREMOTEIO, EBADE, ENODATA, EILSEQ, ENOMEM, EIO, 0, EAGAIN
	};

	if (error <= 0)
		return error;
	return error < (int)(sizeof(of) / sizeof(*of)) && of[error] ? -of[error] : -EIO;
}

/* A whole disk that has requests, by name, path or number; else one line that says what it is. */
int block_disk(struct run *run, const char *arg, void *to)
{
	const char *name = strncmp(arg, "/dev/", 5) ? arg : arg + 5;
	char path[256], link[PATH_MAX], line[32] = "";
	unsigned int major, minor;
	struct stat st;
	FILE *f;

	if (sscanf(name, "%u:%u%1s", &major, &minor, line) == 2)
		snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major, minor);
	else if (*arg == '/' && !stat(arg, &st) && S_ISBLK(st.st_mode))
		snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(st.st_rdev), minor(st.st_rdev));
	else
		snprintf(path, sizeof(path), "/sys/class/block/%.64s", name);
	if (!*name || strstr(name, "..") || !realpath(path, link)) {
		err("--disk: no disk '%s': see lsblk", arg);
		return -EINVAL;
	}
	snprintf(path, sizeof(path), "%.200s/partition", link);
	if (!reach(path, F_OK)) {
		*strrchr(link, '/') = 0;
		err("--disk: '%s' is a partition: give its disk, %s", arg, strrchr(link, '/') + 1);
		return -EINVAL;
	}
	snprintf(path, sizeof(path), "%.200s/mq", link);
	if (reach(path, F_OK)) {
		err("--disk: '%s' works on bios and has no requests of its own: give a disk below it, see lsblk", arg);
		return -EINVAL;
	}
	snprintf(path, sizeof(path), "%.200s/dev", link);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%u:%u", &major, &minor) != 2) {
		err("--disk: no disk '%s': see lsblk", arg);
		minor = major = 0;
	}
	if (f)
		fclose(f);
	*(__u32 *)to = major << 20 | minor;
	return major | minor ? 0 : -EINVAL;
}
