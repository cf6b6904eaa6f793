// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* From "everything is attached" to the end: events, intervals, signals, losses. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "lib/lib.h"
#include "lib/perf.h"
#include "lib/screen.h"

#define NAP (100 * MSEC)	/* an event waits this long at most; idle, it is ten wake-ups a second */
#define LOOK_EVERY 4096		/* events between looks at the clock */

static volatile sig_atomic_t stop;
static __u64 deadline, next_interval;
static __u64 reported[LOSS_KINDS], total_lost, missed_before;
static unsigned int since_look;

static const char *const loss_words[LOSS_KINDS][2] = {
	[LOSS_RING] = { "ring buffer full", "try a filter or a larger --buffer" },
	[LOSS_MAP] = { "map full", "try a filter or a larger --max-entries" },
	[LOSS_START] = { "no room for a thread's state", "try a filter" },
	[LOSS_STACK] = { "no room for a stack", "try a filter" },
	[LOSS_UNTOLD] = { "counted by the kernel, which told of fewer", "try a filter" },
	[LOSS_READ] = { "memory could not be read", "the process changed or ended meanwhile" },
};

static void on_signal(int sig)
{
	if (sig != SIGCHLD)
		stop = 1;
}

void ring_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD };
	struct sigaction sa = { .sa_handler = on_signal };

	for (unsigned int i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &sa, NULL);
	signal(SIGPIPE, SIG_IGN);	/* write() says it */
}

static void lose(struct run *run, __u64 n, const char *why, const char *remedy)
{
	struct out *out = out_open(run);

	total_lost += n;
	if (run->format == OUT_JSON) {
		out_printf(out, "{\"lost\":%llu,\"why\":\"%s\"}\n", n, why);
	} else {
		out_flush();
		err("lost %llu: %s: %s", n, why, remedy);
	}
}

/* Programs that the kernel skipped because one was already running on that CPU, or a full kretprobe. */
static __u64 missed_by(int fd)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size) ? info.recursion_misses : 0;
}

static __u64 missed(struct run *run)
{
	struct bpf_program *p;
	const int *fds;
	int n = attach_programs(&fds);
	__u64 sum = 0;

	bpf_object__for_each_program(p, run->skel->obj) {
		const char *group = strstr(bpf_program__name(p), "__");

		if (run->tool->twice && group && strstr(run->tool->twice, group + 2))
			continue;
		sum += missed_by(bpf_program__fd(p));
	}
	while (n--)
		sum += missed_by(fds[n]);
	return sum + attach_missed();
}

/* Report new losses where they happened in the stream. */
static void account(struct run *run, bool end)
{
	__u64 n;

	for (int i = 0; i < LOSS_KINDS; i++) {
		n = __atomic_load_n(&run->lost[i], __ATOMIC_RELAXED);
		if (n != reported[i])
			lose(run, n - reported[i], loss_words[i][0], loss_words[i][1]);
		reported[i] = n;
	}
	if (!end)
		return;
	n = missed(run);
	if (n > missed_before)
		lose(run, n - missed_before, "probe missed", "the kernel skipped a nested call of a program");
	missed_before = n;
}

__u64 ring_lost(struct run *run)
{
	return total_lost;
}

bool ring_over(struct run *run, __u64 deadline)
{
	return stop || run->over || screen_quit() || out_closed() || (run->count && run->shown >= run->count) || (deadline && look_now() >= deadline);
}

/*
 * A CPU takes the time of an event first and its place in the ring then, with perhaps an
 * interrupt between: some records are held back, a little while at most, and sorted.
 */
#define WINDOW 2048
#define WINDOW_BYTES (1 << 20)
#define SETTLED (2 * MSEC)

struct pending {
	__u64 time;
	size_t size, room;
	char *record;
};

static struct pending *window[WINDOW];	/* the first `held` by time, the rest spare */
static int held;
static size_t held_bytes;

static void emit(struct run *run, struct pending *p)
{
	if (run->count && run->shown >= run->count)
		return;
	if (!run->tool->event || run->tool->event(run, p->record, p->size)) {
		out_row(run, p->record);
		run->shown++;
	}
}

static void emit_first(struct run *run, int n)
{
	static struct pending *done[WINDOW];

	for (int i = 0; i < n; i++) {
		emit(run, window[i]);
		held_bytes -= window[i]->size;
	}
	memcpy(done, window, n * sizeof(*done));
	memmove(window, window + n, (held - n) * sizeof(*window));
	memcpy(window + held - n, done, n * sizeof(*done));
	held -= n;
}

static void emit_settled(struct run *run, bool all)
{
	__u64 now = look_now();
	int n = 0;

	while (n < held && (all || window[n]->time + SETTLED < now))
		n++;
	if (n)
		emit_first(run, n);
}

static int hold(const void *data, size_t size)
{
	struct pending *p = window[held];
	int at = held;
	char *more;

	if (!p) {
		p = window[held] = calloc(1, sizeof(*p));
		if (!p)
			return -ENOMEM;
	}
	if (p->room < size) {
		more = realloc(p->record, size);
		if (!more)
			return -ENOMEM;
		p->record = more;
		p->room = size;
	}
	memcpy(p->record, data, size);
	p->size = size;
	p->time = ((const struct origin *)data)->time;
	for (; at && window[at - 1]->time > p->time; at--)
		window[at] = window[at - 1];
	window[at] = p;
	held++;
	held_bytes += size;
	return 0;
}

