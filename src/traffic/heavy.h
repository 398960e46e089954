/* SPDX-License-Identifier: Apache-2.0 */
/* heavy -- the keys that come most often, in memory that does not grow: the Space-Saving sketch (private to the stage).
 *
 * A key that is not among those counted takes the place of the one counted least, and goes on from its count: so it may
 * seem heavier than it is, by `error` at most, and none that is heavier than the least is ever missing. */
#ifndef KNAMED_TRAFFIC_HEAVY_H
#define KNAMED_TRAFFIC_HEAVY_H

#include "knamed/base.h"

struct heavy;
struct heavy *heavy_new(uint32_t key_count, uint32_t key_size_most);
void heavy_free(struct heavy *heavy);
void heavy_add(struct heavy *heavy, const void *key, size_t size, uint64_t weight);
/* All counts are halved: what is long past fades. */
void heavy_halve(struct heavy *heavy);

struct heavy_item {
	const uint8_t *key; /* good until the next change */
	size_t key_size;
	uint64_t count, error;
};
/* The heaviest first; returns how many there are, at most so many. */
size_t heavy_list(const struct heavy *heavy, struct heavy_item *ret_items, size_t most);

#endif
