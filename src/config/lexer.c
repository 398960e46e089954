/* SPDX-License-Identifier: Apache-2.0 */
/* Text into tokens. The rules are CoreDNS', oddities included: a comment glued to a word ends at the next blank, a
 * carriage return vanishes, a quote inside a word is a letter, and bytes that are not UTF-8 become U+FFFD. */
#include "token.h"

#include <string.h>

#include "list.h"

struct lexer {
	const unsigned char *at, *end;
	unsigned line;
	struct text word; /* the token that grows */
};

/* One character: its code and how many bytes it takes. */
struct letter {
	uint32_t code;
	unsigned size;
};
enum { REPLACEMENT = 0xfffd };

static bool is_continuation(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

static struct letter letter_at(const struct lexer *lexer)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const struct letter bad = { .code = REPLACEMENT, .size = 1 };
	unsigned char first = *lexer->at;
	if (first < 0x80)
		return (struct letter){ .code = first, .size = 1 };

	unsigned size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
	if (first < 0xc2 || first > 0xf4 || (size_t)(lexer->end - lexer->at) < size)
		return bad;
	uint32_t code = first & (0xffu >> (size + 1));
	for (unsigned i = 1; i < size; i++) {
		if (!is_continuation(lexer->at[i]))
			return bad;
		code = code << 6 | (lexer->at[i] & 0x3fu);
	}
	bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
	if (code < least[size] || code > 0x10ffff || is_surrogate)
		return bad;
	return (struct letter){ .code = code, .size = size };
}

/* Unicode's White_Space. */
static bool is_blank(uint32_t code)
{
	if (code < 0x80)
		return code == ' ' || (code >= '\t' && code <= '\r');
	return code == 0x85 || code == 0xa0 || code == 0x1680 ||
	       (code >= 0x2000 && code <= 0x200a) || code == 0x2028 || code == 0x2029 ||
	       code == 0x202f || code == 0x205f || code == 0x3000;
}

static void word_add(struct lexer *lexer, struct letter letter)
{
	bool is_bad = letter.code == REPLACEMENT && letter.size == 1;
	if (is_bad)
		text_add(&lexer->word, "\xef\xbf\xbd");
	else
		text_add_n(&lexer->word, lexer->at, letter.size);
}

/* Goes behind the letter; counts lines. */
static void step(struct lexer *lexer, struct letter letter)
{
	lexer->at += letter.size;
	if (letter.code == '\n')
		lexer->line++;
}

/* Blanks and comments in front of a token. False at the end of the text. */
static bool skip_to_token(struct lexer *lexer)
{
	bool is_comment = false;
	while (lexer->at < lexer->end) {
		struct letter letter = letter_at(lexer);
		if (letter.code == '#')
			is_comment = true;
		else if (!is_comment && !is_blank(letter.code))
			return true;
		step(lexer, letter);
		if (letter.code == '\n')
			is_comment = false;
	}
	return false;
}

/* False: the text ended before there was anything in the quotes. */
static bool read_quoted(struct lexer *lexer)
{
	bool is_escaped = false;
	lexer->at++;
	while (lexer->at < lexer->end) {
		struct letter letter = letter_at(lexer);
		if (!is_escaped && letter.code == '"') {
			lexer->at++;
			return true;
		}
		if (!is_escaped && letter.code == '\\') {
			is_escaped = true;
			lexer->at++;
			continue;
		}
		if (is_escaped && letter.code != '"')
			text_add(&lexer->word, "\\");
		word_add(lexer, letter);
		step(lexer, letter);
		is_escaped = false;
	}
	return lexer->word.size > 0;
}

static void read_word(struct lexer *lexer)
{
	bool is_comment = false;
	while (lexer->at < lexer->end) {
		struct letter letter = letter_at(lexer);
		if (letter.code == '#')
			is_comment = true;
		bool is_end = is_blank(letter.code) && letter.code != '\r';
		if (!is_end && !is_comment && letter.code != '\r')
			word_add(lexer, letter);
		step(lexer, letter);
		if (is_end)
			return;
	}
}

static bool read_token(struct lexer *lexer, unsigned *ret_line)
{
	text_clear(&lexer->word);
	if (!skip_to_token(lexer))
		return false;
	*ret_line = lexer->line;
	if (*lexer->at == '"')
		return read_quoted(lexer);
	read_word(lexer);
	return true;
}

unsigned text_line_breaks(const char *text)
{
	unsigned breaks = 0;
	while ((text = strchr(text, '\n')) != NULL) {
		breaks++;
		text++;
	}
	return breaks;
}

static bool refuse_zero_byte(const struct lexer_input *input, struct error *error)
{
	const char *zero = memchr(input->text, 0, input->size);
	if (zero == NULL)
		return true;
	unsigned line = 1 + text_line_breaks(input->text);
	return error_set(error, "%s:%u - Error during parsing: a zero byte is not text",
			 input->name, line);
}

static bool read_tokens(struct lexer *lexer, struct arena *arena, const struct lexer_input *input,
			struct tokens *tokens, struct error *error)
{
	for (unsigned line; read_token(lexer, &line);) {
		if (tokens->count == input->most)
			return error_set(error,
					 "%s:%u - Error during parsing: more than %zu words are too many",
					 input->name, line, input->most);
		tokens->items =
			list_grow(arena, tokens->items, tokens->count, sizeof(tokens->items[0]));
		const char *word = lexer->word.size > 0 ? lexer->word.data : "";
		tokens->items[tokens->count++] = (struct token){
			.text = arena_text(arena, word, lexer->word.size),
			.file = input->file,
			.line = line,
			.breaks = text_line_breaks(word),
		};
	}
	return true;
}

bool lexer_read(struct arena *arena, const struct lexer_input *input, struct tokens *ret_tokens,
		struct error *error)
{
	if (!refuse_zero_byte(input, error))
		return false;
	const unsigned char *start = (const unsigned char *)input->text;
	struct lexer lexer = { .at = start, .end = start + input->size, .line = 1 };
	if (input->size >= 3 && memcmp(start, "\xef\xbb\xbf", 3) == 0) /* byte order mark */
		lexer.at += 3;

	struct tokens tokens = { 0 };
	bool good = read_tokens(&lexer, arena, input, &tokens, error);
	text_done(&lexer.word);
	if (good)
		*ret_tokens = tokens;
	return good;
}

static bool same_file(const struct token *a, const struct token *b)
{
	return a->file == b->file ||
	       (a->file != NULL && b->file != NULL && strcmp(a->file, b->file) == 0);
}

bool token_begins_line(const struct token *token, const struct token *next)
{
	return !same_file(token, next) || token->line + token->breaks < next->line;
}

bool token_is_on_line(const struct token *token, const struct token *next)
{
	return same_file(token, next) && token->line + token->breaks == next->line;
}
