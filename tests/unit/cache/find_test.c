/* SPDX-License-Identifier: Apache-2.0 */
/* What is found, under which question, and in which form. */
#include "asking.h"

static void questions_that_differ_are_kept_apart(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	struct cache *cache = cache_new(&config);
	static const unsigned flags[] = { 0, FLAG_CD, ASKED_DO, ASKED_DO | FLAG_CD };
	for (uint8_t i = 0; i < 8; i++) {
		struct said said;
		uint16_t type = i < 4 ? TYPE_A : TYPE_TXT;
		say(&said, "www.example.org", type, 0);
		uint8_t data[4] = { 1, 2, 3, i };
		say_record(&said, ANSWER, NULL, type, 100, data, sizeof(data));
		put(cache, "www.example.org", type, flags[i % 4], &said);
	}
	for (uint8_t i = 0; i < 8; i++) {
		struct found found =
			find(cache, "www.example.org", i < 4 ? TYPE_A : TYPE_TXT, flags[i % 4]);
		assert_int_equal(found.verdict, CACHE_HIT);
		assert_int_equal(found.last_octet, i);
	}
	assert_int_equal(find(cache, "www.example.org", TYPE_AAAA, 0).verdict, CACHE_MISS);
	assert_int_equal(find(cache, "ww.example.org", TYPE_A, 0).verdict, CACHE_MISS);
	assert_int_equal(find(cache, "example.org", TYPE_A, 0).verdict, CACHE_MISS);
	assert_int_equal(cache_figures(cache).entries[0], 8);
	cache_free(cache);
}

static void the_class_is_part_of_the_question(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	struct cache *cache = cache_new(&config);
	struct asked asked;
	struct cached cached;
	uint8_t records[512];
	put_a(cache, "www.example.org", 300, 1);
	ask_for(&asked, "www.example.org", TYPE_A, 0);
	asked.query.class_ = CLASS_CH;
	assert_int_equal(cache_find(cache, &asked.query, clock_now_ns(), records, 512, &cached),
			 CACHE_MISS);
	cache_free(cache);
}

/* Names of every size, so that every size of the last word is compared. */
static void names_of_all_sizes_are_told_apart(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	struct cache *cache = cache_new(&config);
	char name[DNS_NAME_MAX] = "";
	for (unsigned size = 1; size < 250; size++) {
		memset(name, 'a', size);
		for (unsigned i = 50; i < size; i += 50)
			name[i] = '.';
		if (name[size - 1] == '.')
			continue;
		put_a(cache, name, 300, (uint8_t)size);
	}
	for (unsigned size = 1; size < 250; size++) {
		memset(name, 'A', size);
		name[size] = 0;
		for (unsigned i = 50; i < size; i += 50)
			name[i] = '.';
		if (name[size - 1] == '.')
			continue;
		assert_int_equal(find(cache, name, TYPE_A, 0).last_octet, size);
		name[size - 1] = 'B';
		assert_int_equal(find(cache, name, TYPE_A, 0).verdict, CACHE_MISS);
	}
	put_a(cache, ".", 300, 77);
	assert_int_equal(find(cache, ".", TYPE_A, 0).last_octet, 77);
	cache_free(cache);
}

static void a_later_answer_takes_the_place_of_an_earlier_one(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	struct cache *cache = cache_new(&config);
	struct said said;
	put_a(cache, "www.example.org", 300, 1);
	put_a(cache, "www.example.org", 200, 2); /* as large */
	struct found found = find(cache, "www.example.org", TYPE_A, 0);
	assert_int_equal(found.last_octet, 2);
	assert_int_equal(found.ttl, 200);

	say(&said, "www.example.org", TYPE_A, 0);
	for (uint8_t i = 0; i < 100; i++)
		say_a(&said, 100, i);
	put(cache, "www.example.org", TYPE_A, 0, &said); /* larger */
	found = find(cache, "www.example.org", TYPE_A, 0);
	assert_int_equal(found.cached.counts[0], 100);
	assert_int_equal(found.cached.size, 1600);

	say(&said, "www.example.org", TYPE_A, RCODE_NXDOMAIN);
	say_soa(&said, "example.org", 60, 60);
	put(cache, "www.example.org", TYPE_A, 0, &said); /* of the other kind */
	found = find(cache, "www.example.org", TYPE_A, 0);
	assert_int_equal(found.cached.rcode, RCODE_NXDOMAIN);
	assert_int_equal(cache_figures(cache).entries[0], 0);
	assert_int_equal(cache_figures(cache).entries[1], 1);
	assert_int_equal(cache_figures(cache).evictions[0] + cache_figures(cache).evictions[1], 0);
	cache_free(cache);
}

