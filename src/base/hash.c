/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-1-3 in one shot: one round per 8 bytes, three at the end. Keyed, so that nobody who does
 * not know the key can choose colliding names; the hot path calls it once per query. */
#include "knamed/base.h"

#include <endian.h>
#include <string.h>

struct state {
	uint64_t a, b, c, d;
};

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void mix(struct state *s)
{
	s->a += s->b;
	s->c += s->d;
	s->b = rotate(s->b, 13) ^ s->a;
	s->d = rotate(s->d, 16) ^ s->c;
	s->a = rotate(s->a, 32);
	s->c += s->b;
	s->a += s->d;
	s->b = rotate(s->b, 17) ^ s->c;
	s->d = rotate(s->d, 21) ^ s->a;
	s->c = rotate(s->c, 32);
}

static inline uint64_t word_at(const uint8_t *bytes)
{
	uint64_t word;
	memcpy(&word, bytes, sizeof(word));
	return le64toh(word);
}

/* The last 0-7 bytes, without a loop and without reading past either end. */
static inline uint64_t tail_of(const uint8_t *bytes, size_t whole, size_t left)
{
	if (left == 0)
		return 0;
	if (whole > 0) /* the 8 bytes that end with the input; those already taken are shifted out */
		return word_at(bytes + left - 8) >> (8 * (8 - left));
	if (left >= 4) {
		uint32_t low, high; /* overlapping halves */
		memcpy(&low, bytes, 4);
		memcpy(&high, bytes + left - 4, 4);
		return le32toh(low) | (uint64_t)le32toh(high) << (8 * (left - 4));
	}
	return bytes[0] | (uint64_t)bytes[left / 2] << (8 * (left / 2)) |
	       (uint64_t)bytes[left - 1] << (8 * (left - 1));
}

uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t size)
{
	struct state s = {
		/* "somepseudorandomlygeneratedbytes": the algorithm's constants */
		.a = key->k0 ^ 0x736f6d6570736575,
		.b = key->k1 ^ 0x646f72616e646f6d,
		.c = key->k0 ^ 0x6c7967656e657261,
		.d = key->k1 ^ 0x7465646279746573,
	};
	const uint8_t *at = bytes;
	size_t whole = size / 8;
	for (size_t i = 0; i < whole; i++, at += 8) {
		uint64_t word = word_at(at);
		s.d ^= word;
		mix(&s);
		s.a ^= word;
	}
	uint64_t last = (uint64_t)size << 56 | tail_of(at, whole, size % 8);
	s.d ^= last;
	mix(&s);
	s.a ^= last;
	s.c ^= 0xff;
	mix(&s);
	mix(&s);
	mix(&s);
	return s.a ^ s.b ^ s.c ^ s.d;
}
