/* SPDX-License-Identifier: Apache-2.0 */
/* Clients are counted in two rows of buckets, by different bits of a keyed hash; the lower count is
 * believed. Two who share one bucket hardly share the other, so that nobody pays for somebody else,
 * and nothing is ever made or freed. */
#include "knamed/base.h"

struct shares shares_of(unsigned most)
{
	return (struct shares){ .key = hash_key_random(), .most = most };
}

/* While a quarter is free nobody is counted, and who has only a few never is: where a place can be
 * made free, a newcomer gets one although none is left. */
bool share_is_fair(unsigned most, unsigned taken, unsigned count)
{
	unsigned free = most - taken;
	return most < SHARES_LEAST || count <= most / SHARES_LEAST || free > most / 4 || count < free;
}

bool shares_take(struct shares *shares, const struct ip *client, struct share *ret_share)
{
	uint64_t hash = hash_bytes(&shares->key, client, sizeof(*client));
	uint16_t *first = &shares->rows[0][hash % SHARES_BUCKETS];
	uint16_t *second = &shares->rows[1][(hash >> 32) % SHARES_BUCKETS];
	unsigned count = *first < *second ? *first : *second;
	if (shares->taken >= shares->most || !share_is_fair(shares->most, shares->taken, count))
		return false;
	*ret_share = (struct share){ .at = { (uint16_t)(hash % SHARES_BUCKETS),
					     (uint16_t)((hash >> 32) % SHARES_BUCKETS) } };
	(*first)++;
	(*second)++;
	shares->taken++;
	return true;
}

void shares_give_back(struct shares *shares, const struct share *share)
{
	for (unsigned i = 0; i < COUNT_OF(share->at); i++)
		shares->rows[i][share->at[i]]--;
	shares->taken--;
}
