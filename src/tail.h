/* SPDX-License-Identifier: Apache-2.0 */
/* tail -- questions as they are answered, as a stream of server-sent events:
 *
 *   event: sampling   {"one_in":4}    how many questions one line stands for, whenever that changes
 *   data: {...}                       a question
 *   event: lost       {"lost":12}     so many lines found no room since the last one, for the client is slow
 *
 * Filters stand in the request's query: client=IP or IP/BITS, name=SUFFIX, rcode=NAME, namespace=NAME. */
#ifndef KNAMED_TAIL_H
#define KNAMED_TAIL_H

#include "knamed/observe.h"
#include "who.h"

struct tails;
struct tails *tails_new(struct event_base *events, struct traffic *traffic, const struct who *who);
void tails_free(struct tails *tails); /* all streams have ended */
/* Answers a request. */
void tails_reply(struct tails *tails, struct http_reply *reply);

#endif
