/* SPDX-License-Identifier: Apache-2.0 */
/* message_name -- follows names through a message. A pointer leads strictly before everything of
 * the name that was read so far, so that no name comes back to itself; and how many there may be is
 * bounded, so that a message made of pointers costs no more than one made of labels. */
#include "message_parts.h"

#include <string.h>

enum {
	LABEL_POINTER = 0xc0,
	POINTER_OFFSET = 0x3fff,
	/* A name has no more labels than this; who needs more pointers points at pointers. */
	POINTERS_MAX = DNS_LABELS_MAX,
};

/* `start` is where the name goes on since the last pointer. Returns where it goes on now, 0:
 * nowhere. What a name begins with is never the header, whose octets change. */
static uint32_t pointer_follow(const uint8_t *packet, uint32_t at, uint32_t start)
{
	uint32_t target = get_u16(packet + at) & POINTER_OFFSET;
	return target >= DNS_HEADER_SIZE && target < start ? target : 0;
}

bool extent_find(const uint8_t *packet, uint32_t limit, uint32_t at, struct name_extent *ret_extent)
{
	uint32_t size = 0, start = at, end = 0, pointers = 0;
	while (at < limit) {
		uint8_t label = packet[at];
		if (label <= DNS_LABEL_MAX) {
			size += label + 1u;
			at += label + 1u;
			if (size > DNS_NAME_MAX)
				return false;
			if (label > 0)
				continue;
			*ret_extent = (struct name_extent){ end != 0 ? end : at, (uint8_t)size };
			return true;
		}
		if (label < LABEL_POINTER || at + 2 > limit || pointers++ == POINTERS_MAX)
			return false;
		if (end == 0)
			end = at + 2;
		start = at = pointer_follow(packet, at, start);
		if (at == 0)
			return false;
	}
	return false;
}

void extent_copy(const uint8_t *packet, uint32_t at, const struct name_extent *extent, uint8_t *ret_name)
{
	for (uint8_t done = 0; done < extent->size;) {
		uint8_t label = packet[at];
		if (label >= LABEL_POINTER) {
			at = get_u16(packet + at) & POINTER_OFFSET;
			continue;
		}
		memcpy(ret_name + done, packet + at, label + 1u);
		done += label + 1u;
		at += label + 1u;
	}
}
