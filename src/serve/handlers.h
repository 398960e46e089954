/* SPDX-License-Identifier: Apache-2.0 */
/* handlers -- the directives that answer (private to the stage). */
#ifndef KNAMED_SERVE_HANDLERS_H
#define KNAMED_SERVE_HANDLERS_H

#include "knamed/policy.h"
#include "reply.h"

/* Sets up the look-up of query's name in the route's own data; false if they have no such zone. */
bool lookup_begin(struct asker *asker, const struct route *route, const struct dns_query *query,
		  struct lookup *lookup, uint8_t *ret_by);

/* What was denied may be known behind: sets up that look-up, matched and ready to be written.
 * False: there is no such zone. */
bool lookup_behind(struct asker *asker, const struct route *behind, const struct dns_query *query,
		   struct lookup *lookup, uint8_t *ret_by);

/* Whether those behind are asked for what was found, where one is to be asked at all. */
bool is_let_go(enum answer_kind kind, uint8_t by, const struct lookup *lookup);

struct client client_of(const struct asker *asker, const struct question *question);

/* True: the gate alone decides; the outcome says what. */
bool handlers_gate(struct asker *asker, struct question *question, struct reply *reply,
		   struct outcome *outcome);

/* False: the reply comes later. */
bool handlers_answer(struct asker *asker, struct question *question, struct reply *reply,
		     struct outcome *outcome);

#endif
