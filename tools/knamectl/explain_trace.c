/* SPDX-License-Identifier: Apache-2.0 */
/* A sentence for each decision, with the place of the rule in the Corefile. */
#include "explain_trace.h"

#include <string.h>

/* ---- blocks and rules ---- */

static bool has_views(const struct config *config)
{
	for (size_t i = 0; i < config->block_count; i++)
		if (config->blocks[i].view != NULL)
			return true;
	return false;
}

static void tell_block(struct tracer *tracer, const struct trace_step *step)
{
	const struct config_block *block = step->block;
	struct text text = { 0 };
	if (block == NULL) {
		explain_step(tracer->steps, "block", NULL, "%s: REFUSED",
			     has_views(tracer->view->config)
				     ? "no block of the Corefile has this name and a view that holds"
				     : "no block of the Corefile has this name");
		return;
	}
	const struct config_at at = { block->file, block->line };
	for (size_t i = 0; i < block->address_count; i++)
		text_printf(&text, "%s%s", i > 0 ? " " : "", block->addresses[i].text);
	if (block->view != NULL)
		text_printf(&text, ", view %s", block->view->name);
	if (step->depth > 0)
		text_printf(&text, " (a question that a rule asks)");
	explain_step(tracer->steps, "block", &at, "%s", text.data);
	text_done(&text);
	tracer->depends_on_client |= block->view != NULL || block->acl_count > 0;
}

static const char *directive_of(const struct config_block *block, const struct config_at *at)
{
	if (block->hosts != NULL && at == &block->hosts->at)
		return "hosts";
	for (size_t i = 0; i < block->template_count; i++)
		if (at == &block->templates[i].at)
			return "template";
	return "acl";
}

static const char *acl_sentence(const struct config_block *block, const struct config_at *at)
{
	static const char *const sentences[] = {
		[ACL_ALLOW] = "this rule lets the client ask",
		[ACL_BLOCK] = "this rule blocks the client: REFUSED",
		[ACL_FILTER] = "this rule filters: an empty answer, whatever there is",
		[ACL_DROP] = "this rule drops the question: no reply",
	};
	for (size_t i = 0; i < block->acl_count; i++)
		for (size_t j = 0; j < block->acls[i].rule_count; j++)
			if (at == &block->acls[i].rules[j].at)
				return sentences[block->acls[i].rules[j].action];
	return "an acl decides";
}

/* In the words that clients hear, without the place. */
static void tell_failure(struct tracer *tracer, const struct trace_step *step)
{
	const char *text = step->extended_text != NULL ? step->extended_text : "it fails";
	const char *place = strrchr(text, ',');
	explain_step(tracer->steps, "template", step->at, "%.*s: SERVFAIL",
		     (int)(place != NULL ? place - text : (ptrdiff_t)strlen(text)), text);
}

static void tell_rule(struct tracer *tracer, const struct trace_step *step)
{
	const char *who = directive_of(step->block, step->at);
	const struct config_hosts *hosts = step->block->hosts;
	if (strcmp(who, "acl") == 0)
		explain_step(tracer->steps, who, step->at, "%s", acl_sentence(step->block, step->at));
	else if (strcmp(who, "template") == 0 && step->by == BY_TEMPLATE)
		explain_step(tracer->steps, who, step->at, "this template makes the answer");
	else if (strcmp(who, "template") == 0)
		tell_failure(tracer, step);
	else if (step->by == BY_NONE)
		explain_step(tracer->steps, who, step->at,
			     "%s does not have the name, and nothing falls through: SERVFAIL",
			     hosts->path);
	else
		explain_hosts_line(tracer->steps, step);
}

