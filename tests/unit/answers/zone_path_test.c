/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "zone_load.h"

struct path {
	uint8_t bytes[PATH_MAX_SIZE];
};

static struct path path_of(const char *text, const char *zone_text)
{
	uint8_t name[DNS_NAME_MAX], zone[DNS_NAME_MAX], size, zone_size;
	struct path path;
	assert_true(name_parse(text, name, &size) && name_parse(zone_text, zone, &zone_size));
	size_t path_octets = path_of_name(name, size, zone_size, path.bytes);
	assert_int_equal(path_octets, path_size(path.bytes));
	return path;
}

static void a_path_is_the_name_turned_around_without_its_zone(void **state)
{
	(void)state;
	struct path path = path_of("WWW.a.Example.", "example.");
	assert_memory_equal(path.bytes, "\1a\3www", 7);
	assert_int_equal(path_depth(path.bytes), 2);
	assert_int_equal(path_size(path.bytes), 7);
	uint8_t key[DNS_NAME_MAX];
	assert_int_equal(key_of_path(path.bytes, key), 6);
	assert_memory_equal(key, "\3www\1a", 6);
	path = path_of("example.", "example.");
	assert_int_equal(path_size(path.bytes), 1);
	assert_int_equal(key_of_path(path.bytes, key), 0);
	path = path_of("a.b.", ".");
	assert_memory_equal(path.bytes, "\1b\1a", 5);
}

/* RFC 4034 6.1 */
static void paths_are_in_canonical_order(void **state)
{
	(void)state;
	static const char *const names[] = {
		"example.",	    "a.example.",  "yljkjljk.a.example.", "Z.a.example.",
		"zABC.a.EXAMPLE.",  "z.example.",  "\\001.z.example.",	  "*.z.example.",
		"\\200.z.example.", "zz.example.",
	};
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		for (size_t k = 0; k < COUNT_OF(names); k++) {
			struct path left = path_of(names[i], "example."),
				    right = path_of(names[k], "example.");
			int order = path_compare(left.bytes, right.bytes);
			assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
		}
	}
}

static void a_short_label_is_before_a_longer_one_that_begins_alike(void **state)
{
	(void)state;
	struct path left = path_of("x.a.example.", "example."),
		    right = path_of("a\\000.example.", "example.");
	assert_true(path_compare(left.bytes, right.bytes) < 0);
}

static void what_paths_share_is_counted_in_labels(void **state)
{
	(void)state;
	struct path a = path_of("x.b.c.example.", "example."),
		    b = path_of("y.B.c.example.", "example.");
	struct path c = path_of("xx.bb.c.example.", "example."),
		    apex = path_of("example.", "example.");
	assert_int_equal(path_common(a.bytes, b.bytes), 2);
	assert_int_equal(path_common(a.bytes, c.bytes), 1);
	assert_int_equal(path_common(a.bytes, a.bytes), 3);
	assert_int_equal(path_common(a.bytes, apex.bytes), 0);
	assert_int_equal(path_skip(c.bytes, 0), 0);
	assert_int_equal(path_skip(c.bytes, 2), 5);
}

static void the_longest_name_has_a_path(void **state)
{
	(void)state;
	uint8_t name[DNS_NAME_MAX], key[DNS_NAME_MAX];
	struct path path;
	for (size_t i = 0; i < DNS_NAME_MAX - 1; i += 2)
		memcpy(name + i, (uint8_t[]){ 1, (uint8_t)('a' + i % 26) }, 2);
	name[DNS_NAME_MAX - 1] = 0;
	assert_int_equal(path_of_name(name, DNS_NAME_MAX, 1, path.bytes), DNS_NAME_MAX);
	assert_int_equal(path_depth(path.bytes), DNS_LABELS_MAX);
	assert_int_equal(key_of_path(path.bytes, key), DNS_NAME_MAX - 1);
	assert_memory_equal(key, name, DNS_NAME_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_the_name_turned_around_without_its_zone),
		cmocka_unit_test(paths_are_in_canonical_order),
		cmocka_unit_test(a_short_label_is_before_a_longer_one_that_begins_alike),
		cmocka_unit_test(what_paths_share_is_counted_in_labels),
		cmocka_unit_test(the_longest_name_has_a_path),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
