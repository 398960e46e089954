/* SPDX-License-Identifier: Apache-2.0 */
/* Editions that are read for longer than a batch, by threads that wait for the network in between
 * and so are quiet. What they show is not given back as long as they are held.
 *
 * A hold is there before its edition is taken, and holds are looked at behind a publication: either
 * the hold is seen then, or it is of an edition that shows nothing of what is to go. */
#include "store.h"

/* A copy of a zone that takes longer than that keeps too much of what is long gone. */
enum { HOLD_MOST_S = 120 };

void holds_init(struct holds *holds)
{
	pthread_mutex_init(&holds->lock, NULL);
}

void holds_done(struct holds *holds)
{
	pthread_mutex_destroy(&holds->lock);
}

void hold_begin(struct answers *answers, struct hold *hold)
{
	struct holds *holds = &answers->holds;
	pthread_mutex_lock(&holds->lock);
	hold->edition = answers_edition(answers);
	hold->since_ns = clock_now_ns();
	atomic_store_explicit(&hold->is_lost, false, memory_order_relaxed);
	hold->next = holds->list;
	holds->list = hold;
	pthread_mutex_unlock(&holds->lock);
}

void hold_end(struct answers *answers, struct hold *hold)
{
	struct holds *holds = &answers->holds;
	pthread_mutex_lock(&holds->lock);
	for (struct hold **at = &holds->list; *at != NULL; at = &(*at)->next) {
		if (*at != hold)
			continue;
		*at = hold->next;
		break;
	}
	pthread_mutex_unlock(&holds->lock);
}

uint32_t holds_least(struct holds *holds, bool lose_all)
{
	uint32_t least = UINT32_MAX;
	uint64_t now = clock_now_ns();
	pthread_mutex_lock(&holds->lock);
	for (struct hold *hold = holds->list; hold != NULL; hold = hold->next) {
		if (atomic_load_explicit(&hold->is_lost, memory_order_relaxed))
			continue;
		if (lose_all || now - hold->since_ns > HOLD_MOST_S * UINT64_C(1000000000))
			atomic_store_explicit(&hold->is_lost, true, memory_order_release);
		else if (hold->edition->number < least)
			least = hold->edition->number;
	}
	pthread_mutex_unlock(&holds->lock);
	return least;
}
