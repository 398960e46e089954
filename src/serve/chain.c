/* SPDX-License-Identifier: Apache-2.0 */
/* Aliases within our own zones: each target is one more look-up, its records written behind the
 * CNAME (names.md 6, RFC 1034 3.6.2). */
#include "handlers.h"

#include <string.h>

#include "elsewhere.h"
#include "views.h"

enum { CHAIN_LINKS = 16, POINTER_MOST = 0x3fff };

/* The name that stands at `at` in the packet, as a question of the same kind as the first. */
static void target_read(const struct question *question, const uint8_t *name,
			struct dns_query *ret_target)
{
	unsigned at = 0, count = 0;
	for (; name[at] != 0; at += 1u + name[at])
		ret_target->labels[count++] = (uint8_t)at;
	memcpy(ret_target->lower, name, at + 1);
	name_lower(ret_target->lower, at + 1);
	ret_target->name_size = (uint8_t)(at + 1);
	ret_target->label_count = (uint8_t)count;
	ret_target->type = question->query.type;
	ret_target->class_ = question->query.class_;
	ret_target->dnssec_ok = question->query.dnssec_ok;
	ret_target->flags = question->query.flags;
}

static bool was_seen(const uint8_t *const *seen, unsigned count, const uint8_t *name)
{
	for (unsigned i = 0; i < count; i++)
		if (name_equal_fold(seen[i], name))
			return true;
	return false;
}

/* Records of the target, and the SOA of its zone, begin with pointers into it (RFC 1035 4.1.4). */
static bool is_out_of_reach(const struct reply *reply)
{
	return reply->alias_at + DNS_NAME_MAX > POINTER_MOST;
}

/* Nobody has the name's zone; one of the configuration is ours all the same. */
static enum chain_end end_without_zone(const struct route *route)
{
	return route != NULL && route->catalog != NULL ? CHAIN_UNREAD : CHAIN_LEAVES;
}

static bool is_forwarded(const struct block *block, const struct dns_query *target)
{
	return block->forwardings != NULL &&
	       forwarding_find(block->forwardings, 0, target->lower) != NULL;
}

enum chain_end chain_follow(struct asker *asker, struct question *question, struct reply *reply,
			    enum answer_kind *ret_kind)
{
	const uint8_t *seen[CHAIN_LINKS + 1] = { reply->packet + DNS_HEADER_SIZE };
	for (unsigned links = 1;; links++) {
		/* A cut reply takes no more records, but its rcode is that of the chain's end all the same. */
		reply->truncated |= is_out_of_reach(reply);
		const uint8_t *name =
			reply->truncated ? reply->alias : reply->packet + reply->alias_at;
		if (name == NULL)
			return CHAIN_CUT;
		if (links > CHAIN_LINKS || was_seen(seen, links, name))
			return CHAIN_TOO_LONG;
		seen[links] = name;
		reply->alias = NULL;
		if (reply->truncated)
			reply->limit = reply->at;

		uint8_t by;
		target_read(question, name, &asker->target);
		const struct route *route =
			route_find(asker, question, &asker->listener->routes, &asker->target);
		if (route != NULL && route->touches != 0 && asker->rooms != NULL)
			return CHAIN_RULES;
		if (route == NULL ||
		    !lookup_begin(asker, route, &asker->target, &question->lookup, &by))
			return end_without_zone(route);
		if (!reply->truncated)
			reply->owner_at = reply->alias_at;
		answers_probe(&question->lookup);
		answers_match(&question->lookup);
		struct reply before = *reply;
		*ret_kind = answers_write(&question->lookup, reply);
		const struct route *behind = route->behind;
		for (; behind != NULL && is_let_go(*ret_kind, by, &question->lookup);
		     behind = behind->behind) {
			struct lookup lookup;
			if (lookup_behind(asker, behind, &asker->target, &lookup, &by)) {
				question->lookup = lookup;
				*reply = before;
				*ret_kind = answers_write(&question->lookup, reply);
			} else if (end_without_zone(behind) == CHAIN_UNREAD) {
				*reply = before;
				return CHAIN_UNREAD;
			} else if (is_forwarded(behind->block, &asker->target)) {
				*reply = before;
				return CHAIN_LEAVES;
			}
		}
		if (*ret_kind != ANSWER_ALIAS)
			return CHAIN_ENDS;
	}
}
