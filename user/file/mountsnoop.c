// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include "lib/names.h"
#include "lib/tool.h"
#include "file/mountsnoop.h"
#include "file/mountsnoop.skel.h"

#define EVENT struct mountsnoop_event

/* include/uapi/linux/mount.h, include/linux/fs.h: MNT_ and UMOUNT_ of umount2(2) */
static const struct names_flag mount_flags[] = {
	{ 1, 1, "MS_RDONLY" }, { 2, 2, "MS_NOSUID" }, { 4, 4, "MS_NODEV" }, { 8, 8, "MS_NOEXEC" },
	{ 16, 16, "MS_SYNCHRONOUS" }, { 32, 32, "MS_REMOUNT" }, { 64, 64, "MS_MANDLOCK" }, { 128, 128, "MS_DIRSYNC" },
	{ 256, 256, "MS_NOSYMFOLLOW" }, { 1024, 1024, "MS_NOATIME" }, { 2048, 2048, "MS_NODIRATIME" },
	{ 4096, 4096, "MS_BIND" }, { 8192, 8192, "MS_MOVE" }, { 16384, 16384, "MS_REC" }, { 32768, 32768, "MS_SILENT" },
	{ 1 << 16, 1 << 16, "MS_POSIXACL" }, { 1 << 17, 1 << 17, "MS_UNBINDABLE" }, { 1 << 18, 1 << 18, "MS_PRIVATE" },
	{ 1 << 19, 1 << 19, "MS_SLAVE" }, { 1 << 20, 1 << 20, "MS_SHARED" }, { 1 << 21, 1 << 21, "MS_RELATIME" },
	{ 1 << 23, 1 << 23, "MS_I_VERSION" }, { 1 << 24, 1 << 24, "MS_STRICTATIME" }, { 1 << 25, 1 << 25, "MS_LAZYTIME" },
	{ 0xffff0000, 0xc0ed0000, "MS_MGC_VAL" }, {}
}, umount_flags[] = {
	{ 1, 1, "MNT_FORCE" }, { 2, 2, "MNT_DETACH" }, { 4, 4, "MNT_EXPIRE" }, { 8, 8, "UMOUNT_NOFOLLOW" }, {}
}, open_flags[] = {
	{ 1, 1, "FSOPEN_CLOEXEC" }, {}
}, fsmount_flags[] = {
	{ 1, 1, "FSMOUNT_CLOEXEC" }, {}
}, attributes[] = {
	{ 1, 1, "MOUNT_ATTR_RDONLY" }, { 2, 2, "MOUNT_ATTR_NOSUID" }, { 4, 4, "MOUNT_ATTR_NODEV" },
	{ 8, 8, "MOUNT_ATTR_NOEXEC" }, { 0x70, 0x10, "MOUNT_ATTR_NOATIME" }, { 0x70, 0x20, "MOUNT_ATTR_STRICTATIME" },
	{ 0x70, 0x70, "MOUNT_ATTR__ATIME" },
	{ 0x80, 0x80, "MOUNT_ATTR_NODIRATIME" }, { 0x100000, 0x100000, "MOUNT_ATTR_IDMAP" },
	{ 0x200000, 0x200000, "MOUNT_ATTR_NOSYMFOLLOW" }, {}
}, pick_flags[] = {
	{ 1, 1, "FSPICK_CLOEXEC" }, { 2, 2, "FSPICK_SYMLINK_NOFOLLOW" }, { 4, 4, "FSPICK_NO_AUTOMOUNT" },
	{ 8, 8, "FSPICK_EMPTY_PATH" }, {}
}, move_flags[] = {
	{ 1, 1, "MOVE_MOUNT_F_SYMLINKS" }, { 2, 2, "MOVE_MOUNT_F_AUTOMOUNTS" }, { 4, 4, "MOVE_MOUNT_F_EMPTY_PATH" },
	{ 0x10, 0x10, "MOVE_MOUNT_T_SYMLINKS" }, { 0x20, 0x20, "MOVE_MOUNT_T_AUTOMOUNTS" },
	{ 0x40, 0x40, "MOVE_MOUNT_T_EMPTY_PATH" }, { 0x100, 0x100, "MOVE_MOUNT_SET_GROUP" },
	{ 0x200, 0x200, "MOVE_MOUNT_BENEATH" }, {}
}, tree_flags[] = {
	{ 1, 1, "OPEN_TREE_CLONE" }, { O_CLOEXEC, O_CLOEXEC, "OPEN_TREE_CLOEXEC" }, { 0x1000, 0x1000, "AT_EMPTY_PATH" },
	{ 0x8000, 0x8000, "AT_RECURSIVE" }, { 0x100, 0x100, "AT_SYMLINK_NOFOLLOW" }, { 0x800, 0x800, "AT_NO_AUTOMOUNT" }, {}
};

static const char *const commands[] = {
	"FSCONFIG_SET_FLAG", "FSCONFIG_SET_STRING", "FSCONFIG_SET_BINARY", "FSCONFIG_SET_PATH", "FSCONFIG_SET_PATH_EMPTY",
	"FSCONFIG_SET_FD", "FSCONFIG_CMD_CREATE", "FSCONFIG_CMD_RECONFIGURE", "FSCONFIG_CMD_CREATE_EXCL"
};

static void comma(struct out *out)
{
	out_str(out, ", ");
}

