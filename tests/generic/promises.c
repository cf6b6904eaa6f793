// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What every tool promises by the shared library, shown on one: hello, which has a row for each fork. */
#include <linux/capability.h>
#include <poll.h>
#include <stddef.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include "test.h"

static void forks(void *arg)
{
	for (long i = arg ? (long)arg : 1; i; i--) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		REQUIRE(waitpid(pid, NULL, 0) == pid);
	}
}

static const char *pid_of(struct child child)
{
	return text("%d", child.pid);
}

/* One fork's output as text, CSV or whatever the arguments ask for. */
static const char *output(const char *const *flags)
{
	struct child child = child_new("maker", 0, forks, NULL);
	const char *argv[32] = {"hello", "-p", pid_of(child)};
	struct job *job;
	int n = 3;

	while (*flags)
		argv[n++] = *flags++;
	job = tool_start_argv(argv);
	child_run(&child);
	tool_stop(job);
	return job->out;
}

#define OUTPUT(...) output(ARGV(__VA_ARGS__))

/* --- Columns and formats --- */

TEST(promises, "text, JSON and CSV tell the same; -q is without a heading")
{
	const char *text = OUTPUT("-f", "text"), *csv = OUTPUT("-f", "csv"), *json = OUTPUT("-j", "-f", "json");
	char pid[16], comm[16], child[16];

	(void)json;
	CHECK_EQ(lines(text), 2);
	CHECK_HAS(text, "PID COMM");
	CHECK_EQ(sscanf(strchr(text, '\n'), "%15s %15s %15s", pid, comm, child), 3);
	CHECK_STR(comm, "maker");
	CHECK(atoi(child) > 0);
	CHECK_EQ(lines(csv), 2);
	CHECK(!strncmp(csv, "pid,comm,child,error\n", 21));
	CHECK_EQ(sscanf(strchr(csv, '\n'), "\n%15[0-9],maker,%15[0-9],\n", pid, child), 2);
	CHECK_EQ(lines(OUTPUT("-f", "text", "-q")), 1);
	CHECK_EQ(lines(OUTPUT("-f", "csv", "-q")), 1);
	CHECK_EQ(lines(OUTPUT("-f", "json")), 1);
}

TEST(promises, "-o chooses columns and their order, -o + adds in place")
{
	CHECK(!strncmp(OUTPUT("-f", "csv", "-o", "comm,uid"), "comm,uid\nmaker,0\n", 17));
	CHECK(!strncmp(OUTPUT("-f", "csv", "-o", "+uid"), "uid,pid,comm,child,error\n0,", 27));
	CHECK_EQ(run("corekit", "hello", "-o", "", "-d", "100ms")->status, 2);
	CHECK_EQ(run("corekit", "hello", "-o", "pid,,comm", "-d", "100ms")->status, 2);
}

static int widest(const char *text)
{
	int width = 0, most = 0;

	for (; *text; text++) {
		width = *text == '\n' ? 0 : width + 1;
		most = width > most ? width : most;
	}
	return most;
}

TEST(promises, "the heading is in 80 columns, each line as long as what it shows")
{
	CHECK_BETWEEN(10, widest(OUTPUT("-f", "text")), 80);
	CHECK_BETWEEN(10, widest(OUTPUT("-f", "text", "-Tlocal")), 80);
}

TEST(promises, "nothing is cut where stdout is no terminal")
{
	struct job *job;
	char *name = malloc(3000);

	memset(name, 'x', 2999);
	name[2999] = 0;
	memcpy(name, "/nowhere/", 9);
	for (int i = 200; i < 2999; i += 200)
		name[i] = '/';
	job = tool_start("opensnoop", "-f", "text", "--", "sh", "-c", text(": <%s; exit 0", name));
	tool_wait(job);
	CHECK_HAS(job->out, name);
}

/* --- Time --- */

static const char *time_of(const char *format)
{
	struct child child = child_new("maker", 0, forks, NULL);
	struct job *job = tool_start("hello", "-p", pid_of(child), format, "-f", "csv", "-q", "-o", "time");
	char *out;

	child_run(&child);
	tool_stop(job);
	out = job->out;
	out[strcspn(out, "\n")] = 0;
	return out;
}

