/* SPDX-License-Identifier: Apache-2.0 */
/* What has run out: kept, shown when upstreams fail, or at once; and who asks anew. */
#include "asking.h"

#define NAME "www.example.org"

static void say_denial(struct said *said, uint32_t ttl)
{
	say(said, NAME, TYPE_A, RCODE_NXDOMAIN);
	say_soa(said, "example.org", ttl, ttl);
}

static void say_failure(struct said *said)
{
	say(said, NAME, TYPE_A, RCODE_SERVFAIL);
}

/* An answer that has just run out. */
static struct cache *with_old(const struct config_cache *config)
{
	struct cache *cache = cache_new(config);
	put_a(cache, NAME, 60, 1);
	after_s(60);
	return cache;
}

static void what_has_run_out_is_shown_when_upstreams_fail(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	struct said said;
	for (unsigned i = 0; i < 3; i++) {
		struct cache *cache = with_old(&config);
		assert_int_equal(verdict_of(cache, NAME), CACHE_MISS);
		say(&said, NAME, TYPE_A, i == 1 ? RCODE_SERVFAIL : RCODE_REFUSED);
		assert_true(put(cache, NAME, TYPE_A, 0, i == 0 ? NULL : &said));
		struct found found = find_stale(cache, NAME, TYPE_A);
		assert_int_equal(found.verdict, CACHE_HIT);
		assert_int_equal(found.ttl, 30);
		assert_int_equal(found.last_octet, 1);
		assert_true(found.cached.is_stale);
		assert_int_equal(cache_figures(cache).served_stale, 1);
		cache_free(cache);
	}
}

static void after_a_failure_nobody_waits_and_one_asks_each_second(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	struct cache *cache = with_old(&config);
	assert_true(put(cache, NAME, TYPE_A, 0, NULL));
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(verdict_of(cache, NAME), CACHE_HIT);
		after_ms(999);
		assert_int_equal(verdict_of(cache, NAME), CACHE_HIT);
		after_ms(1);
		assert_int_equal(verdict_of(cache, NAME), CACHE_REFRESH);
		assert_int_equal(verdict_of(cache, NAME), CACHE_HIT);
		assert_true(put(cache, NAME, TYPE_A, 0, NULL));
	}
	put_a(cache, NAME, 60, 2);
	struct found found = find(cache, NAME, TYPE_A, 0);
	assert_int_equal(found.last_octet, 2);
	assert_false(found.cached.is_stale);
	after_s(60); /* forgiven */
	assert_int_equal(verdict_of(cache, NAME), CACHE_MISS);
	cache_free(cache);
}

static void who_was_to_ask_and_did_not_is_replaced(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	config.stale_at_once = true;
	struct cache *cache = with_old(&config);
	assert_int_equal(verdict_of(cache, NAME), CACHE_REFRESH);
	assert_int_equal(verdict_of(cache, NAME), CACHE_HIT);
	after_s(5);
	assert_int_equal(verdict_of(cache, NAME), CACHE_REFRESH);
	cache_free(cache);
}

static void a_denial_that_has_run_out_is_shown_too(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	struct cache *cache = cache_new(&config);
	struct said said;
	say_denial(&said, 60);
	put(cache, NAME, TYPE_A, 0, &said);
	after_s(61);
	assert_true(put(cache, NAME, TYPE_A, 0, NULL));
	struct found found = find_stale(cache, NAME, TYPE_A);
	assert_int_equal(found.cached.rcode, RCODE_NXDOMAIN);
	assert_int_equal(found.ttl, 30);
	cache_free(cache);
}

static void nothing_is_shown_for_longer_than_it_may_be(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	config.stale_ms = 100000;
	struct cache *cache = with_old(&config);
	after_ms(99999);
	assert_int_equal(find_stale(cache, NAME, TYPE_A).verdict, CACHE_HIT);
	after_ms(1);
	assert_int_equal(find_stale(cache, NAME, TYPE_A).verdict, CACHE_MISS);
	assert_false(put(cache, NAME, TYPE_A, 0, NULL));
	assert_int_equal(find(cache, NAME, TYPE_A, 0).cached.rcode, RCODE_SERVFAIL);
	cache_free(cache);
}

