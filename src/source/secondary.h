/* SPDX-License-Identifier: Apache-2.0 */
/* secondary -- zones that are taken from primaries, and when they are asked again.
 *
 *   due, or notified --> who has a newer SOA? --> all of the zone --> in force, until it expires
 *
 * A round asks primaries one after the other until one gives what is wanted. */
#ifndef KNAMED_SOURCE_SECONDARY_H
#define KNAMED_SOURCE_SECONDARY_H

#include <stdatomic.h>

#include <event2/event_struct.h>

#include "primary.h"
#include "transfer.h"

enum secondary_step {
	STEP_REST,
	STEP_CHECK, /* a primary is asked for the SOA */
	STEP_TRANSFER,
};

/* Sets of primaries are numbers: bit i is the one that is named as number i. */
struct secondary_zone {
	const struct secondary *secondary;
	char *origin;
	uint8_t name[DNS_NAME_MAX];
	bool is_loaded;
	struct soa soa;
	struct event due, expiry;
	/* the round under way */
	enum secondary_step step;
	uint64_t left;	  /* still to be asked */
	unsigned primary; /* who is asked */
	uint16_t id;
	bool is_confirmed; /* some primary has nothing newer */
	uint64_t began_ns;
	struct exchange *exchange;
	struct transfer *transfer;
	void *load;
	struct error problem; /* of the last primary that failed */
	/* rounds before and behind it */
	unsigned failures; /* in a row, without a zone */
	uint64_t wanted;   /* who notified since the round began */
	uint64_t rests_until_ns;
	_Atomic uint64_t notified; /* by query threads */
};

struct secondary {
	struct event_base *events;
	const struct config_secondary *config;
	struct secondary_calls calls;
	struct secondary_zone *zones;
	size_t zone_count;
	uint64_t opened_ns;
	int bell; /* eventfd: a zone was notified of */
	struct event *wake;
};

void secondary_zone_open(struct secondary_zone *zone, const struct secondary *secondary,
			 const char *origin);
void secondary_zone_close(struct secondary_zone *zone);
/* Takes up what query threads were told. */
void secondary_zone_hear(struct secondary_zone *zone);

/* secondary_round.c: begins a round with these primaries; the zone is at rest. */
void secondary_round(struct secondary_zone *zone, uint64_t asked);
void secondary_round_stop(struct secondary_zone *zone);
uint64_t secondary_all(const struct secondary_zone *zone);

/* Back from a round. The zone is in force, or was found to be so. */
void secondary_zone_confirmed(struct secondary_zone *zone);
void secondary_zone_failed(struct secondary_zone *zone);

#endif
