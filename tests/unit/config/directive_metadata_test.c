/* SPDX-License-Identifier: Apache-2.0 */
/* metadata. */
#include "reading.h"

static void metadata_is_for_the_zones_of_the_block_or_those_named(void **state)
{
	(void)state;
	struct config *config = read_body("metadata");
	assert_true(config->blocks[0].metadata);
	assert_zones(&config->blocks[0].metadata_zones, "example.org.");
	config_free(config);
	config = read_body("metadata a B.org {\n}");
	assert_zones(&config->blocks[0].metadata_zones, "a. b.org.");
	config_free(config);
	config = read_body("log");
	assert_false(config->blocks[0].metadata);
	config_free(config);
}

static void bad_metadata_lines_are_refused(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "metadata {\nx\n}", "plugin/metadata: Corefile:3 - Error during parsing: Wrong "
				      "argument count or unexpected line ending after 'x'" },
		{ "metadata a\nmetadata b",
		  "plugin/metadata: Corefile:3 - Error during parsing: Wrong argument count or "
		  "unexpected line ending after 'metadata'" },
	};

	assert_all_bad_bodies(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metadata_is_for_the_zones_of_the_block_or_those_named),
		cmocka_unit_test(bad_metadata_lines_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
