/* SPDX-License-Identifier: Apache-2.0 */
/* template CLASS TYPE [ZONES...] { match, answer, additional, authority, rcode, ederror, fallthrough }: replies made
 * from the question. Patterns and texts are read here, so that each mistake is told with its line. */
#include <string.h>

#include "directives.h"
#include "knamed/dns.h"
#include "list.h"

enum { EXTENDED_TEXT_MAX = 255 };

/* CLASS and TYPE are words of the registry, in capitals. */
static bool is_word(const char *text, void (*print)(uint16_t, char[16]), uint16_t number)
{
	char word[16];
	print(number, word);
	return strcmp(word, text) == 0;
}

static bool read_class(struct directive *directive, uint16_t *ret_class, struct error *error)
{
	if (!directive_next_argument(directive))
		return directive_fail_arguments(directive, error);
	const char *text = directive_text(directive);
	return (dns_class_from_text(text, ret_class) && strncmp(text, "CLASS", 5) != 0 &&
		is_word(text, dns_class_print, *ret_class)) ||
	       directive_fail(directive, error, "invalid query class %s", text);
}

static bool read_type(struct directive *directive, uint16_t *ret_type, struct error *error)
{
	if (!directive_next_argument(directive))
		return directive_fail_arguments(directive, error);
	const char *text = directive_text(directive);
	return (dns_type_from_text(text, ret_type) && strncmp(text, "TYPE", 4) != 0 &&
		is_word(text, dns_type_print, *ret_type)) ||
	       directive_fail(directive, error, "invalid RR class %s", text);
}

/* ---- options ---- */

static bool read_match(struct directive *directive, struct config_template *template,
		       struct error *error)
{
	struct arguments patterns = directive_arguments(directive);
	if (patterns.count == 0)
		return directive_fail_arguments(directive, error);
	for (size_t i = 0; i < patterns.count; i++) {
		const char *pattern = argument(patterns, i);
		struct error reason;
		if (strlen(pattern) > REGEX_PATTERN_MAX)
			return directive_fail(directive, error, "regex pattern too long: %zu > %d",
					      strlen(pattern), REGEX_PATTERN_MAX);
		struct regex *regex = regex_new(pattern, &reason);
		if (regex == NULL)
			return directive_fail(directive, error, "could not parse regex: %s, %s",
					      pattern, reason.text);
		regex_free(regex);
		words_add(directive->config->arena, &template->patterns, pattern);
	}
	return true;
}

static bool read_record(struct directive *directive, const char *name, const char *source,
			struct config_template_record *record, struct error *error)
{
	struct error reason;
	if (!template_text_read(directive->config->arena, name, directive_copy(directive, source),
				&record->text, &reason))
		return directive_fail(directive, error, "could not compile template: %s, %s",
				      source, reason.text);
	return template_text_check(&record->text, &record->type, &reason) ||
	       directive_fail(directive, error, "template \"%s\" makes no record: %s", source,
			      reason.text);
}

/* Records are kept by section: a new one goes behind the last of its own. */
static void add_record(struct directive *directive, struct config_template *template,
		       const struct config_template_record *record)
{
	template->records = list_grow(directive->config->arena, template->records,
				      template->record_count, sizeof(*record));
	size_t at = template->record_count++;
	for (; at > 0 && template->records[at - 1].section > record->section; at--)
		template->records[at] = template->records[at - 1];
	template->records[at] = *record;
}

static bool read_records(struct directive *directive, struct config_template *template,
			 enum template_section section, struct error *error)
{
	static const char *const names[] = { "answer", "authority", "additional" };
	struct arguments sources = directive_arguments(directive);
	if (sources.count == 0)
		return directive_fail_arguments(directive, error);
	for (size_t i = 0; i < sources.count; i++) {
		struct config_template_record record = { .section = section };
		if (!read_record(directive, names[section], argument(sources, i), &record, error))
			return false;
		add_record(directive, template, &record);
	}
	return true;
}

static bool read_answer(struct directive *directive, struct config_template *template,
			struct error *error)
{
	return read_records(directive, template, TEMPLATE_ANSWER, error);
}

static bool read_authority(struct directive *directive, struct config_template *template,
			   struct error *error)
{
	return read_records(directive, template, TEMPLATE_AUTHORITY, error);
}

static bool read_additional(struct directive *directive, struct config_template *template,
			    struct error *error)
{
	return read_records(directive, template, TEMPLATE_ADDITIONAL, error);
}

/* What a reply can say beside EDNS' own words. */
static bool read_rcode(struct directive *directive, struct config_template *template,
		       struct error *error)
{
	if (!directive_next_argument(directive))
		return directive_fail_arguments(directive, error);
	const char *text = directive_text(directive);
	const char *word = strcmp(text, "NOTIMPL") == 0	 ? "NOTIMP"
			   : strcmp(text, "BADSIG") == 0 ? "BADVERS"
							 : text;
	return (dns_rcode_from_text(word, &template->rcode) && strncmp(word, "RCODE", 5) != 0 &&
		is_word(word, dns_rcode_print, template->rcode)) ||
	       directive_fail(directive, error, "unknown rcode %s", text);
}

