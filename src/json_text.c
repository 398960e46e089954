/* SPDX-License-Identifier: Apache-2.0 */
#include "json_text.h"

#include <math.h>
#include <string.h>

#include "knamed/observe.h"

/* In quotes, escaped. */
static void json_add_string(struct text *text, const char *string)
{
	enum { MOST_PER_OCTET = 6, QUOTES = 2 };
	size_t size = strlen(string), room = MOST_PER_OCTET * size + QUOTES;
	char *json = mem_alloc(room);
	text_add_n(text, json, log_json_string(json, room, string, size));
	mem_free(json);
}

void json_add_comma(struct text *text)
{
	char last = text->size > 0 ? text->data[text->size - 1] : '{';
	if (last != '{' && last != '[')
		text_add(text, ",");
}

void json_add_name(struct text *text, const char *name)
{
	json_add_comma(text);
	text_printf(text, "\"%s\":", name);
}

void json_add_bool(struct text *text, const char *name, bool value)
{
	json_add_name(text, name);
	text_add(text, value ? "true" : "false");
}

void json_add_text(struct text *text, const char *name, const char *value)
{
	json_add_name(text, name);
	json_add_string(text, value);
}

void json_add_number(struct text *text, const char *name, double value)
{
	json_add_name(text, name);
	if (!isfinite(value))
		text_add(text, "null");
	else if (value == floor(value) && fabs(value) < 1e15)
		text_printf(text, "%.0f", value);
	else
		text_printf(text, "%.9g", value);
}

void json_add_age(struct text *text, const char *name, uint64_t since_ns)
{
	json_add_name(text, name);
	if (since_ns == 0)
		text_add(text, "null");
	else
		text_printf(text, "%.3f", (double)(clock_now_ns() - since_ns) / 1e9);
}

void json_add_zones(struct text *text, const struct config_zones *zones)
{
	json_add_name(text, "zones");
	text_add(text, "[");
	for (size_t i = 0; i < zones->count; i++) {
		json_add_comma(text);
		json_add_string(text, zones->zones[i].text);
	}
	text_add(text, "]");
}
