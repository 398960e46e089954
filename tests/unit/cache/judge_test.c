/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept, and for how long. */
#include "asking.h"
#include "store.h"

static struct cache *fresh(void)
{
	static struct config_cache config;
	config = usual_config();
	return cache_new(&config);
}

static void an_answer_lives_as_long_as_its_shortest_record(void **state)
{
	(void)state;
	struct cache *cache = fresh();
	struct said said;
	say(&said, "www.example.org", TYPE_A, FLAG_AA | FLAG_RA);
	say_alias(&said, NULL, "web.example.org", 300);
	say_record(&said, ANSWER, "web.example.org", TYPE_A, 100, "\xc0\0\2\7", 4);
	say_record(&said, AUTHORITY, "example.org", TYPE_NS, 40, "\0", 1);
	assert_false(put(cache, "www.example.org", TYPE_A, 0, &said));
	after_ms(10900);

	struct found found = find(cache, "WWW.example.ORG", TYPE_A, 0);
	assert_int_equal(found.verdict, CACHE_HIT);
	assert_int_equal(found.ttl, 30);
	assert_int_equal(found.cached.rcode, RCODE_NOERROR);
	assert_int_equal(found.cached.flags, FLAG_AA | FLAG_RA);
	assert_int_equal(found.cached.counts[0], 2);
	assert_int_equal(found.cached.counts[1], 1);
	assert_false(found.cached.is_denial);
	assert_false(found.cached.is_stale);
	after_ms(29100);
	assert_int_equal(verdict_of(cache, "www.example.org"), CACHE_MISS);
	cache_free(cache);
}

static void ttls_are_bounded(void **state)
{
	(void)state;
	static const struct row {
		uint32_t ttl, most, least, shown;
	} rows[] = {
		{ 86400, 3600, 5, 3600 }, { 0, 3600, 5, 5 },	   { 0x90000000, 3600, 5, 5 },
		{ 300, 30, 5, 30 },	  { 300, 3600, 600, 600 }, { 0, 3600, 0, 0 },
		{ 4, 3600, 0, 4 },	  { 20, 10, 15, 10 },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct config_cache config = usual_config();
		config.success.most_s = config.denial.most_s = rows[i].most;
		config.success.least_s = config.denial.least_s = rows[i].least;
		struct cache *cache = cache_new(&config);
		struct said said;
		put_a(cache, "www.example.org", rows[i].ttl, 1);
		say(&said, "none.example.org", TYPE_A, RCODE_NXDOMAIN);
		say_soa(&said, "example.org", rows[i].ttl, 0x7fffffff);
		put(cache, "none.example.org", TYPE_A, 0, &said);
		struct found answer = find(cache, "www.example.org", TYPE_A, 0),
			     denial = find(cache, "none.example.org", TYPE_A, 0);
		assert_int_equal(answer.verdict, rows[i].shown > 0 ? CACHE_HIT : CACHE_MISS);
		assert_int_equal(answer.ttl, rows[i].shown);
		assert_int_equal(denial.ttl, rows[i].shown);
		cache_free(cache);
	}
}

static void a_denial_lives_by_its_soa(void **state)
{
	(void)state;
	struct cache *cache = fresh();
	struct said said;
	say(&said, "none.example.org", TYPE_A, RCODE_NXDOMAIN);
	say_soa(&said, "example.org", 900, 60);
	put(cache, "none.example.org", TYPE_A, 0, &said);
	say(&said, "some.example.org", TYPE_AAAA, 0);
	say_soa(&said, "example.org", 50, 900);
	put(cache, "some.example.org", TYPE_AAAA, 0, &said);

	struct found none = find(cache, "none.example.org", TYPE_A, 0),
		     some = find(cache, "some.example.org", TYPE_AAAA, 0);
	assert_int_equal(none.cached.rcode, RCODE_NXDOMAIN);
	assert_int_equal(none.ttl, 60);
	assert_true(none.cached.is_denial);
	assert_int_equal(some.cached.rcode, RCODE_NOERROR);
	assert_int_equal(some.ttl, 50);
	assert_true(some.cached.is_denial);
	cache_free(cache);
}

/* Builds one reply to www.example.org A. */
static void say_www(struct said *said, unsigned flags_and_rcode)
{
	say(said, "www.example.org", TYPE_A, flags_and_rcode);
}

