/* SPDX-License-Identifier: Apache-2.0 */
/* One round: primaries are asked for the SOA until one has a newer one, then for all of the zone,
 * that one first. Without a zone all of it is asked for at once. */
#include <string.h>

#include <event2/event.h>

#include "knamed/observe.h"
#include "secondary.h"

enum { IDLE_S = 5, CHECK_MOST_S = 10, TRANSFER_MOST_S = 15 * 60 };

uint64_t secondary_all(const struct secondary_zone *zone)
{
	size_t count = zone->secondary->config->primaries.count;
	return count >= 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
}

static void ask_next(struct secondary_zone *zone);
static bool ask(struct secondary_zone *zone, unsigned primary);

static const struct config_peer *primary_of(const struct secondary_zone *zone)
{
	return &zone->secondary->config->primaries.list[zone->primary];
}

/* Nothing is under way any more; what came of a transfer is forgotten. */
void secondary_round_stop(struct secondary_zone *zone)
{
	primary_leave(zone->exchange);
	mem_free(zone->transfer);
	if (zone->load != NULL)
		zone->secondary->calls.abandon(zone->load);
	zone->exchange = NULL;
	zone->transfer = NULL;
	zone->load = NULL;
	zone->step = STEP_REST;
}

/* With the next primary, in the same step. */
static void go_on(struct secondary_zone *zone)
{
	enum secondary_step step = zone->step;
	secondary_round_stop(zone);
	zone->step = step;
	ask_next(zone);
}

static void end_round(struct secondary_zone *zone)
{
	secondary_round_stop(zone);
	if (zone->is_loaded && zone->is_confirmed)
		secondary_zone_confirmed(zone);
	else
		secondary_zone_failed(zone);
}

/* The primary cannot be used. */
static void note_problem(struct secondary_zone *zone, const struct error *error)
{
	char where[PRIMARY_TEXT_SIZE];
	bool was_there = zone->exchange != NULL && primary_is_connected(zone->exchange);
	primary_print(primary_of(zone), where);
	if (was_there)
		error_set(&zone->problem, "%s: %.900s", where, error->text);
	else
		zone->problem = *error;
	if (zone->step != STEP_TRANSFER)
		return;
	if (was_there)
		log_line(LOG_ERROR, "file", "Failed to transfer `%s' from \"%s\": %s", zone->origin,
			 where, error->text);
	else
		log_line(LOG_ERROR, "file", "Failed to setup transfer `%s' with `\"%s\"': %s",
			 zone->origin, where, error->text);
}

/* Another one may be of use. */
static void pass_over(struct secondary_zone *zone, const struct error *error)
{
	note_problem(zone, error);
	go_on(zone);
}

static void on_failed(void *context, const struct error *error)
{
	pass_over(context, error);
}

/* ---- the SOA ---- */

/* The primary has nothing for us. */
static void leave_as_it_is(struct secondary_zone *zone)
{
	zone->is_confirmed = true;
	go_on(zone);
}

/* Who has something newer is asked for it first. */
static void fetch_from(struct secondary_zone *zone, unsigned primary)
{
	secondary_round_stop(zone);
	zone->step = STEP_TRANSFER;
	zone->left = secondary_all(zone) & ~(UINT64_C(1) << primary);
	if (!ask(zone, primary))
		ask_next(zone);
}

static bool take_soa(void *context, const uint8_t *packet, size_t size)
{
	struct secondary_zone *zone = context;
	struct error error = { .text = "" };
	struct soa soa = { 0 };
	if (!transfer_read_soa(zone->name, zone->id, packet, size, &soa, &error))
		pass_over(zone, &error);
	else if (serial_is_newer(soa.serial, zone->soa.serial))
		fetch_from(zone, zone->primary);
	else
		leave_as_it_is(zone);
	return false;
}

/* ---- all of the zone ---- */

static bool take_record(void *context, const struct zone_record *record, struct error *error)
{
	struct secondary_zone *zone = context;
	return zone->secondary->calls.take(zone->load, record, error);
}

static void put_in_force(struct secondary_zone *zone, struct error *error)
{
	const struct secondary_calls *calls = &zone->secondary->calls;
	struct soa soa = soa_of(zone->transfer->soa, zone->transfer->soa_size);
	char where[PRIMARY_TEXT_SIZE];
	void *load = zone->load;
	zone->load = NULL;
	if (!calls->end(load, error)) {
		pass_over(zone, error);
		return;
	}
	primary_print(primary_of(zone), where);
	log_line(LOG_INFO, "file", "Transferred: %s from %s", zone->origin, where);
	zone->soa = soa;
	zone->is_loaded = zone->is_confirmed = true;
	calls->changed(calls->context);
	end_round(zone);
}

/* Whether what has begun to come is no newer than what is there. */
static bool is_old(const struct secondary_zone *zone)
{
	const struct transfer *transfer = zone->transfer;
	return zone->is_loaded && transfer->soa_size > 0 &&
	       !serial_is_newer(soa_of(transfer->soa, transfer->soa_size).serial, zone->soa.serial);
}

static bool take_part(void *context, const uint8_t *packet, size_t size)
{
	struct secondary_zone *zone = context;
	struct error error = { .text = "" };
	enum transfer_step step = transfer_take(zone->transfer, packet, size, &error);
	if (step == TRANSFER_BAD)
		pass_over(zone, &error);
	else if (is_old(zone))
		leave_as_it_is(zone);
	else if (step == TRANSFER_OVER)
		put_in_force(zone, &error);
	else
		return true;
	return false;
}

/* ---- asking ---- */

static void begin_transfer(struct secondary_zone *zone)
{
	const struct secondary_calls *calls = &zone->secondary->calls;
	zone->transfer = mem_alloc(sizeof(*zone->transfer));
	zone->load = calls->begin(calls->context, zone->origin);
	transfer_begin(zone->transfer, zone->name, zone->id, take_record, zone);
}

/* False: it cannot be asked. */
static bool ask(struct secondary_zone *zone, unsigned primary)
{
	bool is_check = zone->step == STEP_CHECK;
	const struct secondary *secondary = zone->secondary;
	const struct primary_limits limits = { IDLE_S, is_check ? CHECK_MOST_S : TRANSFER_MOST_S };
	const struct primary_calls calls = { is_check ? take_soa : take_part, on_failed, zone };
	uint8_t query[TRANSFER_QUERY_MAX];
	struct error error = { .text = "" };
	zone->primary = primary;
	random_bytes(&zone->id, sizeof(zone->id));
	size_t size =
		transfer_query_write(zone->name, is_check ? TYPE_SOA : TYPE_AXFR, zone->id, query);
	zone->exchange = primary_ask(secondary->events, &secondary->config->primaries.list[primary],
				     query, size, &limits, &calls, &error);
	if (zone->exchange == NULL)
		note_problem(zone, &error);
	else if (!is_check)
		begin_transfer(zone);
	return zone->exchange != NULL;
}

static void ask_next(struct secondary_zone *zone)
{
	while (zone->left != 0) {
		unsigned primary = (unsigned)__builtin_ctzll(zone->left);
		zone->left &= zone->left - 1;
		if (ask(zone, primary))
			return;
	}
	end_round(zone);
}

void secondary_round(struct secondary_zone *zone, uint64_t asked)
{
	zone->left = asked;
	zone->is_confirmed = false;
	zone->began_ns = clock_now_ns();
	zone->step = zone->is_loaded ? STEP_CHECK : STEP_TRANSFER;
	ask_next(zone);
}
