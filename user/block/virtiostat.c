// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <fnmatch.h>
#include "lib/ksym.h"
#include "lib/lib.h"
#include "lib/tool.h"
#include "block/virtiostat.h"
#include "block/virtiostat.skel.h"

#define ROW struct virtiostat_row

static const char *only_driver, *only_device;

/* Asked beforehand: that a kprobe has no function comes out when the others are attached, and all begins anew. */
static int setup(struct run *run)
{
	char why[128];
	bool absent;

	if (kernel_has_program("fentry/virtqueue_add_inbuf", why, sizeof(why)))
		absent = !kernel_has_program("fentry/virtqueue_add_inbuf_premapped", why, sizeof(why));
	else	/* where addresses are hidden, none is known */
		absent = ksym_address("virtqueue_add_inbuf") && !ksym_address("virtqueue_add_inbuf_premapped");
	ksym_free();
	if (absent)
		attach_skip("inbuf_premapped outbuf_premapped");
	return 0;
}

static bool row(struct run *run, void *row)
{
	ROW *r = row;

	r->bytes = r->value.in_bytes + r->value.out_bytes;
	return (!only_driver || !fnmatch(only_driver, r->value.driver, 0)) &&
	       (!only_device || !fnmatch(only_device, r->value.device, 0));
}

static const struct opt opts[] = {
	{ .name = "driver", .arg = "GLOB", .value = V_CHARS, .here = &only_driver,
	  .help = "only devices of this driver: 'virtio_net'" },
	{ .name = "device", .arg = "GLOB", .value = V_CHARS, .here = &only_device,
	  .help = "only this device: 'virtio0'" },
	{}
};

static const struct column columns[] = {
	COL("driver", ROW, value.driver, -16, "driver of the device"),
	COL("device", ROW, value.device, -10, "the device"),
	COL("queue", ROW, value.name, -14, "queue of the device"),
	COL("in_sgs", ROW, value.in_buffers, 8, "buffers that the host is to fill"),
	COL("out_sgs", ROW, value.out_buffers, 8, "buffers that it is to read"),
	COL("in_bytes", ROW, value.in_bytes, 11, "how long they are"),
	COL("out_bytes", ROW, value.out_bytes, 11, "how long they are"),
	COL("bytes", ROW, bytes, 11, "both together", HIDDEN),
	{}
};

static const struct example examples[] = {
	{ "1", "what a virtual machine gives to its devices' queues, second by second" },
	{ "--driver virtio_net 5", "its network devices, every five seconds" },
	{}
};

TOOL(virtiostat,
	.summary  = "what a virtual machine gives to the queues of its virtio devices",
	.about    = "Buffers that drivers of virtio devices add to their queues, and their length: those that the host is to fill "
		    "(in) and those that it is to read (out).",
	.cost     = "One program for each request, which goes through the list of its buffers.",
	.caveats  = "It sees virtio devices of the machine that it runs on: of a virtual machine, from inside. Buffers to be filled "
		    "are counted as long as they are, however much comes into them. Of a list, 1024 buffers are counted, what it "
		    "has more is lost, and counted as such. Where virtio is a module, it must be loaded when the tool starts.",
	.optional = "inbuf_premapped outbuf_premapped",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup,
	.table    = ROWS("queues", ROW, "bytes", .adds = 4 * sizeof(__u64), .row = row));
