/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a hosts file: an address and its names, `#` begins a remark. A line that says nothing
 * useful is left out and told of; it never costs the lines around it. */
#include "hosts.h"

#include <stdio.h>
#include <string.h>

enum { WORD_MOST = 1024, SHOWN_MOST = 64 };

/* A walk over the words of one line. */
struct line {
	const char *at, *end;
	unsigned number;
};

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next word, cut at WORD_MOST: nothing as long as that is good. */
static bool next_word(struct line *line, char ret_word[WORD_MOST + 1])
{
	while (line->at < line->end && is_space(*line->at))
		line->at++;
	const char *start = line->at;
	while (line->at < line->end && !is_space(*line->at))
		line->at++;
	size_t size = (size_t)(line->at - start);
	if (size == 0)
		return false;
	size = size < WORD_MOST ? size : WORD_MOST;
	memcpy(ret_word, start, size);
	ret_word[size] = '\0';
	for (size_t i = 0; i < size; i++)
		if (ret_word[i] == '\0')
			ret_word[i] = '\1'; /* no name and no address has it either */
	return true;
}

/* 010.0.0.1 is 8.0.0.1 to some and 10.0.0.1 to others, so it is none. */
static bool has_leading_zero(const char *text)
{
	const char *colon = strrchr(text, ':');
	if (strchr(text, '.') == NULL)
		return false;
	for (const char *at = colon != NULL ? colon + 1 : text; at != NULL; at = strchr(at, '.')) {
		at += *at == '.';
		if (at[0] == '0' && at[1] >= '0' && at[1] <= '9')
			return true;
	}
	return false;
}

static bool read_address(char *word, struct ip *ret_ip)
{
	word[strcspn(word, "%")] = '\0'; /* a zone is of no use to others */
	return ip_parse(word, ret_ip) && !has_leading_zero(word);
}

static bool read_name(const char *word, uint8_t ret_name[DNS_NAME_MAX], uint8_t *ret_size)
{
	if (!name_parse(word, ret_name, ret_size) || *ret_size < 2)
		return false;
	name_lower(ret_name, *ret_size);
	return true;
}

static void complain(const struct hosts_reading *reading, const struct line *line, const char *word,
		     const char *expected)
{
	char text[256], shown[SHOWN_MOST + 1];
	if (reading->complain == NULL)
		return;
	snprintf(shown, sizeof(shown), "%s", word);
	for (char *at = shown; *at != '\0'; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
	snprintf(text, sizeof(text), "%s, found \"%s%s\"", expected, shown,
		 strlen(word) > SHOWN_MOST ? "..." : "");
	reading->complain(reading->context, line->number, text);
}

/* False: there are too many names. */
static bool read_line(const struct hosts_reading *reading, struct line *line, struct hosts_draft *draft)
{
	char word[WORD_MOST + 1];
	struct ip ip;
	if (!next_word(line, word))
		return true;
	if (!read_address(word, &ip)) {
		if (!reading->skips_lines)
			complain(reading, line, word, "the line is skipped: expected an address");
		return true;
	}
	while (next_word(line, word)) {
		size_t zone;
		uint8_t name[DNS_NAME_MAX], size;
		if (!read_name(word, name, &size))
			complain(reading, line, word,
				 "a name is skipped: expected labels of 1 to 63 octets");
		else if (zone_list_find(reading->zones, name, &zone) &&
			 !hosts_draft_add(draft, name, size, &ip))
			return false;
	}
	return true;
}

bool hosts_read(const struct hosts_reading *reading, struct hosts_draft *draft, const char *text,
		size_t size, struct error *error)
{
	const char *end = text + size;
	unsigned number = 0;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *line_end = newline != NULL ? newline : end;
		const char *remark = memchr(text, '#', (size_t)(line_end - text));
		struct line line = { text, remark != NULL ? remark : line_end, ++number };
		if (!read_line(reading, &line, draft))
			return error_set(error, "line %u: more than %d names and addresses", number,
					 HOSTS_PAIRS_MOST);
		text = newline != NULL ? newline + 1 : end;
	}
	return true;
}
