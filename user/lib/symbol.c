// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "lib/demangle.h"
#include "lib/ksym.h"
#include "lib/module.h"
#include "lib/symbol.h"

#define PROCESSES 1024		/* whose mappings are remembered: those met last */
#define AGAIN 20000000ULL	/* ns until mappings are read again for an address that is in none of them */
#define NAME 16384

struct mapping {
	__u64 start, end, offset;	/* offset: in the file; where there is none, the address */
	__u32 module;
};

struct symbol_process {
	__u32 pid;
	__u64 image, used, read_at;
	bool gone;			/* it has ended, or is another program now */
	struct mapping *maps;
	size_t n;
};

struct frame {
	__u64 at;			/* in the module */
	__u32 module;
	__u32 text, long_text;		/* 0: not asked for yet */
	__u32 said;			/* the frame is no more than this word */
	__u32 name, into;
	__u32 file, line;
	__u32 inner;			/* functions that were put into this one: frames from this number on */
	__u8 level, n_inner;		/* level: of such a one, from the innermost, 1 */
	bool returns, named, asked, checked, wrong, asked_lines;
};

/* A table of hashes to numbers, open-addressed; what has the number is compared by the caller. */
struct table {
	__u32 *slots;
	size_t room, used;
};

static struct symbol_process *processes[PROCESSES];
static struct frame *frames;
static __u32 n_frames, frames_room;
static char **words;
static __u32 n_words, words_room;
static struct table by_place, by_word;
static __u64 clock_now;
static bool kernel_hidden, want_lines, want_inlined;

static __u64 now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static __u64 mix(__u64 hash, __u64 value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 29;
}

/* --- Numbers for what is the same --- */

typedef bool (*same_fn)(__u32 number, const void *key);
typedef __u64 (*hash_fn)(__u32 number);

static int grow(struct table *t, hash_fn hash)
{
	struct table bigger = { .room = t->room ? t->room * 2 : 1024, .used = t->used };

	bigger.slots = calloc(bigger.room, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < t->room; i++) {
		size_t at;

		if (!t->slots[i])
			continue;
		for (at = hash(t->slots[i]) & (bigger.room - 1); bigger.slots[at]; at = (at + 1) & (bigger.room - 1))
			;
		bigger.slots[at] = t->slots[i];
	}
	free(t->slots);
	*t = bigger;
	return 0;
}

/* Where the number is, or is to be put. */
static __u32 *find(struct table *t, __u64 hash, hash_fn hash_of, same_fn same, const void *key)
{
	size_t at;

	if (t->used * 2 >= t->room && grow(t, hash_of))
		return NULL;
	for (at = hash & (t->room - 1); t->slots[at] && !same(t->slots[at], key); at = (at + 1) & (t->room - 1))
		;
	return &t->slots[at];
}

static __u64 hash_text(const char *text)
{
	__u64 hash = 5381;

	while (*text)
		hash = mix(hash, (unsigned char)*text++);
	return hash;
}

static __u64 hash_word(__u32 number)
{
	return hash_text(words[number]);
}

static bool same_word(__u32 number, const void *key)
{
	return !strcmp(words[number], key);
}

static __u32 word(const char *text)
{
	__u32 *slot = find(&by_word, hash_text(text), hash_word, same_word, text);
	char **more;

	if (!slot || *slot)
		return slot ? *slot : 0;
	if (n_words == words_room) {
		words_room = words_room ? words_room * 2 : 256;
		more = realloc(words, words_room * sizeof(*words));
		if (!more)
			return 0;
		words = more;
	}
	if (!n_words)
		words[n_words++] = strdup("");	/* 0 is no word */
	words[n_words] = strdup(text);
	if (!words[n_words])
		return 0;
	by_word.used++;
	return *slot = n_words++;
}

const char *symbol_word(__u32 text)
{
	return text < n_words ? words[text] : "";
}

static bool same_frame(__u32 number, const void *key)
{
	const struct frame *f = &frames[number], *k = key;

	return f->at == k->at && f->module == k->module && f->returns == k->returns && f->said == k->said &&
	       f->level == k->level;
}

