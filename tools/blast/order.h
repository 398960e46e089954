/* SPDX-License-Identifier: Apache-2.0 */
/* order -- which question comes next. */
#ifndef BLAST_ORDER_H
#define BLAST_ORDER_H

#include <stdint.h>

enum order_kind {
	ORDER_UNIFORM, /* each question as likely as any */
	ORDER_ZIPF,    /* the n-th question of a shuffled list 1/n times as likely as the first */
	ORDER_SEQUENTIAL, /* as in the file, again and again */
};

struct order {
	uint32_t *picks;
	uint32_t mask; /* of the picks; 0 when sequential */
	uint32_t count, next;
	uint64_t random;
};

void order_init(struct order *order, enum order_kind kind, uint32_t questions, uint64_t seed);
uint32_t order_next(struct order *order);
/* 64 random bits (for the digits of a name). */
uint64_t order_random(struct order *order);

#endif
