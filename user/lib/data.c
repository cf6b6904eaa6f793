// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/data_user.h"

#define LINE 16

bool data_hex;

/* What comes behind it and was not taken. */
static __u64 rest(const struct data *d)
{
	__u64 to = (__u64)d->offset + d->size;

	return d->last && d->length > to ? d->length - to : 0;
}

void data_show_cut(struct out *out, const struct column *c, const void *row)
{
	const struct data *d = (const void *)((const char *)row + c->offset);

	if (rest(d))
		out_u64(out, rest(d));
	else
		out_nothing(out);
}

static void show_hex(struct out *out, const struct data *d)
{
	const __u8 *data = (const void *)d->bytes;

	for (__u32 at = 0; at < d->size; at += LINE) {
		out_printf(out, "\n%10x ", d->offset + at);
		for (__u32 i = at; i < at + LINE; i++)
			if (i < d->size)
				out_printf(out, "%s%02x", i % 8 ? " " : "  ", data[i]);
			else
				out_str(out, i % 8 ? "   " : "    ");
		out_str(out, "  ");
		for (__u32 i = at; i < at + LINE && i < d->size; i++)
			out_printf(out, "%c", data[i] >= ' ' && data[i] < 0x7f ? data[i] : '.');
	}
}

void data_show(struct out *out, const struct column *c, const void *row)
{
	const struct data *d = (const void *)((const char *)row + c->offset);

	if (!d->size)
		out_nothing(out);
	else if (!data_hex)
		out_bytes(out, d->bytes, d->size);
	else if (out_is_text(out))
		show_hex(out, d);
	else
		for (__u32 i = 0; i < d->size; i++)
			out_printf(out, "%02x", (__u8)d->bytes[i]);
	if (out_is_text(out) && rest(d) && d->size)
		out_printf(out, "%s... and %llu bytes more", data_hex ? "\n" : " ", rest(d));
}
