/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hosts.h"

static const struct hash_key key = { 7, 9 };
static uint8_t root[1][DNS_NAME_MAX + 1];
static const struct zone_list all_zones = { root, 1 };

struct complaints {
	char text[2048];
	unsigned count;
};

static void note(void *context, unsigned line, const char *text)
{
	struct complaints *complaints = context;
	size_t used = strlen(complaints->text);
	complaints->count++;
	snprintf(complaints->text + used, sizeof(complaints->text) - used, "%u: %s\n", line, text);
}

static struct hosts_table *read_table(const char *text, size_t size, struct complaints *complaints)
{
	struct hosts_reading reading = { .zones = &all_zones,
					 .complain = complaints != NULL ? note : NULL,
					 .context = complaints };
	struct hosts_draft *draft = hosts_draft_new(&key);
	struct error error;
	if (!hosts_read(&reading, draft, text, size, &error))
		fail_msg("%s", error.text);
	return hosts_draft_end(draft, true);
}

static struct dns_query query_of(const char *name)
{
	struct dns_query query = { 0 };
	assert_true(name_parse(name, query.lower, &query.name_size));
	for (unsigned at = 0; query.lower[at] != 0; at += 1u + query.lower[at])
		query.labels[query.label_count++] = (uint8_t)at;
	return query;
}

static unsigned count_of(const struct hosts_table *table, const char *name, unsigned family)
{
	struct hosts_found found;
	struct dns_query query = query_of(name);
	hosts_find(table, &key, &query, &found);
	return found.families[family].count;
}

static void a_line_that_says_nothing_is_told_of_and_skipped(void **state)
{
	(void)state;
	static const char text[] = "10.0.0.1 good.b\n"
				   "10.0.0.256 a.b\n"
				   "localhost\n"
				   "010.0.0.1 zero.b\n"
				   "::ffff:010.0.0.1 zero.b\n"
				   "   \t \n"
				   "# 1 2 3\n"
				   "10.0.0.2 a..b fine.b .\n"
				   "10.0.0.3\n"
				   "1\x01\x80 x\n"
				   "10.0.0.4 last.b";
	struct complaints complaints = { 0 };
	struct hosts_table *table = read_table(text, sizeof(text) - 1, &complaints);
	assert_string_equal(complaints.text,
			    "2: the line is skipped: expected an address, found \"10.0.0.256\"\n"
			    "3: the line is skipped: expected an address, found \"localhost\"\n"
			    "4: the line is skipped: expected an address, found \"010.0.0.1\"\n"
			    "5: the line is skipped: expected an address, found \"::ffff:010.0.0.1\"\n"
			    "8: a name is skipped: expected labels of 1 to 63 octets, found \"a..b\"\n"
			    "8: a name is skipped: expected labels of 1 to 63 octets, found \".\"\n"
			    "10: the line is skipped: expected an address, found \"1\?\?\"\n");
	assert_int_equal(count_of(table, "good.b.", 0), 1);
	assert_int_equal(count_of(table, "fine.b.", 0), 1);
	assert_int_equal(count_of(table, "last.b.", 0), 1);
	assert_int_equal(count_of(table, "zero.b.", 0), 0);
	assert_int_equal(hosts_table_entries(table), 6);
	hosts_table_free(table);
}

static void long_lines_and_words_do_no_harm(void **state)
{
	(void)state;
	struct text text = { 0 };
	struct complaints complaints = { 0 };
	text_add(&text, "10.0.0.1 ");
	for (unsigned i = 0; i < 10000; i++)
		text_add(&text, "long");
	text_add(&text, " behind.b");
	for (unsigned i = 0; i < 3000; i++)
		text_printf(&text, " n%u.b", i);
	text_add(&text, "\n10.0.0.2 next.b\n");
	text_add_n(&text, "10.0.0.3 \0nul.b\n", 16);
	struct hosts_table *table = read_table(text.data, text.size, &complaints);
	assert_int_equal(complaints.count, 1);
	assert_int_equal(count_of(table, "behind.b.", 0), 1);
	assert_int_equal(count_of(table, "n2999.b.", 0), 1);
	assert_int_equal(count_of(table, "next.b.", 0), 1);
	hosts_table_free(table);
	text_done(&text);
}

