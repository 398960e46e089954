/* SPDX-License-Identifier: Apache-2.0 */
/* The two verbs, and what they share with the rest of the API. */
#ifndef TESTS_KUBE_SERVER_WATCHING_H
#define TESTS_KUBE_SERVER_WATCHING_H

#include <event2/util.h>

#include "api.h"

/* api.c */
struct response response_of(const struct request *request);
void request_refuse(struct request *request, const struct status *status);
void request_call_later(struct request *request, uint64_t ms,
			void (*call)(evutil_socket_t, short, void *));

/* watching.c: the request may be gone afterwards */
bool request_selects(const struct request *request, const json_t *object);
bool request_is_too_new(struct request *request); /* and was refused for it */
void watching_begin(struct request *request);
void watching_tell(void *context, struct resource *resource,
		   const struct change *change); /* of the store */
/* listing.c */
void listing_answer(struct request *request);

#endif