static __u64 hash_of(const struct frame *f)
{
	return mix(mix(mix(mix(f->module, f->at), f->returns), f->said), f->level);
}

static __u64 hash_frame(__u32 number)
{
	return hash_of(&frames[number]);
}

static __u32 frame_of(const struct frame *new)
{
	__u32 *slot = find(&by_place, hash_of(new), hash_frame, same_frame, new);
	struct frame *more;

	if (!slot || *slot)
		return slot ? *slot : 0;
	if (n_frames == frames_room) {
		frames_room = frames_room ? frames_room * 2 : 1024;
		more = realloc(frames, frames_room * sizeof(*frames));
		if (!more)
			return 0;
		frames = more;
	}
	if (!n_frames)
		frames[n_frames++] = (struct frame){};
	frames[n_frames] = *new;
	by_place.used++;
	return *slot = n_frames++;
}

static __u32 frame(__u32 module, __u64 at, bool returns, __u32 said)
{
	return frame_of(&(struct frame){ .at = at, .module = module, .returns = returns, .said = said, .name = said,
					 .asked = said, .named = said });
}

/* --- Processes and what they have mapped --- */

/* Field 28 of /proc/PID/stat; the second, in brackets, may hold anything. */
static __u64 image_of(__u32 pid)
{
	char path[48], line[1024], *p;
	__u64 image = 0;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	f = fopen(path, "re");
	n = f ? fread(line, 1, sizeof(line) - 1, f) : 0;
	line[n] = 0;
	p = strrchr(line, ')');
	for (int field = 2; p && field < 28; field++) {
		p = strchr(p, ' ');
		p = p ? p + 1 : NULL;
	}
	if (p)
		image = strtoull(p, NULL, 10);
	if (f)
		fclose(f);
	return image;
}

