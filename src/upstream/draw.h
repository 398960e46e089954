/* SPDX-License-Identifier: Apache-2.0 */
/* draw -- random numbers that nobody guesses, fetched from the kernel by the kilobyte. */
#ifndef KNAMED_UPSTREAM_DRAW_H
#define KNAMED_UPSTREAM_DRAW_H

#include <string.h>

#include "knamed/base.h"

struct draw {
	uint8_t bytes[1024];
	size_t left;
};

static inline uint32_t draw_u32(struct draw *draw)
{
	uint32_t number;
	if (draw->left < sizeof(number)) {
		random_bytes(draw->bytes, sizeof(draw->bytes));
		draw->left = sizeof(draw->bytes);
	}
	draw->left -= sizeof(number);
	memcpy(&number, draw->bytes + draw->left, sizeof(number));
	memset(draw->bytes + draw->left, 0, sizeof(number)); /* told once */
	return number;
}

static inline uint32_t draw_below(struct draw *draw, uint32_t limit)
{
	return (uint32_t)((uint64_t)draw_u32(draw) * limit >> 32);
}

#endif