static void records_come_as_they_were_said(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	struct cache *cache = cache_new(&config);
	for (size_t room = 0; room < 40;
	     room++) { /* all sizes of a last word, with and without room behind */
		struct said said;
		struct asked asked;
		struct cached cached;
		uint8_t data[64];
		char name[32];
		for (unsigned i = 0; i < sizeof(data); i++)
			data[i] = (uint8_t)(i + room);
		snprintf(name, sizeof(name), "n%zu.example.org", room);
		say(&said, name, TYPE_TXT, 0);
		say_record(&said, ANSWER, NULL, TYPE_TXT, 300, data, room);
		say_record(&said, ADDITIONAL, "x", TYPE_TXT, 300, data, 3);
		put(cache, name, TYPE_TXT, 0, &said);

		ask_for(&asked, name, TYPE_TXT, 0);
		size_t size = said.size - asked.query.question_end;
		for (size_t extra = 0; extra < 9; extra++) {
			uint8_t *records = mem_alloc(size + extra);
			assert_int_equal(cache_find(cache, &asked.query, clock_now_ns(), records,
						    size + extra, &cached),
					 CACHE_HIT);
			assert_int_equal(cached.size, size);
			assert_memory_equal(records, said.packet + asked.query.question_end, size);
			mem_free(records);
		}
	}
	cache_free(cache);
}

static void what_does_not_fit_says_its_size(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	struct cache *cache = cache_new(&config);
	struct asked asked;
	struct cached cached;
	uint8_t records[16] = { 0xaa };
	put_a(cache, "www.example.org", 300, 1);
	ask_for(&asked, "www.example.org", TYPE_A, 0);
	assert_int_equal(cache_find(cache, &asked.query, clock_now_ns(), records, 15, &cached),
			 CACHE_TOO_LARGE);
	assert_int_equal(cached.size, 16);
	assert_int_equal(records[0], 0xaa);
	assert_int_equal(cache_find(cache, &asked.query, clock_now_ns(), records, 16, &cached),
			 CACHE_HIT);
	cache_free(cache);
}

static void the_largest_message_is_kept(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	config.success.capacity = 1;
	struct cache *cache = cache_new(&config);
	static struct said said;
	say(&said, "www.example.org", TYPE_A, 0);
	while (said.size + 16 <= sizeof(said.packet) - DNS_NAME_MAX - 14)
		say_a(&said, 300, 9);
	put(cache, "www.example.org", TYPE_A, 0, &said);
	struct found found = find(cache, "www.example.org", TYPE_A, 0);
	assert_int_equal(found.verdict, CACHE_HIT);
	assert_true(found.cached.size > 65000);
	after_s(100);
	assert_int_equal(find(cache, "www.example.org", TYPE_A, 0).ttl, 200);
	cache_free(cache);
}

static void ad_is_for_who_asked_for_it(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	struct cache *cache = cache_new(&config);
	struct said said;
	say(&said, "www.example.org", TYPE_A, FLAG_AD | FLAG_RA);
	say_a(&said, 300, 1);
	put(cache, "www.example.org", TYPE_A, 0, &said);
	put(cache, "www.example.org", TYPE_A, ASKED_DO, &said);
	assert_int_equal(find(cache, "www.example.org", TYPE_A, 0).cached.flags, FLAG_RA);
	assert_int_equal(find(cache, "www.example.org", TYPE_A, FLAG_AD).cached.flags,
			 FLAG_RA | FLAG_AD);
	assert_int_equal(find(cache, "www.example.org", TYPE_A, ASKED_DO).cached.flags,
			 FLAG_RA | FLAG_AD);
	cache_free(cache);
}

static void ttls_stay_where_they_are_to_be_kept(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	config.keep_ttl = true;
	struct cache *cache = cache_new(&config);
	put_a(cache, "www.example.org", 300, 1);
	after_s(299);
	assert_int_equal(find(cache, "www.example.org", TYPE_A, 0).ttl, 300);
	after_s(1);
	assert_int_equal(verdict_of(cache, "www.example.org"), CACHE_MISS);
	cache_free(cache);
}

static void a_cache_is_for_its_zones(void **state)
{
	(void)state;
	struct config_zone zones[] = { { (char[]){ "example.org." } }, { (char[]){ "test." } } };
	struct config_cache config = usual_config();
	config.zones = (struct config_zones){ zones, 2 };
	struct cache *cache = cache_new(&config);
	assert_true(cache_holds(cache, (const uint8_t *)"\7example\3org"));
	assert_true(cache_holds(cache, (const uint8_t *)"\1a\4test"));
	assert_false(cache_holds(cache, (const uint8_t *)"\3org"));
	assert_false(cache_holds(cache, (const uint8_t *)"\5atest"));
	cache_free(cache);
	config = usual_config();
	cache = cache_new(&config);
	assert_true(cache_holds(cache, (const uint8_t *)""));
	assert_true(cache_holds(cache, (const uint8_t *)"\3org"));
	cache_free(cache);
	cache_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions_that_differ_are_kept_apart),
		cmocka_unit_test(the_class_is_part_of_the_question),
		cmocka_unit_test(names_of_all_sizes_are_told_apart),
		cmocka_unit_test(a_later_answer_takes_the_place_of_an_earlier_one),
		cmocka_unit_test(records_come_as_they_were_said),
		cmocka_unit_test(what_does_not_fit_says_its_size),
		cmocka_unit_test(the_largest_message_is_kept),
		cmocka_unit_test(ad_is_for_who_asked_for_it),
		cmocka_unit_test(ttls_stay_where_they_are_to_be_kept),
		cmocka_unit_test(a_cache_is_for_its_zones),
	};
	return cmocka_run_group_tests(tests, clock_setup, clock_teardown);
}