static bool last_round;	/* the programs are detached: what is there is shown to the last */

/* A negative result makes libbpf stop consuming; the record has been taken all the same. */
static int on_event(void *ctx, void *data, size_t size)
{
	struct run *run = ctx;
	int ret;

	if (run->tool->early && run->tool->early(run, data, size))
		return out_closed() ? -EINTR : 0;
	ret = hold(data, size);
	if (ret)
		return ret;
	if (held == WINDOW || held_bytes > WINDOW_BYTES)
		emit_first(run, (held + 1) / 2);
	if (last_round)
		return out_closed() ? -EINTR : 0;
	if (++since_look < LOOK_EVERY)
		return stop ? -EINTR : 0;
	since_look = 0;
	account(run, false);
	return ring_over(run, deadline) ? -EINTR : 0;
}

/* sd_notify(3): one datagram to the socket that systemd names. */
static void notify(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || len >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, len);
	if (*path == '@')
		to.sun_path[0] = 0;
	sendto(fd, "READY=1", 7, MSG_NOSIGNAL, (struct sockaddr *)&to, offsetof(struct sockaddr_un, sun_path) + len);
	close(fd);
}

int ring_ready(struct run *run)
{
	const char *socket = getenv("NOTIFY_SOCKET");

	if (socket)
		notify(socket);
	if (run->ready_fd < 0)
		return 0;
	if (write(run->ready_fd, "ready\n", 6) != 6) {
		err("--ready-fd: %s", strerror(errno));
		return -errno;
	}
	close(run->ready_fd);
	return 0;
}

static void time_line(struct run *run)
{
	struct out *out = out_open(run);

	if (!opt_shows("time") || run->format == OUT_JSON)
		return;
	look_time(out, look_now());
	out_str(out, "\n");
}

static int show(struct run *run)
{
	if (!screen_on())
		time_line(run);
	run->shown++;
	return run->tool->show ? run->tool->show(run) : table_show(run);
}

static int nap(struct run *run, struct ring_buffer *rb)
{
	struct pollfd pfd[] = {
		{ .fd = rb ? ring_buffer__epoll_fd(rb) : -1, .events = POLLIN },
		{ .fd = screen_fd(), .events = POLLIN },
		{ .fd = STDOUT_FILENO },	/* only when its reader has gone */
	};
	__u64 now = look_now(), until = now + (held ? SETTLED : rb || run->tool->tick ? NAP : SEC_);
	struct timespec ts;

	if (deadline && deadline < until)
		until = deadline;
	if (next_interval && next_interval < until)
		until = next_interval;
	until = until > now ? until - now : 0;
	ts = (struct timespec){ until / SEC_, until % SEC_ };
	if (ppoll(pfd, 3, &ts, NULL) < 0 && errno != EINTR)
		return -errno;
	if (pfd[2].revents)
		out_look();
	return 0;
}

int ring_run(struct run *run)
{
	struct bpf_map *events = bpf_object__find_map_by_name(run->skel->obj, "events");
	bool tables = run->table->map || run->tool->show;
	struct ring_buffer *rb = NULL;
	int ret = 0;
	bool now;

	if (events) {
		rb = ring_buffer__new(bpf_map__fd(events), on_event, run, NULL);
		if (!rb)
			return -errno;
	}
	if (!tables)
		out_header(run);
	out_flush();
	missed_before = missed(run);
	if (run->table->map)
		ret = table_begin(run);
	if (!ret)
		ret = screen_start(run);
	if (ret)
		goto out;
	deadline = run->duration ? look_now() + run->duration : 0;
	next_interval = run->interval ? look_now() + run->interval : 0;
	ret = ring_ready(run);
	if (!ret)
		ret = command_go(run);
	while (!ret && !ring_over(run, deadline)) {
		bool done = command_done(run);

		if (!done)
			ret = nap(run, rb);
		if (!ret && rb) {
			ring_buffer__consume(rb);
			emit_settled(run, false);
		}
		if (!ret && run->tool->tick)
			ret = run->tool->tick(run);
		perf_look();
		account(run, false);
		now = screen_on() && screen_keys(run);
		if (next_interval && (now || look_now() >= next_interval)) {
			if (now || !screen_paused())
				ret = show(run);
			next_interval = screen_on() ? look_now() + run->interval : next_interval + run->interval;
		}
		out_flush();
		if (done)
			break;
	}
	account(run, true);	/* reads the programs, so before they go */
	if (!ret && run->table->read && !screen_on() && !(run->count && run->shown >= run->count)) {
		ret = show(run);	/* what is as of a time needs them until then */
		tables = false;
	}
	attach_detach();
	last_round = true;
	if (!ret && rb) {
		ring_buffer__consume(rb);
		emit_settled(run, true);
	}
	account(run, false);
	if (!ret && tables && !screen_on() && !(run->count && run->shown >= run->count))
		ret = show(run);
	if (!ret && run->tool->end)
		ret = run->tool->end(run);
	screen_end();
	if (total_lost && run->format != OUT_JSON)
		err("%llu lost in all", total_lost);
	out_flush();
out:
	ring_buffer__free(rb);
	return ret;
}
