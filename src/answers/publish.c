/* SPDX-License-Identifier: Apache-2.0 */
/* Editions, and when what they replaced may go: the only file that knows liburcu.
 *
 * An edition is shown by one release store of its address. Old versions, tables and editions are
 * retired first (retire.c) and given back when every query thread has passed a quiescent point after that
 * store (QSBR: a thread is quiet while it waits for packets). liburcu orders by inline assembler
 * that TSan cannot see, so the quiet points and the end of the grace period are told to it by hand.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
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
	LAST_NUMBER = 1u << 30, /* editions are numbered anew before differences overflow */
	COMPLAINTS_MOST = 20,	/* of one step: who can make many must not fill the log */
};

void readers_wait(void)
{
	synchronize_rcu();
	GRACE_HAS_PASSED();
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
	retired_are_unseen(answers);
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
	retired_reclaim(answers);
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
	retired_reclaim(answers);
}

void answers_retire(void (*release)(void *memory), void *memory)
{
	if (memory == NULL)
		return;
	readers_wait();
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
	retired_reclaim_if_due(answers);
	if (answers->pending >= LAST_NUMBER)
		numbers_restart(answers);
	return true;
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
	retired_reclaim_all(answers);
	catalog_free(catalog);
}

struct answers *answers_new(void)
{
	struct answers *answers = mem_zalloc(sizeof *answers);
	answers->pending = 1;
	answers->retired = retired_new();
	holds_init(&answers->holds);
	return answers;
}

void answers_free(struct answers *answers)
{
	if (answers == NULL)
		return;
	retired_reclaim_all(answers);
	for (uint32_t i = 0; i < answers->catalog_count; i++)
		catalog_free(answers->catalogs[i]);
	for (uint32_t i = 0; i < answers->zone_count; i++)
		mem_free((void *)(uintptr_t)answers->states[i].chain);
	mem_free(atomic_load_explicit(&answers->edition, memory_order_relaxed));
	retired_free(answers->retired);
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
