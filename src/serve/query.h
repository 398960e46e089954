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

#include "knamed/cache.h"
#include "knamed/policy.h"
#include "knamed/traffic.h"
#include "router.h"
#include "way_back.h"

struct question {
	const struct packet_info *info;
	const struct route *route; /* NULL: no block has the name, or the packet is no good */
	uint8_t verdict;	   /* enum dns_verdict */
	uint8_t by;		   /* enum answerer: whose data are looked at */
	bool is_looked_up;	   /* `lookup` is under way */
	bool is_inner;		   /* one that we ask ourselves (above.h) */
	struct lookup lookup;
	struct cache_probe cache_probe; /* of a question that nobody here looks up; no cache: none */
	struct dns_query query;
};

/* Answers of the batch whose duration is not known yet. */
struct uncounted {
	uint32_t count, by_source[SOURCE_COUNT];
};

struct asker {
	struct router *router;
	const struct listener *listener; /* of the batch at hand */
	const struct edition *edition;
	uint64_t began_ns;
	struct tally *tallies;	     /* by meter */
	struct uncounted *uncounted; /* by meter */
	unsigned *touched;	     /* meters with some of them */
	size_t touched_count;
	struct sampler *sampler;       /* NULL: nobody can look */
	bool is_looked_at;	       /* samples of the batch are wanted */
	struct log_ring *ring;	       /* NULL: no block says anything */
	struct errands *errands;       /* for what others know; NULL: nobody can be asked */
	struct way_back way_back;      /* of the question at hand, for an errand */
	const struct arrival *arrival; /* what an errand brought back, the newest first; NULL: nothing */
	struct errand *errand;	       /* which it was, while its question is answered */
	struct inner_rooms *rooms; /* for questions below questions; NULL: no block has rules */
	bool has_heir;		   /* it has these now */
	const struct question *client_question; /* the one that came in a packet */
	struct tracing *tracing;		/* NULL: nobody wants to know why */
	struct metadata metadata;		/* of that, if its block has `metadata` */
	struct arrange_room *arrange_room;
	bool takes_outgoing;	   /* there is room for one more zone on its way */
	struct outgoing *outgoing; /* the rest of the one that was asked for; whoever asked takes it */
	uint32_t rotations[ANSWERS_ROTATIONS];
	struct dns_query target; /* of the alias that is being followed */
	struct question single;	 /* for who asks one by one */
};

/* For the thread of `before`, which is handed on what it has for good. */
struct asker *asker_after(struct asker *before, struct router *router);
void asker_begin(struct asker *asker, const struct listener *listener);
void asker_end(struct asker *asker);
/* Whether who asks, and whom, is read for every question of the batch. */
static inline bool asker_wants_addresses(const struct asker *asker)
{
	return asker->listener->wants_addresses || asker->is_looked_at;
}
/* Who asks, and whom, of the UDP question at hand, where that is not read for every question. */
void asker_learn_addresses(struct asker *asker);
/* Finds who answers: the route, and the look-up in its data. */
void question_route(struct asker *asker, struct question *question, const struct routes *routes);
void question_read(struct asker *asker, struct question *question, const struct packet_info *info,
		   const uint8_t *packet, size_t size);
static inline void question_match(struct question *question)
{
	if (question->is_looked_up)
		answers_match(&question->lookup);
	else if (question->cache_probe.cache != NULL)
		cache_match(&question->cache_probe);
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

/* Follows the alias that was just written through our own zones. Says how it ends. */
enum chain_end {
	CHAIN_ENDS,	/* `kind` is that of the last name */
	CHAIN_LEAVES,	/* the target is not ours: the aliases are the answer */
	CHAIN_CUT,	/* no room for more */
	CHAIN_TOO_LONG, /* a loop, or too many links */
	CHAIN_UNREAD,	/* the target is in a zone of ours that could not be read */
	CHAIN_RULES,	/* the target's block has rules that may touch it */
};
enum chain_end chain_follow(struct asker *asker, struct question *question, struct reply *reply,
			    enum answer_kind *ret_kind);

#endif
