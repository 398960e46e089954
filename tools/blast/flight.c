/* SPDX-License-Identifier: Apache-2.0 */
#include "flight.h"

#include "pages.h"

#include <assert.h>

void flight_init(struct flight *flight, uint32_t size)
{
	assert(size > 0 && size <= 65536 && (size & (size - 1)) == 0);
	*flight = (struct flight){ .mask = size - 1 };
	flight->queries = pages_take(size * sizeof *flight->queries);
}

static void lose(struct flight *flight, struct flight_query *query, struct flight_loss *loss)
{
	query->state = FLIGHT_EXPIRED;
	flight->waiting--;
	loss->all++;
	loss->counted += query->counted;
}

struct flight_query *flight_begin(struct flight *flight, struct flight_loss *loss)
{
	struct flight_query *query = &flight->queries[flight->head & flight->mask];

	if (query->state == FLIGHT_WAITING)
		lose(flight, query, loss);
	query->id = (uint16_t)flight->head++;
	query->state = FLIGHT_WAITING;
	flight->waiting++;
	return query;
}

struct flight_query *flight_find(struct flight *flight, uint16_t id)
{
	struct flight_query *query = &flight->queries[id & flight->mask];
	return query->state != FLIGHT_FREE && query->id == id ? query : NULL;
}

void flight_answered(struct flight *flight, struct flight_query *query)
{
	query->state = FLIGHT_ANSWERED;
	flight->waiting--;
}

void flight_expire(struct flight *flight, uint64_t before_ns, struct flight_loss *loss)
{
	if (flight->head - flight->tail > flight->mask + 1)
		flight->tail = flight->head - flight->mask - 1;
	for (; flight->tail != flight->head; flight->tail++) {
		struct flight_query *query = &flight->queries[flight->tail & flight->mask];
		if (query->state != FLIGHT_WAITING)
			continue;
		if (query->intended_ns >= before_ns)
			return;
		lose(flight, query, loss);
	}
}