static int add_mapping(struct symbol_process *p, __u64 start, __u64 end, __u64 offset, __u32 module)
{
	struct mapping *more;

	if (!(p->n & (p->n - 1))) {
		more = realloc(p->maps, (p->n ? p->n * 2 : 1) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		p->maps = more;
	}
	p->maps[p->n++] = (struct mapping){ start, end, offset, module };
	return 0;
}

/* "start-end perms offset major:minor inode path", where a line end in the path is \012. */
static int take_line(struct symbol_process *p, char *line)
{
	struct mapped m = { .pid = p->pid };
	unsigned long long start, end, offset, inode;
	int at = 0;
	char x;

	if (sscanf(line, "%llx-%llx %*c%*c%c%*c %llx %x:%x %llu %n", &start, &end, &x, &offset, &m.major, &m.minor, &inode,
		   &at) < 7 || !at || x != 'x')
		return 0;
	line[strcspn(line, "\n")] = 0;
	m.start = start;
	m.end = end;
	m.inode = inode;
	m.path = line + at;
	if (inode && *m.path == '/')
		return add_mapping(p, start, end, offset, module_of_file(&m));
	if (!strcmp(m.path, "[vdso]"))
		return add_mapping(p, start, end, 0, module_vdso(&m));
	return add_mapping(p, start, end, start, module_of_jit(p->pid, p->image));
}

static void read_maps(struct symbol_process *p)
{
	char path[48], *line = NULL;
	size_t size = 0;
	FILE *f;

	p->n = 0;
	free(p->maps);
	p->maps = NULL;
	p->read_at = now();
	snprintf(path, sizeof(path), "/proc/%u/maps", p->pid);
	f = fopen(path, "re");
	while (f && getline(&line, &size, f) > 0 && !take_line(p, line))
		;
	free(line);
	if (f)
		fclose(f);
	/* asked after the mappings: if it is still that program, they are its own */
	if (!f || !p->n || (p->image && image_of(p->pid) != p->image)) {
		p->gone = true;
		p->n = 0;
	}
}

struct symbol_process *symbol_process(__u32 pid, __u64 image)
{
	static struct symbol_process nobody = { .gone = true };
	int oldest = 0;

	for (int i = 0; i < PROCESSES; i++) {
		struct symbol_process *p = processes[i];

		if (!p) {
			oldest = i;
			break;
		}
		if (p->pid == pid && p->image == image) {
			p->used = ++clock_now;
			return p;
		}
		oldest = p->used < processes[oldest]->used ? i : oldest;
	}
	if (!processes[oldest])
		processes[oldest] = calloc(1, sizeof(struct symbol_process));
	if (!processes[oldest])
		return &nobody;
	free(processes[oldest]->maps);
	*processes[oldest] = (struct symbol_process){ .pid = pid, .image = image, .used = ++clock_now };
	read_maps(processes[oldest]);
	return processes[oldest];
}

static const struct mapping *mapping_at(const struct symbol_process *p, __u64 address)
{
	size_t low = 0, high = p->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->maps[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < p->n && p->maps[low].start <= address ? &p->maps[low] : NULL;
}

__u32 symbol_user(struct symbol_process *p, __u64 address, bool returns)
{
	__u64 at = address - returns;
	const struct mapping *m = mapping_at(p, at);
	struct symbol_process before;

	if (!m && !p->gone && now() >= p->read_at + AGAIN) {
		before = *p;
		p->maps = NULL;
		p->n = 0;
		read_maps(p);
		m = mapping_at(p, at);
		if (p->gone) {		/* what was seen of it still holds */
			free(p->maps);
			p->maps = before.maps;
			p->n = before.n;
		} else {
			free(before.maps);
		}
	}
	return m ? frame(m->module, at - m->start + m->offset, returns, 0) : frame(NO_MODULE, at, returns, 0);
}

bool symbol_is_wrong(const struct symbol_process *p, __u32 number)
{
	struct frame *f = number < n_frames ? &frames[number] : NULL;

	if (!f || !f->module)	/* of one that has gone, what no process can have mapped */
		return f && ((!p->gone && p->n) || f->at >> 56 || f->at < 4096);
	if (!f->checked) {
		f->wrong = f->returns && !module_is_return(f->module, f->at);
		f->checked = true;
	}
	return f->wrong;
}

__u32 symbol_kernel(__u64 address, bool returns)
{
	return frame(module_kernel(), address - returns, returns, 0);
}

__u32 symbol_said(const char *text)
{
	return frame(NO_MODULE, 0, false, word(text));
}

/* --- Names --- */

static __u32 readable(char *name)
{
	static char source[NAME];

	if (*name != '@')
		name[strcspn(name, "@")] = 0;	/* the version, which the loader needs */
	return word(demangle(name, source, sizeof(source)) ? source : name);
}

int symbol_want(bool lines, bool inlined)
{
#ifndef HAVE_LIBDW
	if (lines || inlined)
		return -ENOTSUP;
#endif
	want_lines = lines;
	want_inlined = inlined;
	if (lines || inlined)
		module_want_lines();
	return 0;
}

/* The last place is in the frame's own function; those before it were put into that. */
static void ask_lines(__u32 number)
{
	static struct line_place places[LINES_DEEP];
	struct frame f = frames[number];
	int n;

	if (f.asked_lines || (!want_lines && !want_inlined))
		return;
	frames[number].asked_lines = true;
	n = f.module && !f.level ? module_lines(f.module, f.at, places) : 0;
	if (!n)
		return;
	frames[number].line = places[n - 1].line;
	frames[number].file = word(places[n - 1].file);
	for (int i = 0; i < n - 1 && want_inlined; i++) {
		__u32 inner = frame_of(&(struct frame){ .at = f.at, .module = f.module, .returns = f.returns, .level = i + 1,
							.asked = true, .asked_lines = true, .named = true,
							.line = places[i].line, .file = word(places[i].file),
							.name = readable(places[i].function) });

		if (!inner || !*places[i].function)
			return;
		frames[number].inner = i ? frames[number].inner : inner;
		frames[number].n_inner++;
	}
}

int symbol_inlined(__u32 number, __u32 *to, int most)
{
	const struct frame *f;
	int n = 0;

	if (number && number < n_frames) {
		ask_lines(number);
		f = &frames[number];
		while (n < f->n_inner && n < most - 1) {
			to[n] = f->inner + n;
			n++;
		}
	}
	to[n++] = number;
	return n;
}

static void ask(struct frame *f)
{
	static char name[NAME];
	__u64 into;
	int ret;

	if (f->asked)
		return;
	f->asked = true;
	ret = f->module ? module_find(f->module, f->at, name, sizeof(name), &into) : -ENOENT;
	kernel_hidden |= ret == -EACCES;
	if (ret)
		return;
	f->name = readable(name);
	f->into = into;
	f->named = true;
}

static bool is_entry(const struct frame *f)
{
	static const char *const names[] = { "_start", "__libc_start_main", "__libc_start_call_main", "start_thread", "clone",
					     "clone3", "__clone", "__clone3", "thread_start", "_dl_start_user",
					     "runtime.goexit", "runtime.rt0_go", "runtime.mstart", "main" };
	const char *name = f->named ? symbol_word(f->name) : NULL;
	size_t length = name ? strcspn(name, ".") : 0;

	for (size_t i = 0; name && i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i]) || (strlen(names[i]) == length && *names[i] == '_' && !strncmp(name, names[i], length)))
			return true;
	return !name && f->module && module_is_entry(f->module, f->at);
}

