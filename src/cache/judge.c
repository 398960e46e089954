/* SPDX-License-Identifier: Apache-2.0 */
/* What a message is worth keeping as, and for how long (RFC 2308, RFC 4035 5.3.3). */
#include <string.h>

#include "store.h"

enum {
	ROUNDS = 8,
	RRSIG_EXPIRATION = 8,
	RRSIG_INCEPTION = 12,
	RRSIG_FIXED = 18,
	SOA_FIXED = 20,
	EMPTY_TTL_S = 5
};

/* What a walk over all records shows. */
struct findings {
	uint32_t ttl_s;		 /* the least */
	uint32_t signature_s;	 /* until the first signature ends; UINT32_MAX: there is none */
	bool has_soa, is_forged; /* forged: a signature is not good now */
};

/* Serial arithmetic: times are 32 bits that wrap. */
static void signature_take(const struct dns_message *message, const struct dns_record *record,
			   struct findings *findings)
{
	const uint8_t *rdata = message->packet + record->rdata_at;
	if (record->rdata_size < RRSIG_FIXED)
		return;
	uint32_t now = (uint32_t)clock_unix_s();
	int32_t left = (int32_t)(get_u32(rdata + RRSIG_EXPIRATION) - now);
	int32_t since = (int32_t)(now - get_u32(rdata + RRSIG_INCEPTION));
	if (left <= 0 || since < 0)
		findings->is_forged = true;
	else if ((uint32_t)left < findings->signature_s)
		findings->signature_s = (uint32_t)left;
}

static void record_take(const struct dns_message *message, const struct dns_record *record,
			struct findings *findings)
{
	uint32_t ttl = record->ttl;
	if (record->type == TYPE_SOA && record->section == 1 && record->rdata_size > SOA_FIXED) {
		uint32_t minimum = get_u32(message->packet + record->end - 4);
		findings->has_soa = true;
		if (minimum < ttl && (message->rcode == RCODE_NXDOMAIN || message->counts[0] == 0))
			ttl = minimum;
	}
	if (record->type == TYPE_RRSIG)
		signature_take(message, record, findings);
	if (ttl < findings->ttl_s)
		findings->ttl_s = ttl;
}

static struct findings message_walk(const struct dns_message *message)
{
	struct findings findings = { .ttl_s = UINT32_MAX, .signature_s = UINT32_MAX };
	struct dns_walk walk = { 0 };
	struct dns_record record;
	while (dns_message_next(message, &walk, &record))
		record_take(message, &record, &findings);
	return findings;
}

struct chain {
	uint8_t name[DNS_NAME_MAX + 1], size;
	bool is_answered, has_moved;
};

static void chain_take(const struct dns_message *message, const struct dns_record *record,
		       struct chain *chain)
{
	uint8_t owner[DNS_NAME_MAX + 1], size;
	bool is_wanted = record->type == message->type || message->type == TYPE_ANY;
	if (!is_wanted && record->type != TYPE_CNAME)
		return;
	dns_message_name(message, record->at, owner, &size);
	if (!name_equal_fold(owner, chain->name))
		return;
	chain->is_answered |= is_wanted;
	if (is_wanted)
		return;
	dns_message_name(message, record->rdata_at, chain->name, &chain->size);
	chain->has_moved = true;
}

/* Whether the answers come to a record of the type, along aliases in whatever order they stand.
 * Usually one round does; somebody who mixes them up more often than is sensible is not kept. */
static bool message_answers(const struct dns_message *message)
{
	struct chain chain = { .has_moved = true };
	dns_message_name(message, DNS_HEADER_SIZE, chain.name, &chain.size);
	for (unsigned round = 0; round < ROUNDS && chain.has_moved && !chain.is_answered; round++) {
		struct dns_walk walk = { 0 };
		struct dns_record record;
		chain.has_moved = false;
		while (walk.done < message->counts[0] && !chain.is_answered &&
		       dns_message_next(message, &walk, &record))
			chain_take(message, &record, &chain);
	}
	return chain.is_answered;
}

static enum kept kind_of(const struct dns_message *message, const struct findings *findings)
{
	if (message->rcode == RCODE_SERVFAIL || message->rcode == RCODE_NOTIMP)
		return KEPT_FAILURE;
	if (message->rcode == RCODE_NXDOMAIN)
		return findings->has_soa ? KEPT_DENIAL : KEPT_NOT;
	if (message->rcode != RCODE_NOERROR)
		return KEPT_NOT;
	if (message->counts[0] == 0)
		return findings->has_soa ? KEPT_DENIAL : KEPT_EMPTY;
	if (message_answers(message))
		return KEPT_ANSWER;
	return findings->has_soa ? KEPT_DENIAL : KEPT_NOT;
}

/* The upper bound wins, as in CoreDNS. */
static uint32_t bounded(uint32_t ttl_s, const struct config_cache_kind *bounds)
{
	uint32_t raised = ttl_s > bounds->least_s ? ttl_s : bounds->least_s;
	return raised < bounds->most_s ? raised : bounds->most_s;
}

static bool may_be_kept(const struct dns_message *message, const struct findings *findings)
{
	return !dns_type_is_transfer(message->type) && !findings->is_forged &&
	       (message->flags & FLAG_TC) == 0;
}

struct judgement message_judge(const struct cache *cache, const struct dns_message *message)
{
	const struct config_cache *config = &cache->config;
	struct findings findings = message_walk(message);
	struct judgement judgement = { .kept = kind_of(message, &findings) };
	switch (judgement.kept) {
	case KEPT_ANSWER:
	case KEPT_NOT:
		judgement.ttl_s = bounded(findings.ttl_s, &config->success);
		break;
	case KEPT_DENIAL:
		judgement.ttl_s = bounded(findings.ttl_s, &config->denial);
		break;
	case KEPT_EMPTY: /* says neither for how long nor whose word it is */
		judgement.ttl_s = bounded(EMPTY_TTL_S, &config->denial);
		break;
	case KEPT_FAILURE:
		judgement.ttl_s = config->servfail_s;
		break;
	}
	if (findings.signature_s < judgement.ttl_s)
		judgement.ttl_s = findings.signature_s;
	if (judgement.ttl_s == 0 || !may_be_kept(message, &findings))
		judgement.kept = KEPT_NOT;
	return judgement;
}
