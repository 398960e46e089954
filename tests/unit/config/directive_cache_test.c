/* SPDX-License-Identifier: Apache-2.0 */
/* cache. */
#include "directive_reading.h"

static struct reading *read_lines(const char *lines)
{
	struct text text = { 0 };
	text_printf(&text, "%s\nforward . 192.0.2.1", lines); /* else it has no effect */
	struct reading *reading = reading_of("cache", directive_cache_read, text.data);
	text_done(&text);
	return reading;
}

static struct reading *read_cache(const char *lines)
{
	return reading_that_is_good(read_lines(lines));
}

static void assert_kind(const struct config_cache_kind *kind, uint32_t capacity, uint32_t most_s,
			uint32_t least_s)
{
	assert_int_equal(kind->capacity, capacity);
	assert_int_equal(kind->most_s, most_s);
	assert_int_equal(kind->least_s, least_s);
}

static void without_options_it_is_the_usual_one(void **state)
{
	(void)state;
	static const char *const lines[] = { "cache", "cache { }" };
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct reading *reading = read_cache(lines[i]);
		const struct config_cache *cache = reading->block.cache;
		assert_zones(&cache->zones, "example.org.");
		assert_kind(&cache->success, 9984, 3600, 5);
		assert_kind(&cache->denial, 9984, 1800, 5);
		assert_int_equal(cache->prefetch, 0);
		assert_int_equal(cache->servfail_s, 5);
		assert_int_equal(cache->memory_size, 0);
		assert_false(cache->keep_ttl || cache->success.disabled || cache->denial.disabled);
		assert_true(cache->serves_stale);
		assert_false(cache->stale_at_once || cache->stale_verifies ||
			     cache->stale_prefers_positive);
		assert_int_equal(cache->stale_ms, 86400000);
		assert_int_equal(cache->stale_verify_ms, 400);
		assert_int_equal(cache->stale_recheck_ms, 1000);
		assert_int_equal(cache->stale_ttl_s, 30);
		assert_int_equal(reading->config.notes.count, 0);
		done(reading);
	}
}

static void the_first_number_is_a_ttl_and_the_rest_are_zones(void **state)
{
	(void)state;
	static const struct row {
		const char *line, *zones;
		uint32_t success_s, denial_s;
	} rows[] = {
		{ "cache 30", "example.org.", 30, 30 },
		{ "cache +25 B.test a", "b.test. a.", 25, 25 },
		{ "cache aaa example.nl", "aaa. example.nl.", 3600, 1800 },
		{ "cache 10.0.0.0/8", "10.in-addr.arpa.", 3600, 1800 },
		{ "cache 99999999999", "example.org.", 0x7fffffff, 0x7fffffff },
		{ "cache 99999999999999999999", "99999999999999999999.", 3600, 1800 },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct reading *reading = read_cache(rows[i].line);
		const struct config_cache *cache = reading->block.cache;
		assert_zones(&cache->zones, rows[i].zones);
		assert_kind(&cache->success, 9984, rows[i].success_s, 5);
		assert_kind(&cache->denial, 9984, rows[i].denial_s, 5);
		assert_int_equal(reading->config.notes.count, 0);
		done(reading);
	}
}

static void a_ttl_with_a_unit_is_a_zone_and_noted(void **state)
{
	(void)state;
	struct reading *reading = read_cache("cache 3600s");
	assert_zones(&reading->block.cache->zones, "3600s.");
	assert_words(&reading->config.notes,
		     "Corefile:2 - \"3600s\" is the name of a zone here, and nothing else is cached: a "
		     "TTL is written in seconds, without a unit");
	done(reading);
}

static void kinds_have_bounds_of_their_own(void **state)
{
	(void)state;
	struct reading *reading = read_cache("cache 25 example.nl {\nsuccess 10\ndenial 20 15 7\n}");
	assert_kind(&reading->block.cache->success, 10, 25, 5);
	assert_kind(&reading->block.cache->denial, 20, 15, 7);
	done(reading);
	reading = read_cache("cache {\nsuccess 100000 1800 0\ndenial -1 60\n}");
	assert_kind(&reading->block.cache->success, 100000, 1800, 0);
	assert_kind(&reading->block.cache->denial, 0, 60, 5);
	done(reading);
	reading = read_cache("cache {\nsuccess 9984 30 5 6\n}");
	assert_words(&reading->config.notes,
		     "Corefile:3 - what stands behind the third number has no effect");
	done(reading);
}

