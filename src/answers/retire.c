/* SPDX-License-Identifier: Apache-2.0 */
/* What was replaced waits here: pending as long as the edition in force shows it, then in limbo
 * until nobody can read it or holds an edition that shows it. publish.c says when. */
#include <string.h>

#include "store.h"

enum {
	RECLAIM_AT = 1024,	   /* things before the control thread waits for a grace period */
	HELD_MOST = 200000,	   /* things that are kept for who holds an edition */
	HELD_SIZE_MOST = 32 << 20, /* of tables among them */
};

enum retired_kind {
	RETIRED_MEMORY,
	RETIRED_BUCKETS,
	RETIRED_POOLED,
	RETIRED_LINK,
	RETIRED_TOMBSTONE,
	RETIRED_TABLE
};
struct retired_item {
	uint8_t kind; /* enum retired_kind */
	uint8_t class_;
	uint32_t number; /* of the first edition that does not show it */
	void *thing, *other;
};
struct retired_list {
	struct retired_item *items;
	size_t count, room;
};
struct retired {
	struct retired_list pending; /* since the last publish: still shown */
	struct retired_list limbo;   /* no longer shown to new readers */
	unsigned large;		     /* of both: worth a grace period by themselves */
	size_t large_size;	     /* about; of those */
};

static void retire(struct answers *answers, struct retired_item item)
{
	struct retired_list *list = &answers->retired->pending;
	if (list->count == list->room) {
		list->room = list->room == 0 ? 64 : 2 * list->room;
		list->items = mem_realloc(list->items, list->room * sizeof *list->items);
	}
	item.number = answers->pending;
	list->items[list->count++] = item;
}

void retire_memory(struct answers *answers, void *memory)
{
	retire(answers, (struct retired_item){ .kind = RETIRED_MEMORY, .thing = memory });
}

static size_t large_size(const struct retired_item *item)
{
	enum { USUAL_ENTRY = 128 };
	const struct buckets *buckets = item->thing;
	return item->kind == RETIRED_BUCKETS ? buckets->count * sizeof(struct bucket)
					     : table_count(item->thing) * USUAL_ENTRY;
}

static void retire_large(struct answers *answers, struct retired_item item)
{
	answers->retired->large++;
	answers->retired->large_size += large_size(&item);
	retire(answers, item);
}

void retire_buckets(struct answers *answers, struct buckets *buckets)
{
	retire_large(answers, (struct retired_item){ .kind = RETIRED_BUCKETS, .thing = buckets });
}

void retire_table(struct answers *answers, struct table *table)
{
	retire_large(answers, (struct retired_item){ .kind = RETIRED_TABLE, .thing = table });
}

void retire_pooled(struct answers *answers, struct pool *pool, void *memory, uint8_t class_)
{
	retire(answers,
	       (struct retired_item){
		       .kind = RETIRED_POOLED, .class_ = class_, .thing = memory, .other = pool });
}

void retire_link(struct answers *answers, struct entry *newer)
{
	retire(answers, (struct retired_item){ .kind = RETIRED_LINK, .thing = newer });
}

void retire_tombstone(struct answers *answers, struct table *table, struct entry *tombstone)
{
	retire(answers,
	       (struct retired_item){ .kind = RETIRED_TOMBSTONE, .thing = tombstone, .other = table });
}

static void reclaim_item(const struct retired_item *item)
{
	switch ((enum retired_kind)item->kind) {
	case RETIRED_MEMORY:
		mem_free(item->thing);
		break;
	case RETIRED_BUCKETS:
		buckets_unmap(item->thing);
		break;
	case RETIRED_POOLED:
		pool_give(item->other, item->thing, item->class_);
		break;
	case RETIRED_LINK:
		atomic_store_explicit(&((struct entry *)item->thing)->older, NULL,
				      memory_order_relaxed);
		break;
	case RETIRED_TOMBSTONE:
		table_settle(item->other, item->thing);
		break;
	case RETIRED_TABLE:
		table_empty(item->thing);
		table_free(item->thing);
		break;
	}
}

/* How many of the first things in limbo nobody can want. What is held for too long, or is too much, is held no more. */
static size_t count_unwanted(struct answers *answers, bool lose_all)
{
	const struct retired_list *limbo = &answers->retired->limbo;
	uint32_t least = holds_least(&answers->holds, lose_all);
	size_t count = 0;
	while (count < limbo->count && limbo->items[count].number <= least)
		count++;
	bool is_too_much =
		limbo->count - count > HELD_MOST || answers->retired->large_size > HELD_SIZE_MOST;
	if (!is_too_much || count == limbo->count)
		return count;
	holds_least(&answers->holds, true);
	return limbo->count;
}

/* In order of retirement: the link to a version is cut before that version is given back. */
static void reclaim_some(struct answers *answers, bool lose_all)
{
	struct retired_list *limbo = &answers->retired->limbo;
	size_t count = count_unwanted(answers, lose_all);
	if (count == 0)
		return;
	readers_wait();
	for (size_t i = 0; i < count; i++) {
		const struct retired_item *item = &limbo->items[i];
		if (item->kind == RETIRED_BUCKETS || item->kind == RETIRED_TABLE) {
			answers->retired->large--;
			answers->retired->large_size -= large_size(item);
		}
		reclaim_item(item);
	}
	limbo->count -= count;
	memmove(limbo->items, limbo->items + count, limbo->count * sizeof *limbo->items);
	if (limbo->count == 0 && limbo->room > 4 * RECLAIM_AT) { /* a relist was here */
		mem_free(limbo->items);
		*limbo = (struct retired_list){ 0 };
	}
}

void retired_reclaim(struct answers *answers)
{
	reclaim_some(answers, true);
}

static void limbo_take_pending(struct retired *retired)
{
	struct retired_list *pending = &retired->pending, *limbo = &retired->limbo;
	if (pending->count == 0)
		return;
	if (limbo->count == 0) {
		struct retired_list empty = *limbo;
		*limbo = *pending;
		*pending = empty;
		return;
	}
	if (limbo->count + pending->count > limbo->room) {
		limbo->room = 2 * (limbo->count + pending->count);
		limbo->items = mem_realloc(limbo->items, limbo->room * sizeof *limbo->items);
	}
	memcpy(limbo->items + limbo->count, pending->items, pending->count * sizeof *pending->items);
	limbo->count += pending->count;
	pending->count = 0;
}

void retired_are_unseen(struct answers *answers)
{
	limbo_take_pending(answers->retired);
}

void retired_reclaim_if_due(struct answers *answers)
{
	const struct retired *retired = answers->retired;
	if (retired->limbo.count >= RECLAIM_AT || retired->large > 0)
		reclaim_some(answers, false);
}

void retired_reclaim_all(struct answers *answers)
{
	limbo_take_pending(answers->retired);
	retired_reclaim(answers);
	limbo_take_pending(answers->retired); /* tombstones' second round */
	retired_reclaim(answers);
}

struct retired *retired_new(void)
{
	return mem_zalloc(sizeof(struct retired));
}

void retired_free(struct retired *retired)
{
	mem_free(retired->pending.items);
	mem_free(retired->limbo.items);
	mem_free(retired);
}
