/* SPDX-License-Identifier: Apache-2.0 */
/* state -- what is in force and how it is, as JSON. */
#ifndef KNAMED_STATE_H
#define KNAMED_STATE_H

#include "pipeline.h"
#include "probes.h"
#include "rates.h"
#include "sandbox.h"

struct state_sources {
	const struct config *config; /* in force */
	const struct config_trouble *trouble;
	const struct probes *probes;
	const struct pipeline *pipeline;
	struct metrics *metrics;
	struct traffic *traffic;
	const struct sandbox *sandbox;
	struct server *server; /* NULL: not started yet */
	uint64_t started_ns;   /* clock_now_ns() */
};
void state_print(const struct state_sources *sources, const struct rates *rates, struct text *text);
/* "sampling": how the figures that come from samples are to be read. */
void state_print_sampling(const struct state_sources *sources, struct text *text);

#endif
