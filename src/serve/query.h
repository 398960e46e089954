/* SPDX-License-Identifier: Apache-2.0 */
/* From query to reply, in the three stages of a batch (private to the stage).
 *
 *   asker_begin --> question_read (all) --> question_match (all) --> question_reply (all)
 *               --> asker_end
 *
 * Between two stages of one question the memory it needs is on its way, and the others of the batch
 * are worked on. */
#ifndef KNAMED_SERVE_QUERY_H
#define KNAMED_SERVE_QUERY_H

#include "router.h"
#include "way_back.h"

struct question {
	const struct packet_info *info;
	const struct route *route; /* NULL: no block has the name, or the packet is no good */
	uint8_t verdict;	   /* enum dns_verdict */
	uint8_t by;		   /* enum answerer: whose data are looked at */
	bool is_looked_up;	   /* `lookup` is under way */
	struct lookup lookup;
	struct dns_query query;
};

struct asker {
	const struct router *router;
	const struct listener *listener; /* of the batch at hand */
	const struct edition *edition;
	uint64_t began_ns;
	struct tally *tallies; /* by meter */
	uint32_t *uncounted;   /* by meter: answers of the batch whose duration is not known yet */
	unsigned *touched;     /* meters with some of them */
	size_t touched_count;
	struct log_ring *ring;	       /* NULL: no block says anything */
	struct errands *errands;       /* for what others know; NULL: nobody can be asked */
	struct way_back way_back;      /* of the question at hand, for an errand */
	const struct arrival *arrival; /* what an errand brought back; NULL: nothing */
	uint32_t rotations[ANSWERS_ROTATIONS];
	struct dns_query target; /* of the alias that is being followed */
	struct question single;	 /* for who asks one by one */
};

void asker_begin(struct asker *asker, const struct listener *listener);
void asker_end(struct asker *asker);
void question_read(struct asker *asker, struct question *question, const struct packet_info *info,
		   const uint8_t *packet, size_t size);
static inline void question_match(struct question *question)
{
	if (question->is_looked_up)
		answers_match(&question->lookup);
}
/* Writes the reply over the query, whose header and question are in `packet`; `room` is at least
 * 4,096 for UDP and 65,535 for TCP. Returns its size; 0: nothing is to be sent. */
size_t question_reply(struct asker *asker, struct question *question, uint8_t *packet);
/* The same for a question that was read before and is answered at last; its header and question are
 * in query->packet. */
size_t question_answer_again(struct asker *asker, const struct packet_info *info,
			     const struct dns_query *query, uint8_t *ret_reply);
/* All three for one query that lies elsewhere; between asker_begin and asker_end. */
size_t question_answer(struct asker *asker, const struct packet_info *info, const uint8_t *query,
		       size_t size, uint8_t *ret_reply);

/* Sets up the look-up of query's name in the listener's own data; false if they have no such zone. */
bool lookup_begin(struct asker *asker, const struct route *route, const struct dns_query *query,
		  struct lookup *lookup, uint8_t *ret_by);

/* What `kubernetes` denied may be known behind it: sets up that look-up, matched and ready to be
 * written. False: there is nobody behind it, or none with such a zone. */
bool lookup_behind(struct asker *asker, const struct route *route, const struct dns_query *query,
		   struct lookup *lookup, uint8_t *ret_by);

/* Follows the alias that was just written through our own zones. Says how it ends. */
enum chain_end {
	CHAIN_ENDS,	/* `kind` is that of the last name */
	CHAIN_LEAVES,	/* the target is not ours: the aliases are the answer */
	CHAIN_CUT,	/* no room for more */
	CHAIN_TOO_LONG, /* a loop, or too many links */
	CHAIN_UNREAD,	/* the target is in a zone of ours that could not be read */
};
enum chain_end chain_follow(struct asker *asker, struct question *question, struct reply *reply,
			    enum answer_kind *ret_kind);

#endif
