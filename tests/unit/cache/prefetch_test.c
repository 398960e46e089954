/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked for often is asked anew before it runs out, by one. */
#include "asking.h"

#define NAME "www.example.org"

static struct cache *prefetching(struct config_cache *config, uint32_t hits)
{
	*config = usual_config();
	config->prefetch = hits;
	return cache_new(config);
}

static void the_last_tenth_is_asked_for_by_one(void **state)
{
	(void)state;
	struct config_cache config;
	struct cache *cache = prefetching(&config, 3);
	put_a(cache, NAME, 80, 1);
	assert_int_equal(verdict_of(cache, NAME), CACHE_HIT);
	after_s(40);
	assert_int_equal(verdict_of(cache, NAME), CACHE_HIT);
	assert_int_equal(verdict_of(cache, NAME), CACHE_HIT);
	after_s(31);
	assert_int_equal(verdict_of(cache, NAME), CACHE_HIT); /* 9 s left */
	after_s(1);
	assert_int_equal(find(cache, NAME, TYPE_A, 0).ttl, 8);
	assert_int_equal(verdict_of(cache, NAME), CACHE_HIT);
	assert_int_equal(cache_figures(cache).prefetches, 1);
	cache_free(cache);
}

static void what_was_not_asked_for_enough_is_left(void **state)
{
	(void)state;
	struct config_cache config;
	struct cache *cache = prefetching(&config, 3);
	put_a(cache, NAME, 80, 1);
	after_s(75);
	assert_int_equal(verdict_of(cache, NAME), CACHE_HIT);
	assert_int_equal(verdict_of(cache, NAME), CACHE_HIT);
	assert_int_equal(verdict_of(cache, NAME), CACHE_REFRESH);
	cache_free(cache);
}

static void a_pause_begins_the_count_anew(void **state)
{
	(void)state;
	struct config_cache config;
	struct cache *cache = prefetching(&config, 2);
	put_a(cache, NAME, 80, 1);
	assert_int_equal(verdict_of(cache, NAME), CACHE_HIT);
	after_ms(60001);
	assert_int_equal(verdict_of(cache, NAME), CACHE_HIT);
	after_ms(14999);
	assert_int_equal(verdict_of(cache, NAME), CACHE_REFRESH);
	cache_free(cache);
}

static void a_prefetched_answer_is_as_popular_as_the_one_before(void **state)
{
	(void)state;
	struct config_cache config;
	struct cache *cache = prefetching(&config, 4);
	put_a(cache, NAME, 50, 1);
	after_s(45);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(verdict_of(cache, NAME), CACHE_HIT);
	assert_int_equal(verdict_of(cache, NAME), CACHE_REFRESH);
	put_a(cache, NAME, 50, 2);
	assert_int_equal(find(cache, NAME, TYPE_A, 0).last_octet, 2);
	after_s(46);
	assert_int_equal(verdict_of(cache, NAME), CACHE_REFRESH);
	put_a(cache, NAME, 50, 3);
	after_s(50); /* it ran out: another beginning */
	put_a(cache, NAME, 50, 4);
	after_s(46);
	assert_int_equal(verdict_of(cache, NAME), CACHE_HIT);
	cache_free(cache);
}

static void short_lives_are_asked_for_in_their_last_second(void **state)
{
	(void)state;
	struct config_cache config;
	struct cache *cache = prefetching(&config, 1);
	put_a(cache, NAME, 5, 1);
	after_s(3);
	assert_int_equal(verdict_of(cache, NAME), CACHE_HIT);
	after_s(1);
	assert_int_equal(verdict_of(cache, NAME), CACHE_REFRESH);
	cache_free(cache);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, clock_setup, clock_teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_last_tenth_is_asked_for_by_one),
		TEST(what_was_not_asked_for_enough_is_left),
		TEST(a_pause_begins_the_count_anew),
		TEST(a_prefetched_answer_is_as_popular_as_the_one_before),
		TEST(short_lives_are_asked_for_in_their_last_second),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
