/* SPDX-License-Identifier: Apache-2.0 */
/* outgoing -- zones that go to other servers: AXFR, and IXFR answered as AXFR (private to the stage).
 *
 *   question --> directive of the longest zone --> copy of the zone --> first message, as any reply
 *                                                  |
 *                                                  +--> the others, one each time the client reads
 *
 * A transfer holds one message in memory, and the edition that it copies (zone_copy_begin()). */
#ifndef KNAMED_SERVE_OUTGOING_H
#define KNAMED_SERVE_OUTGOING_H

#include "reply.h"

/* Answers the question for a zone, with its first message if it may be had. If there are more to
 * come, asker->outgoing is theirs. */
void outgoing_begin(struct asker *asker, struct question *question, struct reply *reply,
		    struct outcome *outcome);

struct outgoing;
enum outgoing_step { OUTGOING_MORE, OUTGOING_LAST, OUTGOING_LOST };
/* The next message; its size may be 0 where there is none yet. The thread is online. */
enum outgoing_step outgoing_next(struct outgoing *outgoing, uint8_t *ret_packet, size_t *ret_size);
/* Of one that came to its end, or did not. */
void outgoing_say(const struct outgoing *outgoing, bool is_whole, struct log_ring *ring);
void outgoing_free(struct outgoing *outgoing);

#endif