static void what_says_nothing_useful_is_not_kept(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 7; i++) {
		struct cache *cache = fresh();
		struct said said;
		say_www(&said, i == 0	? RCODE_NXDOMAIN
			       : i == 1 ? FLAG_TC
			       : i == 2 ? RCODE_REFUSED
			       : i == 3 ? RCODE_FORMERR
			       : i == 4 ? RCODE_YXDOMAIN
					: 0);
		if (i == 1)
			say_a(&said, 300, 1);
		if (i >= 5) /* an alias that leads to nothing, or back */
			say_alias(&said, NULL, i == 5 ? "elsewhere.test" : "www.example.org", 300);
		assert_false(put(cache, "www.example.org", TYPE_A, 0, &said));
		assert_int_equal(verdict_of(cache, "www.example.org"), CACHE_MISS);
		assert_int_equal(cache_figures(cache).entries[0] + cache_figures(cache).entries[1], 0);
		cache_free(cache);
	}
}

static void an_alias_to_nothing_is_a_denial_where_an_soa_says_so(void **state)
{
	(void)state;
	struct cache *cache = fresh();
	struct said said;
	say_www(&said, 0);
	say_alias(&said, NULL, "elsewhere.test", 300);
	say_soa(&said, "test", 70, 60);
	put(cache, "www.example.org", TYPE_A, 0, &said);

	struct found found = find(cache, "www.example.org", TYPE_A, 0);
	assert_int_equal(found.verdict, CACHE_HIT);
	assert_true(found.cached.is_denial);
	assert_int_equal(found.cached.counts[0], 1);
	assert_int_equal(found.cached.counts[1], 1);
	cache_free(cache);
}

static void aliases_may_stand_in_any_order(void **state)
{
	(void)state;
	struct cache *cache = fresh();
	struct said said;
	say_www(&said, 0);
	say_record(&said, ANSWER, "c.test", TYPE_A, 100, "\xc0\0\2\7", 4);
	say_alias(&said, "b.test", "C.test", 100);
	say_alias(&said, "a.test", "b.TEST", 100);
	say_alias(&said, NULL, "a.test", 100);
	put(cache, "www.example.org", TYPE_A, 0, &said);
	struct found found = find(cache, "www.example.org", TYPE_A, 0);
	assert_int_equal(found.verdict, CACHE_HIT);
	assert_false(found.cached.is_denial);
	cache_free(cache);
}

static void an_empty_reply_is_kept_for_five_seconds(void **state)
{
	(void)state;
	struct cache *cache = fresh();
	struct said said;
	say_www(&said, 0);
	put(cache, "www.example.org", TYPE_A, 0, &said);
	struct found found = find(cache, "www.example.org", TYPE_A, 0);
	assert_int_equal(found.verdict, CACHE_HIT);
	assert_int_equal(found.cached.size, 0);
	after_s(5);
	assert_int_equal(verdict_of(cache, "www.example.org"), CACHE_MISS);
	assert_int_equal(find_stale(cache, "www.example.org", TYPE_A).verdict, CACHE_MISS);
	cache_free(cache);
}

static void a_failure_is_kept_for_as_long_as_is_said(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) { /* said or not at all, kept or not */
		struct config_cache config = usual_config();
		config.servfail_s = i / 2 == 0 ? 5 : 0;
		struct cache *cache = cache_new(&config);
		struct said said;
		say_www(&said, RCODE_SERVFAIL);
		assert_false(put(cache, "www.example.org", TYPE_A, 0, i % 2 == 0 ? &said : NULL));
		after_ms(4900);
		struct found found = find(cache, "www.example.org", TYPE_A, 0);
		assert_int_equal(found.verdict, i / 2 == 0 ? CACHE_HIT : CACHE_MISS);
		if (i / 2 == 0)
			assert_int_equal(found.cached.rcode, RCODE_SERVFAIL);
		assert_int_equal(find_stale(cache, "www.example.org", TYPE_A).verdict, CACHE_MISS);
		after_ms(100);
		assert_int_equal(verdict_of(cache, "www.example.org"), CACHE_MISS);
		cache_free(cache);
	}
}

static void a_reply_to_another_question_is_dropped_and_counted(void **state)
{
	(void)state;
	struct cache *cache = fresh();
	struct said said;
	say_www(&said, 0);
	say_a(&said, 300, 1);
	assert_false(put(cache, "other.example.org", TYPE_A, 0, &said));
	assert_false(put(cache, "www.example.org", TYPE_AAAA, 0, &said));
	assert_int_equal(cache_figures(cache).drops, 2);
	assert_int_equal(verdict_of(cache, "other.example.org"), CACHE_MISS);
	assert_int_equal(verdict_of(cache, "www.example.org"), CACHE_MISS);
	cache_free(cache);
}

