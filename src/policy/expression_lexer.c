/* SPDX-License-Identifier: Apache-2.0 */
/* Words of an expression. Texts stand in ' or " with Go's escapes, or in ` without any. */
#include "expression_parts.h"

#include <ctype.h>
#include <string.h>

/* The longer ones first. */
static const struct {
	const char *text;
	enum word word;
} signs[] = {
	{ "||", WORD_OR },	    { "&&", WORD_AND },	       { "==", WORD_EQUAL },
	{ "!=", WORD_UNEQUAL },	    { "<=", WORD_LESS_EQUAL }, { ">=", WORD_MORE_EQUAL },
	{ "<", WORD_LESS },	    { ">", WORD_MORE },	       { "!", WORD_NOT },
	{ "-", WORD_MINUS },	    { "+", WORD_PLUS },	       { "(", WORD_OPEN },
	{ ")", WORD_CLOSE },	    { "[", WORD_LIST_OPEN },   { "]", WORD_LIST_CLOSE },
	{ ",", WORD_COMMA },	    { "?", WORD_QUESTION },    { ":", WORD_COLON },
}, names[] = {
	{ "or", WORD_OR },	    { "and", WORD_AND },       { "not", WORD_NOT },
	{ "in", WORD_IN },	    { "matches", WORD_MATCHES }, { "contains", WORD_CONTAINS },
	{ "startsWith", WORD_STARTS }, { "endsWith", WORD_ENDS },
};

static bool is_name_start(char c)
{
	return isalpha((unsigned char)c) || c == '_' || c == '$';
}

static bool is_name(char c)
{
	return is_name_start(c) || isdigit((unsigned char)c);
}

static void read_name(struct lexer *lexer, struct token *token)
{
	const char *name = lexer->text + lexer->at;
	while (is_name(name[token->size]))
		token->size++;
	token->kind = TOKEN_NAME;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (strlen(names[i].text) == token->size &&
		    memcmp(names[i].text, name, token->size) == 0) {
			token->kind = TOKEN_WORD;
			token->word = names[i].word;
		}
	}
}

static bool read_sign(struct lexer *lexer, struct token *token)
{
	const char *text = lexer->text + lexer->at;
	for (size_t i = 0; i < COUNT_OF(signs); i++) {
		size_t size = strlen(signs[i].text);
		if (strncmp(text, signs[i].text, size) != 0)
			continue;
		token->kind = TOKEN_WORD;
		token->word = signs[i].word;
		token->size = size;
		return true;
	}
	return false;
}

/* ---- numbers ---- */

static int digit_of(char c, unsigned base)
{
	int digit = isdigit((unsigned char)c)	 ? c - '0'
		    : isxdigit((unsigned char)c) ? (c | 32) - 'a' + 10
						 : 16;
	return digit < (int)base ? digit : -1;
}

/* 4096, 4_096, 0x1000, 0.5. What follows must not look like more of it. */
static bool read_number(struct lexer *lexer, struct token *token, struct error *error)
{
	const char *text = lexer->text + lexer->at;
	bool is_hex = text[0] == '0' && (text[1] | 32) == 'x';
	unsigned base = is_hex ? 16 : 10;
	size_t at = is_hex ? 2 : 0, first = at;
	double scale = 0;
	for (;; at++) {
		int digit = digit_of(text[at], base);
		if (text[at] == '_' && at > first)
			continue;
		if (text[at] == '.' && scale == 0 && !is_hex && digit_of(text[at + 1], 10) >= 0) {
			scale = 1;
			continue;
		}
		if (digit < 0)
			break;
		token->number = token->number * base + digit;
		scale *= 10;
	}
	token->kind = TOKEN_NUMBER;
	token->size = at;
	token->number /= scale > 0 ? scale : 1;
	if (at == first || is_name(text[at]) || text[at] == '.')
		return error_set(error, "bad number syntax");
	return true;
}

/* ---- texts ---- */

static void put_rune(struct text *text, uint32_t rune)
{
	uint8_t bytes[4];
	size_t size = rune < 0x80 ? 1 : rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
	static const uint8_t heads[] = { 0, 0x00, 0xc0, 0xe0, 0xf0 };
	for (size_t i = size; i-- > 1; rune >>= 6)
		bytes[i] = (uint8_t)(0x80 | (rune & 0x3f));
	bytes[0] = (uint8_t)(heads[size] | rune);
	text_add_n(text, bytes, size);
}

/* \xHH is an octet, \uHHHH and \UHHHHHHHH are characters. */
static const char *put_hex_escape(const char *at, struct text *text)
{
	unsigned count = *at == 'x' ? 2 : *at == 'u' ? 4 : 8;
	bool is_octet = *at == 'x';
	uint32_t number = 0;
	for (at++; count > 0; count--, at++) {
		int digit = digit_of(*at, 16);
		if (digit < 0)
			return NULL;
		number = number << 4 | (uint32_t)digit;
	}
	if (number > 0x10ffff || (number >= 0xd800 && number < 0xe000))
		return NULL;
	uint8_t octet = (uint8_t)number;
	if (is_octet)
		text_add_n(text, &octet, 1);
	else
		put_rune(text, number);
	return at;
}

/* Stands behind the backslash; returns what follows, or NULL. */
static const char *put_escape(const char *at, struct text *text)
{
	static const char from[] = "abfnrtv\\'\"`", to[] = "\a\b\f\n\r\t\v\\'\"`";
	const char *simple = *at != '\0' ? strchr(from, *at) : NULL;
	if (simple != NULL) {
		text_add_n(text, &to[simple - from], 1);
		return at + 1;
	}
	return *at == 'x' || *at == 'u' || *at == 'U' ? put_hex_escape(at, text) : NULL;
}

static bool read_text(struct lexer *lexer, struct token *token, struct error *error)
{
	const char *start = lexer->text + lexer->at, *at = start + 1;
	struct text text = { 0 };
	text_add(&text, "");
	while (at != NULL && *at != *start && *at != '\0' && (*at != '\n' || *start == '`')) {
		if (*at == '\\' && *start != '`')
			at = put_escape(at + 1, &text);
		else
			text_add_n(&text, at++, 1);
	}
	bool is_ended = at != NULL && *at == *start;
	if (is_ended) {
		token->kind = TOKEN_TEXT;
		token->text = arena_text(lexer->arena, text.data, text.size);
		token->text_size = text.size;
		token->size = (size_t)(at + 1 - start);
	}
	text_done(&text);
	return is_ended ||
	       error_set(error, at == NULL ? "invalid escape in a text" : "literal not terminated");
}

bool lexer_next(struct lexer *lexer, struct token *ret_token, struct error *error)
{
	lexer->at += strspn(lexer->text + lexer->at, " \t\r\n");
	const char *text = lexer->text + lexer->at;
	struct token token = { .at = lexer->at, .word = WORD_NONE };
	bool is_good = true;
	if (*text == '\0')
		token.kind = TOKEN_END;
	else if (*text == '\'' || *text == '"' || *text == '`')
		is_good = read_text(lexer, &token, error);
	else if (isdigit((unsigned char)*text))
		is_good = read_number(lexer, &token, error);
	else if (is_name_start(*text))
		read_name(lexer, &token);
	else if (!read_sign(lexer, &token)) {
		token.kind = TOKEN_OTHER;
		token.size = 1;
	}
	lexer->at += token.size;
	*ret_token = token;
	return is_good;
}
