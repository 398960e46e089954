/* SPDX-License-Identifier: Apache-2.0 */
#include "answer_json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "knamed/base.h"

/* "owner class type data" in lower case: times go down, and differ. */
static char *without_ttl(const char *record)
{
	size_t owner = strcspn(record, " ");
	const char *rest = record[owner] != '\0' ? record + owner + 1 : record + owner;
	struct text text = { 0 };
	text_add_n(&text, record, owner);
	rest += strcspn(rest, " ");
	const char *soa = strstr(rest, " SOA "); /* its serial is of the server that made it */
	text_add_n(&text, rest, soa != NULL ? (size_t)(soa + 5 - rest) : strlen(rest));
	for (size_t i = 0; i < text.size; i++)
		text.data[i] = (char)tolower((unsigned char)text.data[i]);
	return text.data;
}

static char *set_of(const json_t *message)
{
	const json_t *records = json_object_get(message, "answer");
	size_t count = json_array_size(records);
	char **texts = mem_zalloc((count + 1) * sizeof(*texts));
	struct text set = { 0 };
	text_add(&set, "");
	for (size_t i = 0; i < count; i++)
		texts[i] = without_ttl(json_string_value(json_array_get(records, i)));
	qsort(texts, count, sizeof(*texts), text_compare);
	for (size_t i = 0; i < count; i++) {
		text_printf(&set, "%s\n", texts[i]);
		mem_free(texts[i]);
	}
	mem_free(texts);
	return set.data;
}

const char *answer_rcode(const json_t *message)
{
	const char *rcode = json_string_value(json_object_get(message, "rcode"));
	return rcode != NULL ? rcode : "no reply";
}

bool answer_is_same_set(const json_t *a, const json_t *b)
{
	char *first = set_of(a), *second = set_of(b);
	bool is_same = strcmp(first, second) == 0;
	mem_free(first);
	mem_free(second);
	return is_same;
}

bool answer_has_records(const json_t *message)
{
	return strcmp(answer_rcode(message), "NOERROR") == 0 &&
	       json_array_size(json_object_get(message, "answer")) > 0;
}