static void a_name_has_no_more_addresses_than_a_message_holds(void **state)
{
	(void)state;
	enum { MANY = 6000 };
	struct text text = { 0 };
	struct ip ip = { .family = 4, .bytes = { 10, 1, 1, 1 } };
	for (unsigned i = 0; i < MANY; i++)
		text_printf(&text, "10.0.%u.%u one.b\n10.1.1.1 n%u.b\n", i / 256, i % 256, i);
	struct hosts_table *table = read_table(text.data, text.size, NULL);
	assert_int_equal(count_of(table, "one.b.", 0), HOSTS_ADDRESSES_MOST);
	struct hosts_names names = hosts_find_names(table, &key, &ip);
	unsigned count = 0;
	while (hosts_next_name(&names) != NULL)
		count++;
	assert_int_equal(count, HOSTS_NAMES_MOST);
	assert_int_equal(hosts_table_entries(table), 4 * MANY);
	hosts_table_free(table);
	text_done(&text);
}

static void equal_lines_are_one(void **state)
{
	(void)state;
	struct text text = { 0 };
	for (unsigned i = 0; i < 100000; i++)
		text_add(&text, "10.0.0.1 a.b a.B A.b\n");
	struct hosts_table *table = read_table(text.data, text.size, NULL);
	assert_int_equal(count_of(table, "a.b.", 0), 1);
	assert_int_equal(hosts_table_entries(table), 2);
	hosts_table_free(table);
	text_done(&text);
}

static void too_many_names_are_refused(void **state)
{
	(void)state;
	struct text text = { 0 };
	struct hosts_reading reading = { .zones = &all_zones };
	struct hosts_draft *draft = hosts_draft_new(&key);
	struct error error;
	for (unsigned i = 0; i <= HOSTS_PAIRS_MOST / 1000; i++) {
		text_printf(&text, "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
		for (unsigned j = 0; j < 1000; j++)
			text_printf(&text, " %u", j);
		text_add(&text, "\n");
	}
	assert_false(hosts_read(&reading, draft, text.data, text.size, &error));
	assert_string_equal(error.text, "line 2001: more than 2000000 names and addresses");
	hosts_draft_free(draft);
	text_done(&text);
}

static void a_hundred_thousand_names_are_compact(void **state)
{
	(void)state;
	enum { NAMES = 100000, OCTETS_MOST = 70 };
	struct text text = { 0 };
	size_t octets = 0;
	for (unsigned i = 0; i < NAMES; i++)
		text_printf(&text, "10.%u.%u.%u host-%05u.zone-%02u.example.net\n", i >> 16,
			    i >> 8 & 255, i & 255, i, i % 100);
	struct hosts_table *table = read_table(text.data, text.size, NULL);
	octets = hosts_table_memory(table);
	print_message("%zu octets for each name and address\n", octets / NAMES);
	assert_true(octets < (size_t)NAMES * OCTETS_MOST);
	for (unsigned i = 0; i < NAMES; i++) {
		char name[64];
		struct ip ip = { .family = 4,
				 .bytes = { 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i } };
		snprintf(name, sizeof(name), "host-%05u.zone-%02u.example.net.", i, i % 100);
		assert_int_equal(count_of(table, name, 0), 1);
		struct hosts_names names = hosts_find_names(table, &key, &ip);
		struct dns_query query = query_of(name);
		const uint8_t *found = hosts_next_name(&names);
		assert_non_null(found);
		assert_memory_equal(found, query.lower, query.name_size);
		assert_null(hosts_next_name(&names));
	}
	assert_int_equal(count_of(table, "host-00000.zone-01.example.net.", 0), 0);
	hosts_table_free(table);
	text_done(&text);
}

static void an_empty_table_has_nothing(void **state)
{
	(void)state;
	struct ip ip = { .family = 6 };
	struct hosts_table *table = read_table("", 0, NULL);
	const struct hosts_table *tables[] = { table, NULL };
	for (size_t i = 0; i < COUNT_OF(tables); i++) {
		assert_int_equal(count_of(tables[i], "a.b.", 0), 0);
		assert_int_equal(count_of(tables[i], ".", 1), 0);
		assert_int_equal(hosts_find_names(tables[i], &key, &ip).count, 0);
		assert_int_equal(hosts_table_entries(tables[i]), 0);
	}
	hosts_table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_that_says_nothing_is_told_of_and_skipped),
		cmocka_unit_test(long_lines_and_words_do_no_harm),
		cmocka_unit_test(a_name_has_no_more_addresses_than_a_message_holds),
		cmocka_unit_test(equal_lines_are_one),
		cmocka_unit_test(too_many_names_are_refused),
		cmocka_unit_test(a_hundred_thousand_names_are_compact),
		cmocka_unit_test(an_empty_table_has_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
