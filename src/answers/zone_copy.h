/* SPDX-License-Identifier: Apache-2.0 */
/* zone_copy -- a copy of a zone on its way (private to its files).
 *
 *   slot of the table --> entry of the held edition --> its records, behind one owner --> message */
#ifndef KNAMED_ANSWERS_ZONE_COPY_H
#define KNAMED_ANSWERS_ZONE_COPY_H

#include "store.h"

enum {
	COPY_RECORD_HEAD = 12, /* of a stored record: a pointer, type, class, TTL, size */
	COPY_ASIDE_SIZE = DNS_HEADER_SIZE + DNS_NAME_MAX + 4 + DNS_MESSAGE_MAX,
};

enum copy_phase { PHASE_FIRST_SOA, PHASE_NAMES, PHASE_LAST_SOA };

struct zone_copy {
	struct hold hold;
	struct answers *answers;
	const struct catalog *catalog;
	const struct zone *zone;
	enum copy_phase phase;
	uint64_t next_slot;
	/* The entry at hand and how far it is written; NULL: the next one is to be found. */
	const struct entry *entry;
	unsigned set; /* for those of addresses: the reference */
	uint32_t chunk, at;
	bool is_glue;
	struct dns_query name; /* the entry's */
	uint16_t soa_size;
	uint8_t soa[2 * DNS_NAME_MAX + 40];
	uint32_t serial;
	uint32_t rotations[ANSWERS_ROTATIONS];
	uint8_t aside[COPY_ASIDE_SIZE];
};

/* What is being written, and where the owner of the entry at hand stands in it; 0: nowhere within reach. */
struct copy_out {
	struct copy_message *message;
	uint32_t owner_at;
};

size_t copy_record_size(const uint8_t *record);
/* Of the name at hand, from copy->at on. False: the message is full. */
bool copy_put_records(struct zone_copy *copy, struct copy_out *out, const uint8_t *records,
		      size_t size);
/* All that is stored at the entry at hand, but its SOA. */
bool copy_put_stored(struct zone_copy *copy, struct copy_out *out);
bool copy_put_soa(const struct zone_copy *copy, struct copy_message *message);

#endif
