/* SPDX-License-Identifier: Apache-2.0 */
#include "notify.h"

#include "views.h"

static const struct serve_secondary *secondary_of(const struct block *block,
						  const struct dns_query *query)
{
	for (size_t i = 0; i < block->claim_count; i++) {
		const struct claim *claim = &block->claims[i];
		if (claim->secondary != NULL && name_equal_fold(claim->zone.name, query->lower))
			return claim->secondary;
	}
	return NULL;
}

enum notify notify_take(struct asker *asker, struct question *question)
{
	struct dns_query *query = &question->query;
	if (dns_notify_read(query) != QUERY_GOOD || query->type != TYPE_SOA || query->class_ != CLASS_IN)
		return NOTIFY_NOBODYS;
	const struct route *route = route_find(asker, question, &asker->listener->routes, query);
	const struct serve_secondary *secondary =
		route != NULL ? secondary_of(route->block, query) : NULL;
	if (secondary == NULL)
		return NOTIFY_NOBODYS;
	question->route = route;
	question->verdict = QUERY_GOOD;
	bool is_taken = secondary->notify(secondary->context, query->lower, &question->info->client);
	return is_taken ? NOTIFY_TAKEN : NOTIFY_STRANGERS;
}
