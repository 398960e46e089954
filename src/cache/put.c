/* SPDX-License-Identifier: Apache-2.0 */
/* What came back is kept, or tells that what is kept is the best there is. The one thread that writes. */
#include <string.h>

#include "store.h"

enum { IN_PLACE_MOST = 128 }; /* words: readers wait for an entry that is written over */

/* ---- an entry's words ---- */

static void octets_write(struct cache *cache, uint32_t place, const uint8_t *octets, size_t size)
{
	for (; size > 0; place++) {
		uint64_t word = 0;
		size_t some = size < 8 ? size : 8;
		memcpy(&word, octets, some);
		word_write(cache, place, word);
		octets += some;
		size -= some;
	}
}

/* Where each TTL is, from the first record on. */
static void ttls_write(struct cache *cache, uint32_t place, const struct dns_message *message)
{
	struct dns_walk walk = { 0 };
	struct dns_record record;
	uint16_t four[4] = { 0 };
	unsigned count = 0;
	while (dns_message_next(message, &walk, &record)) {
		four[count++] = (uint16_t)(record.ttl_at - message->question_end);
		if (count < 4)
			continue;
		octets_write(cache, place++, (const uint8_t *)four, sizeof(four));
		count = 0;
	}
	octets_write(cache, place, (const uint8_t *)four, count * sizeof(four[0]));
}

static void entry_write(struct cache *cache, uint32_t place, const struct head *head,
			const struct wanted *wanted, const struct dns_message *message)
{
	head_write(cache, place, head);
	place += HEAD_WORDS;
	octets_write(cache, place, wanted->lower, wanted->name_size);
	if (message == NULL)
		return;
	place += words_of(wanted->name_size);
	octets_write(cache, place, message->packet + message->question_end, head->body_size);
	ttls_write(cache, place + words_of(head->body_size), message);
}

static struct head head_make(const struct wanted *wanted, const struct dns_message *message,
			     const struct judgement *judgement, uint64_t now_ms)
{
	struct head head = { .key = wanted->key,
			     .stored_ms = now_ms,
			     .ttl_s = judgement->ttl_s,
			     .kept = judgement->kept,
			     .flags = RCODE_SERVFAIL };
	if (message == NULL)
		return head;
	head.body_size = (uint16_t)(message->end - message->question_end);
	head.flags = (message->flags & (FLAG_AA | FLAG_RA | FLAG_AD)) | message->rcode;
	for (unsigned i = 0; i < 3; i++) {
		head.counts[i] = message->counts[i];
		head.ttl_count += message->counts[i];
	}
	return head;
}

/* ---- a slot for it ---- */

/* How much it is a pity to lose what stands there: nothing, over, stale, unasked for, asked for. */
static unsigned slot_worth(const struct cache *cache, uint32_t slot, uint64_t now_ms)
{
	uint64_t word = slot_read(cache, slot);
	struct head head;
	uint32_t left_s;
	if ((word & SLOT_PLACE) == 0)
		return 0;
	head_read(cache, (uint32_t)(word & SLOT_PLACE), &head);
	switch (entry_age(cache, &head, now_ms, &left_s)) {
	case AGE_OVER:
		return 1;
	case AGE_STALE:
		return 2;
	case AGE_FRESH:
		break;
	}
	return (word & SLOT_VISITED) == 0 ? 3 : 4;
}

/* A slot in the emptier bucket. With three of four slots in use it is next to never that both are full. */
static uint32_t slot_take(struct cache *cache, const struct wanted *wanted, uint64_t now_ms)
{
	uint32_t best[2] = { 0 };
	unsigned worth[2], used[2] = { 0 };
	for (unsigned i = 0; i < 2; i++) {
		worth[i] = UINT32_MAX;
		for (unsigned j = 0; j < BUCKET; j++) {
			uint32_t slot = wanted->buckets[i] * BUCKET + j;
			unsigned this = slot_worth(cache, slot, now_ms);
			used[i] += this > 0;
			if (this >= worth[i])
				continue;
			worth[i] = this;
			best[i] = slot;
		}
	}
	unsigned i = used[1] < used[0] || (used[1] == used[0] && worth[1] < worth[0]);
	if (worth[i] > 0)
		entry_evict(cache, best[i], now_ms);
	return best[i];
}

