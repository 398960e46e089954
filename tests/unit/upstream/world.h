/* SPDX-License-Identifier: Apache-2.0 */
/* A loop, stubs, and one upstream that is told to ask them. */
#ifndef TESTS_UPSTREAM_WORLD_H
#define TESTS_UPSTREAM_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "knamed/upstream.h"
#include "stub.h"

enum { WORLD_STUBS = 4 };
struct world {
	struct event_base *events;
	struct metrics *metrics;
	struct config_target targets[8];
	struct config_forward config; /* with the usual values until world_open() */
	struct stub *stubs[WORLD_STUBS];
	size_t stub_count;
	struct upstream *upstream;
};
struct world *world_new(void);
void world_free(struct world *world);
/* A stub that is asked by way of the upstream. */
struct stub *world_stub(struct world *world, stub_call call);
/* A port of 127.0.0.1 on which nobody is. */
void world_nobody(struct world *world);
void world_open(struct world *world);

struct asked {
	struct upstream_question question;
	bool is_done;
	unsigned calls;
	enum upstream_end end;
	uint16_t rcode, flags;
	unsigned answers;
	char problem[512];
};
/* name is in presentation form */
void world_question(const char *name, enum proto proto, struct upstream_question *ret_question);
void world_ask(struct world *world, struct asked *asked, const char *name, enum proto proto);
void world_ask_question(struct world *world, struct asked *asked);
/* Runs the loop until the claim is true; fails after 8 s. */
typedef bool (*world_claim)(void *context);
void world_wait(struct world *world, world_claim claim, void *context);
void world_wait_done(struct world *world, struct asked *asked);
/* Asks and waits. */
void world_ask_and_wait(struct world *world, struct asked *asked, const char *name, enum proto proto);
/* Runs the loop for a while, for what must not happen. */
void world_run(struct world *world, unsigned ms);

void assert_answered(const struct asked *asked, uint16_t rcode, unsigned answers);
/* A line of the page of metrics. */
void assert_metric(struct world *world, const char *line);
bool world_has_metric(struct world *world, const char *line);

#endif
