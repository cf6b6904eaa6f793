// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Rules and packets of any kind: through the programs of pktdrop, run by the kernel, and through a plain model. And text that
 * claims to be rules. Where programs can't be loaded, only the text is left.
 */
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <string.h>
#include "../pkt/model.h"
#include "fuzz.h"
#include "lib/rules_user.h"
#include "pkt/pktdrop.skel.h"

static struct pktdrop_bpf *skel;
static bool tried;

static void load(void)
{
	struct bpf_map *map;

	tried = true;
	skel = pktdrop_bpf__open();
	MUST(skel);
	bpf_program__set_autoload(skel->progs.on_xdp, true);
	bpf_program__set_autoload(skel->progs.on_tc, true);
	bpf_program__set_autoload(skel->progs.on_cgroup, true);
	bpf_object__for_each_map(map, skel->obj)
		if (!strchr(bpf_map__name(map), '.') && bpf_map__max_entries(map) == 1)
			bpf_map__set_max_entries(map, 4096);
	if (pktdrop_bpf__load(skel)) {
		pktdrop_bpf__destroy(skel);
		skel = NULL;
	}
}

static int verdict(struct bpf_program *program, uint8_t *data, size_t size, uint32_t mark, bool xdp)
{
	struct __sk_buff skb = {.mark = mark};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = data, .data_size_in = size, .repeat = 1, .ctx_in = xdp ? NULL : &skb,
		    .ctx_size_in = xdp ? 0 : sizeof(skb));
	int ret = bpf_prog_test_run_opts(bpf_program__fd(program), &opts);

	return ret ? -1000 : (int)opts.retval;
}

static void run(struct model_random *r)
{
	static const int drops[] = {1, 2, 0}, passes[] = {2, -1, 1};
	struct bpf_program *const programs[] = {skel->progs.on_xdp, skel->progs.on_tc, skel->progs.on_cgroup};
	enum model_set set = model_random(r, MODEL_SETS);
	int which = model_random(r, 3), n, got;
	bool mac = which < 2, otherwise = model_random(r, 2), drop;
	struct rules_maps maps = {.map = {bpf_map__fd(skel->maps.narrow), bpf_map__fd(skel->maps.wide), bpf_map__fd(skel->maps.narrow_prefix),
					  bpf_map__fd(skel->maps.wide_prefix), bpf_map__fd(skel->maps.word)},
				  .live = &skel->data_live->live, .counters = bpf_map__fd(skel->maps.counters)};
	struct model_rule list[16];
	struct rules rules = {0};
	char text[4000], *save = NULL;

	n = model_rules(r, set, list, 1 + model_random(r, 15), mac, which > 0, text);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		MUST(!rules_add(&rules, line, "fuzz"));
	if (rules_compile(&rules, otherwise)) {	/* of too many kinds */
		rules_free(&rules);
		return;
	}
	MUST(!rules_load(&rules, &maps));
	for (int i = 0; i < 20; i++) {
		uint32_t mark = which ? model_random(r, 3) : 0;
		uint8_t data[512];
		size_t size = model_packet(r, data), skip = mac ? 0 : 14;
		struct model_packet p = model_read(data + skip, size - skip, mac, model_16(data, size, 12), mark);
		int decides = model_decides(list, n, &p);

		drop = decides ? list[decides - 1].drop : otherwise;
		got = verdict(programs[which], data, size, mark, !which);
		MUST(got == (drop ? drops[which] : passes[which]) || (got == -1000 && size < 14 + 40));
	}
	rules_free(&rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct model_random r = {.state = size, .data = data, .size = size};
	struct rules rules = {0};
	char text[200];

	if (!tried)
		load();
	if (skel && (!size || *data % 2)) {
		run(&r);
		return 0;
	}
	snprintf(text, sizeof(text), "%.*s", (int)(size < 199 ? size : 199), (const char *)data);
	if (!rules_add(&rules, text, "fuzz"))
		rules_compile(&rules, false);
	rules_free(&rules);
	return 0;
}