/* ---- keeping ---- */

static void uses_reset(struct cache *cache, uint32_t slot, bool is_prefetched)
{
	if (atomic_load_explicit(&cache->retries[slot], memory_order_relaxed) != 0)
		atomic_store_explicit(&cache->retries[slot], 0, memory_order_relaxed);
	if (cache->heats != NULL && !is_prefetched)
		atomic_store_explicit(&cache->heats[slot], 0, memory_order_relaxed);
}

/* The same question's answer is mostly as large as the one before, and goes where that was. */
static bool keep_in_place(struct cache *cache, uint32_t slot, const struct head *old,
			  const struct head *head, const struct wanted *wanted,
			  const struct dns_message *message)
{
	uint32_t size = head_words(head);
	uint64_t word = slot_read(cache, slot);
	if (part_of(old->kept) != part_of(head->kept) || head_words(old) != size || size > IN_PLACE_MOST)
		return false;
	slot_hide(cache, slot);
	entry_write(cache, (uint32_t)(word & SLOT_PLACE), head, wanted, message);
	slot_show(cache, slot, wanted->tag, (uint32_t)(word & SLOT_PLACE));
	if (word & SLOT_VISITED)
		atomic_fetch_or_explicit(&cache->slots[slot], SLOT_VISITED, memory_order_relaxed);
	return true;
}

static void keep(struct cache *cache, const struct wanted *wanted, const struct dns_message *message,
		 const struct judgement *judgement, uint64_t now_ms)
{
	struct head head = head_make(wanted, message, judgement, now_ms), old;
	unsigned part = part_of(head.kept);
	uint32_t left_s, place, slot = slot_find(cache, wanted);
	bool was_fresh = false, is_known = false;
	if (slot != NO_SLOT) {
		head_read(cache, slot_place(cache, slot), &old);
		was_fresh = entry_age(cache, &old, now_ms, &left_s) == AGE_FRESH;
		is_known = place_is_in_main(cache, slot_place(cache, slot));
		head.slot = slot;
		if (keep_in_place(cache, slot, &old, &head, wanted, message)) {
			uses_reset(cache, slot, was_fresh);
			return;
		}
	}
	is_known |= ghost_take(cache, wanted->hash);
	if (!ring_place(cache, part, is_known, head_words(&head), now_ms, &place))
		return;
	head.slot = slot_find(cache, wanted); /* what made room may have been this one */
	bool is_new = head.slot == NO_SLOT;
	if (is_new)
		head.slot = slot_take(cache, wanted, now_ms);
	else
		entry_uncount(cache, slot_place(cache, head.slot));
	entry_write(cache, place, &head, wanted, message);
	slot_show(cache, head.slot, wanted->tag, place);
	entry_count(cache, place);
	uses_reset(cache, head.slot, was_fresh && !is_new);
}

/* ---- failures ---- */

/* Whether there is something better than no answer. If it has run out, askers are shown it at once
 * from now on; in any case nobody asks anew before `again_ms`. */
static bool fall_back(struct cache *cache, const struct dns_query *query, unsigned part,
		      uint64_t now_ms, uint64_t again_ms)
{
	struct wanted wanted = wanted_make(cache, query, part);
	uint32_t left_s, slot = slot_find(cache, &wanted);
	struct head head;
	if (slot == NO_SLOT)
		return false;
	head_read(cache, slot_place(cache, slot), &head);
	enum age age = entry_age(cache, &head, now_ms, &left_s);
	if (head.kept == KEPT_FAILURE || age == AGE_OVER)
		return false;
	uint64_t failed = age == AGE_STALE ? RETRY_FAILED : 0;
	atomic_store_explicit(&cache->retries[slot], failed | again_ms, memory_order_relaxed);
	return true;
}

