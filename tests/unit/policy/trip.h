/* SPDX-License-Identifier: Apache-2.0 */
/* A question's way through the rules of a `rewrite`, and its answer's way back. */
#ifndef TESTS_POLICY_TRIP_H
#define TESTS_POLICY_TRIP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "knamed/policy.h"

/* The rules of one block, and a question's way through them. */
struct trip {
	struct config *config;
	struct policy *policy;
	uint8_t packet[512];
	struct dns_query query;
	struct rewrite_way way;
	enum rewrite_verdict verdict;
	const struct client *client; /* NULL: nothing is known of it */
};

struct trip *trip_new(const char *rules);
void trip_free(struct trip *trip);
void trip_down(struct trip *trip, const char *name, uint16_t type, bool edns);
/* "name. TYPE", "nothing" or "broken". */
void trip_print_asked(const struct trip *trip, char ret_text[NAME_TEXT_SIZE + 16]);
/* The message that others send: records of the answer, "/", authority, "/", additional; ";" between two. Caller frees. */
uint8_t *message_new(const char *name, uint16_t type, const char *records, size_t *ret_size);
/* What becomes of `heard`, in the same words, with `found` at the end of an alias (NULL: nobody was
 * asked); "broken": no reply. The reply is in trip_reply. */
void trip_up(struct trip *trip, const char *heard, const char *found, struct text *ret_text);
extern uint8_t trip_reply[DNS_MESSAGE_MAX];

#endif
