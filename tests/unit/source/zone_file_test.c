/* SPDX-License-Identifier: Apache-2.0 */
/* Zone files: what records come out, and what is refused on which line. */
#include "reading.h"

#include <stdlib.h>
#include <unistd.h>

#include "knamed/dns.h"

#define SOA "@ 300 IN SOA ns hostmaster 7 3600 600 86400 60\n"

struct taken {
	struct text lines; /* "owner ttl type size rdata-in-hex" each */
	size_t count, refuse_after;
};

static bool take(void *context, const struct zone_record *record, struct error *error)
{
	struct taken *taken = context;
	char owner[NAME_TEXT_SIZE], type[16];

	if (taken->refuse_after > 0 && taken->count == taken->refuse_after)
		return error_set(error, "not this one");
	taken->count++;
	assert_int_equal(record->class_, CLASS_IN);
	name_print(record->owner, owner);
	dns_type_print(record->type, type);
	text_printf(&taken->lines, "%s %u %s ", owner, record->ttl, type);
	for (size_t i = 0; i < record->rdata_size; i++)
		text_printf(&taken->lines, "%02x", record->rdata[i]);
	text_add(&taken->lines, "\n");
	return true;
}

static void origin_of(const char *text, uint8_t ret_origin[DNS_NAME_MAX])
{
	uint8_t size;

	assert_true(name_parse(text, ret_origin, &size));
}

static bool read_zone(const char *text, const char *zone, struct taken *taken, struct error *error)
{
	uint8_t origin[DNS_NAME_MAX];

	origin_of(zone, origin);
	return zone_text_read("db", text, strlen(text), origin, take, taken, error);
}

/* Reads an SOA and then `text`, and compares the records of `text`. */
static void assert_records(const char *text, const char *lines)
{
	struct taken taken = { 0 };
	struct error error = { 0 };
	struct text whole = { 0 };

	text_printf(&whole, SOA "%s", text);
	if (!read_zone(whole.data, "example.com.", &taken, &error))
		fail_msg("%s", error.text);
	assert_string_equal(strchr(taken.lines.data, '\n') + 1, lines);
	text_done(&taken.lines);
	text_done(&whole);
}

/* A sentence that ends in ": " goes on in ldns' words. */
static void assert_refused(const char *text, const char *sentence)
{
	size_t size = strlen(sentence);
	struct taken taken = { 0 };
	struct error error = { 0 };

	assert_false(read_zone(text, "example.com.", &taken, &error));
	if (strcmp(sentence + size - 2, ": ") == 0 && strncmp(error.text, sentence, size) == 0)
		error.text[size] = '\0';
	assert_string_equal(error.text, sentence);
	text_done(&taken.lines);
}

static void records_come_in_wire_form(void **state)
{
	(void)state;
	assert_records("www 60 IN A 10.0.0.1\n", "www.example.com. 60 A 0a000001\n");
	assert_records("WWW 60 AAAA fd00::1\n",
		       "WWW.example.com. 60 AAAA fd000000000000000000000000000001\n");
	assert_records("a 60 CNAME B\n", "a.example.com. 60 CNAME 0142076578616d706c6503636f6d00\n");
	assert_records("a 60 MX 10 m.example.net.\n",
		       "a.example.com. 60 MX 000a016d076578616d706c65036e657400\n");
	assert_records("a 60 TXT \"one; two\" three\n",
		       "a.example.com. 60 TXT 086f6e653b2074776f057468726565\n");
	assert_records("a 60 TXT \"\"\n", "a.example.com. 60 TXT 00\n");
	assert_records("_x._tcp 60 SRV 0 0 2379 infra0\n",
		       "_x._tcp.example.com. 60 SRV "
		       "00000000094b06696e66726130076578616d706c6503636f6d00\n");
	assert_records("a 60 CAA 0 issue \"ca.example\"\n", "a.example.com. 60 CAA 000569737375656361"
							    "2e6578616d706c65\n");
	assert_records("a 60 HTTPS 1 . alpn=h2\n", "a.example.com. 60 HTTPS 000100000100030268"
						   "32\n");
	assert_records("a 60 TYPE65280 \\# 3 abcdef\n", "a.example.com. 60 TYPE65280 abcdef\n");
	assert_records("a 60 TYPE1 \\# 4 0a000001\n", "a.example.com. 60 A 0a000001\n");
	assert_records("a 60 A \\# 4 0A 00 0001\n", "a.example.com. 60 A 0a000001\n");
	assert_records("a 60 TXT \"\\# 0\" x\\# \"\\\" \\#\"\n",
		       "a.example.com. 60 TXT 032320300278230322202"
		       "3\n");
	assert_records("a 60 TYPE65280 \\# 0\n", "a.example.com. 60 TYPE65280 \n");
}

