/* SPDX-License-Identifier: Apache-2.0 */
#include "views.h"

/* An alias has no packet: it is as long as a question for it would be. */
static uint16_t size_of(const struct dns_query *query)
{
	uint32_t alone = DNS_HEADER_SIZE + query->name_size + 4u + (query->edns ? DNS_OPT_SIZE : 0u);
	return query->packet != NULL ? query->size : (uint16_t)alone;
}

struct viewed viewed_of(const struct asker *asker, const struct question *question,
			const struct dns_query *query)
{
	const struct question *first = question->is_inner ? asker->client_question : question;
	const struct packet_info *info = question->info;
	return (struct viewed){
		.query = query,
		.id = get_u16(first->query.packet),
		.size = size_of(query),
		.client = info->client,
		.local = info->local,
		.client_port = info->client_port,
		.local_port = info->local_port,
		.proto = info->proto,
	};
}

static const struct route *choose(const struct asker *asker, struct viewed *viewed,
				  const struct route *route)
{
	for (; route != NULL && route->view != NULL; route = route->otherwise) {
		const struct block *block = route->block;
		const struct metadata metadata = {
			.block = block->config,
			.query = viewed->query,
			.client = &viewed->client,
			.kubernetes = block->kubernetes,
			.edition = asker->edition,
			.told[METADATA_VIEW] = block->config->view->name,
		};
		viewed->metadata = block->metadata ? &metadata : NULL;
		bool holds = view_holds(route->view, viewed);
		viewed->metadata = NULL;
		if (holds)
			break;
	}
	return route;
}

const struct route *views_choose(const struct asker *asker, const struct question *question,
				 const struct dns_query *query, const struct route *route)
{
	struct viewed viewed = viewed_of(asker, question, query);
	route = choose(asker, &viewed, route);
	return route != NULL && route_is_childs(route, query)
		       ? choose(asker, &viewed, route->parent_side)
		       : route;
}
