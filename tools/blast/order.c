/* SPDX-License-Identifier: Apache-2.0 */
/* A million picks are drawn beforehand and walked in a circle: choosing costs one read of memory
 * that the processor fetches ahead, whatever the distribution. */
#include "order.h"

#include "pages.h"

enum { PICKS = 1 << 20 };

uint64_t order_random(struct order *order)
{
	uint64_t mixed = order->random += 0x9e3779b97f4a7c15;
	mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
	return mixed ^ mixed >> 31;
}

static uint32_t random_below(struct order *order, uint32_t limit)
{
	return (uint32_t)((order_random(order) >> 32) * limit >> 32);
}

static double random_share(struct order *order)
{
	return (double)(order_random(order) >> 11) * 0x1p-53;
}

/* Which questions are the popular ones is left to chance, not to the order of the file. */
static void shuffle(struct order *order, uint32_t *list, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		list[i] = i;
	for (uint32_t i = count - 1; i > 0; i--) {
		uint32_t other = random_below(order, i + 1), kept = list[i];
		list[i] = list[other];
		list[other] = kept;
	}
}

static uint32_t rank_of(const double *sums, uint32_t count, double wanted)
{
	uint32_t low = 0, high = count - 1;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (sums[middle] < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void draw_zipf(struct order *order)
{
	double *sums = pages_take(order->count * sizeof *sums), sum = 0;
	uint32_t *question = pages_take(order->count * sizeof *question);

	shuffle(order, question, order->count);
	for (uint32_t i = 0; i < order->count; i++)
		sums[i] = sum += 1.0 / (i + 1.0);
	for (uint32_t i = 0; i < PICKS; i++)
		order->picks[i] = question[rank_of(sums, order->count, random_share(order) * sum)];
}

void order_init(struct order *order, enum order_kind kind, uint32_t questions, uint64_t seed)
{
	*order = (struct order){ .count = questions, .random = seed };
	if (kind == ORDER_SEQUENTIAL || questions == 1)
		return;
	order->mask = PICKS - 1;
	order->picks = pages_take(PICKS * sizeof *order->picks);
	if (kind == ORDER_ZIPF) {
		draw_zipf(order);
		return;
	}
	for (uint32_t i = 0; i < PICKS; i++)
		order->picks[i] = random_below(order, questions);
}

uint32_t order_next(struct order *order)
{
	if (order->mask != 0)
		return order->picks[order->next++ & order->mask];
	uint32_t pick = order->next;
	order->next = pick + 1 == order->count ? 0 : pick + 1;
	return pick;
}
