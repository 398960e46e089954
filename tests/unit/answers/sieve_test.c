/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "store.h"

static const uint8_t *label_of(const char *format, unsigned number)
{
	static uint8_t label[64];
	label[0] = (uint8_t)snprintf((char *)label + 1, sizeof(label) - 1, format, number);
	return label;
}

static void what_was_added_is_never_denied(void **state)
{
	(void)state;
	struct sieve *sieve = sieve_new(1000);
	for (unsigned i = 0; i < 1000; i++)
		sieve_add(sieve, label_of(i % 2 ? "db-%u" : "a-longer-name-of-a-service-%u", i));
	for (unsigned i = 0; i < 1000; i++)
		assert_true(sieve_may_have(
			sieve, label_of(i % 2 ? "db-%u" : "a-longer-name-of-a-service-%u", i)));
	mem_free(sieve);
}

static void most_of_what_was_not_added_is_denied(void **state)
{
	(void)state;
	struct sieve *sieve = sieve_new(1000);
	unsigned mistakes = 0;
	for (unsigned i = 0; i < 1000; i++)
		sieve_add(sieve, label_of("db-%u", i));
	for (unsigned i = 0; i < 10000; i++)
		mistakes += sieve_may_have(sieve, label_of("www%u", i));
	assert_true(mistakes < 1000);
	mem_free(sieve);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_is_never_denied),
		cmocka_unit_test(most_of_what_was_not_added_is_denied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
