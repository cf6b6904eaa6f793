// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A tool on a terminal, as top is: shown on one, schedtop, with a pseudo terminal in whose other end we sit. */
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include "test.h"

#define MS 1000000ULL
#define ENTERS "\033[?1049h"
#define LEAVES "\033[?1049l"

static int terminal, slave;
static struct termios before;
static struct job *job;

static void terminal_new(int lines, int columns)
{
	struct winsize size = {.ws_row = lines, .ws_col = columns};

	terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	REQUIRE(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
	slave = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
	REQUIRE(slave >= 0 && ioctl(slave, TIOCSWINSZ, &size) == 0 && tcgetattr(slave, &before) == 0);
	fcntl(terminal, F_SETFL, O_NONBLOCK);
}

static char screen[1 << 20];
static size_t size;

/* All that was written until now. */
static void look(void)
{
	ssize_t n;

	while (size < sizeof(screen) - 1 && (n = read(terminal, screen + size, sizeof(screen) - 1 - size)) > 0)
		size += n;
	screen[size] = 0;
}

static bool sees(void *text)
{
	look();
	return strstr(screen, text) != NULL;
}

static bool draws(void *n)
{
	int frames = 0;

	look();
	for (char *at = screen; (at = strstr(at, "\033[J")); at++)
		frames++;
	return frames >= *(int *)n;
}

static void forget(void)
{
	look();
	memset(screen, 0, sizeof(screen));
	size = 0;
}

static void type(const char *keys)
{
	REQUIRE(write(terminal, keys, strlen(keys)) == (ssize_t)strlen(keys));
}

static void start(const char *interval)
{
	needs("schedtop");
	terminal_new(10, 60);
	job = job_start(&(struct how){.out = slave}, ARGV("corekit", "schedtop", "-i", interval));
	CHECK(until(20, sees, "\033[J"));
}

static bool is_as_before(void)
{
	static struct termios now; /* static: what lies between its members is compared too */

	REQUIRE(tcgetattr(slave, &now) == 0);
	return !memcmp(&now, &before, sizeof(now));
}

static void ends_well(int status)
{
	job_wait(job, 20);
	CHECK_EQ(job->status, status);
	look();
	CHECK_HAS(screen, LEAVES);
	CHECK_HAS(screen, "\033[?25h");
	CHECK(is_as_before());
}

/* What is seen of the last frame: its lines, without the sequences that place and colour them. */
static int last_frame(char lines[64][256])
{
	char *at, *frame = NULL;
	int n = 0, column = 0;

	look();
	for (at = screen; (at = strstr(at, "\033[H")); at++)
		if (strstr(at, "\033[J"))
			frame = at;
	memset(lines, 0, 64 * 256);
	for (at = frame; at && strncmp(at, "\033[J", 3) && n < 64; at++) {
		if (*at == '\033') {
			at += strcspn(at, "HKJmhl");
		} else if (*at == '\n') {
			n++;
			column = 0;
		} else if (*at != '\r' && column < 255) {
			lines[n][column++] = *at;
		}
	}
	return n + 1;
}

TEST(screen, "it fills the terminal and no more, follows its size, and q gives it back as it was")
{
	char lines[64][256];
	int two = 2, n;

	start("50ms");
	CHECK_HAS(screen, ENTERS);
	CHECK(!is_as_before());
	forget();
	CHECK(until(20, draws, &two));
	n = last_frame(lines);
	CHECK_EQ(n, 10);
	for (int i = 0; i < n; i++)
		CHECK(strlen(lines[i]) <= 60);
	CHECK_HAS(lines[0], "schedtop - ");
	CHECK_HAS(lines[1], "TID");
	CHECK(atoi(lines[2]) > 0);

	REQUIRE(ioctl(terminal, TIOCSWINSZ, &(struct winsize){.ws_row = 20, .ws_col = 30}) == 0);
	kill(job->pid, SIGWINCH); /* it isn't our terminal's own process */
	forget();
	two = 3;
	CHECK(until(20, draws, &two));
	n = last_frame(lines);
	CHECK_EQ(n, 20);
	for (int i = 0; i < n; i++)
		CHECK(strlen(lines[i]) <= 30);
	type("q");
	ends_well(0);
}

TEST(screen, "s sorts by the next column, r turns the order, p pauses, the space bar shows at once")
{
	char lines[64][256];
	int one = 1, two = 2;
	long first, last;

	/* an interval that never ends: what is seen is the keys' work */
	start("1h");
	forget();
	type(" ");
	CHECK(until(20, sees, "by on"));
	CHECK(until(20, draws, &one));
	forget();
	type("s");
	CHECK(until(20, sees, "by wait"));
	CHECK(until(20, draws, &one));
	forget();
	type("sssssss"); /* sleep, block, moves, vol, invol, tid, on */
	CHECK(until(20, sees, "by on"));
	forget();
	type("sssssss"); /* …, tid */
	CHECK(until(20, sees, "by tid"));
	CHECK(until(20, draws, &one));
	last_frame(lines);
	first = atol(lines[2]);
	last = atol(lines[9]);
	CHECK(first > last && last > 0);
	forget();
	type("r");
	CHECK(until(20, sees, "by tid upwards"));
	CHECK(until(20, draws, &one));
	last_frame(lines);
	CHECK(atol(lines[2]) == 1 || atol(lines[2]) == 2);
	CHECK(atol(lines[2]) < atol(lines[9]));
	forget();
	type("p");
	CHECK(until(20, sees, "PAUSED"));
	forget();
	type("xyz"); /* mean nothing */
	type("p ");
	CHECK(until(20, draws, &two));
	CHECK(!sees("PAUSED"));
	type("q");
	ends_well(0);
}

TEST(screen, "paused it draws nothing, and goes on afterwards")
{
	int one = 1, three = 3;

	start("20ms");
	CHECK(until(20, draws, &three));
	type("p");
	CHECK(until(20, sees, "PAUSED"));
	nap(100 * MS);
	forget();
	nap(300 * MS);
	CHECK(!draws(&one));
	type("p");
	CHECK(until(20, draws, &three));
	type("q");
	ends_well(0);
}

TEST(screen, "signals that end it leave the terminal as it was; the worst too")
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGSEGV, SIGABRT};

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		start("50ms");
		kill(job->pid, signals[i]);
		ends_well(i < 3 ? 0 : 128 + signals[i]);
		forget();
		close(terminal);
		close(slave);
	}
}

