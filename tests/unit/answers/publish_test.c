/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "store.h"
#include "zones.h"

static void nothing_new_is_not_published(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA "a A 10.0.0.1\n");
	const struct edition *edition = answers_edition(shop.answers);
	assert_false(answers_publish(shop.answers));
	assert_ptr_equal(answers_edition(shop.answers), edition);
	expect_load(&shop, "example.", SOA "a A 10.0.0.2\n");
	assert_ptr_equal(answers_edition(shop.answers), edition);
	assert_true(answers_publish(shop.answers));
	assert_ptr_not_equal(answers_edition(shop.answers), edition);
	close_shop(&shop);
}

static void the_first_edition_is_shown_though_nothing_is_in_it(void **state)
{
	(void)state;
	struct answers *answers = answers_new();
	assert_null(answers_edition(answers));
	assert_true(answers_publish(answers));
	assert_non_null(answers_edition(answers));
	assert_false(answers_publish(answers));
	answers_free(answers);
}

static void what_was_never_shown_is_freed_too(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA);
	expect_load(&shop, "second.", "@ SOA a b 1 2 3 4 5\nx A 10.0.0.1\n");
	catalog_remove_zone(shop.catalog, "second.");
	expect_load(&shop, "second.", "@ SOA a b 1 2 3 4 5\nx A 10.0.0.1\n");
	expect_load(&shop, "example.", SOA "a A 10.0.0.1\n");
	close_shop(&shop);
	answers_free(NULL);
}

/* Versions go back to the pool once no reader can see them: the same few places serve for ever. */
static void old_versions_are_used_again(void **state)
{
	(void)state;
	enum { ROUNDS = 20000, MOST = 4000 };
	struct shop shop = open_shop(SOA);
	struct table *table = shop.catalog->zones[0]->table;
	struct draft draft = { 0 };
	static const struct entry *places[MOST];
	size_t count = 0;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		bool changed = false, is_known = false;
		uint8_t record[16] = { 0 };
		put_u32(record + 12, round);
		draft_start(&draft, shop.catalog->pool, (const uint8_t *)"\1a", 2, 0);
		draft_fixed(&draft, TYPE_A, 1, sizeof record, record);
		const struct entry *entry = table_put(table, draft_entry(&draft), &changed);
		for (size_t i = 0; i < count && !is_known; i++)
			is_known = places[i] == entry;
		if (!is_known) {
			assert_true(count < MOST);
			places[count++] = entry;
		}
		answers_publish(shop.answers);
	}
	draft_done(&draft);
	close_shop(&shop);
}

static void numbers_begin_again_and_nobody_notices(void **state)
{
	(void)state;
	enum { LAST = 1 << 30 };
	struct shop shop = open_shop(SOA "a A 10.0.0.1\nb A 10.0.0.1\n");
	shop.answers->pending = LAST - 2;
	for (unsigned i = 2; i < 9; i++) {
		char text[256], expected[64];
		snprintf(text, sizeof text, SOA "a A 10.0.0.%u\n%s", i, i % 2 ? "b A 10.0.0.1\n" : "");
		snprintf(expected, sizeof expected, "FOUND\na.example. 300 A 10.0.0.%u\n", i);
		expect_load(&shop, "example.", text);
		assert_true(answers_publish(shop.answers));
		expect(&shop, "a.example.", "A", expected);
		expect(&shop, "b.example.", "A",
		       i % 2 ? "FOUND\nb.example. 300 A 10.0.0.1\n" : NO_NAME);
	}
	assert_true(answers_edition(shop.answers)->number < LAST);
	close_shop(&shop);
}

/* ---- readers ---- */

enum { NAMES = 40, STEPS = 200, DEADLINE_S = 60 };

struct reading {
	struct shop shop;
	_Atomic bool stop;
	_Atomic unsigned batches;
	_Atomic(const char *) problem; /* of the reader; NULL: none */
};

/* What a name says in an edition: the last octet of its address; 0: no such name; -1: no such zone. */
static int octet_said(const struct reading *reading, const struct edition *edition, const char *name)
{
	uint8_t packet[512] = { 0 };
	uint32_t rotations[ANSWERS_ROTATIONS] = { 0 };
	struct dns_query query = { .type = TYPE_A, .class_ = CLASS_IN };
	name_parse(name, query.lower, &query.name_size);
	for (unsigned at = 0; query.lower[at] != 0; at += 1u + query.lower[at])
		query.labels[query.label_count++] = (uint8_t)at;
	const struct zone *zone = catalog_find_zone(reading->shop.catalog, edition, &query);
	if (zone == NULL)
		return -1;
	memcpy(packet + DNS_HEADER_SIZE, query.lower, query.name_size);
	struct reply reply = { .packet = packet,
			       .at = DNS_HEADER_SIZE + query.name_size + 4u,
			       .limit = sizeof packet,
			       .owner_at = DNS_HEADER_SIZE,
			       .rotations = rotations };
	struct lookup lookup;
	lookup_of_query(&lookup, reading->shop.catalog, zone, edition, &query);
	answers_probe(&lookup);
	answers_match(&lookup);
	return answers_write(&lookup, &reply) == ANSWER_FOUND ? packet[reply.at - 1] : 0;
}

static int number_said(const struct reading *reading, const struct edition *edition, unsigned i)
{
	char name[32];
	snprintf(name, sizeof name, "n%u.example.", i);
	return octet_said(reading, edition, name);
}

