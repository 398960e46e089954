/* SPDX-License-Identifier: Apache-2.0 */
/* Editions, and when what they replaced may go: the only file that knows liburcu.
 *
 * An edition is shown by one release store of its address. Old versions, tables and editions are
 * retired first and given back when every query thread has passed a quiescent point after that
 * store (QSBR: a thread is quiet while it waits for packets). liburcu orders by inline assembler
 * that TSan cannot see, so the quiet points and the end of the grace period are told to it by hand.
 */
#include <stdio.h>
#include <string.h>
#include <stdarg.h>
#include <urcu-qsbr.h>

#include "store.h"

#if defined(__SANITIZE_THREAD__)
void __tsan_acquire(void *address);
void __tsan_release(void *address);
static char grace_mark;
#define READER_IS_QUIET() __tsan_release(&grace_mark)
#define GRACE_HAS_PASSED() __tsan_acquire(&grace_mark)
#else
#define READER_IS_QUIET() ((void)0)
#define GRACE_HAS_PASSED() ((void)0)
#endif

enum {
	RECLAIM_AT = 1024, /* retired things before the control thread waits for a grace period */
	LAST_NUMBER = 1u << 30,	   /* editions are numbered anew before differences overflow */
	COMPLAINTS_MOST = 20,	   /* of one step: who can make many must not fill the log */
	HELD_MOST = 200000,	   /* retired things that are kept for who holds an edition */
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

static void wait_for_readers(void)
{
	synchronize_rcu();
	GRACE_HAS_PASSED();
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
	wait_for_readers();
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

/* Whoever holds an edition loses it. */
static void reclaim(struct answers *answers)
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

static struct edition *edition_new(const struct answers *answers)
{
	size_t views = answers->catalog_count * sizeof(struct view);
	struct edition *edition =
		mem_zalloc(sizeof *edition + views + answers->zone_count * sizeof(struct zone_state));
	edition->number = answers->pending;
	edition->catalog_count = answers->catalog_count;
	edition->zone_count = answers->zone_count;
	edition->views = (struct view *)(edition + 1);
	edition->states = (struct zone_state *)((uint8_t *)edition->views + views);
	if (answers->zone_count > 0)
		memcpy(edition->states, answers->states,
		       answers->zone_count * sizeof(struct zone_state));
	for (uint32_t i = 0; i < answers->catalog_count; i++) {
		const struct catalog *catalog = answers->catalogs[i];
		if (catalog == NULL)
			continue;
		edition->views[i] = (struct view){ .zones = catalog->zones,
						   .zone_count = catalog->zone_count,
						   .is_usual = catalog->synced && !catalog->stale,
						   .synced = catalog->synced,
						   .stale = catalog->stale,
						   .headless = catalog->headless };
		for (uint32_t z = 0; z < catalog->zone_count; z++)
			edition->states[catalog->zones[z]->index].buckets =
				table_show(catalog->zones[z]->table);
	}
	return edition;
}

static void edition_show(struct answers *answers)
{
	struct edition *old = atomic_load_explicit(&answers->edition, memory_order_relaxed);
	atomic_store_explicit(&answers->edition, edition_new(answers), memory_order_release);
	if (old != NULL)
		retire_memory(answers, old);
	limbo_take_pending(answers->retired);
	answers->pending++;
	answers->touched = false;
}

static void table_restart(struct table *table)
{
	size_t position = 0;
	struct entry *entry;
	while ((entry = table_next(table, &position)) != NULL)
		atomic_store_explicit(&entry->since, 0, memory_order_relaxed);
}

/* Numbers begin again at 1: every version that is there counts as having been there always. */
static void numbers_restart(struct answers *answers)
{
	reclaim(answers);
	for (uint32_t i = 0; i < answers->catalog_count; i++) {
		struct catalog *catalog = answers->catalogs[i];
		if (catalog == NULL)
			continue;
		catalog->zones_since = 0;
		for (uint32_t z = 0; z < catalog->zone_count; z++)
			table_restart(catalog->zones[z]->table);
	}
	answers->pending = 1;
	edition_show(answers);
	reclaim(answers);
}

void answers_retire(void (*release)(void *memory), void *memory)
{
	if (memory == NULL)
		return;
	wait_for_readers();
	release(memory);
}

/* What was not said of a step. */
static void tell_complaints(struct answers *answers)
{
	unsigned count = answers->complaints;
	answers->complaints = 0;
	if (count > COMPLAINTS_MOST)
		answers_complain(answers, "%u more like these", count - COMPLAINTS_MOST);
	answers->complaints = 0;
}

void catalog_prepare(struct catalog *catalog)
{
	bool is_held = catalog->is_held != NULL && catalog->is_held(catalog->hold_context);
	if (catalog->cluster != NULL && !is_held)
		cluster_compile(catalog->cluster);
}

bool answers_publish(struct answers *answers)
{
	for (uint32_t i = 0; i < answers->catalog_count; i++)
		if (answers->catalogs[i] != NULL)
			catalog_prepare(answers->catalogs[i]);
	tell_complaints(answers);
	if (!answers->touched && atomic_load_explicit(&answers->edition, memory_order_relaxed) != NULL)
		return false;
	edition_show(answers);
	if (answers->retired->limbo.count >= RECLAIM_AT || answers->retired->large > 0)
		reclaim_some(answers, false);
	if (answers->pending >= LAST_NUMBER)
		numbers_restart(answers);
	return true;
}

static void reclaim_all(struct answers *answers)
{
	limbo_take_pending(answers->retired);
	reclaim(answers);
	limbo_take_pending(answers->retired); /* tombstones' second round */
	reclaim(answers);
}

void answers_remove(struct catalog *catalog)
{
	if (catalog == NULL)
		return;
	struct answers *answers = catalog->answers;
	answers->catalogs[catalog->index] = NULL;
	for (uint32_t i = 0; i < catalog->zone_count; i++) {
		struct zone_state *state = &answers->states[catalog->zones[i]->index];
		if (state->chain != NULL)
			retire_memory(answers, (void *)(uintptr_t)state->chain);
		*state = (struct zone_state){ .is_free = true };
	}
	edition_show(answers);
	reclaim_all(answers);
	catalog_free(catalog);
}

struct answers *answers_new(void)
{
	struct answers *answers = mem_zalloc(sizeof *answers);
	answers->pending = 1;
	answers->retired = mem_zalloc(sizeof *answers->retired);
	holds_init(&answers->holds);
	return answers;
}

void answers_free(struct answers *answers)
{
	if (answers == NULL)
		return;
	reclaim_all(answers);
	for (uint32_t i = 0; i < answers->catalog_count; i++)
		catalog_free(answers->catalogs[i]);
	for (uint32_t i = 0; i < answers->zone_count; i++)
		mem_free((void *)(uintptr_t)answers->states[i].chain);
	mem_free(atomic_load_explicit(&answers->edition, memory_order_relaxed));
	mem_free(answers->retired->pending.items);
	mem_free(answers->retired->limbo.items);
	mem_free(answers->retired);
	holds_done(&answers->holds);
	mem_free(answers->catalogs);
	mem_free(answers->states);
	mem_free(answers);
}

void answers_complain_to(struct answers *answers, void (*complain)(void *context, const char *text),
			 void *context)
{
	answers->complain = complain;
	answers->complain_context = context;
}

void answers_complain(struct answers *answers, const char *format, ...)
{
	if (answers->complain == NULL || answers->complaints++ >= COMPLAINTS_MOST)
		return;
	char text[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	answers->complain(answers->complain_context, text);
}

void answers_reader_start(void)
{
	rcu_register_thread();
}

void answers_reader_end(void)
{
	READER_IS_QUIET();
	rcu_unregister_thread();
}

void answers_reader_offline(void)
{
	READER_IS_QUIET();
	rcu_thread_offline();
}

void answers_reader_online(void)
{
	rcu_thread_online();
}

const struct edition *answers_edition(const struct answers *answers)
{
	return atomic_load_explicit(&((struct answers *)(uintptr_t)answers)->edition,
				    memory_order_acquire);
}
