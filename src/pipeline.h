/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline -- from a config to answers that follow their sources: one catalog per data directive,
 * fed by manifests, zone files and primaries, published after each step. */
#ifndef KNAMED_PIPELINE_H
#define KNAMED_PIPELINE_H

#include "knamed/answers.h"
#include "knamed/config.h"
#include "knamed/serve.h"

struct pipeline_options {
	struct event_base *events; /* sources are followed on it; NULL: read once */
	unsigned api_wait_s; /* without events: how long to wait for an API server; 0: it is not asked */
	struct config *config; /* held */
	/* Where this server answers, for the apex NS; NULL: the machine's addresses, by the blocks' `bind`. */
	const struct ip *local_addresses;
	size_t local_address_count;
	struct metrics *metrics; /* NULL: nothing is counted */
	const char *agent;	 /* as which an API server is asked; NULL: "knamed" */
};

struct pipeline;
/* Reads everything once and publishes it. NULL and error if a source cannot be read at all. */
struct pipeline *pipeline_new(const struct pipeline_options *options, struct error *error);
void pipeline_free(struct pipeline *pipeline); /* after the query threads have ended */
struct answers *pipeline_answers(const struct pipeline *pipeline);
/* The blocks in force with their catalogs, in the config's order. */
const struct serve_block *pipeline_blocks(const struct pipeline *pipeline, size_t *ret_count);
/* The API server that the `kubernetes` of a block follows; NULL: no such directive, or it has manifests. */
struct kube;
const struct kube *pipeline_kube(const struct pipeline *pipeline, size_t block);
/* What the `kubernetes` of a block knows; NULL: no such directive. */
const struct model *pipeline_model(const struct pipeline *pipeline, size_t block);

/* A config's blocks. Directives that say what they say in the one in force share what feeds them:
 * watches, files, and all that is known so far. The others begin anew, beside it. */
struct setup;
struct setup *pipeline_setup(struct pipeline *pipeline, struct config *config, struct error *error);
void setup_free(struct setup *setup); /* no query thread has its blocks */
const struct serve_block *setup_blocks(const struct setup *setup, size_t *ret_count);
/* What begins anew knows what its API server or its primaries have. */
bool setup_is_ready(const struct setup *setup);
/* It is in force; the one before is the caller's to free. */
struct setup *pipeline_use(struct pipeline *pipeline, struct setup *setup);

#endif
