/* SPDX-License-Identifier: Apache-2.0 */
/* One writes, many read: what a reader gets is one version, whole, however often entries are
 * replaced, moved and pushed out meanwhile. */
#include <pthread.h>
#include <stdatomic.h>

#include "asking.h"

enum { NAMES = 12, READERS = 3, PUTS = 30000, BODY_MOST = 2000 };

struct race {
	struct cache *cache;
	struct asked asked[NAMES];
	atomic_bool is_over;
};

/* All octets of a version's one TXT record are the same, and say how many there are. */
static size_t size_of(uint8_t octet)
{
	return octet % 4 == 0 ? 8u * octet : 40;
}

static void write_one(struct race *race, unsigned name, uint8_t octet)
{
	uint8_t packet[DNS_HEADER_SIZE + DNS_NAME_MAX + 16 + BODY_MOST + 100];
	const struct asked *asked = &race->asked[name];
	struct dns_message message;
	size_t at = asked->query.question_end;
	memcpy(packet, asked->packet, at);
	put_u16(packet + 2, FLAG_QR);
	put_u16(packet + 6, 1);
	put_u16(packet + at, 0xc00c);
	put_u16(packet + at + 2, TYPE_TXT);
	put_u16(packet + at + 4, CLASS_IN);
	put_u32(packet + at + 6, octet);
	put_u16(packet + at + 10, (uint16_t)size_of(octet));
	memset(packet + at + 12, octet, size_of(octet));
	assert_true(dns_message_read(packet, at + 12 + size_of(octet), &message));
	cache_put(race->cache, &asked->query, &message, clock_now_ns());
}

static void *write_many(void *context)
{
	struct race *race = context;
	uint32_t random = 1;
	for (unsigned i = 0; i < PUTS; i++) {
		random = random * 1664525 + 1013904223;
		write_one(race, (random >> 16) % NAMES, (uint8_t)(5 + (random >> 8) % 245));
	}
	atomic_store(&race->is_over, true);
	return NULL;
}

/* Whether the copy is one version. */
static bool is_whole(const struct cached *cached, const uint8_t *records)
{
	uint8_t octet = records[cached->size - 1];
	if (cached->counts[0] != 1 || cached->size != 12 + size_of(octet) ||
	    get_u32(records + 6) != octet || get_u16(records + 10) != size_of(octet))
		return false;
	for (size_t i = 12; i < cached->size; i++)
		if (records[i] != octet)
			return false;
	return true;
}

static void *read_many(void *context)
{
	struct race *race = context;
	uint8_t records[BODY_MOST + 100];
	struct cached cached;
	uintptr_t found = 0;
	for (unsigned i = 0; !atomic_load_explicit(&race->is_over, memory_order_relaxed); i++) {
		enum cache_verdict verdict =
			cache_find(race->cache, &race->asked[i % NAMES].query, clock_now_ns(),
				   records, sizeof(records), &cached);
		if (verdict == CACHE_MISS)
			continue;
		if (!is_whole(&cached, records))
			return (void *)UINTPTR_MAX;
		found++;
	}
	return (void *)found;
}

static void run(const struct config_cache *config)
{
	static struct race race;
	pthread_t writer, readers[READERS];
	race.cache = cache_new(config);
	atomic_store(&race.is_over, false);
	for (unsigned i = 0; i < NAMES; i++) {
		char name[32];
		snprintf(name, sizeof(name), "n%u.example.org", i);
		ask_for(&race.asked[i], name, TYPE_TXT, 0);
		write_one(&race, i, 9);
	}
	for (unsigned i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_many, &race), 0);
	assert_int_equal(pthread_create(&writer, NULL, write_many, &race), 0);
	for (unsigned i = 0; i < READERS; i++) {
		void *found;
		pthread_join(readers[i], &found);
		assert_true((uintptr_t)found != UINTPTR_MAX);
	}
	pthread_join(writer, NULL);
	for (unsigned i = 0; i < NAMES; i++) { /* and when nobody writes, all is there */
		uint8_t records[BODY_MOST + 100];
		struct cached cached;
		assert_int_not_equal(cache_find(race.cache, &race.asked[i].query, clock_now_ns(),
						records, sizeof(records), &cached),
				     CACHE_MISS);
		assert_true(is_whole(&cached, records));
	}
	cache_free(race.cache);
}

static void a_copy_is_one_version(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	config.success.capacity = 1; /* the least memory: it is written over again and again */
	run(&config);
}

static void a_copy_is_one_version_while_uses_are_counted(void **state)
{
	(void)state;
	struct config_cache config = usual_config();
	config.success.capacity = 1;
	config.prefetch = 1;
	config.prefetch_percent = 90;
	config.stale_at_once = true;
	run(&config);
}

/* ---- one asker ---- */

static void *ask_all(void *context)
{
	struct race *race = context;
	uint8_t records[BODY_MOST + 100];
	struct cached cached;
	uintptr_t refreshes = 0;
	for (unsigned i = 0; i < 100 * NAMES; i++)
		refreshes += cache_find(race->cache, &race->asked[i % NAMES].query, clock_now_ns(),
					records, sizeof(records), &cached) == CACHE_REFRESH;
	return (void *)refreshes;
}

static void one_asker_of_many_refreshes(void **state)
{
	(void)state;
	static struct race race;
	struct config_cache config = usual_config();
	config.stale_at_once = true;
	race.cache = cache_new(&config);
	for (unsigned i = 0; i < NAMES; i++) {
		char name[32];
		snprintf(name, sizeof(name), "n%u.example.org", i);
		ask_for(&race.asked[i], name, TYPE_TXT, 0);
		write_one(&race, i, 9);
	}
	clock_set(clock_now_ns() + 20000000000, clock_unix_s());
	pthread_t readers[READERS];
	uintptr_t refreshes = 0;
	for (unsigned i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, ask_all, &race), 0);
	for (unsigned i = 0; i < READERS; i++) {
		void *own;
		pthread_join(readers[i], &own);
		refreshes += (uintptr_t)own;
	}
	assert_int_equal(refreshes, NAMES);
	assert_int_equal(cache_figures(race.cache).prefetches, NAMES);
	assert_int_equal(cache_figures(race.cache).served_stale, 100 * NAMES * READERS);
	cache_free(race.cache);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, clock_setup, clock_teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_copy_is_one_version),
		TEST(a_copy_is_one_version_while_uses_are_counted),
		TEST(one_asker_of_many_refreshes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
