/* SPDX-License-Identifier: Apache-2.0 */
#include "reading.h"

#define SAYS(line, text) "plugin/loadbalance: Corefile:" #line " - Error during parsing: " text

static void the_plain_form_has_nothing_to_it(void **state)
{
	(void)state;
	static const char *const bodies[] = { "loadbalance",
					      "loadbalance round_robin {\n}\nloadbalance",
					      "loadbalance {\nprefer\n}" };
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		struct config *config = read_body(bodies[i]);
		assert_true(config->blocks[0].loadbalance);
		assert_null(config->blocks[0].balance);
		config_free(config);
	}
}

static void networks_are_preferred_in_their_order(void **state)
{
	(void)state;
	struct config *config =
		read_body("loadbalance {\nprefer 10.9.0.0/16 fd00::/8\nprefer 10.0.0.1/32\n}");
	const struct config_balance *balance = config->blocks[0].balance;
	assert_null(balance->weights);
	assert_int_equal(balance->preferred_count, 3);
	assert_int_equal(balance->preferred[0].bits, 16);
	assert_int_equal(balance->preferred[1].ip.family, 6);
	assert_int_equal(balance->preferred[2].ip.bytes[3], 1);
	config_free(config);
}

static void weights_come_from_a_file(void **state)
{
	(void)state;
	struct config *config = read_body("loadbalance weighted /etc/weights");
	assert_string_equal(config->blocks[0].balance->weights, "/etc/weights");
	assert_int_equal(config->blocks[0].balance->reload_ms, 30000);
	config_free(config);
	config = read_body("root /r\nloadbalance weighted w {\nreload 10s\n}");
	assert_string_equal(config->blocks[0].balance->weights, "/r/w");
	assert_int_equal(config->blocks[0].balance->reload_ms, 10000);
	config_free(config);
}

static void the_last_line_decides(void **state)
{
	(void)state;
	struct config *config =
		read_body("loadbalance {\nprefer 10.0.0.0/8\n}\nloadbalance weighted w");
	assert_int_equal(config->blocks[0].balance->preferred_count, 0);
	assert_string_equal(config->blocks[0].balance->weights, "w");
	config_free(config);
	config = read_body("loadbalance weighted w\nloadbalance {\nprefer 10.0.0.0/8\n}");
	assert_int_equal(config->blocks[0].balance->preferred_count, 1);
	assert_null(config->blocks[0].balance->weights);
	config_free(config);
}

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "loadbalance x", SAYS(2, "unknown policy: x") },
		{ "loadbalance round_robin x", SAYS(2, "unknown property for round_robin") },
		{ "loadbalance {\nfoo\n}", SAYS(3, "unknown property 'foo'") },
		{ "loadbalance {\nreload 3s\n}", SAYS(3, "unknown property 'reload'") },
		{ "loadbalance {\nprefer 10.0.0.1\n}",
		  SAYS(3, "invalid CIDR \"10.0.0.1\": invalid CIDR address: 10.0.0.1") },
		{ "loadbalance {\nprefer 10.0.0.0/8 x/3\n}",
		  SAYS(3, "invalid CIDR \"x/3\": invalid CIDR address: x/3") },
		{ "loadbalance weighted", SAYS(2, "missing weight file argument") },
		{ "loadbalance weighted a b", SAYS(2, "unexpected argument(s)") },
		{ "loadbalance weighted w {\nprefer 10.0.0.0/8\n}",
		  SAYS(3, "unknown property 'prefer'") },
		{ "loadbalance weighted w {\nreload\n}", SAYS(3, "reload duration value is missing") },
		{ "loadbalance weighted w {\nreload 1s 2s\n}", SAYS(3, "unexpected argument") },
		{ "loadbalance weighted w {\nreload x\n}", SAYS(3, "invalid reload duration 'x'") },
	};
	assert_all_bad_bodies(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_plain_form_has_nothing_to_it),
		cmocka_unit_test(networks_are_preferred_in_their_order),
		cmocka_unit_test(weights_come_from_a_file),
		cmocka_unit_test(the_last_line_decides),
		cmocka_unit_test(what_is_wrong_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