static void prefetch_takes_up_to_three(void **state)
{
	(void)state;
	struct reading *reading = read_cache("cache {\nprefetch 10\n}");
	assert_int_equal(reading->block.cache->prefetch, 10);
	assert_int_equal(reading->block.cache->prefetch_within_ms, 60000);
	assert_int_equal(reading->block.cache->prefetch_percent, 10);
	done(reading);
	reading = read_cache("cache {\nprefetch 5 10m 25%\n}");
	assert_int_equal(reading->block.cache->prefetch, 5);
	assert_int_equal(reading->block.cache->prefetch_within_ms, 600000);
	assert_int_equal(reading->block.cache->prefetch_percent, 25);
	done(reading);
}

static void serve_stale_has_two_modes(void **state)
{
	(void)state;
	static const struct row {
		const char *line;
		uint64_t stale_ms, verify_ms, recheck_ms;
		uint32_t ttl_s;
		bool at_once, verifies;
	} rows[] = {
		{ "serve_stale", 3600000, 0, 0, 0, true, false },
		{ "serve_stale 1h20m", 4800000, 0, 0, 0, true, false },
		{ "serve_stale 3600s immediate", 3600000, 0, 0, 0, true, false },
		{ "serve_stale 1h immediate 30s", 3600000, 0, 0, 30, true, false },
		{ "serve_stale 1h immediate 30s 250ms", 3600000, 0, 250, 30, true, false },
		{ "serve_stale 1h immediate 4294967295s", 3600000, 0, 0, 4294967295, true, false },
		{ "serve_stale 1h immediate 0 0", 3600000, 0, 0, 0, true, false },
		{ "serve_stale 1m verify", 60000, 0, 0, 0, false, true },
		{ "serve_stale 1h VERIFY 100ms", 3600000, 100, 0, 0, false, true },
		{ "serve_stale 1h verify 0 1m", 3600000, 0, 0, 60, false, true },
		{ "serve_stale 1h verify 100ms 30s 5m", 3600000, 100, 300000, 30, false, true },
		{ "serve_stale 1m verify 9s 9s 9s\nserve_stale", 3600000, 0, 0, 0, true, false },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct text text = { 0 };
		text_printf(&text, "cache {\n%s\n}", rows[i].line);
		struct reading *reading = read_cache(text.data);
		const struct config_cache *cache = reading->block.cache;
		assert_true(cache->serves_stale);
		assert_int_equal(cache->stale_ms, rows[i].stale_ms);
		assert_int_equal(cache->stale_verify_ms, rows[i].verify_ms);
		assert_int_equal(cache->stale_recheck_ms, rows[i].recheck_ms);
		assert_int_equal(cache->stale_ttl_s, rows[i].ttl_s);
		assert_int_equal(cache->stale_at_once, rows[i].at_once);
		assert_int_equal(cache->stale_verifies, rows[i].verifies);
		text_done(&text);
		done(reading);
	}
}

static void stale_answers_can_be_switched_off(void **state)
{
	(void)state;
	static const char *const lines[] = { "off", "0", "0m", "-0s", "0 verify", "0 immediate 30s" };
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct text text = { 0 };
		text_printf(&text, "cache {\nserve_stale %s\n}", lines[i]);
		struct reading *reading = read_cache(text.data);
		assert_false(reading->block.cache->serves_stale);
		text_done(&text);
		done(reading);
	}
}

static void the_policy_may_stand_before_serve_stale(void **state)
{
	(void)state;
	struct reading *reading =
		read_cache("cache {\nserve_stale_policy PREFER_POSITIVE\nserve_stale 1h verify\n}");
	assert_true(reading->block.cache->stale_prefers_positive);
	done(reading);
}

