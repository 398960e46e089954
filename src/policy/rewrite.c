/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a block, and a question's way through them. */
#include "rewrite.h"

#include <string.h>

/* ---- compiling ---- */

static void rule_compile(struct rule *rule, const struct config_rewrite *config)
{
	*rule = (struct rule){
		.field = config->field,
		.continues = config->continues,
		.is_auto = config->is_auto,
		.code = config->code,
		.new_code = config->new_code,
		.ttl_least = config->ttl_least,
		.ttl_most = config->ttl_most,
	};
	if (config->from != NULL)
		pattern_compile(&rule->pattern, config->match, config->from, config->to);
	rule->pattern.has_metadata = config->has_metadata;
	if (config->field == REWRITE_NAME && config->match == MATCH_SUFFIX && config->is_auto)
		pattern_compile(&rule->back, MATCH_SUFFIX, config->to, config->from);
	rule->answers = mem_zalloc((config->answer_count + 1) * sizeof(*rule->answers));
	for (; rule->answer_count < config->answer_count; rule->answer_count++) {
		const struct config_rewrite_answer *answer = &config->answers[rule->answer_count];
		struct answer_rule *compiled = &rule->answers[rule->answer_count];
		compiled->is_value = answer->is_value;
		pattern_compile(&compiled->pattern, MATCH_REGEX, answer->pattern, answer->to);
	}
}

/* A label that no question has would make a rule that is never for any. */
static bool check_labels(const struct config_block *block, const char *to, struct error *error)
{
	while ((to = strchr(to, '{')) != NULL) {
		size_t size = strcspn(++to, "}");
		enum metadata_label label;
		if (memchr(to, '/', size) != NULL && !metadata_find(to, size, &label))
			return error_set(error,
					 "plugin/rewrite: %s:%u - there is no metadata \"%.*s\"",
					 block->file, block->line, (int)size, to);
	}
	return true;
}

bool rewrite_compile(const struct config_block *block, struct rewrite **ret_rewrite, struct error *error)
{
	*ret_rewrite = NULL;
	if (block->rewrite_count == 0)
		return true;
	for (size_t i = 0; i < block->rewrite_count; i++)
		if (block->rewrites[i].has_metadata &&
		    !check_labels(block, block->rewrites[i].to, error))
			return false;
	struct rewrite *rewrite = mem_zalloc(sizeof(*rewrite));
	rewrite->rules = mem_zalloc(block->rewrite_count * sizeof(*rewrite->rules));
	for (; rewrite->count < block->rewrite_count; rewrite->count++)
		rule_compile(&rewrite->rules[rewrite->count], &block->rewrites[rewrite->count]);
	*ret_rewrite = rewrite;
	return true;
}

void rewrite_free(struct rewrite *rewrite)
{
	if (rewrite == NULL)
		return;
	for (size_t i = 0; i < rewrite->count; i++) {
		struct rule *rule = &rewrite->rules[i];
		pattern_done(&rule->pattern);
		pattern_done(&rule->back);
		for (size_t j = 0; j < rule->answer_count; j++)
			pattern_done(&rule->answers[j].pattern);
		mem_free(rule->answers);
	}
	mem_free(rewrite->rules);
	mem_free(rewrite);
}

static bool asks_for_names(const struct rule *rule)
{
	return rule->field == REWRITE_NAME || rule->field == REWRITE_TTL ||
	       rule->field == REWRITE_RCODE;
}

bool rewrite_touches(const struct rewrite *rewrite, const uint8_t *zone)
{
	for (size_t i = 0; rewrite != NULL && i < rewrite->count; i++) {
		const struct rule *rule = &rewrite->rules[i];
		if (!asks_for_names(rule) || pattern_touches(&rule->pattern, zone))
			return true;
	}
	return false;
}

/* ---- the way down ---- */

/* Its name is kept for the way back. False: there is no room left. */
static bool keep_name(struct rewrite_way *way, const struct subject *subject, uint16_t *ret_at)
{
	if (subject->size > sizeof(way->names) - way->names_size)
		return false;
	*ret_at = way->names_size;
	memcpy(way->names + way->names_size, subject->wire, subject->size);
	way->names_size = (uint16_t)(way->names_size + subject->size);
	return true;
}

static enum change change_name(const struct rule *rule, struct rewrite_way *way,
			       const struct client *client, struct subject *subject,
			       struct rewrite_step *step)
{
	enum change change =
		pattern_change(&rule->pattern, subject, client != NULL ? client->metadata : NULL);
	if (change != CHANGE_MADE)
		return change;
	step->old_at = way->name_at;
	if (!keep_name(way, subject, &step->new_at))
		return CHANGE_BROKEN;
	way->name_at = step->new_at;
	way->maps_records |= rule->is_auto || rule->answer_count > 0;
	return CHANGE_MADE;
}

static enum change change_code(const struct rule *rule, uint16_t *code)
{
	if (*code != rule->code)
		return CHANGE_NONE;
	*code = rule->new_code;
	return CHANGE_MADE;
}

