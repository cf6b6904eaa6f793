// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/probe.bpf.h"
#include "lib/asked.bpf.h"
#include "lib/hist.bpf.h"
#include "bitesize.h"

const volatile bool total, by_pid, by_disk, by_op;

HISTOGRAMS(hists, struct bitesize_key);

ON_BLOCK_ISSUE(rq)
{
	block_issue(direct, rq);
	return 0;
}

ON_BLOCK_DONE(asked, error)
{
	struct bitesize_key key = {};

	if (!asked->bytes)
		return 0;
	if (!total)
		__builtin_memcpy(key.comm, asked->origin.comm, COMM_LEN);
	if (by_pid)
		key.pid = asked->origin.pid;
	if (by_disk)
		key.disk = request_disk(rq);
	if (by_op)
		key.op = BLOCK_OP(asked->flags);
	hist_add_nested(hists, &key, asked->bytes, 1);
	return 0;
}
