// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "unit.h"
#include "lib/dns.h"

/* www.a.test, its alias and that one's addresses; names are written once. */
static const unsigned char whole[] = {
	0x12, 0x34, 0x81, 0x80, 0, 1, 0, 3, 0, 0, 0, 0,
	3, 'w', 'w', 'w', 1, 'a', 4, 't', 'e', 's', 't', 0, 0, 1, 0, 1,
	0xc0, 12, 0, 5, 0, 1, 0, 0, 1, 0, 0, 4, 1, 'b', 0xc0, 16,
	0xc0, 40, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 192, 0, 2, 1,
	0xc0, 40, 0, 28, 0, 1, 0, 0, 0, 40, 0, 16, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
};

static void copy_of(const unsigned char *bytes, size_t n, void (*fn)(const unsigned char *, size_t))
{
	unsigned char *exact = malloc(n ?: 1);	/* so that reading past it is found out */

	memcpy(exact, bytes, n);
	fn(exact, n);
	free(exact);
}

static void read_all(const unsigned char *bytes, size_t n)
{
	struct dns_answer answer;
	struct dns dns;
	size_t at;
	int found = 0;

	if (dns_parse(&dns, bytes, n))
		return;
	CHECK(strlen(dns.question) < sizeof(dns.question));
	for (at = dns.at; found < 100 && dns_next(&dns, &at, &answer); found++)
		CHECK(strlen(answer.text) < sizeof(answer.text));
	CHECK(found < 100);
}

TEST(dns, "a question and its answers, with names that stand elsewhere in the message")
{
	struct dns_answer answer;
	struct dns dns;
	size_t at;

	REQUIRE(dns_parse(&dns, whole, sizeof(whole)) == 0);
	CHECK_STR(dns.question, "www.a.test");
	CHECK_EQ(dns.type, 1);
	CHECK_EQ(dns.answers, 3);
	at = dns.at;
	REQUIRE(dns_next(&dns, &at, &answer));
	CHECK_STR(answer.text, "b.a.test");
	CHECK_EQ(answer.ttl, 256);
	REQUIRE(dns_next(&dns, &at, &answer));
	CHECK_STR(answer.text, "192.0.2.1");
	REQUIRE(dns_next(&dns, &at, &answer));
	CHECK_STR(answer.text, "2001:db8::1");
	CHECK(!dns_next(&dns, &at, &answer));
}

TEST(dns, "messages that end too early, names without end, and any byte changed are survived")
{
	static const unsigned char loop[] = {0, 1, 0x80, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1};
	unsigned char changed[sizeof(whole)];

	copy_of(loop, sizeof(loop), read_all);
	for (size_t n = 0; n <= sizeof(whole); n++)
		copy_of(whole, n, read_all);
	for (size_t i = 0; i < sizeof(whole); i++)
		for (int byte = 0; byte < 256; byte++) {
			memcpy(changed, whole, sizeof(whole));
			changed[i] = byte;
			copy_of(changed, sizeof(changed), read_all);
		}
}

TEST(dns, "types by name and number, and codes")
{
	char buf[16];

	CHECK_EQ(dns_type_number("aaaa"), 28);
	CHECK_EQ(dns_type_number("TYPE65400"), 65400);
	CHECK(dns_type_number("TYPE") < 0 && dns_type_number("TYPE1x") < 0 && dns_type_number("TYPE65536") < 0);
	CHECK_STR(dns_type(65400, buf, sizeof(buf)), "TYPE65400");
	CHECK_STR(dns_code(3, buf, sizeof(buf)), "NXDOMAIN");
	CHECK_STR(dns_code(17, buf, sizeof(buf)), "CODE17");
}
