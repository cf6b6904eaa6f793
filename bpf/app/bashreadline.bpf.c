// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/event.bpf.h"
#include "lib/filter.bpf.h"
#include "bashreadline.h"

/* readline() gives the line, or NULL at the end of the input. */
SEC("uretprobe")
int readline_return(struct pt_regs *ctx)
{
	struct bashreadline_event *e;
	char next = 0;
	long n;

	if (!PT_REGS_RC(ctx) || !filter_current())
		return 0;
	e = event_reserve(struct bashreadline_event);
	if (!e)
		return 0;
	n = read_user_str(e->line, sizeof(e->line), PT_REGS_RC(ctx));
	if (n < 1) {
		lose(LOSS_READ);
		event_discard(e);
		return 0;
	}
	if (n == sizeof(e->line))
		bpf_probe_read_user(&next, 1, (void *)PT_REGS_RC(ctx) + n - 1);
	e->cut = next != 0;
	event_submit(e);
	return 0;
}
