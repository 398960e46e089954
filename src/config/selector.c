/* SPDX-License-Identifier: Apache-2.0 */
/* Label selectors of Kubernetes: "a=b, c!=d, e in (f,g), h notin (i), j, !k". "=" and "!=" become
 * "in" and "notin" with one value. */
#include <string.h>

#include "knamed/config.h"

enum { PART_MAX = 63, PREFIX_MAX = 253 };

/* One word or sign of the expression. size 0: the end. */
struct piece {
	const char *text;
	size_t size;
	bool is_word;
};
struct scanner {
	const char *at;
	struct piece piece; /* the one at hand */
	struct error *error;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_sign(char c)
{
	return c != 0 && strchr("=!(),<>", c) != NULL;
}

static void advance(struct scanner *scanner)
{
	while (is_blank(*scanner->at))
		scanner->at++;
	struct piece piece = { .text = scanner->at };
	if (is_sign(*scanner->at)) {
		bool is_double = scanner->at[1] == '=' && (*scanner->at == '=' || *scanner->at == '!');
		piece.size = is_double ? 2 : 1;
	} else {
		while (scanner->at[piece.size] != 0 && !is_blank(scanner->at[piece.size]) &&
		       !is_sign(scanner->at[piece.size]))
			piece.size++;
		piece.is_word = piece.size > 0;
	}
	scanner->at += piece.size;
	scanner->piece = piece;
}

static bool at(const struct scanner *scanner, const char *text)
{
	return scanner->piece.size == strlen(text) &&
	       memcmp(scanner->piece.text, text, scanner->piece.size) == 0;
}

static bool fail(struct scanner *scanner, const char *expected)
{
	return error_set(scanner->error, "found '%.*s', expected: %s", (int)scanner->piece.size,
			 scanner->piece.text, expected);
}

static bool is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Letters, digits and "-_." with a letter or digit at both ends. */
static bool is_label_part(const char *text, size_t size)
{
	if (size == 0 || size > PART_MAX || !is_alphanumeric(text[0]) ||
	    !is_alphanumeric(text[size - 1]))
		return false;
	for (size_t i = 0; i < size; i++)
		if (!is_alphanumeric(text[i]) && strchr("-_.", text[i]) == NULL)
			return false;
	return true;
}

/* A DNS name in lower case, labels with a letter or digit at both ends. */
static bool is_prefix(const char *text, size_t size)
{
	if (size == 0 || size > PREFIX_MAX)
		return false;
	for (size_t i = 0; i < size; i++) {
		bool is_inner = text[i] == '-' || text[i] == '.';
		bool is_upper = text[i] >= 'A' && text[i] <= 'Z';
		if (is_upper || (!is_inner && !is_alphanumeric(text[i])))
			return false;
		bool at_edge = i == 0 || i == size - 1 || text[i - 1] == '.' || text[i + 1] == '.';
		if (is_inner && at_edge)
			return false;
	}
	return true;
}

static bool is_label_key(const char *text, size_t size)
{
	const char *slash = memchr(text, '/', size);
	if (slash == NULL)
		return is_label_part(text, size);
	size_t prefix = (size_t)(slash - text);
	return is_prefix(text, prefix) && is_label_part(slash + 1, size - prefix - 1);
}

static bool read_key(struct scanner *scanner, char **ret_key)
{
	const struct piece *piece = &scanner->piece;
	if (!piece->is_word)
		return fail(scanner, "identifier");
	if (!is_label_key(piece->text, piece->size))
		return error_set(scanner->error, "'%.*s' is not a label key", (int)piece->size,
				 piece->text);
	*ret_key = mem_text_n(piece->text, piece->size);
	advance(scanner);
	return true;
}

/* Adds the word at hand as a value; what is no word is the empty value and stays. */
static bool read_value(struct scanner *scanner, struct words *values)
{
	const struct piece *piece = &scanner->piece;
	if (piece->is_word && !is_label_part(piece->text, piece->size))
		return error_set(scanner->error, "'%.*s' is not a label value", (int)piece->size,
				 piece->text);
	values->words = mem_realloc(values->words, (values->count + 1) * sizeof(values->words[0]));
	values->words[values->count++] = mem_text_n(piece->text, piece->is_word ? piece->size : 0);
	if (piece->is_word)
		advance(scanner);
	return true;
}

/* "(a,b,c)"; values may be empty. */
static bool read_values(struct scanner *scanner, struct words *values)
{
	if (!at(scanner, "("))
		return fail(scanner, "'('");
	do {
		advance(scanner);
		if (!read_value(scanner, values))
			return false;
	} while (at(scanner, ","));
	if (!at(scanner, ")"))
		return fail(scanner, "',' or ')'");
	advance(scanner);
	return true;
}

static bool is_at_end_of_term(const struct scanner *scanner)
{
	return scanner->piece.size == 0 || at(scanner, ",");
}

static bool read_operator(struct scanner *scanner, struct selector_term *term)
{
	bool is_equal = at(scanner, "=") || at(scanner, "=="), is_unequal = at(scanner, "!=");
	bool is_in = at(scanner, "in"), is_not_in = at(scanner, "notin");
	if (at(scanner, "<") || at(scanner, ">") || at(scanner, "gt") || at(scanner, "lt"))
		return error_set(scanner->error, "\"%.*s\" isn't supported in label selectors",
				 (int)scanner->piece.size, scanner->piece.text);
	if (!is_equal && !is_unequal && !is_in && !is_not_in)
		return fail(scanner, "in, notin, =, ==, !=");
	term->op = is_equal || is_in ? SELECT_IN : SELECT_NOT_IN;
	advance(scanner);
	if (is_in || is_not_in)
		return read_values(scanner, &term->values);
	if (!scanner->piece.is_word && !is_at_end_of_term(scanner))
		return fail(scanner, "identifier");
	return read_value(scanner, &term->values);
}

static bool read_term(struct scanner *scanner, struct selector_term *term)
{
	bool is_negated = at(scanner, "!");
	if (is_negated)
		advance(scanner);
	if (!read_key(scanner, &term->key))
		return false;
	term->op = is_negated ? SELECT_NOT_EXISTS : SELECT_EXISTS;
	if (is_negated || is_at_end_of_term(scanner))
		return is_at_end_of_term(scanner) || fail(scanner, "',' or 'end of string'");
	return read_operator(scanner, term) &&
	       (is_at_end_of_term(scanner) || fail(scanner, "',' or 'end of string'"));
}

static bool read_terms(struct scanner *scanner, struct selector *selector)
{
	advance(scanner);
	if (scanner->piece.size == 0)
		return true;
	for (;;) {
		selector->terms = mem_realloc(selector->terms,
					      (selector->count + 1) * sizeof(selector->terms[0]));
		struct selector_term *term = &selector->terms[selector->count++];
		*term = (struct selector_term){ 0 };
		if (!read_term(scanner, term))
			return false;
		if (scanner->piece.size == 0)
			return true;
		advance(scanner);
	}
}

bool selector_read(const char *text, struct selector *ret_selector, struct error *error)
{
	struct scanner scanner = { .at = text, .error = error };
	struct selector selector = { 0 };
	if (read_terms(&scanner, &selector)) {
		*ret_selector = selector;
		return true;
	}
	selector_done(&selector);
	return false;
}

static bool has_value(const struct words *values, const char *value)
{
	for (size_t i = 0; i < values->count; i++)
		if (strcmp(values->words[i], value) == 0)
			return true;
	return false;
}

static bool term_matches(const struct selector_term *term, const char *value)
{
	switch (term->op) {
	case SELECT_IN:
		return value != NULL && has_value(&term->values, value);
	case SELECT_NOT_IN:
		return value == NULL || !has_value(&term->values, value);
	case SELECT_EXISTS:
		return value != NULL;
	case SELECT_NOT_EXISTS:
		return value == NULL;
	}
	return false;
}

bool selector_matches(const struct selector *selector, selector_get get, const void *labels)
{
	for (size_t i = 0; i < selector->count; i++)
		if (!term_matches(&selector->terms[i], get(labels, selector->terms[i].key)))
			return false;
	return true;
}

void selector_done(struct selector *selector)
{
	for (size_t i = 0; i < selector->count; i++) {
		struct selector_term *term = &selector->terms[i];
		for (size_t j = 0; j < term->values.count; j++)
			mem_free(term->values.words[j]);
		mem_free(term->values.words);
		mem_free(term->key);
	}
	mem_free(selector->terms);
	*selector = (struct selector){ 0 };
}