static void names_are_relative_to_the_origin(void **state)
{
	(void)state;
	assert_records("a.example.com. 60 A 1.1.1.1\n@ 60 A 1.1.1.1\n 60 A 1.1.1.2\n",
		       "a.example.com. 60 A 01010101\nexample.com. 60 A 01010101\nexample.com. 60 "
		       "A 01010102\n");
	assert_records("$ORIGIN sub\na 60 NS @\n$ORIGIN deep.sub.example.com.\n@ 60 A 1.1.1.1\n",
		       "a.sub.example.com. 60 NS "
		       "03737562076578616d706c6503636f6d00\ndeep.sub.example.com. 60 A 01010101\n");
	assert_records("a\\.b 60 A 1.1.1.1\n", "a\\.b.example.com. 60 A 01010101\n");
	assert_records("a\\. 60 A 1.1.1.1\n", "a\\..example.com. 60 A 01010101\n");
	assert_records("a\\ b 60 A 1.1.1.1\n", "a\\032b.example.com. 60 A 01010101\n");
	assert_records("* 60 A 1.1.1.1\n", "*.example.com. 60 A 01010101\n");
}

static void the_root_can_be_a_zone(void **state)
{
	(void)state;
	struct taken taken = { 0 };
	struct error error = { 0 };

	assert_true(read_zone(". 9 SOA a b 1 2 3 4 5\ncom 9 NS ns\n", ".", &taken, &error));
	assert_string_equal(strchr(taken.lines.data, '\n') + 1, "com. 9 NS 026e7300\n");
	text_done(&taken.lines);
}

static void ttl_and_class_come_in_any_order(void **state)
{
	(void)state;
	static const char *const lines[] = { "a 60 IN A 1.1.1.1\n", "a IN 60 A 1.1.1.1\n",
					     "a 1m A 1.1.1.1\n", "a in 1M a 1.1.1.1\n",
					     "a\t60\tCLASS1\tTYPE1\t1.1.1.1\n" };

	for (size_t i = 0; i < COUNT_OF(lines); i++)
		assert_records(lines[i], "a.example.com. 60 A 01010101\n");
}

static void a_missing_ttl_is_that_of_the_zone_or_of_the_record_before(void **state)
{
	(void)state;
	assert_records("a A 1.1.1.1\nb 60 A 1.1.1.1\nc A 1.1.1.1\n$TTL 1h30m\nd 5 A 1.1.1.1\ne A "
		       "1.1.1.1\n",
		       "a.example.com. 300 A 01010101\nb.example.com. 60 A "
		       "01010101\nc.example.com. 60 A 01010101\n"
		       "d.example.com. 5 A 01010101\ne.example.com. 5400 A 01010101\n");
	struct taken taken = { 0 };
	struct error error = { 0 };
	assert_true(read_zone("@ SOA a b 1 2 3 4 77\na A 1.1.1.1\n", "example.com.", &taken, &error));
	assert_string_equal(strchr(taken.lines.data, '\n') + 1, "a.example.com. 77 A 01010101\n");
	assert_memory_equal(taken.lines.data, "example.com. 77 SOA", 19);
	text_done(&taken.lines);
}