static void the_rest_is_as_it_says(void **state)
{
	(void)state;
	struct reading *reading = read_cache(
		"cache {\nkeepttl\nservfail 1m500ms\ndisable success Cluster.local a\ndisable "
		"denial\nmemory 64Mi\n}");
	const struct config_cache *cache = reading->block.cache;
	assert_true(cache->keep_ttl);
	assert_int_equal(cache->servfail_s, 60);
	assert_true(cache->success.disabled && cache->denial.disabled);
	assert_zones(&cache->success.disabled_zones, "cluster.local. a.");
	assert_zones(&cache->denial.disabled_zones, "");
	assert_int_equal(cache->memory_size, 64 << 20);
	done(reading);
	reading = read_cache(
		"cache {\nservfail 0\ndisable denial a\ndisable denial b\nmemory 1048576\n}");
	cache = reading->block.cache;
	assert_int_equal(cache->servfail_s, 0);
	assert_zones(&cache->denial.disabled_zones, "b.");
	assert_int_equal(cache->memory_size, 1 << 20);
	done(reading);
}

static void bad_lines_are_refused(void **state)
{
	(void)state;
#define COUNT "Wrong argument count or unexpected line ending after "
	static const struct row {
		const char *lines;
		unsigned line;
		const char *sentence;
	} rows[] = {
		{ "cache 0 example.nl", 2, "cache TTL can not be zero or negative: 0" },
		{ "cache -1", 2, "cache TTL can not be zero or negative: -1" },
		{ "cache\ncache", 3, "this plugin can only be used once per Server Block" },
		{ "cache a..b", 2, NULL },
		{ "cache {\nsuccess\n}", 3, COUNT "'success'" },
		{ "cache {\ndenial\n}", 3, COUNT "'denial'" },
		{ "cache {\ndenial aaa\n}", 3, "strconv.Atoi: parsing \"aaa\": invalid syntax" },
		{ "cache {\nsuccess 10 30s\n}", 3, "strconv.Atoi: parsing \"30s\": invalid syntax" },
		{ "cache {\nsuccess 10 0\n}", 3, "cache TTL can not be zero or negative: 0" },
		{ "cache {\ndenial 10 30 x\n}", 3, "strconv.Atoi: parsing \"x\": invalid syntax" },
		{ "cache {\ndenial 10 30 -1\n}", 3, "cache min TTL can not be negative: -1" },
		{ "cache {\npositive 15\n}", 3, "unknown property 'positive'" },
		{ "cache {\nprefetch\n}", 3, COUNT "'prefetch'" },
		{ "cache {\nprefetch 1 1m 10% x\n}", 3, COUNT "'x'" },
		{ "cache {\nprefetch -1\n}", 3, "prefetch amount should be positive: -1" },
		{ "cache {\nprefetch 0 blurp\n}", 3, "time: invalid duration \"blurp\"" },
		{ "cache {\nprefetch 1 1m 10\n}", 3,
		  "last character of percentage should be `%`, but is: '0'" },
		{ "cache {\nprefetch 1 1m x%\n}", 3, "strconv.Atoi: parsing \"x\": invalid syntax" },
		{ "cache {\nprefetch 1 1m 9%\n}", 3, "percentage should fall in range [10, 90]: 9" },
		{ "cache {\nprefetch 1 1m 91%\n}", 3, "percentage should fall in range [10, 90]: 91" },
		{ "cache {\nserve_stale 20\n}", 3, "time: missing unit in duration \"20\"" },
		{ "cache {\nserve_stale -20m\n}", 3, "invalid negative duration for serve_stale" },
		{ "cache {\nserve_stale -+20m\n}", 3, "time: invalid duration \"-+20m\"" },
		{ "cache {\nserve_stale off verify\n}", 3, "time: invalid duration \"off\"" },
		{ "cache {\nserve_stale 1m nono\n}", 3,
		  "invalid value for serve_stale refresh mode: nono" },
		{ "cache {\nserve_stale 1h immediate 100ms\n}", 3,
		  "serve_stale response TTL must be a whole number of seconds" },
		{ "cache {\nserve_stale 1h immediate 4294967296s\n}", 3,
		  "serve_stale response TTL exceeds the DNS TTL range" },
		{ "cache {\nserve_stale 1h immediate -1s\n}", 3,
		  "invalid negative response TTL for serve_stale" },
		{ "cache {\nserve_stale 1h immediate garbage\n}", 3,
		  "invalid serve_stale response TTL: time: invalid duration \"garbage\"" },
		{ "cache {\nserve_stale 1h immediate 30s extra\n}", 3,
		  "invalid serve_stale failure recheck: time: invalid duration \"extra\"" },
		{ "cache {\nserve_stale 1h immediate 30s 30s extra\n}", 3, COUNT "'extra'" },
		{ "cache {\nserve_stale 1h immediate 30s -1s\n}", 3,
		  "invalid negative failure recheck for serve_stale" },
		{ "cache {\nserve_stale 1h immediate 30s 5m1s\n}", 3,
		  "serve_stale failure recheck cannot exceed 5 minutes" },
		{ "cache {\nserve_stale 1h verify -1ms\n}", 3,
		  "invalid negative timeout for serve_stale verify" },
		{ "cache {\nserve_stale 1h verify garbage\n}", 3,
		  "invalid serve_stale verify timeout: time: invalid duration \"garbage\"" },
		{ "cache {\nserve_stale 1h verify 100ms 500ms\n}", 3,
		  "serve_stale response TTL must be a whole number of seconds" },
		{ "cache {\nserve_stale 1h verify 100ms 30s 30s extra\n}", 3, COUNT "'extra'" },
		{ "cache {\nserve_stale_policy prefer_positive\n}", 4,
		  "serve_stale_policy requires serve_stale" },
		{ "cache {\nserve_stale\nserve_stale_policy\n}", 4, COUNT "'serve_stale_policy'" },
		{ "cache {\nserve_stale\nserve_stale_policy invalid\n}", 4,
		  "invalid serve_stale_policy: invalid" },
		{ "cache {\nserve_stale\nserve_stale_policy prefer_positive\nserve_stale_policy "
		  "prefer_positive\n}",
		  5, "serve_stale_policy can only be specified once" },
		{ "cache {\nservfail\n}", 3, COUNT "'servfail'" },
		{ "cache {\nservfail 6m\n}", 3,
		  "caching SERVFAIL responses over 5 minutes is not permitted" },
		{ "cache {\nservfail 20\n}", 3, "time: missing unit in duration \"20\"" },
		{ "cache {\nservfail -1s\n}", 3, "invalid negative ttl for servfail" },
		{ "cache {\nservfail 1m invalid\n}", 3, COUNT "'invalid'" },
		{ "cache {\ndisable\n}", 3, COUNT "'disable'" },
		{ "cache {\ndisable invalid a\n}", 3,
		  "cache type for disable must be \"success\" or \"denial\"" },
		{ "cache {\ndisable success a..b\n}", 3, "invalid disabled zone: a..b" },
		{ "cache {\nkeepttl arg1\n}", 3, COUNT "'arg1'" },
		{ "cache {\nmemory\n}", 3, COUNT "'memory'" },
		{ "cache {\nmemory 64M\n}", 3,
		  "memory is a size from 1Mi to 16Gi, like 64Mi, and not \"64M\"" },
		{ "cache {\nmemory 1023Ki\n}", 3,
		  "memory is a size from 1Mi to 16Gi, like 64Mi, and not \"1023Ki\"" },
		{ "cache {\nmemory 17Gi\n}", 3,
		  "memory is a size from 1Mi to 16Gi, like 64Mi, and not \"17Gi\"" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct reading *reading = read_lines(rows[i].lines);
		struct text text = { 0 };
		if (reading->is_good)
			fail_msg("was read: %s", rows[i].lines);
		text_printf(&text, "plugin/cache: Corefile:%u - Error during parsing: %s",
			    rows[i].line, rows[i].sentence);
		if (rows[i].sentence != NULL)
			assert_string_equal(reading->error.text, text.data);
		text_done(&text);
		done(reading);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_options_it_is_the_usual_one),
		cmocka_unit_test(the_first_number_is_a_ttl_and_the_rest_are_zones),
		cmocka_unit_test(a_ttl_with_a_unit_is_a_zone_and_noted),
		cmocka_unit_test(kinds_have_bounds_of_their_own),
		cmocka_unit_test(prefetch_takes_up_to_three),
		cmocka_unit_test(serve_stale_has_two_modes),
		cmocka_unit_test(stale_answers_can_be_switched_off),
		cmocka_unit_test(the_policy_may_stand_before_serve_stale),
		cmocka_unit_test(the_rest_is_as_it_says),
		cmocka_unit_test(bad_lines_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