static bool read_extended_error(struct directive *directive, struct config_template *template,
				struct error *error)
{
	struct arguments arguments = directive_arguments(directive);
	uint64_t code;
	if (arguments.count != 1 && arguments.count != 2)
		return directive_fail_arguments(directive, error);
	if (!text_to_number(argument(arguments, 0), 0, UINT16_MAX, &code))
		return directive_fail(directive, error,
				      "error parsing extended DNS error code %s, expected a number of 0 to "
				      "65535",
				      argument(arguments, 0));
	const char *text = arguments.count == 2 ? argument(arguments, 1) : "";
	if (strlen(text) > EXTENDED_TEXT_MAX)
		return directive_fail(directive, error,
				      "the text of an ederror is longer than %d octets",
				      EXTENDED_TEXT_MAX);
	template->has_extended_error = true;
	template->extended_error = (uint16_t)code;
	template->extended_text = directive_copy(directive, text);
	return true;
}

static bool read_fallthrough(struct directive *directive, struct config_template *template,
			     struct error *error)
{
	static const struct config_zones none = { 0 };
	template->falls_through = true;
	return directive_zones(directive, directive_arguments(directive), &none,
			       &template->fallthrough, error);
}

static bool skip_upstream(struct directive *directive, struct config_template *template,
			  struct error *error)
{
	(void)template;
	(void)error;
	directive_note(directive, "upstream is an option of the past and has no effect");
	directive_arguments(directive);
	return true;
}

static bool refuse_expression(struct directive *directive, struct config_template *template,
			      struct error *error)
{
	(void)template;
	return directive_fail_unbuilt(directive, directive_text(directive), error);
}

static const struct option {
	const char *name;
	bool (*read)(struct directive *directive, struct config_template *template,
		     struct error *error);
} options[] = {
	{ "match", read_match },
	{ "answer", read_answer },
	{ "additional", read_additional },
	{ "authority", read_authority },
	{ "rcode", read_rcode },
	{ "ederror", read_extended_error },
	{ "fallthrough", read_fallthrough },
	{ "upstream", skip_upstream },
	{ "var", refuse_expression },
	{ "expr", refuse_expression },
};

static bool read_option(struct directive *directive, struct config_template *template,
			struct error *error)
{
	for (size_t i = 0; i < COUNT_OF(options); i++)
		if (directive_is_at(directive, options[i].name))
			return options[i].read(directive, template, error);
	return directive_fail_arguments(directive, error);
}

/* ---- the whole ---- */

/* A reply whose alias is followed holds what the followed name gives, and nothing else. */
static void note_alias(const struct directive *directive, const struct config_template *template)
{
	const struct config_template_record *last = NULL, *behind = NULL;
	for (size_t i = 0; i < template->record_count; i++) {
		if (template->records[i].section == TEMPLATE_ANSWER)
			last = &template->records[i];
		else
			behind = &template->records[i];
	}
	bool asks_addresses = template->type == TYPE_A || template->type == TYPE_AAAA ||
			      template->type == TYPE_ANY;
	if (last != NULL && last->type == TYPE_CNAME && behind != NULL && asks_addresses)
		directive_note(directive,
			       "template: authority and additional are left out of replies whose "
			       "CNAME is followed (A, AAAA)");
}

/* A group that no pattern has is put out as "<no value>", as Go does, and that makes no record. */
static void note_groups(const struct directive *directive, const struct config_template *template)
{
	struct map *names = map_new();
	for (size_t i = 0; i < template->patterns.count; i++) {
		struct regex *regex = regex_new(template->patterns.words[i], NULL);
		for (unsigned group = 0; group < regex_group_count(regex); group++) {
			const char *name = regex_group_name(regex, group);
			map_put(names, name, strlen(name), names);
		}
		regex_free(regex);
	}
	for (size_t i = 0; i < template->record_count; i++) {
		const struct template_text *text = &template->records[i].text;
		for (size_t j = 0; j < text->count; j++) {
			const struct template_step *step = &text->steps[j];
			if (step->op == TEMPLATE_GROUP && map_get(names, step->text, step->size) == NULL)
				directive_note(directive,
					       "template: no pattern has the group %s of \"%s\"",
					       step->text, text->source);
		}
	}
	map_free(names);
}

static bool read_template(struct directive *directive, struct config_template *template,
			  struct error *error)
{
	if (!read_class(directive, &template->class_, error) ||
	    !read_type(directive, &template->type, error) ||
	    !directive_zones(directive, directive_arguments(directive), directive->block_zones,
			     &template->zones, error))
		return false;
	while (directive_next_option(directive))
		if (!read_option(directive, template, error))
			return false;
	note_alias(directive, template);
	note_groups(directive, template);
	return true;
}

bool directive_template_read(struct directive *directive, struct error *error)
{
	struct config_block *block = directive->block;
	while (directive_next(directive)) {
		struct config_template template = { 0 };
		if (!read_template(directive, &template, error))
			return false;
		block->templates = list_grow(directive->config->arena, block->templates,
					     block->template_count, sizeof(template));
		block->templates[block->template_count++] = template;
	}
	return true;
}
