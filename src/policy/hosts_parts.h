/* SPDX-License-Identifier: Apache-2.0 */
/* How a table of hosts lies in memory (private to hosts_draft.c and hosts_table.c).
 *
 * One blob holds entries of names and of addresses without gaps; slots lead to them. A slot is a tag, eight bits of
 * the hash, and the place in the blob: who is not there is nearly always told by the tags alone. */
#ifndef KNAMED_POLICY_HOSTS_PARTS_H
#define KNAMED_POLICY_HOSTS_PARTS_H

#include "hosts.h"

/* In front of a name's octets; behind them 4 octets for each of counts[0] and 16 for each of counts[1]. */
struct name_head {
	uint16_t counts[2];
};
/* In front of an address' octets; behind them the places of `count` names, 4 octets each. */
struct address_head {
	uint16_t size, count;
};

struct slots {
	uint8_t *tags; /* 0: free */
	uint32_t *places;
	uint32_t count;
};
void slots_init(struct slots *slots, uint32_t entries);
void slots_put(struct slots *slots, uint64_t hash, uint32_t place);

struct hosts_table {
	struct slots names, addresses;
	uint64_t name_sizes,
		wildcard_sizes; /* bit_of() of each name's, and of what stands behind "*." */
	uint8_t *blob;		/* with DNS_NAME_MAX octets to spare */
	size_t blob_size, entries;
};

static inline uint64_t bit_of(size_t size)
{
	return 1ull << (size & 63);
}

#endif
