/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdint.h>
#include <string.h>

#include "knamed/base.h"

static void text_grows_and_ends_in_a_nul(void **state)
{
	(void)state;
	struct text text = { 0 };
	text_add(&text, "");
	assert_string_equal(text.data, "");
	text_add(&text, "_etcd-server");
	text_add_n(&text, "._tcp.x", 5);
	text_printf(&text, ".%s:%d", "etcd", 2380);
	assert_string_equal(text.data, "_etcd-server._tcp.etcd:2380");
	assert_int_equal(text.size, strlen(text.data));
	text_done(&text);
	assert_null(text.data);
}

static void printing_more_than_the_room_grows_it(void **state)
{
	(void)state;
	struct text text = { 0 };
	for (int i = 0; i < 2000; i++)
		text_printf(&text, "%04d %s ", i, "a piece that is longer than its number");
	assert_int_equal(text.size, 2000 * 44);
	assert_int_equal(memcmp(text.data + 1999 * 44, "1999 a piece", 12), 0);
	text_done(&text);
}

static void bytes_may_hold_nuls(void **state)
{
	(void)state;
	struct text text = { 0 };
	text_add_n(&text, "a\0b", 3);
	text_add_n(&text, NULL, 0);
	assert_int_equal(text.size, 3);
	assert_memory_equal(text.data, "a\0b", 4);
	text_done(&text);
}

static void clearing_keeps_the_room(void **state)
{
	(void)state;
	struct text text = { 0 };
	text_clear(&text);
	text_add(&text, "something");
	const char *data = text.data;
	text_clear(&text);
	assert_int_equal(text.size, 0);
	assert_string_equal(text.data, "");
	text_add(&text, "other");
	assert_ptr_equal(text.data, data);
	assert_string_equal(text.data, "other");
	text_done(&text);
}

static void durations_are_printed_as_go_prints_them(void **state)
{
	(void)state;
	static const struct {
		uint64_t ms;
		const char *text;
	} table[] = {
		{ 0, "0s" },	     { 250, "250ms" },	    { 1500, "1.5s" },
		{ 10000, "10s" },    { 90000, "1m30s" },    { 3600000, "1h0m0s" },
		{ 100000, "1m40s" }, { 61001, "1m1.001s" },
	};
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct text text = { 0 };
		text_add_duration(&text, table[i].ms);
		assert_string_equal(text.data, table[i].text);
		text_done(&text);
	}
}

static void what_a_url_could_misread_is_escaped(void **state)
{
	(void)state;
	struct text text = { 0 };
	text_add_escaped(&text, "");
	text_add(&text, "?v=");
	text_add_escaped(&text, "a-Z_0.~/ &=%\xc3\xa9");
	assert_string_equal(text.data, "?v=a-Z_0.~%2F%20%26%3D%25%C3%A9");
	text_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_grows_and_ends_in_a_nul),
		cmocka_unit_test(printing_more_than_the_room_grows_it),
		cmocka_unit_test(bytes_may_hold_nuls),
		cmocka_unit_test(clearing_keeps_the_room),
		cmocka_unit_test(durations_are_printed_as_go_prints_them),
		cmocka_unit_test(what_a_url_could_misread_is_escaped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
