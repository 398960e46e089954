/* SPDX-License-Identifier: Apache-2.0 */
#include "sampler.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct taken {
	uint64_t count, weight, last_type;
	bool is_in_order;
};

static void take(void *context, const struct sample *sample)
{
	struct taken *taken = context;
	assert_int_equal(sample->name_size, 1 + sample->type % 200);
	for (unsigned i = 0; i < sample->name_size; i++)
		assert_int_equal(sample->name[i], (uint8_t)sample->type);
	taken->is_in_order &= taken->count == 0 || sample->type > taken->last_type;
	taken->last_type = sample->type;
	taken->count++;
	taken->weight += sample->weight;
}

static void put(struct sampler *sampler, uint16_t number)
{
	uint8_t name[256];
	memset(name, (uint8_t)number, sizeof(name));
	sampler_put(sampler, &(struct sample){ .name = name,
					       .name_size = (uint8_t)(1 + number % 200),
					       .type = number });
}

static void samples_come_out_as_they_were_put_with_the_time_of_their_batch(void **state)
{
	_Atomic uint32_t every = 1;
	struct ring *ring = ring_new(&every);
	struct taken taken = { .is_in_order = true };
	(void)state;
	put(ring_sampler(ring), 1);
	ring_drain(ring, take, &taken);
	assert_int_equal(taken.count, 0); /* its batch has not ended */
	sampler_end(ring_sampler(ring), 5);
	ring_drain(ring, take, &taken);
	assert_int_equal(taken.count, 1);
	ring_free(ring);
}

static void a_full_ring_loses_and_counts(void **state)
{
	enum { PUT = 2000 };
	_Atomic uint32_t every = 1;
	struct ring *ring = ring_new(&every);
	struct taken taken = { .is_in_order = true };
	(void)state;
	for (uint16_t i = 1; i <= PUT; i++)
		put(ring_sampler(ring), i);
	sampler_end(ring_sampler(ring), 5);
	ring_drain(ring, take, &taken);
	assert_true(taken.count > 100 && ring_lost(ring) > 100);
	assert_int_equal(taken.count + ring_lost(ring), PUT);
	assert_true(taken.is_in_order);
	ring_free(ring);
}

static void weights_make_up_for_what_is_passed_by(void **state)
{
	enum { ASKED = 200000, EVERY = 16 };
	_Atomic uint32_t every = EVERY;
	struct ring *ring = ring_new(&every);
	struct sampler *sampler = ring_sampler(ring);
	struct taken taken = { .is_in_order = true };
	(void)state;
	for (unsigned i = 0; i < ASKED; i++) {
		if (sampler_takes(sampler))
			put(sampler, 7);
		if (i % 64 == 0) {
			sampler_end(sampler, 1);
			ring_drain(ring, take, &taken);
		}
	}
	assert_in_range(taken.weight, ASKED * 95 / 100, ASKED * 105 / 100);
	assert_in_range(taken.count, ASKED / EVERY * 9 / 10, ASKED / EVERY * 11 / 10);
	ring_free(ring);
}

static void a_watch_begins_with_a_gap_and_a_weight_of_its_own(void **state)
{
	enum { FLOOD = 64, ASKED = 10 };
	_Atomic uint32_t wanted = 1 << WATCH_SHIFT | FLOOD;
	struct ring *ring = ring_new(&wanted);
	struct sampler *sampler = ring_sampler(ring);
	struct taken taken = { .is_in_order = true };
	(void)state;
	for (uint32_t watch = 2; watch < 200; watch += 2) {
		assert_true(sampler_is_on(sampler));
		for (unsigned i = 0; i < 3 * FLOOD; i++)
			if (sampler_takes(sampler))
				put(sampler, 7);
		wanted = 0;
		assert_false(sampler_is_on(sampler));
		sampler_end(sampler, 1);
		ring_drain(ring, take, &taken);
		wanted = watch << WATCH_SHIFT | 1;
		taken.weight = 0;
		for (unsigned i = 0; i < ASKED; i++) {
			assert_true(sampler_is_on(sampler) && sampler_takes(sampler));
			put(sampler, 7);
		}
		sampler_end(sampler, 1);
		ring_drain(ring, take, &taken);
		assert_int_equal(taken.weight, ASKED);
		wanted = (watch + 1) << WATCH_SHIFT | FLOOD;
	}
	ring_free(ring);
}

enum { BATCHES = 20000 };

static void *ask(void *context)
{
	struct sampler *sampler = context;
	for (uint16_t i = 1; i <= BATCHES; i++) {
		put(sampler, i);
		sampler_end(sampler, i);
	}
	return NULL;
}

static void one_thread_puts_while_another_takes(void **state)
{
	_Atomic uint32_t every = 1;
	struct ring *ring = ring_new(&every);
	struct taken taken = { .is_in_order = true };
	pthread_t thread;
	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, ask, ring_sampler(ring)), 0);
	while (taken.count + ring_lost(ring) < BATCHES)
		ring_drain(ring, take, &taken);
	pthread_join(thread, NULL);
	ring_drain(ring, take, &taken);
	assert_true(taken.is_in_order);
	assert_int_equal(taken.count + ring_lost(ring), BATCHES);
	ring_free(ring);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_come_out_as_they_were_put_with_the_time_of_their_batch),
		cmocka_unit_test(a_full_ring_loses_and_counts),
		cmocka_unit_test(weights_make_up_for_what_is_passed_by),
		cmocka_unit_test(a_watch_begins_with_a_gap_and_a_weight_of_its_own),
		cmocka_unit_test(one_thread_puts_while_another_takes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
