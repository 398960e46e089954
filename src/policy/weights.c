/* SPDX-License-Identifier: Apache-2.0 */
/* One sorted list of (name, address): nothing that a name's owner chooses makes it slow. */
#include "weights.h"

#include <stdlib.h>
#include <string.h>

#include "knamed/dns.h"

enum { WEIGHT_MOST = 255, WORDS_MOST = 3, WORD_MOST = 1024 };

struct weight {
	const uint8_t *name;
	struct ip ip;
	uint8_t value;
	uint32_t order; /* of two for the same address the first counts */
};

struct weights {
	struct arena *arena;
	struct weight *list;
	uint32_t count, room;
};

static int compare_names(const uint8_t *a, const uint8_t *b)
{
	size_t a_size = name_size(a), b_size = name_size(b);
	if (a_size != b_size)
		return a_size < b_size ? -1 : 1;
	return memcmp(a, b, a_size);
}

static int compare_places(const void *a, const void *b)
{
	const struct weight *first = a, *second = b;
	int by_name = compare_names(first->name, second->name);
	return by_name != 0 ? by_name : ip_compare(&first->ip, &second->ip);
}

static int compare_all(const void *a, const void *b)
{
	const struct weight *first = a, *second = b;
	int by_place = compare_places(a, b);
	return by_place != 0 ? by_place : first->order < second->order ? -1 : 1;
}

void weights_free(struct weights *weights)
{
	if (weights == NULL)
		return;
	arena_free(weights->arena);
	mem_free(weights->list);
	mem_free(weights);
}

/* ---- reading ---- */

struct line {
	const char *path;
	unsigned number;
	char words[WORDS_MOST][WORD_MOST]; /* cut: nothing as long as that is good */
	unsigned count;
};

static void split(struct line *line, const char *text, size_t size)
{
	size_t at = 0;
	line->count = 0;
	while (line->count < WORDS_MOST) {
		while (at < size && (text[at] == ' ' || (text[at] >= '\t' && text[at] <= '\r')))
			at++;
		size_t start = at;
		while (at < size && text[at] != ' ' && (text[at] < '\t' || text[at] > '\r'))
			at++;
		if (at == start)
			return;
		size_t length = at - start < WORD_MOST - 1 ? at - start : WORD_MOST - 1;
		memcpy(line->words[line->count], text + start, length);
		line->words[line->count++][length] = '\0';
	}
}

static bool fail(const struct line *line, struct error *error, const char *what, unsigned word)
{
	return error_set(error, "%s:%u - %s: \"%.80s\"", line->path, line->number, what,
			 line->words[word]);
}

static bool read_name(struct weights *weights, const struct line *line, const uint8_t **ret_name,
		      struct error *error)
{
	uint8_t name[DNS_NAME_MAX], size;
	struct ip ip;
	if (ip_parse(line->words[0], &ip))
		return fail(line, error, "wrong domain name, an address without a weight", 0);
	if (!name_parse(line->words[0], name, &size))
		return fail(line, error, "wrong domain name", 0);
	name_lower(name, size);
	uint8_t *copy = arena_alloc(weights->arena, size);
	memcpy(copy, name, size);
	*ret_name = copy;
	return true;
}

static bool read_weight(struct weights *weights, const struct line *line, const uint8_t *name,
			struct error *error)
{
	struct weight weight = { .name = name, .order = weights->count };
	uint64_t value;
	if (!ip_parse(line->words[0], &weight.ip))
		return fail(line, error, "wrong IP address", 0);
	if (!text_to_number(line->words[1], 1, WEIGHT_MOST, &value))
		return fail(line, error, "wrong weight value, it is 1 to 255", 1);
	if (name == NULL)
		return fail(line, error, "missing domain name in front of this address", 0);
	weight.value = (uint8_t)value;
	if (weights->count == weights->room) {
		weights->room = 2 * weights->room + 16;
		weights->list = mem_realloc(weights->list, weights->room * sizeof(*weights->list));
	}
	weights->list[weights->count++] = weight;
	return true;
}

static bool read_lines(struct weights *weights, const char *path, const char *text, size_t size,
		       struct error *error)
{
	struct line line = { .path = path };
	const char *end = text + size;
	const uint8_t *name = NULL;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *line_end = newline != NULL ? newline : end;
		bool good = true;
		line.number++;
		split(&line, text, (size_t)(line_end - text));
		text = newline != NULL ? newline + 1 : end;
		if (line.count == 0 || line.words[0][0] == '#')
			continue;
		if (line.count == 1)
			good = read_name(weights, &line, &name, error);
		else if (line.count == 2)
			good = read_weight(weights, &line, name, error);
		else
			good = fail(&line, error, "could not parse weight line, it has two words", 0);
		if (!good)
			return false;
	}
	return true;
}

struct weights *weights_read(const char *path, const char *text, size_t size, struct error *error)
{
	struct weights *weights = mem_zalloc(sizeof(*weights));
	weights->arena = arena_new();
	if (!read_lines(weights, path, text, size, error)) {
		weights_free(weights);
		return NULL;
	}
	if (weights->count == 0)
		return weights;
	qsort(weights->list, weights->count, sizeof(*weights->list), compare_all);
	uint32_t kept = 1;
	for (uint32_t i = 1; i < weights->count; i++)
		if (compare_places(&weights->list[i], &weights->list[kept - 1]) != 0)
			weights->list[kept++] = weights->list[i];
	weights->count = kept;
	return weights;
}

unsigned weights_get(const struct weights *weights, const uint8_t *name, const struct ip *ip)
{
	struct weight wanted = { .name = name, .ip = *ip };
	if (weights == NULL || weights->count == 0)
		return 1;
	const struct weight *found = bsearch(&wanted, weights->list, weights->count,
					     sizeof(*weights->list), compare_places);
	return found != NULL ? found->value : 1;
}