/* In every edition all names say the same number; names of the other half are there in every other edition. */
static void read_batch(struct reading *reading)
{
	const struct edition *edition = answers_edition(reading->shop.answers);
	int first = number_said(reading, edition, 0);
	if (first <= 0)
		reading->problem = "a name that is always there was not";
	for (unsigned i = 1; i < NAMES; i++)
		if (number_said(reading, edition, i) != (i < NAMES / 2 || first % 2 != 0 ? first : 0))
			reading->problem = "an edition was mixed";
	int other = octet_said(reading, edition, "x.second.");
	if (other != (first % 3 == 0 ? first : -1))
		reading->problem = "a zone and another were of two editions";
}

static void *read_on(void *context)
{
	struct reading *reading = context;
	answers_reader_start();
	while (!reading->stop && reading->problem == NULL) {
		read_batch(reading);
		reading->batches++;
		answers_reader_offline();
		answers_reader_online();
	}
	answers_reader_end();
	return NULL;
}

/* Long enough texts, so that tables grow and whole generations are retired on the way. */
static void write_step(struct reading *reading, unsigned number, struct text *text)
{
	unsigned names = number % 2 != 0 ? NAMES : NAMES / 2;
	text_clear(text);
	text_add(text, SOA);
	for (unsigned i = 0; i < names; i++)
		text_printf(text, "n%u A 10.0.0.%u\n", i, number);
	for (unsigned i = 0; i < number % 7 * 100; i++)
		text_printf(text, "filler%u-%u A 10.0.0.%u\n", number, i, number);
	expect_load(&reading->shop, "example.", text->data);
	catalog_remove_zone(reading->shop.catalog, "second.");
	if (number % 3 == 0) {
		text_clear(text);
		text_printf(text, "@ SOA a b 1 2 3 4 5\nx A 10.0.0.%u\n", number);
		expect_load(&reading->shop, "second.", text->data);
	}
	answers_publish(reading->shop.answers);
}

/* One of four editions is surely read. */
static void await_batch(const struct reading *reading, unsigned seen)
{
	uint64_t deadline_ns = clock_now_ns() + DEADLINE_S * 1000000000ull;
	while (reading->batches == seen && reading->problem == NULL) {
		assert_true(clock_now_ns() < deadline_ns);
		sched_yield();
	}
}

static void readers_see_each_step_whole_while_it_is_published(void **state)
{
	(void)state;
	struct reading reading = { .shop = { .answers = answers_new() } };
	struct text text = { 0 };
	pthread_t thread;
	reading.shop.catalog = answers_add_static(reading.shop.answers);
	write_step(&reading, 1, &text);
	assert_int_equal(pthread_create(&thread, NULL, read_on, &reading), 0);
	for (unsigned step = 2; step < STEPS && reading.problem == NULL; step++) {
		unsigned seen = reading.batches;
		if (step == STEPS / 2)
			reading.shop.answers->pending =
				(1 << 30) - 5; /* numbers begin again under the reader's eyes */
		write_step(&reading, step + 1, &text);
		if (step % 4 == 0)
			await_batch(&reading, seen);
	}
	reading.stop = true;
	pthread_join(thread, NULL);
	if (reading.problem != NULL)
		fail_msg("%s", reading.problem);
	assert_true(reading.batches >= STEPS / 4 - 2);
	text_done(&text);
	close_shop(&reading.shop);
}

/* ---- what others show ---- */

enum { RETIREMENTS = 2000 };

struct shown {
	_Atomic(const char *) text;
	_Atomic bool stop, was_broken;
	_Atomic unsigned reads;
	unsigned released;
};
static struct shown *releasing;

static void *read_text(void *context)
{
	struct shown *shown = context;
	answers_reader_start();
	while (!shown->stop) {
		const char *text = atomic_load_explicit(&shown->text, memory_order_acquire);
		if (text[0] != text[1])
			shown->was_broken = true;
		shown->reads++;
		answers_reader_offline();
		answers_reader_online();
	}
	answers_reader_end();
	return NULL;
}

static void release_text(void *memory)
{
	*(volatile char *)memory = '?';
	releasing->released++;
	mem_free(memory);
}

static void what_is_retired_is_released_at_once_but_never_under_a_reader(void **state)
{
	(void)state;
	struct shown shown = { .text = mem_text("aa") };
	pthread_t threads[2];
	releasing = &shown;
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_text, &shown), 0);
	while (shown.reads == 0)
		sched_yield();
	for (unsigned i = 1; i <= RETIREMENTS; i++) {
		char text[3] = { (char)('a' + i % 26), (char)('a' + i % 26), 0 };
		const char *old = atomic_load_explicit(&shown.text, memory_order_relaxed);
		atomic_store_explicit(&shown.text, mem_text(text), memory_order_release);
		answers_retire(release_text, (void *)(uintptr_t)old);
		assert_int_equal(shown.released, i);
	}
	shown.stop = true;
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		pthread_join(threads[i], NULL);
	assert_false(shown.was_broken);
	mem_free((void *)(uintptr_t)shown.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_new_is_not_published),
		cmocka_unit_test(the_first_edition_is_shown_though_nothing_is_in_it),
		cmocka_unit_test(what_was_never_shown_is_freed_too),
		cmocka_unit_test(old_versions_are_used_again),
		cmocka_unit_test(numbers_begin_again_and_nobody_notices),
		cmocka_unit_test(readers_see_each_step_whole_while_it_is_published),
		cmocka_unit_test(what_is_retired_is_released_at_once_but_never_under_a_reader),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
