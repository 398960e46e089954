/* SPDX-License-Identifier: Apache-2.0 */
/* How far who floods is held back, and for how long: the decisions, with a socket, a worker and
 * clients that are numbers. A tick is what lies between two of them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "relief.h"

enum { CLIENTS = 100, FLOODER = 0, SECOND = 10 /* ticks */ };
static const double ABLE = 20000, ROOM = 5000; /* packets: of the worker in a tick, of the socket */

struct world {
	struct relief_hold hold;
	double able, queued;
	double rates[CLIENTS];	/* packets in a tick */
	double served[CLIENTS]; /* in the last tick */
	double lost;		/* in the last tick */
	uint32_t chance;
	bool is_busy;			  /* the control thread */
	double ticks, taken, lost_before; /* meanwhile */
	double lost_elsewhere;		  /* by sockets of others, in a tick */
	unsigned begins, ends;
};

static struct world make_world(double others)
{
	struct world world = { .able = ABLE };
	for (unsigned i = 1; i < CLIENTS; i++)
		world.rates[i] = others;
	return world;
}

static struct ip address_of(unsigned client)
{
	return (struct ip){ .family = 4, .bytes = { 10, 0, 0, (uint8_t)client } };
}

static bool is_held(const struct world *world, unsigned client)
{
	struct ip address = address_of(client);
	for (unsigned i = 0; i < world->hold.client_count; i++)
		if (ip_equal(&world->hold.clients[i], &address))
			return true;
	return false;
}

/* Always the same ones: 0 to 1. */
static double draw(uint32_t *chance)
{
	*chance = *chance * 1664525 + 1013904223;
	return (*chance >> 8) / (double)(1 << 24);
}

static unsigned client_at(const double *came, double position)
{
	unsigned client = 0;
	while (client < CLIENTS - 1 && position >= came[client])
		position -= came[client++];
	return client;
}

/* Whoever sent much is often met with. */
static void fill_sample(uint32_t *chance, const double *came, double total, struct ip *ret_sample)
{
	for (unsigned i = 0; i < RELIEF_SAMPLE; i++)
		ret_sample[i] = address_of(client_at(came, draw(chance) * total));
}

static void decide(struct world *world, const double *came, double total, double taken)
{
	struct ip sample[RELIEF_SAMPLE];
	struct relief_seen seen = {
		.ticks = world->ticks + 1,
		.taken = world->taken + taken,
		.lost = world->lost_before + world->lost + world->lost_elsewhere,
		.is_full = world->queued > 0,
	};
	bool is_sampled = world->lost_before + world->lost > 0;
	fill_sample(&world->chance, came, total, sample);
	enum relief_step step = relief_decide(&world->hold, &seen, is_sampled ? sample : NULL);
	world->begins += step == RELIEF_BEGINS;
	world->ends += step == RELIEF_ENDS;
	world->ticks = world->taken = world->lost_before = 0;
}

/* Others are at work on the control thread. */
static void let_pass(struct world *world, double taken)
{
	world->ticks++;
	world->taken += taken;
	world->lost_before += world->lost;
}

static void tick(struct world *world)
{
	double came[CLIENTS], total = 0;
	for (unsigned i = 0; i < CLIENTS; i++) {
		came[i] = world->rates[i] * (is_held(world, i) ? world->hold.pass : 1);
		total += came[i];
	}
	double all = world->queued + total, taken = all < world->able ? all : world->able;
	double left = all - taken;
	world->lost = left > ROOM ? left - ROOM : 0;
	world->queued = left - world->lost;
	for (unsigned i = 0; i < CLIENTS; i++)
		world->served[i] = total > 0 ? came[i] * (1 - world->lost / total) : 0;
	if (world->is_busy)
		let_pass(world, taken);
	else
		decide(world, came, total, taken);
}

static void ticks(struct world *world, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		tick(world);
}

/* The least that the client was served in a tick, and on average. */
static double serve(struct world *world, unsigned client, unsigned count, double *ret_average)
{
	double least = ABLE, sum = 0;
	for (unsigned i = 0; i < count; i++) {
		tick(world);
		least = world->served[client] < least ? world->served[client] : least;
		sum += world->served[client];
	}
	*ret_average = sum / count;
	return least;
}

static void who_asks_much_is_not_held_back_while_nothing_is_lost(void **state)
{
	(void)state;
	struct world world = make_world(1);
	world.rates[FLOODER] = 0.99 * ABLE;
	ticks(&world, 60 * SECOND);
	assert_int_equal(world.begins, 0);
	assert_true(relief_is_over(&world.hold));
}

static void a_moment_of_loss_is_no_flood(void **state)
{
	(void)state;
	struct world world = make_world(1);
	for (unsigned i = 0; i < 10; i++) {
		world.rates[FLOODER] = 2 * ABLE;
		tick(&world);
		assert_true(world.lost > 0);
		world.rates[FLOODER] = 100;
		ticks(&world, SECOND);
	}
	assert_int_equal(world.begins, 0);
}

static void it_is_over_two_seconds_after_the_last_loss_if_nobody_is_held_back(void **state)
{
	(void)state;
	struct world world = make_world(1);
	world.rates[FLOODER] = 2 * ABLE;
	tick(&world);
	world.rates[FLOODER] = 0;
	ticks(&world, 2 * SECOND - 1);
	assert_false(relief_is_over(&world.hold));
	tick(&world);
	assert_true(relief_is_over(&world.hold));
}

