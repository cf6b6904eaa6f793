// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Commands and tools, run with deadlines. */
#include <linux/capability.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "test.h"
#include "inside.h"

const char *corekit_path;

char *fd_text(int fd, size_t *length)
{
	size_t size = 0, room = 4096;
	char *s = malloc(room + 1);
	ssize_t n;

	while ((n = pread(fd, s + size, room - size, size)) > 0) {
		size += n;
		if (size == room)
			s = realloc(s, (room *= 2) + 1);
	}
	s[size] = 0;
	if (length)
		*length = size;
	return s;
}

int lines(const char *text)
{
	int n = 0;

	for (; text && *text; text++)
		n += *text == '\n' || !text[1];
	return n;
}

/* Capabilities that last across exec. NULL, or what was refused. */
static const char *have_caps(uint64_t caps)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	for (int i = 0; i < 2; i++)
		data[i].effective = data[i].permitted = data[i].inheritable = caps >> 32 * i;
	if (syscall(SYS_capset, &header, data))
		return text("capset to %llx: %m", (unsigned long long)caps);
	for (int i = 0; i < 64; i++)
		if (caps >> i & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0))
			return text("ambient capability %d: %m, securebits %x", i, prctl(PR_GET_SECUREBITS));
	return NULL;
}

static const char *become(const struct how *how)
{
	if (!how->uid)
		return NULL;
	if (prctl(PR_SET_KEEPCAPS, how->caps != 0) || setgid(how->uid) || setuid(how->uid))
		return text("user %d: %m", how->uid);
	return how->caps ? have_caps(how->caps) : NULL;
}

const char *how_refused(const struct how *how)
{
	char why[256];
	int to[2];
	ssize_t n;
	pid_t pid;

	REQUIRE(pipe(to) == 0 && (pid = fork()) >= 0);
	if (!pid) {
		dprintf(to[1], "%s", become(how) ?: "");
		_exit(0);
	}
	close(to[1]);
	REQUIRE((n = read(to[0], why, sizeof(why) - 1)) >= 0 && waitpid(pid, NULL, 0) == pid);
	close(to[0]);
	why[n] = 0;
	return n ? text("%s", why) : NULL;
}

/* The program is opened before the user changes, who may not be able to reach it. */
static void become_and_run(const struct how *how, int program, char **argv)
{
	const char *why = become(how);

	if (why) {
		fprintf(stderr, "%s\n", why);
		_exit(125);
	}
	if (program >= 0)
		fexecve(program, argv, environ);
	else
		execvp(argv[0], argv);
	fprintf(stderr, "%s: %m\n", argv[0]);
	_exit(127);
}

struct job *job_start(const struct how *how, const char *const *argv)
{
	static const struct how plain;
	struct job *job = calloc(1, sizeof(*job));
	int program = -1;

	how = how ?: &plain;
	job->name = strdup(argv[0]);
	job->status = -1;
	job->out_fd = memfd_create("stdout", MFD_CLOEXEC);
	job->err_fd = memfd_create("stderr", MFD_CLOEXEC);
	REQUIRE(job->out_fd >= 0 && job->err_fd >= 0);
	if (!strcmp(argv[0], "corekit")) {
		struct stat st;

		if (argv[1] && argv[1][0] != '-')
			job->name = strdup(argv[1]);
		/* A script could not be read again once exec has closed its descriptor. */
		if (how->uid)
			program = open(corekit_path, O_PATH | O_CLOEXEC);
		if (stat(corekit_path, &st)) {
			FAIL("%s: %m", corekit_path);
			test_end();
		}
	}
	fflush(NULL);
	job->pid = fork();
	REQUIRE(job->pid >= 0);
	if (!job->pid) {
		char *copy[256] = {NULL};

		for (int i = 0; argv[i] && i < 255; i++)
			copy[i] = (char *)argv[i];
		if (!strcmp(argv[0], "corekit") && program < 0)
			copy[0] = (char *)corekit_path;
		/* a runner started in the background may ignore these, and what is ignored is inherited */
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		dup2(how->out ?: job->out_fd, 1);
		dup2(job->err_fd, 2);
		become_and_run(how, program, copy);
	}
	if (program >= 0)
		close(program);
	job->pidfd = syscall(SYS_pidfd_open, job->pid, 0);
	REQUIRE(job->pidfd >= 0);
	return job;
}

