/* SPDX-License-Identifier: Apache-2.0 */
/* A one-bit Bloom filter over the ends of a label. Its hash is cheap and has no key: who makes
 * labels that collide only makes the look-up happen which the sieve would have saved. */
#include <string.h>

#include "store.h"

enum { BITS_PER_LABEL = 32, LEAST_BITS = 512 };

struct sieve *sieve_new(size_t labels)
{
	uint32_t bits = LEAST_BITS;
	while (bits < labels * BITS_PER_LABEL)
		bits *= 2;
	struct sieve *sieve = mem_zalloc(sizeof(*sieve) + bits / 8);
	sieve->bits = bits;
	return sieve;
}

/* The first and the last eight octets; names that differ in between share a bit. */
static uint32_t bit_of(const struct sieve *sieve, const uint8_t *label)
{
	uint64_t first = 0, last = 0;
	unsigned size = label[0];
	if (size >= sizeof(first)) {
		memcpy(&first, label + 1, sizeof(first));
		memcpy(&last, label + 1 + size - sizeof(last), sizeof(last));
	} else {
		memcpy(&first, label + 1, size);
	}
	uint64_t mixed = (first ^ (last * 0x9e3779b97f4a7c15u) ^ size) * 0xff51afd7ed558ccdu;
	return (uint32_t)(mixed >> 32) & (sieve->bits - 1);
}

bool sieve_add(struct sieve *sieve, const uint8_t *label)
{
	uint32_t bit = bit_of(sieve, label);
	uint64_t mask = (uint64_t)1 << (bit % 64);
	_Atomic uint64_t *word = &sieve->words[bit / 64];
	uint64_t old = atomic_load_explicit(word, memory_order_relaxed);
	if (old & mask)
		return false;
	atomic_store_explicit(word, old | mask, memory_order_relaxed);
	return true;
}

bool sieve_may_have(const struct sieve *sieve, const uint8_t *label)
{
	uint32_t bit = bit_of(sieve, label);
	return atomic_load_explicit(&sieve->words[bit / 64], memory_order_relaxed) >> (bit % 64) & 1;
}