TEST(promises, "-T shows when it happened: local, iso, unix, relative, or not at all")
{
	uint64_t start = now_ns();
	time_t before = time(NULL), after;
	struct tm tm = {};
	double seconds;
	const char *iso, *end, *text;
	int hours, minutes, rest;

	setenv("TZ", "EAST-5:30", 1);
	tzset();
	seconds = atof(time_of("-Tunix"));
	after = time(NULL);
	CHECK_BETWEEN(before - 0.01, seconds, after + 1.01);

	iso = time_of("-Tiso");
	end = strptime(iso, "%Y-%m-%dT%H:%M:%S", &tm);
	if (CHECK(end && *end == '.' && strlen(end) == strlen(".123456+05:30") && !strcmp(end + 7, "+05:30")))
		CHECK_BETWEEN(before, timegm(&tm) - 19800, time(NULL));

	text = time_of("-Tlocal");
	CHECK_EQ(strlen(text), strlen("01:02:03.456"));
	CHECK_EQ(sscanf(text, "%2d:%2d:%2d.", &hours, &minutes, &rest), 3);
	CHECK_BETWEEN(0, (time(NULL) + 19800 - (hours * 60 + minutes) * 60 - rest) % 86400, 20 * slow());

	text = time_of("-Trelative"); /* before the clock is read: arguments are evaluated in any order */
	CHECK_BETWEEN(0, atof(text), (now_ns() - start) * 1e-9);
	CHECK(!strstr(OUTPUT("-f", "csv", "-Tnone"), "time"));
	CHECK(!strncmp(OUTPUT("-f", "csv", "-T"), "time,pid,", 9));
}

/* --- Being ready --- */

TEST(promises, "systemd is told when all is attached, by a socket's path or an abstract name")
{
	for (int abstract = 0; abstract < 2; abstract++) {
		struct sockaddr_un at = {.sun_family = AF_UNIX};
		const char *name = abstract ? text("@corekit-test-%d", getpid()) : tmp("notify");
		int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		struct child child = child_new(NULL, 0, forks, NULL);
		struct pollfd wait = {fd, POLLIN, 0};
		char got[64] = "";
		struct job *job;

		needs("hello");
		strcpy(at.sun_path, name);
		if (abstract)
			at.sun_path[0] = 0;
		REQUIRE(bind(fd, (struct sockaddr *)&at, offsetof(struct sockaddr_un, sun_path) + strlen(name)) == 0);
		setenv("NOTIFY_SOCKET", name, 1);
		job = job_start(NULL, ARGV("corekit", "hello", "--json", "-p", pid_of(child)));
		CHECK_EQ(poll(&wait, 1, 20000 * slow()), 1);
		CHECK(recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT) > 0);
		CHECK_STR(got, "READY=1");
		child_run(&child);
		CHECK_EQ(job_end(job, SIGINT), 0);
		CHECK_EQ(rows(job), 1);
		unsetenv("NOTIFY_SOCKET");
		close(fd);
	}
}

TEST(promises, "a socket of systemd that isn't there is no reason to fail")
{
	needs("hello");
	setenv("NOTIFY_SOCKET", "/nowhere", 1);
	CHECK_EQ(run("corekit", "hello", "-q", "-d", "100ms")->status, 0);
	setenv("NOTIFY_SOCKET", "", 1);
	CHECK_EQ(run("corekit", "hello", "-q", "-d", "100ms")->status, 0);
	unsetenv("NOTIFY_SOCKET");
}

TEST(promises, "--ready-fd that isn't open is told in one line, and leaves nothing attached")
{
	char *before = bpf_ids();
	struct job *job;

	needs("hello");
	job = run("corekit", "hello", "--ready-fd", "77", "-d", "5");
	CHECK_EQ(job->status, 1);
	CHECK_EQ(lines(job->err), 1);
	CHECK_HAS(job->err, "--ready-fd");
	CHECK(bpf_ids_gone(before, 10));
}

/* --- As it happens --- */

static bool has_line(void *job)
{
	return lines(job_now(job)) > 0;
}

TEST(promises, "of an idle tool, a row is there within a fraction of a second")
{
	for (int i = 0; i < 3; i++) {
		struct child child = child_new(NULL, 0, forks, NULL);
		struct job *job = tool_start("hello", "-p", pid_of(child));
		uint64_t start;

		nap(500000000);
		start = now_ns();
		child_run(&child);
		CHECK(until(5, has_line, job));
		CHECK_BETWEEN(0, now_ns() - start, 0.5e9 * slow());
		tool_stop(job);
	}
}

/* --- Privilege --- */

static unsigned long long caps_of(struct job *job, const char *set)
{
	const char *at = strstr(file_text(text("/proc/%d/status", job->pid)), set);

	REQUIRE(at);
	return strtoull(at + strlen(set), NULL, 16);
}

TEST(promises, "once attached, it has no more than CAP_BPF and CAP_PERFMON")
{
	struct job *job = tool_start("hello");
	const unsigned long long allowed = 1ULL << 38 | 1ULL << 39;

	CHECK_EQ(caps_of(job, "CapEff:") & ~allowed, 0);
	CHECK_EQ(caps_of(job, "CapPrm:") & ~allowed, 0);
	tool_stop(job);
}

