/* SPDX-License-Identifier: Apache-2.0 */
/* Names in a message that is being written: each is as short as what stands in front allows (RFC 1035 4.1.4), and
 * spelled as it was. Ends of names are found by a hash, whose slots say where they stand. */
#include "knamed/dns.h"

#include <string.h>

enum { PLACE_MOST = 0x3fff, POINTER_BITS = 0xc000, KNOWN_MOST = COMPRESS_SLOTS * 3 / 4 };

/* A name with a hash of each end of it. */
struct ends {
	const uint8_t *name;
	unsigned count;
	uint8_t offsets[DNS_LABELS_MAX];
	uint32_t hashes[DNS_LABELS_MAX];
};

static void ends_init(struct ends *ends, const uint8_t *name)
{
	uint32_t hash = 0x811c9dc5;
	ends->name = name;
	ends->count = 0;
	for (unsigned at = 0; name[at] != 0; at += 1u + name[at])
		ends->offsets[ends->count++] = (uint8_t)at;
	for (unsigned i = ends->count; i-- > 0;) {
		const uint8_t *label = name + ends->offsets[i];
		for (unsigned j = 0; j <= label[0]; j++)
			hash = (hash ^ label[j]) * 0x01000193u;
		ends->hashes[i] = hash ^ hash >> 15;
	}
}

/* Octet by octet: what is spelled in another way stays so. Pointers in the message lead backwards. */
static bool stands_at(const uint8_t *message, unsigned at, const uint8_t *name)
{
	for (;;) {
		while ((message[at] & 0xc0) == 0xc0)
			at = get_u16(message + at) & PLACE_MOST;
		if (message[at] != name[0] || memcmp(message + at, name, 1u + name[0]) != 0)
			return false;
		if (name[0] == 0)
			return true;
		at += 1u + name[0];
		name += 1u + name[0];
	}
}

/* Where this end of the name stands, or the free slot for it. */
static uint16_t *find(struct compress *compress, const uint8_t *message, const struct ends *ends,
		      unsigned end)
{
	unsigned at = ends->hashes[end] % COMPRESS_SLOTS;
	while (compress->places[at] != 0 &&
	       !stands_at(message, compress->places[at], ends->name + ends->offsets[end]))
		at = (at + 1) % COMPRESS_SLOTS;
	return &compress->places[at];
}

/* The first `count` ends begin at `at` and behind it. */
static void learn(struct compress *compress, const uint8_t *message, size_t at,
		  const struct ends *ends, unsigned count)
{
	for (unsigned i = 0; i < count && compress->count < KNOWN_MOST; i++) {
		uint16_t *slot = find(compress, message, ends, i);
		size_t place = at + ends->offsets[i];
		if (*slot != 0 || place > PLACE_MOST)
			continue;
		*slot = (uint16_t)place;
		compress->count++;
	}
}

void compress_learn(struct compress *compress, const uint8_t *message, size_t at)
{
	struct ends ends;
	ends_init(&ends, message + at);
	learn(compress, message, at, &ends, ends.count);
}

bool compress_write(struct compress *compress, struct dns_writer *writer, const uint8_t *name)
{
	struct ends ends;
	uint8_t *start = writer->at;
	unsigned whole = 0;
	uint16_t place = 0;
	ends_init(&ends, name);
	while (whole < ends.count && (place = *find(compress, writer->start, &ends, whole)) == 0)
		whole++;
	size_t size = whole < ends.count ? ends.offsets[whole] : name_size(name) - 1;
	bool fits = write_bytes(writer, name, size) &&
		    (place != 0 ? write_u16(writer, (uint16_t)(POINTER_BITS | place))
				: write_u8(writer, 0));
	if (!fits) {
		writer->at = start;
		return false;
	}
	learn(compress, writer->start, (size_t)(start - writer->start), &ends, whole);
	return true;
}
