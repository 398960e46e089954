/* SPDX-License-Identifier: Apache-2.0 */
/* `template`: the first template of the block whose zone, class, type and pattern fit the question makes the
 * reply. A name that is in its zone and fits no pattern is nobody's, unless it falls through. */
#include "template_parts.h"

#include <string.h>

#include "rule_text.h"

/* ---- compiling ---- */

static bool is_turned(uint16_t type)
{
	return type == TYPE_A || type == TYPE_AAAA || type == TYPE_MX;
}

static void look_at_answers(struct template *template)
{
	const struct config_template *config = template->config;
	template->rotates = true;
	for (size_t i = 0; i < config->record_count; i++) {
		if (config->records[i].section != TEMPLATE_ANSWER)
			break;
		template->rotates &= is_turned(config->records[i].type);
		template->answer_count++;
	}
	template->rotates &= template->answer_count > 1;
}

static bool compile_patterns(struct template *template, struct error *error)
{
	const struct words *patterns = &template->config->patterns;
	template->regexes = mem_zalloc((patterns->count + 1) * sizeof(struct regex *));
	for (; template->regex_count < patterns->count; template->regex_count++) {
		struct regex *regex = regex_new(patterns->words[template->regex_count], error);
		if (regex == NULL)
			return false;
		template->regexes[template->regex_count] = regex;
	}
	return true;
}

static void make_failures(struct template *template)
{
	static const char *const texts[] = {
		[TEMPLATE_SAYS_SO] = "template says SERVFAIL",
		[TEMPLATE_FITS_NOTHING] = "the name does not fit the template of its zone",
		[TEMPLATE_HAS_NO_RECORD] = "template makes no valid record",
	};
	for (enum template_failure failure = 0; failure < TEMPLATE_FAILURES; failure++)
		template->failures[failure] = rule_text(texts[failure], &template->config->at);
}

static bool compile(struct templates *templates, const struct config_template *config,
		    struct error *error)
{
	struct template *template = &templates->list[templates->count++];
	template->config = config;
	if (templates->count > 1) {
		const struct template *before = template - 1;
		template->first_zone = before->first_zone + before->config->zones.count;
		template->first_record = before->first_record + before->config->record_count;
	}
	look_at_answers(template);
	make_failures(template);
	return zone_list_compile(&config->zones, &template->zones, error) &&
	       zone_list_compile(&config->fallthrough, &template->falls, error) &&
	       compile_patterns(template, error) &&
	       conditions_compile(config, &template->conditions, error);
}

bool templates_compile(const struct config_block *block, struct metrics *metrics,
		       struct templates **ret_templates, struct error *error)
{
	struct templates *templates = mem_zalloc(sizeof(*templates));
	templates->list = mem_zalloc((block->template_count + 1) * sizeof(*templates->list));
	templates->minimal = block->minimal;
	for (size_t i = 0; i < block->template_count; i++) {
		if (!compile(templates, &block->templates[i], error)) {
			templates_free(templates);
			return false;
		}
	}
	templates_declare(templates, metrics);
	*ret_templates = templates;
	return true;
}

void templates_free(struct templates *templates)
{
	if (templates == NULL)
		return;
	counts_free(templates->matches);
	counts_free(templates->text_failures);
	counts_free(templates->record_failures);
	for (size_t i = 0; i < templates->count; i++) {
		struct template *template = &templates->list[i];
		zone_list_done(&template->zones);
		zone_list_done(&template->falls);
		for (size_t j = 0; j < template->regex_count; j++)
			regex_free(template->regexes[j]);
		mem_free(template->regexes);
		for (size_t j = 0; j < TEMPLATE_FAILURES; j++)
			mem_free(template->failures[j]);
		conditions_free(template->conditions);
	}
	mem_free(templates->list);
	mem_free(templates);
}

bool templates_touch(const struct templates *templates, const uint8_t *zone)
{
	for (size_t i = 0; i < templates->count; i++)
		if (zone_list_meets(&templates->list[i].zones, zone))
			return true;
	return false;
}

/* ---- matching ---- */

static bool is_for(const struct template *template, const struct dns_query *query)
{
	uint16_t class_ = template->config->class_, type = template->config->type;
	return (class_ == CLASS_ANY || query->class_ == CLASS_ANY || query->class_ == class_) &&
	       (type == TYPE_ANY || query->type == TYPE_ANY || query->type == type);
}

static bool falls_through(const struct template *template, const struct dns_query *query)
{
	size_t zone;
	return template->config->falls_through &&
	       (template->falls.count == 0 || zone_list_find(&template->falls, query->lower, &zone));
}

/* The first pattern that fits the name. Without a pattern every name does. */
static bool find_pattern(const struct template *template, struct template_data *data)
{
	data->regex = NULL;
	data->pattern = ".*";
	if (template->regex_count == 0)
		return true;
	size_t size = strlen(data->name);
	for (size_t i = 0; i < template->regex_count; i++) {
		if (!regex_find(template->regexes[i], data->name, size, &data->match))
			continue;
		data->regex = template->regexes[i];
		data->pattern = template->config->patterns.words[i];
		return true;
	}
	return false;
}

static enum policy_verdict answer(const struct templates *templates, const struct template *template,
				  size_t zone, struct template_data *data, struct reply *reply)
{
	const struct config_template *config = template->config;
	const struct dns_query *query = data->query;
	data->class_ = query->class_ != CLASS_ANY ? query->class_ : config->class_;
	data->type = query->type != TYPE_ANY ? query->type : config->type;
	data->zone = config->zones.zones[zone].text;
	template_count(templates->matches, template, zone, NO_RECORD, data);
	if (config->rcode == RCODE_SERVFAIL)
		return POLICY_FAILED;
	return template_write(templates, template, zone, data, reply);
}

static enum template_failure failure_of(const struct template *template, enum conditions_verdict fits)
{
	if (fits == CONDITIONS_FAIL)
		return TEMPLATE_FITS_NOTHING;
	return fits == CONDITIONS_HOLD && template->config->rcode == RCODE_SERVFAIL
		       ? TEMPLATE_SAYS_SO
		       : TEMPLATE_HAS_NO_RECORD;
}

enum policy_verdict templates_answer(const struct templates *templates,
				     const struct dns_query *query, const struct client *client,
				     struct reply *reply, enum answerer *ret_by)
{
	struct template_data data;
	bool has_name = false;
	data.query = query;
	data.client = client;
	for (size_t i = 0; i < templates->count; i++) {
		const struct template *template = &templates->list[i];
		size_t zone;
		if (!is_for(template, query) || !zone_list_find(&template->zones, query->lower, &zone))
			continue;
		if (!has_name)
			name_print(query->lower, data.name);
		has_name = true;
		enum conditions_verdict fits = find_pattern(template, &data)
						       ? conditions_check(template->conditions, &data)
						       : CONDITIONS_FAIL;
		if (fits == CONDITIONS_FAIL && falls_through(template, query))
			continue;
		reply->rule = &template->config->at;
		enum policy_verdict verdict =
			fits == CONDITIONS_HOLD ? answer(templates, template, zone, &data, reply)
						: POLICY_FAILED;
		if (verdict == POLICY_FAILED)
			reply->extended_text = template->failures[failure_of(template, fits)];
		*ret_by = verdict == POLICY_FAILED ? BY_NONE : BY_TEMPLATE;
		return verdict;
	}
	return POLICY_PASS;
}
