// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/share.h"

#define BAR 32

static __u32 group_of(const char *row, const struct share_of *of)
{
	return of->group ? *(const __u32 *)(row + of->group - 1) : 0;
}

void share_out(void *rows, size_t n, const struct share_of *of)
{
	for (char *row = rows, *end = row + n * of->size; row < end; row += of->size) {
		struct share *share = (struct share *)(row + of->share);

		*share = (struct share){ .part = *(__u64 *)(row + of->count) };
		for (const char *other = rows; other < end; other += of->size) {
			__u64 count = *(const __u64 *)(other + of->count);

			if (group_of(other, of) != group_of(row, of))
				continue;
			share->whole += count;
			share->most = count > share->most ? count : share->most;
		}
	}
}

void share_show(struct out *out, const struct column *c, const void *row)
{
	const struct share *share = (const void *)((const char *)row + c->offset);

	out_fixed(out, share->whole ? share->part * 10000 / share->whole : 0, 100, 2);
}

void share_bar(struct out *out, const struct column *c, const void *row)
{
	const struct share *share = (const void *)((const char *)row + c->offset);
	int stars = share->most ? share->part * BAR / share->most : 0;

	if (out_is_json(out) || !stars)
		out_nothing(out);
	else
		out_printf(out, "%.*s", stars, "********************************");
}