static void a_ttl_is_at_most_31_bits(void **state)
{
	(void)state;
	assert_records("a 2147483647 A 1.1.1.1\nb 4294967295 A 1.1.1.1\nc 99999999999999999999 A "
		       "1.1.1.1\nd 9999999w A 1.1.1.1\n",
		       "a.example.com. 2147483647 A 01010101\nb.example.com. 2147483647 A 01010101\n"
		       "c.example.com. 2147483647 A 01010101\nd.example.com. 2147483647 A 01010101\n");
}

static void comments_and_parentheses_are_no_text(void **state)
{
	(void)state;
	assert_records("; nothing\n\n   ; nothing\na 60 A 1.1.1.1 ; one\r\n",
		       "a.example.com. 60 A 01010101\n");
	assert_records("a ( 60 ; ( not one\n\n IN\n MX (10) )b\n",
		       "a.example.com. 60 MX 000a0162076578616d706c6503636f6d00\n");
	assert_records("a 60 TXT \"(;)\" \\; \\\"\n", "a.example.com. 60 TXT 03283b29013b0122\n");
	assert_records("a 60 A 1.1.1.1", "a.example.com. 60 A 01010101\n"); /* no newline at the end */
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{ "", "db: no SOA" },
		{ "a 60 A 1.1.1.1\n", "db: no SOA" },
		{ SOA SOA, "db:2: a second SOA" },
		{ "a 60 SOA a b 1 2 3 4 5\n", "db:1: the SOA is not at the top of the zone" },
		{ SOA "\n\na.example.net. 60 A 1.1.1.1\n\n\n",
		  "db:4: a.example.net. is not in the zone example.com." },
		{ SOA "a 60 A 1.1.1\n", "db:2: A: " },
		{ SOA "a 60 A\n", "db:2: A: " },
		{ SOA "a 60 A 1.1.1.1 2\n", "db:2: A: " },
		{ SOA "a 60 FOO 1\n", "db:2: no type 'FOO'" },
		{ SOA "a 60 ANY 1\n", "db:2: no type 'ANY'" },
		{ SOA "a 60 A \\# 3 000102\n", "db:2: A: this is no data of that type" },
		{ SOA "a 60 A \\# 4 0001020\n", "db:2: A: expected a length and as many octets" },
		{ SOA "a 60 A \\# 4 0001020304\n", "db:2: A: expected a length and as many octets" },
		{ SOA "a 60 A \\# 4 000102zz\n", "db:2: A: expected a length and as many octets" },
		{ SOA "a 60 SRV 0 \\# 0 1 a\n", "db:2: SRV: " },
		{ SOA "a 60 A \\# x\n", "db:2: A: expected a length and as many octets" },
		{ SOA "a 60 A \\# 65536 00\n", "db:2: A: expected a length and as many octets" },
		{ SOA "a 60 CNAME \\# 2 c000\n", "db:2: CNAME: this is no data of that type" },
		{ SOA "a 60 SOA \\# ns\n", "db:2: SOA: expected a length and as many octets" },
		{ SOA "a 60 IN\n", "db:2: expected a type" },
		{ SOA "a 60 CH TXT x\n", "db:2: class CH: only IN is served" },
		{ SOA "a 60 CLASS3 TXT x\n", "db:2: class CLASS3: only IN is served" },
		{ SOA "a..b 60 A 1.1.1.1\n", "db:2: 'a..b' is not a name" },
		{ " 60 A 1.1.1.1\n", "db:1: expected a name: there is no record before" },
		{ "a A 1.1.1.1\n", "db:1: no TTL: neither here nor before nor as $TTL" },
		{ SOA "$TTL\n", "db:2: expected $ORIGIN NAME, $TTL TIME or $INCLUDE FILE [ORIGIN]" },
		{ SOA "$TTL x\n", "db:2: expected $ORIGIN NAME, $TTL TIME or $INCLUDE FILE [ORIGIN]" },
		{ SOA "$TTL 1 2\n", "db:2: expected $ORIGIN NAME, $TTL TIME or $INCLUDE FILE [ORIGIN]" },
		{ SOA "$GENERATE 1-2 a$ A 1.1.1.$\n",
		  "db:2: expected $ORIGIN NAME, $TTL TIME or $INCLUDE FILE [ORIGIN]" },
		{ SOA "$ORIGIN a..b\n", "db:2: 'a..b' is not a name" },
		{ SOA "$INCLUDE /nowhere/db\n",
		  "db:2: /nowhere/db: cannot be opened: No such file or directory" },
		{ SOA "$INCLUDE /nowhere/db a..b\n", "db:2: 'a..b' is not a name" },
		{ SOA "a 60 TXT \"x\nb 60 A 1.1.1.1\n", "db:2: a quote is not closed" },
		{ SOA "a 60 MX (10\nb\n\n", "db:5: '(' without ')'" },
		{ SOA "a 60 MX 10 b )\n", "db:2: ')' without '('" },
		{ SOA "a 60 TXT x\\\n", "db:2: '\\' at the end of the line" },
		{ SOA "a 60 TXT x\\", "db:2: '\\' at the end of the line" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_refused(cases[i].text, cases[i].sentence);
}

static void records_of_64_kib_are_read_and_longer_ones_refused(void **state)
{
	(void)state;
	struct text text = { 0 };
	struct taken taken = { 0 };
	struct error error = { 0 };

	text_add(&text, SOA "a 60 TXT");
	for (int i = 0; i < 255; i++) {
		text_add(&text, " \"");
		for (int j = 0; j < 255; j++)
			text_add(&text, "x");
		text_add(&text, "\"");
	}
	assert_true(read_zone(text.data, "example.com.", &taken, &error));
	assert_int_equal(taken.count, 2);
	text_done(&taken.lines);
	for (int i = 0; i < 100 * 1000; i++)
		text_add(&text, " xx");
	assert_refused(text.data, "db:2: the record is too long");
	text_done(&text);
}

static void a_name_in_the_data_has_the_length_of_a_name(void **state)
{
	(void)state;
	struct text text = { 0 };

	text_add(&text, SOA "a 60 NS ");
	for (int i = 0; i < 27; i++)
		text_add(&text, "12345678.");
	text_add(&text, "9\n"); /* 245 octets, and the origin behind them */
	assert_refused(text.data, "db:2: NS: this is no data of that type");
	text_done(&text);
}

static void who_takes_records_can_refuse_one(void **state)
{
	(void)state;
	struct taken taken = { .refuse_after = 1 };
	struct error error = { 0 };

	assert_false(read_zone(SOA "a 60 A 1.1.1.1\n", "example.com.", &taken, &error));
	assert_string_equal(error.text, "db:2: not this one");
	text_done(&taken.lines);
}

static void write_at(const char *directory, const char *name, const char *text)
{
	char *path = file_path(directory, name);
	FILE *file = fopen(path, "w");

	fputs(text, file);
	fclose(file);
	mem_free(path);
}

static bool read_file_at(const char *directory, const char *name, struct taken *taken,
			 struct error *error)
{
	uint8_t origin[DNS_NAME_MAX];
	char *path = file_path(directory, name);

	origin_of("example.com.", origin);
	bool good = zone_file_read(path, origin, take, taken, error);
	mem_free(path);
	return good;
}

static void files_are_included_beside_the_file_that_names_them(void **state)
{
	(void)state;
	char directory[] = "/tmp/knamed-zone-XXXXXX";
	struct taken taken = { 0 };
	struct error error = { 0 };

	assert_non_null(mkdtemp(directory));
	write_at(directory, "db",
		 SOA "a 1 A 1.1.1.1\n$INCLUDE more sub\n 2 A 1.1.1.1\nb 2 A 1.1.1.1\n$INCLUDE more\n");
	write_at(directory, "more", "x 3 A 1.1.1.1\n$ORIGIN deep\n@ 4 A 1.1.1.1\n");
	if (!read_file_at(directory, "db", &taken, &error))
		fail_msg("%s", error.text);
	assert_string_equal(strchr(taken.lines.data, '\n') + 1,
			    "a.example.com. 1 A 01010101\nx.sub.example.com. 3 A 01010101\n"
			    "deep.sub.example.com. 4 A 01010101\na.example.com. 2 A 01010101\n"
			    "b.example.com. 2 A 01010101\nx.example.com. 3 A "
			    "01010101\ndeep.example.com. 4 A 01010101\n");
	write_at(directory, "more", "x 3 A bad\n");
	assert_false(read_file_at(directory, "db", &taken, &error));
	assert_non_null(strstr(error.text, "/more:1: A: "));
	write_at(directory, "more", "$INCLUDE more\n");
	assert_false(read_file_at(directory, "db", &taken, &error));
	assert_non_null(strstr(error.text, "/more:1: $INCLUDE: too many files within each other"));
	write_at(directory, "db", SOA "$INCLUDE nowhere\n");
	assert_false(read_file_at(directory, "db", &taken, &error));
	assert_non_null(strstr(error.text, "/db:2: "));
	assert_non_null(strstr(error.text, "/nowhere: cannot be opened: No such file or directory"));
	write_at(directory, "db", SOA "$INCLUDE .\n");
	assert_false(read_file_at(directory, "db", &taken, &error));
	assert_non_null(strstr(error.text, ": not a regular file"));
	text_done(&taken.lines);
	char *db = file_path(directory, "db"), *more = file_path(directory, "more");
	unlink(db);
	unlink(more);
	rmdir(directory);
	mem_free(db);
	mem_free(more);
}

/* Few lines may stand for more files than can ever be read. */
static void includes_of_includes_come_to_an_end(void **state)
{
	(void)state;
	char directory[] = "/tmp/knamed-zone-XXXXXX";
	static const char *const names[] = { "db", "f1", "f2", "f3", "f4" };
	struct taken taken = { 0 };
	struct error error = { 0 };

	assert_non_null(mkdtemp(directory));
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct text text = { 0 };
		text_add(&text, i == 0 ? SOA : "");
		for (unsigned k = 0; i + 1 < COUNT_OF(names) && k < 100; k++)
			text_printf(&text, "$INCLUDE %s\n", names[i + 1]);
		write_at(directory, names[i], text.data);
		text_done(&text);
	}
	assert_false(read_file_at(directory, "db", &taken, &error));
	assert_non_null(strstr(error.text, ": $INCLUDE: more than 10000 in one zone"));
	text_done(&taken.lines);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char *path = file_path(directory, names[i]);
		unlink(path);
		mem_free(path);
	}
	rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_in_wire_form),
		cmocka_unit_test(names_are_relative_to_the_origin),
		cmocka_unit_test(the_root_can_be_a_zone),
		cmocka_unit_test(ttl_and_class_come_in_any_order),
		cmocka_unit_test(a_missing_ttl_is_that_of_the_zone_or_of_the_record_before),
		cmocka_unit_test(a_ttl_is_at_most_31_bits),
		cmocka_unit_test(comments_and_parentheses_are_no_text),
		cmocka_unit_test(what_is_wrong_is_named_with_its_line),
		cmocka_unit_test(records_of_64_kib_are_read_and_longer_ones_refused),
		cmocka_unit_test(a_name_in_the_data_has_the_length_of_a_name),
		cmocka_unit_test(who_takes_records_can_refuse_one),
		cmocka_unit_test(files_are_included_beside_the_file_that_names_them),
		cmocka_unit_test(includes_of_includes_come_to_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