static bool fall_back_any(struct cache *cache, const struct dns_query *query, uint64_t now_ms)
{
	uint64_t again_ms = now_ms + cache->config.stale_recheck_ms;
	bool found = fall_back(cache, query, POSITIVE, now_ms, again_ms);
	if (cache_keeps_both(cache))
		found |= fall_back(cache, query, NEGATIVE, now_ms, again_ms);
	return found;
}

static bool is_disabled(const struct cache *cache, unsigned part, const uint8_t *lower)
{
	const struct config_cache *config = &cache->config;
	const struct config_cache_kind *kind = part == POSITIVE ? &config->success : &config->denial;
	if (!kind->disabled)
		return false;
	return kind->disabled_zones.count == 0 || zone_set_holds(&cache->disabled[part], lower);
}

static bool put_failure(struct cache *cache, const struct dns_query *query,
			const struct dns_message *message, uint64_t now_ms)
{
	struct judgement failure = { KEPT_FAILURE, cache->config.servfail_s };
	bool is_kept = message == NULL || message->rcode == RCODE_SERVFAIL ||
		       message->rcode == RCODE_NOTIMP;
	if (fall_back_any(cache, query, now_ms))
		return true;
	if (failure.ttl_s == 0 || !is_kept || is_disabled(cache, NEGATIVE, query->lower))
		return false;
	struct wanted wanted = wanted_make(cache, query, NEGATIVE);
	keep(cache, &wanted, message, &failure, now_ms);
	return false;
}

static bool is_failure(const struct dns_message *message)
{
	return message->rcode != RCODE_NOERROR && message->rcode != RCODE_NXDOMAIN &&
	       message->rcode != RCODE_YXDOMAIN;
}

/* A denial does not hide the answer before it, as long as that may be shown. */
static bool prefers_old(struct cache *cache, const struct dns_query *query,
			const struct judgement *judgement, uint64_t now_ms)
{
	uint64_t recheck_ms = cache->config.stale_recheck_ms, ttl_ms = judgement->ttl_s * 1000ull;
	if (!cache_keeps_both(cache) || judgement->kept == KEPT_ANSWER)
		return false;
	return fall_back(cache, query, POSITIVE, now_ms,
			 now_ms + (recheck_ms > ttl_ms ? recheck_ms : ttl_ms));
}

static void forget_denial(struct cache *cache, const struct dns_query *query)
{
	struct wanted wanted = wanted_make(cache, query, NEGATIVE);
	uint32_t slot = slot_find(cache, &wanted);
	if (slot != NO_SLOT)
		entry_forget(cache, slot);
}

bool cache_put(struct cache *cache, const struct dns_query *query,
	       const struct dns_message *message, uint64_t now_ns)
{
	uint64_t now_ms = milliseconds(now_ns);
	if (message == NULL)
		return put_failure(cache, query, NULL, now_ms);
	if (!dns_message_asks(message, query->lower, false, query->type, query->class_)) {
		tally_add(&cache->drops, 1);
		return false;
	}
	if (message->flags & FLAG_TC)
		return false;
	if (is_failure(message))
		return put_failure(cache, query, message, now_ms);
	struct judgement judgement = message_judge(cache, message);
	bool is_old_better = prefers_old(cache, query, &judgement, now_ms);
	if (judgement.kept == KEPT_NOT || is_disabled(cache, part_of(judgement.kept), query->lower))
		return is_old_better;
	struct wanted wanted = wanted_make(cache, query, part_of(judgement.kept));
	keep(cache, &wanted, message, &judgement, now_ms);
	if (cache_keeps_both(cache) && judgement.kept == KEPT_ANSWER)
		forget_denial(cache, query);
	return is_old_better;
}