static void others_lose_nothing_beside_a_flood(void **state)
{
	(void)state;
	for (double flood = 2; flood <= 1000; flood *= 2) {
		struct world world = make_world(20);
		double lost = 0, asked = 0;
		world.rates[FLOODER] = flood * ABLE;
		ticks(&world, SECOND);
		assert_int_equal(world.begins, 1);
		assert_int_equal(world.hold.client_count, 1);
		assert_true(is_held(&world, FLOODER));
		for (unsigned i = 0; i < 60 * SECOND; i++) {
			tick(&world);
			lost += world.rates[1] - world.served[1];
			asked += world.rates[1];
		}
		assert_true(lost < asked / 50); /* when it is tried whether more can be done */
	}
}

static void who_is_alone_gets_most_of_what_can_be_done(void **state)
{
	(void)state;
	for (double flood = 1.1; flood <= 1000; flood *= 1.7) {
		struct world world = make_world(0);
		double average;
		world.rates[FLOODER] = flood * ABLE;
		ticks(&world, SECOND);
		double least = serve(&world, FLOODER, 60 * SECOND, &average);
		assert_true(average > 0.8 * ABLE);
		assert_true(least > 0.4 * ABLE);
	}
}

static void when_the_flood_is_over_all_passes_again(void **state)
{
	(void)state;
	struct world world = make_world(20);
	world.rates[FLOODER] = 10 * ABLE;
	ticks(&world, 10 * SECOND);
	assert_true(is_held(&world, FLOODER));
	world.rates[FLOODER] = 20;
	ticks(&world, 10 * SECOND);
	assert_int_equal(world.hold.client_count, 0);
	assert_int_equal(world.ends, 1);
	assert_true(relief_is_over(&world.hold));
	ticks(&world, 10 * SECOND);
	assert_int_equal(world.begins, 1);
}

static void who_comes_later_is_held_back_too(void **state)
{
	(void)state;
	struct world world = make_world(20);
	world.rates[FLOODER] = 3 * ABLE;
	ticks(&world, 5 * SECOND);
	world.rates[FLOODER + 1] = 3 * ABLE;
	ticks(&world, SECOND);
	assert_int_equal(world.hold.client_count, 2);
	ticks(&world, 5 * SECOND);
	assert_true(world.served[50] == world.rates[50]);
}

static void when_more_can_be_done_again_more_is(void **state)
{
	(void)state;
	struct world world = make_world(20);
	double average;
	world.rates[FLOODER] = 10 * ABLE;
	ticks(&world, 10 * SECOND);
	world.able = ABLE / 4; /* the machine has other things to do */
	ticks(&world, 10 * SECOND);
	assert_true(is_held(&world, FLOODER));
	world.able = ABLE;
	ticks(&world, 60 * SECOND);
	serve(&world, FLOODER, 10 * SECOND, &average);
	assert_true(average > 0.7 * ABLE); /* others have a tenth */
}

/* What it was able to do then says nothing of what it can do now. */
static void who_was_met_without_a_cpu_is_served_as_soon_as_there_is_one(void **state)
{
	(void)state;
	for (double starved = 2; starved <= 500; starved *= 2) {
		struct world world = make_world(0);
		world.rates[FLOODER] = 0.5 * ABLE;
		world.able = ABLE / starved;
		ticks(&world, 3 * SECOND);
		world.able = ABLE;
		ticks(&world, 3 * SECOND);
		assert_true(world.served[FLOODER] == world.rates[FLOODER]);
	}
}

/* All of them send too much, and one of them more. What others get is known from a sample, which is by chance. */
static void nobody_is_held_back_below_what_others_get(void **state)
{
	(void)state;
	for (double times = 1; times <= 64; times *= 2) {
		struct world world = make_world(ABLE / 50);
		double average;
		world.rates[FLOODER] = times * ABLE / 50;
		ticks(&world, SECOND);
		serve(&world, FLOODER, 60 * SECOND, &average);
		assert_true(average > 0.5 * world.served[1]);
	}
}

static void who_looks_late_cuts_no_deeper(void **state)
{
	(void)state;
	struct world world = make_world(20);
	double average, least;
	world.rates[FLOODER] = 10 * ABLE;
	ticks(&world, 10 * SECOND);
	for (unsigned i = 0; i < 20; i++) {
		world.is_busy = true;
		ticks(&world, SECOND);
		world.is_busy = false;
		least = serve(&world, FLOODER, SECOND, &average);
		assert_true(least > 0.4 * ABLE);
	}
}

static void what_others_sockets_lose_keeps_nobody_held_back(void **state)
{
	(void)state;
	struct world world = make_world(20);
	world.rates[FLOODER] = 10 * ABLE;
	ticks(&world, 10 * SECOND);
	assert_true(is_held(&world, FLOODER));
	world.rates[FLOODER] = ABLE / 4;
	world.lost_elsewhere = 100;
	ticks(&world, 20 * SECOND);
	assert_true(world.served[FLOODER] == world.rates[FLOODER]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_asks_much_is_not_held_back_while_nothing_is_lost),
		cmocka_unit_test(a_moment_of_loss_is_no_flood),
		cmocka_unit_test(it_is_over_two_seconds_after_the_last_loss_if_nobody_is_held_back),
		cmocka_unit_test(others_lose_nothing_beside_a_flood),
		cmocka_unit_test(who_is_alone_gets_most_of_what_can_be_done),
		cmocka_unit_test(when_the_flood_is_over_all_passes_again),
		cmocka_unit_test(who_comes_later_is_held_back_too),
		cmocka_unit_test(when_more_can_be_done_again_more_is),
		cmocka_unit_test(who_was_met_without_a_cpu_is_served_as_soon_as_there_is_one),
		cmocka_unit_test(who_looks_late_cuts_no_deeper),
		cmocka_unit_test(what_others_sockets_lose_keeps_nobody_held_back),
		cmocka_unit_test(nobody_is_held_back_below_what_others_get),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
