/* SPDX-License-Identifier: Apache-2.0 */
/* search_junk -- names that nobody needs to be asked for (private to the stage).
 *
 * Search lists put their domains behind names that are whole: api.default.svc.cluster.local.example.com, or
 * _etcd-server._tcp.etcd without any. They are denied before they are forwarded; and so is, with
 * `ipv6 auto`, every AAAA while the cluster has no IPv6. */
#ifndef KNAMED_SERVE_SEARCH_JUNK_H
#define KNAMED_SERVE_SEARCH_JUNK_H

#include "reply.h"

/* Of all blocks of a router, for their `kubernetes`. */
struct search_junk;
/* NULL: no block has such a rule. */
struct search_junk *search_junk_compile(const struct block *blocks, size_t count);
void search_junk_free(struct search_junk *junk);

/* What would be forwarded because it is in `from`. is_whole: it is a question, not what an alias
 * leads to. True: the reply is complete. */
struct junk_question {
	const struct dns_query *wanted;
	const struct zone_name *from;
	bool is_whole;
};
bool search_junk_answer(const struct search_junk *junk, const struct asker *asker,
			const struct question *question, const struct junk_question *asked,
			struct reply *reply, struct outcome *outcome);

#endif