int job_wait(struct job *job, double seconds)
{
	struct pollfd wait = {job->pidfd, POLLIN, 0};
	int status;

	if (job->status >= 0)
		return job->status;
	if (poll(&wait, 1, seconds * slow() * 1000) == 0) {
		job->late = true;
		kill(job->pid, SIGKILL);
	}
	REQUIRE(waitpid(job->pid, &status, 0) == job->pid);
	job->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	job->out = fd_text(job->out_fd, &job->out_length);
	job->err = fd_text(job->err_fd, NULL);
	close(job->out_fd);
	close(job->err_fd);
	close(job->pidfd);
	if (job->late)
		FAIL("%s: did not end within %g s; its stderr: %s", job->name, seconds * slow(), job->err);
	return job->status;
}

int job_end(struct job *job, int signal)
{
	if (signal && job->status < 0)
		kill(job->pid, signal);
	return job_wait(job, 20);
}

char *job_now(struct job *job)
{
	return job->status < 0 ? fd_text(job->out_fd, NULL) : strdup(job->out);
}

struct job *job_run(const struct how *how, const char *const *argv)
{
	struct job *job = job_start(how, argv);

	job_wait(job, how && how->deadline ? how->deadline : 20);
	return job;
}

/* What doctor says of a tool; NULL where it says nothing. */
static json_t *diagnosis(const char *tool)
{
	struct job *doctor = job_run(&(struct how){.deadline = 60}, ARGV("corekit", "doctor", "--json", tool));
	json_t *found = NULL, *line;

	if (!CHECK_EQ(doctor->status, 0))
		fprintf(stderr, "%s", doctor->err);
	for (size_t at = 0; (line = row_next(doctor, &at, NULL));) {
		const char *name = json_string_value(json_object_get(line, "tool"));

		if (name && !strcmp(name, tool))
			found = line;
	}
	return found;
}

/*
 * What needs() has found for tests of each tool, which change nothing that decides it: attaching to all that a tool
 * wants takes an old kernel seconds.
 */
static struct {
	char tool[32], why[480]; /* why it cannot, or "" */
} *known;
enum { KNOWN = 512 };