static enum change rule_apply(const struct rule *rule, struct rewrite_way *way,
			      const struct client *client, struct subject *subject,
			      struct rewrite_step *step)
{
	switch (rule->field) {
	case REWRITE_NAME:
		return change_name(rule, way, client, subject, step);
	case REWRITE_TYPE:
		return change_code(rule, &way->type);
	case REWRITE_CLASS:
		return change_code(rule, &way->class_);
	case REWRITE_CNAME:
		way->maps_records = way->maps_aliases = true;
		return CHANGE_MADE;
	case REWRITE_TTL:
	case REWRITE_RCODE:
		if (!pattern_finds(&rule->pattern, subject))
			return CHANGE_NONE;
		way->maps_records |= rule->field == REWRITE_TTL;
		return CHANGE_MADE;
	}
	return CHANGE_NONE;
}

enum rewrite_verdict rewrite_question(const struct policy *policy, const struct dns_query *query,
				      const struct client *client, struct rewrite_way *way)
{
	const struct rewrite *rewrite = policy->rewrite;
	struct subject subject;
	if (rewrite == NULL)
		return REWRITE_NOTHING;
	way->policy = policy;
	way->query = query;
	way->type = query->type;
	way->class_ = query->class_;
	way->name_at = way->step_count = 0;
	way->maps_records = way->maps_aliases = false;
	way->names_size = query->name_size; /* at 0: the question's own */
	memcpy(way->names, query->lower, query->name_size);
	subject_set(&subject, query->lower);
	for (size_t i = 0; i < rewrite->count; i++) {
		const struct rule *rule = &rewrite->rules[i];
		struct rewrite_step step = { .rule = (uint16_t)i };
		enum change change = rule_apply(rule, way, client, &subject, &step);
		if (change == CHANGE_NONE)
			continue;
		way->steps[way->step_count++] = step;
		if (change == CHANGE_BROKEN)
			return REWRITE_BROKEN;
		if (!rule->continues)
			break;
	}
	return way->step_count > 0 ? REWRITE_DONE : REWRITE_NOTHING;
}

/* ---- the way up ---- */

uint16_t rewrite_rcode(const struct rewrite_way *way, uint16_t rcode)
{
	for (unsigned i = way->step_count; i-- > 0;) {
		const struct rule *rule = step_rule(way, i);
		if (rule->field == REWRITE_RCODE && rule->code == rcode)
			rcode = rule->new_code;
	}
	return rcode;
}

/* The name that a rule made, or one below it, is again what it was made of. */
static enum change step_back(const struct rewrite_way *way, const struct rewrite_step *step,
			     struct subject *subject)
{
	const uint8_t *old = way->names + step->old_at, *new = way->names + step->new_at;
	if (!name_is_under(subject->wire, new))
		return CHANGE_NONE;
	size_t kept = subject->size - name_size(new), size = name_size(old);
	if (kept + size > DNS_NAME_MAX)
		return CHANGE_BROKEN;
	memcpy(subject->wire + kept, old, size);
	subject->size = (uint8_t)(kept + size);
	subject->text_size = 0;
	return CHANGE_MADE;
}

static enum change map_by_answers(const struct rule *rule, bool is_value, struct subject *subject)
{
	enum change change = CHANGE_NONE;
	for (size_t i = rule->answer_count; i-- > 0 && change != CHANGE_BROKEN;) {
		if (rule->answers[i].is_value != is_value)
			continue;
		enum change now = pattern_change(&rule->answers[i].pattern, subject, NULL);
		change = now == CHANGE_NONE ? change : now;
	}
	return change;
}

/* By a name rule: what it says of answers, backwards, and then what it is itself. */
static enum change map_by_name(const struct rewrite_way *way, unsigned step, bool is_value,
			       struct subject *subject)
{
	const struct rule *rule = step_rule(way, step);
	enum change change = map_by_answers(rule, is_value, subject);
	if (change == CHANGE_BROKEN || !rule->is_auto)
		return change;
	enum change now = rule->back.from != NULL ? pattern_change(&rule->back, subject, NULL)
						  : step_back(way, &way->steps[step], subject);
	return now == CHANGE_NONE ? change : now;
}

enum change way_map_owner(const struct rewrite_way *way, struct subject *subject)
{
	enum change change = CHANGE_NONE;
	for (unsigned i = way->step_count; i-- > 0 && change != CHANGE_BROKEN;) {
		if (step_rule(way, i)->field != REWRITE_NAME)
			continue;
		enum change now = map_by_name(way, i, false, subject);
		change = now == CHANGE_NONE ? change : now;
	}
	return change;
}

enum change way_map_value(const struct rewrite_way *way, struct subject *subject, bool is_alias,
			  uint8_t *ret_alias, uint8_t *ret_alias_size)
{
	enum change change = CHANGE_NONE;
	for (unsigned i = way->step_count; i-- > 0 && change != CHANGE_BROKEN;) {
		const struct rule *rule = step_rule(way, i);
		enum change now = CHANGE_NONE;
		if (rule->field == REWRITE_NAME)
			now = map_by_name(way, i, true, subject);
		else if (rule->field == REWRITE_CNAME && is_alias)
			now = pattern_change(&rule->pattern, subject, NULL);
		if (rule->field == REWRITE_CNAME && now == CHANGE_MADE) {
			memcpy(ret_alias, subject->wire, subject->size);
			*ret_alias_size = subject->size;
		}
		change = now == CHANGE_NONE ? change : now;
	}
	return change;
}
