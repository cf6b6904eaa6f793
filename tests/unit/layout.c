// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* user/lib/layout.c: what a value of a type of the kernel's looks like. */
#include <arpa/inet.h>
#include <linux/btf.h>
#include <netinet/tcp.h>
#include <sys/uio.h>
#include "lib/layout.h"
#include "unit.h"

TEST(layout, "structs, bit fields, text and arrays, as far as the bytes go")
{
	struct iovec iov = {(void *)0x1234, 77};
	struct tcphdr tcp = {.th_seq = htonl(7), .th_off = 5, .th_flags = TH_SYN};
	struct layout *layout;
	struct btf_types *btf;
	char text[512];
	int id;

	if (btf_open(&btf, NULL))
		SKIP("this kernel has no BTF");
	id = btf_find(btf, "iovec", BTF_KIND_STRUCT);
	REQUIRE(id > 0 && !layout_new(&layout, btf, id, 512));
	CHECK_EQ(layout_size(layout), 16);
	CHECK_EQ(layout_show(layout, &iov, text, sizeof(text)), strlen("{iov_base=0x1234,iov_len=77}"));
	CHECK_STR(text, "{iov_base=0x1234,iov_len=77}");
	layout_show(layout, &iov, text, 12);
	CHECK_STR(text, "{iov_base=0");
	layout_free(layout);
	REQUIRE(!layout_new(&layout, btf, id, 8));	/* not all of it */
	CHECK_EQ(layout_size(layout), 8);
	layout_show(layout, &iov, text, sizeof(text));
	CHECK_STR(text, "{iov_base=0x1234}");
	layout_free(layout);
	id = btf_find(btf, "tcphdr", BTF_KIND_STRUCT);
	REQUIRE(id > 0 && !layout_new(&layout, btf, id, 512));
	layout_show(layout, &tcp, text, sizeof(text));
	CHECK_HAS(text, "doff=5,");
	CHECK_HAS(text, ",fin=0,syn=1,rst=0");
	layout_free(layout);
	id = btf_find(btf, "task_struct", BTF_KIND_STRUCT);
	REQUIRE(id > 0 && !layout_new(&layout, btf, id, 512));
	CHECK_BETWEEN(100, layout_size(layout), 512);
	layout_free(layout);
	CHECK_EQ(layout_new(&layout, btf, 0, 512), -EINVAL);
}
