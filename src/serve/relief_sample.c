/* SPDX-License-Identifier: Apache-2.0 */
/* Who sent the packets of a moment: asked for by a number, and there when the worker has filled one
 * for that number. What was begun for an older number is thrown away, for those clients may be
 * gone. */
#include "relief.h"

/* ---- the control thread ---- */

void relief_sample_ask(struct relief_gauge *gauge)
{
	unsigned wanted = atomic_load_explicit(&gauge->wanted, memory_order_relaxed);
	atomic_store_explicit(&gauge->wanted, wanted + 1, memory_order_release);
}

const struct ip *relief_sample_get(const struct relief_gauge *gauge)
{
	unsigned wanted = atomic_load_explicit(&gauge->wanted, memory_order_relaxed);
	return atomic_load_explicit(&gauge->given, memory_order_acquire) == wanted ? gauge->sample
										   : NULL;
}

/* ---- the worker ---- */

bool relief_sample_is_wanted(const struct relief_gauge *gauge)
{
	return atomic_load_explicit(&gauge->given, memory_order_relaxed) !=
	       atomic_load_explicit(&gauge->wanted, memory_order_acquire);
}

void relief_sample_add(struct relief_gauge *gauge, const struct ip *client)
{
	unsigned wanted = atomic_load_explicit(&gauge->wanted, memory_order_acquire);
	if (gauge->filling != wanted) {
		gauge->filling = wanted;
		gauge->filled = 0;
	}
	gauge->sample[gauge->filled++] = *client;
	if (gauge->filled < RELIEF_SAMPLE)
		return;
	gauge->filled = 0;
	atomic_store_explicit(&gauge->given, wanted, memory_order_release);
}
