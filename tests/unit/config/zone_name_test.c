/* SPDX-License-Identifier: Apache-2.0 */
/* Zone names: one spelling for each. */
#include "reading.h"
#include "zone.h"

static void assert_name(const char *text, const char *expected)
{
	struct arena *arena = arena_new();
	const char *name = config_zone_text(arena, text);

	if (expected == NULL)
		assert_null(name);
	else
		assert_string_equal(name, expected);
	arena_free(arena);
}

static void a_name_is_lower_case_and_ends_in_a_dot(void **state)
{
	(void)state;
	assert_name(".", ".");
	assert_name("org", "org.");
	assert_name("Example.ORG.", "example.org.");
	assert_name("_x.a-b.0", "_x.a-b.0.");
	assert_name("a b", "a\\032b.");
	assert_name("\xc3\xa9", "\\195\\169.");
}

static void escapes_have_one_spelling(void **state)
{
	(void)state;
	assert_name("a\\.b", "a\\.b.");
	assert_name("a\\046b", "a\\.b.");
	assert_name("\\065", "a.");
	assert_name("\\A", "a.");
	assert_name("\\\\", "\\\\.");
	assert_name("a@b", "a\\@b.");
	assert_name("a\\.", "a\\..");
	assert_name("\\255\\000", "\\255\\000.");
}

static void what_is_no_domain_name_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = { "",	  "..",	  ".a",	   "a..b",  "a..",  "a\\",
					   "\\1", "\\12", "\\12a", "\\256", "\\1x", ".\\" };

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_name(bad[i], NULL);
}

static void labels_and_names_have_their_limits(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	struct text text = { 0 };

	for (int i = 0; i < 63; i++)
		text_add(&text, "x");
	assert_non_null(config_zone_text(arena, text.data));
	text_add(&text, "x");
	assert_null(config_zone_text(arena, text.data));

	text_clear(&text);
	for (int i = 0; i < 63; i++) /* 4 octets each, 252 in all: with the root's, 253 */
		text_add(&text, "abc.");
	assert_non_null(config_zone_text(arena, text.data));
	text_add(&text, "x"); /* 255 */
	assert_non_null(config_zone_text(arena, text.data));
	text_add(&text, "y"); /* 256 */
	assert_null(config_zone_text(arena, text.data));
	text_done(&text);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_lower_case_and_ends_in_a_dot),
		cmocka_unit_test(escapes_have_one_spelling),
		cmocka_unit_test(what_is_no_domain_name_is_refused),
		cmocka_unit_test(labels_and_names_have_their_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
