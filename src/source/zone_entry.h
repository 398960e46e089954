/* SPDX-License-Identifier: Apache-2.0 */
/* One entry of a zone file: a directive, or a record in its parts. */
#ifndef KNAMED_SOURCE_ZONE_ENTRY_H
#define KNAMED_SOURCE_ZONE_ENTRY_H

#include "knamed/dns.h"

enum { ZONE_TTL_MAX = 0x7fffffff }; /* RFC 2181 8 */

/* Cuts the next word off; "" at the end. Escaped blanks belong to the word. */
struct zone_word {
	const char *text;
	size_t size;
};
struct zone_word zone_word_next(const char **at);
bool zone_word_is(struct zone_word word, const char *text); /* case folded */

/* "3600", "1h30m", "2w": what exceeds the largest TTL is that. */
bool zone_word_to_ttl(struct zone_word word, uint32_t *ret_ttl);

/* Relative to the origin unless it ends in a dot; "@" is the origin. False fills the error. */
bool zone_word_to_name(struct zone_word word, const uint8_t *origin, uint8_t ret_name[DNS_NAME_MAX],
		       struct error *error);

/* The part in front of the type: TTL and class in any order, or neither (RFC 1035 5.1). */
struct zone_entry {
	struct zone_word owner; /* size 0: as the record before */
	struct zone_word type;
	const char *rdata; /* the rest of the line */
	uint32_t ttl;
	bool has_ttl;
};
/* False fills the error. */
bool zone_entry_split(const char *text, struct zone_entry *ret_entry, struct error *error);

#endif
