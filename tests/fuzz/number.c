// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Numbers: formatted as printf does, and read back as they were. */
#include "../../user/lib/out.c"
#include "fuzz.h"

static void is(const char *want)
{
	MUST(the_out.len == strlen(want) && !memcmp(the_out.buf, want, the_out.len));
	the_out.len = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct opt any = {.value = V_U64}, time = {.value = V_U64, .unit = UNIT_NSEC, .bare = 1};
	__u64 n = 0, divide = 1, back;
	char want[64];
	int decimals, at;

	if (size < 2)
		return 0;
	memcpy(&n, data + 1, size - 1 < sizeof(n) ? size - 1 : sizeof(n));
	out_u64(&the_out, n);
	snprintf(want, sizeof(want), "%llu", n);
	is(want);
	MUST(!opt_number("n", want, &any, &back) && back == n);
	MUST(!opt_number("n", want, &time, &back) && back == n);
	snprintf(want, sizeof(want), "0x%llx", n);
	MUST(!opt_number("n", want, &any, &back) && back == n);
	out_s64(&the_out, n);
	snprintf(want, sizeof(want), "%lld", (long long)n);
	is(want);
	decimals = *data % 10;
	for (int i = 0; i < decimals; i++)
		divide *= 10;
	out_fixed(&the_out, n, divide, decimals);
	at = sprintf(want, "%llu", n / divide);
	if (decimals)
		sprintf(want + at, ".%0*llu", decimals, n % divide);
	is(want);
	return 0;
}
