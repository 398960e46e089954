/* SPDX-License-Identifier: Apache-2.0 */
/* Who goes when there is no more room: bounds in entries and in octets, and that what is asked for stays. */
#include "asking.h"

static void name_of(unsigned number, char ret_name[64])
{
	snprintf(ret_name, 64, "host-%u.some.example.org", number);
}

static bool has(struct cache *cache, unsigned number)
{
	char name[64];
	name_of(number, name);
	return verdict_of(cache, name) != CACHE_MISS;
}

static void add(struct cache *cache, unsigned number)
{
	char name[64];
	name_of(number, name);
	put_a(cache, name, 300, (uint8_t)number);
}

/* An answer with so many addresses. */
static void add_large(struct cache *cache, unsigned number, unsigned addresses)
{
	static struct said said;
	char name[64];
	name_of(number, name);
	say(&said, name, TYPE_A, 0);
	for (unsigned i = 0; i < addresses; i++)
		say_a(&said, 300, (uint8_t)i);
	put(cache, name, TYPE_A, 0, &said);
}

static unsigned count_found(struct cache *cache, unsigned from, unsigned to)
{
	unsigned count = 0;
	for (unsigned i = from; i < to; i++)
		count += has(cache, i);
	return count;
}

static void as_many_as_were_asked_for_are_kept(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	struct cache *cache = cache_new(&config);
	for (unsigned i = 0; i < 9984; i++)
		add(cache, i);
	assert_true(count_found(cache, 0, 9984) >= 9980); /* a slot may have to be shared */
	for (unsigned i = 10000; i < 30000; i++)
		add(cache, i);
	struct cache_figures figures = cache_figures(cache);
	assert_in_range(figures.entries[0], 9950, 9984);
	assert_int_equal(figures.entries[0] + figures.evictions[0], 29984);
	assert_int_equal(figures.entries[1] + figures.evictions[1], 0);
	cache_free(cache);
}

static void a_capacity_is_1024_at_least(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	config.success.capacity = 10;
	struct cache *cache = cache_new(&config);
	for (unsigned i = 0; i < 5000; i++)
		add(cache, i);
	assert_in_range(cache_figures(cache).entries[0], 1010, 1024);
	cache_free(cache);
}

static void what_is_asked_for_survives_a_flood(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	struct cache *cache = cache_new(&config);
	for (unsigned i = 0; i < 500; i++)
		add(cache, i);
	for (unsigned i = 0; i < 60000; i++) {
		add(cache, 1000 + i);
		if (i % 20 == 0)
			has(cache, (i / 20) % 500);
	}
	assert_int_equal(count_found(cache, 0, 500), 500);
	cache_free(cache);
}

static void what_was_asked_for_comes_back_to_stay(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	config.success.capacity = 2000;
	struct cache *cache = cache_new(&config);
	for (unsigned i = 0; i < 4000; i++)
		add(cache, i);
	unsigned lost[100];
	for (unsigned i = 0, number = 2500; i < 100; number++)
		if (!has(cache, number))
			lost[i++] = number;
	for (unsigned i = 0; i < 100; i++)
		add(cache, lost[i]); /* known for having left a moment ago */
	for (unsigned i = 5000; i < 5500; i++)
		add(cache, i); /* more than go through the small ring */
	unsigned count = 0;
	for (unsigned i = 0; i < 100; i++)
		count += has(cache, lost[i]);
	assert_true(count > 60);
	assert_true(count_found(cache, 5000, 5300) < 10);
	cache_free(cache);
}

static void large_ones_do_not_push_out_what_is_asked_for(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	struct cache *cache = cache_new(&config);
	for (unsigned i = 0; i < 500; i++)
		add(cache, i);
	for (unsigned i = 1000; i < 12000; i++)
		add(cache, i);
	count_found(cache, 0, 500);
	for (unsigned i = 20000; i < 20400;
	     i++) { /* each is asked for, and all together are five times the memory */
		add_large(cache, i, 4000);
		has(cache, i);
		if (i % 10 == 0)
			count_found(cache, 0, 500);
	}
	assert_true(count_found(cache, 0, 500) > 450);
	cache_free(cache);
}

