/* SPDX-License-Identifier: Apache-2.0 */
/* What is to go wrong. A fault is an object {"what", "resource", "verb", "skip": n, "times": n, ...}: it lets `skip`
 * chances pass and then strikes `times` times (for ever where that is missing). */
#include <string.h>

#include "api.h"

static bool fits(const json_t *fault, const char *key, const char *value)
{
	const char *wanted = json_string_value(json_object_get(fault, key));
	return wanted == NULL || (value != NULL && strcmp(wanted, value) == 0);
}

/* Counts one chance. */
static bool strikes(json_t *fault)
{
	json_t *skip = json_object_get(fault, "skip"), *times = json_object_get(fault, "times");
	if (json_integer_value(skip) > 0) {
		json_integer_set(skip, json_integer_value(skip) - 1);
		return false;
	}
	if (times == NULL)
		return true;
	if (json_integer_value(times) <= 0)
		return false;
	json_integer_set(times, json_integer_value(times) - 1);
	return true;
}

const json_t *fault_due(struct api *api, const char *what, const struct resource *resource,
			const char *verb)
{
	size_t i;
	json_t *fault;
	json_array_foreach(api->faults, i, fault)
	{
		const char *name = resource != NULL ? resource->name : NULL;
		if (json_object_get(fault, "what") != NULL && fits(fault, "what", what) &&
		    fits(fault, "resource", name) && fits(fault, "verb", verb) && strikes(fault))
			return fault;
	}
	return NULL;
}

static int digit(char c)
{
	const char *all = "0123456789abcdef", *at = strchr(all, c);
	return at != NULL ? (int)(at - all) : 0;
}

void fault_bytes(const json_t *hex, struct text *ret_bytes)
{
	const char *text = json_string_value(hex);
	for (; text != NULL && text[0] != '\0' && text[1] != '\0'; text += 2) {
		char byte = (char)(digit(text[0]) * 16 + digit(text[1]));
		text_add_n(ret_bytes, &byte, 1);
	}
}
