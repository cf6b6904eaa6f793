// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Any bytes: escaped so that they come back, and as a glob. */
#include "../../user/lib/out.c"
#include "fuzz.h"
#include "lib/filter.h"

static int hex_digit(char c)
{
	return c >= 'a' ? c - 'a' + 10 : c - '0';
}

/* The inverse of both escapes; JSON's \u00NN and \udcNN stand for one byte. */
static size_t unescape(const char *s, size_t n, char *to)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		MUST((unsigned char)s[i] >= 0x20 && s[i] != 0x7f);
		if (s[i] != '\\') {
			to[at++] = s[i];
			continue;
		}
		MUST(++i < n);
		if (s[i] == 'x' || s[i] == 'u') {
			i += s[i] == 'x' ? 2 : 4;
			MUST(i < n);
			to[at++] = hex_digit(s[i - 1]) << 4 | hex_digit(s[i]);
		} else {
			to[at++] = s[i] == 'n' ? '\n' : s[i] == 't' ? '\t' : s[i] == 'r' ? '\r' : s[i];
		}
	}
	return at;
}

static void glob(const uint8_t *data, size_t size)
{
	char *pattern = malloc(size + 1);
	struct common automaton = {};
	__u32 states = 1;
	bool plain = true;

	memcpy(pattern, data, size);
	pattern[size] = 0;
	if (!filter_glob(pattern, &automaton)) {
		MUST(automaton.comm_end && !(automaton.comm_end & (automaton.comm_end - 1)));
		for (const char *c = pattern; *c; c++) {
			plain &= !strchr("*?[\\", *c);
			states = (states & automaton.comm_match[(__u8)*c]) << 1 | (states & automaton.comm_stars);
		}
		/* what has no special character is itself */
		MUST(!plain || states == automaton.comm_end);
	}
	free(pattern);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *back = malloc(size + 1);

	if (size > 4096)
		size = 4096;
	for (int format = OUT_TEXT; format <= OUT_CSV; format++) {
		the_out.format = format;
		out_bytes(&the_out, (const char *)data, size);
		MUST(the_out.len <= 6 * size);
		MUST(unescape(the_out.buf, the_out.len, back) == size && !memcmp(back, data, size));
		the_out.len = 0;
	}
	free(back);
	glob(data, size);
	return 0;
}