TEST(screen, "stopped it gives the terminal back, and takes it again when it goes on")
{
	int two = 2, status;

	start("50ms");
	forget();
	kill(job->pid, SIGTSTP);
	REQUIRE(waitpid(job->pid, &status, WUNTRACED) == job->pid && WIFSTOPPED(status));
	CHECK(sees(LEAVES));
	CHECK(is_as_before());
	forget();
	kill(job->pid, SIGCONT);
	CHECK(until(20, sees, ENTERS));
	forget();
	CHECK(until(20, draws, &two));
	CHECK(!is_as_before());
	type("q");
	ends_well(0);
}

TEST(screen, "the end of its time leaves the terminal as it was; a terminal that goes away ends it")
{
	needs("schedtop");
	terminal_new(10, 60);
	job = job_start(&(struct how){.out = slave}, ARGV("corekit", "schedtop", "-d", "300ms", "-i", "50ms"));
	ends_well(0);
	close(terminal);
	close(slave);
	forget();
	start("20ms");
	close(terminal);
	close(slave);
	job_wait(job, 20);
	CHECK_EQ(job->status, 0);
}

TEST(screen, "in a pipe it prints block after block, and nothing that only a terminal understands")
{
	struct job *plain = tool_start("schedtop", "-i", "50ms", "-N", "3", "-f", "text");

	tool_wait(plain);
	CHECK(!strchr(plain->out, '\033'));
	CHECK_EQ(!!strstr(plain->out, "TID"), 1);
	CHECK(lines(plain->out) > 30);
}