TEST(promises, "file capabilities are enough: cap_bpf and cap_perfmon of a copy that belongs to root")
{
	struct vfs_cap_data caps = {.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
				    .data[CAP_BPF / 32].permitted = 1u << CAP_BPF % 32 | 1u << CAP_PERFMON % 32};
	struct job *job;

	needs("hello");
	REQUIRE(run("cp", corekit_path, tmp("corekit"))->status == 0);
	if (setxattr(tmp("corekit"), "security.capability", &caps, XATTR_CAPS_SZ_2, 0)) {
		REQUIRE(errno == EOPNOTSUPP);
		SKIP("this file system has no file capabilities");
	}
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}); /* which maps count against before 5.11 */
	corekit_path = tmp("corekit");
	job = job_run(&(struct how){.uid = 65534},
		      ARGV("corekit", "hello", "-j", "-N", "1", "--", "sh", "-c", "true & wait"));
	CHECK_EQ(job->status, 0);
	CHECK_EQ(lines(job->out), 1);
	CHECK_HAS(job->out, "\"child\":");
}

/* --- A kernel without BTF --- */

TEST(promises,
     "where the kernel tells no types: a file that is named has them, or one in /boot; without, a line says so")
{
	struct utsname name;
	struct job *job;

	needs("hello");
	uname(&name);
	REQUIRE(run("cp", "/sys/kernel/btf/vmlinux", tmp("types"))->status == 0);
	REQUIRE(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		mount("none", "/sys/kernel/btf", "tmpfs", 0, NULL) == 0 &&
		mount("none", "/boot", "tmpfs", 0, NULL) == 0);
	job = run("corekit", "biolatency", "-d", "100ms");
	CHECK_EQ(job->status, 3);
	CHECK_EQ(lines(job->err), 1);
	CHECK_HAS(job->err, "--btf");
	job = run("corekit", "biolatency", "--btf", "/etc/passwd", "-d", "100ms");
	CHECK_EQ(job->status, 2);
	CHECK_EQ(lines(job->err), 1);
	/* a hook whose arguments have changed, system calls, and a tool of sockets */
	CHECK_EQ(run("corekit", "biolatency", "--btf", tmp("types"), "-q", "-d", "100ms")->status, 0);
	job = run("corekit", "hello", "--btf", tmp("types"), "-j", "-N", "1", "--", "sh", "-c", "true & wait");
	CHECK_EQ(job->status, 0);
	CHECK_EQ(lines(job->out), 1);
	REQUIRE(run("cp", tmp("types"), text("/boot/vmlinux-%s", name.release))->status == 0);
	CHECK_EQ(run("corekit", "tcplife", "-q", "-d", "100ms")->status, 0);
}

TEST(promises, "the few types that tools/btf leaves are enough: each tool says the same as with all of them")
{
	const char *btf = getenv("BTF") ?: "/bin/btf", *all, *few;
	struct how patient = { .deadline = 400 };
	struct utsname name;
	struct stat st;

	uname(&name);
	all = text("/boot/vmlinux-%s", name.release);
	few = text("/usr/share/corekit/btf/%s.btf", name.release);
	REQUIRE(run("cp", "/sys/kernel/btf/vmlinux", tmp("types"))->status == 0);
	REQUIRE(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		mount("none", "/sys/kernel/btf", "tmpfs", 0, NULL) == 0 && mount("none", "/boot", "tmpfs", 0, NULL) == 0 &&
		run("mkdir", "-p", "/usr/share/corekit")->status == 0 && mount("none", "/usr/share/corekit", "tmpfs", 0, NULL) == 0 &&
		mkdir("/usr/share/corekit/btf", 0755) == 0);
	REQUIRE(run("cp", tmp("types"), all)->status == 0);
	patient.out = open(tmp("with all"), O_CREAT | O_WRONLY, 0600);
	CHECK_EQ(job_run(&patient, ARGV("corekit", "doctor", "--json"))->status, 0);
	REQUIRE(unlink(all) == 0 && run(btf, getenv("COREKIT"), tmp("types"), few)->status == 0);
	patient.out = open(tmp("with few"), O_CREAT | O_WRONLY, 0600);
	CHECK_EQ(job_run(&patient, ARGV("corekit", "doctor", "--json"))->status, 0);
	CHECK_EQ(run("cmp", tmp("with all"), tmp("with few"))->status, 0);
	CHECK(stat(few, &st) == 0 && st.st_size < 400000);
	CHECK_EQ(run("corekit", "tcplife", "-q", "-d", "100ms")->status, 0);
}

/* --- Buffer --- */

