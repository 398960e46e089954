/* SPDX-License-Identifier: Apache-2.0 */
/* Lines about a question that was answered, with what is known of it by then. */
#include "say.h"

#include <stdio.h>
#include <string.h>

#include "error_log.h"
#include "query_log.h"

void metadata_begin(struct asker *asker, const struct question *question)
{
	const struct block *block = question->route->block;
	asker->metadata = (struct metadata){
		.block = block->config,
		.query = &question->query,
		.client = &question->info->client,
		.kubernetes = block->kubernetes,
		.edition = asker->edition,
		.told[METADATA_VIEW] = block->view != NULL ? block->config->view->name : NULL,
	};
}

/* Texts for metadata that are known with the answer. */
struct told {
	char upstream[IP_TEXT_SIZE + 8], wildcard[NAME_TEXT_SIZE + 2], extended_error[8];
};

static void tell_upstream(const struct upstream_address *upstream, struct told *told)
{
	char ip[IP_TEXT_SIZE];
	ip_print(&upstream->ip, ip);
	snprintf(told->upstream, sizeof(told->upstream),
		 upstream->ip.family == 6 ? "[%s]:%u" : "%s:%u", ip, (unsigned)upstream->port);
}

/* The name of the wildcard that stood for the question's first labels. */
static void tell_wildcard(const struct dns_query *query, unsigned labels, struct told *told)
{
	char zone[NAME_TEXT_SIZE];
	name_print(query->lower + query->labels[labels], zone);
	snprintf(told->wildcard, sizeof(told->wildcard), "*.%s", zone);
}

static void tell(struct metadata *metadata, const struct reply *reply,
		 const struct outcome *outcome, struct told *told)
{
	if (outcome->by != BY_NONE)
		metadata->told[METADATA_ANSWERER] = answerer_name(outcome->by);
	if (outcome->upstream != NULL && outcome->upstream->ip.family != 0) {
		tell_upstream(outcome->upstream, told);
		metadata->told[METADATA_UPSTREAM] = told->upstream;
	}
	if (reply->wildcard > 0) {
		tell_wildcard(metadata->query, reply->wildcard - 1u, told);
		metadata->told[METADATA_WILDCARD] = told->wildcard;
	}
	if (outcome->extended_error != 0) {
		snprintf(told->extended_error, sizeof(told->extended_error), "%u",
			 (unsigned)outcome->extended_error);
		metadata->told[METADATA_EXTENDED_ERROR] = told->extended_error;
	}
}

static uint16_t udp_size_of(const struct question *question)
{
	uint16_t asked = question->query.udp_size, most = question->route->block->config->bufsize;
	return most != 0 && most < asked ? most : asked;
}

static void say_query(struct asker *asker, const struct question *question,
		      const struct reply *reply, const struct outcome *outcome, size_t size)
{
	const struct block *block = question->route->block;
	struct told told;
	struct answered answered = {
		.query = &question->query,
		.info = question->info,
		.reply = reply->packet,
		.reply_size = size,
		.opt_size = outcome->opt_size,
		.rcode = outcome->rcode,
		.udp_size = udp_size_of(question),
		.duration_ns = clock_now_ns() - asker->began_ns,
		.metadata = block->metadata ? &asker->metadata : NULL,
	};
	if (block->metadata)
		tell(&asker->metadata, reply, outcome, &told);
	query_log_put(block->log, &answered, asker->ring);
}

void question_say(struct asker *asker, const struct question *question, const struct reply *reply,
		  const struct outcome *outcome, size_t size)
{
	const struct block *block = question->route->block;
	if (block->log != NULL)
		say_query(asker, question, reply, outcome, size);
	if (outcome->problem != NULL && block->errors != NULL)
		error_log_put(block->errors, &question->query, outcome->rcode, outcome->problem,
			      asker->ring);
}