static void nothing_is_shown_where_it_is_switched_off(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	config.serves_stale = false;
	struct cache *cache = with_old(&config);
	assert_false(put(cache, NAME, TYPE_A, 0, NULL));
	assert_int_equal(find_stale(cache, NAME, TYPE_A).verdict, CACHE_MISS);
	assert_int_equal(find(cache, NAME, TYPE_A, 0).cached.rcode, RCODE_SERVFAIL);
	cache_free(cache);
}

static void a_failure_hides_nothing(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	struct cache *cache = cache_new(&config);
	struct said said;
	put_a(cache, NAME, 60, 1);
	say_failure(&said);
	assert_true(put(cache, NAME, TYPE_A, 0, &said)); /* it was asked for ahead of time */
	assert_int_equal(find(cache, NAME, TYPE_A, 0).ttl, 60);
	assert_int_equal(find_stale(cache, NAME, TYPE_A).ttl, 60);
	assert_int_equal(cache_figures(cache).served_stale, 0);
	cache_free(cache);
}

static void a_failure_ahead_of_time_is_none_when_the_time_comes(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	struct cache *cache = cache_new(&config);
	put_a(cache, NAME, 60, 1);
	after_s(58);
	assert_true(put(cache, NAME, TYPE_A, 0, NULL));
	after_s(2);
	assert_int_equal(verdict_of(cache, NAME), CACHE_MISS);
	cache_free(cache);
}

static void with_no_room_it_is_only_looked(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	struct cache *cache = with_old(&config);
	struct asked asked;
	struct cached cached;
	ask_for(&asked, NAME, TYPE_A, 0);
	assert_int_equal(cache_find_stale(cache, &asked.query, clock_now_ns(), NULL, 0, &cached),
			 CACHE_TOO_LARGE);
	assert_true(cached.is_stale);
	assert_int_equal(cache_figures(cache).served_stale, 0);
	ask_for(&asked, "other.example.org", TYPE_A, 0);
	assert_int_equal(cache_find_stale(cache, &asked.query, clock_now_ns(), NULL, 0, &cached),
			 CACHE_MISS);
	cache_free(cache);
}

static void shown_at_once_one_asker_refreshes(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	config.stale_at_once = true;
	config.stale_ttl_s = 0;
	config.stale_recheck_ms = 30000;
	struct cache *cache = with_old(&config);
	struct found found = find(cache, NAME, TYPE_A, 0);
	assert_int_equal(found.verdict, CACHE_REFRESH);
	assert_int_equal(found.ttl, 0);
	assert_true(found.cached.is_stale);
	assert_int_equal(verdict_of(cache, NAME), CACHE_HIT);
	assert_true(put(cache, NAME, TYPE_A, 0, NULL));
	after_ms(29999);
	assert_int_equal(verdict_of(cache, NAME), CACHE_HIT);
	after_ms(1);
	assert_int_equal(verdict_of(cache, NAME), CACHE_REFRESH);
	assert_int_equal(cache_figures(cache).prefetches, 2);
	assert_int_equal(cache_figures(cache).served_stale, 4);
	cache_free(cache);
}

static void verified_the_asker_waits_and_the_others_do_not(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	config.stale_verifies = true;
	config.stale_verify_ms = 100;
	config.stale_recheck_ms = 0;
	struct cache *cache = with_old(&config);
	assert_int_equal(verdict_of(cache, NAME), CACHE_MISS);
	assert_int_equal(verdict_of(cache, NAME), CACHE_HIT);
	assert_int_equal(find_stale(cache, NAME, TYPE_A).verdict, CACHE_HIT); /* it took too long */
	assert_true(put(cache, NAME, TYPE_A, 0, NULL));
	assert_int_equal(verdict_of(cache, NAME), CACHE_MISS);
	put_a(cache, NAME, 60, 2);
	assert_int_equal(find(cache, NAME, TYPE_A, 0).last_octet, 2);
	cache_free(cache);
}

static void verified_without_limits_all_wait(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	config.stale_verifies = true;
	config.stale_verify_ms = config.stale_recheck_ms = 0;
	struct cache *cache = with_old(&config);
	assert_int_equal(verdict_of(cache, NAME), CACHE_MISS);
	assert_int_equal(verdict_of(cache, NAME), CACHE_MISS);
	assert_int_equal(find_stale(cache, NAME, TYPE_A).verdict, CACHE_HIT);
	cache_free(cache);
}

/* ---- serve_stale_policy prefer_positive ---- */