void needs_remember(void)
{
	known = mmap(NULL, KNOWN * sizeof(*known), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (known == MAP_FAILED)
		known = NULL;
}

static const char *remembered(const char *tool)
{
	for (int i = 0; *the_tool->name && known && i < KNOWN && *known[i].tool; i++)
		if (!strcmp(known[i].tool, tool))
			return known[i].why;
	return NULL;
}

static void remember(const char *tool, const char *why)
{
	int i = 0;

	while (*the_tool->name && known && i < KNOWN && *known[i].tool)
		i++;
	if (*the_tool->name && known && i < KNOWN && strlen(tool) < sizeof(known->tool) && strlen(why) < sizeof(known->why)) {
		strcpy(known[i].why, why);
		strcpy(known[i].tool, tool);
	}
}

/* With the words that it needs to run at all. */
static struct job *try_it(const char *tool)
{
	const char *argv[16] = {"corekit", tool, "--json", "--duration", "100ms"};
	struct job *list = run("corekit", "--json");
	json_t *line, *arg;
	size_t i;

	for (size_t at = 0; (line = row_next(list, &at, WHERE(IS("name", tool))));)
		json_array_foreach(json_object_get(line, "args"), i, arg) if (i < 8) argv[5 + i] = json_string_value(arg);
	return job_run(NULL, argv);
}

/* Status 3 is right only with one line that names the tool and the cause. */
static void skip_if_it_cannot(const char *tool, struct job *job)
{
	const char *why;
	json_t *says = diagnosis(tool);

	if (!says || !strcmp(string(says, "status"), "runs") || !strcmp(string(says, "status"), "lesser"))
		return;
	CHECK_STR(string(says, "status"), "cannot");
	why = string(says, "why");
	if (!job)
		job = try_it(tool);
	CHECK_EQ(job->status, 3);
	CHECK_EQ(lines(job->err), 1);
	CHECK(!strncmp(job->err, tool, strlen(tool)));
	CHECK_HAS(job->err, why);
	remember(tool, why);
	test_skip("%s", why);
}

void needs(const char *tool)
{
	const char *why = remembered(tool);

	if (why && *why)
		test_skip("%s", why);
	if (why)
		return;
	skip_if_it_cannot(tool, NULL);
	remember(tool, "");
}

struct job *tool_start_argv(const char *const *argv)
{
	const char *full[256] = {"corekit", argv[0], "--ready-fd"};
	bool json = true;
	struct pollfd wait;
	struct job *job;
	int ready[2], n = 3;
	char byte;

	REQUIRE(pipe(ready) == 0);
	fcntl(ready[0], F_SETFD, FD_CLOEXEC);
	full[n++] = text("%d", ready[1]);
	for (int i = 1; argv[i] && strcmp(argv[i], "--"); i++)
		json &= strcmp(argv[i], "-f") != 0;
	if (json)
		full[n++] = "--json";
	for (int i = 1; argv[i] && n < 255; i++)
		full[n++] = argv[i];
	job = job_start(NULL, full);
	job->json = json;
	close(ready[1]);
	wait = (struct pollfd){ready[0], POLLIN, 0};
	if (poll(&wait, 1, 20 * slow() * 1000) == 1 && read(ready[0], &byte, 1) == 1) {
		close(ready[0]);
		return job;
	}
	/* The descriptor was closed unwritten, which is as good as gone, or the deadline passed. */
	job_wait(job, wait.revents ? 5 : 0);
	if (job->status == 3)
		skip_if_it_cannot(job->name, job);
	FAIL("%s: not ready, status %d; its stderr: %s", job->name, job->status, job->err);
	test_end();
}

static void end_well(struct job *job, int signal)
{
	if (job_end(job, signal))
		FAIL("%s: status %d; its stderr: %s", job->name, job->status, job->err);
	if (job->json) {
		tool_check_json(job);
		if (missed_up_to(job, 100))	/* a task that was stopped in a program may stay so for many calls */
			test_blinded();
	}
}

void tool_stop(struct job *job)
{
	end_well(job, SIGINT);
}

void tool_wait(struct job *job)
{
	end_well(job, 0);
}

struct listed *tools_listed(size_t *count)
{
	struct job *job = run("corekit", "--json");
	struct listed *list = NULL;
	const char *help;
	json_t *line, *arg;
	size_t n = 0, i;

	if (!CHECK_EQ(job->status, 0))
		fprintf(stderr, "%s", job->err);
	for (size_t at = 0; (line = row_next(job, &at, NULL)); n++) {
		REQUIRE(json_object_get(line, "domain") && json_object_get(line, "name"));
		list = realloc(list, (n + 1) * sizeof(*list));
		list[n] = (struct listed){
			string(line, "domain"), string(line, "name"), string(line, "summary"), {0}, false};
		help = run("corekit", list[n].name, "--help")->out;
		list[n].traces = strstr(help, "--duration") && !strstr(help, "\ncommands:");
		json_array_foreach(json_object_get(line, "args"), i, arg) if (i < 7) list[n].args[i] =
			strdup(json_string_value(arg) ?: "");
	}
	*count = n;
	return list;
}
