/* SPDX-License-Identifier: Apache-2.0 */
/* A counter that any thread adds to. Threads on different CPUs add to different cells, so that none
 * takes a cache line from another; the C library knows the CPU without asking the kernel. */
#include "counter.h"

#include <sched.h>

enum { CELLS = 8, STRIDE = 64 / sizeof(uint64_t) };

struct counter {
	_Atomic uint64_t cells[CELLS * STRIDE];
};

struct counter *counter_new(void)
{
	return mem_zalloc(sizeof(struct counter));
}

void counter_add(struct counter *counter)
{
	unsigned cpu = (unsigned)sched_getcpu(); /* any cell will do where it is not known */
	atomic_fetch_add_explicit(&counter->cells[cpu % CELLS * STRIDE], 1, memory_order_relaxed);
}

uint64_t counter_sum(const struct counter *counter)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < CELLS; i++)
		sum += atomic_load_explicit(&counter->cells[i * STRIDE], memory_order_relaxed);
	return sum;
}
