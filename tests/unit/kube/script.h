/* SPDX-License-Identifier: Apache-2.0 */
/* A transport whose server is the test: it waits for a request, looks at it and plays the answer. */
#ifndef TESTS_KUBE_SCRIPT_H
#define TESTS_KUBE_SCRIPT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "transport.h"

struct script {
	struct event_base *events;
	struct transport transport;
	struct transfer *transfers; /* open, the newest first */
	struct transfer *closed;
	unsigned cancelled;
};
void script_init(struct script *script);
void script_done(struct script *script); /* fails if a request is open */

/* Turns the loop until a request came that was not given yet; fails after some seconds. */
struct transfer *script_next(struct script *script);
/* The same, and its path has all of these words. The last is NULL. */
struct transfer *script_expect(struct script *script, const char *word, ...) __attribute__((sentinel));
/* Turns the loop for as long as something is ready at once; no request may be waiting behind it. */
void script_quiet(struct script *script);
/* Turns it for that long: nothing is asked for meanwhile. */
void script_idle(struct script *script, unsigned ms);
/* Turns the loop until `is` says so; fails after some seconds. */
void script_until(struct script *script, bool (*is)(void *context), void *context);
bool script_is_open(const struct script *script, const struct transfer *transfer);

const char *script_path(const struct transfer *transfer);
const char *script_accept(const struct transfer *transfer);
/* Plays. False: the receiver stopped it, and heard its end. */
bool play_head(struct transfer *transfer, int status, const char *type);
bool play_head_after(struct transfer *transfer, int status, const char *type, unsigned retry_after_s);
bool play_text(struct transfer *transfer, const char *text);
void play_end(struct transfer *transfer, enum client_trouble trouble);
/* A whole answer. */
void play(struct transfer *transfer, int status, const char *text);

#endif
