/* SPDX-License-Identifier: Apache-2.0 */
/* When a zone's primaries are asked: at once, as its SOA says from then on, and when one of them
 * notifies. What a SOA says has bounds, so that none of them keeps us busy. */
#include <string.h>

#include <event2/event.h>

#include "knamed/observe.h"
#include "secondary.h"

enum {
	REFRESH_LEAST = 5,
	REFRESH_MOST = 28 * 86400,
	RETRY_LEAST = 2,
	RETRY_MOST = 14 * 86400,
	EXPIRE_MOST = 168 * 86400,
	REFRESH_JITTER_MS = 5000,
	RETRY_JITTER_MS = 2000,
	FIRST_MS = 250, /* without a zone; twice as long each time */
	FIRST_MOST_MS = 10000,
	REST_MS = 1000, /* between rounds, however often somebody notifies */
};

static uint64_t within(uint64_t value, uint64_t least, uint64_t most)
{
	return value < least ? least : value > most ? most : value;
}

static uint64_t refresh_ms(const struct soa *soa)
{
	return within(soa->refresh, REFRESH_LEAST, REFRESH_MOST) * 1000;
}

static uint64_t retry_ms(const struct soa *soa)
{
	return within(soa->retry, RETRY_LEAST, RETRY_MOST) * 1000;
}

/* Never before the zone was asked for twice. */
static uint64_t expire_ms(const struct soa *soa)
{
	uint64_t least = refresh_ms(soa) + retry_ms(soa);
	return within(soa->expire * UINT64_C(1000), least, EXPIRE_MOST * UINT64_C(1000));
}

/* A little later than that, so that not all ask at once. */
static uint64_t spread(uint64_t ms, uint64_t most)
{
	uint32_t chance;
	random_bytes(&chance, sizeof(chance));
	return ms + chance % (ms / 4 < most ? ms / 4 + 1 : most);
}

static uint64_t rest_ms(const struct secondary_zone *zone)
{
	uint64_t now_ns = clock_now_ns();
	return zone->rests_until_ns > now_ns ? (zone->rests_until_ns - now_ns) / 1000000 + 1 : 0;
}

/* The next round is in so many ms, or after a rest, if somebody has notified. */
static void plan(struct secondary_zone *zone, uint64_t ms)
{
	uint64_t rest = rest_ms(zone);
	struct timeval wait = timeval_of_ms(zone->wanted != 0 || ms < rest ? rest : ms);
	event_add(&zone->due, &wait);
}

/* A round that took long asks for as much. */
static void begin_rest(struct secondary_zone *zone)
{
	uint64_t now_ns = clock_now_ns(), took_ns = now_ns - zone->began_ns;
	uint64_t least_ns = (zone->is_loaded ? REST_MS : FIRST_MS) * UINT64_C(1000000);
	bool is_long = zone->is_loaded && took_ns > least_ns;
	zone->rests_until_ns = now_ns + (is_long ? took_ns : least_ns);
}

void secondary_zone_confirmed(struct secondary_zone *zone)
{
	struct timeval expire = timeval_of_ms(expire_ms(&zone->soa));
	begin_rest(zone);
	zone->failures = 0;
	event_add(&zone->expiry, &expire);
	plan(zone, spread(refresh_ms(&zone->soa), REFRESH_JITTER_MS));
}

void secondary_zone_failed(struct secondary_zone *zone)
{
	uint64_t ms;
	begin_rest(zone);
	if (zone->is_loaded) {
		ms = spread(retry_ms(&zone->soa), RETRY_JITTER_MS);
		log_line(LOG_WARNING, "secondary", "Failed to refresh '%s', retrying in %llu ms: %s",
			 zone->origin, (unsigned long long)ms, zone->problem.text);
	} else {
		struct text text = { 0 };
		ms = zone->failures < 6 ? (uint64_t)FIRST_MS << zone->failures : FIRST_MOST_MS;
		ms = ms < FIRST_MOST_MS ? ms : FIRST_MOST_MS;
		text_add_duration(&text, ms);
		log_line(LOG_WARNING, "secondary",
			 "All '%s' masters failed to transfer, retrying in %s: %s", zone->origin,
			 text.data, zone->problem.text);
		text_done(&text);
		zone->failures++;
	}
	plan(zone, ms);
}

static void tell_notified(const struct secondary_zone *zone)
{
	const struct config_peer *primaries = zone->secondary->config->primaries.list;
	char ip[IP_TEXT_SIZE];
	ip_print(&primaries[__builtin_ctzll(zone->wanted)].ip, ip);
	log_line(LOG_INFO, "file", "Notify from %s for %s: checking transfer", ip, zone->origin);
}

static void on_due(evutil_socket_t fd, short what, void *context)
{
	struct secondary_zone *zone = context;
	uint64_t asked = zone->wanted != 0 && zone->is_loaded ? zone->wanted : secondary_all(zone);
	(void)fd;
	(void)what;
	if (zone->wanted != 0)
		tell_notified(zone);
	zone->wanted = 0;
	secondary_round(zone, asked);
}

/* A check is of no use any more: all of the zone is needed. A transfer goes on. */
static void on_expired(evutil_socket_t fd, short what, void *context)
{
	struct secondary_zone *zone = context;
	const struct secondary_calls *calls = &zone->secondary->calls;
	(void)fd;
	(void)what;
	log_line(LOG_ERROR, "file", "Zone %s is expired", zone->origin);
	zone->is_loaded = false;
	calls->gone(calls->context, zone->origin);
	calls->changed(calls->context);
	if (zone->step == STEP_CHECK)
		secondary_round_stop(zone);
	if (zone->step == STEP_REST)
		plan(zone, 0);
}

void secondary_zone_hear(struct secondary_zone *zone)
{
	uint64_t who = atomic_exchange(&zone->notified, 0);
	if (who == 0)
		return;
	zone->wanted |= who;
	if (zone->step == STEP_REST)
		plan(zone, 0);
}

void secondary_zone_open(struct secondary_zone *zone, const struct secondary *secondary,
			 const char *origin)
{
	uint8_t size;
	zone->secondary = secondary;
	zone->origin = mem_text(origin);
	if (!name_parse(origin, zone->name, &size)) /* a zone of the configuration is a name */
		zone->name[0] = 0;
	event_assign(&zone->due, secondary->events, -1, 0, on_due, zone);
	event_assign(&zone->expiry, secondary->events, -1, 0, on_expired, zone);
	plan(zone, 0);
}

void secondary_zone_close(struct secondary_zone *zone)
{
	secondary_round_stop(zone);
	event_del(&zone->due);
	event_del(&zone->expiry);
	mem_free(zone->origin);
}
