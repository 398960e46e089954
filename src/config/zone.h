/* SPDX-License-Identifier: Apache-2.0 */
/* zone -- addresses and zone names as the Corefile writes them. */
#ifndef KNAMED_CONFIG_ZONE_H
#define KNAMED_CONFIG_ZONE_H

#include "knamed/config.h"

/* A zone name in the one form that all stages use: lower case, final dot, escapes only where they
 * are needed. NULL if text is not a domain name (labels <= 63, name <= 255 octets on the wire). */
char *config_zone_text(struct arena *arena, const char *text);
/* "a.b." is below "b.", "." and itself; both are in the one form. */
bool zone_is_below(const char *zone, const char *above);

/* The reverse zones of a network: one on an octet (IPv4) or nibble (IPv6) boundary, several in between. */
void zones_of_network(struct arena *arena, const struct ip *net, unsigned bits, struct words *zones);

/* "name[:port]" or "network/bits[:port]" without a scheme. */
struct zone_word {
	struct words zones;
	bool has_port;
	int64_t port; /* as written: may be out of range */
};
bool zone_word_read(struct arena *arena, const char *word, struct zone_word *ret_zone,
		    struct error *error);
/* Takes "scheme://" off; none is "dns". */
const char *zone_word_skip_scheme(const char *word, const char **ret_scheme);

/* How many zones and listeners one Corefile may come to. */
enum { CONFIG_ZONES_MAX = 20000, CONFIG_LISTENERS_MAX = 200000 };

/* Refuses what two listeners would fight for: the same zone and port twice on an address, or on all addresses and on
 * a single one. places[i] is where block i has its addresses: file and line of each. */
struct place {
	const char *file;
	unsigned line;
};
bool overlap_check(const struct config *config, struct place *const *places, struct error *error);

#endif
