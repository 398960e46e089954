/* SPDX-License-Identifier: Apache-2.0 */
/* hosts -- what a hosts file says, as one block of memory that never changes (private to the stage).
 *
 *   lines --hosts_read()--> draft: names, addresses and pairs of the two, each once --hosts_draft_end()--> table
 *
 * A table is found by name and by address. It is replaced as a whole when the file changes. */
#ifndef KNAMED_POLICY_HOSTS_H
#define KNAMED_POLICY_HOSTS_H

#include "knamed/base.h"
#include "knamed/dns.h"
#include "zone_list.h"

/* More of one name, or of one address, does not fit into any message and is left out. */
enum { HOSTS_ADDRESSES_MOST = DNS_MESSAGE_MAX / 16, HOSTS_NAMES_MOST = DNS_MESSAGE_MAX / 15 };
enum { HOSTS_PAIRS_MOST = 2000000, HOSTS_SIZE_MOST = 64 << 20 /* octets of a file */ };

/* ---- drafts ---- */

struct hosts_draft;
struct hosts_draft *hosts_draft_new(const struct hash_key *key); /* of the tables, for look-ups too */
/* name: wire form, lower case. False: there are too many. */
bool hosts_draft_add(struct hosts_draft *draft, const uint8_t *name, size_t size, const struct ip *ip);
void hosts_draft_free(struct hosts_draft *draft);

/* Lines that say nothing, and names that are none, are handed to `complain` with what was expected. */
struct hosts_reading {
	const struct zone_list *zones; /* names outside are left out */
	bool skips_lines;	       /* lines without an address are skipped in silence */
	void (*complain)(void *context, unsigned line, const char *text);
	void *context;
};
/* False: too much is in it. */
bool hosts_read(const struct hosts_reading *reading, struct hosts_draft *draft, const char *text,
		size_t size, struct error *error);

/* ---- tables ---- */

struct hosts_table;
struct hosts_table *hosts_draft_end(struct hosts_draft *draft, bool reverse); /* frees the draft */
void hosts_table_free(struct hosts_table *table);
size_t hosts_table_entries(const struct hosts_table *table); /* as CoreDNS counts them */
size_t hosts_table_memory(const struct hosts_table *table);  /* octets */

/* Addresses of one family in a row, 4 or 16 octets each. */
struct hosts_addresses {
	const uint8_t *octets;
	unsigned count;
};
/* What a name has: [0] IPv4, [1] IPv6. */
struct hosts_found {
	struct hosts_addresses families[2];
};
/* By its own line or, for a family without one, by that of *.PARENT. NULL for a table is empty. */
void hosts_find(const struct hosts_table *table, const struct hash_key *key,
		const struct dns_query *query, struct hosts_found *ret_found);

/* Names that an address stands for, one after the other: { .next = } walks, NULL at the end. */
struct hosts_names {
	const struct hosts_table *table;
	const uint8_t *next; /* of what leads to a name */
	unsigned count;
};
struct hosts_names hosts_find_names(const struct hosts_table *table, const struct hash_key *key,
				    const struct ip *ip);
const uint8_t *hosts_next_name(struct hosts_names *names); /* wire form; NULL: no more */

#endif
