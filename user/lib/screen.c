// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "lib/lib.h"
#include "lib/screen.h"

#define ENTER "\033[?1049h\033[?25l\033[?7l"	/* another screen, no cursor, no wrapping */
#define LEAVE "\033[?7h\033[?25h\033[?1049l"

static struct termios before, raw;
static int keys = -1;		/* the terminal, for reading */
static volatile sig_atomic_t on, resized;
static bool paused, reversed, quit;
static int sorted;		/* steps from the tool's own column */
static char *frame, *said;
static size_t frame_size, said_size;
static const char *sort_name = "";
static struct run *the_run;

static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH };

/* All that it calls may be called from a signal's handler. */
static void set(bool enter)
{
	const char *text = enter ? ENTER : LEAVE;

	tcsetattr(keys, TCSANOW, enter ? &raw : &before);
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		return;		/* the terminal is gone */
}

static void on_signal(int sig)
{
	int error = errno;

	if (sig == SIGCONT && on)
		set(true);
	if (sig == SIGCONT || sig == SIGWINCH) {
		resized = 1;
	} else if (on) {	/* it stops or dies: the terminal first */
		set(false);
		if (sig == SIGTSTP) {
			raise(SIGSTOP);
		} else {
			on = 0;
			signal(sig, SIG_DFL);
			raise(sig);
		}
	}
	errno = error;
}

void screen_end(void)
{
	if (on)
		set(false);
	on = 0;
	if (said)
		fwrite(said, 1, said_size, stderr);
	free(said);
	said = NULL;
	said_size = 0;
}

bool screen_on(void)
{
	return on;
}

bool screen_paused(void)
{
	return paused;
}

bool screen_quit(void)
{
	return quit;
}

int screen_fd(void)
{
	return on ? keys : -1;
}

bool screen_say(const char *line)
{
	char *more = on ? realloc(said, said_size + strlen(line) + 1) : NULL;

	if (!more)
		return false;
	said = more;
	strcpy(said + said_size, line);
	said_size += strlen(line);
	return true;
}

/* The column to sort by: the tool's own or the n-th number after it, in a circle. */
const struct column *screen_sort(const struct run *run, const struct column *by, bool *reverse)
{
	const struct column *first = run->tool->columns, *c = by;

	*reverse = reversed;
	for (int left = sorted; left;) {
		c = c && c[1].key ? c + 1 : first;
		left -= out_is_shown(c) && c->look != L_STR && c->look != L_OWN;
		if (c == by && left == sorted)
			break;		/* there is no other */
	}
	sort_name = c ? c->key : "";
	return c;
}

/* One line of text, as wide as the terminal: bytes that go on with a character take no room. */
static size_t line_of(const char *text, size_t size, int columns)
{
	size_t n = 0;

	for (int width = 0; n < size && text[n] != '\n'; n++) {
		width += (text[n] & 0xc0) != 0x80;
		if (width > columns)
			break;
	}
	return n;
}

static void put(struct run *run, FILE *f, int lines, int columns)
{
	const char *text = frame, *end = frame + frame_size;
	char title[256], now[16] = "";
	time_t t = time(NULL);

	strftime(now, sizeof(now), "%H:%M:%S", localtime(&t));
	snprintf(title, sizeof(title), "%s - %s, every %g s, by %s%s%s   %s%.*s", run->tool->name, now, run->interval / 1e9,
		 sort_name, reversed ? " upwards" : "", paused ? ", PAUSED" : "",
		 said ? "" : "(q quit, p pause, s sort, r reverse, space now)", 
		 said ? (int)strcspn(said, "\n") : 0, said ?: "");
	fprintf(f, "\033[H%.*s\033[K\r\n", (int)line_of(title, strlen(title), columns), title);
	for (int line = 1; line < lines && text < end; line++) {
		const char *next = memchr(text, '\n', end - text);

		fprintf(f, "%s%.*s\033[K%s%s", line == 1 ? "\033[7m" : "", (int)line_of(text, end - text, columns), text,
			line == 1 ? "\033[m" : "", line + 1 < lines ? "\r\n" : "");
		text = next ? next + 1 : end;
	}
	fprintf(f, "\033[J");
}

static void draw(struct run *run)
{
	struct winsize window = {};
	char *text = NULL;
	size_t size = 0, at = 0;
	FILE *f = open_memstream(&text, &size);
	ssize_t n;

	if (!f)
		return;
	ioctl(STDOUT_FILENO, TIOCGWINSZ, &window);
	put(run, f, window.ws_row ?: 24, window.ws_col ?: 80);
	fclose(f);
	while (at < size && !quit) {
		n = write(STDOUT_FILENO, text + at, size - at);
		at += n > 0 ? n : 0;
		quit |= n < 0 && errno != EINTR;	/* nobody sees it any more */
	}
	free(text);
}

int screen_start(struct run *run)
{
	struct sigaction sa = { .sa_handler = on_signal };

	if (!run->table->screen || run->format != OUT_TEXT || !isatty(STDOUT_FILENO))
		return 0;
	keys = isatty(STDIN_FILENO) ? STDIN_FILENO : STDOUT_FILENO;
	if (tcgetattr(keys, &before))
		return -errno;
	raw = before;
	raw.c_lflag &= ~(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	the_run = run;
	if (!run->rows)
		run->rows = 1000;	/* no terminal has more lines */
	for (unsigned int i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &sa, NULL);
	atexit(screen_end);
	on = 1;
	set(true);
	draw(run);
	return 0;
}

void screen_draw(const char *text, size_t size)
{
	char *more = realloc(frame, size);

	if (!more)
		return;
	frame = more;
	memcpy(frame, text, size);
	frame_size = size;
	draw(the_run);
}

bool screen_keys(struct run *run)
{
	struct pollfd terminal = { .fd = keys, .events = POLLIN };
	bool now = false, again = resized;
	char key;

	resized = 0;
	quit |= poll(&terminal, 1, 0) > 0 && terminal.revents & (POLLHUP | POLLERR);
	while (on && read(keys, &key, 1) == 1)
		switch (key) {
		case 'q': quit = true; break;
		case 'p': paused = !paused; again = true; break;
		case 's': sorted++; again = true; break;
		case 'r': reversed = !reversed; again = true; break;
		case ' ': now = true; break;
		}
	if (again && on && frame) {
		table_again(run);
		out_flush();
	}
	return now;
}
