/* SPDX-License-Identifier: Apache-2.0 */
/* Zones are settled when routes are made; TTLs are set in the reply, for what a zone says of itself
 * must stay as it is: others may ask for all of it. */
#include "ttl_bounds.h"

/* ---- zones ---- */

static bool holds(const struct config_cache *cache, const struct zone_name *zone)
{
	struct zone_name cached;
	for (size_t i = 0; i < cache->zones.count; i++)
		if (zone_name_read(cache->zones.zones[i].text, &cached) &&
		    name_is_under(zone->name, cached.name))
			return true;
	return false;
}

static bool has_file(const struct block *block, const struct zone_name *zone)
{
	for (size_t i = 0; i < block->claim_count; i++)
		if (block->claims[i].rank >= RANK_FILE &&
		    (zone == NULL || name_is_under(zone->name, block->claims[i].zone.name)))
			return true;
	return false;
}

bool ttl_bounds_exist(const struct block *block)
{
	return block->config->cache != NULL &&
	       (block->config->template_count > 0 || has_file(block, NULL));
}

const struct config_cache *ttl_bounds_of(const struct block *block, const struct zone_name *zone,
					 unsigned touches)
{
	bool has_template = (touches & TOUCH_FRONT) != 0 && block->config->template_count > 0;
	bool is_bounded = ttl_bounds_exist(block) && (has_template || has_file(block, zone)) &&
			  holds(block->config->cache, zone);
	return is_bounded ? block->config->cache : NULL;
}

/* ---- replies ---- */

static bool is_bounded(enum answerer by)
{
	return by == BY_TEMPLATE || by == BY_FILE || by == BY_AUTO || by == BY_SECONDARY;
}

/* An alias alone is one too, with an SOA. */
static bool is_denial(const struct dns_message *message, uint16_t type)
{
	struct dns_walk walk = { 0 };
	struct dns_record record;
	bool has_soa = false;
	while (dns_message_next(message, &walk, &record) && record.section < 2) {
		if (record.section == 0 && (record.type == type || type == TYPE_ANY))
			return false;
		has_soa |= record.section == 1 && record.type == TYPE_SOA;
	}
	return has_soa;
}

static void bound_records(const struct dns_message *message, const struct config_cache_kind *kind,
			  uint8_t *packet)
{
	struct dns_walk walk = { 0 };
	struct dns_record record;
	while (dns_message_next(message, &walk, &record)) {
		uint32_t ttl = record.ttl < kind->most_s ? record.ttl : kind->most_s;
		put_u32(packet + record.ttl_at, ttl > kind->least_s ? ttl : kind->least_s);
	}
}

void ttl_bound(const struct question *question, struct reply *reply, const struct outcome *outcome)
{
	const struct config_cache *cache = question->route->bounds;
	const struct dns_message message = {
		.packet = reply->packet,
		.size = (uint16_t)reply->at,
		.question_end = question->query.question_end,
		.end = (uint16_t)reply->at,
		.counts = { reply->answers, reply->authorities, reply->additionals },
	};
	if (!is_bounded(outcome->by) || reply->at == question->query.question_end)
		return;
	bool denies = outcome->rcode == RCODE_NXDOMAIN || is_denial(&message, question->query.type);
	bound_records(&message, denies ? &cache->denial : &cache->success, reply->packet);
}