static struct config_cache preferring(void)
{
	struct config_cache config = usual_config();
	config.stale_verifies = config.stale_prefers_positive = true;
	config.stale_ms = 3600000;
	config.stale_verify_ms = config.stale_recheck_ms = 0;
	return config;
}

static void an_answer_may_be_preferred_to_a_later_denial(void **state)
{
	(void)state;
	struct config_cache config = preferring();
	for (unsigned i = 0; i < 3; i++) {
		struct cache *cache = with_old(&config);
		struct said said;
		say(&said, NAME, TYPE_A, i == 0 ? RCODE_NXDOMAIN : 0);
		if (i < 2)
			say_soa(&said, "example.org", 50, 50);
		assert_int_equal(verdict_of(cache, NAME), CACHE_MISS);
		assert_true(put(cache, NAME, TYPE_A, 0, &said));
		assert_int_equal(find_stale(cache, NAME, TYPE_A).last_octet, 1);
		/* for as long as the denial says, nobody needs to ask */
		after_ms(i < 2 ? 49999 : 4999);
		struct found found = find(cache, NAME, TYPE_A, 0);
		assert_int_equal(found.verdict, CACHE_HIT);
		assert_int_equal(found.last_octet, 1);
		after_ms(1);
		assert_int_equal(verdict_of(cache, NAME), CACHE_MISS);
		cache_free(cache);
	}
}

static void a_preferred_answer_ends_when_it_may_be_shown_no_more(void **state)
{
	(void)state;
	struct config_cache config = preferring();
	struct cache *cache = with_old(&config);
	struct said said;
	after_s(3590);
	say_denial(&said, 50);
	assert_true(put(cache, NAME, TYPE_A, 0, &said));
	assert_int_equal(find(cache, NAME, TYPE_A, 0).cached.rcode, RCODE_NOERROR);
	after_s(10);
	struct found found = find(cache, NAME, TYPE_A, 0);
	assert_int_equal(found.cached.rcode, RCODE_NXDOMAIN);
	assert_int_equal(found.ttl, 40);
	say_denial(&said, 50);
	assert_false(put(cache, NAME, TYPE_A, 0, &said));
	cache_free(cache);
}

static void a_new_answer_takes_the_denial_away(void **state)
{
	(void)state;
	struct config_cache config = preferring();
	struct cache *cache = cache_new(&config);
	struct said said;
	say_denial(&said, 1800);
	assert_false(put(cache, NAME, TYPE_A, 0, &said));
	assert_int_equal(find(cache, NAME, TYPE_A, 0).cached.rcode, RCODE_NXDOMAIN);
	put_a(cache, NAME, 60, 3);
	assert_int_equal(find(cache, NAME, TYPE_A, 0).last_octet, 3);
	assert_int_equal(cache_figures(cache).entries[0], 1);
	assert_int_equal(cache_figures(cache).entries[1], 0);
	cache_free(cache);
}

static void without_the_policy_the_newest_word_counts(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	struct cache *cache = with_old(&config);
	struct said said;
	say_denial(&said, 50);
	assert_false(put(cache, NAME, TYPE_A, 0, &said));
	assert_int_equal(find(cache, NAME, TYPE_A, 0).cached.rcode, RCODE_NXDOMAIN);
	after_s(60);
	assert_int_equal(find_stale(cache, NAME, TYPE_A).cached.rcode, RCODE_NXDOMAIN);
	cache_free(cache);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, clock_setup, clock_teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_has_run_out_is_shown_when_upstreams_fail),
		TEST(after_a_failure_nobody_waits_and_one_asks_each_second),
		TEST(who_was_to_ask_and_did_not_is_replaced),
		TEST(a_denial_that_has_run_out_is_shown_too),
		TEST(nothing_is_shown_for_longer_than_it_may_be),
		TEST(nothing_is_shown_where_it_is_switched_off),
		TEST(a_failure_hides_nothing),
		TEST(a_failure_ahead_of_time_is_none_when_the_time_comes),
		TEST(with_no_room_it_is_only_looked),
		TEST(shown_at_once_one_asker_refreshes),
		TEST(verified_the_asker_waits_and_the_others_do_not),
		TEST(verified_without_limits_all_wait),
		TEST(an_answer_may_be_preferred_to_a_later_denial),
		TEST(a_preferred_answer_ends_when_it_may_be_shown_no_more),
		TEST(a_new_answer_takes_the_denial_away),
		TEST(without_the_policy_the_newest_word_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
