/* SPDX-License-Identifier: Apache-2.0 */
/* One block of memory that is filled front to back. With start NULL nothing is written and only the
 * size counts. */
#ifndef KNAMED_MODEL_BLOCK_H
#define KNAMED_MODEL_BLOCK_H

#include "knamed/model.h"

struct block {
	uint8_t *start;
	size_t size;
};

/* Where the next `size` bytes go; NULL while measuring. */
void *block_take(struct block *block, size_t size, size_t alignment);
/* Copies to a place that block_take() gave; does nothing while measuring. */
void block_put(void *place, const void *bytes, size_t size);
const char *block_text(struct block *block, const char *text); /* NULL counts as "" */
const struct ip *block_addresses(struct block *block, const struct ip *addresses, size_t count);
/* Copies ports and their names, these in lower case. */
const struct port *block_ports(struct block *block, const struct port *ports, size_t count);

#endif
