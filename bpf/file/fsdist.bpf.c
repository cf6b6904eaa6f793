// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/fs.bpf.h"
#include "lib/hist.bpf.h"
#include "fsdist.h"

const volatile __u64 unit = 1000;

HISTOGRAMS(hists, struct fsdist_key);

ON_FS_CALL
{
	struct fsdist_key key = { .call = what };

	hist_add(hists, &key, call->ns, unit);
	return 0;
}
