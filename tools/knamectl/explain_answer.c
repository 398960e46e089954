/* SPDX-License-Identifier: Apache-2.0 */
/* What was answered, by whom, and the objects behind it. */
#include <string.h>

#include "explain_objects.h"
#include "explain_trace.h"
#include "knamed/model.h"
#include "pipeline.h"

/* ---- objects ---- */

/* The question of an alias' target, as one that can be looked into. */
static void query_of(const uint8_t *name, const struct dns_query *like, struct dns_query *ret_query)
{
	unsigned at = 0, count = 0;
	*ret_query = *like;
	for (; name[at] != 0; at += 1u + name[at])
		ret_query->labels[count++] = (uint8_t)at;
	memcpy(ret_query->lower, name, at + 1);
	name_lower(ret_query->lower, at + 1);
	ret_query->name_size = (uint8_t)(at + 1);
	ret_query->label_count = (uint8_t)count;
}

static bool holds(const struct config_zones *zones, const struct dns_query *query)
{
	for (size_t i = 0; i < zones->count; i++) {
		uint8_t zone[DNS_NAME_MAX], size;
		if (name_parse(zones->zones[i].text, zone, &size) && name_is_under(query->lower, zone))
			return true;
	}
	return false;
}

static bool is_outside(const struct config_block *block, const struct dns_query *query)
{
	return block->external != NULL && holds(&block->external->zones, query);
}

/* The block of the target of an alias may be another one: the first whose cluster has the name. */
static const struct config_block *block_of(const struct tracer *tracer, const struct dns_query *query)
{
	const struct config *config = tracer->view->config;
	for (size_t i = 0; i < config->block_count; i++) {
		const struct config_block *block = &config->blocks[i];
		if (block->kubernetes != NULL &&
		    (holds(&block->kubernetes->zones, query) || is_outside(block, query)))
			return block;
	}
	return NULL;
}

/* by: whose name it is; BY_NONE: as its zone says. */
static void tell_objects(struct tracer *tracer, const struct trace_step *step, enum answerer by,
			 const struct config_block *block, const struct dns_query *query)
{
	if (block == NULL || block->kubernetes == NULL)
		return;
	const struct explained_name name = {
		.view = tracer->view,
		.block = block,
		.model = pipeline_model(tracer->pipeline,
					(size_t)(block - tracer->view->config->blocks)),
		.query = query,
		.is_outside = by == BY_EXTERNAL || (by == BY_NONE && is_outside(block, query)),
		.is_not_ready = step->extended_error == EDE_NOT_READY,
	};
	tracer->is_unknown |= name.is_not_ready;
	explain_objects(&name, tracer->steps);
	tracer->has_objects = true;
}

static bool is_of_cluster(enum answerer by)
{
	return by == BY_KUBERNETES || by == BY_EXTERNAL;
}

/* The objects must lead to what was said; if they do not, that is told rather than hidden. */
static void check_objects(struct tracer *tracer, const struct trace_step *step)
{
	size_t count = json_array_size(tracer->steps);
	const json_t *reason = NULL;
	for (size_t i = tracer->let_go_at; i < count && reason == NULL; i++)
		reason = json_object_get(json_array_get(tracer->steps, i), "reason");
	const char *word = reason != NULL ? json_string_value(reason) : "";
	bool may_be_either = strcmp(word, "apex") == 0 || strcmp(word, "fixed") == 0;
	bool is_denied = step->answers == 0;
	if (tracer->has_objects && !may_be_either && is_denied != (reason != NULL))
		explain_reason(tracer->steps, "unexplained",
			       "the answer does not follow from these objects: please report this");
}

void explain_alias(struct tracer *tracer, const struct trace_step *step)
{
	char name[NAME_TEXT_SIZE];
	const struct config_block *block = block_of(tracer, step->query);
	if (block != NULL && block == step->block)
		tell_objects(tracer, step, BY_NONE, block, step->query);
	name_print(step->name, name);
	explain_step(tracer->steps, "alias", NULL, "it is an alias, which leads to %s", name);
	memcpy(tracer->target, step->name, name_size(step->name));
	tracer->has_target = true;
}

/* ---- answers ---- */

static const struct config_at *file_at(const struct config_block *block, const struct dns_query *query)
{
	for (size_t i = 0; i < block->file_count; i++)
		if (holds(&block->files[i].zones, query))
			return &block->files[i].said.at;
	return NULL;
}

static const struct config_at *auto_at(const struct config_block *block, const struct dns_query *query)
{
	for (size_t i = 0; i < block->auto_count; i++)
		if (holds(&block->autos[i].zones, query))
			return &block->autos[i].said.at;
	return NULL;
}