/* "text": quotes are doubled backslashes in JSON. */
static void string(struct out *out, const EVENT *e, int i)
{
	const char *quote = out_is_json(out) ? "\\\"" : "\"", *at = e->data;

	if (!e->len[i]) {
		out_str(out, "NULL");
		return;
	}
	for (int j = 0; j < i; j++)
		at += e->len[j];
	out_str(out, quote);
	out_bytes(out, at, e->len[i] - 1);
	out_str(out, quote);
}

static void flags(struct out *out, const struct names_flag *names, __u64 value)
{
	char text[512];

	names_flags(text, sizeof(text), names, value);
	out_str(out, *text ? text : "0");
}

static void folder(struct out *out, __u64 fd)
{
	if ((int)fd == AT_FDCWD)
		out_str(out, "AT_FDCWD");
	else
		out_s64(out, (int)fd);
}

static void fsconfig(struct out *out, const EVENT *e)
{
	__u32 command = e->number[1];

	out_s64(out, (int)e->number[0]);
	comma(out);
	if (command < sizeof(commands) / sizeof(*commands))
		out_str(out, commands[command]);
	else
		out_u64(out, command);
	comma(out);
	string(out, e, 0);
	comma(out);
	if (command == FSCONFIG_SET_BINARY)
		out_str(out, "...");
	else
		string(out, e, 1);
	comma(out);
	if (command == FSCONFIG_SET_PATH || command == FSCONFIG_SET_PATH_EMPTY)
		folder(out, e->number[2]);
	else
		out_s64(out, (int)e->number[2]);
}

/* A folder's descriptor, a path in it, and flags. */
static void at_path(struct out *out, const EVENT *e, const struct names_flag *names)
{
	folder(out, e->number[0]);
	comma(out);
	string(out, e, 0);
	comma(out);
	flags(out, names, e->number[1]);
}

static void show_args(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	switch (e->call) {
	case CALL_MOUNT:
		for (int i = 0; i < 3; i++) {
			string(out, e, i);
			comma(out);
		}
		flags(out, mount_flags, e->number[0]);
		comma(out);
		string(out, e, 3);
		break;
	case CALL_UMOUNT:
	case CALL_FSOPEN:
		string(out, e, 0);
		comma(out);
		flags(out, e->call == CALL_UMOUNT ? umount_flags : open_flags, e->number[0]);
		break;
	case CALL_FSCONFIG:
		fsconfig(out, e);
		break;
	case CALL_FSMOUNT:
		out_s64(out, (int)e->number[0]);
		comma(out);
		flags(out, fsmount_flags, e->number[1]);
		comma(out);
		flags(out, attributes, e->number[2]);
		break;
	case CALL_FSPICK:
		at_path(out, e, pick_flags);
		break;
	case CALL_OPEN_TREE:
		at_path(out, e, tree_flags);
		break;
	case CALL_MOUNT_SETATTR:
		at_path(out, e, tree_flags);
		out_str(out, ", {set=");
		flags(out, attributes, e->number[2]);
		out_str(out, ", clear=");
		flags(out, attributes, e->number[3]);
		out_str(out, "}");
		break;
	case CALL_MOVE_MOUNT:
		folder(out, e->number[0]);
		comma(out);
		string(out, e, 0);
		comma(out);
		folder(out, e->number[1]);
		comma(out);
		string(out, e, 1);
		comma(out);
		flags(out, move_flags, e->number[2]);
		break;
	case CALL_PIVOT_ROOT:
		string(out, e, 0);
		comma(out);
		string(out, e, 1);
		break;
	}
}

static const struct opt opts[] = {
	OPT('x', "failed", NULL, mountsnoop, failed_only, "only calls that failed"),
	OPT_SHOW('P', "parent", "ppid pcomm", "show the parent process as well"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL("ppid", EVENT, ppid, 7, "the parent's process id", HIDDEN),
	COL("pcomm", EVENT, pcomm, -16, "the parent's name", HIDDEN),
	COL("mntns", EVENT, mntns, 10, "mount namespace"),
	COL_AS(L_SYSCALL, "call", EVENT, nr, -13, "system call; /32 where it is one of a 32-bit program"),
	COL_AS(L_FD, "ret", EVENT, ret, 3, "what it returned: 0 or a descriptor"),
	COL_AS(L_ERRNO, "error", EVENT, ret, -8, "why it failed"),
	COL_OWN("args", show_args, 0, "its arguments"),
	{}
};

static const struct example examples[] = {
	{ "", "every mount, unmount and call of the newer interface" },
	{ "-x -P", "those that failed, with the parent process" },
	{ "-T --mntns 1234", "those in the mount namespace of a process, with the time" },
	{}
};

TOOL(mountsnoop,
	.summary  = "trace mounts and unmounts, by the old and the new interface",
	.about    = "One line for each mount(2), umount(2), pivot_root(2), fsopen(2), fsconfig(2), fsmount(2), fspick(2), "
		    "move_mount(2), open_tree(2), open_tree_attr(2) or mount_setattr(2) that returned, of 64-bit and 32-bit "
		    "programs.",
	.cost     = "One raw tracepoint at the return of each system call, which reads its number, and for these calls "
		    "one record in the ring buffer.",
	.caveats  = "What the kernel mounts by itself is not seen. The strings are read as the call returns: a thread that "
		    "changes them meanwhile changes what is shown. The data of mount(2) may be binary, and is then shown as far "
		    "as its first zero.",
	.examples = examples, .opts = opts, .columns = columns);
