/* SPDX-License-Identifier: Apache-2.0 */
/* inputs -- octets that end where memory ends, and octets that are random but the same in every run. */
#ifndef TEST_DNS_INPUTS_H
#define TEST_DNS_INPUTS_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

enum { GUARDED_SIZE = 65536 };

/* A copy of `bytes`, which the next call overwrites: reading or writing one octet behind it faults. */
static inline uint8_t *guarded(const void *bytes, size_t size)
{
	static uint8_t *room;
	if (room == NULL) {
		room = mmap(NULL, GUARDED_SIZE + 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		assert(room != MAP_FAILED);
		int failed = mprotect(room + GUARDED_SIZE, 4096, PROT_NONE);
		assert(!failed);
	}
	assert(size <= GUARDED_SIZE);
	if (size > 0)
		memmove(room + GUARDED_SIZE - size, bytes, size);
	return room + GUARDED_SIZE - size;
}

/* Below `limit`. xorshift64. */
static inline uint64_t random_below(uint64_t *state, uint64_t limit)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state % limit;
}

/* A well-formed name with any octets in its labels. Returns its size. */
static inline size_t random_name(uint64_t *state, uint8_t name[255])
{
	size_t most = 1 + random_below(state, 255), at = 0;
	while (at + 3 <= most) {
		size_t room = most - at - 2, label = 1 + random_below(state, room < 63 ? room : 63);
		if (random_below(state, 2) == 0)
			label = label < 8 ? label : 8;
		name[at++] = (uint8_t)label;
		for (; label > 0; label--)
			name[at++] =
				(uint8_t)random_below(state, random_below(state, 2) == 0 ? 256 : 128);
	}
	name[at++] = 0;
	return at;
}

#endif
