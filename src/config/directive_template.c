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

/* ---- conditions ---- */

/* Names that mean something in an expression, here or in CoreDNS. */
static const char *const reserved[] = {
	"abs",	       "all",	  "and",     "any",	    "bitand",	  "bitnand",
	"bitnot",      "bitor",	  "bitshl",  "bitshr",	    "bitushr",	  "bitxor",
	"bufsize",     "ceil",	  "class",   "client_ip",   "concat",	  "contains",
	"count",       "date",	  "do",	     "duration",    "else",	  "endsWith",
	"false",       "filter",  "find",    "findIndex",   "findLast",	  "findLastIndex",
	"first",       "flatten", "float",   "floor",	    "fromBase64", "fromJSON",
	"fromPairs",   "get",	  "group",   "groupBy",	    "hasPrefix",  "hasSuffix",
	"id",	       "if",	  "in",	     "incidr",	    "indexOf",	  "int",
	"join",	       "keys",	  "last",    "lastIndexOf", "len",	  "let",
	"lower",       "map",	  "matches", "max",	    "mean",	  "median",
	"metadata",    "min",	  "name",    "nil",	    "none",	  "not",
	"now",	       "one",	  "opcode",  "or",	    "port",	  "proto",
	"reduce",      "repeat",  "replace", "reverse",	    "round",	  "server_ip",
	"server_port", "size",	  "sort",    "sortBy",	    "split",	  "splitAfter",
	"startsWith",  "string",  "sum",     "take",	    "timezone",	  "toBase64",
	"toJSON",      "toPairs", "trim",    "trimPrefix",  "trimSuffix", "true",
	"type",	       "uniq",	  "upper",   "values",
};

static bool is_reserved(const struct config_template *template, const char *name)
{
	for (size_t i = 0; i < COUNT_OF(reserved); i++)
		if (strcmp(reserved[i], name) == 0)
			return true;
	for (size_t i = 0; i < template->condition_count; i++)
		if (template->conditions[i].name != NULL &&
		    strcmp(template->conditions[i].name, name) == 0)
			return true;
	return false;
}

static bool is_name(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
	size_t letters_first = strspn(name, letters);
	return letters_first > 0 &&
	       name[letters_first + strspn(name + letters_first, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
								 "0123456789")] == '\0';
}

/* What it means is not known here: whoever compiles it has the place to complain about. */
static void add_condition(struct directive *directive, struct config_template *template,
			  const char *name, struct arguments words)
{
	struct arena *arena = directive->config->arena;
	struct config_condition condition = { 0 };
	struct text text = { 0 };
	text_add(&text, "");
	for (size_t i = 0; i < words.count; i++)
		text_printf(&text, i > 0 ? " %s" : "%s", argument(words, i));
	condition.expression.text = arena_text(arena, text.data, text.size);
	text_clear(&text);
	text_printf(&text, "%scould not compile expression: ", directive_complaint(directive));
	if (name != NULL) {
		text_printf(&text, "%s, ", name);
		condition.name = directive_copy(directive, name);
	}
	condition.expression.complaint = arena_text(arena, text.data, text.size);
	text_done(&text);
	template->conditions =
		list_grow(arena, template->conditions, template->condition_count, sizeof(condition));
	template->conditions[template->condition_count++] = condition;
}

static bool read_variable(struct directive *directive, struct config_template *template,
			  struct error *error)
{
	struct arguments words = directive_arguments(directive);
	size_t count = 0;
	if (words.count < 2)
		return directive_fail_arguments(directive, error);
	const char *name = argument(words, 0);
	if (!is_name(name))
		return directive_fail(directive, error, "invalid variable name \"%s\"", name);
	if (is_reserved(template, name))
		return directive_fail(directive, error, "variable name \"%s\" is reserved", name);
	for (size_t i = 0; i < template->condition_count; i++)
		count += template->conditions[i].name != NULL;
	if (count == TEMPLATE_VARS_MAX)
		return directive_fail(directive, error, "more than %d variables", TEMPLATE_VARS_MAX);
	struct arguments expression = { words.items + 1, words.count - 1 };
	add_condition(directive, template, name, expression);
	return true;
}

static bool read_expression(struct directive *directive, struct config_template *template,
			    struct error *error)
{
	struct arguments words = directive_arguments(directive);
	if (words.count == 0)
		return directive_fail_arguments(directive, error);
	add_condition(directive, template, NULL, words);
	return true;
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
	{ "var", read_variable },
	{ "expr", read_expression },
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

static void note_names(const struct directive *directive, const struct config_template *template,
		       enum template_op op, const struct map *names, const char *sentence)
{
	for (size_t i = 0; i < template->record_count; i++) {
		const struct template_text *text = &template->records[i].text;
		for (size_t j = 0; j < text->count; j++) {
			const struct template_step *step = &text->steps[j];
			if (step->op == op && map_get(names, step->text, step->size) == NULL)
				directive_note(directive, "template: %s %s of \"%s\"", sentence,
					       step->text, text->source);
		}
	}
}

/* A group or variable that is not there is put out as "<no value>", as Go does, and that makes no record. */
static void note_missing(const struct directive *directive, const struct config_template *template)
{
	struct map *names = map_new(), *variables = map_new();
	for (size_t i = 0; i < template->patterns.count; i++) {
		struct regex *regex = regex_new(template->patterns.words[i], NULL);
		for (unsigned group = 0; group < regex_group_count(regex); group++) {
			const char *name = regex_group_name(regex, group);
			map_put(names, name, strlen(name), names);
		}
		regex_free(regex);
	}
	for (size_t i = 0; i < template->condition_count; i++) {
		const char *name = template->conditions[i].name;
		if (name != NULL)
			map_put(variables, name, strlen(name), variables);
	}
	note_names(directive, template, TEMPLATE_GROUP, names, "no pattern has the group");
	note_names(directive, template, TEMPLATE_VAR, variables, "there is no var");
	map_free(names);
	map_free(variables);
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
	note_missing(directive, template);
	return true;
}

bool directive_template_read(struct directive *directive, struct error *error)
{
	struct config_block *block = directive->block;
	while (directive_next(directive)) {
		struct config_template template = { .at = directive_at(directive) };
		if (!read_template(directive, &template, error))
			return false;
		block->templates = list_grow(directive->config->arena, block->templates,
					     block->template_count, sizeof(template));
		block->templates[block->template_count++] = template;
	}
	return true;
}
