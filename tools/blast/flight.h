/* SPDX-License-Identifier: Apache-2.0 */
/* flight -- the queries of one socket that wait for an answer, found by their id.
 *
 * A ring: the n-th query has the id n mod 65,536 and the place n mod size. Ids are not used again
 * before 65,536 further queries, so an answer that comes too late is known as such. */
#ifndef BLAST_FLIGHT_H
#define BLAST_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

enum flight_state { FLIGHT_FREE, FLIGHT_WAITING, FLIGHT_EXPIRED, FLIGHT_ANSWERED };

struct flight_query {
	uint64_t intended_ns; /* when it should have left */
	uint64_t digits;
	uint32_t question;
	uint16_t id, answers;
	uint8_t rcode, state;
	bool counted; /* falls into the measured window */
};

struct flight {
	struct flight_query *queries;
	uint32_t mask;
	uint32_t head, tail; /* numbers of the next query and of the oldest that may wait */
	uint32_t waiting;
};

/* What became of queries that nobody answered. */
struct flight_loss {
	uint32_t all, counted;
};

/* `size` is a power of two, at most 65,536. */
void flight_init(struct flight *flight, uint32_t size);
/* The next query, with its id; a waiting query in its place is lost. */
struct flight_query *flight_begin(struct flight *flight, struct flight_loss *loss);
/* The query of that id in whatever state, or NULL. */
struct flight_query *flight_find(struct flight *flight, uint16_t id);
void flight_answered(struct flight *flight, struct flight_query *query);
/* Gives up what was intended before `before_ns`. */
void flight_expire(struct flight *flight, uint64_t before_ns, struct flight_loss *loss);

#endif