void symbol_get(__u32 number, struct symbol *s)
{
	struct frame *f;

	*s = (struct symbol){ .path = "" };
	if (!number || number >= n_frames)
		return;
	ask_lines(number);
	f = &frames[number];
	ask(f);
	s->name = f->named ? symbol_word(f->name) : NULL;
	s->module = f->module ? module_name(f->module) : NULL;
	s->path = f->module ? module_path(f->module) : "";
	s->kernel = f->module && module_is_kernel(f->module);
	s->into = (f->named ? f->into : f->at) + f->returns;
	s->address = f->at + f->returns;
	s->is_entry = is_entry(f);
	s->inlined = f->level;
	s->line = want_lines ? f->line : 0;
	s->file = s->line ? symbol_word(f->file) : NULL;
}

__u32 symbol_text(__u32 number, bool offset)
{
	static char text[2 * NAME];
	const char *file;
	struct symbol s;
	__u32 *to, made;
	int n;

	if (!number || number >= n_frames)
		return 0;
	to = offset ? &frames[number].long_text : &frames[number].text;
	if (*to)
		return *to;
	symbol_get(number, &s);
	if (!s.name)
		n = snprintf(text, NAME, "%s+0x%llx", !s.module ? "[unknown]" : *s.module ? s.module : "[kernel]", s.into);
	else
		n = snprintf(text, NAME, "%s", s.name);
	if (s.name && s.module && offset && !s.inlined)
		n += snprintf(text + n, sizeof(text) - n, "+0x%llx", s.into);
	if (s.name && s.module && offset && *s.module)
		n += snprintf(text + n, sizeof(text) - n, " (%s)", s.module);
	if (s.file) {
		file = strrchr(s.file, '/');
		snprintf(text + n, sizeof(text) - n, " (%s:%u)", file ? file + 1 : s.file, s.line);
	}
	made = word(text);
	to = offset ? &frames[number].long_text : &frames[number].text;	/* frames of inlined functions may have come */
	return *to = made;
}

bool symbol_kernel_hidden(void)
{
	return kernel_hidden;
}

void symbol_free(void)
{
	for (int i = 0; i < PROCESSES; i++) {
		if (processes[i])
			free(processes[i]->maps);
		free(processes[i]);
		processes[i] = NULL;
	}
	for (__u32 i = 0; i < n_words; i++)
		free(words[i]);
	free(words);
	free(frames);
	free(by_place.slots);
	free(by_word.slots);
	words = NULL;
	frames = NULL;
	n_words = words_room = n_frames = frames_room = 0;
	by_place = by_word = (struct table){};
	kernel_hidden = want_lines = want_inlined = false;
	module_free();
	ksym_free();
}
