/* SPDX-License-Identifier: Apache-2.0 */
/* probes -- what `health`, `ready` and `prometheus` show over HTTP, for all blocks.
 *
 *   /health   200 OK, always
 *   /ready    200 OK, or 503 and the directives that are not ready, or `shutdown`
 *   /readyz   the same, and why, as JSON
 *   /metrics  everything counted
 *
 * A start may take long: zones are read. The listeners are there before,
 * and answer from a thread of their own until the caller's loop can do it. */
#ifndef KNAMED_PROBES_H
#define KNAMED_PROBES_H

#include "knamed/config.h"
#include "knamed/observe.h"
#include "pipeline.h"
#include "readyz.h"

struct probes;
/* All is borrowed. NULL and error if an address cannot be had. */
struct probes *probes_open(const struct config *config, struct metrics *metrics,
			   const struct config_trouble *trouble, struct error *error);
void probes_close(struct probes *probes); /* first of all: what it shows must still be there */
/* All is read, and may be asked for what it is doing. From here on the caller's loop answers. */
void probes_join(struct probes *probes, struct event_base *events, const struct pipeline *pipeline);
/* DNS is being served from now on: so it may be ready. */
void probes_serving(struct probes *probes);
/* Another config takes the place of the one in force: first what it has beside is served (false:
 * some of it is, and is to be dropped), then it is told of, then what only the one before has is
 * dropped. What both have is not touched. */
bool probes_add(struct probes *probes, const struct config *config, struct error *error);
void probes_use(struct probes *probes, const struct config *config);
void probes_drop(struct probes *probes, const struct config *config, const struct config *kept);
/* Whether all is ready; if not, what is not: directives with commas between them. */
bool probes_is_ready(const struct probes *probes, struct text *ret_unready);
/* We are about to go: nobody finds us ready from now on. */
void probes_leave(struct probes *probes);

#endif