static const struct config_at *secondary_at(const struct config_block *block,
					    const struct dns_query *query)
{
	for (size_t i = 0; i < block->secondary_count; i++)
		if (holds(&block->secondaries[i].zones, query))
			return &block->secondaries[i].said.at;
	return NULL;
}

/* Where the directive whose data these are stands. */
static const struct config_at *at_of(const struct trace_step *step)
{
	const struct config_block *block = step->block;
	if (block == NULL)
		return NULL;
	switch (step->by) {
	case BY_FILE:
		return file_at(block, step->query);
	case BY_AUTO:
		return auto_at(block, step->query);
	case BY_SECONDARY:
		return secondary_at(block, step->query);
	case BY_ACL:
	case BY_HOSTS:
	case BY_TEMPLATE:
		return step->at;
	default: /* it stands once in a block */
		return config_directive_at(block, answerer_name(step->by));
	}
}

void explain_let_go(struct tracer *tracer, const struct trace_step *step)
{
	if (is_of_cluster(step->by))
		tell_objects(tracer, step, step->by, step->block, step->query);
	explain_step(tracer->steps, answerer_name(step->by), at_of(step),
		     "denies the name and lets it fall through to who stands behind");
	tracer->let_go_at = json_array_size(tracer->steps);
	tracer->has_objects = false;
}

/* What an answer is that its records do not tell by themselves; NULL: they do. */
static const char *kind_of(const struct trace_step *step)
{
	if (step->is_dropped)
		return "nothing is said";
	switch (step->by) {
	case BY_ANY:
		return "a record that says nothing, in place of all that there are (RFC 8482)";
	case BY_WHOAMI:
		return "address and port of the client are in the additional section";
	case BY_LOCAL:
		return "names of the host itself have no zone here";
	case BY_CHAOS:
		return "what the server says of itself";
	case BY_DNS64:
		return step->answers > 0 ? "made of addresses of IPv4" : NULL;
	default:
		break;
	}
	if (step->rcode == RCODE_NOERROR && step->answers == 0)
		return "the name exists, but has nothing of this type (NODATA)";
	return step->rcode == RCODE_NXDOMAIN ? "the name does not exist" : NULL;
}

static void tell_synthesized(struct tracer *tracer, const struct trace_step *step)
{
	explain_step(tracer->steps, "kubernetes", at_of(step),
		     step->rcode == RCODE_NXDOMAIN
			     ? "only a search list makes such a name, with the cluster's zone in its "
			       "middle: it is denied here, not forwarded (`search_junk off` ends that)"
			     : "the cluster has IPv4 alone: AAAA is not forwarded (`ipv6 auto`)");
}

/* Only the server that runs has taken the zone. */
static void tell_secondary(struct tracer *tracer, const struct trace_step *step)
{
	explain_step(tracer->steps, "secondary", at_of(step),
		     "the zone is taken from its primaries by the server that runs: what it has is "
		     "not known here");
	tracer->is_unknown = true;
}

void explain_answer(struct tracer *tracer, const struct trace_step *step)
{
	char rcode[16];
	struct text text = { 0 };
	if (step->by == BY_SECONDARY && step->extended_error == EDE_NOT_READY) {
		tell_secondary(tracer, step);
		return;
	}
	const char *kind = kind_of(step), *who = answerer_name(step->by);
	bool is_alias = tracer->has_target;
	if (step->extended_error == EDE_SYNTHESIZED && step->by == BY_KUBERNETES) {
		tell_synthesized(tracer, step);
	} else if (tracer->has_target) {
		struct dns_query target;
		query_of(tracer->target, step->query, &target);
		if (!tracer->has_asked_others)
			tell_objects(tracer, step, BY_NONE, block_of(tracer, &target), &target);
		tracer->has_target = false;
	} else if (is_of_cluster(step->by) && !tracer->has_objects) {
		tell_objects(tracer, step, step->by, step->block, step->query);
	}
	if (!is_alias && is_of_cluster(step->by) && step->depth == 0 && !tracer->has_asked_others)
		check_objects(tracer, step);
	dns_rcode_print(step->rcode, rcode);
	text_printf(&text, "%s", rcode);
	if (step->answers > 0)
		text_printf(&text, ", %u record%s", (unsigned)step->answers,
			    step->answers > 1 ? "s" : "");
	if (kind != NULL)
		text_printf(&text, ": %s", kind);
	if (step->problem != NULL)
		text_printf(&text, "; %s", step->problem);
	if (step->extended_error != 0)
		text_printf(&text, "; extended error %u%s%s", (unsigned)step->extended_error,
			    step->extended_text != NULL ? " " : "",
			    step->extended_text != NULL ? step->extended_text : "");
	explain_step(tracer->steps, who[0] != '\0' ? who : "server", at_of(step), "%s", text.data);
	text_done(&text);
}
