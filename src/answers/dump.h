/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a dump (private to the stage): one name at a time stands as the question of a packet,
 * its records are put behind it, and ldns reads them. */
#ifndef KNAMED_ANSWERS_DUMP_H
#define KNAMED_ANSWERS_DUMP_H

#include "store.h"

enum {
	RECORDS_MAX = 12 + UINT16_MAX,
	PACKET_SIZE = DNS_HEADER_SIZE + DNS_NAME_MAX + 4 + RECORDS_MAX,
};

struct dump_lines {
	const uint8_t *only; /* NULL: everything */
	answers_line line;
	void *context;
	struct text text;
	struct dns_query query; /* the name in hand */
	uint32_t records_at;	/* behind the question */
	uint8_t packet[PACKET_SIZE];
};
void lines_start(struct dump_lines *lines, const uint8_t *name, size_t size);
/* What was written into the packet up to `end`. */
void lines_of_packet(struct dump_lines *lines, size_t end);
/* Records that are stored as they are sent, owner C00C. */
void lines_of_records(struct dump_lines *lines, const uint8_t *records, size_t size);
/* Addresses below a delegation lie with it alone: the records, then the glue that points into them. */
void lines_of_glue(struct dump_lines *lines, const uint8_t *records, size_t records_size,
		   size_t glue_size);

#endif
