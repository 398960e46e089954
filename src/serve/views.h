/* SPDX-License-Identifier: Apache-2.0 */
/* views -- which of the blocks of a zone a question is for (private to the stage). */
#ifndef KNAMED_SERVE_VIEWS_H
#define KNAMED_SERVE_VIEWS_H

#include "knamed/policy.h"
#include "query.h"

/* The question for expressions; metadata are not in it. `query` as below. */
struct viewed viewed_of(const struct asker *asker, const struct question *question,
			const struct dns_query *query);

/* From `route` on the first whose view holds, or that has none. `query` is the question's own, or
 * the end of an alias that it led to. NULL: the question is for none. */
const struct route *views_choose(const struct asker *asker, const struct question *question,
				 const struct dns_query *query, const struct route *route);

static inline const struct route *route_find(const struct asker *asker,
					     const struct question *question,
					     const struct routes *routes,
					     const struct dns_query *query)
{
	const struct route *route = routes_find(routes, query);
	if (__builtin_expect(route == NULL || route->view == NULL, 1))
		return route;
	return views_choose(asker, question, query, route);
}

#endif
