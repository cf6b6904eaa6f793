// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "lib/capability.h"

static const char *const names[] = {	/* include/uapi/linux/capability.h */
	"CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
	"LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
	"SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
	"SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
	"MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
	"CHECKPOINT_RESTORE",
};

#define NAMES (sizeof(names) / sizeof(*names))

/* "SYS_ADMIN", "cap_sys_admin" or its number */
int capability_find(const char *word, __u64 *id)
{
	const char *name = strncasecmp(word, "CAP_", 4) ? word : word + 4;
	char *end;

	for (*id = 0; *id < NAMES; ++*id)
		if (!strcasecmp(names[*id], name))
			return 0;
	*id = strtoul(word, &end, 10);
	return *word >= '0' && *word <= '9' && !*end && *id < 64 ? 0 : -ENOENT;
}

const char *capability_name(__u32 cap)
{
	return cap < NAMES ? names[cap] : NULL;
}

void capability_show(struct out *out, __u32 cap)
{
	if (cap < NAMES) {
		out_str(out, "CAP_");
		out_str(out, names[cap]);
	} else {
		out_u64(out, cap);
	}
}
