/* SPDX-License-Identifier: Apache-2.0 */
/* Questions under way: a pool that does not grow, and a table in which equal ones find each other.
 * Names are compared with letters folded: whoever spells a name in many ways gets it asked once all
 * the same, and so has one reply to forge and not many (CVE-2023-30464). */
#include <string.h>

#include "upstream_parts.h"

enum { BUCKETS = QUESTIONS_MAX };

struct questions {
	struct upstream *upstream;
	struct hash_key key;
	struct question *buckets[BUCKETS];
	struct question *pool, *spare;
	size_t used; /* of the pool, ever: what lies behind was never touched */
	struct waiter *waiters, *spare_waiter;
	size_t waiters_used;
	struct shares waiting; /* places of those who wait */
	struct shares asking;  /* those of max_concurrent */
};

struct questions *questions_new(struct upstream *upstream)
{
	struct questions *questions = mem_zalloc(sizeof(*questions));
	questions->upstream = upstream;
	questions->key = hash_key_random();
	questions->pool = mem_zalloc(QUESTIONS_MAX * sizeof(*questions->pool));
	questions->waiters = mem_zalloc(WAITERS_MAX * sizeof(*questions->waiters));
	uint32_t most = upstream->config->max_concurrent;
	questions->waiting = shares_of(WAITERS_MAX);
	questions->asking = shares_of(most < QUESTIONS_MAX ? most : QUESTIONS_MAX);
	return questions;
}

void questions_free(struct questions *questions)
{
	if (questions == NULL)
		return;
	mem_free(questions->pool);
	mem_free(questions->waiters);
	mem_free(questions);
}

static uint8_t bits_of(const struct upstream_question *wanted, bool is_tcp)
{
	return (uint8_t)(wanted->dnssec_ok | wanted->checking_disabled << 1 |
			 wanted->authentic_data << 2 | wanted->recursion << 3 | is_tcp << 4 |
			 wanted->authoritative << 5 | wanted->available << 6);
}

static uint64_t hash_of(const struct questions *questions, const struct upstream_question *wanted,
			bool is_tcp)
{
	uint8_t bytes[DNS_NAME_MAX + 1 + 5];
	uint8_t *at = bytes + wanted->name_size;
	memcpy(bytes, wanted->name, wanted->name_size);
	name_lower(bytes, wanted->name_size);
	put_u16(at, wanted->type);
	put_u16(at + 2, wanted->class_);
	at[4] = bits_of(wanted, is_tcp);
	return hash_bytes(&questions->key, bytes, wanted->name_size + 5u);
}

static bool is_equal(const struct question *question, const struct upstream_question *wanted,
		     bool is_tcp)
{
	const struct upstream_question *other = &question->wanted;
	return other->type == wanted->type && other->class_ == wanted->class_ &&
	       bits_of(other, question->is_tcp) == bits_of(wanted, is_tcp) &&
	       name_equal_fold(other->name, wanted->name);
}

struct question *questions_find(struct questions *questions, const struct upstream_question *wanted,
				bool is_tcp, uint64_t *ret_hash)
{
	uint64_t hash = hash_of(questions, wanted, is_tcp);
	struct question *question = questions->buckets[hash % BUCKETS];
	while (question != NULL && (question->hash != hash || !is_equal(question, wanted, is_tcp)))
		question = question->next;
	*ret_hash = hash;
	return question;
}

/* max_concurrent is set. */
static bool has_shares(const struct questions *questions)
{
	return questions->asking.most > 0;
}

struct question *questions_take(struct questions *questions, const struct upstream_question *wanted,
				bool is_tcp, uint64_t hash)
{
	struct share share = { 0 };
	struct question *question = questions->spare;
	if (question == NULL && questions->used == QUESTIONS_MAX)
		return NULL;
	if (has_shares(questions) && !shares_take(&questions->asking, &wanted->client, &share))
		return NULL;
	if (question != NULL)
		questions->spare = question->spare;
	else
		question = &questions->pool[questions->used++];
	question_init(questions->upstream, question);
	question->share = share;
	question->hash = hash;
	question->is_tcp = is_tcp;
	question->is_live = true;
	question->wanted = *wanted;
	question->last_waiter = &question->waiters;
	question->next = questions->buckets[hash % BUCKETS];
	questions->buckets[hash % BUCKETS] = question;
	return question;
}

void questions_hide(struct questions *questions, struct question *question)
{
	struct question **at = &questions->buckets[question->hash % BUCKETS];
	while (*at != question)
		at = &(*at)->next;
	*at = question->next;
	question->is_live = false;
	if (has_shares(questions))
		shares_give_back(&questions->asking, &question->share);
}

void questions_give_back(struct questions *questions, struct question *question)
{
	question->spare = questions->spare;
	questions->spare = question;
}

struct question *questions_any(struct questions *questions)
{
	while (questions->used > 0 && !questions->pool[questions->used - 1].is_live)
		questions->used--;
	questions->spare = NULL;
	return questions->used > 0 ? &questions->pool[questions->used - 1] : NULL;
}

bool questions_admit(struct questions *questions, const struct ip *client, struct share *ret_share)
{
	return shares_take(&questions->waiting, client, ret_share);
}

void questions_leave(struct questions *questions, const struct share *share)
{
	shares_give_back(&questions->waiting, share);
}

void questions_add_waiter(struct questions *questions, struct question *question,
			  const struct waiter *added)
{
	struct waiter *waiter = questions->spare_waiter;
	if (waiter != NULL)
		questions->spare_waiter = waiter->next;
	else
		waiter = &questions->waiters[questions->waiters_used++];
	*waiter = *added;
	waiter->next = NULL;
	*question->last_waiter = waiter;
	question->last_waiter = &waiter->next;
}

bool questions_next_waiter(struct questions *questions, struct question *question,
			   struct waiter *ret_waiter)
{
	struct waiter *waiter = question->waiters;
	if (waiter == NULL)
		return false;
	*ret_waiter = *waiter;
	question->waiters = waiter->next;
	waiter->next = questions->spare_waiter;
	questions->spare_waiter = waiter;
	questions_leave(questions, &ret_waiter->share);
	return true;
}

void questions_go_on(struct questions *questions, uint64_t now_ns)
{
	for (size_t i = 0; i < questions->used; i++) {
		struct question *question = &questions->pool[i];
		if (question->is_live && question_attempts(question) == 0)
			question_go_on(question, now_ns);
	}
}
