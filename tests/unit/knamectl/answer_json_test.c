/* SPDX-License-Identifier: Apache-2.0 */
/* What counts as the same answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "answer_json.h"

static json_t *message_of(const char *rcode, const char *first, const char *second)
{
	json_t *answer = json_array();
	if (first != NULL)
		json_array_append_new(answer, json_string(first));
	if (second != NULL)
		json_array_append_new(answer, json_string(second));
	return json_pack("{s:s,s:o}", "rcode", rcode, "answer", answer);
}

/* Of two answers with these records. */
static bool are_same(const char *first, const char *second, const char *other, const char *another)
{
	json_t *a = message_of("NOERROR", first, second), *b = message_of("NOERROR", other, another);
	bool are = answer_is_same_set(a, b);
	json_decref(a);
	json_decref(b);
	return are;
}

static void order_letters_and_ttls_do_not_count(void **state)
{
	(void)state;
	assert_true(are_same("a. 5 IN A 192.0.2.1", "a. 5 IN A 192.0.2.2", "A. 4 IN A 192.0.2.2",
			     "a. 3 IN A 192.0.2.1"));
	assert_true(are_same("a. 5 IN CNAME B.example.", NULL, "a. 60 IN CNAME b.EXAMPLE.", NULL));
	assert_true(are_same(NULL, NULL, NULL, NULL));
}

static void data_owners_and_types_count(void **state)
{
	(void)state;
	assert_false(are_same("a. 5 IN A 192.0.2.1", NULL, "a. 5 IN A 192.0.2.2", NULL));
	assert_false(are_same("a. 5 IN A 192.0.2.1", NULL, "b. 5 IN A 192.0.2.1", NULL));
	assert_false(are_same("a. 5 IN A 192.0.2.1", NULL, "a. 5 IN A 192.0.2.1",
			      "a. 5 IN A 192.0.2.2"));
	assert_false(are_same("a. 5 IN NS b.", NULL, "a. 5 IN CNAME b.", NULL));
	assert_false(are_same("a. 5 IN A 192.0.2.1", NULL, NULL, NULL));
}

static void numbers_of_an_soa_do_not_count(void **state)
{
	(void)state;
	assert_true(are_same("a. 5 IN SOA ns. host. 1 2 3 4 5", NULL,
			     "a. 5 IN SOA ns. host. 9 2 3 4 5", NULL));
	assert_false(are_same("a. 5 IN SOA ns. host. 1 2 3 4 5", NULL,
			      "b. 5 IN SOA ns. host. 1 2 3 4 5", NULL));
}

static void an_answer_has_records_and_no_error(void **state)
{
	(void)state;
	json_t *full = message_of("NOERROR", "a. 5 IN A 192.0.2.1", NULL);
	json_t *empty = message_of("NOERROR", NULL, NULL);
	json_t *denied = message_of("NXDOMAIN", "a. 5 IN CNAME b.", NULL);
	assert_true(answer_has_records(full));
	assert_false(answer_has_records(empty));
	assert_false(answer_has_records(denied));
	assert_false(answer_has_records(NULL));
	assert_string_equal(answer_rcode(denied), "NXDOMAIN");
	assert_string_equal(answer_rcode(NULL), "no reply");
	json_decref(full);
	json_decref(empty);
	json_decref(denied);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_letters_and_ttls_do_not_count),
		cmocka_unit_test(data_owners_and_types_count),
		cmocka_unit_test(numbers_of_an_soa_do_not_count),
		cmocka_unit_test(an_answer_has_records_and_no_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
