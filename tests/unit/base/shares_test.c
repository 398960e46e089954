/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "knamed/base.h"

static struct ip client(unsigned number)
{
	return (struct ip){ .family = 4, .bytes = { 10, 0, (uint8_t)(number >> 8), (uint8_t)number } };
}

/* How many it gets of as many as there are. */
static unsigned take_all(struct shares *shares, unsigned number, struct share *ret_share)
{
	struct ip ip = client(number);
	unsigned count = 0;
	while (count < shares->most && shares_take(shares, &ip, ret_share))
		count++;
	return count;
}

static void one_alone_leaves_places_for_others(void **state)
{
	(void)state;
	struct shares shares = shares_of(1000);
	struct share share;
	assert_int_equal(take_all(&shares, 1, &share), 750);
	unsigned others = 0;
	for (unsigned i = 2; i < 52; i++) {
		struct ip ip = client(i);
		others += shares_take(&shares, &ip, &share);
	}
	assert_int_equal(others, 50);
	struct ip greedy = client(1);
	assert_false(shares_take(&shares, &greedy, &share));
}

static void many_that_want_all_have_equal_shares_in_the_end(void **state)
{
	(void)state;
	struct shares shares = shares_of(1000);
	struct share share;
	take_all(&shares, 1, &share);
	assert_int_equal(take_all(&shares, 2, &share), 125);
	assert_int_equal(take_all(&shares, 3, &share), 63);
}

static void who_has_a_few_gets_the_last_places(void **state)
{
	(void)state;
	struct shares shares = shares_of(1000);
	struct share share;
	take_all(&shares, 1, &share);
	for (unsigned i = 2; shares.taken < shares.most - 10; i++) {
		struct ip ip = client(i);
		assert_true(shares_take(&shares, &ip, &share));
	}
	assert_int_equal(take_all(&shares, 2, &share), 10);
	assert_true(share_is_fair(shares.most, shares.taken, 0));
	assert_false(share_is_fair(shares.most, shares.taken, 16));
}

static void what_is_given_back_can_be_taken_again(void **state)
{
	(void)state;
	struct shares shares = shares_of(100);
	struct share share;
	struct ip greedy = client(1);
	for (unsigned i = 0; i < 3; i++) {
		unsigned count = take_all(&shares, 1, &share);
		assert_int_equal(count, 75);
		while (count-- > 0)
			shares_give_back(&shares, &share);
	}
	assert_int_equal(shares.taken, 0);
	assert_true(shares_take(&shares, &greedy, &share));
}

static void few_places_are_nobodys_to_share(void **state)
{
	(void)state;
	struct shares shares = shares_of(SHARES_LEAST - 1);
	struct share share;
	assert_int_equal(take_all(&shares, 1, &share), SHARES_LEAST - 1);
	assert_int_equal(take_all(&shares, 2, &share), 0);
}

static void nobody_pays_for_somebody_else(void **state)
{
	(void)state;
	struct shares shares = shares_of(60000);
	struct share share;
	take_all(&shares, 0, &share);
	unsigned refused = 0;
	for (unsigned i = 1; i <= 2000; i++) {
		struct ip ip = client(i);
		if (shares_take(&shares, &ip, &share))
			shares_give_back(&shares, &share);
		else
			refused++;
	}
	assert_true(refused <= 1); /* both of two buckets would have to be the same */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_alone_leaves_places_for_others),
		cmocka_unit_test(many_that_want_all_have_equal_shares_in_the_end),
		cmocka_unit_test(who_has_a_few_gets_the_last_places),
		cmocka_unit_test(what_is_given_back_can_be_taken_again),
		cmocka_unit_test(few_places_are_nobodys_to_share),
		cmocka_unit_test(nobody_pays_for_somebody_else),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
