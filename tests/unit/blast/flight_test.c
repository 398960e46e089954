/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "flight.h"

static void an_answer_finds_its_query_once(void **state)
{
	(void)state;
	struct flight flight;
	struct flight_loss loss = { 0 };
	flight_init(&flight, 64);
	uint16_t id = flight_begin(&flight, &loss)->id;
	struct flight_query *query = flight_find(&flight, id);
	assert_non_null(query);
	assert_int_equal(query->state, FLIGHT_WAITING);
	flight_answered(&flight, query);
	assert_int_equal(flight_find(&flight, id)->state, FLIGHT_ANSWERED);
	assert_int_equal(flight.waiting, 0);
	assert_int_equal(loss.all, 0);
}

static void an_id_nobody_sent_finds_nothing(void **state)
{
	(void)state;
	struct flight flight;
	struct flight_loss loss = { 0 };
	flight_init(&flight, 64);
	assert_null(flight_find(&flight, 0));
	flight_begin(&flight, &loss);
	assert_null(flight_find(&flight, 1));
	assert_null(flight_find(&flight, 64)); /* the place of id 0, another id */
}

static void only_what_is_old_expires_and_a_late_answer_is_known(void **state)
{
	(void)state;
	struct flight flight;
	struct flight_loss loss = { 0 };
	flight_init(&flight, 64);
	for (uint64_t i = 0; i < 10; i++) {
		struct flight_query *query = flight_begin(&flight, &loss);
		query->intended_ns = i * 100;
		query->counted = i >= 2;
	}
	flight_answered(&flight, flight_find(&flight, 3));
	flight_expire(&flight, 500, &loss);
	assert_int_equal(loss.all, 4); /* 0, 1, 2 and 4 */
	assert_int_equal(loss.counted, 2);
	assert_int_equal(flight.waiting, 5);
	assert_int_equal(flight_find(&flight, 4)->state, FLIGHT_EXPIRED);
	assert_int_equal(flight_find(&flight, 5)->state, FLIGHT_WAITING);
}

static void a_full_ring_loses_the_oldest(void **state)
{
	(void)state;
	struct flight flight;
	struct flight_loss loss = { 0 };
	flight_init(&flight, 64);
	for (int i = 0; i < 64; i++)
		flight_begin(&flight, &loss)->counted = true;
	assert_int_equal(loss.all, 0);
	assert_int_equal(flight_begin(&flight, &loss)->id, 64);
	assert_int_equal(loss.all, 1);
	assert_int_equal(loss.counted, 1);
	assert_int_equal(flight.waiting, 64);
	assert_null(flight_find(&flight, 0));
	flight_expire(&flight, UINT64_MAX, &loss);
	assert_int_equal(loss.all, 65);
	assert_int_equal(flight.waiting, 0);
}

static void ids_go_round_after_65536_queries(void **state)
{
	(void)state;
	struct flight flight;
	struct flight_loss loss = { 0 };
	flight_init(&flight, 64);
	for (int i = 0; i < 65536; i++)
		flight_answered(&flight, flight_begin(&flight, &loss));
	assert_int_equal(flight_begin(&flight, &loss)->id, 0);
	assert_int_equal(flight.waiting, 1);
	assert_int_equal(loss.all, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_finds_its_query_once),
		cmocka_unit_test(an_id_nobody_sent_finds_nothing),
		cmocka_unit_test(only_what_is_old_expires_and_a_late_answer_is_known),
		cmocka_unit_test(a_full_ring_loses_the_oldest),
		cmocka_unit_test(ids_go_round_after_65536_queries),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
