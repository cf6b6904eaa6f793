// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* "-- COMMAND": started, but held before its first instruction until all is attached. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lib/filter.h"
#include "lib/lib.h"

static int gate[2] = { -1, -1 };	/* closed by us: go */
static int failure[2] = { -1, -1 };	/* closed by exec: it runs; else the errno */

int command_start(struct run *run)
{
	char byte;
	int error;

	if (!run->command)
		return 0;
	if (pipe2(gate, O_CLOEXEC) || pipe2(failure, O_CLOEXEC))
		return -errno;
	run->child = fork();
	if (run->child < 0)
		return -errno;
	if (!run->child) {
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
		signal(SIGPIPE, SIG_DFL);
		close(gate[1]);
		if (read(gate[0], &byte, 1) == 1) {
			execvp(run->command[0], run->command);
			error = errno;
			if (write(failure[1], &error, sizeof(error)) < 0)
				_exit(126);
		}
		_exit(127);
	}
	close(gate[0]);
	close(failure[1]);
	return filter_follow(run->child);
}

int command_go(struct run *run)
{
	int error = 0;

	if (!run->child)
		return 0;
	if (write(gate[1], "", 1) != 1)
		return -errno;
	if (read(failure[0], &error, sizeof(error)) == sizeof(error)) {
		err("%s: %s", run->command[0], strerror(error));
		return -error;
	}
	return 0;
}

bool command_done(struct run *run)
{
	return run->child && waitpid(run->child, NULL, WNOHANG) == run->child;
}

/* The gate closes unused when the start failed, and the child ends by itself. */
void command_end(struct run *run)
{
	for (int i = 0; i < 2; i++) {
		if (gate[i] >= 0)
			close(gate[i]);
		if (failure[i] >= 0)
			close(failure[i]);
	}
}
