// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "lib/filter.h"
#include "lib/tool.h"
#include "pkt/cgdev.h"
#include "pkt/cgdev.skel.h"

#define EVENT struct cgdev_event

static const char *cgroup;

/* --- Rules: "/dev/null", "c:1:3", "b:8:*:w", "a". --- */

static bool parse_number(const char *word, __u32 *to)
{
	char *end;

	if (!strcmp(word, "*")) {
		*to = CGDEV_ANY;
		return true;
	}
	*to = strtoul(word, &end, 10);
	return *word >= '0' && *word <= '9' && !*end && *to < CGDEV_ANY;
}

static int parse_rule(char *word, struct cgdev_rule *rule)
{
	const char *type, *major, *minor, *access;
	struct stat st;

	*rule = (struct cgdev_rule){ .access = 7, .major = CGDEV_ANY, .minor = CGDEV_ANY };
	if (*word == '/') {
		access = strchr(word, ':');
		if (access)
			word[access++ - word] = 0;
		if (stat(word, &st) || !(S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))) {
			err("--deny: %s is no device", word);
			return -EINVAL;
		}
		rule->type = S_ISBLK(st.st_mode) ? 1 : 2;
		rule->major = major(st.st_rdev);
		rule->minor = minor(st.st_rdev);
	} else {
		type = strsep(&word, ":");
		major = strsep(&word, ":");
		minor = strsep(&word, ":");
		access = strsep(&word, ":");
		if (strlen(type) != 1 || !strchr("abc", *type) || word || (major && !parse_number(major, &rule->major)) ||
		    (minor && !parse_number(minor, &rule->minor)))
			return -EDOM;
		rule->type = *type == 'b' ? 1 : *type == 'c' ? 2 : 0;
	}
	if (access)
		rule->access = 0;
	for (; access && *access; access++) {
		if (!strchr("mrw", *access))
			return -EDOM;
		rule->access |= *access == 'm' ? 1 : *access == 'r' ? 2 : 4;
	}
	return rule->access ? 0 : -EDOM;
}

static int parse_deny(struct run *run, const char *arg, void *to)
{
	struct cgdev_rules *rules = to;
	char *copy = strdup(arg), *rest = copy, *word;
	int ret = copy ? 0 : -ENOMEM;

	while (!ret && (word = strsep(&rest, ","))) {
		if (rules->n == CGDEV_RULES) {
			err("--deny: %d rules are the most", CGDEV_RULES);
			ret = -EINVAL;
		} else {
			ret = parse_rule(word, &rules->rule[rules->n++]);
		}
	}
	if (ret == -EDOM) {
		err("--deny: '%s': devices are /dev/null, c:1:3, b:8:*:w or a, with what may not be done: m (mknod), r, w", arg);
		ret = -EINVAL;
	}
	free(copy);
	return ret;
}

/* --- The cgroup. --- */

static int setup(struct run *run)
{
	const struct cgdev_bpf__rodata *rodata = run->rodata;

	if (rodata->rules.n && !cgroup) {
		err("--deny: in which --cgroup? / is the whole machine, if that is meant");
		return -EINVAL;
	}
	return 0;
}

static int attach(struct run *run)
{
	struct cgdev_bpf *skel = (void *)run->skel;

	return filter_cgroup_attach(skel->progs.on_device, cgroup);
}

/* --- Columns. --- */

static void show_type(struct out *out, const struct column *c, const void *row)
{
	out_str(out, ((const EVENT *)row)->type == 1 ? "block" : "char");
}

static void show_access(struct out *out, const struct column *c, const void *row)
{
	__u32 access = ((const EVENT *)row)->access;

	if (access & 2)
		out_str(out, "r");
	if (access & 4)
		out_str(out, "w");
	if (access & 1)
		out_str(out, "m");
}

static void show_device(struct out *out, const struct column *c, const void *row)
{
	out_u64(out, ((const EVENT *)row)->major);
	out_str(out, ":");
	out_u64(out, ((const EVENT *)row)->minor);
}

/* As /sys/dev has it: a link to a folder of that name. */
static void show_name(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;
	char path[64], target[512];
	const char *slash;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/dev/%s/%u:%u", e->type == 1 ? "block" : "char", e->major, e->minor);
	n = readlink(path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = 0;
	slash = strrchr(target, '/');
	if (slash)
		out_bytes(out, slash + 1, strlen(slash + 1));
	else
		out_nothing(out);
}

static void show_verdict(struct out *out, const struct column *c, const void *row)
{
	out_str(out, ((const EVENT *)row)->denied ? "denied" : "allowed");
}

static const struct opt opts[] = {
	{ .letter = 'c', .name = "cgroup", .arg = "PATH", .value = V_CHARS, .here = &cgroup, .complete = "cgroup",
	  .help = "the cgroup (v2), with all below it; / unless told" },
	OPT(0, "deny", "DEVICES", cgdev, rules, "refuse access to these, for as long as this runs: /dev/null, c:1:3, b:8:*:w, a; "
	    "m, r, w is what may not be done", .parse = parse_deny, .many = true),
	OPT('x', "denied", NULL, cgdev, denied_only, "only what was refused"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_OWN("access", show_access, -6, "r: read, w: write, m: mknod"),
	COL_OWN("type", show_type, -5, "char or block"),
	COL_OWN("device", show_device, -9, "major and minor number"),
	COL_OWN("verdict", show_verdict, -7, "what the rules of this run say: allowed or denied"),
	COL_OWN("name", show_name, 0, "name of the device, as the kernel has it"),
	{}
};

static const struct example examples[] = {
	{ "", "who opens which device, on the whole machine" },
	{ "-c system.slice", "in one cgroup and those below it" },
	{ "-c build --deny /dev/kvm,b:*:*:w -x", "there, nobody gets /dev/kvm or writes to disks; who tries is shown" },
	{}
};

TOOL(cgdev,
	.summary  = "watch which devices the tasks of a cgroup open, and deny some",
	.about    = "A program at a cgroup (v2) that the kernel asks whenever a task in it, or below it, opens a device file or makes "
		    "one with mknod(2). Without --deny it allows everything, and only tells.",
	.cost     = "One program and one record for each open(2) of a device, none for reads and writes.",
	.caveats  = "Whether another program at that cgroup, or the devices controller of cgroup v1, denies it is not seen. What is "
		    "open already stays open. Pids are those of the first pid namespace.",
	.packets  = true, .caps = 1ULL << CAP_NET_ADMIN | 1ULL << CAP_SYS_ADMIN,
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach);