static void memory_is_bounded_whatever_is_kept(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	config.memory_size = 4 << 20;
	struct cache *cache = cache_new(&config);
	for (unsigned i = 0; i < 3000; i++)
		add_large(cache, i, 1 + i * 7919 % 4000);
	struct cache_figures figures = cache_figures(cache);
	assert_true(figures.bytes <= (4 << 20) + (512 << 10)); /* slots come on top */
	assert_true(figures.entries[0] > 20);
	assert_true(figures.evictions[0] > 2000);
	unsigned found = count_found(cache, 0, 3000);
	assert_int_equal(found, figures.entries[0]);
	cache_free(cache);
}

static void memory_is_taken_as_it_fills(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	config.success.capacity = 100000;
	struct cache *cache = cache_new(&config);
	uint64_t empty = cache_figures(cache).bytes;
	for (unsigned i = 0; i < 1000; i++)
		add(cache, i);
	uint64_t few = cache_figures(cache).bytes;
	assert_in_range(few - empty, 60 * 1000, 150 * 1000);
	for (unsigned round = 0; round < 20;
	     round++) /* an answer that is refreshed stays where it is */
		for (unsigned i = 0; i < 1000; i++)
			add(cache, i);
	assert_int_equal(cache_figures(cache).bytes, few);
	for (unsigned i = 0; i < 250000; i++) /* and what goes leaves its place to others */
		add(cache, i);
	assert_in_range(cache_figures(cache).bytes - empty, 60 * 100000, 120 * 100000);
	cache_free(cache);
}

static void memory_that_became_too_small_for_larger_ones_grows(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	config.success.capacity = 2000;
	struct cache *cache = cache_new(&config);
	for (unsigned i = 0; i < 20000; i++)
		add(cache, i);
	for (unsigned i = 20000; i < 60000; i++)
		add_large(cache, i, 20); /* 450 octets: they all have room */
	assert_in_range(cache_figures(cache).entries[0], 1950, 2000);
	cache_free(cache);
}

static void what_is_over_goes_without_being_counted(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	config.serves_stale = false;
	config.success.capacity = 1024;
	struct cache *cache = cache_new(&config);
	for (unsigned i = 0; i < 1000; i++)
		add(cache, i);
	after_s(300);
	for (unsigned i = 1000; i < 2000; i++)
		add(cache, i);
	assert_int_equal(cache_figures(cache).evictions[0], 0);
	assert_true(count_found(cache, 1000, 2000) >= 995);
	cache_free(cache);
}

static void answers_do_not_push_denials_out(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	struct cache *cache = cache_new(&config);
	struct said said;
	say(&said, "none.example.org", TYPE_A, RCODE_NXDOMAIN);
	say_soa(&said, "example.org", 300, 300);
	put(cache, "none.example.org", TYPE_A, 0, &said);
	for (unsigned i = 0; i < 50000; i++)
		add(cache, i);
	assert_int_equal(verdict_of(cache, "none.example.org"), CACHE_HIT);
	cache_free(cache);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, clock_setup, clock_teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(as_many_as_were_asked_for_are_kept),
		TEST(a_capacity_is_1024_at_least),
		TEST(what_is_asked_for_survives_a_flood),
		TEST(what_was_asked_for_comes_back_to_stay),
		TEST(large_ones_do_not_push_out_what_is_asked_for),
		TEST(memory_is_bounded_whatever_is_kept),
		TEST(memory_is_taken_as_it_fills),
		TEST(memory_that_became_too_small_for_larger_ones_grows),
		TEST(what_is_over_goes_without_being_counted),
		TEST(answers_do_not_push_denials_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
