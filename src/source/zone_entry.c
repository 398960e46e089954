/* SPDX-License-Identifier: Apache-2.0 */
/* Takes an entry apart as far as all types are alike. */
#include "zone_entry.h"

#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct zone_word zone_word_next(const char **at)
{
	while (is_blank(**at))
		++*at;
	const char *start = *at;
	while (**at != '\0' && !is_blank(**at))
		*at += **at == '\\' && (*at)[1] != '\0' ? 2 : 1;
	return (struct zone_word){ start, (size_t)(*at - start) };
}

bool zone_word_is(struct zone_word word, const char *text)
{
	return word.size == strlen(text) && strncasecmp(word.text, text, word.size) == 0;
}

static uint64_t unit_seconds(char unit)
{
	switch (unit | 0x20) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 60 * 60;
	case 'd':
		return 24 * 60 * 60;
	case 'w':
		return 7 * 24 * 60 * 60;
	}
	return 0;
}

bool zone_word_to_ttl(struct zone_word word, uint32_t *ret_ttl)
{
	uint64_t total = 0, number = 0;
	bool has_digits = false;

	for (size_t i = 0; i < word.size; i++) {
		char c = word.text[i];
		if (c >= '0' && c <= '9') {
			number = number * 10 + (uint64_t)(c - '0');
			number = number > ZONE_TTL_MAX ? ZONE_TTL_MAX : number;
			has_digits = true;
			continue;
		}
		if (!has_digits || unit_seconds(c) == 0)
			return false;
		total += number * unit_seconds(c);
		total = total > ZONE_TTL_MAX ? ZONE_TTL_MAX : total;
		number = 0;
		has_digits = false;
	}
	if (word.size == 0 || word.text[0] < '0' || word.text[0] > '9')
		return false;
	total += number;
	*ret_ttl = total > ZONE_TTL_MAX ? ZONE_TTL_MAX : (uint32_t)total;
	return true;
}

/* The last dot counts only if it is not escaped. */
static bool is_absolute(struct zone_word word)
{
	size_t escapes = 0;

	if (word.size == 0 || word.text[word.size - 1] != '.')
		return false;
	while (escapes + 1 < word.size && word.text[word.size - 2 - escapes] == '\\')
		escapes++;
	return escapes % 2 == 0;
}

bool zone_word_to_name(struct zone_word word, const uint8_t *origin, uint8_t ret_name[DNS_NAME_MAX],
		       struct error *error)
{
	struct text text = { 0 };
	char printed[NAME_TEXT_SIZE];
	uint8_t size;

	if (zone_word_is(word, "@")) {
		memcpy(ret_name, origin, name_size(origin));
		return true;
	}
	text_add_n(&text, word.text, word.size);
	if (!is_absolute(word)) {
		name_print(origin, printed);
		text_printf(&text, ".%s", origin[0] == 0 ? "" : printed);
	}
	bool good = name_parse(text.data, ret_name, &size);
	text_done(&text);
	return good || error_set(error, "'%.*s' is not a name",
				 (int)(word.size < 300 ? word.size : 300), word.text);
}

static bool is_other_class(struct zone_word word)
{
	return zone_word_is(word, "CH") || zone_word_is(word, "HS") || zone_word_is(word, "CS") ||
	       (word.size > 5 && strncasecmp(word.text, "CLASS", 5) == 0 &&
		!zone_word_is(word, "CLASS1"));
}

bool zone_entry_split(const char *text, struct zone_entry *ret_entry, struct error *error)
{
	struct zone_entry entry = { .owner = { text, 0 } };
	bool has_class = false;

	if (!is_blank(text[0]))
		entry.owner = zone_word_next(&text);
	for (;;) {
		struct zone_word word = zone_word_next(&text);
		bool is_class = zone_word_is(word, "IN") || zone_word_is(word, "CLASS1");
		if (is_other_class(word))
			return error_set(error, "class %.*s: only IN is served", (int)word.size,
					 word.text);
		if (is_class && !has_class) {
			has_class = true;
		} else if (!entry.has_ttl && zone_word_to_ttl(word, &entry.ttl)) {
			entry.has_ttl = true;
		} else if (word.size == 0) {
			return error_set(error, "expected a type");
		} else {
			entry.type = word;
			break;
		}
	}
	while (is_blank(*text))
		text++;
	entry.rdata = text;
	*ret_entry = entry;
	return true;
}
