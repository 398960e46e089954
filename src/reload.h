/* SPDX-License-Identifier: Apache-2.0 */
/* reload -- the Corefile is looked at now and then, or when told to; what it says takes the place
 * of what is in force.
 *
 *   file changed --parse, read--> setup (what is new begins to be fed) --in step--> sockets,
 * router, probes: in force |                                                                |
 *                     +--bad: one line, a count; nothing has changed <-----------------+
 *
 * What is bad is told once. What waits for an API server waits beside what is in force. */
#ifndef KNAMED_RELOAD_H
#define KNAMED_RELOAD_H

#include "admin.h"
#include "knamed/config.h"
#include "knamed/serve.h"
#include "drain.h"
#include "pipeline.h"
#include "probes.h"
#include "sandbox.h"
#include "signals.h"

struct reload;
/* All is borrowed but the config, which is in force and held. What is wrong is told in `trouble`,
 * from the start on if it is not empty. */
struct reload_options {
	struct event_base *events;
	const struct flags *flags;
	struct config *config;
	struct config_trouble *trouble;
	struct pipeline *pipeline;
	struct server *server;
	struct serve_options serve; /* but for blocks and config */
	struct probes *probes;
	const struct signals *signals;
	struct drain *drain;
	struct admin *admin;
	const struct sandbox *sandbox; /* which was entered when we started */
};
struct reload *reload_new(const struct reload_options *options);
void reload_now(struct reload *reload);
void reload_free(struct reload *reload); /* after the server has stopped */

/* "Running configuration SHA512 = ...", where the config has `reload`. */
void reload_tell_running(const struct config *config);
/* Of several blocks with `health` the most patient one decides. */
uint64_t lameduck_ms_of(const struct config *config);

#endif
