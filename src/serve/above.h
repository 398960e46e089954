/* SPDX-License-Identifier: Apache-2.0 */
/* above -- directives that ask questions of their own before they answer: dns64, rewrite, autopath
 * (private to the stage).
 *
 *   question --> dns64 --> rewrite --> autopath --> handlers
 *                  |          |           |
 *                  +----------+-----------+--> inner question, answered by what stands below,
 *                                              heard as a whole message
 *
 * Where an inner question has to be asked of others, the client's question is put aside and
 * answered again from the start when that came back: a step may run twice, and depends on nothing
 * but its question and what arrived. */
#ifndef KNAMED_SERVE_ABOVE_H
#define KNAMED_SERVE_ABOVE_H

#include "handlers.h"

/* In the order of the chain. */
enum above { ABOVE_DNS64, ABOVE_REWRITE, ABOVE_AUTOPATH, ABOVE_COUNT };

enum above_verdict {
	ABOVE_PASS,  /* the next one is asked */
	ABOVE_KNOWN, /* the reply is complete */
	ABOVE_LATER, /* the reply comes later */
};
typedef enum above_verdict (*above_step)(struct asker *asker, struct question *question,
					 struct reply *reply, struct outcome *outcome);

/* Answers the question of a route with rules. False: the reply comes later. */
bool above_begin(struct asker *asker, struct question *question, struct reply *reply,
		 struct outcome *outcome);

struct inner_question {
	const struct question *outer;
	const struct routes *routes; /* NULL: those of the outer one's block alone */
	enum above below;	     /* from this step on; ABOVE_DNS64: all of the chain */
	const uint8_t *name;	     /* in wire form, as it is to be spelled */
	uint16_t type, class_;
};
struct inner_answer {
	struct dns_message message; /* good until two more questions were asked on the same level */
	struct outcome outcome;
	uint16_t set_flags, clear_flags; /* by `header` on its way */
};
/* False: the reply comes later; the caller says so too. */
bool inner_ask(struct asker *asker, const struct inner_question *inner,
	       struct inner_answer *ret_answer);
/* Makes what was heard ours: behind the question if it has its name, else with names written out. */
void inner_relay(const struct question *question, const struct inner_answer *answer,
		 struct reply *reply, struct outcome *outcome);
/* Room for a message that a step makes itself, in place of what it heard; DNS_MESSAGE_MAX octets. */
uint8_t *inner_draft(struct asker *asker);

/* How many rules' questions the one at hand is below. */
unsigned inner_depth(const struct asker *asker);

struct inner_rooms *inner_rooms_new(void);
void inner_rooms_free(struct inner_rooms *rooms);

#endif