TEST(promises, "-b takes sizes up to a power of two, and refuses the rest")
{
	static const char *const good[] = {"4096", "5000", "64k", "1m", "1.5m"}, *const bad[] = {"0",  "1",  "4095",
												 "2g", "-1", "4kb",
												 "x",  ""};
	struct child child;
	struct job *job;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		child = child_new(NULL, 0, forks, (void *)20);
		job = tool_start("hello", "-b", good[i], "-p", pid_of(child));
		child_run(&child);
		tool_stop(job);
		CHECK_EQ(rows(job) + lost(job), 20);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		job = run("corekit", "hello", "-d", "100ms", "-b", bad[i]);
		CHECK_EQ(job->status, 2);
		CHECK_EQ(lines(job->err), 1);
	}
}

/* --- Bad input --- */

TEST(promises, "a command that isn't there is told, and nothing stays")
{
	char *before = bpf_ids();
	struct job *job;

	needs("hello");
	job = run("corekit", "hello", "--", "/nowhere/at/all", "x");
	CHECK_EQ(job->status, 1);
	CHECK_EQ(lines(job->err), 1);
	CHECK_HAS(job->err, "hello: /nowhere/at/all: No such file or directory");
	CHECK_EQ(run("corekit", "hello", "--", tmp(NULL))->status, 1);
	CHECK_EQ(run("corekit", "hello", "--")->status, 2);
	CHECK(bpf_ids_gone(before, 10));
}

TEST(promises, "--btf of what is no BTF is refused, and nothing stays")
{
	static const char garbage[] = "\x9f\xeb\x01\x00garbage garbage garbage garbage";
	char *before = bpf_ids();
	const char *const files[] = {"/nowhere",  "/dev/null",	    tmp(NULL), tmp("garbage"),
				     tmp("half"), "/proc/self/mem", ""};
	int fd = open(tmp("garbage"), O_CREAT | O_WRONLY, 0600);

	REQUIRE(write(fd, garbage, sizeof(garbage)) == sizeof(garbage) && close(fd) == 0);
	fd = open(tmp("half"), O_CREAT | O_WRONLY, 0600);
	REQUIRE(write(fd, "\x9f\xeb", 2) == 2 && close(fd) == 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct job *job = run("corekit", "hello", "--btf", files[i], "-d", "100ms");

		if (!CHECK_EQ(job->status, 2) || !CHECK_EQ(lines(job->err), 1) || !CHECK_HAS(job->err, "--btf"))
			fprintf(stderr, "  --btf '%s': %s", files[i], job->err);
	}
	CHECK(bpf_ids_gone(before, 10));
	if (access("/sys/kernel/btf/vmlinux", R_OK) == 0)
		CHECK_EQ(run("corekit", "hello", "-q", "--btf", "/sys/kernel/btf/vmlinux", "-d", "100ms")->status, 0);
}

TEST(promises, "whatever is refused leaves nothing attached or pinned")
{
	static const char *const bad[][3] = {
		{"--nonsense"},	    {"-q", "-q"},      {"-p", "4194303"}, {"-c", "nowhere"}, {"--container", "nowhere"},
		{"-o", "nonsense"}, {"-d", "1parsec"}, {"-N", "0"},	  {"stray"},	     {"--follow", "4194303"},
		{"--netns", "x"},
	};
	char *before = bpf_ids();

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct job *job = job_run(NULL, ARGV("corekit", "hello", bad[i][0], bad[i][1], bad[i][2]));

		if (!CHECK_EQ(job->status, 2) || !CHECK_EQ(lines(job->err), 1) || !CHECK_STR(job->out, ""))
			fprintf(stderr, "  %s %s\n", bad[i][0], bad[i][1] ?: "");
	}
	CHECK(bpf_ids_gone(before, 10));
}

TEST(promises, "doctor speaks of the kernel and of each tool once, or of those that are named", .timeout = 120)
{
	struct job *job = job_run(&(struct how){.deadline = 100}, ARGV("corekit", "doctor", "--json"));
	struct listed *tools;
	size_t n;

	CHECK_EQ(job->status, 0);
	job->json = true;
	tools = tools_listed(&n);
	for (size_t i = 0; i < n; i++)
		CHECK_EQ(rows(job, IS("tool", tools[i].name)), 1);
	CHECK_BETWEEN(n + 5, rows(job), n + 100);
	job = run("corekit", "doctor", "hello", "--json", "opensnoop");
	job->json = true;
	CHECK_EQ(rows(job), 2);
	CHECK_EQ(rows(job, IS("tool", "hello"), IS("status", "runs")), 1);
}

TEST(promises, "a name that is no tool, and no name at all")
{
	struct job *job = run("corekit", "nonsense");

	CHECK_EQ(job->status, 2);
	CHECK_EQ(lines(job->err), 1);
	CHECK_STR(job->out, "");
	CHECK_EQ(run("corekit", "doctor", "--nonsense")->status, 2);
	CHECK_EQ(run("corekit")->status, 0);
	CHECK_HAS(run("corekit")->out, "hello");
}
