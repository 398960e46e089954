/* SPDX-License-Identifier: Apache-2.0 */
/* What can be said of a template's record before there is a question: a mistake in what does not
 * depend on one is found when the Corefile is read. */
#include <string.h>

#include "knamed/config.h"
#include "knamed/dns.h"

/* Stands for what is made; no Corefile has it. */
#define MADE '\1'

static bool prints_class(const struct template_text *text, size_t step)
{
	return step > 0 && text->steps[step - 1].op == TEMPLATE_FIELD &&
	       text->steps[step - 1].number == TEMPLATE_CLASS;
}

/* The text with MADE for each value, but for the class; false: it depends on conditions. */
static bool sketch(const struct template_text *text, struct text *ret_sketch)
{
	text_add(ret_sketch, "");
	for (size_t i = 0; i < text->count; i++) {
		const struct template_step *step = &text->steps[i];
		if (step->op == TEMPLATE_SKIP || step->op == TEMPLATE_SKIP_UNLESS)
			return false;
		if (step->op == TEMPLATE_TEXT)
			text_add_n(ret_sketch, step->text, step->size);
		else if (step->op == TEMPLATE_PRINT && prints_class(text, i))
			text_add(ret_sketch, "IN");
		else if (step->op == TEMPLATE_PRINT)
			text_add_n(ret_sketch, (const char[]){ MADE }, 1);
	}
	return true;
}

static bool is_made(const char *text)
{
	return strchr(text, MADE) != NULL;
}

enum { WORD_MAX = 63 };

/* The next word; false: there is none. Parentheses and quotes are not expected before the data. */
static bool next_word(const char **at, char ret_word[WORD_MAX + 1])
{
	static const char blanks[] = " \t\r\n";
	const char *from = *at + strspn(*at, blanks);
	size_t size = strcspn(from, blanks);
	*at = from + size;
	size = size < WORD_MAX ? size : WORD_MAX;
	memcpy(ret_word, from, size);
	ret_word[size] = '\0';
	return size > 0;
}

/* Finds the type behind name, TTL and class. *ret_type is 0 where one of these is made: then what
 * follows may be anything. */
static bool find_type(const char **at, uint16_t *ret_type, struct error *error)
{
	char word[WORD_MAX + 1];
	uint32_t ttl;
	uint16_t class_;
	*ret_type = 0;
	next_word(at, word); /* the name, which may be longer */
	while (next_word(at, word)) {
		if (is_made(word))
			return true;
		if (dns_ttl_from_text(word, &ttl) || dns_class_from_text(word, &class_))
			continue;
		return dns_type_from_text(word, ret_type) ||
		       error_set(error, "\"%s\" is no type of a record", word);
	}
	return error_set(error, "the record ends too early");
}

/* The data alone, of a record of that type. */
static bool check_data(uint16_t type, const char *data, struct error *error)
{
	struct dns_line line;
	struct text text = { 0 };
	char word[16];
	dns_type_print(type, word);
	text_printf(&text, ". %s %s", word, data);
	bool is_good = dns_line_read(text.data, text.size, &line, error);
	text_done(&text);
	return is_good;
}

static bool check_sketch(const struct text *text, uint16_t *ret_type, struct error *error)
{
	struct dns_line line;
	const char *data = text->data;
	if (!is_made(text->data)) {
		bool is_good = dns_line_read(text->data, text->size, &line, error);
		*ret_type = is_good ? line.type : 0;
		return is_good;
	}
	if (!find_type(&data, ret_type, error))
		return false;
	bool is_known = *ret_type != 0 && (!is_made(data) || !dns_line_has_type(*ret_type));
	return !is_known || check_data(*ret_type, data, error);
}

bool template_text_check(const struct template_text *text, uint16_t *ret_type, struct error *error)
{
	struct text drawn = { 0 };
	*ret_type = 0;
	bool is_good = !sketch(text, &drawn) || check_sketch(&drawn, ret_type, error);
	text_done(&drawn);
	return is_good;
}
