/* SPDX-License-Identifier: Apache-2.0 */
/* say -- what is told about a question: metadata while it is answered, lines behind that (private
 * to the stage). */
#ifndef KNAMED_SERVE_SAY_H
#define KNAMED_SERVE_SAY_H

#include "reply.h"

/* Fills asker->metadata for the client's question, whose block has `metadata`. */
void metadata_begin(struct asker *asker, const struct question *question);
/* The lines of `log` and `errors`; size 0: nothing was sent. */
void question_say(struct asker *asker, const struct question *question, const struct reply *reply,
		  const struct outcome *outcome, size_t size);

#endif
