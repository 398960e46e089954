/* SPDX-License-Identifier: Apache-2.0 */
/* A catalog of zones from text, which ldns reads, and whole replies as text. */
#ifndef KNAMED_TESTS_ZONES_H
#define KNAMED_TESTS_ZONES_H

#include "asking.h"

struct shop {
	struct answers *answers;
	struct catalog *catalog;
};

#define SOA "@ 600 SOA ns host 7 7200 1800 86400 60\n"
#define SOA_SAID "example. 60 SOA ns.example. host.example. 7 7200 1800 86400 60\n"
#define NO_NAME "NO_NAME\n--\n" SOA_SAID
#define NO_DATA "NO_DATA\n--\n" SOA_SAID

struct shop open_shop(const char *text); /* the zone example., published */
void close_shop(struct shop *shop);

/* The records of a text in zone file form; TTL 300 where none is said. */
bool load_text(struct zone_load *load, const char *origin, const char *text, struct error *error);
bool load_zone(struct catalog *catalog, const char *origin, const char *text, struct error *error);
void expect_load(struct shop *shop, const char *origin, const char *text);

/* The whole reply: kind (and TC), then "name ttl TYPE rdata" a line, sorted: the answer, the
 * authority behind "--", the additional behind "++". */
const char *reply_text(const struct asked *asked);
void expect(struct shop *shop, const char *name, const char *type, const char *text);
void expect_within(struct shop *shop, const char *name, const char *type, uint32_t limit,
		   const char *text);

extern const char *const kind_names[];
void append(char *text, size_t room, const char *more);
int by_text(const void *a, const void *b); /* qsort of strings */

#endif
