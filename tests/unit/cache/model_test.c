/* SPDX-License-Identifier: Apache-2.0 */
/* Random questions, replies and pauses, beside a slow table that says what must be found. There is room for all. */
#include "asking.h"

enum { NAMES = 40, STEPS = 40000, STALE_MS = 50000, RECHECK_MS = 1000, CLAIM_MS = 5000 };

enum kind { NOTHING, GOOD, DENIED, EMPTY, FAILED, KINDS };
struct expected {
	enum kind kind;
	uint8_t octet, addresses;
	uint32_t ttl_s;
	uint64_t stored_ms, again_ms;
	bool has_failed;
};
struct run {
	struct cache *cache;
	struct expected names[NAMES];
	uint64_t now_ms;
	uint32_t random;
	bool at_once;
};

static uint32_t next(struct run *run, uint32_t most)
{
	run->random = run->random * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)run->random * most >> 32);
}

static void name_text(unsigned number, char ret_text[64])
{
	snprintf(ret_text, 64, "%.*s%u.example.org", (int)number,
		 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqr", number);
}

enum state { FRESH, STALE, OVER };
static enum state state_of(const struct run *run, const struct expected *entry)
{
	uint64_t end_ms = entry->stored_ms + 1000ull * entry->ttl_s;
	if (entry->kind == NOTHING)
		return OVER;
	if (run->now_ms < end_ms)
		return FRESH;
	bool may_be_stale = entry->kind == GOOD || entry->kind == DENIED;
	return may_be_stale && run->now_ms < end_ms + STALE_MS ? STALE : OVER;
}

/* ---- replies ---- */

static void say_kind(struct said *said, const char *name, const struct expected *entry)
{
	bool is_denied = entry->kind == DENIED, is_failed = entry->kind == FAILED;
	say(said, name, TYPE_A, is_denied ? RCODE_NXDOMAIN : is_failed ? RCODE_SERVFAIL : 0);
	if (is_denied)
		say_soa(said, "example.org", entry->ttl_s, entry->ttl_s);
	if (entry->kind == GOOD)
		for (unsigned i = 0; i < entry->addresses; i++)
			say_a(said, entry->ttl_s, entry->octet);
}

/* What the table says cache_put() gives. */
static bool expect_put(struct run *run, struct expected *old, const struct expected *reply)
{
	bool is_failure = reply->kind == FAILED || reply->kind == NOTHING;
	bool has_better = old->kind != FAILED && state_of(run, old) != OVER;
	if (is_failure && has_better) {
		old->has_failed = state_of(run, old) == STALE;
		old->again_ms = run->now_ms + RECHECK_MS;
		return true;
	}
	*old = *reply;
	if (is_failure)
		old->kind = FAILED;
	return false;
}

static void step_put(struct run *run)
{
	static struct said said;
	unsigned number = next(run, NAMES);
	char name[64];
	struct expected reply = {
		.kind = (enum kind)next(run, KINDS), /* NOTHING: nobody answered */
		.octet = (uint8_t)next(run, 256),
		.addresses = (uint8_t)(1 + next(run, next(run, 10) == 0 ? 200 : 3)),
		.ttl_s = 5 + next(run, 40),
		.stored_ms = run->now_ms,
	};
	if (reply.kind == EMPTY || reply.kind == FAILED || reply.kind == NOTHING)
		reply.ttl_s = 5;
	name_text(number, name);
	say_kind(&said, name, &reply);
	bool expected = expect_put(run, &run->names[number], &reply);
	assert_int_equal(put(run->cache, name, TYPE_A, 0, reply.kind == NOTHING ? NULL : &said),
			 expected);
}

/* ---- questions ---- */

static enum cache_verdict expect_find(struct run *run, struct expected *entry)
{
	switch (state_of(run, entry)) {
	case FRESH:
		return CACHE_HIT;
	case STALE:
		break;
	case OVER:
		return CACHE_MISS;
	}
	if (!run->at_once && !entry->has_failed)
		return CACHE_MISS;
	if (run->now_ms < entry->again_ms)
		return CACHE_HIT;
	entry->again_ms = run->now_ms + CLAIM_MS;
	return CACHE_REFRESH;
}

static void assert_found(const struct run *run, const struct found *found, const struct expected *entry)
{
	bool is_stale = state_of(run, entry) == STALE;
	uint64_t since_s = (run->now_ms - entry->stored_ms) / 1000;
	assert_int_equal(found->cached.is_stale, is_stale);
	assert_int_equal(found->cached.is_denial, entry->kind != GOOD);
	assert_int_equal(found->cached.rcode, entry->kind == DENIED   ? RCODE_NXDOMAIN
					      : entry->kind == FAILED ? RCODE_SERVFAIL
								      : RCODE_NOERROR);
	if (entry->kind == GOOD || entry->kind == DENIED)
		assert_int_equal(found->ttl, is_stale ? 30 : entry->ttl_s - since_s);
	if (entry->kind == GOOD) {
		assert_int_equal(found->last_octet, entry->octet);
		assert_int_equal(found->cached.counts[0], entry->addresses);
	}
}

static void step_find(struct run *run)
{
	unsigned number = next(run, NAMES);
	struct expected *entry = &run->names[number];
	char name[64];
	name_text(number, name);
	struct found found = find(run->cache, name, TYPE_A, 0);
	assert_int_equal(found.verdict, expect_find(run, entry));
	if (found.verdict != CACHE_MISS)
		assert_found(run, &found, entry);
}

static void step_find_stale(struct run *run)
{
	unsigned number = next(run, NAMES);
	const struct expected *entry = &run->names[number];
	char name[64];
	name_text(number, name);
	struct found found = find_stale(run->cache, name, TYPE_A);
	bool is_there = state_of(run, entry) != OVER && entry->kind != FAILED;
	assert_int_equal(found.verdict, is_there ? CACHE_HIT : CACHE_MISS);
	if (is_there)
		assert_found(run, &found, entry);
}

static void play(bool at_once, uint32_t seed)
{
	struct config_cache config = usual_config();
	config.stale_ms = STALE_MS;
	config.stale_recheck_ms = RECHECK_MS;
	config.stale_at_once = at_once;
	struct run run = { .cache = cache_new(&config),
			   .now_ms = clock_now_ns() / 1000000,
			   .random = seed,
			   .at_once = at_once };
	for (unsigned i = 0; i < STEPS; i++) {
		unsigned what = next(&run, 10);
		if (what < 2)
			step_put(&run);
		else if (what < 7)
			step_find(&run);
		else if (what < 9)
			step_find_stale(&run);
		else {
			uint64_t ms = next(&run, next(&run, 100) == 0 ? 60000 : 700);
			after_ms(ms);
			run.now_ms += ms;
		}
	}
	cache_free(run.cache);
}

static void all_is_found_as_the_table_says(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 3; seed++)
		play(false, seed);
}

static void all_is_found_as_the_table_says_when_shown_at_once(void **state)
{
	(void)state;
	for (uint32_t seed = 11; seed <= 13; seed++)
		play(true, seed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, clock_setup, clock_teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_is_found_as_the_table_says),
		TEST(all_is_found_as_the_table_says_when_shown_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
