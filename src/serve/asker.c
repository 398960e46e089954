/* SPDX-License-Identifier: Apache-2.0 */
/* What one asking thread has of its own: counters, rotation, its lines on their way to stdout. */
#include <string.h>

#include "above.h"
#include "outgoing.h"
#include "trace.h"

static struct asker *asker_bare(struct router *router)
{
	struct asker *asker = mem_zalloc(sizeof(*asker));
	asker->router = router;
	asker->tallies = metrics_thread(router->metrics);
	asker->uncounted = mem_zalloc((router->meter_count + 1) * sizeof(*asker->uncounted));
	asker->touched = mem_zalloc((router->meter_count + 1) * sizeof(*asker->touched));
	return asker;
}

static void fill(struct asker *asker)
{
	if (asker->rooms == NULL && asker->router->has_rules)
		asker->rooms = inner_rooms_new();
	if (asker->arrange_room == NULL)
		asker->arrange_room = arrange_room_new();
	if (asker->ring == NULL && asker->router->has_lines)
		asker->ring = log_ring_new();
	if (asker->sampler == NULL && asker->router->traffic != NULL)
		asker->sampler = sampler_new(asker->router->traffic);
}

struct asker *asker_new(struct router *router)
{
	struct asker *asker = asker_bare(router);
	fill(asker);
	return asker;
}

struct asker *asker_after(struct asker *before, struct router *router)
{
	struct asker *asker = asker_bare(router);
	asker->rooms = before->rooms;
	asker->arrange_room = before->arrange_room;
	asker->ring = before->ring;
	asker->sampler = before->sampler;
	asker->errands = before->errands;
	asker->way_back.fd = before->way_back.fd;
	before->has_heir = true;
	fill(asker);
	return asker;
}

void asker_free(struct asker *asker)
{
	if (asker == NULL)
		return;
	metrics_thread_end(asker->router->metrics, asker->tallies);
	tracing_free(asker->tracing);
	mem_free(asker->uncounted);
	mem_free(asker->touched);
	if (!asker->has_heir) {
		inner_rooms_free(asker->rooms);
		arrange_room_free(asker->arrange_room);
		log_ring_leave(asker->ring);
		sampler_leave(asker->router->traffic, asker->sampler);
	}
	mem_free(asker);
}

void asker_begin(struct asker *asker, const struct listener *listener)
{
	asker->listener = listener;
	asker->edition = answers_edition(asker->router->answers);
	asker->began_ns = clock_now_ns();
	asker->is_looked_at = asker->sampler != NULL && sampler_is_on(asker->sampler);
}

void asker_learn_addresses(struct asker *asker)
{
	const struct way_back *way = &asker->way_back;
	if (way->message != NULL && !asker_wants_addresses(asker))
		way_back_addresses(way->message, &asker->listener->place, way->info);
}

/* All answers of a batch took as long as the batch. */
void asker_end(struct asker *asker)
{
	uint64_t duration_ns = clock_now_ns() - asker->began_ns;
	unsigned slot = tally_duration_slot(duration_ns);
	for (size_t i = 0; i < asker->touched_count; i++) {
		unsigned meter = asker->touched[i];
		struct tally *tally = &asker->tallies[meter];
		for (unsigned source = 0; source < SOURCE_COUNT; source++) {
			uint32_t count = asker->uncounted[meter].by_source[source];
			if (count == 0)
				continue;
			tally_add(&tally->durations[source][slot], count);
			tally_add(&tally->duration_ns[source], count * duration_ns);
		}
		asker->uncounted[meter] = (struct uncounted){ 0 };
	}
	asker->touched_count = 0;
	if (asker->is_looked_at)
		sampler_end(asker->sampler, duration_ns);
	if (asker->ring != NULL)
		log_ring_flush(asker->ring);
}

size_t router_answer(struct asker *asker, const struct packet_info *info, const uint8_t *query,
		     size_t size, uint8_t *ret_reply, size_t room)
{
	const struct listener *listener = router_find(asker->router, &info->local, info->local_port);
	size_t least = info->proto == PROTO_TCP ? DNS_MESSAGE_MAX : 4096;
	if (listener == NULL || room < least)
		return 0;
	asker_begin(asker, listener);
	asker->takes_outgoing = true;
	size_t reply_size = question_answer(asker, info, query, size, ret_reply);
	outgoing_free(asker->outgoing); /* its first message is all that has a place here */
	asker->outgoing = NULL;
	asker_end(asker);
	return reply_size;
}