static void transfers_are_not_kept(void **state)
{
	(void)state;
	struct cache *cache = fresh();
	struct said said;
	say(&said, "example.org", TYPE_AXFR, 0);
	say_soa(&said, "example.org", 300, 300);
	put(cache, "example.org", TYPE_AXFR, 0, &said);
	assert_int_equal(find(cache, "example.org", TYPE_AXFR, 0).verdict, CACHE_MISS);
	cache_free(cache);
}

/* A, and a signature good from `from` to `until`, in seconds from now. */
static void say_signed(struct said *said, int from, int until)
{
	uint8_t data[40] = { 0, TYPE_A, 8, 3 };
	uint32_t now = (uint32_t)clock_unix_s();
	put_u32(data + 8, now + (uint32_t)until);
	put_u32(data + 12, now + (uint32_t)from);
	say_www(said, FLAG_AD);
	say_a(said, 300, 1);
	say_record(said, ANSWER, NULL, TYPE_RRSIG, 300, data, sizeof(data));
}

static void nothing_lives_longer_than_its_signature(void **state)
{
	(void)state;
	static const struct row {
		int from, until;
		uint32_t ttl;
	} rows[] = { { -100, 10000, 300 }, { -100, 42, 42 }, { -100, 0, 0 }, { 100, 200, 0 } };
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cache *cache = fresh();
		struct said said;
		say_signed(&said, rows[i].from, rows[i].until);
		put(cache, "www.example.org", TYPE_A, ASKED_DO, &said);
		struct found found = find(cache, "www.example.org", TYPE_A, ASKED_DO);
		assert_int_equal(found.verdict, rows[i].ttl > 0 ? CACHE_HIT : CACHE_MISS);
		assert_int_equal(found.ttl, rows[i].ttl);
		cache_free(cache);
	}
}

static void a_kind_may_be_disabled_for_zones_or_all(void **state)
{
	(void)state;
	struct config_zone zone = { (char[]){ "cluster.local." } };
	struct config_cache config = usual_config();
	config.success.disabled = config.denial.disabled = true;
	config.success.disabled_zones = (struct config_zones){ &zone, 1 };
	struct cache *cache = cache_new(&config);
	struct said said;
	put_a(cache, "a.Cluster.local", 300, 1);
	put_a(cache, "a.example.org", 300, 1);
	say(&said, "b.example.org", TYPE_A, RCODE_NXDOMAIN);
	say_soa(&said, "example.org", 300, 300);
	put(cache, "b.example.org", TYPE_A, 0, &said);
	put(cache, "c.example.org", TYPE_A, 0, NULL);

	assert_int_equal(verdict_of(cache, "a.cluster.local"), CACHE_MISS);
	assert_int_equal(verdict_of(cache, "a.example.org"), CACHE_HIT);
	assert_int_equal(verdict_of(cache, "b.example.org"), CACHE_MISS);
	assert_int_equal(verdict_of(cache, "c.example.org"), CACHE_MISS);
	cache_free(cache);
}

static void a_ttl_is_bounded_whether_it_may_be_kept_or_not(void **state)
{
	(void)state;
	struct cache *cache = fresh();
	struct said said;
	struct dns_message message;
	say_www(&said, 0);
	say_a(&said, 86400, 1);
	assert_true(dns_message_read(said.packet, said.size, &message));
	assert_int_equal(message_judge(cache, &message).ttl_s, 3600);
	say_www(&said, FLAG_TC);
	say_a(&said, 0, 1);
	assert_true(dns_message_read(said.packet, said.size, &message));
	assert_int_equal(message_judge(cache, &message).ttl_s, 5);
	cache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_lives_as_long_as_its_shortest_record),
		cmocka_unit_test(ttls_are_bounded),
		cmocka_unit_test(a_denial_lives_by_its_soa),
		cmocka_unit_test(what_says_nothing_useful_is_not_kept),
		cmocka_unit_test(an_alias_to_nothing_is_a_denial_where_an_soa_says_so),
		cmocka_unit_test(aliases_may_stand_in_any_order),
		cmocka_unit_test(an_empty_reply_is_kept_for_five_seconds),
		cmocka_unit_test(a_failure_is_kept_for_as_long_as_is_said),
		cmocka_unit_test(a_reply_to_another_question_is_dropped_and_counted),
		cmocka_unit_test(transfers_are_not_kept),
		cmocka_unit_test(nothing_lives_longer_than_its_signature),
		cmocka_unit_test(a_kind_may_be_disabled_for_zones_or_all),
		cmocka_unit_test(a_ttl_is_bounded_whether_it_may_be_kept_or_not),
	};
	return cmocka_run_group_tests(tests, clock_setup, clock_teardown);
}
