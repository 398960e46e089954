/* SPDX-License-Identifier: Apache-2.0 */
#include "reading.h"

#define AT(line) "plugin/view: Corefile:" #line " - Error during parsing: "

static void a_view_has_a_name_and_expressions_in_order(void **state)
{
	(void)state;
	struct config *config = read_body("view inside {\n"
					  "expr incidr(client_ip(), '10.0.0.0/8') && type() == 'A'\n"
					  "expr name()   ==   'a b'\n"
					  "}");
	const struct config_view *view = config->blocks[0].view;

	assert_string_equal(view->name, "inside");
	assert_int_equal(view->count, 2);
	assert_string_equal(view->expressions[0].text,
			    "incidr(client_ip(), '10.0.0.0/8') && type() == 'A'");
	assert_string_equal(view->expressions[0].complaint, AT(3));
	assert_string_equal(view->expressions[1].text, "name() == 'a b'");
	assert_string_equal(view->expressions[1].complaint, AT(4));
	assert_directives(&config->blocks[0], "view");
	config_free(config);
}

static void a_view_may_be_for_all_questions(void **state)
{
	(void)state;
	struct config *config = read_body("view all");

	assert_int_equal(config->blocks[0].view->count, 0);
	config_free(config);
	config = read_body("view none {\nexpr\n}");
	assert_string_equal(config->blocks[0].view->expressions[0].text, "");
	config_free(config);
}

static void what_it_cannot_read_is_named(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "view", AT(2) "Wrong argument count or unexpected line ending after 'view'" },
		{ "view a b", AT(2) "Wrong argument count or unexpected line ending after 'b'" },
		{ "view a {\nwhen true\n}", AT(3) "unknown property 'when'" },
		{ "view a\nview b", AT(3) "this plugin can only be used once per Server Block" },
	};

	assert_all_bad_bodies(table);
}

static void blocks_may_share_a_zone_if_all_but_one_have_a_view(void **state)
{
	(void)state;
	config_free(read_good("a.org {\nview one\n}\na.org {\nview two\n}\na.org {\n}\n"));
	config_free(read_good("a.org {\n}\na.org {\nview one\n}\na.org {\nview one\n}\n"));
	config_free(read_good("a.org {\nbind 127.0.0.1\n}\na.org {\nview one\nbind 127.0.0.1\n}\n"));
	assert_bad("a.org {\nview one\n}\na.org {\n}\na.org {\n}\n",
		   "Corefile:6 - cannot serve dns://a.org.:53 - it is already defined");
	assert_bad("a.org {\nbind 127.0.0.1\n}\na.org {\nview one\n}\n",
		   "Corefile:4 - cannot serve dns://a.org.:53 - zone overlap listener capacity with "
		   "dns://a.org.:53 on 127.0.0.1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_view_has_a_name_and_expressions_in_order),
		cmocka_unit_test(a_view_may_be_for_all_questions),
		cmocka_unit_test(what_it_cannot_read_is_named),
		cmocka_unit_test(blocks_may_share_a_zone_if_all_but_one_have_a_view),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
