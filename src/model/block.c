/* SPDX-License-Identifier: Apache-2.0 */
/* Fills the block of one object. */
#include "block.h"

#include <string.h>

void *block_take(struct block *block, size_t size, size_t alignment)
{
	size_t at = (block->size + alignment - 1) / alignment * alignment;

	block->size = at + size;
	return block->start == NULL ? NULL : block->start + at;
}

void block_put(void *place, const void *bytes, size_t size)
{
	if (place != NULL && size > 0)
		memcpy(place, bytes, size);
}

const char *block_text(struct block *block, const char *text)
{
	if (text == NULL || text[0] == '\0') /* a literal needs no room */
		return "";

	char *place = block_take(block, strlen(text) + 1, 1);
	block_put(place, text, strlen(text) + 1);
	return place;
}

const struct ip *block_addresses(struct block *block, const struct ip *addresses, size_t count)
{
	struct ip *place = block_take(block, count * sizeof(*addresses), _Alignof(struct ip));

	block_put(place, addresses, count * sizeof(*addresses));
	return place;
}

static const char *block_lower(struct block *block, const char *text)
{
	const char *place = block_text(block, text);

	if (block->start == NULL)
		return place;
	for (char *at = (char *)place; *at != '\0'; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at |= 0x20;
	return place;
}

const struct port *block_ports(struct block *block, const struct port *ports, size_t count)
{
	struct port *place = block_take(block, count * sizeof(*ports), _Alignof(struct port));

	for (size_t i = 0; i < count; i++) {
		struct port copy = ports[i];
		copy.name = block_lower(block, copy.name);
		block_put(place == NULL ? NULL : &place[i], &copy, sizeof(copy));
	}
	return place;
}