static void tell_rewrite(struct tracer *tracer, const struct trace_step *step)
{
	char before[NAME_TEXT_SIZE], after[NAME_TEXT_SIZE], type[16];
	name_print(step->query->lower, before);
	dns_type_print(step->type, type);
	if (step->name != NULL) {
		name_print(step->name, after);
		explain_step(tracer->steps, "rewrite", step->at, "%s becomes %s (%s)", before,
			     after, type);
		return;
	}
	if (step->rcode != RCODE_NOERROR) {
		explain_step(tracer->steps, "rewrite", step->at,
			     "what this rule makes of %s is no name: SERVFAIL", before);
		return;
	}
	explain_step(tracer->steps, "rewrite", step->at,
		     "this rule is for the question; its name stays, it is asked for %s", type);
}

static void tell_walk(struct tracer *tracer, const struct trace_step *step)
{
	char name[NAME_TEXT_SIZE];
	const struct config_at *at = config_directive_at(step->block, "autopath");
	if (step->name == NULL) {
		explain_step(tracer->steps, "autopath", at,
			     "the name is denied and comes from a search list: the next ones of it "
			     "are looked for here");
		return;
	}
	name_print(step->name, name);
	explain_step(tracer->steps, "autopath", at, "%s is the one that is found", name);
}

/* ---- forward ---- */

static void print_target(struct text *text, const struct config_target *target)
{
	char ip[IP_TEXT_SIZE];
	ip_print(&target->ip, ip);
	text_printf(text, " %s%s:%u", target->tls ? "tls://" : "",
		    target->file != NULL   ? target->file
		    : target->host != NULL ? target->host
					   : ip,
		    (unsigned)target->port);
}

static void tell_forward(struct tracer *tracer, const struct trace_step *step)
{
	static const char *const policies[] = {
		[FORWARD_RANDOM] = "random",
		[FORWARD_ROUND_ROBIN] = "round_robin",
		[FORWARD_SEQUENTIAL] = "sequential",
	};
	const struct config_forward *forward = step->forward;
	struct text text = { 0 };
	for (size_t i = 0; i < forward->target_count; i++)
		print_target(&text, &forward->targets[i]);
	explain_step(tracer->steps, "forward", step->at, "%s is asked of%s (%s)%s",
		     forward->from.text, text.data, policies[forward->policy],
		     step->block->cache != NULL ? "; the live server's cache may know it already" : "");
	text_done(&text);
	tracer->has_asked_others = true;
}

/* ---- the trace ---- */

static void on_step(void *context, const struct trace_step *step)
{
	struct tracer *tracer = context;
	switch (step->kind) {
	case TRACE_BLOCK:
		tell_block(tracer, step);
		break;
	case TRACE_RULE:
		tell_rule(tracer, step);
		break;
	case TRACE_REWRITE:
		tell_rewrite(tracer, step);
		break;
	case TRACE_WALK:
		tell_walk(tracer, step);
		break;
	case TRACE_ALIAS:
		explain_alias(tracer, step);
		break;
	case TRACE_LET_GO:
		explain_let_go(tracer, step);
		break;
	case TRACE_STAYS:
		explain_step(tracer->steps, "data", NULL,
			     "it has names below it: it exists, whoever denies it");
		break;
	case TRACE_FORWARD:
		tell_forward(tracer, step);
		break;
	case TRACE_ANSWER:
		explain_answer(tracer, step);
		break;
	}
}

static size_t on_ask(void *context, const struct config_forward *forward, const uint8_t *name,
		     const struct dns_query *query, uint8_t *ret_message, const char **ret_problem)
{
	return explain_ask(context, forward, name, query, ret_message, ret_problem);
}

void tracer_init(struct tracer *tracer, const struct cluster_view *view)
{
	tracer->view = view;
	tracer->metrics = metrics_new();
	tracer->trace = (struct trace){ on_step, on_ask, tracer };
}

void tracer_begin(struct tracer *tracer)
{
	tracer->steps = json_array();
	tracer->let_go_at = 0;
	tracer->has_target = tracer->has_asked_others = false;
	tracer->depends_on_client = tracer->is_unknown = tracer->has_objects = false;
}

void tracer_end(struct tracer *tracer)
{
	json_decref(tracer->steps);
	tracer->steps = NULL;
}
